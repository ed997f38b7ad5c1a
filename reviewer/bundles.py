"""A folder of bundles: one file a review, named by hashes only, written whole or not at all, readable by us alone.

`FOLDER/TENANT/REVIEW.json.gz`, both names being parts of SHA-256: of the installation's number, and of the review's
identity. Only files of that shape are ever listed or deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reviewer.core.bundle import ENDING, READ_BYTES_MAX, Bundle, UnreadableBundleError, decode
from reviewer.core.errors import UserError

_TENANT_DIGITS: Final = 16
_REVIEW_DIGITS: Final = 32
_UNFINISHED: Final = ".unfinished-"
"""How a file begins that is still being written; what a crash leaves of one goes with the next purge."""


class Bundles:
    """The folder. Its methods block for the time of a few file operations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def ready(cls, folder: Path) -> Bundles:
        """The folder, made if it is not there. Raises UserError when it cannot be written to."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"REVIEWER_BUNDLES: {folder} cannot be made ({error.strerror})") from error
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UserError(f"REVIEWER_BUNDLES: {folder} cannot be written to by this user")
        return cls(folder)

    def write(self, installation: int, identity: str, data: bytes) -> Path:
        """Put a review's bundle there; a second one of the same review takes its place. Raises OSError."""
        folder = self._of(installation)
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / (_digits(identity, _REVIEW_DIGITS) + ENDING)
        write_whole(path, data)
        return path

    def forget(self, installation: int) -> None:
        """Delete everything of an installation."""
        folder = self._of(installation)
        for path in (*_bundles(folder), *_unfinished(folder)):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not there, or something in it that is not ours: that stays
            folder.rmdir()

    def expire(self, age_s: float) -> int:
        """Delete what is older; returns how many bundles that were."""
        before, count = time.time() - age_s, 0
        for tenant in self._tenants():
            for path in (*_bundles(tenant), *_unfinished(tenant)):
                if _modified(path) < before:
                    path.unlink(missing_ok=True)
                    count += path.name.endswith(ENDING)
        return count

    def newest(self, most: int) -> tuple[Path, ...]:
        """The last so many, the newest first."""
        found = [path for tenant in self._tenants() for path in _bundles(tenant)]
        return tuple(sorted(found, key=lambda path: (-_modified(path), path.name))[:most])

    def _of(self, installation: int) -> Path:
        return self.folder / _digits(str(installation), _TENANT_DIGITS)

    def _tenants(self) -> list[Path]:
        return [path for path in self.folder.glob("*/") if _is_digits(path.name, _TENANT_DIGITS)]


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that only we may read (0600), all of it or nothing. Raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_bundle(path: Path) -> Bundle:
    """Read a file. Raises UnreadableBundleError with its name in one sentence."""
    try:
        with path.open("rb") as file:
            data = file.read(READ_BYTES_MAX + 1)
    except OSError as error:
        raise UnreadableBundleError(f"{path}: it cannot be read ({error.strerror})") from error
    try:
        return decode(data)
    except UnreadableBundleError as error:
        raise UnreadableBundleError(f"{path}: {error}") from error


def _bundles(folder: Path) -> Iterator[Path]:
    for path in folder.glob(f"*{ENDING}"):
        if _is_digits(path.name.removesuffix(ENDING), _REVIEW_DIGITS):
            yield path


def _unfinished(folder: Path) -> Iterator[Path]:
    return folder.glob(f"{_UNFINISHED}*")


def _digits(text: str, count: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:count]


def _is_digits(name: str, count: int) -> bool:
    return len(name) == count and set(name) <= set("0123456789abcdef")


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process deleted it just now
        return 0.0
