"""What is known of a value that a client chose, and where a question about one is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from reviewer.core.expr import Expr
    from reviewer.core.facts import Binding, Call

Steps = tuple[str, ...]
"""Fields taken one after the other: ("body", "email") of a request."""


class Via(NamedTuple):
    """A call that hands a client's data to the function it is used in."""

    path: str
    call: Call
    value: Expr


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
    is_own_address: bool = False
    """It is the address that the request was sent to, which begins with a slash."""

    via: Via | None = None
    """The call between, where there is one."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the call of a function hands it: the arguments, asked where the call stands; `scope` is the function's."""

    scope: int
    args: tuple[Expr, ...]
    at: At


@dataclass(frozen=True, slots=True)
class At:
    """Where a question is asked, and how far it has come."""

    path: str
    scope: int
    line: int
    """Of the use: a check counts if it is in force there."""

    hops: int = 0
    depth: int = 0
    given: Given | None = None
    """The call whose function is looked into, where one is."""

    is_address: bool = False
    """Only what decides where an address leads is asked about: `/orders/${id}` leads nowhere else."""

    is_parsed: bool = False
    """A schema was asked about the value, and what it leaves is known; giving it to the schema is no other check."""
