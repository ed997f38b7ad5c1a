"""Where quoted code stands in a change. A quote that is not there was made up; lines only choose among its places.

Blanks are folded, as models indent anew. All is linear: one search of the standard library over one text a quote.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.anchor import Span
from reviewer.core.concern import Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.change import ChangedFile

QUOTE_LINES_MAX: Final = 60
"""Lines of one quote, as many as a suggestion may have; a finding about more (a whole file) points at nothing."""

_QUOTE_CHARS_MAX: Final = 20_000
_PART_CHARS_MIN: Final = 8
"""Characters of a quote that is not whole lines; shorter ones stand in many lines."""

_PLACES_MAX: Final = 1_000
"""Places of one quote that are looked at; of more, none is meant."""

_BREAK: Final = "\x00"
"""Stands between two hunks, where no quote goes across."""


@dataclass(frozen=True, slots=True)
class Page:
    """The head side of a file's hunks, made ready for many quotes. `starts` are where the rows begin in `text`."""

    path: str
    text: str
    starts: tuple[int, ...]
    rows: tuple[tuple[int, str], ...]
    edited: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: whole lines at head, and their text as it is there.

    `indent` is what a replacement for the quote lacks at the head of its first line and of the others; None when it
    cannot stand for these lines, as the quote is a part of them or is indented in another way.
    """

    span: Span
    text: str
    indent: tuple[str, str] | None


def page(file: ChangedFile) -> Page:
    """Everything of a file that a quote may be of: the lines of its hunks at head. Blank lines are passed over."""
    parts, starts, rows = ["\n"], [], []
    at = 1
    for hunk in file.diff.hunks:
        for number, line in sorted(hunk.numbered(Side.RIGHT).items()):
            if folded := _folded(line.text):
                starts.append(at)
                rows.append((number, line.text))
                parts.append(f"{folded}\n")
                at += len(folded) + 1
        parts.append(f"{_BREAK}\n")
        at += len(_BREAK) + 1
    return Page(file.path, "".join(parts), tuple(starts), tuple(rows), tuple(sorted(file.diff.edited)))


def find(page: Page, quote: str, near: int) -> Place | None:
    """The place of a quote that is nearest to line `near` and has at least one line in it that the change wrote.

    Line numbers and signs copied from the prompt are taken away only if the quote is found without them.
    """
    if len(quote) > _QUOTE_CHARS_MAX or _BREAK in quote:
        return None
    lines = [line.rstrip() for line in quote.split("\n") if line.strip()]
    if not 1 <= len(lines) <= QUOTE_LINES_MAX:
        return None
    places = [*_places(page, [_folded(line) for line in lines])]
    if not places:
        places = [*_places(page, [_unsigned(_folded(line)) for line in lines])]
    if not places:
        return None
    first, last, _ = min(places, key=lambda place: (not place[2], abs(page.rows[place[0]][0] - near)))
    here = page.rows[first : last + 1]
    rows = [text for _, text in here]
    return Place(Span(page.path, here[0][0], here[-1][0]), "\n".join(rows), _indent(lines, rows))


def _places(page: Page, folded: list[str]) -> Iterator[tuple[int, int, bool]]:
    """First and last row of each place, and whether it is whole lines."""
    needle = "\n".join(folded)
    at = page.text.find(needle) if all(folded) else -1
    for _ in range(_PLACES_MAX):
        if at < 0:
            return
        is_whole = page.text[at - 1] == "\n" and page.text[at + len(needle)] == "\n"
        first = bisect_right(page.starts, at) - 1
        last = first + len(folded) - 1
        if (is_whole or len(needle) >= _PART_CHARS_MIN) and _is_edited(page, page.rows[first][0], page.rows[last][0]):
            yield first, last, is_whole
        at = page.text.find(needle, at + 1)


def _is_edited(page: Page, first: int, last: int) -> bool:
    at = bisect_left(page.edited, first)
    return at < len(page.edited) and page.edited[at] <= last


def _indent(quote: list[str], rows: list[str]) -> tuple[str, str] | None:
    """What the quote's first line and each of the others lack in indentation; None when the others differ."""
    lacking = [row.rstrip()[: len(row.rstrip()) - len(line)] for line, row in zip(quote, rows, strict=True)]
    if any(lack.strip() or lack + line != row.rstrip() for lack, line, row in zip(lacking, quote, rows, strict=True)):
        return None
    others = lacking[1:] or lacking
    return (lacking[0], others[0]) if len(set(others)) == 1 else None


def _folded(line: str) -> str:
    return " ".join(line.split())


def _unsigned(folded: str) -> str:
    """A folded line without the number and the sign that the prompt has before it."""
    number, _, rest = folded.partition(" ")
    if number.isascii() and number.isdigit():
        folded = rest
    return folded[1:].lstrip() if folded.startswith("+") else folded
