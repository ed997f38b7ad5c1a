"""A local branch (or the work tree) → one Change, the same that a pull request becomes."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.diff import FileDiff, UnreadableDiffError, parse_patch
from reviewer.core.errors import UserError
from reviewer.core.readable import decode, too_large, unread_by_name, unread_by_text
from reviewer.local.git import GitError, blobs, git, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WORKTREE: Final = "WORKTREE"
"""What `--head` says for uncommitted work."""

_NO_BLOB: Final = "0" * 40
_STATUS: Final = {
    "A": FileStatus.ADDED, "D": FileStatus.REMOVED, "M": FileStatus.MODIFIED, "R": FileStatus.RENAMED,
    "C": FileStatus.COPIED, "T": FileStatus.CHANGED,
}
_DIFF: Final = ("--no-ext-diff", "--no-textconv", "--find-renames", "--submodule=short", "--ignore-submodules=none")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One record of `git diff --raw`: modes, blob ids, status letter and names, unquoted."""

    old_mode: str
    mode: str
    old_blob: str
    blob: str
    status: str
    old_path: str
    path: str


class LocalReader:
    """Reads one range of a repository. `base` None means the merge base with the default branch."""

    def __init__(self, folder: Path, base: str | None, head: str, bytes_max: int) -> None:
        if not folder.is_dir():
            raise UserError(f"there is no folder {str(folder)!r}; give --repo the path of a git repository")
        try:
            top = git(folder, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").removesuffix("\n")
        except GitError as error:
            raise UserError(f"{str(folder)!r} is not a git repository; give --repo the path of one") from error
        self._top = Path(top)
        self._worktree = head == WORKTREE
        self._bytes_max = bytes_max
        self.head = resolve(self._top, "HEAD" if self._worktree else head)
        self.base = self._merge_base(resolve(self._top, base) if base else self._default_branch())

    def change(self) -> Change:
        """The change: files with their texts on both sides, hunks, and every path at head."""
        entries = self._entries()
        patches = self._patches(entries)
        texts = self._texts(entries)
        files = tuple(self._file(entry, patch, texts) for entry, patch in zip(entries, patches, strict=True))
        untracked = tuple(self._untracked(path) for path in self._untracked_paths()) if self._worktree else ()
        return Change(
            repository=self._top.name,
            number=None,
            base=self.base,
            head=WORKTREE if self._worktree else self.head,
            files=files + untracked,
            tree=frozenset(self._tree()),
        )

    def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Texts of unchanged files at head, by path; what cannot be read is left out."""
        wanted = set(paths)
        found: dict[str, str] = {}
        ids: dict[str, str] = {}
        for row in _records(git(self._top, "ls-tree", "-r", "-z", "--full-tree", self.head)):
            meta, _, path = row.partition("\t")
            mode, _, blob = meta.split(" ")
            if path in wanted and unread_by_name("", mode) is None:
                ids[path] = blob
        data = blobs(self._top, list(ids.values()), self._bytes_max)
        for path, blob in ids.items():
            content = data.get(blob)
            text = decode(content, self._bytes_max)[0] if isinstance(content, bytes) else None
            if text is not None:
                found[path] = text
        return found

    def _default_branch(self) -> str:
        for name in ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master",
                     "refs/heads/main", "refs/heads/master", "refs/heads/develop"):
            try:
                return resolve(self._top, name)
            except UserError:
                continue
        raise UserError("no default branch was found (origin/HEAD, main, master, develop); name one with --base")

    def _merge_base(self, base: str) -> str:
        try:
            return git(self._top, "merge-base", base, self.head).decode().split("\n")[0]
        except GitError as error:
            raise UserError("base and head have no common history; give --base a commit that head grew from") from error

    def _range(self) -> tuple[str, ...]:
        return (self.base,) if self._worktree else (self.base, self.head)

    def _entries(self) -> list[_Entry]:
        fields = _records(git(self._top, "diff", "--raw", "-z", "--no-abbrev", *_DIFF, *self._range(), "--"))
        entries: list[_Entry] = []
        at = 0
        while at < len(fields):
            old_mode, mode, old_blob, blob, status = fields[at].removeprefix(":").split(" ")
            names = 2 if status[0] in "RC" else 1
            old_path, path = fields[at + 1], fields[at + names]
            entries.append(_Entry(old_mode, mode, old_blob, blob, status[0], old_path, path))
            at += 1 + names
        return entries

    def _patches(self, entries: list[_Entry]) -> list[str | None]:
        """The hunks of each entry, in the same order; None where git printed none (or for a change of type)."""
        out = git(self._top, "diff", "--patch", "--full-index", "--diff-filter=ACDMR", *_DIFF, *self._range(), "--")
        text = out.decode("utf-8", "replace")
        chunks = ("\n" + text).split("\ndiff --git ")[1:]
        typed = [entry for entry in entries if entry.status in "ACDMR"]
        if len(chunks) != len(typed):
            raise UserError("git printed another number of patches than of changed files; update git and try again")
        hunks = iter(_hunks(chunk) for chunk in chunks)
        return [next(hunks) if entry.status in "ACDMR" else None for entry in entries]

    def _texts(self, entries: list[_Entry]) -> Mapping[str, bytes | int]:
        ids = {entry.old_blob for entry in entries if unread_by_name("", entry.old_mode) is None}
        ids |= {entry.blob for entry in entries if unread_by_name("", entry.mode) is None}
        return blobs(self._top, sorted(ids - {_NO_BLOB}), self._bytes_max)

    def _file(self, entry: _Entry, patch: str | None, texts: Mapping[str, bytes | int]) -> ChangedFile:
        gone = entry.status == "D"
        unread = unread_by_name(entry.path, entry.old_mode if gone else entry.mode)
        head: str | None = None
        base: str | None = None
        if unread is None and not gone:
            head, unread = self._head_text(entry, texts)
        if unread is None and entry.status != "A":
            base, unread = _decoded(texts.get(entry.old_blob), self._bytes_max)
        if unread is None:
            unread = unread_by_text(head or base or "")
        diff = FileDiff()
        if unread is None and patch:
            try:
                diff = parse_patch(patch)
            except UnreadableDiffError as error:
                unread = str(error)
        return ChangedFile(
            entry.path, _STATUS.get(entry.status, FileStatus.CHANGED), diff, head, base,
            entry.old_path if entry.old_path != entry.path else None, entry.blob if entry.blob != _NO_BLOB else "", unread,
        )

    def _head_text(self, entry: _Entry, texts: Mapping[str, bytes | int]) -> tuple[str | None, str | None]:
        if self._worktree:
            return self._work_file(entry.path)
        return _decoded(texts.get(entry.blob), self._bytes_max)

    def _work_file(self, path: str) -> tuple[str | None, str | None]:
        place = self._top / path
        try:
            info = place.lstat()
            if not stat.S_ISREG(info.st_mode):
                return None, "not a regular file"
            if (reason := too_large(info.st_size, self._bytes_max)) is not None:
                return None, reason
            return decode(place.read_bytes(), self._bytes_max)
        except OSError as error:
            return None, f"cannot be read ({error.strerror or 'error'})"

    def _untracked_paths(self) -> list[str]:
        return _records(git(self._top, "ls-files", "--others", "--exclude-standard", "-z"))

    def _untracked(self, path: str) -> ChangedFile:
        unread = unread_by_name(path, "")
        head: str | None = None
        if unread is None:
            head, unread = self._work_file(path)
        if unread is None and head is not None:
            unread = unread_by_text(head)
        diff = parse_patch(added_patch(head)) if head and unread is None else FileDiff()
        return ChangedFile(path, FileStatus.ADDED, diff, head, unread=unread)

    def _tree(self) -> list[str]:
        if self._worktree:
            return _records(git(self._top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"))
        return _records(git(self._top, "ls-tree", "-r", "-z", "--name-only", "--full-tree", self.head))


def added_patch(text: str) -> str:
    """The one hunk that adds a whole file, as git would print it; "" for an empty file."""
    if not text:
        return ""
    lines = text.removesuffix("\n").split("\n")
    closing = "" if text.endswith("\n") else "\n\\ No newline at end of file"
    return f"@@ -0,0 +1,{len(lines)} @@\n" + "\n".join("+" + line for line in lines) + closing + "\n"


def _hunks(chunk: str) -> str | None:
    """From "a/x b/x\\nindex …\\n@@ …" the part from the first hunk on; None for binary, mode-only or empty files."""
    at = chunk.find("\n@@ ")
    return chunk[at + 1 :] if at >= 0 else None


def _records(data: bytes) -> list[str]:
    return [record for record in data.decode("utf-8", "surrogateescape").split("\0") if record]


def _decoded(content: bytes | int | None, bytes_max: int) -> tuple[str | None, str | None]:
    if content is None:
        return None, "the blob is missing from the repository"
    if isinstance(content, int):
        return None, too_large(content, bytes_max)
    return decode(content, bytes_max)
