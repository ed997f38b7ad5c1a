"""Casts that are handed straight to a function of the project which tests all that it takes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.checks import is_validation
from reviewer.rules._code import Code, called
from reviewer.rules._flow import Flow
from reviewer.rules._numbers import names_in, tested
from reviewer.rules._request_methods import class_of

if TYPE_CHECKING:
    from reviewer.core.control_flow import Cast
    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project


def is_tested_there(project: Project, path: str, facts: FileFacts, cast: Cast) -> bool:
    """Whether a cast is an argument, `rooms.list(req.query as RoomsDto)`, of a function that checks the parameter by a
    schema, or tests each value that it takes out of it."""
    given = (cast.value.kind, cast.value.text)
    for call in facts.index.calls((cast.scope,)):
        place = next((at for at, arg in enumerate(call.args) if (arg.kind, arg.text) == given), None)
        if place is None or not call.first <= cast.first <= call.last:
            continue
        owner = next((one for at in facts.index.around(cast.scope) if (one := class_of(facts, at))), None)
        target = called(project, Code(path, cast.scope, owner), call)
        if target is not None and target.scope >= 0 and _tests(project.head[target.path], target.scope, place):
            return True
    return False


def _tests(there: FileFacts, scope: int, place: int) -> bool:
    params = there.functions[scope].params
    if place >= len(params):
        return False
    inside = there.index.within(scope)
    whole = params[place].name
    checks = (call for call in there.index.calls(inside) if is_validation(there, call.callee))
    if whole and any(arg.text.partition(".")[0] == whole for call in checks for arg in call.args):
        return True
    taken = set(params[place].locals)
    for binding in there.index.bindings(inside):
        if whole and any(name.partition(".")[0] == whole for name in names_in(binding.value)):
            taken |= {binding.name, *binding.locals} - {""}
    return bool(taken) and taken <= tested(there, there.index.once(Flow), inside)
