"""Findings larger than what the diff shows, and what an anchor tells GitHub."""

from __future__ import annotations

import pytest

from reviewer.core.anchor import Span, beside, place, place_changed
from reviewer.core.concern import Side
from reviewer.core.diff import parse_patch

PATCH = "@@ -1,4 +1,5 @@\n one\n-two\n+TWO\n+more\n three\n four\n@@ -20,2 +21,3 @@\n x\n+y\n z"


@pytest.mark.parametrize(("first", "last"), [(0, 1), (-1, 1), (2, 1)])
def test_a_span_that_is_no_lines_cannot_be_built(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="a span runs from line 1"):
        Span("f", first, last)


@pytest.mark.parametrize(
    ("first", "last", "side", "expected"),
    [
        (1, 5, Side.RIGHT, (1, 5)),  # it fits: whole
        (1, 12, Side.RIGHT, (2, 2)),  # a class that ends outside: its first written line
        (4, 100, Side.RIGHT, (22, 22)),  # nothing written in the first hunk
        (3, 100, Side.RIGHT, (3, 3)),
        (6, 15, Side.RIGHT, None),  # between the hunks
        (1, 2, Side.LEFT, (2, 2)),  # cut to what was removed
        (1, 3, Side.LEFT, None),  # an unchanged line has no place on the old side
    ],
)
def test_a_block_is_placed_on_what_was_written(
    first: int, last: int, side: Side, expected: tuple[int, int] | None
) -> None:
    anchor = place_changed(parse_patch(PATCH), Span("f", first, last, side))
    assert (anchor and (anchor.first, anchor.last)) == expected


def test_a_single_line_has_no_start() -> None:
    diff = parse_patch(PATCH)
    single, several = place(diff, Span("f", 2, 2)), place(diff, Span("f", 2, 3))
    assert single is not None
    assert several is not None
    assert (single.start_line, several.start_line) == (None, 2)


@pytest.mark.parametrize(
    ("patch", "span", "line"),
    [
        (PATCH, Span("f", 2, 2, Side.LEFT), 1),  # the line above it
        (PATCH, Span("f", 1, 2, Side.LEFT), 1),  # as it is placed: cut to what was removed
        ("@@ -1,3 +1,1 @@\n-one\n-two\n three", Span("f", 1, 2, Side.LEFT), 1),  # nothing above: the first below
        ("@@ -9,4 +9,2 @@\n nine\n-ten\n-eleven\n twelve", Span("f", 10, 11, Side.LEFT), 9),
        ("@@ -1,2 +0,0 @@\n-one\n-two", Span("f", 1, 2, Side.LEFT), None),  # the file is gone
        (PATCH, Span("f", 1, 3, Side.LEFT), None),  # its last line is not removed
        (PATCH, Span("f", 2, 2), None),  # it stands at head itself
    ],
)
def test_removed_lines_are_told_of_beside_the_gap_they_left(patch: str, span: Span, line: int | None) -> None:
    assert beside(parse_patch(patch), span) == line
