"""A new route without OpenAPI documentation, in a project that documents its routes.

NestJS: looked for where @nestjs/swagger is used and most of the controller's other routes (or, for a new controller,
most routes of the project) have `@ApiOperation` or a response decorator. Decorators of the project's own that are made
of those count; so do comments where the swagger plugin reads them. Express and Fastify: `@openapi` comments,
`registerPath` of a registry, and route schemas, where most other routes have one; a committed OpenAPI document, where
it has every other route of the file.

Bad::

    @Get(':id')
    findOne(@Param('id') id: string) { … }

Good::

    @Get(':id')
    @ApiOperation({ summary: 'One order' })
    @ApiOkResponse({ type: OrderDto })
    findOne(@Param('id') id: string) { … }
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route
from reviewer.core.rule import Rule
from reviewer.rules._answers import status_of
from reviewer.rules._contract_routes import lacking
from reviewer.rules._registered_docs import undescribed
from reviewer.rules._report import at, report
from reviewer.rules._rest import decorator, is_technical
from reviewer.rules._router_docs import RouterDocs
from reviewer.rules._swagger import KNOWN_MIN, RATE, SWAGGER, owner_docs, plugin_options, route_docs

_OWN_MIN = 2
"""Other routes of the same controller or file that say more than all the rest; one that is documented in full (what
it does and what it answers) says as much."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A route that was there: where, whether it is documented, whether in words (`@ApiOperation`), and whether with
    its answers too."""

    group: str
    is_documented: bool
    is_described: bool
    is_full: bool


def inspect(project: Project) -> Iterator[Finding]:
    """New routes without documentation, where most routes have some."""
    yield from _nest(project)
    found = [*_routers(project)]
    yield from found
    said = {(one.path, one.symbol) for one in found}
    for lack in lacking(project):
        is_generated = project.once(RouterDocs).has(lack.path, lack.route)  # and the document only not made anew
        if (lack.path, lack.route.symbol) not in said and not _is_aside(lack.route) and not is_generated:
            said.add((lack.path, lack.route.symbol))
            where = f"`{posixpath.basename(lack.document)}` has each of the {lack.count} routes beside it"
            yield _finding(
                lack.path, lack.route, where, "Add it there: what it takes, what it answers, and its errors."
            )
    for path, route, count in undescribed(project):
        if (path, route.symbol) in said:
            continue
        mend = "Describe it the way they are: what it takes, what it answers, and its errors."
        yield _finding(path, route, f"each of {count} routes beside it has some", mend)


def _nest(project: Project) -> Iterator[Finding]:
    if not project.uses(SWAGGER):
        return
    known = list(_known(project))
    reads_comments = (plugin_options(project) or {}).get("introspectComments") is True
    by_answers = sum(one.is_described for one in known) * 2 < sum(one.is_documented for one in known)
    for file, facts in project.production:
        for route in project.new_routes(file.path):
            if route.owner is None or is_technical(route) or _is_documented(project, file.path, route):
                continue
            if reads_comments and any(comment.last == route.first - 1 for comment in facts.comments):
                continue
            said = _rate(known, f"{file.path} {route.owner.name}")
            if said and not (by_answers and _answers_nothing(facts, route)):
                mend = "Say what it does with `@ApiOperation`, and what it answers with `@ApiOkResponse` and its kin."
                yield _finding(file.path, route, said, mend)


def _finding(path: str, route: Route, said: str, mend: str) -> Finding:
    return report(
        RULE,
        at(path, route.head),
        f"`{route.verb} {route.path}` has no OpenAPI documentation, while {said}. {mend}",
        symbol=route.symbol,
        quoted=f"{route.verb} {route.path}",
    )


def _rate(known: list[_Known], group: str) -> str:
    """How many of the other routes are documented, in words; "" where too few are for a missing one to be news."""
    siblings = [one for one in known if one.group == group]
    own = [one.is_documented for one in siblings]
    if len(own) >= _OWN_MIN:
        return f"{sum(own)} of its {len(own)} siblings have it" if sum(own) / len(own) >= RATE else ""
    if any(one.is_full for one in siblings):
        return "its sibling has it"
    every = [one.is_documented for one in known]
    enough = len(every) >= KNOWN_MIN and sum(every) / len(every) >= RATE
    return f"{sum(every)} of {len(every)} other routes have it" if enough else ""


def _known(project: Project) -> Iterator[_Known]:
    """The controllers' routes that the change did not add."""
    for path, routes in project.routes.items():
        new = {route.symbol for route in project.new_routes(path)}
        for route in routes:
            if route.owner is not None and route.symbol not in new:
                said = route_docs(project, path, route)
                described = bool(said.named("ApiOperation"))
                group = f"{path} {route.owner.name}"
                full = described and bool(said.responses)
                yield _Known(group, _is_documented(project, path, route), described, full)


def _is_documented(project: Project, path: str, route: Route) -> bool:
    """True also where it cannot be told, as a decorator comes from a file that was not read."""
    own, outer = route_docs(project, path, route), owner_docs(project, path, route)
    if not own.is_complete or own.responses or outer.named("ApiExcludeController"):
        return True
    return bool(own.named("ApiOperation", "ApiExcludeEndpoint"))


def _answers_nothing(facts: FileFacts, route: Route) -> bool:
    """Whether there is nothing to document in an answer: 204, or a method that returns void."""
    code = decorator(facts, route.method.decorators if route.method else (), "HttpCode")
    is_void = route.method is not None and route.method.return_type.text in ("void", "Promise<void>")
    return is_void or (code is not None and bool(code.args) and status_of(code.args[0]) == 204)


def _routers(project: Project) -> Iterator[Finding]:
    docs = project.once(RouterDocs)
    known: list[_Known] = []
    for path, routes in project.routes.items():
        new = {route.symbol for route in project.new_routes(path)}
        olds = [route for route in routes if route.owner is None and route.symbol not in new]
        has = [docs.has(path, route) for route in olds]
        known.extend(_Known(path, one, False, one) for one in has)
    for file, _ in project.production:
        for route in project.new_routes(file.path):
            if route.owner is None and route.path and not _is_aside(route) and not docs.has(file.path, route):
                said = _rate(known, file.path)
                if said:
                    mend = "Describe it the way they are: what it takes, what it answers, and its errors."
                    yield _finding(file.path, route, said, mend)


def _is_aside(route: Route) -> bool:
    """The documentation itself, pages and files, and what machines ask for."""
    return is_technical(route) or any(word in route.path.lower() for word in ("swagger", "openapi", "docs", "*", "."))


RULE = Rule(
    slug="api_docs_undocumented_route",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="A new route is not documented",
    inspect=inspect,
    references=(
        Reference("NestJS: OpenAPI operations", "https://docs.nestjs.com/openapi/operations"),
        Reference("OpenAPI specification", "https://swagger.io/specification/"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
