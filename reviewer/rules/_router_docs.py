"""How Express and Fastify routes are documented: `@openapi` comments, `registerPath` of a registry, route schemas."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.project import Project
from reviewer.core.routes import Route
from reviewer.core.source_paths import is_production
from reviewer.rules._code import handler
from reviewer.rules._plugin_routes import all_routes, new_routes
from reviewer.rules._rest import option
from reviewer.rules._route_options import may_have_schema, schema_written
from reviewer.rules._schema_keys import keys_of_schema, told_readers

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


_FOLDER_MIN = 3
"""Routes in other files of a folder that all describe themselves, from which on that is how the folder does it."""

_FOR_READERS = frozenset(("summary", "description", "operationId", "response"))


def unsaid_answers(project: Project) -> Iterator[tuple[str, Route, Expr, int]]:
    """New Fastify routes whose schema is written out without a `response`, in files whose other routes all have one;
    with the schema, and how many others there are."""
    for file, facts in project.production:
        fresh = new_routes(project, file.path)
        if not fresh or not _is_fastify_file(facts):
            continue
        new = {route.symbol for route in fresh}
        olds = [one for one in all_routes(project).get(file.path, ()) if one.symbol not in new]
        said = [found[1] for one in olds if (found := _schema(project, file.path, one)) is not None]
        if not said or not all("response" in keys for keys in said):
            continue
        for route in fresh:
            found = _schema(project, file.path, route)
            if found is None or "response" in found[1] or _answers_nothing(project, file.path, route):
                continue
            yield file.path, route, found[0], len(said)


def untold(project: Project) -> Iterator[tuple[str, Route, Expr, int]]:
    """New Fastify routes in new files whose schema has no word for who reads the document, in folders whose other
    routes, each in a file of its own, all have some; with the schema, and how many others there are."""
    for file, facts in project.production:
        if file.path in project.base or not _is_fastify_file(facts):
            continue
        for route in new_routes(project, file.path):
            found = _schema(project, file.path, route)
            if found is None or _FOR_READERS & found[1]:
                continue
            beside = _beside(project, file.path)
            if len(beside) >= _FOLDER_MIN and all(beside):
                yield file.path, route, found[0], len(beside)


def _is_fastify_file(facts: FileFacts) -> bool:
    return any(item.module.startswith(("fastify", "@fastify/")) for item in facts.imports)


def _beside(project: Project, path: str) -> list[bool]:
    """Whether each route of the other files of a folder says something to readers. Those without a schema, and
    hidden ones, count as silent."""
    folder = posixpath.dirname(path)
    found: list[bool] = []
    for other, routes in all_routes(project).items():
        if other == path or posixpath.dirname(other) != folder or not is_production(other):
            continue
        options = [[part for part in one.middleware if "schema" in part.keys] for one in routes]
        found.extend(len(own) == 1 and told_readers(project, other, own[0], _FOR_READERS) for own in options)
    return found


def _schema(project: Project, path: str, route: Route) -> tuple[Expr, frozenset[str]] | None:
    """The schema of a route and all its keys, where they are known and it is shown at all."""
    found: list[tuple[Expr, frozenset[str]]] = []
    for part in route.middleware:
        written, keys = schema_written(project, path, part), keys_of_schema(project, path, part)
        if written is not None:
            found.append((written, frozenset(written.keys)))
        elif keys is not None:
            shown = part.parts[part.keys.index("schema")]
            found.append((shown, keys.names if keys.is_complete else frozenset(("hide",))))
    return found[0] if len(found) == 1 and "hide" not in found[0][1] else None


def _answers_nothing(project: Project, path: str, route: Route) -> bool:
    code = handler(project, path, route)
    if code is None:
        return True
    facts = project.head[code.path]
    return any(word in call.code for call in facts.index.calls(facts.index.within(code.scope)) for word in _EMPTY)
