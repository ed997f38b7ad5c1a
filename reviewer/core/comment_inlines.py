"""Which lines of a paragraph may stand inside something that opens in one line and closes in another.

Code, HTML, link texts, struck text, mathematics: in the order of CommonMark, and on the safe side. A line whose own
pairs all close within it opens nothing, as long as nothing was open before it; of every other line, each sign that
could open something does. Linear in the text, without regular expressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Flag, auto
from typing import Final


class _Pair(Flag):
    """What may be open between two lines."""

    NONE = 0
    CODE = auto()
    TAG = auto()
    ELEMENT = auto()
    LINK = auto()
    ADDRESS = auto()
    STRUCK = auto()
    MATHS = auto()


_SIGNS: Final = (
    (_Pair.CODE, "`", "`"),
    (_Pair.TAG, "<", ">"),
    (_Pair.ELEMENT, "<", "</"),
    (_Pair.LINK, "[", "]"),
    (_Pair.ADDRESS, "](", ")"),
    (_Pair.STRUCK, "~", "~"),
    (_Pair.MATHS, "$", "$"),
)
_SPECIAL: Final = frozenset("`<[~$")
_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789,.:/_-")
"""What may stand in a tag or an address without a quote that could go on in the next line."""


def enclosed(lines: Sequence[str]) -> list[bool]:
    """For each line of a paragraph, whether it may be enclosed by what opens before it and closes behind it."""
    before, open_now = [], _Pair.NONE
    for line in lines:
        before.append(open_now)
        is_sure = open_now in (_Pair.NONE, _Pair.ELEMENT)  # within an element, signs mean what they mean elsewhere
        opens = _left_open(line) if is_sure else None
        open_now |= _opening(line) if opens is None else opens
    behind, closes = [_Pair.NONE] * len(lines), _Pair.NONE
    for row in range(len(lines) - 1, -1, -1):
        behind[row] = closes
        for pair, _, closing in _SIGNS:
            if closing in lines[row]:
                closes |= pair
    return [bool(opened & closed) for opened, closed in zip(before, behind, strict=True)]


def _opening(line: str) -> _Pair:
    """All that any sign of a line could open."""
    opens = _Pair.NONE
    for pair, opening, _ in _SIGNS:
        if opening in line:
            opens |= pair
    return opens


def _left_open(line: str) -> _Pair | None:
    """What is left open by a line before which no sign was: at most an element. None where it is not sure."""
    if _SPECIAL.isdisjoint(line):
        return _Pair.NONE
    if "\\" in line or "~" in line or "$" in line:
        return None
    at, depth, opens = 0, 0, _Pair.NONE
    while at < len(line):
        sign = line[at]
        end = at + 1
        if sign == "`":
            end = _behind_code(line, at)
        elif sign == "<" and _may_be_tag(line[end : end + 1]):
            end, opens = _behind_plain(line, end, ">", " "), opens | _Pair.ELEMENT
        elif sign in "[]":
            depth = depth + 1 if sign == "[" else max(0, depth - 1)
            end = _behind_plain(line, end + 1, ")", "#?=&%+@") if line.startswith("](", at) else end
        if end < 0:
            return None
        at = end
    return None if depth else opens


def _may_be_tag(char: str) -> bool:
    """Whether a tag goes on with this behind its `<`; at the end of a line nobody knows."""
    return not char or char.isalpha() or char in "/!?"


def _behind_code(line: str, at: int) -> int:
    """Where a code span that begins here has ended; -1 when it does not end in this line."""
    length = _run(line, at)
    at += length
    while (at := line.find("`", at)) >= 0:
        run = _run(line, at)
        at += run
        if run == length:
            return at
    return -1


def _run(line: str, at: int) -> int:
    end = at
    while line[end : end + 1] == "`":
        end += 1
    return end - at


def _behind_plain(line: str, at: int, closing: str, also: str) -> int:
    """Where something that begins here has ended, if it is of plain characters only; else -1."""
    end = line.find(closing, at)
    return end + 1 if end >= 0 and all(char in _PLAIN or char in also for char in line[at:end]) else -1
