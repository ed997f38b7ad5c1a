"""Where a text differs from its formatted self, hunk by hunk, in lines of the text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

COMPARED_LINES_MAX: Final = 400
"""Lines between the first and the last difference that are compared one by one; the time grows with their square at
least."""


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


def drift(text: str, formatted: str, *, may_hug: bool) -> Drift:
    """Compare. Hunks that some version of Prettier writes so are left out; `may_hug` adds those of 3.9 and later."""
    old, new = _lines(text), _lines(formatted)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    if head == len(old) == len(new):
        return Drift(())
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(middle_old), len(middle_new)) > COMPARED_LINES_MAX:
        return Drift((_hunk(old, (head, len(old) - tail), middle_new),), is_large=True)
    hunks: list[Hunk] = []
    for kind, first, last, new_first, new_last in SequenceMatcher(None, middle_old, middle_new).get_opcodes():
        wanted = middle_new[new_first:new_last]
        if kind != "equal" and not _is_of_version(middle_old[first:last], wanted, may_hug=may_hug):
            hunks.append(_hunk(old, (head + first, head + last), wanted))
    return Drift(tuple(hunks))


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


def _is_of_version(old: Sequence[str], new: Sequence[str], *, may_hug: bool) -> bool:
    """Whether two versions of Prettier would disagree about it, by line breaks and blanks alone.

    The head of a class with one `extends` or `implements` (seen: Prettier 2.4 and 3.4 break it, oxfmt 0.74 does not),
    and since 3.9 short unions and negated conditions (oxc issues 25841 and 23923).
    """
    plain_old, plain_new = "".join("".join(old).split()), "".join("".join(new).split())
    words = {word for line in old for word in line.split()}
    if plain_old == plain_new and "class" in words and words & {"extends", "implements"}:
        return True
    if not may_hug:
        return False
    if plain_old.replace("|", "") == plain_new.replace("|", ""):
        return any(line.lstrip().startswith("|") for line in (*old, *new)) or (
            plain_old == plain_new and "!(" in plain_old
        )
    return False
