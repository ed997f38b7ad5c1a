"""Which version of a package a lock file holds: read as text, line by line or as data. Pure."""

from __future__ import annotations

import json
from typing import Final

from reviewer.core.jsonc import table

LOCK_NAMES: Final = ("package-lock.json", "pnpm-lock.yaml", "yarn.lock")
"""The lock files of npm, pnpm and Yarn, in a folder."""

_VERSION_CHARS: Final = frozenset("0123456789.")


def locked_version(name: str, text: str, package: str) -> tuple[int, int] | None:
    """Major and minor version of a package that the project itself asks for; None where the file does not say."""
    if name.endswith("package-lock.json"):
        return _of_npm(text, package)
    return _of_lines(text.split("\n"), package)


def _of_npm(text: str, package: str) -> tuple[int, int] | None:
    try:
        data = table(json.loads(text))
    except (ValueError, RecursionError):
        return None
    for group, key in (("packages", f"node_modules/{package}"), ("dependencies", package)):
        version = table(table(data.get(group)).get(key)).get("version")
        if isinstance(version, str):
            return _numbers(version)
    return None


def _of_lines(lines: list[str], package: str) -> tuple[int, int] | None:
    """pnpm names a version in the key (`prettier@3.3.3:`), Yarn below it (`version "3.3.3"`, `version: 3.3.3`).

    Where there are several the newest counts: what it does otherwise than the older ones is not to be flagged.
    """
    found: list[tuple[int, int]] = []
    below = False
    for line in lines:
        row = line.strip().strip("'\"").lstrip("/")
        if row.startswith((f"{package}@", f"{package}/")) and row.endswith(":"):
            below = True
            row = row[len(package) + 1 :].partition("(")[0].rstrip("':\"")
        elif below and row.startswith("version"):
            below = False
            row = row.removeprefix("version").strip(' :"')
        else:
            continue
        if (numbers := _numbers(row)) is not None:
            found.append(numbers)
    return max(found, default=None)


def _numbers(version: str) -> tuple[int, int] | None:
    plain = version.partition("-")[0].partition("_")[0]
    parts = plain.split(".")
    if len(parts) != 3 or not _VERSION_CHARS.issuperset(plain) or not all(0 < len(part) < 5 for part in parts):
        return None
    return int(parts[0]), int(parts[1])
