"""Commands to us in the comments of a pull request: an exact grammar, so that no text commands by accident.

    command = "@" name " " ( "review" / "config" / "help" )

One line of a top-level paragraph, nothing else on it but blanks at its ends (at most three before it), one space in the
middle, the verb in lower case, the name in any case. Not in code, quotes, lists, HTML, tables, headings or link texts.
A command takes no options: what a review does is the operator's and the repository's to say, not the commenter's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from reviewer.core.comment_lines import own_lines

COMMENT_CHARS_MAX = 65_536
"""Characters of a comment; GitHub takes no longer one ("Body is too long (maximum is 65536 characters)")."""

UNKNOWN_WORDS_MAX = 3
"""A short line that starts with our name is a request we did not understand; a longer one is a sentence about us."""


class Command(StrEnum):
    """What we can be asked for."""

    REVIEW = "review"
    CONFIG = "config"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A request to us in words we do not know; `line` is at most a name and a few words of printable ASCII."""

    line: str


def parse(text: str, names: Collection[str]) -> Command | Unknown | None:
    """The first command in a comment; without one, the first short line addressed to us; else None.

    `names` are the logins we answer to, without "@" (the configured handle, the App's slug).
    """
    if len(text) > COMMENT_CHARS_MAX or "@" not in text:
        return None
    handles = frozenset(f"@{name.lower()}" for name in names if name and name.isascii())
    unknown: Unknown | None = None
    for line in own_lines(text):
        asked = _read(line, handles) if line.startswith("@") else None
        if isinstance(asked, Command):
            return asked
        unknown = unknown or asked
    return unknown


def _read(line: str, handles: frozenset[str]) -> Command | Unknown | None:
    handle, _, words = line.partition(" ")
    if not line.isascii() or not line.isprintable() or handle.lower() not in handles:
        return None
    for command in Command:
        if words == command.value:
            return command
    return Unknown(line) if len(words.split(" ")) <= UNKNOWN_WORDS_MAX and len(line) <= 100 else None
