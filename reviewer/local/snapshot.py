"""The work tree as a tree of git's: what `git add --all` would commit, written where nobody finds it.

With it, uncommitted work is read in the same way as a commit, all of it at one moment: changed, new, deleted, renamed
and unchanged files alike.
"""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.readable import too_large
from reviewer.local.git import Git, records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`tree` is the tree's id. `left_out` are files that were not even read: the name as bytes, and the reason."""

    tree: str
    left_out: Mapping[bytes, str]


def snapshot(git: Git, store: Git, bytes_max: int) -> Snapshot:
    """Write the work tree of `git` into the scratch `store`. The repository and its index stay as they are."""
    index = git.place("index")
    if index.is_file():  # with its time: by it git knows which files it must look into
        shutil.copy2(index, store.extra["GIT_INDEX_FILE"])
    gone, there = _changed(store)
    there |= set(records(store("ls-files", "-z", "--others", "--exclude-standard")))
    left_out = {name: why for name in there if (why := _unreadable(git.folder, name, bytes_max)) is not None}
    nobody = b"0" * len(store.line("hash-object", "-t", "tree", "--stdin"))
    if gone:
        store("update-index", "-z", "--index-info", stdin=b"".join(b"0 %s\t%s\0" % (nobody, name) for name in gone))
    if read := sorted(there - left_out.keys()):
        store("update-index", "-z", "--add", "--replace", "--stdin", stdin=b"".join(name + b"\0" for name in read))
    return Snapshot(store.line("write-tree"), left_out)


def _changed(git: Git) -> tuple[set[bytes], set[bytes]]:
    """Tracked files that are gone, and those that may differ from the index."""
    fields = records(git("diff-files", "--raw", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=dirty"))
    gone: set[bytes] = set()
    there: set[bytes] = set()
    for meta, name in zip(fields[::2], fields[1::2], strict=True):
        conflicted = meta.endswith(b"U")
        lost = meta.endswith(b"D") or (conflicted and not os.path.lexists(git.folder / os.fsdecode(name)))
        (gone if lost else there).add(name)
    return gone, there - gone


def _unreadable(top: Path, name: bytes, bytes_max: int) -> str | None:
    if name.endswith(b"/"):
        return "another git repository"
    place = top / os.fsdecode(name)
    try:
        info = place.lstat()
    except OSError as error:
        return f"cannot be read ({error.strerror or 'error'})"
    if not stat.S_ISREG(info.st_mode):
        return None
    if not os.access(place, os.R_OK):
        return "cannot be read (Permission denied)"
    return too_large(info.st_size, bytes_max)
