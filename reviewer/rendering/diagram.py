"""A diagram of the model's: drawn by GitHub if it is of a small, plain part of Mermaid, else shown as the text it is.

Mermaid can link, call functions, set styles, carry configuration and hold HTML. What is drawn here has none of it: one
of five kinds, words and arrows. Linear in the text.
"""

from __future__ import annotations

from typing import Final

from reviewer.core.markup import fenced
from reviewer.rendering.markdown import fence
from reviewer.rendering.visible import is_visible

CHARS_MAX: Final = 4_000
LINES_MAX: Final = 120
"""Bounds of a diagram that a reader takes in; Mermaid itself refuses 50,000 characters."""

KINDS: Final = frozenset({"flowchart", "graph", "sequencediagram", "classdiagram", "statediagram-v2", "erdiagram"})

_REFUSED: Final = frozenset(
    {
        "click",
        "call",
        "callback",
        "link",
        "links",
        "href",
        "properties",
        "details",
        "style",
        "linkstyle",
        "classdef",
        "cssclass",
        "acctitle",
        "accdescr",
        "title",
        "init",
    }
)
"""First words of lines that do something else than draw."""

_WORDS: Final = ("http", "javascript", "data:", "www.", "://", "img:", "icon:", "%%", "---\n", "<script")

_SIGNS: Final = frozenset(" \t\n_-=.>|()[]{}:,'\"/*+!?<~")
"""Beside letters and digits. Without `@`, `#`, `&`, `;`, `%`, `$`, `^`, backticks and backslashes."""


def diagram(text: str) -> str:
    """A code block that GitHub draws, or one that it shows as text."""
    return fenced(text.strip("\n"), "mermaid") if is_plain_diagram(text) else fence(text.strip("\n"), "text")


def is_plain_diagram(text: str) -> bool:
    """Whether a text is of the part of Mermaid that only draws."""
    rows = text.strip().split("\n")
    first = rows[0].strip().split(" ")[0].lower()
    if len(text) > CHARS_MAX or len(rows) > LINES_MAX or first not in KINDS or not is_visible(text):
        return False
    if not all(char.isalnum() or char in _SIGNS for char in text):
        return False
    lowered = text.lower()
    if any(word in lowered for word in _WORDS) or any(_opens_tag(lowered, at) for at in range(len(lowered))):
        return False
    return not any(_first_word(row) in _REFUSED for row in rows)


def _opens_tag(text: str, at: int) -> bool:
    """Whether HTML could begin here: `<` and a letter, `/`, `!` or `?`."""
    following = text[at + 1 : at + 2]
    return text[at] == "<" and (following.isalpha() or following in ("/", "!", "?")) and bool(following)


def _first_word(row: str) -> str:
    bare = row.strip().lower()
    length = 0
    while length < len(bare) and (bare[length].isalnum() or bare[length] in "-_"):
        length += 1
    return bare[:length]
