"""A suggestion is applied in memory first: what GitHub could not apply, or what is doubtful, is none."""

from __future__ import annotations

import pytest

from reviewer.core.change import ChangedFile, FileStatus
from reviewer.core.diff import parse_patch
from reviewer.core.finding import Suggestion
from reviewer.core.suggestion import LINES_MAX, apply

HEAD = "one\nTWO\n  three\nfour\nfive\nsix\nseven\neight\nnine\n"
PATCH = "@@ -1,5 +1,5 @@\n one\n-two\n+TWO\n   three\n four\n five"
FILE = ChangedFile("a.ts", FileStatus.MODIFIED, parse_patch(PATCH), HEAD, HEAD.replace("TWO", "two"))


@pytest.mark.parametrize(
    ("first", "last", "text", "expected"),
    [
        (2, 2, "zwei", HEAD.replace("TWO", "zwei")),
        (2, 3, "zwei\ndrei\nmehr", HEAD.replace("TWO\n  three", "zwei\ndrei\nmehr")),
        (2, 2, "", HEAD.replace("TWO\n", "")),
        (1, 5, "all", "all\nsix\nseven\neight\nnine\n"),
        (2, 2, "TWO\nmore", HEAD.replace("TWO", "TWO\nmore")),
        (2, 2, "TWO", None),  # no difference
        (2, 2, "one\nzwei", None),  # repeats the line before
        (2, 2, "zwei\n  three", None),  # repeats the line after
        (6, 6, "outside", None),
        (5, 6, "across the border", None),
        (0, 1, "x", None),
        (3, 2, "x", None),
        (2, 99, "x", None),
        (2, 2, "a\r\nb", None),
        (2, 2, "a\0b", None),
        (2, 2, "\n".join(map(str, range(LINES_MAX + 1))), None),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_it_is_applied_or_refused(first: int, last: int, text: str, expected: str | None) -> None:
    assert apply(FILE, Suggestion(first, last, text)) == expected


def test_nothing_is_suggested_for_carriage_returns_or_a_text_that_is_not_there() -> None:
    crlf = ChangedFile("a", FileStatus.MODIFIED, FILE.diff, HEAD.replace("\n", "\r\n"))
    gone = ChangedFile("a", FileStatus.REMOVED, FILE.diff, None)
    assert apply(crlf, Suggestion(2, 2, "x")) is None
    assert apply(gone, Suggestion(2, 2, "x")) is None
