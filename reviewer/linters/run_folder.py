"""Where a run of a tool has its copies: a folder of its own, in memory where there is room, and nothing of it stays."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER_PREFIX = "reviewer-run-"
"""How the names of our folders start, in one of the `folders_of_runs`."""

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of ours in it has a name that nobody can guess, and our rights
"""Linux's folder in memory. To make 100 files on a disk took 2 to 45 ms of processor time, here 1 ms."""

ROOM = 8
"""Times the copies' own size that must be free in memory: other runs write there, and a container gives 64 MB."""

LEFTOVER_AGE_S = 3600.0
"""Age of a folder that nobody uses any more: far beyond the longest run, so that a neighbour's is never touched."""


def folders_of_runs() -> tuple[Path, ...]:
    """Where the folders of our runs lie: in memory, and where there is no room the system's temporary ones."""
    return _IN_MEMORY, Path(tempfile.gettempdir())


def remove_leftovers(temporary: Path) -> int:
    """Remove the folders of runs whose service was killed; at the start of a service. Returns how many.

    `temporary` is one of `folders_of_runs()`.
    """
    removed = 0
    for folder in temporary.glob(FOLDER_PREFIX + "*"):
        with suppress(OSError):  # a neighbour was quicker
            state = folder.lstat()
            is_ours = stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid()
            if is_ours and time.time() - state.st_mtime > LEFTOVER_AGE_S:
                shutil.rmtree(folder)
                removed += 1
    return removed


@contextmanager
def folder_of_run(size: int | None) -> Iterator[Path]:
    """A folder that only we may enter, for copies of this size in bytes, removed whatever happens; None: on the
    disk."""
    memory, disk = folders_of_runs()
    is_kept = size is not None and _has_room(memory, size)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=memory if is_kept else disk))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has_room(folder: Path, size: int) -> bool:
    try:
        system = os.statvfs(folder)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK) and system.f_bavail * system.f_frsize > ROOM * size
