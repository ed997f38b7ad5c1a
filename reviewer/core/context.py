"""Context: what the model is shown beside a change, so that it need not guess at what it does not see.

A block is a few lines of one file of the same commit with the reason why they are shown. Blocks hang on the lines
that they are shown for, so that a verdict on these lines can be known by what was seen (`llm/prompt.py`, `Part`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """Why a block is shown; the value is the word that the model reads."""

    CALLER = "caller"
    IMPLEMENTER = "implementer"
    CALLED = "called"
    TYPE = "type"
    SCHEMA = "schema"
    VALUE = "value"
    SIBLING = "sibling"
    TEST = "tests"
    ASKED = "asked for"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one file at head, by number; a gap between two numbers is a gap in the file.

    `about` is the symbol it is shown for; `first` and `last` are the changed file's lines that it belongs to.
    `changed` is whether its file is part of the change.
    """

    role: Role
    about: str
    path: str
    rows: tuple[tuple[int, str], ...]
    first: int
    last: int
    changed: bool = False

    @property
    def size(self) -> int:
        """Bytes of its lines, and some 30 for the line above them."""
        return (
            30
            + len(self.path)
            + len(self.about)
            + sum(len(text.encode("utf-8", "replace")) + 2 for _, text in self.rows)
        )


@dataclass(frozen=True, slots=True)
class Around:
    """What is shown with one changed file: `ranges` are lines of its own beside its hunks (the function around one,
    the head of its class), `blocks` lines of other places."""

    ranges: tuple[tuple[int, int], ...] = ()
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """The context of a change by path, and which of its files belong together, riskiest first.

    `searched` of `sources` unchanged source files were read to look for callers; a caller may stand in another one.
    """

    files: Mapping[str, Around] = field(default_factory=dict)
    groups: tuple[tuple[str, ...], ...] = ()
    searched: int = 0
    sources: int = 0

    def around(self, path: str) -> Around:
        """What is shown with a file; nothing for one that nothing is known of."""
        return self.files.get(path, _NOTHING)


_NOTHING = Around()
