"""JSON as configuration files write it: with comments and commas before a closing bracket. Linear in the text."""

from __future__ import annotations

import json

TEXT_CHARS_MAX = 64 * 1024
"""Characters of a configuration file that is read; a larger one is data, not configuration."""


def parse_jsonc(text: str) -> object:
    """The value, or None when the text is no JSON with comments, too long or too deep."""
    if len(text) > TEXT_CHARS_MAX:
        return None
    try:
        value: object = json.loads(_plain(text.removeprefix("\ufeff")))
    except (ValueError, RecursionError):
        return None
    return value


def table(value: object) -> dict[str, object]:
    """The value if it is an object with text keys, else an empty one: for looking at one key of unknown data."""
    return value if isinstance(value, dict) else {}


def _plain(text: str) -> str:
    """The same without comments and without commas that close nothing."""
    out: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == '"':
            end = _string_end(text, at)
            out.append(text[at:end])
            at = end
        elif text.startswith("//", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif text.startswith("/*", at):
            end = text.find("*/", at + 2)
            at = len(text) if end < 0 else end + 2
        else:
            if char in "}]":
                _drop_comma(out)
            out.append(char)
            at += 1
    return "".join(out)


def _string_end(text: str, start: int) -> int:
    at = start + 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at + 1


def _drop_comma(out: list[str]) -> None:
    """Remove a comma that only blanks follow. Each blank is looked at once per bracket it stands before."""
    at = len(out) - 1
    while at >= 0 and out[at].isspace():
        at -= 1
    if at >= 0 and out[at] == ",":
        out[at] = " "
