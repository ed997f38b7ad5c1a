"""Whether what a client sends to a route is checked before code uses it: DTOs with validators, pipes, schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.checks import WORDS, is_validation
from reviewer.core.decorations import decorations
from reviewer.core.evidence import Evidence, worst
from reviewer.core.expr import Expr, ExprKind, TypeKind
from reviewer.core.facts import Class
from reviewer.core.request_data import parents
from reviewer.core.routes import NEST, original

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reviewer.core.facts import FileFacts, Param
    from reviewer.core.handlers import Place
    from reviewer.core.project import Project
    from reviewer.core.routes import Route

_SOURCES = frozenset(("Body", "Query", "Args", "Arg"))
_SENT = (".body", ".query")
_PARENTS_MAX = 6


def nest_validation(project: Project, path: str, route: Route) -> Evidence:
    """Whether the bodies, queries and GraphQL arguments of a controller's or resolver's method are checked."""
    if route.method is None:
        return Evidence.UNKNOWN
    on_all = decorations(project, path, (*route.method.decorators, *(route.owner.decorators if route.owner else ())))
    facts = project.head[path]
    if any(_speaks(arg.text) for one in on_all.named("UsePipes", module=NEST) for arg in one.args):
        return Evidence.YES
    said = [found for param in route.method.params if (found := _param(project, path, facts, param)) is not None]
    found = worst(said)
    return found if found is not Evidence.NO or on_all.is_complete else Evidence.UNKNOWN


def _speaks(name: str) -> bool:
    """Whether a pipe has a schema of its own, unlike the plain ValidationPipe, which needs a DTO."""
    return name != "ValidationPipe" and any(word in name.lower() for word in WORDS)


def _param(project: Project, path: str, facts: FileFacts, param: Param) -> Evidence | None:
    """What is known of one parameter; None for one that no client fills as a whole."""
    for decorator in param.decorators:
        name, module = original(facts, decorator.name)
        if name not in _SOURCES or module not in (NEST, "@nestjs/graphql", "type-graphql"):
            continue
        if module == NEST and any(arg.kind not in (ExprKind.STRING, ExprKind.OBJECT) for arg in decorator.args):
            return Evidence.YES  # a pipe
        is_one = module != NEST or any(arg.kind is ExprKind.STRING for arg in decorator.args)
        if is_one and param.type.kind is TypeKind.PRIMITIVE:
            return None if name != "Body" else Evidence.NO
        found = _type(project, path, param)
        return Evidence.UNKNOWN if module != NEST and found is Evidence.NO else found
    return None


def _type(project: Project, path: str, param: Param) -> Evidence:
    kind = param.type.kind
    if kind in (TypeKind.NONE, TypeKind.ANY, TypeKind.INLINE, TypeKind.PRIMITIVE):
        return Evidence.NO
    if kind is TypeKind.OTHER:
        return Evidence.UNKNOWN
    if param.type.name in ("Partial", "Record", "Pick", "Omit", "Map", "Required", "Readonly"):
        return Evidence.NO
    declared = project.declaration(path, param.type.name)
    if declared is None:
        return Evidence.UNKNOWN
    return class_validation(project, declared.path, declared.item) if isinstance(declared.item, Class) else Evidence.NO


def class_validation(project: Project, path: str, item: Class) -> Evidence:
    """Whether a class's fields, its own or those of a parent, have validators."""
    waiting, seen = [(path, item)], 0
    complete = True
    while waiting and seen < _PARENTS_MAX:
        at, one = waiting.pop()
        seen += 1
        for field in one.properties:
            found = decorations(project, at, field.decorators)
            complete &= found.is_complete
            if found.of("class-validator"):
                return Evidence.YES
        if one.extends is None:
            continue
        if one.extends.kind is ExprKind.CALL and any(word in one.extends.text.lower() for word in WORDS):
            return Evidence.YES  # `createZodDto(schema)`
        for name in parents(one.extends):
            declared = project.declaration(at, name)
            complete &= declared is not None
            if declared is not None and isinstance(declared.item, Class):
                waiting.append((declared.path, declared.item))
    return Evidence.NO if complete and (item.properties or item.extends) else Evidence.UNKNOWN


def router_validation(
    project: Project, place: Place | None, middleware: Iterable[tuple[str, Expr]]
) -> Evidence:  # fmt: skip
    """Whether what a router's handler reads of the request is checked, in front of it or in it."""
    if any(_checks(project.head[path], value) for path, value in middleware):
        return Evidence.YES
    if place is None:
        return Evidence.UNKNOWN
    facts = project.head[place[0]]
    scopes = facts.index.within(place[1])
    if place[1] in facts.index.once(_checking):
        return Evidence.YES
    function = facts.functions[place[1]]
    taken = {field for param in function.params for field in param.fields} & {"body", "query"}
    names = {param.name for param in function.params if param.name}
    reads = (read.name for read in facts.index.reads(scopes))
    if taken or any(_is_sent(name, names) for name in reads):
        return Evidence.NO
    return Evidence.NOT_NEEDED


def _checking(facts: FileFacts) -> frozenset[int]:
    """The functions that a check stands in, however deep: worked out once, as many routes may share a function."""
    scopes = {call.scope for call in facts.calls if is_validation(facts, call.callee)}
    return frozenset(around for scope in scopes for around in facts.index.around(scope))


def _is_sent(name: str, names: set[str]) -> bool:
    root, _, rest = name.partition(".")
    return root in names and f".{rest}".startswith(_SENT)


def _checks(facts: FileFacts, value: Expr) -> bool:
    """Whether a middleware is, makes or carries a check: `validate(schema)`, `{ schema: … }`."""
    return any(
        (one.kind in (ExprKind.CALL, ExprKind.NAME, ExprKind.MEMBER) and is_validation(facts, one.text))
        or (one.kind is ExprKind.OBJECT and "schema" in one.keys)
        for one in _within(value)
    )


def _within(value: Expr) -> Iterator[Expr]:
    """An expression and those in it, without the functions'."""
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if at.kind is not ExprKind.FUNCTION:
            yield at
            waiting.extend((*at.parts, at.receiver) if at.receiver is not None else at.parts)
