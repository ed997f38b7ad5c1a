"""What `git diff` prints, taken apart file by file the way GitHub's files API gives it, and the lines it can hold."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

PATCH_LINES_MAX = 20_000
"""Lines of one file's diff that GitHub loads (docs, repository limits); above it the files API has no patch."""
PATCH_BYTES_MAX = 500_000
"""Bytes of one file's diff that GitHub loads (the same page)."""

_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file of a comparison. `patch` is the hunks as text, None where git has none; names hold surrogate escapes."""

    path: str
    old_path: str | None
    status: str
    old_sha: str
    new_sha: str
    additions: int = 0
    deletions: int = 0
    patch: str | None = None

    @property
    def sha(self) -> str:
        """What the files API calls `sha`: the blob at head, for a removed file the blob at base."""
        return self.old_sha if self.status == "removed" else self.new_sha

    @property
    def shown_patch(self) -> str | None:
        """The patch as the API gives it: nothing when it is too large."""
        if self.patch is None or self.additions + self.deletions > PATCH_LINES_MAX:
            return None
        return None if len(self.patch.encode("utf-8", "replace")) > PATCH_BYTES_MAX else self.patch


@dataclass(frozen=True, slots=True)
class Hunks:
    """The lines of one file's diff on each side, with the number of their hunk (from 0) and the text.

    `positions` and `below` tell how many lines below the first `@@` a line stands, and back.
    """

    left: dict[int, tuple[int, str]]
    right: dict[int, tuple[int, str]]
    positions: dict[int, tuple[str, int]]
    below: dict[tuple[str, int], int]
    headers: tuple[str, ...]

    def side(self, name: str) -> dict[int, tuple[int, str]]:
        """LEFT or RIGHT by name."""
        return self.left if name == "LEFT" else self.right


def hunks(patch: str | None) -> Hunks:
    """Read a patch. Content starts with a blank, `+`, `-` or a backslash, so `@@` in column one is a header."""
    found = Hunks({}, {}, {}, {}, ())
    headers: list[str] = []
    old = new = old_left = new_left = position = 0
    for line in (patch or "").split("\n"):
        if header := _HUNK.match(line):
            old, old_left = int(header[1]), int(header[2] or 1)
            new, new_left = int(header[3]), int(header[4] or 1)
            position += 1 if headers else 0
            headers.append(line)
            continue
        position += 1
        number = len(headers) - 1
        if line.startswith("\\"):
            continue
        if line.startswith(("-", " ")) and old_left > 0:
            found.left[old] = (number, line[1:])
            found.positions[position] = ("LEFT", old)
            found.below["LEFT", old] = position
            old, old_left = old + 1, old_left - 1
        if line.startswith(("+", " ")) and new_left > 0:
            found.right[new] = (number, line[1:])
            found.positions[position] = ("RIGHT", new)
            found.below["RIGHT", new] = position
            new, new_left = new + 1, new_left - 1
    return replace(found, headers=tuple(headers))


def with_patches(raw: bytes, counts: bytes, patches: bytes) -> tuple[FileDiff, ...]:
    """Join `--raw -z`, `--numstat -z` and `--patch` of one comparison; git prints all three in the same order."""
    files = _raw(raw)
    numbers = _numstat(counts)
    chunks = iter(_chunks(patches))
    joined = []
    for file, (additions, deletions) in zip(files, numbers, strict=True):
        patch = next(chunks)
        if file.status == "changed":  # git prints a type change as a removal and an addition; GitHub shows no patch
            next(chunks)
            patch = None
        joined.append(replace(file, additions=additions, deletions=deletions, patch=patch))
    return tuple(joined)


def _raw(text: bytes) -> list[FileDiff]:
    fields = text.split(b"\0")
    files, at = [], 0
    while at < len(fields) - 1:
        _, _, old_sha, new_sha, letter = fields[at].decode().split(" ")
        name = fields[at + 1].decode("utf-8", "surrogateescape")
        at += 2
        old_name = None
        if letter[0] in "RC":
            old_name, name = name, fields[at].decode("utf-8", "surrogateescape")
            at += 1
        files.append(FileDiff(name, old_name, _STATUS[letter[0]], old_sha, new_sha))
    return files


def _numstat(text: bytes) -> list[tuple[int, int]]:
    fields = text.split(b"\0")
    numbers, at = [], 0
    while at < len(fields) - 1:
        added, removed, name = fields[at].split(b"\t", 2)
        numbers.append((0, 0) if added == b"-" else (int(added), int(removed)))
        at += 1 if name else 3  # a rename has an empty name here and two names after it
    return numbers


def _chunks(text: bytes) -> list[str | None]:
    """The hunks of each `diff --git` block; content lines never start at column 0 with that word."""
    blocks = (b"\n" + text).split(b"\ndiff --git ")[1:]
    found: list[str | None] = []
    for block in blocks:
        _, at, body = block.partition(b"\n@@ ")
        found.append("@@ " + body.decode("utf-8", "replace").removesuffix("\n") if at else None)
    return found
