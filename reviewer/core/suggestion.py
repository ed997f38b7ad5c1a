"""Suggestions: applied in memory before anybody sees them. One click must not break code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.anchor import Span, place
from reviewer.core.concern import Side

if TYPE_CHECKING:
    from reviewer.core.change import ChangedFile
    from reviewer.core.finding import Suggestion

LINES_MAX = 60
"""Lines of one suggestion; a longer one nobody reads before pressing the button."""


def apply(file: ChangedFile, suggestion: Suggestion) -> str | None:
    """The head file with the suggestion applied, or None when GitHub could not apply it or it is doubtful.

    Refused: lines outside one hunk, no difference, carriage returns (what GitHub does with them is undocumented), and
    text that repeats the line before or after the replaced ones (the slip of a suggestion whose border is off by one).
    """
    if file.head is None or "\r" in file.head or "\r" in suggestion.text or "\x00" in suggestion.text:
        return None
    lines = file.head.split("\n")
    first, last = suggestion.first, suggestion.last
    if not 1 <= first <= last <= len(lines):
        return None
    anchor = place(file.diff, Span(file.path, first, last, Side.RIGHT))
    if anchor is None or anchor.first != first:
        return None
    old = lines[first - 1 : last]
    new = suggestion.text.split("\n") if suggestion.text else []
    if new == old or len(new) > LINES_MAX or _repeats_border(lines, first, last, new):
        return None
    return "\n".join([*lines[: first - 1], *new, *lines[last:]])


def _repeats_border(lines: list[str], first: int, last: int, new: list[str]) -> bool:
    before = lines[first - 2] if first > 1 else None
    after = lines[last] if last < len(lines) else None
    if not new:
        return False
    doubled_before = bool(before and before.strip()) and new[0] == before and lines[first - 1] != before
    doubled_after = bool(after and after.strip()) and new[-1] == after and lines[last - 1] != after
    return doubled_before or doubled_after
