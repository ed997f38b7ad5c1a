"""What stands in the try blocks of a file."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from reviewer.core.facts import Call, FileFacts


def tried(facts: FileFacts) -> dict[int, list[Call]]:
    """The calls in the try block of each catch clause: those before it that stand in a try of the same function."""
    found: dict[int, list[Call]] = {index: [] for index in range(len(facts.catches))}
    by_scope: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, caught in enumerate(facts.catches):
        by_scope[caught.scope].append((caught.first, index))
    for pairs in by_scope.values():
        pairs.sort()
    for call in facts.calls:
        pairs = by_scope.get(call.scope, [])
        below = bisect_left(pairs, (call.last, -1)) if call.in_try else len(pairs)
        if below < len(pairs):
            found[pairs[below][1]].append(call)
    return found
