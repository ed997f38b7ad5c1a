"""A new route without OpenAPI documentation, in a project that documents its routes.

Looked for only where @nestjs/swagger is used and at least half of the known routes have `@ApiOperation` or a response
decorator. Decorators of the project's own that are made of those count; so do comments where the swagger plugin
reads them.

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

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Decorator, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.jsonc import parse_jsonc, table
from reviewer.core.project import Project
from reviewer.core.routes import Route, original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_SWAGGER = "@nestjs/swagger"
_EXCLUDES = frozenset(("ApiExcludeEndpoint", "ApiExcludeController"))
_RATE = 0.5
_KNOWN_MIN = 3
"""Routes of other kind that must be known before a rate says anything."""


def inspect(project: Project) -> Iterator[Finding]:
    """New routes without documentation, where most routes have some."""
    if not project.uses(_SWAGGER):
        return
    documented, known = _rate(project)
    if known < _KNOWN_MIN or documented / known < _RATE:
        return
    reads_comments = _plugin_reads_comments(project)
    for file, facts in project.production:
        for route in project.new_routes(file.path):
            if route.owner is None or _is_technical(route) or _is_documented(project, file.path, facts, route):
                continue
            if reads_comments and any(comment.last == route.first - 1 for comment in facts.comments):
                continue
            yield report(
                RULE,
                at(file.path, route.head),
                f"`{route.verb} {route.path}` has no OpenAPI documentation, while {documented} of {known} other "
                f"routes have it. "
                "Say what it does with `@ApiOperation`, and what it answers with `@ApiOkResponse` and its kin.",
                symbol=route.symbol,
                quoted=f"{route.verb} {route.path}",
            )


def _is_technical(route: Route) -> bool:
    """Health checks, metrics and the root page: read by machines that need no documentation."""
    owner = route.owner.name.lower() if route.owner else ""
    return route.path == "/" or any(
        word in owner + route.path.lower() for word in ("health", "metrics", "ready", "live")
    )


def _rate(project: Project) -> tuple[int, int]:
    """How many of the routes that the change did not add are documented."""
    documented = known = 0
    for path, routes in project.routes.items():
        new = {route.symbol for route in project.new_routes(path)}
        for route in routes:
            if route.method is not None and route.symbol not in new:
                known += 1
                documented += _is_documented(project, path, project.head[path], route)
    return documented, known


def _is_documented(project: Project, path: str, facts: FileFacts, route: Route) -> bool:
    """True also where it cannot be told, as a decorator comes from a file that was not read."""
    own = route.method.decorators if route.method else ()
    outer = route.owner.decorators if route.owner else ()
    return any(_documents(project, path, facts, item) for item in own) or any(_excludes(facts, item) for item in outer)


def _excludes(facts: FileFacts, decorator: Decorator) -> bool:
    return original(facts, decorator.name)[0] in _EXCLUDES


def _documents(project: Project, path: str, facts: FileFacts, decorator: Decorator) -> bool:
    name, module = original(facts, decorator.name)
    if module == _SWAGGER:
        return name in ("ApiOperation", "ApiExcludeEndpoint") or name.endswith("Response")
    target = project.imported_path(path, decorator.name.partition(".")[0]) if module else path
    if target is None:
        return False
    there = project.head.get(target)
    if there is None:
        return True
    return _is_composite(project, target, there, name, 0)


def _is_composite(project: Project, path: str, facts: FileFacts, name: str, depth: int) -> bool:
    """Whether a decorator of the project is made with documenting ones: `applyDecorators(ApiOperation(…), …)`."""
    for call in facts.calls:
        if call.symbol.partition(".")[0] == name:
            callee, module = original(facts, call.callee)
            if module == _SWAGGER and (callee == "ApiOperation" or callee.endswith("Response")):
                return True
    reexported = next((e for e in facts.exports if e.module and e.name in (name, "*")), None)
    for export in facts.exports if reexported and depth < 4 else ():
        if export.module and export.name in (name, "*"):
            target = project.resolver.resolve(path, export.module)
            there = project.head.get(target) if target else None
            if target is not None and (there is None or _is_composite(project, target, there, name, depth + 1)):
                return True
    return False


def _plugin_reads_comments(project: Project) -> bool:
    """Whether nest-cli.json switches on the swagger plugin with `introspectComments`."""
    for path, text in project.change.neighbours.items():
        if posixpath.basename(path) == "nest-cli.json":
            plugins = table(table(parse_jsonc(text)).get("compilerOptions")).get("plugins")
            for plugin in plugins if isinstance(plugins, list) else []:
                options = table(table(plugin).get("options"))
                if table(plugin).get("name") == _SWAGGER and options.get("introspectComments") is True:
                    return True
    return False


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
    confidence=0.85,
    page=__doc__ or "",
)
