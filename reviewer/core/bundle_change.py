"""A change as a bundle holds it: its hunks, and of the files around them nothing but names that matter."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.diff import FileDiff, Hunk, Line, LineKind

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIGNS = {kind.value: kind for kind in LineKind}


@dataclass(frozen=True, slots=True)
class RecordedHunk:
    """A hunk. Each of `lines` begins with its sign (`+`, `-`, blank); `old` and `new` are the numbers of the first line
    there is on each side, None where the hunk has none.
    """

    lines: tuple[str, ...]
    old: int | None
    new: int | None
    old_open: bool = False
    new_open: bool = False

    def __post_init__(self) -> None:
        if not {line[:1] for line in self.lines} <= _SIGNS.keys():
            raise ValueError("a hunk's lines begin with a plus, a minus or a blank")


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A changed file: its hunks, and no more of its text."""

    path: str
    status: FileStatus
    hunks: tuple[RecordedHunk, ...] = ()
    old_path: str | None = None
    blob: str = ""
    unread: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """A change without title, description and whole files. `diff` is the SHA-256 of what `diff_hash` reads; `tree` are
    those paths at head that a review of it may ask for.
    """

    repository: str
    number: int | None
    base: str
    head: str
    diff: str
    files: tuple[RecordedFile, ...]
    truncated: str | None = None
    tree: frozenset[str] = frozenset()
    author: str = ""

    @classmethod
    def of(cls, change: Change, asked: Iterable[str] = ()) -> RecordedChange:
        """What is recorded of a change; `asked` are paths of other files that somebody may look for in its tree."""
        return cls(
            repository=change.repository,
            number=change.number,
            base=change.base,
            head=change.head,
            diff=diff_hash(change),
            files=tuple(_file(file) for file in change.files),
            truncated=change.truncated,
            tree=change.tree & {*asked, *(file.path for file in change.files)},
            author=change.author,
        )

    def change(self) -> Change:
        """The change as far as it was recorded: no file has a text."""
        return Change(
            repository=self.repository,
            number=self.number,
            base=self.base,
            head=self.head,
            files=tuple(_changed(file) for file in self.files),
            truncated=self.truncated,
            tree=self.tree,
            author=self.author,
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
        lines=tuple(line.kind.value + line.text for line in hunk.lines),
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
    for text in hunk.lines:
        kind = _SIGNS[text[:1]]
        at_base, at_head = kind is not LineKind.ADDED, kind is not LineKind.REMOVED
        lines.append(Line(kind, old if at_base else None, new if at_head else None, text[1:]))
        old += at_base
        new += at_head
    return Hunk(tuple(lines), hunk.old_open, hunk.new_open)
