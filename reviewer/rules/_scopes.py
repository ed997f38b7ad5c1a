"""What stands in a function of a file, however deep: asked of every route, and so worked out once for each file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.checks import is_validation

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts


def by_schema(facts: FileFacts, scope: int) -> bool:
    """Whether a function checks something by a schema."""
    return scope in facts.index.once(_validating)


def reads_request(facts: FileFacts, scope: int) -> bool:
    """Whether a function reads a body or a query."""
    return scope in facts.index.once(_reading)


def _validating(facts: FileFacts) -> frozenset[int]:
    scopes = {call.scope for call in facts.calls if is_validation(facts, call.callee)}
    return frozenset(around for scope in scopes for around in facts.index.around(scope))


def _reading(facts: FileFacts) -> frozenset[int]:
    scopes = {read.scope for read in facts.reads if ".body" in read.name or ".query" in read.name}
    return frozenset(around for scope in scopes for around in facts.index.around(scope))
