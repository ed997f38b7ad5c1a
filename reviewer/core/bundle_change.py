"""A change as a bundle holds it: which lines there are, not what stands on them.

Findings are placed by line numbers alone, so no text of a file has to be kept to place them again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.diff import FileDiff, Hunk, Line, LineKind

_SIGNS = {kind.value: kind for kind in LineKind}


@dataclass(frozen=True, slots=True)
class RecordedHunk:
    """A hunk without its text. `lines` has a sign for each line (`+`, `-`, blank); `old` and `new` are the numbers of
    the first line there is on each side, None where the hunk has none.
    """

    lines: str
    old: int | None
    new: int | None
    old_open: bool = False
    new_open: bool = False

    def __post_init__(self) -> None:
        if not set(self.lines) <= _SIGNS.keys():
            raise ValueError("a hunk's lines begin with a plus, a minus or a blank")


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A changed file without its text."""

    path: str
    status: FileStatus
    hunks: tuple[RecordedHunk, ...] = ()
    old_path: str | None = None
    blob: str = ""
    unread: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """A change without any text of its author's but the paths. `diff` is the SHA-256 of what `diff_hash` reads."""

    repository: str
    number: int | None
    base: str
    head: str
    diff: str
    files: tuple[RecordedFile, ...]
    truncated: str | None = None

    @classmethod
    def of(cls, change: Change) -> RecordedChange:
        """The lines of a change."""
        return cls(
            repository=change.repository,
            number=change.number,
            base=change.base,
            head=change.head,
            diff=diff_hash(change),
            files=tuple(_file(file) for file in change.files),
            truncated=change.truncated,
        )

    def change(self) -> Change:
        """The change as far as it was recorded: every line is empty, and no file has a text."""
        return Change(
            repository=self.repository,
            number=self.number,
            base=self.base,
            head=self.head,
            files=tuple(_changed(file) for file in self.files),
            truncated=self.truncated,
        )


def diff_hash(change: Change) -> str:
    """SHA-256 over every path, status, blob and line of the diff, in order: equal for equal changes, whatever the
    commits are called.
    """
    digest = hashlib.sha256()
    for file in change.files:
        _feed(digest, file.path, file.status.value, file.old_path or "", file.blob)
        for hunk in file.diff.hunks:
            for line in hunk.lines:
                _feed(digest, line.kind.value, f"{line.old} {line.new}", line.text)
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, *parts: str) -> None:
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\x00")


def _file(file: ChangedFile) -> RecordedFile:
    hunks = tuple(_hunk(hunk) for hunk in file.diff.hunks)
    return RecordedFile(file.path, file.status, hunks, file.old_path, file.blob, file.unread)


def _hunk(hunk: Hunk) -> RecordedHunk:
    return RecordedHunk(
        lines="".join(line.kind.value for line in hunk.lines),
        old=next((line.old for line in hunk.lines if line.old is not None), None),
        new=next((line.new for line in hunk.lines if line.new is not None), None),
        old_open=hunk.old_open,
        new_open=hunk.new_open,
    )


def _changed(file: RecordedFile) -> ChangedFile:
    diff = FileDiff(tuple(_with_numbers(hunk) for hunk in file.hunks))
    return ChangedFile(file.path, file.status, diff, old_path=file.old_path, blob=file.blob, unread=file.unread)


def _with_numbers(hunk: RecordedHunk) -> Hunk:
    old, new = hunk.old or 0, hunk.new or 0
    lines: list[Line] = []
    for sign in hunk.lines:
        kind = _SIGNS[sign]
        lines.append(Line(kind, None if kind is LineKind.ADDED else old, None if kind is LineKind.REMOVED else new, ""))
        old += kind is not LineKind.ADDED
        new += kind is not LineKind.REMOVED
    return Hunk(tuple(lines), hunk.old_open, hunk.new_open)
