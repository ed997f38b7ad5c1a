"""A local branch (or the work tree) → one Change, the same that a pull request becomes."""

from __future__ import annotations

import os
import posixpath
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.configuration import CONFIG_BYTES_MAX
from reviewer.core.diff import UnreadableDiffError, parse_patch
from reviewer.core.errors import UserError
from reviewer.core.own_rules import FILES_MAX, RULES_FOLDER
from reviewer.core.readable import REGULAR_MODES, decode, too_large, unread_by_name, unread_by_text
from reviewer.core.untrusted import Untrusted
from reviewer.local.git import Git, GitError, blobs, records, resolve, scratch
from reviewer.local.patches import patches
from reviewer.local.snapshot import Snapshot, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WORKTREE: Final = "WORKTREE"
"""What `--head` says for uncommitted work."""

_DEFAULTS: Final = (
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/heads/main",
    "refs/heads/master",
    "refs/remotes/origin/develop",
    "refs/heads/develop",
)
_STATUS: Final = {
    "A": FileStatus.ADDED,
    "D": FileStatus.REMOVED,
    "M": FileStatus.MODIFIED,
    "R": FileStatus.RENAMED,
    "T": FileStatus.CHANGED,
}
_COMMITS_MAX: Final = 12
"""Commits whose messages the model is told."""

_RAW: Final = ("diff-tree", "-r", "--raw", "-z", "--no-abbrev", "--find-renames", "--ignore-submodules=none")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One record of the raw difference: modes, blob ids, status letter and names."""

    old_mode: str
    mode: str
    old_blob: str
    blob: str
    status: str
    old_path: bytes
    path: bytes


@dataclass(frozen=True, slots=True)
class _Side:
    """A file's text on one side, or the reason; both None where the file does not exist there."""

    text: str | None = None
    unread: str | None = None


class LocalReader:
    """Reads one range of a repository. `base` None means the merge base with the default branch.

    A context manager, as it keeps what it makes of the work tree in a folder of its own. Raises UserError for a folder
    that is no repository and for a revision that it does not have.
    """

    def __init__(self, folder: Path, base: str | None, head: str, bytes_max: int) -> None:
        if not folder.is_dir():
            raise UserError(f"there is no folder {str(folder)!r}; give --repo the path of a git repository")
        self._worktree = head == WORKTREE
        self._git, self._name = _repository(folder, self._worktree)
        self._bytes_max = bytes_max
        self.head = resolve(self._git, "HEAD" if self._worktree else head)
        self.base = self._merge_base(resolve(self._git, base) if base else self._default_branch())
        self._leaves: Mapping[str, tuple[str, str]] = {}
        self._scratch = tempfile.TemporaryDirectory(prefix="reviewer-")
        self._store = scratch(self._git, Path(self._scratch.name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def scratch(self) -> str:
        """The folder that holds what is made for this reader; gone when it is closed."""
        return self._scratch.name

    def close(self) -> None:
        """Remove what was kept on disk."""
        self._scratch.cleanup()

    def change(self) -> Change:
        """The change: files with their texts on both sides, hunks, and every path at head."""
        work = snapshot(self._git, self._store, self._bytes_max) if self._worktree else Snapshot(self.head, {})
        self._leaves = self._list(work.tree)
        entries = [entry for entry in self._entries(work.tree) if entry.path not in work.left_out]
        files = self._files(entries)
        known = self._list(self.base) if work.left_out else {}
        for name, why in work.left_out.items():
            path = _shown(name).removesuffix("/")
            status = FileStatus.MODIFIED if path in known else FileStatus.ADDED
            files.append(ChangedFile(path, status, unread=unread_by_name(path, "") or why))
        return Change(
            repository=self._name,
            number=None,
            base=self.base,
            head=WORKTREE if self._worktree else self.head,
            files=tuple(sorted(files, key=lambda file: file.path)),
            tree=frozenset(self._leaves),
            commits=self._commits(),
        )

    def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Texts of unchanged files at head, by path; what cannot be read is left out. After `change`."""
        leaves = {path: self._leaves[path] for path in paths if path in self._leaves}
        ids = {path: blob for path, (mode, blob) in leaves.items() if mode in REGULAR_MODES and "\ufffd" not in path}
        data = blobs(self._store, list(dict.fromkeys(ids.values())), self._bytes_max)
        found = {path: self._side("100644", blob, data).text for path, blob in ids.items()}
        return {path: text for path, text in found.items() if text is not None}

    def rule_files(self) -> Mapping[str, str | UserError]:
        """The owner's own rules as they stand at base, by path: the text, or why one cannot be read."""
        leaves = {
            path: blob
            for path, (mode, blob) in self._list(self.base).items()
            if posixpath.dirname(path) == RULES_FOLDER and path.endswith((".yml", ".yaml")) and mode in REGULAR_MODES
        }
        kept = dict(sorted(leaves.items())[:FILES_MAX])
        data = blobs(self._store, list(dict.fromkeys(kept.values())), CONFIG_BYTES_MAX)
        sides = {path: self._side("100644", blob, data) for path, blob in kept.items()}
        return {
            path: side.text if side.text is not None else UserError(f"{path} cannot be read: it is {side.unread}.")
            for path, side in sides.items()
        }

    def _default_branch(self) -> str:
        for name in _DEFAULTS:
            try:
                return resolve(self._git, name)
            except UserError:
                continue
        raise UserError("no default branch was found (origin/HEAD, main, master, develop); name one with --base")

    def _merge_base(self, base: str) -> str:
        try:
            return self._git.line("merge-base", base, self.head)
        except GitError as error:
            if self._git.line("rev-parse", "--is-shallow-repository") == "true":
                raise UserError(
                    "this clone is shallow and ends before base and head meet; run git fetch --unshallow"
                ) from error
            raise UserError("base and head have no common history; give --base a commit that head grew from") from error

    def _commits(self) -> tuple[Untrusted, ...]:
        """The first lines of the messages since base, oldest first."""
        said = self._git("rev-list", f"--max-count={_COMMITS_MAX}", "--format=%s", f"{self.base}..{self.head}", "--")
        return tuple(Untrusted(_shown(line)) for line in reversed(said.split(b"\n")[1::2]))

    def _list(self, tree: str) -> dict[str, tuple[str, str]]:
        """Path → mode and blob id."""
        leaves = {}
        for row in records(self._store("ls-tree", "-r", "-z", "--full-tree", tree)):
            meta, _, path = row.partition(b"\t")
            mode, _, blob = meta.decode().split(" ")
            leaves[_shown(path)] = mode, blob
        return leaves

    def _entries(self, tree: str) -> list[_Entry]:
        fields = records(self._store(*_RAW, self.base, tree))
        entries: list[_Entry] = []
        at = 0
        while at < len(fields):
            old_mode, mode, old_blob, blob, status = fields[at].decode().removeprefix(":").split(" ")
            names = 2 if status[0] in "RC" else 1
            entries.append(_Entry(old_mode, mode, old_blob, blob, status[0], fields[at + 1], fields[at + names]))
            at += 1 + names
        return entries

    def _files(self, entries: list[_Entry]) -> list[ChangedFile]:
        wanted = {entry.old_blob for entry in entries if entry.old_mode in REGULAR_MODES}
        wanted |= {entry.blob for entry in entries if entry.mode in REGULAR_MODES}
        data = blobs(self._store, sorted(wanted), self._bytes_max)
        files = [self._file(entry, data) for entry in entries]
        read = [at for at, file in enumerate(files) if file.unread is None]
        printed = patches(
            self._store,
            [
                (
                    entries[at].old_blob if files[at].base is not None else None,
                    entries[at].blob if files[at].head is not None else None,
                )
                for at in read
            ],
        )
        for at, patch in zip(read, printed, strict=True):
            files[at] = _with_diff(files[at], patch)
        return files

    def _file(self, entry: _Entry, data: Mapping[str, bytes | int]) -> ChangedFile:
        path = _shown(entry.path)
        unread = unread_by_name(path, entry.old_mode if entry.status == "D" else entry.mode)
        unread = unread or ("its type changed" if entry.status == "T" else None)
        head = self._side(entry.mode, entry.blob, data) if unread is None else _Side()
        base = self._side(entry.old_mode, entry.old_blob, data) if unread is None else _Side()
        unread = unread or head.unread or base.unread
        return ChangedFile(
            path=path,
            status=_STATUS.get(entry.status, FileStatus.CHANGED),
            head=head.text,
            base=base.text,
            old_path=_shown(entry.old_path) if entry.old_path != entry.path else None,
            blob="" if self._worktree or entry.status == "D" else entry.blob,
            unread=unread or unread_by_text(head.text or base.text or ""),
        )

    def _side(self, mode: str, blob: str, data: Mapping[str, bytes | int]) -> _Side:
        if mode not in REGULAR_MODES:
            return _Side()
        content = data.get(blob)
        if content is None:
            return _Side(unread="its text is missing from the repository")
        if isinstance(content, int):
            return _Side(unread=too_large(content, self._bytes_max))
        return _Side(*decode(content, self._bytes_max))


def _repository(folder: Path, worktree: bool) -> tuple[Git, str]:
    """Git at the top of the repository that holds a folder, and the repository's name."""
    git = Git(folder)
    try:
        top = Path(git.line("rev-parse", "--show-toplevel"))
    except GitError:  # no work tree: a bare repository, or none at all
        top = None
    if top is not None:
        return Git(top), _shown(os.fsencode(top.name))
    try:
        bare = Path(git.line("rev-parse", "--absolute-git-dir"))
    except GitError as error:
        raise UserError(f"{str(folder)!r} is not a git repository; give --repo the path of one") from error
    if worktree:
        raise UserError(f"{str(folder)!r} has no work tree; give --head a branch, tag or SHA")
    name = bare.parent.name if bare.name == ".git" else bare.name.removesuffix(".git")
    return Git(bare), _shown(os.fsencode(name))


def _with_diff(file: ChangedFile, patch: str) -> ChangedFile:
    try:
        return replace(file, diff=parse_patch(patch))
    except UnreadableDiffError as error:
        return replace(file, unread=str(error))


def _shown(name: bytes) -> str:
    """A name as text; bytes that are no UTF-8 become U+FFFD, as GitHub shows them."""
    return name.decode("utf-8", "replace")
