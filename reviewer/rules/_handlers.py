"""The functions that answer Express and Fastify requests, wherever they stand, and whether a schema stands before
them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Class, FileFacts
from reviewer.core.handlers import function_of
from reviewer.core.mounts import in_front
from reviewer.core.routes import Route, handler_scope
from reviewer.rules._validators import is_validation, mentions_validation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.project import Project

_NAMED_KINDS = (ExprKind.CALL, ExprKind.NAME, ExprKind.MEMBER)
_CALLBACKS = ("webhook", "callback", "signature")
_REFUSALS = (
    "status(400", "status(422", "sendStatus(400", "sendStatus(422", "code(400", "code(422", "BAD_REQUEST", "BadRequest",
    "UNPROCESSABLE", "createError(400", "HttpError(400", "AppError(400", "ValidationError", "httpErrors.badRequest",
    "Boom.badRequest", "statusCode: 400",
)  # fmt: skip
_Front = tuple[tuple[str, Expr], ...]  # middleware in front of a route, each with the file it stands in


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that answers a route. `path` and `scope` say where it stands, `route` what it answers.

    `is_new`: the route or the function was not there at base. `has_schema`: something in front of it, in it, or what
    it hands the request to checks what the client sent by a schema; `is_checked`: that, or a refusal by hand.
    """

    path: str
    scope: int
    route: Route
    is_new: bool
    has_schema: bool
    is_checked: bool
    filled: frozenset[str] = frozenset()
    """Fields of the request that middleware in front of it writes (`body.userId`): the client's value is gone."""

    @property
    def symbol(self) -> str:
        """The route, as one would ask for it."""
        return self.route.symbol


def handlers(project: Project) -> Iterator[Handler]:
    """The handlers of all router routes that were read, each function once, and as its least checked route has it."""
    found: dict[tuple[str, int], Handler] = {}
    held = Held(project)
    for path, routes in project.routes.items():
        new = {route.symbol for route in project.new_routes(path)}
        for route in routes:
            where = resolve_handler(project, held, path, route.handler) if route.method is None else None
            if where is None:
                continue
            function = project.head[where[0]].functions[where[1]]
            is_new = route.symbol in new or (
                bool(function.name) and not project.had_function(where[0], function.symbol)
            )
            front = in_front(project, path, route).middleware
            readers = tuple(_readers(project, held, front))
            # A middleware of the whole application says nothing about the shape of one route's body.
            own = tuple(_readers(project, held, tuple(one for one in front if one[0] == path)))
            schema = _has_schema(project, path, route, front, where) or any(_by_schema(*one) for one in own)
            checked = schema or any(_by_hand(*one) for one in ((project.head[where[0]], where[1]), *own))
            before = found.get(where)
            if before is None or (before.is_checked and not checked) or (before.has_schema and not schema):
                filled = frozenset(_filled(readers))
                found[where] = Handler(where[0], where[1], route, is_new, schema, checked, filled)
    yield from sorted(found.values(), key=lambda one: (one.path, one.scope))


def is_webhook(route: Route) -> bool:
    """Whether a route is called by a machine that signs what it sends."""
    return any(word in (route.path + route.symbol).lower() for word in _CALLBACKS)


def passes_on(facts: FileFacts, scope: int) -> bool:
    """Whether a function is a middleware: it calls `next` and answers nothing itself."""
    function = facts.functions[scope]
    roots = {call.callee.partition(".")[0] for call in facts.index.calls(facts.index.within(scope))}
    names = [param.name for param in function.params[-2:]] if len(function.params) > 2 else []
    return len(names) == 2 and names[1] in roots and names[0] not in roots


def refuses(code: str) -> bool:
    """Whether a piece of code answers 400 or 422, or throws what becomes that: a check by hand."""
    return any(mark in code for mark in _REFUSALS)


def _by_schema(facts: FileFacts, scope: int) -> bool:
    return any(is_validation(facts, call.callee) for call in facts.index.calls(facts.index.within(scope)))


def _by_hand(facts: FileFacts, scope: int) -> bool:
    return any(refuses(call.code) for call in facts.index.calls(facts.index.within(scope)))


def _has_schema(project: Project, path: str, route: Route, front: _Front, where: tuple[str, int]) -> bool:
    if any(mentions_validation(project.head[file], value) for file, value in front):
        return True
    handler = route.handler
    if handler is not None and handler_scope(handler) < 0 and mentions_validation(project.head[path], handler):
        return True  # `validated(schema, create)`
    return _by_schema(project.head[where[0]], where[1]) or _hands_to_checker(project, where)


def _filled(readers: tuple[tuple[FileFacts, int], ...]) -> Iterator[str]:
    for there, scope in readers:
        for binding in there.index.bindings(there.index.within(scope)):
            request, _, field = binding.name.partition(".")
            if binding.kind is BindingKind.ASSIGNMENT and field.startswith("body.") and request:
                yield field


def _readers(project: Project, held: Held, front: _Front) -> Iterator[tuple[FileFacts, int]]:
    """The functions in front of a handler that read the body or the query."""
    for path, value in front:
        found = resolve_handler(project, held, path, value)
        if found is None:
            continue
        there = project.head[found[0]]
        reads = there.index.reads(there.index.within(found[1]))
        if any(".body" in read.name or ".query" in read.name for read in reads):
            yield there, found[1]


def _hands_to_checker(project: Project, where: tuple[str, int]) -> bool:
    """Whether the handler gives what was sent to a function of the project that checks it by a schema."""
    path, scope = where
    facts = project.head[path]
    for call in facts.index.calls(facts.index.within(scope)):
        root, _, _ = call.callee.partition(".")
        if not call.args or facts.imported(root) is None:
            continue
        target = project.imported_path(path, root)
        there = project.head.get(target) if target else None
        for one in there.index.functions(call.callee.rpartition(".")[2]) if there else ():
            inside = there.index.calls(there.index.within(one)) if there else ()
            if there and any(is_validation(there, inner.callee) for inner in inside):
                return True
    return False


# ------------------------------------------------------------------------------------------------------- resolution


def resolve_handler(project: Project, held: Held, path: str, value: Expr | None) -> tuple[str, int] | None:
    """The file and scope of the function that a route is given, also that of a class whose object the file only
    holds: `container.get(Orders).create`, `this.orders.create`."""
    found = function_of(project, path, value)
    if found is not None or value is None or value.kind not in _NAMED_KINDS:
        return found
    named = value
    if named.kind is ExprKind.CALL and not named.text.endswith(".bind"):
        named = next((part for part in named.parts if part.kind in _NAMED_KINDS), named)
    text = named.text.removesuffix(".bind").removesuffix("()")
    owner = held.of(path, text.rpartition(".")[0])
    declared = project.declaration(path, owner) if owner else None
    if declared is None or not isinstance(declared.item, Class):
        return None
    wanted = text.rpartition(".")[2]
    scopes = project.head[declared.path].index.functions(wanted)
    return (declared.path, scopes[0]) if len(scopes) == 1 else None


class Held:
    """The classes of the objects that files hold, made once per file: `new Orders()`, `container.get(Orders)`, a
    parameter or field of that type."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, dict[str, str]] = {}

    def of(self, path: str, name: str) -> str:
        """The class of an object by its name in a file, "" when it cannot be told."""
        if path not in self._known:
            self._known[path] = dict(_held(self._project.head[path]))
        return self._known[path].get(name.removeprefix("this."), "")


def _held(facts: FileFacts) -> Iterator[tuple[str, str]]:
    for function in facts.functions:
        yield from ((param.name, param.type.name) for param in function.params if param.name and param.type.name)
    for item in facts.classes:
        yield from ((field.name, field.type.name) for field in item.properties if field.type.name)
    for binding in facts.bindings:
        value = binding.value
        if value.kind is ExprKind.NEW:
            yield binding.name.removeprefix("this."), value.text
        elif value.kind is ExprKind.CALL and value.parts and value.parts[0].kind is ExprKind.NAME:
            yield binding.name.removeprefix("this."), value.parts[0].text
