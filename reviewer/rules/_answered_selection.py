"""Secrets that a query of a route names in its `select` and that go out with what it answers: `select: { pass: true }`,
then `res.json({ settings })`; also where a function of the project reads and gives the record back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, Class
from reviewer.rules._answered_types import serializes
from reviewer.rules._code import Code, called
from reviewer.rules._handlers import handlers
from reviewer.rules._secret_fields import carried, cleaned
from reviewer.rules._selected import is_returned, selected_secret
from reviewer.rules._unlooked import Unlooked

if TYPE_CHECKING:
    from reviewer.core.project import Project

_ANSWERS: Final = frozenset(("json", "send", "jsonp"))
_VALUES: Final = (BindingKind.CONST, BindingKind.LET)
_QUERIES_MAX: Final = 100
"""Queries of one handler that choose a secret and are looked at; a hand-written one has a few."""


def answered_selections(project: Project) -> Iterator[tuple[str, int, str, Call, str]]:
    """The queries that the change made choose a secret and whose record a route answers as it is: the file, the line
    of the field, its name, the query and the route."""
    production = {file.path for file, _ in project.production}
    for one in handlers(project):
        if one.path in production:
            yield from ((*found, one.symbol) for found in _of(project, one.path, one.scope, None))
    for path, routes in project.routes.items():
        for route in routes if production else ():
            method, owner = route.method, route.owner
            if method is None or owner is None or method.scope < 0 or serializes(project.head[path], owner, method):
                continue
            yield from ((*found, route.symbol) for found in _of(project, path, method.scope, owner))


def _of(project: Project, path: str, scope: int, owner: Class | None) -> Iterator[tuple[str, int, str, Call]]:
    facts = project.head[path]
    inside = facts.index.within(scope)
    wanted = [call for call in facts.index.calls(inside) if not call.is_new]
    returned: dict[tuple[str, int], list[Call]] = {}
    found = (
        (call, at, query)
        for call in wanted
        for at, query in _queries(project, Code(path, scope, owner), call, returned)
        if selected_secret(query, stored=True)[0]
    )
    for count, (call, at, query) in enumerate(found):
        if count >= _QUERIES_MAX:
            _note(project, path)
            return
        secret, line = selected_secret(query, stored=True)
        if not project.wrote(at, line) or _had(project, at, query, secret):
            continue
        if _is_answered(project, path, scope, call, is_nest=owner is not None):
            yield at, line, secret, query


def _queries(
    project: Project, code: Code, call: Call, returned: dict[tuple[str, int], list[Call]]
) -> Iterator[tuple[str, Call]]:
    """A call itself, and the queries whose result the function of the project behind it returns, which `returned` keeps
    for the next call of it."""
    yield code.path, call
    target = called(project, code, call)
    if target is None or target.scope < 0 or (target.path, target.scope) == (code.path, code.scope):
        return
    key = (target.path, target.scope)
    if key not in returned:
        returned[key] = list(_returned(project, *key))
    yield from ((target.path, one) for one in returned[key])


def _returned(project: Project, path: str, scope: int) -> Iterator[Call]:
    there = project.head[path]
    if any(project.added(path)) and not cleaned(there, there.index.within(scope)):
        queries = (one for one in there.index.calls((scope,)) if selected_secret(one, stored=True)[0])
        for count, one in enumerate(queries):
            if count >= _QUERIES_MAX:
                _note(project, path)
                return
            if is_returned(there, one):
                yield one


def _note(project: Project, path: str) -> None:
    reason = f"it looked at the first {_QUERIES_MAX} queries of one function of `{path}` alone"
    project.once(Unlooked).note("validation_secret_in_response", reason)


def _had(project: Project, path: str, query: Call, secret: str) -> bool:
    """Whether the same query chose the secret before."""
    old = (one for one in project.before(path).calls if (one.symbol, one.callee) == (query.symbol, query.callee))
    return any(selected_secret(one, stored=True)[0] == secret for one in old)


def _is_answered(project: Project, path: str, scope: int, call: Call, *, is_nest: bool) -> bool:
    """Whether a route answers what a call gives: at once, or by a name that it neither cleans nor picks from."""
    facts = project.head[path]
    inside = facts.index.within(scope)
    name = next(
        (one.name for one in facts.index.bindings(inside) if one.kind in _VALUES and _is_of(one.value, call)), ""
    )
    if name in cleaned(facts, inside):
        return False
    answers = [arg for one in facts.index.calls(inside) if _answers(one) for arg in one.args]
    if is_nest or not answers:
        answers += [one.value for one in facts.index.bindings((scope,)) if one.kind is BindingKind.RETURN]
        if call.is_returned and call.scope == scope:
            return True
    given = [value for answer in answers for value in carried(answer)]
    return any((name and value.text == name) or _is_of(value, call) for value in given)


def _answers(call: Call) -> bool:
    return call.callee.rpartition(".")[2].strip("()") in _ANSWERS


def _is_of(value: Expr, call: Call) -> bool:
    """Whether an expression is that call, or what further steps of the same chain make of it: `select(…).from(…)`."""
    inner: Expr | None = value.parts[0] if value.kind is ExprKind.AWAIT and value.parts else value
    while inner is not None and inner.kind is ExprKind.CALL:
        if inner.first == call.first and inner.text == call.callee:
            return True
        inner = inner.receiver
    return False
