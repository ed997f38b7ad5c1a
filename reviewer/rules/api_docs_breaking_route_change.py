"""A route that clients know is gone from its path or verb.

Base and head are compared: a controller's method or a router's handler that answers another path or verb than before
leaves its clients with 404. Renamed parameters break nobody; a path that another route serves now, a second path in a
list, and routes marked as deprecated or hidden from the documentation are left alone. A removed route is worth a note.

Bad::

    - @Get(':id/items') items() { … }
    + @Get(':id/lines') items() { … }

Good::

    @Get([':id/items', ':id/lines']) items() { … }
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route, original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._rest import is_technical, nest_templates, option

_Served = set[tuple[str, str]]


def inspect(project: Project) -> Iterator[Finding]:
    """Routes of the base whose verb and path nobody answers at head."""
    served: _Served = set()
    for path, routes in project.routes.items():
        for route in routes:
            served |= _ways(project.head[path], route)
    for file, facts in project.production:
        before = project.before(file.path)
        fresh = _fresh(project, file.path)
        heads = {route.symbol: route for route in project.routes.get(file.path, ())}
        for old in project.routes_before(file.path):
            lost = _ways(before, old) - served
            if not lost or is_technical(old) or _is_hidden(before, old):
                continue
            new = heads.get(old.symbol) if old.method is not None else fresh.get(_name(old.handler))
            if new is not None and (old.method is None or _ways(facts, new)):
                yield _changed(file.path, new, old, min(lost), facts)
            elif old.owner is not None and new is None:
                yield from _removed(facts, file.path, old, min(lost))


def _changed(path: str, new: Route, old: Route, lost: tuple[str, str], facts: FileFacts) -> Finding:
    now = min(_ways(facts, new), default=(new.verb, new.path))
    return report(
        RULE,
        at(path, new.head),
        f"`{lost[0]} {lost[1]}` is `{now[0]} {now[1]}` now, so every client there is gets 404. Keep the old way beside "
        "the new one until they have moved, or bring the change as a new version.",
        symbol=old.symbol,
        quoted=f"{lost[0]} {lost[1]}",
    )


def _removed(facts: FileFacts, path: str, old: Route, lost: tuple[str, str]) -> Iterator[Finding]:
    owner = next((item for item in facts.classes if old.owner is not None and item.name == old.owner.name), None)
    if owner is not None:
        message = f"`{lost[0]} {lost[1]}` is removed: clients that still call it get 404. Say so in the changelog."
        found = report(RULE, at(path, owner.head), message, symbol=old.symbol, quoted=f"{lost[0]} {lost[1]}")
        yield replace(found, severity=Severity.NOTE)


def _ways(facts: FileFacts, route: Route) -> _Served:
    """Verb and path of each way in, parameters without their names; empty where a path is not written out."""
    if route.method is not None:
        return {(route.verb, _shape(one)) for one in nest_templates(facts, route) or ()}
    return {(route.verb, _shape(route.path))} if route.path.startswith("/") and "${" not in route.path else set()


def _shape(path: str) -> str:
    steps = [step for step in path.split("/") if step]
    return "/" + "/".join(":" if step.startswith(":") else step for step in steps)


def _fresh(project: Project, path: str) -> dict[str, Route]:
    """The new routes of routers by the name of the handler that only they run: where an old one of it has moved to."""
    found: dict[str, list[Route]] = defaultdict(list)
    for one in project.new_routes(path):
        if one.method is None:
            found[_name(one.handler)].append(one)
    return {name: routes[0] for name, routes in found.items() if name and len(routes) == 1}


def _name(handler: Expr | None) -> str:
    """What a handler is called: its dotted name, or that inside of a wrapper; "" for one written in place."""
    if handler is not None and handler.kind is ExprKind.CALL:
        handler = next((part for part in handler.parts if part.kind in (ExprKind.NAME, ExprKind.MEMBER)), None)
    return handler.text if handler is not None and handler.kind in (ExprKind.NAME, ExprKind.MEMBER) else ""


def _is_hidden(facts: FileFacts, route: Route) -> bool:
    """Whether a route was deprecated, or never shown to clients."""
    decorators = (*(route.method.decorators if route.method else ()), *(route.owner.decorators if route.owner else ()))
    for one in decorators:
        deprecated = option(one.args, "deprecated")
        if original(facts, one.name)[0].startswith("ApiExclude") or (deprecated and deprecated.text == "true"):
            return True
    return any("@deprecated" in comment.text for comment in facts.index.comments(route.first - 1))


RULE = Rule(
    slug="api_docs_breaking_route_change",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="Clients lose a route",
    inspect=inspect,
    references=(Reference("NestJS: versioning", "https://docs.nestjs.com/techniques/versioning"),),
    confidence=0.88,
    page=__doc__ or "",
    serves="standards-structure-apis-by-rest",
)
