"""A git repository on disk, as its owner works in it: with their configuration, or with a hostile one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from reviewer.core.change import Change
from reviewer.local.reading import LocalReader

BYTES_MAX = 512 * 1024
_WHO = ("-c", "user.name=Mona", "-c", "user.email=mona@example.com", "-c", "commit.gpgsign=false")
ENVIRONMENT = {
    "PATH": os.defpath,
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C.UTF-8",
    "GIT_ALLOW_PROTOCOL": "file",
}


class Folder:
    """A work tree. Names are text, with surrogate escapes for bytes that are no UTF-8."""

    def __init__(self, path: Path, *options: str) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", *options)

    def git(self, *arguments: str, fails: bool = False) -> bytes:
        """Run git as the owner does."""
        done = subprocess.run(
            ["git", *_WHO, *arguments], cwd=self.path, capture_output=True, check=False, env=ENVIRONMENT
        )
        assert fails or done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout

    def write(self, files: dict[str, str | bytes | None]) -> None:
        """Make, change and (None) delete files."""
        for name, content in files.items():
            place = self.path / name
            if content is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)

    def commit(self, files: dict[str, str | bytes | None], message: str = "Change") -> str:
        """Write and commit everything; the commit's id."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").decode().strip()

    def change(self, base: str | None, head: str = "HEAD", bytes_max: int = BYTES_MAX) -> Change:
        """What the reader makes of it."""
        with LocalReader(self.path, base, head, bytes_max) as reader:
            return reader.change()

    def reasons(self, base: str | None, head: str = "HEAD") -> dict[str, str | None]:
        """Path → why it was not read."""
        return {file.path: file.unread for file in self.change(base, head).files}
