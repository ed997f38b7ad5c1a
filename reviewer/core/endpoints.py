"""Endpoints: the routes of a file with all that was found out about each, for the evidence matrix of a review.

Everything here is seen in code that was read. What could decide but was not read makes a cell UNKNOWN, not NO.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.documentation import graphql_documentation, nest_documentation, router_documentation
from reviewer.core.evidence import Evidence
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.guards import guards_by_name, is_public_by_nature, nest_guarding, router_guards
from reviewer.core.handlers import Place, handler_of
from reviewer.core.mounts import in_front
from reviewer.core.router_routes import option
from reviewer.core.routes import NEST, joined, nest_name, original
from reviewer.core.tested import tested
from reviewer.core.validation import nest_validation, router_validation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project
    from reviewer.core.routes import Route


ENDPOINTS_MAX = 500
"""Routes of one file that are looked at; a hand-written file has up to 120 (juice-shop's `server.ts`)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way into the service. `path` is its file, `url` the whole path with all prefixes that were read.

    `params` are the path's parameters, `versions` those of NestJS versioning. `handler` is where the function stands
    that answers, None when it was not read. `middleware` has file and expression, outermost first; `guards` the names
    of what lets only some callers through. `symbol`, `first`, `last` and `head` are those of the route.
    """

    path: str
    verb: str
    url: str
    symbol: str
    first: int
    last: int
    head: int
    route: Route
    params: tuple[str, ...]
    versions: tuple[str, ...]
    handler: Place | None
    middleware: tuple[tuple[str, Expr], ...]
    guards: tuple[str, ...]
    validated: Evidence
    guarded: Evidence
    tested: Evidence
    documented: Evidence


def endpoints(project: Project, path: str) -> Iterator[Endpoint]:
    """The endpoints of a file, in source order, at most ENDPOINTS_MAX; GraphQL operations after the routes."""
    for route in project.routes.get(path, ())[:ENDPOINTS_MAX]:
        yield _nest(project, path, route) if route.method is not None else _routed(project, path, route)
    for route in project.resolvers.get(path, ())[:ENDPOINTS_MAX]:
        yield _nest(project, path, route)


def _nest(project: Project, path: str, route: Route) -> Endpoint:
    is_operation = route.owner is not None and route in project.resolvers.get(path, ())
    guarding = nest_guarding(project, path, route)
    versions = tuple(_versions(project, path, route))
    if guarding.is_public or (not guarding.names and is_public_by_nature(route, route.path)):
        guarded = Evidence.NOT_NEEDED
    elif guarding.names:
        guarded = Evidence.YES
    else:
        guarded = Evidence.NO if guarding.is_complete or project.guards_by_decorator else Evidence.UNKNOWN
    return Endpoint(
        path, route.verb,
        route.path if is_operation else _url(project, route, versions),
        route.symbol, route.first, route.last, route.head, route,
        tuple(_params(route.path)) if not is_operation else (),
        versions,
        handler_of(project, path, route),
        (),
        guarding.names,
        nest_validation(project, path, route),
        guarded,
        tested(project, path, route, route.path),
        (graphql_documentation if is_operation else nest_documentation)(project, path, route),
    )  # fmt: skip


def _routed(project: Project, path: str, route: Route) -> Endpoint:
    front = in_front(project, path, route)
    guards = tuple(dict.fromkeys(router_guards(front.middleware)))
    place = handler_of(project, path, route)
    if guards:
        guarded = Evidence.YES
    elif is_public_by_nature(route, front.path):
        guarded = Evidence.NOT_NEEDED
    else:
        guarded = Evidence.NO if front.is_rooted and not _asks_inside(project, place) else Evidence.UNKNOWN
    return Endpoint(
        path, route.verb, front.path, route.symbol, route.first, route.last, route.head, route,
        tuple(_params(front.path)), (), place, front.middleware, guards,
        router_validation(project, place, front.middleware),
        guarded,
        tested(project, path, route, front.path),
        router_documentation(project, path, route, front.middleware),
    )  # fmt: skip


def _asks_inside(project: Project, place: Place | None) -> bool:
    """Whether the handler itself asks who calls: it was not read, or calls or reads something of that name."""
    if place is None:
        return True
    return place[1] in project.head[place[0]].index.once(_asking)


def _asking(facts: FileFacts) -> frozenset[int]:
    """The functions that ask who calls, however deep: worked out once, as many routes may share a function."""
    names = (*((call.callee, call.scope) for call in facts.calls), *((read.name, read.scope) for read in facts.reads))
    scopes = {scope for name, scope in names if guards_by_name(name) or ".user" in name}
    return frozenset(around for scope in scopes for around in facts.index.around(scope))


def _params(url: str) -> Iterator[str]:
    """The names of a path's parameters: `:id`, `:id(\\d+)`, `{id}`."""
    for step in url.split("/"):
        for piece in step.replace("{", ":").split(":")[1:]:
            name = piece[: next((at for at, char in enumerate(piece) if not (char.isalnum() or char == "_")), None)]
            if name:
                yield name


def _versions(project: Project, path: str, route: Route) -> Iterator[str]:
    facts = project.head[path]
    places = (route.method.decorators if route.method else (), route.owner.decorators if route.owner else ())
    for decorators in places:
        for one in decorators:
            name = nest_name(facts, one)
            given = one.args[0] if name == "Version" and one.args else None
            if name == "Controller" and one.args:
                given = option(one.args[0], "version")
            if given is not None:
                values = given.parts if given.kind is ExprKind.ARRAY else (given,)
                yield from (value.text for value in values)
                return


def _url(project: Project, route: Route, versions: tuple[str, ...]) -> str:
    prefix, is_versioned = project.nest_prefix
    version = f"v{versions[0]}" if is_versioned and versions and versions[0].isalnum() else ""
    return joined(prefix, version, *route.path.split("/"))


def nest_prefix(project: Project) -> tuple[str, bool]:
    """The prefix that the application gives all its controllers, and whether versions stand in their paths."""
    prefix, is_versioned = "", False
    for facts in project.head.values():
        if not any(item.module == "@nestjs/core" for item in facts.imports):
            continue
        for call in facts.calls:
            if call.callee.endswith(".setGlobalPrefix") and call.args and call.args[0].kind is ExprKind.STRING:
                prefix = call.args[0].text
            elif call.callee.endswith(".enableVersioning"):
                kind = option(call.args[0], "type") if call.args else None
                is_versioned = kind is None or kind.text.endswith(".URI")
    return prefix, is_versioned


def guards_by_decorator(project: Project) -> bool:
    """Whether controllers of the project name their guards themselves, so that one without is news."""
    for path in project.routes:
        facts = project.head[path]
        for item in facts.classes:
            every = (*item.decorators, *(one for method in item.methods for one in method.decorators))
            if any(original(facts, one.name) == ("UseGuards", NEST) for one in every):
                return True
    return False
