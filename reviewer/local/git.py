"""Git as a program, asked for data only: no hook, filter, external diff or network of the repository's own.

Plumbing commands alone, so that nobody's `git config` changes what they print; names of files never are arguments.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reviewer.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SAFE: Final = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.compression=0",
    "core.safecrlf=false",
    "diff.suppressBlankEmpty=false",
    "diff.renameLimit=1000",
    "submodule.recurse=false",
    "safe.directory=*",  # whoever owns it: nothing that is configured in it runs
)
_ENVIRONMENT: Final = {
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
_WAIT_S: Final = 120
"""One command; `update-index` of a large work tree on a slow disk is the longest."""


class GitError(UserError):
    """Git refused; the message holds its reason."""


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder. `extra` are variables for it alone: another index, another place for new objects."""

    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run one command and give its output. GitError with git's own reason, UserError when it cannot run."""
        program = shutil.which("git")
        if program is None:
            raise UserError("git is not installed, or not on the PATH; install it and try again")
        path = os.pathsep.join((str(Path(program).parent), os.defpath))
        safe = [word for setting in _SAFE for word in ("-c", setting)]
        try:
            done = subprocess.run(
                [program, *safe, *arguments],
                cwd=self.folder,
                input=stdin,
                capture_output=True,
                timeout=_WAIT_S,
                check=False,
                env={"PATH": path, **_ENVIRONMENT, **self.extra},
            )
        except subprocess.TimeoutExpired as error:
            raise UserError(f"git {arguments[0]} did not answer within {_WAIT_S} s") from error
        except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
            raise UserError(f"git {arguments[0]} cannot be run in {str(self.folder)!r}; check the path") from error
        if done.returncode != 0:
            raise _failure(arguments[0], done.stderr.decode("utf-8", "replace"))
        return done.stdout

    def line(self, *arguments: str) -> str:
        """The output without its line end, as a name of the file system."""
        return os.fsdecode(self(*arguments).removesuffix(b"\n"))

    def place(self, name: str) -> Path:
        """Where git keeps a part of this repository ("index", "objects")."""
        return self.folder / self.line("rev-parse", "--git-path", name)


def _failure(command: str, stderr: str) -> UserError:
    """Git's own reason in one line; the warnings before it are not the reason."""
    lines = [line for line in stderr.split("\n") if line.strip()]
    if any("promisor" in line for line in lines):
        return UserError(
            "this clone is partial and lacks texts of the change; check them out, or clone without --filter"
        )
    fatal = [line for line in lines if line.startswith("fatal: ")]
    return GitError((fatal or lines or [f"git {command} failed"])[0])


def resolve(git: Git, revision: str) -> str:
    """The commit SHA a revision names. Raises UserError when there is none."""
    try:
        return git.line("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
    except GitError as error:
        if not git("rev-list", "--max-count=1", "--all"):
            raise UserError("this repository has no commit on any branch yet; commit something first") from error
        raise UserError(f"no commit is named {revision!r} in this repository; give a branch, tag or SHA") from error


def scratch(git: Git, folder: Path) -> Git:
    """The same repository with new objects and the index in `folder`: nothing is written to the repository itself."""
    store = folder / "objects"
    store.mkdir()
    extra = {
        "GIT_OBJECT_DIRECTORY": str(store),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(git.place("objects").absolute()),
        "GIT_INDEX_FILE": str(folder / "index"),
        **_without_filters(git),
    }
    return replace(git, extra={**git.extra, **extra})


def blobs(git: Git, ids: Sequence[str], bytes_max: int) -> dict[str, bytes | int]:
    """Blob id → its bytes, or its size where it is larger than `bytes_max`. Unknown ids are left out."""
    if not ids:
        return {}
    sizes: dict[str, int] = {}
    check = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
    for row in git("cat-file", check, stdin=_rows(ids)).split(b"\n"):
        parts = row.decode().split(" ")
        if len(parts) == 3 and parts[1] == "blob":
            sizes[parts[0]] = int(parts[2])
    found: dict[str, bytes | int] = {blob: size for blob, size in sizes.items() if size > bytes_max}
    wanted = [blob for blob, size in sizes.items() if size <= bytes_max]
    data = git("cat-file", "--batch", stdin=_rows(wanted)) if wanted else b""
    at = 0
    for blob in wanted:
        at = data.index(b"\n", at) + 1
        found[blob] = data[at : at + sizes[blob]]
        at += sizes[blob] + 1
    return found


def records(data: bytes) -> list[bytes]:
    """What `-z` output holds."""
    return [record for record in data.split(b"\0") if record]


def _rows(ids: Iterable[str]) -> bytes:
    return "".join(f"{blob}\n" for blob in ids).encode()


def _quoted(path: Path) -> str:
    """A path for GIT_ALTERNATE_OBJECT_DIRECTORIES: in quotes, a colon does not end it."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _without_filters(git: Git) -> dict[str, str]:
    """Settings that leave every filter driver of the repository's configuration without a command to run."""
    try:
        keys = records(git("config", "--null", "--name-only", "--get-regexp", "^filter\\."))
    except GitError:  # it says nothing when there is none
        return {}
    drivers = dict.fromkeys(os.fsdecode(key).rpartition(".")[0] for key in keys)
    settings = {f"{driver}.{part}": "" for driver in drivers for part in ("clean", "smudge", "process")}
    settings |= {f"{driver}.required": "false" for driver in drivers}
    pairs = enumerate(settings.items())
    named = {name: text for at, pair in pairs for name, text in zip(_setting(at), pair, strict=True)}
    return {"GIT_CONFIG_COUNT": str(len(settings)), **named}


def _setting(number: int) -> tuple[str, str]:
    return f"GIT_CONFIG_KEY_{number}", f"GIT_CONFIG_VALUE_{number}"
