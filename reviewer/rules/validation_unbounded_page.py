"""The client decides how many rows one request reads.

`?limit=10000000` loads the table into memory and holds the connection; the same for every client at once is an outage.
A bound (`@Max(100)`, `.max(100)`, `Math.min(limit, 100)`) costs nothing.

Bad::

    await prisma.order.findMany({ take: Number(req.query.limit) || 20 });
    @IsInt() @Min(1) limit: number;

Good::

    await prisma.order.findMany({ take: Math.min(Number(req.query.limit) || 20, 100) });
    @IsInt() @Min(1) @Max(100) limit: number;
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.anchor import Span
from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind, TypeKind
from reviewer.core.facts import BindingKind, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import reached_inputs
from reviewer.core.routes import Route, original
from reviewer.core.rule import Rule
from reviewer.rules._client_data import ClientData, Sent
from reviewer.rules._flow import Flows
from reviewer.rules._handlers import handlers
from reviewer.rules._numbers import converted
from reviewer.rules._page_bounds import (
    SIZES,
    bounded,
    goes_on_unbounded,
    is_unbounded,
    open_sizes,
    page_sizes,
    reads_rows,
)
from reviewer.rules._report import at, report

_PLAIN_PIPES = frozenset(("ParseIntPipe", "DefaultValuePipe", "ParseFloatPipe"))
_DIRECT = (BindingKind.CONST, BindingKind.LET)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A function that answers a route."""

    path: str
    scope: int
    route: str
    is_routed: bool


def inspect(project: Project) -> Iterator[Finding]:
    """Sizes of a page that the change takes from the client without a bound."""
    flows = Flows(project)
    yield from _fields(project)
    for file, facts in project.production:
        yield from _schemas(project, file.path, facts)
    production = {file.path for file, _ in project.production}
    for handler in handlers(project):
        if handler.path in production and not handler.has_schema:
            yield from _queries(project, flows, _Asked(handler.path, handler.scope, handler.symbol, True))
    for path, routes in project.routes.items():
        for route in routes if path in production else ():
            if route.method is not None and route.method.scope >= 0 and not _has_own_pipe(project.head[path], route):
                yield from _queries(project, flows, _Asked(path, route.method.scope, route.symbol, False))


def _has_own_pipe(facts: FileFacts, route: Route) -> bool:
    """Whether a size of a NestJS route has a pipe of the project's own, which may bound it, or is part of a class."""
    for param in route.method.params if route.method else ():
        for decorator in param.decorators:
            if original(facts, decorator.name)[0] != "Query":
                continue
            if param.type.kind in (TypeKind.NAMED, TypeKind.INLINE, TypeKind.ANY) or any(
                arg.kind is not ExprKind.STRING and original(facts, arg.text)[0] not in _PLAIN_PIPES
                for arg in decorator.args
            ):
                return True
    return False


def _finding(span: Span, name: str, where: str, cure: str, code: str) -> Finding:
    return report(
        RULE,
        span,
        f"`{name}` has no upper bound: one request with a huge value loads the whole table. {cure}.",
        symbol=where,
        quoted=code,
    )


def _fields(project: Project) -> Iterator[Finding]:
    production = {file.path for file, _ in project.production}
    for reached in reached_inputs(project):
        if reached.path not in production or reached.source not in ("Query", "Args"):
            continue
        facts = project.head[reached.path]
        before = {
            field.name: field.code
            for item in project.before(reached.path).classes
            if item.name == reached.item.name
            for field in item.properties
        }
        for field in reached.item.properties:
            if field.name.lower() not in SIZES or not project.wrote(reached.path, field.first, field.last):
                continue
            if before.get(field.name) != field.code and is_unbounded(facts, field):
                symbol = f"{reached.item.name}.{field.name}"
                yield _finding(at(reached.path, field.last), symbol, symbol, "Add `@Max()`", field.code)


def _schemas(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    before = {(call.symbol, key, value.text) for call, key, value in open_sizes(project.before(path))}
    for call, key, value in open_sizes(facts):
        fresh = (call.symbol, key, value.text) not in before and project.introduced(path, call)
        if fresh and project.wrote(path, value.first, value.last):
            yield _finding(at(path, value.first), key, call.symbol, "Add `.max()`", f"{key} {value.text}")


# ------------------------------------------------------------------------------------------------------------ queries


def _queries(project: Project, flows: Flows, asked: _Asked) -> Iterator[Finding]:
    path, scope, route = asked.path, asked.scope, asked.route
    facts = project.head[path]
    data = ClientData(facts, scope, is_routed=asked.is_routed)
    if not data.names:
        return
    inside = facts.index.within(scope)
    sizes = _sizes(facts, data, inside)
    limited = frozenset(bounded(facts, flows.of(path), inside))
    for call in facts.index.calls(inside):
        if not project.introduced(path, call):
            continue
        for value in page_sizes(call):
            part = _part(data, sizes, value)
            if part is None or part.source != "query" or not part.field or "." in part.field:
                continue
            if not reads_rows(call) and not goes_on_unbounded(project, flows, path, call):
                continue
            same = any(data.part(name) == part or sizes.get(name) == part for name in limited)
            if not same and part.field.lower() in SIZES | {"size", "count", "n", "first"}:
                name = value.text if value.kind is ExprKind.NAME else part.field
                yield _finding(
                    at(path, value.first), name, route, "Bound it, such as by `Math.min()`", f"{route} {part.field}"
                )
                return


def _part(data: ClientData, sizes: dict[str, Sent], value: Expr) -> Sent | None:
    """The part of the query that a size comes from: as it is, converted, or with a default."""
    if value.kind is ExprKind.NAME and value.text in sizes:
        return sizes[value.text]
    if value.kind is ExprKind.CHOICE:
        return next((found for part in value.parts if (found := _part(data, sizes, part))), None)
    return data.sent(value) or converted(data, value)


def _sizes(facts: FileFacts, data: ClientData, inside: tuple[int, ...]) -> dict[str, Sent]:
    found: dict[str, Sent] = {}
    for binding in facts.index.bindings(inside):
        if binding.name and binding.kind in _DIRECT:
            part = _part(data, found, binding.value)
            if part is not None:
                found[binding.name] = part
    return found


RULE = Rule(
    slug="validation_unbounded_page",
    concern=Concern.VALIDATION,
    severity=Severity.WARNING,
    title="The client decides how many rows are read",
    inspect=inspect,
    references=(
        Reference("CWE-770", "https://cwe.mitre.org/data/definitions/770.html"),
        Reference("NestJS: validation", "https://docs.nestjs.com/techniques/validation"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
