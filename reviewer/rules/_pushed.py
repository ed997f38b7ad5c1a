"""What a file pushes to its lists, by the list's name, so that no question about one list walks all calls."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewer.core.facts import Call, FileFacts


def pushed(facts: FileFacts) -> Mapping[str, Mapping[int, list[Call]]]:
    """The calls of `name.push(…)` and `name.unshift(…)`: name → scope → calls in source order."""
    found: dict[str, dict[int, list[Call]]] = defaultdict(lambda: defaultdict(list))
    for call in facts.calls:
        name, _, method = call.callee.rpartition(".")
        if method in ("push", "unshift"):
            found[name][call.scope].append(call)
    return found
