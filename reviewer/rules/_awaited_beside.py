"""Functions that were not read, and that return a promise all the same: the same file waits for the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE
from reviewer.rules._called import called

if TYPE_CHECKING:
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_UNBOUND: Final = -2
"""Nothing in the file says where a name comes from: a global, or what a pattern took that the facts do not keep."""


def awaited_beside(project: Project, path: str, call: Call) -> bool:
    """Whether a function that nobody read is awaited elsewhere in the file, by the same name of the same thing."""
    facts = project.head[path]
    others = [one for one in facts.index.once(_awaited).get(call.callee, ()) if one is not call]
    if not others or "()" in call.callee or "[]" in call.callee or called(project, path, call) is not None:
        return False
    here = _bound_at(facts, call)
    return here != _UNBOUND and any(_bound_at(facts, one) == here for one in others)


def _awaited(facts: FileFacts) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for call in facts.calls:
        if call.is_await and not call.is_new:
            found.setdefault(call.callee, []).append(call)
    return found


def _bound_at(facts: FileFacts, call: Call) -> int | str:
    """The scope that gives the first step of a call's name its meaning (NOWHERE is the file's), or the class of
    `this`."""
    root = call.callee.partition(".")[0]
    if root == "this":
        return call.symbol.partition(".")[0]
    bound = facts.index.once(_scopes_by_name).get(root, set[int]())
    around = next((scope for scope in facts.index.around(call.scope) if scope in bound), _UNBOUND)
    return NOWHERE if around == _UNBOUND and facts.imported(root) is not None else around


def _scopes_by_name(facts: FileFacts) -> dict[str, set[int]]:
    """The scopes that bind each name: variables, those that patterns take out, and parameters."""
    found: dict[str, set[int]] = {}
    for one in facts.bindings:
        for name in (one.name, *one.locals):
            if name and not one.operator:
                found.setdefault(name, set()).add(one.scope)
    for scope, function in enumerate(facts.functions):
        for param in function.params:
            for name in (param.name, *param.locals):
                found.setdefault(name, set()).add(scope)
    return found
