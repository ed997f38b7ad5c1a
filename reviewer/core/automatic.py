"""Whether a pull request is reviewed by itself: what people said about that, as hidden lines of our own answers.

Nothing else holds it, so that a lost database forgets nothing; who deletes such an answer takes back what it says.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Automatic(StrEnum):
    """What a push to a pull request starts."""

    ON = "on"
    PAUSED = "paused"
    IGNORED = "ignored"

    @property
    def marker(self) -> str:
        """The hidden line of an answer that says so."""
        return f"{_OPEN}{self.value}{_CLOSE}"


_OPEN: Final = "<!-- reviewer:automatic "
_CLOSE: Final = " -->"
_BY_MARKER: Final = {one.marker: one for one in Automatic}


def said_in(body: str) -> Automatic | None:
    """What a comment says, by a line that is nothing but the marker; None for most comments."""
    if _OPEN not in body:
        return None
    return next((_BY_MARKER[row] for line in body.split("\n") if (row := line.strip()) in _BY_MARKER), None)


def in_force_of(said: Iterable[Automatic]) -> Automatic:
    """What holds after all that was said, oldest first: the last word; but an end for good stands for good."""
    everything = tuple(said)
    if Automatic.IGNORED in everything:
        return Automatic.IGNORED
    return everything[-1] if everything else Automatic.ON
