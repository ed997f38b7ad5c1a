"""Which characters may stand in a configuration text that we print and publish."""

from __future__ import annotations


def first_unshowable(text: str) -> int | None:
    """Where the first character is that a terminal or a page would obey instead of show; None when there is none."""
    return next((at for at, char in enumerate(text) if is_unshowable(char)), None)


def is_unshowable(char: str) -> bool:
    """Control characters but tab and line feed, lone surrogates, and those that turn the direction of text (U+202E)."""
    code = ord(char)
    if code < 0x20:
        return char not in "\t\n"
    return 0x7F <= code <= 0x9F or 0xD800 <= code <= 0xDFFF or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
