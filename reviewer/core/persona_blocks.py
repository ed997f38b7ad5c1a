"""What a line of a chatmode file can be: heading, bullet, fence of a code block, or loose text. Plain scans."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reviewer.core.persona_words import SectionKind

NOT_A_BULLET: Final = "is not a bullet"
"""Why a line of prose became nothing."""

_NUMBER_DIGITS_MAX: Final = 9
"""Digits of a list number (CommonMark 0.31, section 5.2)."""
_HEADING_LEVEL_MAX: Final = 6
_FENCE_CHARS_MIN: Final = 3
_TAB_COLUMNS: Final = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A line that stays as its author wrote it; for a bullet without its marker, continuation lines joined."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Bullet:
    """One list item. `parent` is the line of the item it is nested in."""

    text: str
    line: int
    parent: int | None


@dataclass(frozen=True, slots=True)
class Fence:
    """A code block: `info` is what follows the opening fence, `line` the opening fence's."""

    info: str
    line: int
    content: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loose:
    """A line that is no bullet, and why it is not."""

    text: str
    line: int
    reason: str


Block = Bullet | Fence | Loose


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, up to the next heading of any level.

    `kind` is inherited from the heading above when its own words say nothing.
    """

    heading: str
    level: int
    kind: SectionKind | None
    line: int
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]


def heading_of(line: str) -> tuple[int, str]:
    """Level and text of a `#` heading; level 0 for any other line."""
    text = line.lstrip(" ")
    level = len(text) - len(text.lstrip("#"))
    rest = text[level:]
    if not 1 <= level <= _HEADING_LEVEL_MAX or len(line) - len(text) >= _TAB_COLUMNS or rest[:1] not in ("", " ", "\t"):
        return 0, ""
    return level, rest.strip().rstrip("#").rstrip().replace("**", "")


def fence_of(text: str) -> tuple[str, str] | None:
    """The fence's characters and what follows them."""
    char = text[:1]
    if char not in ("`", "~"):
        return None
    length = len(text) - len(text.lstrip(char))
    info = text[length:].strip()
    if length < _FENCE_CHARS_MIN or (char == "`" and "`" in info):
        return None
    return char * length, info


def draws_a_line(text: str) -> bool:
    """`---`, `* * *`: a line drawn across the page, which says nothing."""
    bare = text.replace(" ", "").replace("\t", "")
    return len(bare) >= _FENCE_CHARS_MIN and bare[0] in "-*_" and not bare.strip(bare[0])


def bullet_of(line: str) -> tuple[int, str] | None:
    """Indentation in columns and text of a list item: `-`, `*`, `+`, `1.`, `1)`."""
    text = line.lstrip(" \t")
    indent = len(line[: len(line) - len(text)].expandtabs(_TAB_COLUMNS))
    if text[:1] in ("-", "*", "+"):
        marker = 1
    else:
        digits = len(text) - len(text.lstrip(string.digits))
        if not 1 <= digits <= _NUMBER_DIGITS_MAX or text[digits : digits + 1] not in (".", ")"):
            return None
        marker = digits + 1
    if text[marker : marker + 1] not in ("", " ", "\t"):
        return None
    return indent, text[marker:].strip()
