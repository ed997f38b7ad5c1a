"""What one file's diff says: hunks with every line numbered on both sides.

`unidiff` is fed one file at a time, under a neutral name, so that no odd path and no broken neighbour can lose a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from unidiff import PatchSet, UnidiffParseError

from reviewer.core.concern import Side


class LineKind(StrEnum):
    """What a line of a hunk does; the value is the sign it has in a diff."""

    ADDED = "+"
    REMOVED = "-"
    CONTEXT = " "


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a hunk, without its line end (a CR stays). Numbers are 1-based; None on the side where it is not."""

    kind: LineKind
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """One block of a diff. An anchor never leaves its hunk."""

    lines: tuple[Line, ...]
    old_open: bool = False
    """The file at base ends in this hunk, without a line end."""
    new_open: bool = False
    """The file at head ends in this hunk, without a line end."""

    def numbered(self, side: Side) -> dict[int, Line]:
        """The lines GitHub takes comments on: added and unchanged ones RIGHT, removed ones LEFT."""
        if side is Side.RIGHT:
            return {line.new: line for line in self.lines if line.new is not None}
        return {line.old: line for line in self.lines if line.kind is LineKind.REMOVED and line.old is not None}


@dataclass(frozen=True, slots=True)
class FileDiff:
    """The hunks of one file, in order."""

    hunks: tuple[Hunk, ...] = ()

    @property
    def added(self) -> frozenset[int]:
        """Numbers of the lines at head that the change wrote."""
        return frozenset(
            line.new for hunk in self.hunks for line in hunk.lines if line.kind is LineKind.ADDED and line.new
        )

    @property
    def removed(self) -> frozenset[int]:
        """Numbers of the lines at base that the change took away."""
        return frozenset(
            line.old for hunk in self.hunks for line in hunk.lines if line.kind is LineKind.REMOVED and line.old
        )

    def touches(self, first: int, last: int) -> bool:
        """Whether the change wrote or removed something within these lines of the head file (inclusive)."""
        return any(first <= number <= last for number in self.edited)

    @property
    def edited(self) -> frozenset[int]:
        """Lines at head that are added, or stand right after removed lines: where the change is felt."""
        numbers: set[int] = set()
        for hunk in self.hunks:
            pending = False
            last_new = 0
            for line in hunk.lines:
                if line.kind is LineKind.REMOVED:
                    pending = True
                    continue
                if line.new is None:
                    continue
                last_new = line.new
                if line.kind is LineKind.ADDED or pending:
                    numbers.add(line.new)
                pending = False
            if pending and last_new:
                numbers.add(last_new)
        return frozenset(numbers)


class UnreadableDiffError(ValueError):
    """A patch that does not say what its headers promise; the file is named as not reviewed."""


def parse_patch(patch: str) -> FileDiff:
    """Read the hunks of one file as the files API gives them (no file header, lines ended by LF).

    Raises UnreadableDiffError when a hunk is shorter or longer than its header says, or is no hunk at all.
    """
    if not patch:
        return FileDiff()
    text = patch if patch.endswith("\n") else patch + "\n"
    if not text.startswith("@@ "):
        raise UnreadableDiffError("the patch does not start with a hunk")
    try:
        parsed = PatchSet("--- a/f\n+++ b/f\n" + text)
        hunks = tuple(_hunk(list(lines)) for file in parsed for lines in file)
    except (UnidiffParseError, ValueError, IndexError) as error:
        raise UnreadableDiffError(f"the patch cannot be read: {str(error)[:120]}") from error
    written = sum(len(hunk.lines) for hunk in hunks)
    meant = sum(1 for row in text[:-1].split("\n") if not row.startswith(("@@ ", "\\")))
    if written != meant:
        raise UnreadableDiffError("a hunk is longer than its header says")
    return FileDiff(hunks)


def _hunk(lines: list[object]) -> Hunk:
    read: list[Line] = []
    old_open = new_open = False
    for line in lines:
        kind = str(getattr(line, "line_type", ""))
        if kind not in ("+", "-", " "):  # "\\ No newline at end of file" speaks of the line before it
            old_open = old_open or (bool(read) and read[-1].kind is not LineKind.ADDED)
            new_open = new_open or (bool(read) and read[-1].kind is not LineKind.REMOVED)
            continue
        value = str(getattr(line, "value", ""))
        read.append(
            Line(
                LineKind(kind),
                getattr(line, "source_line_no", None) if kind != "+" else None,
                getattr(line, "target_line_no", None) if kind != "-" else None,
                value.removesuffix("\n"),
            )
        )
    return Hunk(tuple(read), old_open, new_open)


def reverse_apply(head: str, diff: FileDiff) -> str | None:
    """The file at base, made from the file at head and its diff; None when they do not fit together.

    Saves a request for every changed file.
    """
    lines = head.split("\n")
    out: list[str] = []
    at = 1
    for hunk in diff.hunks:
        news = [line for line in hunk.lines if line.new is not None]
        first = news[0].new if news and news[0].new else None
        if first is None:
            first = _empty_hunk_start(hunk, at, out)
        if first < at or first > len(lines) + 1:
            return None
        out.extend(lines[at - 1 : first - 1])
        at = first
        for line in hunk.lines:
            if line.kind is not LineKind.REMOVED:
                if at > len(lines) or lines[at - 1] != line.text:
                    return None
                at += 1
            if line.kind is not LineKind.ADDED:
                out.append(line.text)
    out.extend(lines[at - 1 :])
    if any(hunk.old_open for hunk in diff.hunks):
        out = out[:-1] if out and out[-1] == "" else out
    elif any(hunk.new_open for hunk in diff.hunks):
        out.append("")
    return "\n".join(out)


def _empty_hunk_start(hunk: Hunk, at: int, out: list[str]) -> int:
    """Where a hunk without any head line begins at head: as far on as its first removed line is at base."""
    old = next((line.old for line in hunk.lines if line.old is not None), 1)
    return at + max(0, old - 1 - len(out))
