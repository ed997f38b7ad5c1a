"""A route that refuses in a way its document does not show, while its siblings document their refusals.

The handler, or the service method it calls, throws `NotFoundException` and its kin; the other routes of the controller
that throw have `@ApiNotFoundResponse` or `@ApiResponse({ status: 404 })`. Clients made from the document have no type
for that answer and treat it as a fault of the server.

Bad::

    @Get(':id')
    @ApiOkResponse({ type: OrderDto })
    one(@Param('id') id: string) { return this.orders.one(id); }    // throws NotFoundException

Good::

    @ApiNotFoundResponse()
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import NEST, Route, original
from reviewer.core.rule import Rule
from reviewer.rules._answers import status_of
from reviewer.rules._code import Code, called, handler
from reviewer.rules._report import at, report
from reviewer.rules._rest import option
from reviewer.rules._swagger import SWAGGER, Docs, owner_docs, route_docs

_THROWN = {
    "NotFoundException": 404, "ConflictException": 409, "ForbiddenException": 403, "UnprocessableEntityException": 422,
    "BadRequestException": 400, "UnauthorizedException": 401, "GoneException": 410, "PreconditionFailedException": 412,
}  # fmt: skip
_DOCUMENTED = {
    "ApiNotFoundResponse": 404, "ApiConflictResponse": 409, "ApiForbiddenResponse": 403, "ApiBadRequestResponse": 400,
    "ApiUnprocessableEntityResponse": 422, "ApiUnauthorizedResponse": 401, "ApiGoneResponse": 410,
    "ApiPreconditionFailedResponse": 412,
}  # fmt: skip
_NAMES = {status: name for name, status in _DOCUMENTED.items()}
_SIBLINGS_MIN = 2
_RATE = 0.75
"""Refusals that siblings throw and document, of all that they throw."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A route, what it throws, and what its document shows."""

    path: str
    route: Route
    thrown: frozenset[int]
    shown: frozenset[int]


def inspect(project: Project) -> Iterator[Finding]:
    """New routes that throw what they do not document, in controllers that document what they throw."""
    if not project.uses(SWAGGER):
        return
    production = {file.path for file, _ in project.production}
    groups: dict[str, list[_Known]] = defaultdict(list)
    for path, routes in project.routes.items():
        for route in routes:
            known = _known(project, path, route) if route.owner is not None and path in production else None
            if known is not None and route.owner is not None:
                groups[f"{path} {route.owner.name}"].append(known)
    for group in groups.values():
        new = {route.symbol for route in project.new_routes(group[0].path)}
        for one in group:
            if one.route.symbol in new:
                yield from _missing(one, [other for other in group if other is not one])


def _missing(one: _Known, others: list[_Known]) -> Iterator[Finding]:
    for status in sorted(one.thrown - one.shown):
        throwing = [other for other in others if status in other.thrown]
        documented = sum(status in other.shown for other in throwing)
        if documented >= _SIBLINGS_MIN and documented / len(throwing) >= _RATE:
            yield report(
                RULE,
                at(one.path, one.route.head),
                f"`{one.route.symbol}` may answer {status}, which its document does not show, while {documented} of "
                f"its siblings document theirs. Add `@{_NAMES[status]}()`.",
                symbol=one.route.symbol,
                quoted=str(status),
            )


def _known(project: Project, path: str, route: Route) -> _Known | None:
    """None where a decorator was not read, or the answer is documented with a default."""
    own, outer = route_docs(project, path, route), owner_docs(project, path, route)
    if not own.is_complete or not outer.is_complete or own.named("ApiDefaultResponse", "ApiExcludeEndpoint"):
        return None
    code = handler(project, path, route)
    if code is None:
        return None
    return _Known(path, route, frozenset(_thrown(project, code, 0)), frozenset((*_shown(own), *_shown(outer))))


def _shown(docs: Docs) -> Iterator[int]:
    for doc in docs.responses:
        status = status_of(option(doc.args, "status")) if doc.name == "ApiResponse" else _DOCUMENTED.get(doc.name)
        if status is not None:
            yield status


def _thrown(project: Project, code: Code, depth: int) -> Iterator[int]:
    """What a function throws, and what the functions of the project that it calls throw, one step further."""
    facts = project.head[code.path]
    inside = frozenset(facts.index.within(code.scope))
    for throw in facts.throws:
        name, module = original(facts, throw.value.text)
        if throw.scope in inside and module == NEST and name in _THROWN:
            yield _THROWN[name]
    for call in facts.index.calls(inside) if depth == 0 else ():
        target = called(project, code, call)
        if target is not None and target.scope >= 0 and not call.in_try:
            yield from _thrown(project, target, depth + 1)


RULE = Rule(
    slug="api_docs_undocumented_error",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="A refusal is not documented",
    inspect=inspect,
    references=(Reference("NestJS: OpenAPI responses", "https://docs.nestjs.com/openapi/operations#responses"),),
    confidence=0.9,
    page=__doc__ or "",
)
