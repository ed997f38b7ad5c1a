"""How Express and Fastify routes are documented: `@openapi` comments, `registerPath` of a registry, route schemas."""

from __future__ import annotations

from reviewer.core.expr import ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.project import Project
from reviewer.core.routes import Route
from reviewer.rules._code import handler
from reviewer.rules._rest import option

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
        """Whether a route is documented in one of the ways."""
        if self._commented(path, route.first) or any("schema" in part.keys for part in route.middleware):
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
