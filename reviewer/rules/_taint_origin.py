"""What is known of a value that a client chose, and where a question about one is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.core.facts import Binding

Steps = tuple[str, ...]
"""Fields taken one after the other: ("body", "email") of a request."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a client sent that reaches a place. `text` is what the code calls it there: `req.query.next`, `dto.url`.

    `hops` counts the calls between; `is_text`: it is surely a string; `is_whole`: it is surely an object, such as the
    whole body. `made_by` are the bindings of the same file it came through, for asking whether the change wrote
    them.
    """

    text: str
    hops: int = 0
    is_text: bool = False
    is_whole: bool = False
    made_by: tuple[Binding, ...] = ()


@dataclass(frozen=True, slots=True)
class At:
    """Where a question is asked, and how far it has come."""

    path: str
    scope: int
    line: int
    """Of the use: a check counts if it is in force there."""

    hops: int = 0
    depth: int = 0
