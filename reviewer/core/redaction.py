"""Taking secrets out of text before it leaves the process: the values we know, and what looks like a token.

The patterns are linear: a fixed beginning, then one class of characters, and nothing behind it that could fail; where
more must follow (a JWT), a match begins only where its class does, so that no character is looked at from two starts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

PLACEHOLDER = "[redacted]"

SECRET_CHARS_MIN = 6
"""A shorter value is in too many words to be taken out of them."""

_TOKENS = re.compile(
    r"gh[pousr]_[A-Za-z0-9._-]{16,}"  # installation tokens are some 520 characters now
    r"|github_pat_[A-Za-z0-9_]{16,}"
    r"|(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}"
    r"|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
    r"|(?i:bearer )[A-Za-z0-9._~+/=-]{8,}"
)


class Redactor:
    """Replaces secrets. Knows each value as it is, as JSON writes it, and line by line (a key has several)."""

    def __init__(self, secrets: Iterable[str]) -> None:
        values: set[str] = set()
        for secret in secrets:
            lines = (line for line in secret.split("\n") if not line.startswith("-----"))
            for value in (secret.strip(), *lines):
                values |= {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
        self._values = sorted((value for value in values if len(value) >= SECRET_CHARS_MIN), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for value in self._values:
            text = text.replace(value, PLACEHOLDER)
        return _TOKENS.sub(PLACEHOLDER, text)
