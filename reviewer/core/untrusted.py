"""Text that a stranger wrote: it cannot become configuration, command, path, argument or URL by accident."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn


@dataclass(frozen=True, slots=True, repr=False)
class Untrusted:
    """Prose from a pull request (title, body, a comment, a login). An f-string or `str()` of it fails.

    Only the renderer and the prompt builder open it, with `reveal()`; a test holds the list of places.
    """

    _text: str

    def reveal(self) -> str:
        """The text itself, for code that escapes or fences it."""
        return self._text

    def __repr__(self) -> str:
        return f"<untrusted, {len(self._text)} characters>"

    def __str__(self) -> NoReturn:
        raise TypeError("untrusted text must be revealed and escaped, never formatted")

    def __format__(self, format_spec: str) -> NoReturn:
        raise TypeError("untrusted text must be revealed and escaped, never formatted")

    def __bool__(self) -> bool:
        return bool(self._text)
