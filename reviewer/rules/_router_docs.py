"""How Express and Fastify routes are documented: `@openapi` comments, `registerPath` of a registry, route schemas."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.project import Project
from reviewer.core.routes import Route
from reviewer.rules._code import handler
from reviewer.rules._plugin_routes import all_routes, new_routes
from reviewer.rules._rest import option
from reviewer.rules._route_options import may_have_schema, schema_written

_MARKS = ("@openapi", "@swagger", "#swagger", "@api {")
_COMMENT_GAP_MAX = 1
"""Lines from a comment's end to what it speaks of: two would reach the comment of the route above."""


class RouterDocs:
    """What is said of the routes of routers, found once for the whole project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._marked: dict[str, frozenset[int]] = {}
        self._registered: set[tuple[str, str]] = set()
        for path, facts in project.head.items():
            lines = (one.last for one in facts.comments if any(mark in one.text for mark in _MARKS))
            self._marked[path] = frozenset(lines)
            self._registered.update(_registered(facts))

    def has(self, path: str, route: Route) -> bool:
        """Whether a route is documented in one of the ways; True also where its options were not read."""
        if self._commented(path, route.first) or any("schema" in part.keys for part in route.middleware):
            return True
        if any(may_have_schema(self._project, path, part) for part in route.middleware):
            return True
        spelled = _braced(route.path)
        if any(verb == route.verb and (spelled == "/" or known.endswith(spelled)) for verb, known in self._registered):
            return True
        code = handler(self._project, path, route)
        return code is not None and self._commented(
            code.path, self._project.head[code.path].functions[code.scope].first
        )

    def _commented(self, path: str, line: int) -> bool:
        marked = self._marked.get(path, frozenset())
        return any(line - gap in marked for gap in range(_COMMENT_GAP_MAX + 1))


def _registered(facts: FileFacts) -> set[tuple[str, str]]:
    """Verb and path of each `registry.registerPath({ method, path, … })`."""
    found: set[tuple[str, str]] = set()
    for call in facts.calls:
        if call.callee.rpartition(".")[2] in ("registerPath", "openapi", "createRoute"):
            method, path = option(call.args, "method"), option(call.args, "path")
            if method is not None and path is not None and path.kind in (ExprKind.STRING, ExprKind.TEMPLATE):
                found.add((method.text.upper(), _braced(path.text)))
    return found


def _braced(path: str) -> str:
    """`/orders/:id` as OpenAPI writes it, parameters without their names: `/orders/{}`."""
    steps = ("{}" if step.startswith((":", "{")) else step for step in path.split("/") if step)
    return "/" + "/".join(steps)


_EMPTY = ("204", "NO_CONTENT", "redirect", "sendFile", ".raw", "hijack", "callNotFound")
"""In the code of a Fastify handler: it answers nothing, or not what a schema could describe."""


def unsaid_answers(project: Project) -> Iterator[tuple[str, Route, Expr, int]]:
    """New Fastify routes whose schema is written out without a `response`, in files whose other routes all have one;
    with the schema, and how many others there are."""
    for file, facts in project.production:
        fresh = new_routes(project, file.path)
        if not fresh or not any(item.module.startswith(("fastify", "@fastify/")) for item in facts.imports):
            continue
        new = {route.symbol for route in fresh}
        olds = [one for one in all_routes(project).get(file.path, ()) if one.symbol not in new]
        said = [schema for one in olds if (schema := _schema(project, file.path, one)) is not None]
        if not said or not all("response" in schema.keys for schema in said):
            continue
        for route in fresh:
            schema = _schema(project, file.path, route)
            if schema is not None and "response" not in schema.keys and not _answers_nothing(project, file.path, route):
                yield file.path, route, schema, len(said)


def _schema(project: Project, path: str, route: Route) -> Expr | None:
    found = [one for part in route.middleware if (one := schema_written(project, path, part)) is not None]
    return found[0] if len(found) == 1 and "hide" not in found[0].keys else None


def _answers_nothing(project: Project, path: str, route: Route) -> bool:
    code = handler(project, path, route)
    if code is None:
        return True
    facts = project.head[code.path]
    return any(word in call.code for call in facts.index.calls(facts.index.within(code.scope)) for word in _EMPTY)
