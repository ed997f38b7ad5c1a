"""What of a changed file itself is shown beside its hunks: the function around each, and the head of its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.changed_symbols import touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reviewer.core.change import ChangedFile
    from reviewer.core.diff import Hunk
    from reviewer.core.facts import FileFacts, Function

HEAD_LINES: Final = 3
"""Lines of a function's beginning that are shown when it is too long to be shown whole."""

WHOLE_LINES_MAX: Final = 80
"""Lines of a function that is shown whole; the longest that fits on two screens."""


def shown_lines(file: ChangedFile) -> frozenset[int]:
    """Lines at head that the hunks show."""
    return frozenset(line.new for hunk in file.diff.hunks for line in hunk.lines if line.new is not None)


def enclosing(file: ChangedFile, facts: FileFacts, bytes_max: int) -> tuple[tuple[tuple[int, int], ...], int]:
    """Ranges of lines at head, sorted and apart, that are shown besides, and what they cost in bytes.

    First the heads of functions and classes (where am I), then whole functions, the cheapest first.
    """
    rows = (file.head or "").split("\n")
    lines, cost = set(shown_lines(file)), 0
    named = [function for function in facts.functions if function.name]
    around = [found for hunk in file.diff.hunks if (found := _innermost(named, _edited(hunk))) is not None]
    heads = [(one.first, min(one.first + HEAD_LINES - 1, one.last)) for one in around]
    edited = sorted(file.diff.edited)
    classes = [item for item in facts.classes if touched(edited, item.first, item.last)]
    first_of = {item.head: _first_edit(edited, item.first) for item in classes}
    heads += [(head, head) for head, first in first_of.items() if head < first]
    whole = sorted({(one.first, one.last) for one in around if one.last - one.first < WHOLE_LINES_MAX})
    fresh: set[int] = set()
    for first, last in [*heads, *sorted(whole, key=lambda one: (_cost(rows, lines, *one), one))]:
        price = _cost(rows, lines, first, last)
        if price and cost + price <= bytes_max:
            cost += price
            new = set(range(first, last + 1)) - lines
            fresh |= new
            lines |= new
    return tuple(_ranges(fresh)), cost


def _first_edit(edited: Sequence[int], first: int) -> int:
    """The first edited line from a line on."""
    return next((line for line in edited if line >= first), 0)


def _edited(hunk: Hunk) -> tuple[int, int]:
    """The first and last line at head that a hunk wrote, or those around what it removed."""
    numbers = [line.new for line in hunk.lines if line.new is not None]
    written = [line.new for line in hunk.lines if line.new is not None and line.kind.value == "+"] or numbers
    return (min(written), max(written)) if written else (0, 0)


def _innermost(named: Sequence[Function], lines: tuple[int, int]) -> Function | None:
    """The smallest named function that a hunk's edit lies in whole, or that holds its first line."""
    first, last = lines
    holding = [one for one in named if one.first <= first and last <= one.last]
    holding = holding or [one for one in named if one.first <= first <= one.last]
    return min(holding, key=lambda one: one.last - one.first, default=None)


def _cost(rows: Sequence[str], lines: set[int], first: int, last: int) -> int:
    fresh = (number for number in range(first, min(last, len(rows)) + 1) if number not in lines)
    return sum(len(rows[number - 1].encode("utf-8", "replace")) + 2 for number in fresh)


def _ranges(lines: Iterable[int]) -> Iterator[tuple[int, int]]:
    ordered = sorted(lines)
    start = previous = 0
    for number in ordered:
        if start and number != previous + 1:
            yield start, previous
            start = 0
        start = start or number
        previous = number
    if start:
        yield start, previous
