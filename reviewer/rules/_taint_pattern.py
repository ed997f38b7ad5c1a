"""Which local names a destructuring pattern makes, and from where: `{ a: b, c: { d } }` gives b from a, d from c.d.

The facts keep the fields a pattern takes, not what they are called from then on; that is read here from the
pattern's own source, which the facts keep cut. Linear in that piece, and what is cut off is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_OPEN: Final = {"{": "}", "[": "]", "(": ")"}
_QUOTES: Final = frozenset("'\"`")
_DEPTH_MAX: Final = 3
"""Patterns inside patterns that are followed; deeper ones are not written by hand."""

Taken = tuple[str, tuple[str, ...]]
"""A local name, and the steps from the value to it; () for a rest, which is the value itself."""


def taken(code: str, fields: tuple[str, ...]) -> tuple[Taken, ...]:
    """The names that the pattern at the start of `code` makes; `fields` as they are where `code` shows none."""
    text = code.lstrip("( ")
    if text.startswith("@"):  # a decorated parameter
        text = text[text.find(") {") + 2 :] if ") {" in text else ""
    found = tuple(_names(_inside(text), (), 0)) if text.startswith("{") else ()
    return found or tuple((name, (name,)) for name in fields if name != "...")


def given(code: str, fields: tuple[str, ...]) -> tuple[Taken, ...]:
    """`taken` of a parameter, which may be a list too: `[key, value]`, whose names have the value of the whole."""
    text = code.lstrip("( ")
    if not text.startswith("["):
        return taken(code, fields)
    pieces = (piece.partition("=")[0].strip().removeprefix("...") for piece in _pieces(_inside(text)))
    return tuple((piece, ()) for piece in pieces if piece.isidentifier())


def _names(pattern: str, steps: tuple[str, ...], depth: int) -> Iterator[Taken]:
    for piece in _pieces(pattern):
        if piece.startswith("..."):
            yield piece[3:].strip(), steps
            continue
        colon, equals = piece.find(":"), piece.find("=")
        if colon < 0 or 0 <= equals < colon:
            name = (piece if equals < 0 else piece[:equals]).strip()
            if name:
                yield name, (*steps, name)
            continue
        key, rest = piece[:colon].strip().strip("'\""), piece[colon + 1 :].strip()
        if rest.startswith("{") and depth < _DEPTH_MAX:
            yield from _names(_inside(rest), (*steps, key), depth + 1)
        elif not rest.startswith(("{", "[")):
            yield rest.partition("=")[0].strip(), (*steps, key)


def _inside(text: str) -> str:
    """What stands between the brace a text starts with and the one that closes it."""
    depth = 0
    for index, char in enumerate(text):
        if char in _OPEN:
            depth += 1
        elif char in _OPEN.values():
            depth -= 1
            if depth == 0:
                return text[1:index]
    return text[1:]


def _pieces(text: str) -> Iterator[str]:
    """The text between the commas that stand in no bracket and in no string."""
    depth, start, quote = 0, 0, ""
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in _QUOTES:
            quote = char
        elif char in _OPEN:
            depth += 1
        elif char in _OPEN.values():
            depth -= 1
        elif char == "," and depth == 0:
            yield text[start:index].strip()
            start = index + 1
    if text[start:].strip():
        yield text[start:].strip()
