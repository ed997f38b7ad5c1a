"""Anchors: places in one hunk that GitHub accepts a comment on. Only `place` makes one.

GitHub refuses a whole review for one line outside the diff, so code that holds an Anchor need not ask again.
"""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.core.concern import Side
from reviewer.core.diff import FileDiff, LineKind

_TOKEN = object()


@dataclass(frozen=True, slots=True)
class Span:
    """Lines of one file that a finding speaks of, 1-based and inclusive; not yet known to be in the diff."""

    path: str
    first: int
    last: int
    side: Side = Side.RIGHT

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.last:
            raise ValueError(f"a span runs from line 1 upwards, not {self.first} to {self.last}")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place inside one hunk of a file's diff. `first` equals `last` for a single line."""

    path: str
    first: int
    last: int
    side: Side
    token: object

    def __post_init__(self) -> None:
        if self.token is not _TOKEN:
            raise TypeError("only place() makes an Anchor")

    @property
    def start_line(self) -> int | None:
        """What GitHub wants as `start_line`: None for a single line, as equal numbers are refused."""
        return self.first if self.first < self.last else None


def place(diff: FileDiff, span: Span) -> Anchor | None:
    """Anchor a span in the hunk that holds its last line; None when GitHub would answer 422.

    A span that starts before its hunk is cut to the lines inside it; one that ends outside every hunk has no place
    (never "the nearest hunk": a comment on other lines is a wrong comment).
    """
    for hunk in diff.hunks:
        numbered = hunk.numbered(span.side)
        if span.last not in numbered:
            continue
        first = span.last
        while first > span.first and first - 1 in numbered:
            first -= 1
        return Anchor(span.path, first, span.last, span.side, _TOKEN)
    return None


def place_changed(diff: FileDiff, span: Span) -> Anchor | None:
    """Anchor a span on what the change wrote: the whole span if it fits, else the first written line in it.

    For findings about a block larger than a hunk (a class, a route).
    """
    anchor = place(diff, span)
    if anchor is not None or span.side is Side.LEFT:
        return anchor
    written = sorted(number for number in diff.added if span.first <= number <= span.last)
    if not written:
        return None
    return place(diff, Span(span.path, written[0], written[0], span.side))


def beside(diff: FileDiff, span: Span) -> int | None:
    """The line of the file at head that stands next to removed lines; None for other lines, and where none is left.

    The nearest one above them in their hunk, else the first one below.
    """
    if span.side is Side.RIGHT:
        return None
    for hunk in diff.hunks:
        if span.last not in hunk.numbered(Side.LEFT):
            continue
        above: int | None = None
        below: int | None = None
        gone = False
        for line in hunk.lines:
            gone = gone or (line.old == span.last and line.kind is LineKind.REMOVED)
            if line.new is not None and not gone:
                above = line.new
            elif line.new is not None and below is None:
                below = line.new
        return above if above is not None else below
    return None
