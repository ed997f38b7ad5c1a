"""The functions that answer requests, however they are written, and what the project keeps beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from reviewer.core.expr import NOWHERE, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.project import Project
from reviewer.core.routes import Route, handler_scope
from reviewer.core.source_paths import is_production
from reviewer.rules._request import request_name

_CONTROLLER_WORDS = frozenset(
    ("controller", "controllers", "route", "routes", "router", "routers", "handler", "handlers", "resolver",
     "resolvers", "api", "endpoints")
)  # fmt: skip
_SERVICE_WORDS = frozenset(
    ("service", "services", "usecase", "usecases", "use-case", "use-cases", "interactor", "interactors", "application")
)
_REPOSITORY_WORDS = frozenset(("repository", "repositories", "repo", "repos", "dao", "daos"))
_FRONTEND_WORDS = frozenset(("frontend", "client", "web", "webapp", "ui", "dashboard", "mobile", "angular", "admin-ui"))
_ENTRY_WORDS = frozenset(("health", "healthcheck", "metrics", "readiness", "liveness", "ready", "ping", "status"))


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that answers a request: its symbol as a reader would say it, its scope and its lines."""

    symbol: str
    scope: int
    first: int
    last: int


def handlers(project: Project, path: str, facts: FileFacts) -> tuple[Handler, ...]:
    """The handlers of a file at head: methods of routes, functions given to routers, and what takes `(req, res)`."""
    return _handlers(facts, project.routes.get(path, ()))


def handlers_before(project: Project, path: str) -> tuple[Handler, ...]:
    """The handlers of the same file at base."""
    return _handlers(project.before(path), project.routes_before(path))


def _handlers(facts: FileFacts, routes: tuple[Route, ...]) -> tuple[Handler, ...]:
    found: dict[int, Handler] = {}
    for route in routes:
        scope = _scope(facts, route)
        if scope != NOWHERE and scope not in found:
            inside = facts.functions[scope]
            found[scope] = Handler(route.symbol, scope, inside.first, inside.last)
    for scope, function in enumerate(facts.functions):
        if scope not in found and request_name(function) is not None and not passes_on(facts, scope):
            found[scope] = Handler(function.symbol, scope, function.first, function.last)
    return tuple(found.values())


def _scope(facts: FileFacts, route: Route) -> int:
    if route.method is not None:
        return route.method.scope
    scope = handler_scope(route.handler)
    if scope == NOWHERE and route.handler is not None and route.handler.kind is ExprKind.NAME:
        scope = next(iter(facts.index.functions(route.handler.text)), NOWHERE)
    return scope


def passes_on(facts: FileFacts, scope: int) -> bool:
    """Whether a function is a middleware: it hands the request on by `next()`. `next(error)` does not."""
    names = {param.name for param in facts.functions[scope].params[2:]} - {""}
    return any(call.callee in names and not call.args for call in facts.index.calls(facts.index.within(scope)))


def words(path: str) -> frozenset[str]:
    """The folders of a path, and the words of its file name between dots and dashes (`orders.service.ts`), lower
    case."""
    pure = PurePosixPath(path.lower())
    marks = pure.name.split(".")[:-1]
    return frozenset((*pure.parts[:-1], *marks, *(word for mark in marks for word in mark.split("-"))))


def is_service_path(path: str) -> bool:
    """Whether a file says by its place or name that it holds a service or a use case."""
    return bool(words(path) & _SERVICE_WORDS) or PurePosixPath(path).stem.endswith(("Service", "UseCase"))


def is_repository_path(path: str) -> bool:
    """Whether a file says by its place or name that it holds a repository."""
    return bool(words(path) & _REPOSITORY_WORDS) or PurePosixPath(path).stem.endswith(("Repository", "Dao"))


def is_controller_path(path: str) -> bool:
    """Whether a file says by its place or name that it holds controllers, handlers or routes."""
    stem = PurePosixPath(path).stem
    return bool(words(path) & _CONTROLLER_WORDS) or stem.endswith(("Controller", "Router", "Routes", "Handler"))


def is_health(path: str, name: str = "") -> bool:
    """Whether it only tells that the service is alive, which is where asking the database directly is right."""
    said = frozenset(name.lower().replace("/", " ").replace(":", " ").replace(".", " ").split())
    return bool((words(path) | said) & _ENTRY_WORDS) or "health" in (path + name).lower()


def lacks_services(project: Project, controllers_min: int) -> bool:
    """Whether the project has that many controllers or route files, and no service beside them."""
    paths = tuple(source_paths(project))
    if any(is_service_path(path) for path in paths):
        return False
    if any(is_service_path(item.module) for facts in project.head.values() for item in facts.imports):
        return False
    return sum(1 for path in paths if is_controller_path(path)) >= controllers_min


def source_paths(project: Project) -> Iterator[str]:
    """The TypeScript files of the tree that serve users, those of a front end beside it left out."""
    paths = (path for path in project.change.tree if path.endswith(".ts") and is_production(path))
    return (path for path in paths if not _FRONTEND_WORDS & frozenset(path.lower().split("/")[:-1]))
