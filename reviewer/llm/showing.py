"""How code is shown: windows of a changed file, and blocks of context. Each line begins with a sign of ours. Pure.

A window is one hunk with the lines shown around it, or several hunks that are shown as one piece.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reviewer.core.diff import Line, LineKind
from reviewer.llm.dull import dull_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reviewer.core.change import ChangedFile
    from reviewer.core.context import Around, Block
    from reviewer.core.diff import Hunk

NUMBERED_EVERY: Final = 40
"""Lines after which the number is said again. Quotes say where a finding is; numbers only choose between places of
the same code, and on every line they would cost a seventh of the prompt."""

SAME_FILE: Final = "same file"
"""Where a block of context stands, when in the file that was named last."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a verdict is about: one hunk of a file (or several that are shown as one) with the context shown for it.

    Lines at head, 1-based and inclusive, both 0 where nothing of it stands at head. `digest` is the SHA-256 of its text
    and of its context without line numbers, so that code which only moved is the same part.
    """

    path: str
    first: int
    last: int
    digest: str


@dataclass(frozen=True, slots=True)
class Window:
    """Lines of a changed file that are shown together, with the context that hangs on them."""

    path: str
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...] = ()
    dull: frozenset[int] = frozenset()
    """Numbers of its unchanged lines that are left out (`llm/dull.py`)."""

    @property
    def told(self) -> tuple[Line, ...]:
        """Its lines as far as they are shown."""
        return tuple(line for line in self.lines if line.kind is not LineKind.CONTEXT or line.new not in self.dull)

    @property
    def part(self) -> Part:
        """What a verdict on it is kept under."""
        numbers = [line.new for line in self.lines if line.new is not None] or [0]
        rows = [json.dumps(self.path), *(f"{line.kind.value}{line.text}" for line in self.told)]
        for block in self.blocks:
            rows += [_label(block), *(f" {text}" for _, text in block.rows)]
        digest = hashlib.sha256(encodable("\n".join(rows)).encode()).hexdigest()
        return Part(self.path, min(numbers), max(numbers), digest)

    def halves(self) -> tuple[Window, ...]:
        """The same lines in two windows, the context with the first; none for a single line."""
        middle = len(self.lines) // 2
        if not middle:
            return ()
        return replace(self, lines=self.lines[:middle]), replace(self, lines=self.lines[middle:], blocks=())


def shown(found: Sequence[Window]) -> str:
    """Windows of one file as they are shown: first all of its lines, then the context of them all."""
    code = "\n".join(signed(window.told) for window in found)
    blocks = [block for window in found for block in window.blocks]
    before = [found[0].path, *(block.path for block in blocks)] if found else []
    return code + "".join(shown_block(block, path) for block, path in zip(blocks, before, strict=False))


def windows(file: ChangedFile, around: Around) -> tuple[Window, ...]:
    """Every hunk of a file, in order, each in exactly one window."""
    rows = (file.head or "").split("\n")
    pieces: list[list[Line]] = []
    waiting: list[Line] = []
    last = -1
    for first, piece in _pieces(file.diff.hunks, around.ranges):
        joins = bool(pieces) and not waiting and first == last + 1
        if isinstance(piece, tuple):
            lines = [Line(LineKind.CONTEXT, None, number, rows[number - 1]) for number in range(*_within(piece, rows))]
            (pieces[-1] if joins else waiting).extend(lines)
            last = piece[1] if joins else last
            continue
        if joins:
            pieces[-1].extend(piece.lines)
        else:
            pieces.append([*waiting, *piece.lines])
            waiting = []
        last = max((line.new for line in piece.lines if line.new is not None), default=last)
    if pieces:
        pieces[-1].extend(waiting)
    dull = dull_lines(file)
    found = _with_blocks(file.path, [tuple(lines) for lines in pieces], around.blocks)
    return tuple(replace(window, dull=dull) for window in found)


def _pieces(hunks: Iterable[Hunk], ranges: Iterable[tuple[int, int]]) -> list[tuple[int, Hunk | tuple[int, int]]]:
    """Hunks and ranges by their first line at head; a hunk without one stays where it is among the hunks."""
    found: list[tuple[int, Hunk | tuple[int, int]]] = []
    last = 0
    for hunk in hunks:
        first = next((line.new for line in hunk.lines if line.new is not None), last)
        found.append((first, hunk))
        last = first
    found += [(one[0], one) for one in ranges]
    return sorted(found, key=lambda one: one[0])


def _within(piece: tuple[int, int], rows: Sequence[str]) -> tuple[int, int]:
    return max(piece[0], 1), min(piece[1], len(rows)) + 1


def _with_blocks(path: str, shown: Sequence[tuple[Line, ...]], blocks: Iterable[Block]) -> tuple[Window, ...]:
    """Each block at the first window that has lines it is for; one that fits none, at the first of all."""
    bounds = [[line.new for line in lines if line.new is not None] or [0] for lines in shown]
    hung: dict[int, list[Block]] = {}
    for block in blocks:
        fitting = (
            at for at, numbers in enumerate(bounds) if block.first <= max(numbers) and min(numbers) <= block.last
        )
        hung.setdefault(next(fitting, 0), []).append(block)
    return tuple(Window(path, lines, tuple(hung.get(at, ()))) for at, lines in enumerate(shown))


def shown_block(block: Block, before: str = "") -> str:
    """A block with the line that says why it is there. Its path is quoted, its lines begin with a blank; that it is in
    the file named `before` costs a tenth of saying its path again."""
    lines = [Line(LineKind.CONTEXT, None, number, text) for number, text in block.rows]
    return f"{_label(block, before)}\n{signed(lines)}"


def _label(block: Block, before: str = "") -> str:
    about = f" of {_word(block.about)}" if block.about else ""
    state = "changed" if block.changed else "unchanged"
    where = SAME_FILE if block.path == before else f"{state}: {json.dumps(block.path)}"
    return encodable(f"CONTEXT {block.role.value}{about}, {where}")


def _word(name: str) -> str:
    """A symbol's name as it is, if it is one; it comes from the pull request."""
    return name if name.replace(".", "").replace("_", "").replace("$", "").isalnum() else json.dumps(name)


def signed(lines: Iterable[Line]) -> str:
    """Lines as they are shown, each with its sign."""
    return encodable("".join(f"{row}\n" for row in _numbered(lines)))


def _numbered(lines: Iterable[Line]) -> Iterator[str]:
    """The lines with their signs; a number before the first, after each gap, and every so often."""
    expected, since = 0, NUMBERED_EVERY
    for line in lines:
        if line.new is not None:
            if line.new != expected or since >= NUMBERED_EVERY:
                yield f"@@ {line.new}"
                since = 0
            expected = line.new + 1
            since += 1
        yield f"{line.kind.value}{line.text}"


def encodable(text: str) -> str:
    """Without lone surrogates, which JSON and git names can hold and no request can."""
    return text.encode("utf-8", "replace").decode("utf-8")
