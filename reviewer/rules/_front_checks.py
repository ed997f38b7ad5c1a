"""What stands in front of a handler and checks what was sent: not what is only called so, and looks at who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.handlers import resolve_handler
from reviewer.rules._code import Code, function_named
from reviewer.rules._request import request_name
from reviewer.rules._validators import mentions_validation

if TYPE_CHECKING:
    from reviewer.core.project import Project

_SENT: Final = frozenset(("body", "query", "params", "file", "files", "payload", "url", "path"))
_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)
_HOPS_MAX: Final = 2
"""Functions that a middleware hands the request on to, one in another."""


def checks_sent(project: Project, path: str, value: Expr) -> bool:
    """Whether a middleware of a file carries a check of what was sent. `isValidSecretKey` is called like one; where it
    was read and looks at headers and cookies only, it is none."""
    return mentions_validation(project.head[path], value) and not looks_elsewhere(project, path, value)


def looks_elsewhere(project: Project, path: str, value: Expr) -> bool:
    """Whether a middleware was read and looks at nothing that was sent, only at headers and cookies."""
    place = resolve_handler(project, path, value) if value.kind in _NAMED else None
    if place is None:
        return False
    name = request_name(project.head[place[0]].functions[place[1]])
    return bool(name) and name is not None and not _may_read_sent(project, Code(*place), name, _HOPS_MAX)


def _may_read_sent(project: Project, code: Code, name: str, hops: int) -> bool:
    """Whether a function reads what was sent off the request `name`, or does with all of it what cannot be told."""
    facts = project.head[code.path]
    inside = facts.index.within(code.scope)
    if any(_is_sent(read.name, name) for read in facts.index.reads(inside)):
        return True
    for binding in facts.index.bindings(inside):
        if binding.value.text == name and (not binding.fields or _SENT & {*binding.fields} or "..." in binding.fields):
            return True
    for call in facts.index.calls(inside):
        given = [at for at, arg in enumerate(call.args) if _holds(arg, name)]
        if given and not (hops and call.args[given[0]].text == name and len(given) == 1):
            return True
        behind = function_named(project, code.path, call.callee) if given else None
        params = project.head[behind.path].functions[behind.scope].params if behind is not None else ()
        for at in given:
            if behind is None or at >= len(params) or not params[at].name:
                return True
            if _may_read_sent(project, behind, params[at].name, hops - 1):
                return True
    return False


def _is_sent(read: str, name: str) -> bool:
    root, _, rest = read.partition(".")
    return root == name and rest.partition(".")[0].partition("[")[0] in _SENT


def _holds(value: Expr, name: str) -> bool:
    """Whether all of the request is in a value: itself, in an object, spread."""
    is_it = value.kind is ExprKind.NAME and value.text == name
    return is_it or any(_holds(part, name) for part in value.parts)
