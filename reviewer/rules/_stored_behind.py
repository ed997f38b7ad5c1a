"""Records that functions behind a handler write from the whole body they are handed, over several files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._client_data import ClientData, Sent
from reviewer.rules._code import Code, called
from reviewer.rules._object_patterns import taken
from reviewer.rules._request_methods import class_of
from reviewer.rules._stored import assigned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Call, FileFacts, Param
    from reviewer.core.project import Project
    from reviewer.rules._handlers import Handler

_DEPTH_MAX: Final = 4
"""Functions followed one behind the other: handler, use case, service, repository."""

_CODES_MAX: Final = 60
"""Functions looked into for one handler: calls branch, and a stranger writes the code."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A record written from the whole body: `call` with its argument `value` in the file at `path`; `handed` is the
    call in the handler that gave the body away."""

    path: str
    call: Call
    value: Expr
    handed: Call


def written_behind(project: Project, handler: Handler) -> tuple[Behind, ...]:
    """What functions that a handler calls write of the body as it came; nothing where one of them checks it."""
    known = project.once(_Known).by_handler
    key = (handler.path, handler.scope)
    if key not in known:
        facts = project.head[handler.path]
        code = Code(handler.path, handler.scope, class_of(facts, handler.scope))
        known[key] = written_by(project, code, ClientData(facts, handler.scope))
    return known[key]


def written_by(project: Project, code: Code, data: ClientData) -> tuple[Behind, ...]:
    """The same of any function and what its names hold of the body."""
    facts = project.head[code.path]
    calls = facts.index.calls(facts.index.within(code.scope)) if data.names else ()
    return tuple(one for call in calls for one in _followed(project, code, data, call))


def told_behind(project: Project, handler: Handler) -> tuple[Behind, str, int] | None:
    """The first of those that the change brought, with the file and line to point at: where the handler hands the body
    on, if that is new, else the write."""
    for one in written_behind(project, handler):
        for path, call in ((handler.path, one.handed), (one.path, one.call)):
            if project.introduced(path, call) and project.wrote(path, call.first, call.last):
                return one, path, call.first
    return None


class _Known:
    """What was found out, by the handler's place: two rules ask."""

    def __init__(self, _: Project) -> None:
        self.by_handler: dict[tuple[str, int], tuple[Behind, ...]] = {}


def _followed(project: Project, code: Code, data: ClientData, handed: Call) -> Iterator[Behind]:
    waiting = [(code, data, handed, 0)]
    seen: set[tuple[str, int]] = set()
    while waiting and len(seen) < _CODES_MAX:
        at, known, call, depth = waiting.pop()
        places = [place for place, arg in enumerate(call.args) if is_whole_body(project.head[at.path], known, arg, at)]
        target = called(project, at, call) if places and depth < _DEPTH_MAX else None
        if target is None or target.scope < 0 or (target.path, target.scope) in seen:
            continue
        seen.add((target.path, target.scope))
        there = project.head[target.path]
        params = there.functions[target.scope].params
        names = [name for place in places if place < len(params) for name in wholes(params[place])]
        inner = ClientData.of(there, target.scope, dict.fromkeys(names, Sent("body")))
        inside = tuple(there.index.calls(there.index.within(target.scope)))
        if not inner.names or any(is_validation(there, one.callee) for one in inside):
            continue
        for one in inside:
            value = assigned(there, inner, one)
            if value is not None and is_whole_body(there, inner, value, target):
                yield Behind(target.path, one, value, handed)
            else:
                waiting.append((target, inner, one, depth + 1))


def wholes(param: Param) -> Iterator[str]:
    """The names under which a function has all of a parameter, or the rest of it: `({ id, ...changes })`."""
    if param.name:
        yield param.name
    for key, local in taken(param.code) if param.fields else ():
        if not key:
            yield local


def is_whole_body(facts: FileFacts, data: ClientData, value: Expr, code: Code) -> bool:
    """Whether a value is the body as it came, or an object that has all of it: `{ ...req.body, name }`, also by the
    name of a constant."""
    if value.kind is ExprKind.NAME:
        bound = [one for one in facts.index.bound(value.text, code.scope) if one.kind is BindingKind.CONST]
        if len(bound) == 1 and bound[0].value.kind is ExprKind.OBJECT:
            return is_whole_body(facts, data, bound[0].value, code)
    if value.kind is ExprKind.OBJECT:
        spread = (part for key, part in zip(value.keys, value.parts, strict=False) if not key)
        return any(_is_body(data, part) for part in spread)
    return _is_body(data, value)


def _is_body(data: ClientData, value: Expr) -> bool:
    inner = value.parts[0] if value.kind is ExprKind.SPREAD and value.parts else value
    found = data.sent(inner)
    return found is not None and found.source == "body" and not found.field and not found.is_text
