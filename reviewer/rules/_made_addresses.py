"""Addresses that another function of the project makes (`this.links.next(query)`), out of what a client sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._code import Code, called
from reviewer.rules._taint import Taint
from reviewer.rules._taint_address import leading
from reviewer.rules._taint_report import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project
    from reviewer.rules._taint_origin import Origin

_HOPS_MAX: Final = 3
_RETURNS_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Made:
    """Where an address is made of what a client sent."""

    path: str
    line: int
    origin: Origin
    is_new: bool


def made_elsewhere(project: Project, code: Code, value: Expr, hops: int = _HOPS_MAX) -> Made | None:
    """How a client's text gets into an address that a function of the project is asked for; None where none does."""
    facts = project.head[code.path]
    value = resolved(facts, value.parts[0] if value.kind is ExprKind.AWAIT and value.parts else value, code.scope)
    value = value.parts[0] if value.kind is ExprKind.AWAIT and value.parts else value
    if value.kind is not ExprKind.CALL or hops <= 0:
        return None
    calls = facts.index.calls(facts.index.within(code.scope))
    call = next((one for one in calls if (one.callee, one.first) == (value.text, value.first)), None)
    there = called(project, code, call) if call is not None else None
    if there is None or there.scope < 0 or call is None:
        return None
    for line, one in _returned(project.head[there.path], there.scope):
        found = made_elsewhere(project, there, one, hops - 1)
        if found is not None:
            return found
        origin = project.once(Taint).origin(there.path, one, there.scope, is_address=True)
        if origin is not None:
            is_new = project.wrote(there.path, line) or project.introduced(code.path, call)
            return Made(there.path, line, origin, is_new)
    return None


def _returned(facts: FileFacts, scope: int) -> Iterator[tuple[int, Expr]]:
    """What a function gives back, with the line; of an address, only what decides where it leads."""
    for one in facts.index.bound("", scope)[:_RETURNS_MAX]:
        if one.kind is BindingKind.RETURN:
            for part in leading(facts, one.value, scope):
                yield one.first, part
