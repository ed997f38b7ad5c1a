"""Which files a text is about: `applyTo` as editors write it, paths from the root with `**`, `*` and `{a,b}`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wcmatch import glob
from wcmatch._wcparse import PatternLimitException

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GLOBS_MAX: Final = 50
GLOB_CHARS_MAX: Final = 200
STARS_MAX: Final = 8
"""Each star of a pattern multiplies what a name made to be slow can cost."""

_EXPANSIONS_MAX: Final = 64
"""Alternatives that the braces of one pattern may stand for."""

_FLAGS: Final = glob.GLOBSTAR | glob.DOTGLOB | glob.FORCEUNIX | glob.BRACE


def globs_in(values: Iterable[str]) -> tuple[str, ...]:
    """The patterns of one text or several, each with commas between; empty when one of them means every file."""
    found = tuple(dict.fromkeys(one for value in values for one in _alternatives(value)))
    return () if any(one in ("**", "**/*") for one in found) else found


def globs_fault(globs: tuple[str, ...]) -> str | None:
    """What is wrong with patterns, as the end of a sentence; None when they can be used."""
    if len(globs) <= GLOBS_MAX and all(len(one) <= GLOB_CHARS_MAX and one.count("*") <= STARS_MAX for one in globs):
        return None
    return f"takes at most {GLOBS_MAX} patterns of {GLOB_CHARS_MAX} characters and {STARS_MAX} stars; make it plainer"


def is_about(globs: tuple[str, ...], path: str) -> bool:
    """Whether one of the patterns is the path; none at all are about every file."""
    return not globs or any(_matches(pattern, path) for pattern in globs)


def parts(text: str) -> list[str]:
    """The text at its commas, save those in braces: `**/*.{ts,tsx}` is one pattern."""
    found, depth = [""], 0
    for char in text:
        depth += (char == "{") - (char == "}" and depth > 0)
        if char == "," and not depth:
            found.append("")
        else:
            found[-1] += char
    return found


def _alternatives(value: str) -> Iterator[str]:
    for part in parts(value):
        one = part.strip().removeprefix("./").removeprefix("/")
        if one:
            yield one + "**" if one.endswith("/") else one


def _matches(pattern: str, path: str) -> bool:
    try:
        return bool(glob.globmatch(path, pattern, flags=_FLAGS, limit=_EXPANSIONS_MAX))
    except PatternLimitException:  # braces in braces, a million files: nobody means that
        return False
