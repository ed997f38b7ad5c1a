"""What the eye cannot see is shown by its number: direction marks, control characters, invisible letters.

A reader has to see the text that the machine sees ("Trojan Source", CVE-2021-42574).
"""

from __future__ import annotations

from typing import Final

_JOINERS: Final = "\u200c\u200d\ufe0e\ufe0f"
"""Parts of emoji and of Persian or Indic words: left alone between two such characters, and only there."""

_UNSEEN: Final = (
    *range(0x00, 0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0),  # control characters but tab and line feed
    0xAD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810),
    *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070),  # zero width, line ends, directions
    0x2800, 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFFC), 0xFFFE, 0xFFFF,
    *range(0xD800, 0xE000),  # halves of characters: they cannot be sent
    *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE0200),  # tags and variation selectors, used to hide whole texts
)  # fmt: skip

_SHOWN: Final = {number: f"<U+{number:04X}>" for number in _UNSEEN}


def visible(text: str) -> str:
    """The text with every unseen character as `<U+202E>`; tabs and line feeds stay, CRLF becomes LF."""
    unix = text.replace("\r\n", "\n")
    if unix.isascii() or not any(joiner in unix for joiner in _JOINERS):
        return unix.translate(_SHOWN)
    pieces: list[str] = []
    for at, char in enumerate(unix):
        between = char in _JOINERS and at > 0 and _is_letter(unix[at - 1])
        ends_well = at + 1 == len(unix) or char in "\ufe0e\ufe0f" or _is_letter(unix[at + 1])
        pieces.append(char if between and ends_well else char.translate(_SHOWN))
    return "".join(pieces)


def _is_letter(char: str) -> bool:
    """Whether a joiner beside it has a meaning: it is not ASCII, no joiner, and not shown by its number."""
    return not char.isascii() and char not in _JOINERS and ord(char) not in _SHOWN


def is_visible(text: str) -> bool:
    """Whether nothing in the text is hidden, so that it may be offered to be committed with one click."""
    return visible(text) == text
