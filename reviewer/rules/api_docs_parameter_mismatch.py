"""A documented parameter that the route does not have.

`@ApiParam({ name: 'orderId' })` on `/orders/:id` puts a parameter into the document that no path has, so that clients
made from it call a wrong address; `@ApiQuery({ name: 'page' })` beside `@Query('offset')` promises what nobody reads.
Routes that take the whole query, the request itself, or parameters of decorators that were not read, are left alone.

Bad::

    @Get(':id')
    @ApiParam({ name: 'orderId' })
    one(@Param('id') id: string) { … }

Good::

    @Get(':id')
    @ApiParam({ name: 'id' })
    one(@Param('id') id: string) { … }
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route, nest_name, nest_routes, original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._rest import nest_templates, option, parameters
from reviewer.rules._swagger import SWAGGER, Doc, route_docs

_PLAIN = frozenset(("Body", "Param", "Headers", "HostParam", "Ip", "Session", "UploadedFile", "UploadedFiles", "Next"))


def inspect(project: Project) -> Iterator[Finding]:
    """Documented parameters that the change wrote, or left behind, and that the route does not have."""
    if not project.uses(SWAGGER):
        return
    for file, facts in project.production:
        before = {route.symbol: route for route in nest_routes(project.before(file.path))}
        for route in project.routes.get(file.path, ()):
            if route.method is None or not project.wrote(file.path, route.first, route.method.head):
                continue
            known = _known_before(project.before(file.path), before.get(route.symbol))
            for doc, name, why in _wrong(facts, route, route_docs(project, file.path, route).items):
                if doc.is_direct and (doc.name, name) not in known:
                    yield _finding(file.path, route, doc, name, why)


def _finding(path: str, route: Route, doc: Doc, name: str, why: str) -> Finding:
    return report(
        RULE,
        at(path, doc.first),
        f"`@{doc.name}` documents `{name}` for `{route.symbol}`, but {why}. Clients made from the document send what "
        "nobody reads. Use the name that the route reads.",
        symbol=route.symbol,
        quoted=f"{doc.name} {name}",
    )


def _direct(facts: FileFacts, route: Route) -> tuple[Doc, ...]:
    """The decorators of @nestjs/swagger on a route of the base, where composites are not followed."""
    named = ((original(facts, one.name), one) for one in (route.method.decorators if route.method else ()))
    return tuple(Doc(name, one.args, "", one.first, True) for (name, module), one in named if module == SWAGGER)


def _known_before(facts: FileFacts, route: Route | None) -> set[tuple[str, str]]:
    found = _wrong(facts, route, _direct(facts, route)) if route is not None else ()
    return {(doc.name, name) for doc, name, _ in found}


def _wrong(facts: FileFacts, route: Route, found: tuple[Doc, ...]) -> Iterator[tuple[Doc, str, str]]:
    for doc in found:
        given = option(doc.args, "name")
        if given is None or given.kind is not ExprKind.STRING or not given.text:
            continue
        why = ""
        if doc.name == "ApiParam":
            why = _not_in_path(facts, route, given.text)
        elif doc.name == "ApiQuery":
            why = _not_read(facts, route, given.text)
        if why:
            yield doc, given.text, why


def _not_in_path(facts: FileFacts, route: Route, name: str) -> str:
    templates = nest_templates(facts, route)
    if templates is None or any(name in parameters(one) for one in templates):
        return ""
    read = {
        arg.text for param in (route.method.params if route.method else ()) for d in param.decorators for arg in d.args
    }
    return "" if name in read else f"the path is `{templates[0]}`"


def _not_read(facts: FileFacts, route: Route, name: str) -> str:
    """Why nobody reads a query parameter; "" where one cannot tell."""
    names: list[str] = []
    for param in route.method.params if route.method else ():
        for one in param.decorators:
            kind = nest_name(facts, one)
            if kind == "Query" and one.args and one.args[0].kind is ExprKind.STRING:
                names.append(one.args[0].text)
            elif kind not in _PLAIN:
                return ""
        if not param.decorators:
            return ""
    if not names or name in names:
        return ""
    return f"it reads {', '.join(f'`{one}`' for one in names)}"


RULE = Rule(
    slug="api_docs_parameter_mismatch",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="A documented parameter does not exist",
    inspect=inspect,
    references=(Reference("NestJS: OpenAPI parameters", "https://docs.nestjs.com/openapi/types-and-parameters"),),
    confidence=0.92,
    page=__doc__ or "",
)
