"""Where a text differs from its formatted self, hunk by hunk, in lines of the text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from reviewer.linters.prettier_versions import Versions, is_of_version

COMPARED_LINES_MAX: Final = 400
"""Lines of a stretch without a line in common that are compared one by one; the time grows with their square at
least."""

_ABOVE_LINES: Final = 20
"""Lines above a hunk that tell what it is part of."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of the text, 1-based and inclusive, never none, and what the formatter writes instead (no last line
    end)."""

    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Drift:
    """How a text differs from its formatted self. No hunks and not `is_large`: it does not, or in its last line end
    alone.

    `is_large` means that the differences lie too far apart to be told one from the other: one hunk spans them.
    """

    hunks: tuple[Hunk, ...]
    is_large: bool = False


def drift(text: str, formatted: str, versions: Versions) -> Drift:
    """Compare. Hunks that some version of Prettier may well write so are left out."""
    old, new = _lines(text), _lines(formatted)
    hunks: list[Hunk] = []
    is_large = False
    for (first, last), (new_first, new_last) in _apart(old, new):
        if max(last - first, new_last - new_first) > COMPARED_LINES_MAX:
            hunks.append(_hunk(old, (first, last), new[new_first:new_last]))
            is_large = True
            continue
        matcher = SequenceMatcher(None, old[first:last], new[new_first:new_last])
        for kind, from_line, to_line, new_from, new_to in matcher.get_opcodes():
            span, wanted = (first + from_line, first + to_line), new[new_first + new_from : new_first + new_to]
            above = new[max(0, new_first + new_from - _ABOVE_LINES) : new_first + new_from]
            if kind != "equal" and not is_of_version(old[slice(*span)], wanted, above, versions):
                hunks.append(_hunk(old, span, wanted))
    return Drift(tuple(hunks), is_large)


def _apart(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The stretches that differ, between lines that both have once: a formatter moves no line past another."""
    places = _places_once(new)
    anchors: list[tuple[int, int]] = []
    for at, line in sorted((at, line) for line, at in _places_once(old).items()):
        if line in places and (not anchors or places[line] > anchors[-1][1]):
            anchors.append((at, places[line]))
    start = new_start = 0
    for at, new_at in (*anchors, (len(old), len(new))):
        if old[start:at] != new[new_start:new_at]:
            yield (start, at), (new_start, new_at)
        start, new_start = at + 1, new_at + 1


def _places_once(lines: Sequence[str]) -> dict[str, int]:
    counts = Counter(lines)
    return {line: at for at, line in enumerate(lines) if counts[line] == 1}


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _hunk(old: Sequence[str], span: tuple[int, int], new: Sequence[str]) -> Hunk:
    """A hunk that replaces lines by some text: where one of both is empty, the line above is borrowed, at the top the
    line below.

    One empty line is no text either: as a suggestion it would read "remove".
    """
    first, last = span
    wanted = list(new)
    while first == last or not any((len(wanted) > 1, *wanted)):
        if first > 0:
            first -= 1
            wanted = [old[first], *wanted]
        elif last < len(old):
            wanted = [*wanted, old[last]]
            last += 1
        else:
            break
    return Hunk(first + 1, max(last, first + 1), "\n".join(wanted))
