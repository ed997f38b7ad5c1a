"""Which environment code runs in: what is done only outside of production is no fault of production."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from reviewer.core.expr import ExprKind
from reviewer.rules._auth import inside, words

if TYPE_CHECKING:
    from reviewer.core.facts import Binding, Call, FileFacts

_STAGES = frozenset(
    ("production", "development", "dev", "prod", "debug", "stage", "staging", "isdev", "isprod", "local", "localhost",
     "test", "node")
)  # fmt: skip


class Stages:
    """Where a condition asks which environment the code runs in (`if (isProduction) …`), by function; made once."""

    def __init__(self, facts: FileFacts) -> None:
        self._spans: dict[int, list[tuple[int, int]]] = {}
        for item in facts.conditions:
            names = (part.text for part in inside(item.test) if part.kind is not ExprKind.OTHER)
            if any(_STAGES & set(words(name)) for name in names):
                self._add(item.scope, item.first, item.last)

    def _add(self, scope: int, first: int, last: int) -> None:
        """Conditions come in the order of their first lines, so that only the last span can overlap."""
        spans = self._spans.setdefault(scope, [])
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))

    def decide(self, fact: Call | Binding) -> bool:
        """Whether such a condition stands around a place, in the same function."""
        spans = self._spans.get(fact.scope, [])
        place = bisect_right(spans, fact.first, key=lambda span: span[0]) - 1
        return place >= 0 and spans[place][1] >= fact.first

    def asked(self, scope: int) -> bool:
        """Whether the function asks it anywhere."""
        return scope in self._spans
