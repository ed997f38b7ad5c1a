"""A chatmode file as text with line numbers: front matter, sections, bullets, code blocks. Nothing is understood here.

One pass over the lines and no regular expressions, so the time is linear in the text. Whatever is neither a heading, a
bullet nor a code block comes out as `Loose`, so that the compiler can say what it did not use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from reviewer.core.errors import UserError
from reviewer.core.persona_blocks import (
    NOT_A_BULLET,
    Block,
    Bullet,
    Fence,
    Line,
    Loose,
    Section,
    bullet_of,
    draws_a_line,
    fence_of,
    heading_of,
)
from reviewer.core.persona_words import SectionKind, section_kind
from reviewer.core.showable import first_unshowable
from reviewer.core.strict_yaml import YamlMapping, read_yaml

PERSONA_BYTES_MAX: Final = 64 * 1024
"""Bytes of a persona file; the limit of every configuration text (security requirements, item 1)."""

_FRONT: Final = "---"


@dataclass(frozen=True, slots=True)
class Document:
    """A chatmode file. What stands above the first heading is a section with an empty heading and level 0."""

    front: YamlMapping
    sections: tuple[Section, ...]


def read_document(text: str, source: str) -> Document:
    """Split a chatmode file; raises UserError when it is not one, with source, line and mend."""
    lines = _lines(text, source)
    if lines[0].rstrip() != _FRONT:
        raise UserError(f"{source}, line 1: has no front matter; start the file with `---`, `description: ...`, `---`")
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == _FRONT), None)
    if end is None:
        raise UserError(f"{source}, line 1: the front matter is never closed; add a line `---` after it")
    front = read_yaml("\n".join(lines[1:end]), source, 1)
    scanner = _Scanner(source, is_titled=any(line.startswith("##") for line in lines))
    for number, line in enumerate(lines[end + 1 :], end + 2):
        scanner.take(number, line)
    return Document(front, scanner.finish())


def _lines(text: str, source: str) -> list[str]:
    if len(text.encode("utf-8", "surrogatepass")) > PERSONA_BYTES_MAX:
        raise UserError(f"{source}: is larger than {PERSONA_BYTES_MAX // 1024} KB; keep what a reviewer must know")
    lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]
    for number, line in enumerate(lines, 1):
        at = first_unshowable(line)
        if at is not None:
            code = f"U+{ord(line[at]):04X}"
            raise UserError(f"{source}, line {number}: holds the character {code}; save the file as plain UTF-8 text")
    return lines


@dataclass(slots=True)
class _Draft:
    heading: str
    level: int
    kind: SectionKind | None
    line: int
    lines: list[Line] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def done(self) -> Section:
        return Section(self.heading, self.level, self.kind, self.line, tuple(self.lines), tuple(self.blocks))


@dataclass(slots=True)
class _OpenFence:
    chars: str
    info: str
    line: int
    content: list[str]


@dataclass(slots=True)
class _OpenBullet:
    line: int
    parent: int | None
    parts: list[str]


class _Scanner:
    """Takes lines in order; holds what is open: a section, a bullet with its nesting, a code block, a comment."""

    def __init__(self, source: str, is_titled: bool) -> None:
        self.source = source
        self.is_titled = is_titled  # a first heading of level 1 then names the file and opens no section of rules
        self.drafts = [_Draft("", 0, None, 1)]
        self.ranks: list[tuple[int, SectionKind | None]] = []  # level and kind of the headings around
        self.nesting: list[tuple[int, int]] = []  # indentation and line of the bullets around
        self.bullet: _OpenBullet | None = None
        self.fence: _OpenFence | None = None
        self.comment: int | None = None

    def take(self, number: int, line: str) -> None:
        text = line.strip()
        if self.fence is None and self.comment is None and self._take_heading(number, line, text):
            return
        self.drafts[-1].lines.append(Line(line, number))
        if self.fence is not None:
            self._take_fenced(self.fence, line, text)
        elif self.comment is not None or text.startswith("<!--"):
            self._take_comment(number, text)
        elif (fence := fence_of(text)) is not None:
            self._end_bullet()
            self.fence = _OpenFence(*fence, number, [])
        elif not text:
            self._end_bullet()
        elif not draws_a_line(text):
            self._take_text(number, line, text)

    def finish(self) -> tuple[Section, ...]:
        if self.fence is not None:
            where, mark = f"{self.source}, line {self.fence.line}", self.fence.chars[:20]
            raise UserError(f"{where}: the code block is never closed; end it with a line `{mark}`")
        if self.comment is not None:
            raise UserError(f"{self.source}, line {self.comment}: the comment is never closed; end it with `-->`")
        self._end_bullet()
        return tuple(draft.done() for draft in self.drafts if draft.level or draft.blocks)

    def _take_heading(self, number: int, line: str, text: str) -> bool:
        level, heading = heading_of(line)
        if not level:
            level, heading = self._underlined(number, text)
        if not level:
            return False
        self._end_bullet()
        self.nesting.clear()
        if self.is_titled and level == 1 and len(self.drafts) == 1:
            self.drafts.append(_Draft(heading, level, None, number))
            return True
        while self.ranks and self.ranks[-1][0] >= level:
            self.ranks.pop()
        kind = section_kind(heading) or (self.ranks[-1][1] if self.ranks else None)
        self.ranks.append((level, kind))
        self.drafts.append(_Draft(heading, level, kind, number))
        return True

    def _underlined(self, number: int, text: str) -> tuple[int, str]:
        """Level and text of the heading that `===` or `---` makes of the line of text above it; level 0 for none."""
        draft = self.drafts[-1]
        above = draft.blocks[-1] if draft.blocks else None
        if not text or (text.strip("=") and text.strip("-")) or not isinstance(above, Loose):
            return 0, ""
        if above.line != number - 1 or above.reason != NOT_A_BULLET:
            return 0, ""
        draft.blocks.pop()
        draft.lines.pop()
        return (1 if text[0] == "=" else 2), above.text

    def _take_fenced(self, fence: _OpenFence, line: str, text: str) -> None:
        if len(text) >= len(fence.chars) and not text.strip(fence.chars[0]):
            self.drafts[-1].blocks.append(Fence(fence.info, fence.line, tuple(fence.content)))
            self.fence = None
        else:
            fence.content.append(line)

    def _take_comment(self, number: int, text: str) -> None:
        self._end_bullet()
        start = 0 if self.comment else len("<!--")
        self.comment = self.comment or number
        if text:
            self.drafts[-1].blocks.append(Loose(text, number, "stands in an HTML comment"))
        if "-->" in text[start:]:
            self.comment = None

    def _take_text(self, number: int, line: str, text: str) -> None:
        item = bullet_of(line)
        if item is None and self.bullet is not None:
            self.bullet.parts.append(text)
            return
        self._end_bullet()
        if item is None:
            self.drafts[-1].blocks.append(Loose(text, number, NOT_A_BULLET))
            return
        indent, content = item
        while self.nesting and self.nesting[-1][0] >= indent:
            self.nesting.pop()
        if not content:
            self.drafts[-1].blocks.append(Loose(text, number, "is an empty bullet"))
            return
        self.bullet = _OpenBullet(number, self.nesting[-1][1] if self.nesting else None, [content])
        self.nesting.append((indent, number))

    def _end_bullet(self) -> None:
        """Close the open bullet: the lines that continued it are part of its text."""
        if self.bullet is not None:
            text = " ".join(self.bullet.parts)
            self.drafts[-1].blocks.append(Bullet(text, self.bullet.line, self.bullet.parent))
            self.bullet = None
