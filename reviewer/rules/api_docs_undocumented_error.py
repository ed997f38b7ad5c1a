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
from collections.abc import Iterator, Mapping
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
_RATE = 0.75
"""Refusals that siblings throw and document, of all that they throw."""

_KNOWN_MIN = 3
"""Refusals of other controllers that must be known before their rate says anything."""


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
    for file, _ in project.production:
        new = {route.symbol for route in project.new_routes(file.path)}
        lacking = [one for one in _of_file(project, file.path) if one.route.symbol in new and one.thrown - one.shown]
        beside = project.once(_documented) if lacking else {}
        elsewhere = [one for said in beside.values() for one in said]
        for one in lacking:
            own = beside.get(_group(one), [])
            said = own or (elsewhere if len(elsewhere) >= _KNOWN_MIN else [])
            yield from _missing(one, said or _said_elsewhere(project, one, elsewhere))


def _said_elsewhere(project: Project, one: _Known, thrown: list[tuple[int, bool]]) -> list[tuple[int, bool]]:
    """The refusals that routes of other controllers show, wherever those throw them: only where no known route throws
    what it does not show."""
    if not all(is_shown for _, is_shown in thrown):
        return []
    return [(status, True) for status in project.once(_shown_before) if status in one.thrown]


def _shown_before(project: Project) -> tuple[int, ...]:
    """The statuses of refusals that routes which were there show by a decorator of their own."""
    found: list[int] = []
    for path, routes in project.routes.items():
        new = {route.symbol for route in project.new_routes(path)}
        for route in routes:
            if route.symbol not in new and route.owner is not None:
                found.extend(_shown(route_docs(project, path, route)))
    return tuple(found)


def _group(one: _Known) -> str:
    return f"{one.path} {one.route.owner.name if one.route.owner else ''}"


def _of_file(project: Project, path: str) -> Iterator[_Known]:
    for route in project.routes.get(path, ()):
        known = _known(project, path, route) if route.owner is not None else None
        if known is not None:
            yield known


def _documented(project: Project) -> Mapping[str, list[tuple[int, bool]]]:
    """By controller, the statuses that its routes which were there throw, and whether they document them."""
    found: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for path in project.routes:
        new = {route.symbol for route in project.new_routes(path)}
        for one in _of_file(project, path):
            if one.route.symbol not in new:
                found[_group(one)].extend((status, status in one.shown) for status in sorted(one.thrown))
    return found


def _missing(one: _Known, others: list[tuple[int, bool]]) -> Iterator[Finding]:
    """What a route does not show, where the refusals of others (of the same status, if there are any) are shown."""
    for status in sorted(one.thrown - one.shown):
        same = [is_shown for thrown, is_shown in others if thrown == status] or [is_shown for _, is_shown in others]
        if same and sum(same) / len(same) >= _RATE:
            yield report(
                RULE,
                at(one.path, one.route.head),
                f"`{one.route.symbol}` may answer {status}, which its document does not show, while {sum(same)} of "
                f"{len(same)} refusals of other routes are shown. Add `@{_NAMES[status]}()`.",
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
