"""What a decoded token decides where it is passed on: to the next step of a stream or promise, or to a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._auth import outermost, step
from reviewer.rules._auth_jwt_uses import IDENTITY, checks, identity, is_decoded
from reviewer.rules._code import Code, called
from reviewer.rules._request_methods import class_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Call, FileFacts, Param
    from reviewer.core.project import Project

_SOURCES: Final = frozenset(("of", "from", "resolve"))
"""What starts a stream or a promise with a value: `of(value)`, `Promise.resolve(value)`."""

_STEPS: Final = frozenset(("map", "switchMap", "mergeMap", "concatMap", "exhaustMap", "flatMap", "tap"))
_CALLS_MAX: Final = 40
"""Functions of the project that one function may hand a token to and that are looked into."""


def stepped(facts: FileFacts, scopes: tuple[int, ...], jwt_services: frozenset[str]) -> Iterator[Param]:
    """The parameters that a decoded token arrives in: `of(decode(token)).pipe(switchMap((content) => …))`."""
    for call in facts.index.calls(scopes):
        source, last = call.receiver, step(call.callee)
        if source is None or last not in ("pipe", "then") or not call.args:
            continue
        if step(source.text) not in _SOURCES or not any(is_decoded(facts, one, jwt_services) for one in source.parts):
            continue
        first = call.args[0]
        if last == "pipe" and step(first.text) in _STEPS and first.parts:
            first = first.parts[0]
        if first.kind is ExprKind.FUNCTION and facts.functions[first.scope].params:
            yield facts.functions[first.scope].params[0]


def passed(
    project: Project, path: str, scopes: tuple[int, ...], names: frozenset[str], jwt_services: frozenset[str]
) -> str:
    """What a function of the project believes of a decoded token that it is given, in words; "" for nothing."""
    facts = project.head[path]
    looked = 0
    for call in facts.index.calls(scopes):
        places = [place for place, arg in enumerate(call.args) if _is_token(facts, arg, names, jwt_services)]
        if not places or looked >= _CALLS_MAX:
            continue
        looked += 1
        found = _believed(project, path, call, places)
        if found:
            return found
    return ""


def _is_token(facts: FileFacts, value: Expr, names: frozenset[str], jwt_services: frozenset[str]) -> bool:
    return (value.kind is ExprKind.NAME and value.text in names) or is_decoded(facts, value, jwt_services)


def _believed(project: Project, path: str, call: Call, places: list[int]) -> str:
    owner = class_of(project.head[path], outermost(project.head[path], call.scope))
    target = called(project, Code(path, call.scope, owner), call)
    if target is None or target.scope < 0:
        return ""
    there = project.head[target.path]
    inside = there.index.within(target.scope)
    if any(checks(one) for one in there.index.calls(inside)):
        return ""
    function = there.functions[target.scope]
    for place in places:
        param = function.params[place] if place < len(function.params) else None
        field = identity(param.fields) if param is not None else ""
        reads = (read.name for read in there.index.reads(inside)) if param is not None and param.name else ()
        for name in reads:
            root, _, rest = name.partition(".")
            first = rest.partition(".")[0].removesuffix("()")
            if param is not None and root == param.name and first.lower() in IDENTITY:
                field = field or first
        if field:
            return f"its `{field}` is believed in `{function.symbol}`"
    return ""
