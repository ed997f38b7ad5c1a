"""How the other controllers and resolvers of the project do it: whether they ask who is calling."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reviewer.core.routes import nest_name
from reviewer.rules._auth_entrances import MUTATING, Entrance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.core.facts import FileFacts


class Siblings:
    """The classes that change data and are not open on purpose, of one kind: controllers or resolvers."""

    def __init__(self, every: Iterable[Entrance]) -> None:
        self._asks: dict[tuple[bool, str, str], bool] = {}
        for item in every:
            if item.verb in MUTATING and not item.is_open:
                self._asks[_key(item)] = self._asks.get(_key(item), False) or item.asks_who
        self._counts = Counter(key[0] for key in self._asks)
        self._guarded = Counter(key[0] for key, asks in self._asks.items() if asks)

    def of(self, item: Entrance) -> tuple[int, int]:
        """How many others there are, and how many of them ask who is calling."""
        key = _key(item)
        return (
            self._counts[key[0]] - (key in self._asks),
            self._guarded[key[0]] - self._asks.get(key, False),
        )


def _key(item: Entrance) -> tuple[bool, str, str]:
    return item.verb in ("MUTATION", "QUERY"), item.path, item.owner.name


def hands_on(facts: FileFacts, item: Entrance) -> bool:
    """Whether a method gives the raw request and answer to something else, which may ask who is calling."""
    raw = {
        param.name
        for param in item.method.params
        if any(nest_name(facts, one) in ("Req", "Request", "Res", "Response", "Next") for one in param.decorators)
    }
    return len(raw) > 1 and len(raw) == len(item.method.params)
