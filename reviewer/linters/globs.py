"""Path patterns as configuration files write them. Pure; a pattern that could be slow matches nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wcmatch import glob
from wcmatch._wcparse import PatternLimitException

PATTERN_CHARS_MAX: Final = 200
"""Characters of a pattern that is tried."""

STARS_MAX: Final = 8
"""Stars in a pattern that is tried: each may multiply the time by the path's length when nothing matches."""

EXPANSIONS_MAX: Final = 64
"""Alternatives that the braces of one pattern may stand for."""

PATTERNS_MAX: Final = 500
"""Patterns of one ignore file or override that are tried."""

_FLAGS: Final = glob.GLOBSTAR | glob.DOTGLOB | glob.BRACE | glob.EXTGLOB | glob.FORCEUNIX
_IGNORE_FLAGS: Final = glob.GLOBSTAR | glob.DOTGLOB | glob.FORCEUNIX


def folders_above(path: str) -> tuple[str, ...]:
    """The folders that hold the path, nearest first; each ends in a slash, the last is ""."""
    parts = path.split("/")[:-1]
    return tuple("/".join(parts[:depth]) + "/" if depth else "" for depth in range(len(parts), -1, -1))


def matches_any(patterns: Iterable[str], path: str) -> bool:
    """Whether a pattern matches, as Prettier, ESLint and EditorConfig read them: without a slash it speaks of the name
    alone.

    `path` is relative to the folder of the file that holds the patterns.
    """
    for pattern in _few(patterns):
        wanted = pattern.removeprefix("./").removeprefix("/")
        if _matches(wanted if "/" in pattern else "**/" + wanted, path, _FLAGS):
            return True
    return False


def ignores(lines: Iterable[str], path: str) -> bool:
    """Whether an ignore file in gitignore's syntax leaves the path out: the last line that matches it or a folder of it
    wins."""
    folders = path.split("/")
    parents = ["/".join(folders[:depth]) for depth in range(1, len(folders))]
    ignored = False
    for line in _few(lines):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        brought_back = text.startswith("!")
        pattern = text.removeprefix("!")
        if ignored is not brought_back:
            continue  # it could only say what is already so
        bare = pattern.rstrip("/")
        wanted = bare.removeprefix("/") if "/" in bare else "**/" + bare
        candidates = parents if pattern.endswith("/") else [*parents, path]
        if any(_matches(wanted, candidate, _IGNORE_FLAGS) for candidate in candidates):
            ignored = not brought_back
    return ignored


def _few(patterns: Iterable[str]) -> list[str]:
    return [
        pattern
        for _, pattern in zip(range(PATTERNS_MAX), patterns, strict=False)
        if len(pattern) <= PATTERN_CHARS_MAX and pattern.count("*") <= STARS_MAX
    ]


def _matches(pattern: str, path: str, flags: int) -> bool:
    try:
        return bool(glob.globmatch(path, pattern, flags=flags, limit=EXPANSIONS_MAX))
    except PatternLimitException:
        return False
