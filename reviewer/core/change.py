"""A change: a pull request at one head, read once; or a local branch read the same way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from reviewer.core.diff import FileDiff
from reviewer.core.untrusted import Untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping


class FileStatus(StrEnum):
    """What the change does to a file, in GitHub's words; `changed` is a mode or type change without text."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"
    RENAMED = "renamed"
    COPIED = "copied"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of the change.

    `head` and `base` are the whole text on that side, None where the file does not exist there or was not read.
    `unread` is None when the text was read, else the reason in words ("binary", "larger than 512 KB", …): the file then
    counts as not reviewed. `blob` is the blob id at head, or "" for uncommitted work.
    """

    path: str
    status: FileStatus
    diff: FileDiff = field(default_factory=FileDiff)
    head: str | None = None
    base: str | None = None
    old_path: str | None = None
    blob: str = ""
    unread: str | None = None

    @property
    def is_typescript(self) -> bool:
        """Whether our TypeScript engines read it (declaration files are generated or typings: they do not)."""
        return is_typescript(self.path)


SCRIPT_ENDINGS = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
"""Endings of the files that the facts worker and the linters parse."""


def is_typescript(path: str) -> bool:
    """Whether a path names TypeScript or JavaScript source (not a declaration file, not minified)."""
    lower = path.lower()
    return lower.endswith(SCRIPT_ENDINGS) and not lower.endswith((".d.ts", ".d.mts", ".d.cts", ".min.js"))


@dataclass(frozen=True, slots=True)
class Change:
    """What is reviewed. `repository` is the full name, `number` None for a local review.

    `base` is the merge base where it is known, else the base branch's SHA. `tree` holds every path at head (for
    resolving imports and for tests that exist); `neighbours` the texts of unchanged files that rules need (imported
    DTOs, sibling tests, package.json), by path. `truncated` says what of the change could not be listed, else None.
    `commits` are the first lines of its newest commits' messages, oldest first, as far as they came with it.
    """

    repository: str
    number: int | None
    base: str
    head: str
    files: tuple[ChangedFile, ...]
    title: Untrusted = field(default_factory=lambda: Untrusted(""))
    body: Untrusted = field(default_factory=lambda: Untrusted(""))
    tree: frozenset[str] = frozenset()
    neighbours: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    truncated: str | None = None
    commits: tuple[Untrusted, ...] = ()

    def file(self, path: str) -> ChangedFile | None:
        """The changed file of that path at head (or at base, for a removed one)."""
        return next((file for file in self.files if file.path == path), None)
