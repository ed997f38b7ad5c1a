"""Prose with a little markdown, read into blocks: paragraphs, list items, fenced code; in them text and inline code.

Everything else that markdown knows is plain text here, so that text from a pull request or a model can be nothing more.
Linear in the text, without regular expressions.
"""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.rendering.visible import visible


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text without line ends."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Inline code, without its backticks."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; its lines are joined."""

    parts: tuple[Text | Code, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list; `number` is None in an unnumbered one."""

    parts: tuple[Text | Code, ...]
    number: int | None


@dataclass(frozen=True, slots=True)
class Fence:
    """A code block. `language` is the first word behind its fence, as written."""

    code: str
    language: str


Block = Paragraph | Item | Fence


def read_prose(text: str) -> tuple[Block, ...]:
    """The blocks of a text. Unseen characters are made visible; a fence that nobody closes reaches to the end."""
    reader = _Reader()
    for line in visible(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n"):
        reader.take(line)
    return reader.finish()


def read_inline(text: str) -> tuple[Text | Code, ...]:
    """Text and inline code of one line: code runs from some backticks to the next run of as many."""
    runs = _runs(text)
    twin: dict[int, int] = {}
    seen: dict[int, int] = {}
    for index in range(len(runs) - 1, -1, -1):
        length = runs[index][1]
        if length in seen:
            twin[index] = seen[length]
        seen[length] = index
    parts: list[Text | Code] = []
    at = index = 0
    while index < len(runs):
        start, length = runs[index]
        if index not in twin:
            index += 1
            continue
        end = runs[twin[index]][0]
        parts += [Text(text[at:start])] if start > at else []
        parts.append(Code(_unpadded(text[start + length : end])))
        at, index = end + length, twin[index] + 1
    return (*parts, Text(text[at:])) if at < len(text) else tuple(parts)


class _Reader:
    """Where the reading stands between two lines."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.lines: list[str] = []  # of the open paragraph or item
        self.number: int | None = None
        self.in_item = False
        self.code: list[str] | None = None
        self.fence = ""
        self.language = ""

    def take(self, line: str) -> None:
        rest = line.strip()
        if self.code is not None:
            self._take_code(line, rest)
        elif rest.startswith("```") and "`" not in (info := rest.lstrip("`")):
            self._close()
            self.code, self.fence = [], rest[: len(rest) - len(info)]
            self.language = (info.split() or [""])[0]
        elif not rest:
            self._close()
        elif (item := _item(rest)) is not None:
            self._close()
            self.in_item, (self.number, text) = True, item
            self.lines = [text]
        else:
            self.lines.append(rest)

    def finish(self) -> tuple[Block, ...]:
        self._close()
        if self.code is not None:
            self.blocks.append(Fence("\n".join(self.code), self.language))
        return tuple(self.blocks)

    def _take_code(self, line: str, rest: str) -> None:
        if self.code is not None and not (len(rest) >= len(self.fence) and not rest.strip("`")):
            self.code.append(line)
            return
        self.blocks.append(Fence("\n".join(self.code or ()), self.language))
        self.code = None

    def _close(self) -> None:
        parts = read_inline(" ".join(self.lines))
        if parts:
            self.blocks.append(Item(parts, self.number) if self.in_item else Paragraph(parts))
        self.lines, self.in_item, self.number = [], False, None


def _item(line: str) -> tuple[int | None, str] | None:
    """The number and the text of a list item; None for any other line."""
    mark, _, text = line.partition(" ")
    text = text.strip()
    if not text:
        return None
    if mark in ("-", "*", "+"):
        return None, text
    digits = mark[:-1]
    numbered = mark[-1:] in (".", ")") and digits.isascii() and digits.isdecimal() and len(digits) <= 3
    return (int(digits), text) if numbered else None


def _runs(text: str) -> list[tuple[int, int]]:
    """Start and length of every run of backticks."""
    runs: list[tuple[int, int]] = []
    start = text.find("`")
    while start >= 0:
        end = start
        while end < len(text) and text[end] == "`":
            end += 1
        runs.append((start, end - start))
        start = text.find("`", end)
    return runs


def _unpadded(code: str) -> str:
    if len(code) > 2 and code.startswith(" ") and code.endswith(" ") and code.strip():
        return code[1:-1]
    return code
