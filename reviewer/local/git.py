"""Git as a program, asked for data only: no hooks, no external diff, no text conversion, no names as options."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from reviewer.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SAFE: Final = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=true", "-c", "diff.renames=true",
    "-c", "core.pager=cat", "-c", "color.ui=false", "-c", "diff.noprefix=false", "-c", "diff.mnemonicPrefix=false",
)
_WAIT_S: Final = 120


class GitError(UserError):
    """Git refused; the message holds its first line."""


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run one git command in `folder` and give its output. Raises GitError with git's own first line."""
    environment = {
        "PATH": os.defpath, "HOME": "/nonexistent", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    try:
        done = subprocess.run(  # noqa: S603 - fixed program, no shell, callers pass no tracked names
            ["git", *_SAFE, "-c", f"safe.directory={folder.resolve()}", *arguments],  # noqa: S607
            cwd=folder, input=stdin, capture_output=True, timeout=_WAIT_S, check=False, env=environment,
        )
    except FileNotFoundError as error:
        raise GitError("git is not installed, or not on the PATH; install it and try again") from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git {arguments[0]} did not answer within {_WAIT_S} s") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise GitError(said or f"git {arguments[0]} failed")
    return done.stdout


def resolve(folder: Path, revision: str) -> str:
    """The commit SHA a revision names. Raises UserError when there is none."""
    try:
        out = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
    except GitError as error:
        raise UserError(f"no commit is named {revision!r} in this repository; give a branch, tag or SHA") from error
    return out.decode().strip()


def blobs(folder: Path, ids: Sequence[str], bytes_max: int) -> dict[str, bytes | int]:
    """Blob id → its bytes, or its size where it is larger than `bytes_max`. Unknown ids are left out."""
    if not ids:
        return {}
    asked = "".join(f"{blob}\n" for blob in ids).encode()
    sizes: dict[str, int] = {}
    for row in git(folder, "cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", stdin=asked).split(b"\n"):
        parts = row.decode().split(" ")
        if len(parts) == 3 and parts[1] == "blob":  # noqa: PLR2004 - name, type, size
            sizes[parts[0]] = int(parts[2])
    found: dict[str, bytes | int] = {blob: size for blob, size in sizes.items() if size > bytes_max}
    wanted = [blob for blob, size in sizes.items() if size <= bytes_max]
    data = git(folder, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in wanted).encode()) if wanted else b""
    at = 0
    for blob in wanted:
        at = data.index(b"\n", at) + 1
        found[blob] = data[at : at + sizes[blob]]
        at += sizes[blob] + 1
    return found
