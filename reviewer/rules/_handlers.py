"""The functions that answer Express and Fastify requests, wherever they stand, and whether a schema stands before
them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.checks import is_validation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, FileFacts
from reviewer.core.handlers import resolve_handler
from reviewer.core.mounts import in_front
from reviewer.core.routes import Route, handler_scope
from reviewer.core.source_paths import is_production
from reviewer.rules._front_checks import checks_sent
from reviewer.rules._plugin_routes import all_routes, new_routes, unmounted
from reviewer.rules._refusals import by_hand
from reviewer.rules._registered_routes import registered_routes
from reviewer.rules._route_options import is_fastify, may_have_schema
from reviewer.rules._scopes import by_schema, reads_request
from reviewer.rules._sent_parts import ALL, parts_around
from reviewer.rules._validators import mentions_validation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.project import Project

_ROUTES_MAX = 50
"""Routes of one function that are looked at: each looks at the whole function again."""
_Readers = tuple[tuple[FileFacts, int], ...]
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
    """Fields that middleware in front of it writes (`body.userId`): the client's value is gone."""
    is_query_open: bool = False
    """A Fastify schema checks other parts of the request and nothing the query."""
    parts: frozenset[str] = ALL
    """The parts of the request that the schemas look at, all where it cannot be told. `is_by_hand`: the handler, or
    what stands in front of it in its file, answers 400 itself."""
    is_by_hand: bool = False
    file: str = ""
    """Where the route is registered."""

    def is_open(self, part: str) -> bool:
        """Whether nothing checks a part of the request (`body`, `query`, `params`): no schema and nobody by hand."""
        return not self.is_checked or (self.has_schema and part not in self.parts and not self.is_by_hand)

    @property
    def symbol(self) -> str:
        """The route, as one would ask for it."""
        return self.route.symbol


def handlers(project: Project) -> tuple[Handler, ...]:
    """The handlers of all router routes that were read, each function once, and as its least checked route has it."""
    return project.once(_handlers)


def _handlers(project: Project) -> tuple[Handler, ...]:
    found: dict[tuple[str, int], Handler] = {}
    times: Counter[tuple[str, int]] = Counter()
    known = all_routes(project)
    for path in project.head:
        new = {route.symbol for route in new_routes(project, path)} if path in known else set()
        own_way = registered_routes(project, path) if is_production(path) else ()
        for route in (*known.get(path, ()), *own_way):
            where = resolve_handler(project, path, route.handler) if route.method is None else None
            if where is None or times[where] >= _ROUTES_MAX:
                continue
            times[where] += 1
            function = project.head[where[0]].functions[where[1]]
            is_added = bool(function.name) and not project.had_function(where[0], function.symbol)
            is_new = route.symbol in new or is_added
            front = in_front(project, path, route).middleware
            readers = tuple(_readers(project, front))
            # A middleware of the whole application says nothing about the shape of one route's body.
            own = tuple(_readers(project, tuple(one for one in front if one[0] == path)))
            schema = _has_schema(project, path, route, front, where) or any(by_schema(*one) for one in own)
            refuses = any(by_hand(*one) for one in ((project.head[where[0]], where[1]), *own))
            checked = schema or refuses
            before = found.get(where)
            if before is None or (before.is_checked and not checked) or (before.has_schema and not schema):
                filled = frozenset(_filled(readers))
                is_open = schema and _is_query_open(project, path, route, front, where)
                found[where] = Handler(
                    where[0], where[1], route, is_new, schema, checked, filled, is_open,
                    _parts(project, front, where, own) if schema else frozenset(), refuses, path,
                )  # fmt: skip
    for path, scope, route in unmounted(project):
        where = (path, scope)
        schema = by_schema(project.head[path], scope) or _hands_to_checker(project, where)
        checked = schema or by_hand(project.head[path], scope)
        found.setdefault(where, Handler(path, scope, route, True, schema, checked, file=path))
    return tuple(sorted(found.values(), key=lambda one: (one.path, one.scope)))


def _parts(project: Project, front: _Front, where: tuple[str, int], own: _Readers) -> frozenset[str]:
    if _hands_to_checker(project, where):
        return ALL
    checks = tuple(one for one in front if _mentions(project, *one))
    return parts_around(project, checks, ((project.head[where[0]], where[1]), *own))


def passes_on(facts: FileFacts, scope: int) -> bool:
    """Whether a function is a middleware: it calls `next` and answers nothing itself."""
    function = facts.functions[scope]
    roots = {call.callee.partition(".")[0] for call in facts.index.calls(facts.index.within(scope))}
    names = [param.name for param in function.params[-2:]] if len(function.params) > 2 else []
    return len(names) == 2 and names[1] in roots and names[0] not in roots


def _has_schema(project: Project, path: str, route: Route, front: _Front, where: tuple[str, int]) -> bool:
    if any(_mentions(project, file, value) for file, value in front):
        return True
    if any(may_have_schema(project, path, value, "body", "querystring", "params") for value in route.middleware):
        return True
    handler = route.handler
    if handler is not None and handler_scope(handler) < 0 and mentions_validation(project.head[path], handler):
        return True  # `validated(schema, create)`
    return by_schema(project.head[where[0]], where[1]) or _hands_to_checker(project, where)


def _mentions(project: Project, path: str, value: Expr) -> bool:
    """Whether what stands in front carries a check. A Fastify schema of the answer alone checks nothing sent."""
    facts = project.head[path]
    if value.kind is ExprKind.OBJECT and "schema" in value.keys and is_fastify(project, facts):
        others = (part for key, part in zip(value.keys, value.parts, strict=False) if key != "schema")
        has = may_have_schema(project, path, value, "body", "querystring", "query", "params", "headers")
        return has or any(mentions_validation(facts, part) for part in others)
    return checks_sent(project, path, value)


def _is_query_open(project: Project, path: str, route: Route, front: _Front, where: tuple[str, int]) -> bool:
    """Whether all that checks a request is a Fastify schema that is written out and does not name the query."""
    facts = project.head[path]
    options = [one for one in route.middleware if one.kind is ExprKind.OBJECT and "schema" in one.keys]
    if len(options) != 1 or not is_fastify(project, facts) or len(front) != len(route.middleware):
        return False
    if may_have_schema(project, path, options[0], "querystring", "query"):
        return False
    inside = project.head[where[0]]
    return not (by_schema(inside, where[1]) or by_hand(inside, where[1]) or _hands_to_checker(project, where))


def _filled(readers: tuple[tuple[FileFacts, int], ...]) -> Iterator[str]:
    for there, scope in readers:
        for binding in there.index.bindings(there.index.within(scope)):
            request, _, field = binding.name.partition(".")
            if binding.kind is BindingKind.ASSIGNMENT and field.startswith("body.") and request:
                yield field


def _readers(project: Project, front: _Front) -> Iterator[tuple[FileFacts, int]]:
    """The functions in front of a handler that read the body or the query."""
    for path, value in front:
        found = resolve_handler(project, path, value)
        if found is None:
            continue
        there = project.head[found[0]]
        if reads_request(there, found[1]):
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
