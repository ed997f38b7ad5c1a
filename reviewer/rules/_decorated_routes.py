"""Routes of controllers whose decorators are no NestJS ones: tsoa, Ts.ED, LoopBack, Midway, FoalTS. The project's own
list has those of NestJS, and of libraries whose methods are handlers of Express."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Class, Decorator, FileFacts
from reviewer.core.project import Project
from reviewer.core.routes import Route, joined, original
from reviewer.core.source_paths import is_production
from reviewer.rules._plugin_routes import all_routes, new_routes

_MODULES: Final = frozenset(
    ("@inversifyjs/http-core", "tsoa", "@tsoa/runtime",
     "@tsed/common", "@tsed/schema", "@tsed/di", "@loopback/rest", "@midwayjs/core", "@midwayjs/decorator",
     "@foal/core", "amala", "koa-swagger-decorator")
)  # fmt: skip
_VERBS: Final = {
    "get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE", "del": "DELETE", "all": "ALL",
    "head": "HEAD", "options": "OPTIONS",
}  # fmt: skip
_CONTROLLERS: Final = frozenset(("controller", "jsoncontroller", "route", "basecontroller", "apicontroller"))
_TEXTS: Final = (ExprKind.STRING, ExprKind.TEMPLATE)


def decorated_routes(project: Project) -> Mapping[str, tuple[Route, ...]]:
    """Those routes by path, of all files that were read and serve users; made once."""
    return project.once(_decorated_routes)


def _decorated_routes(project: Project) -> Mapping[str, tuple[Route, ...]]:
    found = {path: tuple(_routes(facts)) for path, facts in project.head.items() if is_production(path)}
    return {path: routes for path, routes in found.items() if routes}


def _new(project: Project, path: str) -> tuple[Route, ...]:
    """Those that the change gave a file: by symbol, verb and path."""
    before = {(route.symbol, route.verb, route.path) for route in _routes(project.before(path))}
    known = decorated_routes(project).get(path, ())
    fresh = (route for route in known if (route.symbol, route.verb, route.path) not in before)
    return tuple(route for route in fresh if project.wrote(path, route.first, route.last))


def every_route(project: Project) -> Mapping[str, tuple[Route, ...]]:
    """All routes by path: of routers, of NestJS, and those; made once."""
    return project.once(_every_route)


def _every_route(project: Project) -> Mapping[str, tuple[Route, ...]]:
    found = dict(all_routes(project))
    for path, routes in decorated_routes(project).items():
        found[path] = (*found.get(path, ()), *routes)
    return found


def every_new_route(project: Project, path: str) -> tuple[Route, ...]:
    """The routes of any kind that the change gave a file."""
    return (*new_routes(project, path), *_new(project, path))


def _routes(facts: FileFacts) -> Iterator[Route]:
    if not any(item.module in _MODULES for item in facts.imports):
        return
    for item in facts.classes:
        prefix = _prefix(facts, item)
        for method in item.methods:
            for one in method.decorators:
                verb = _VERBS.get(_name(facts, one).removeprefix("http"))
                if verb:
                    path = joined(prefix, _path(one.args))
                    symbol = f"{item.name}.{method.name}"
                    yield Route(verb, path, symbol, method.first, method.last, method.head, item, method)
                    break


def _name(facts: FileFacts, decorator: Decorator) -> str:
    """A decorator's own name in lower case, "" where it comes from elsewhere. The dotted `operation.get` counts by its
    last step."""
    name, module = original(facts, decorator.name)
    return name.rpartition(".")[2].lower() if module in _MODULES else ""


def _prefix(facts: FileFacts, item: Class) -> str:
    return next((_path(one.args) for one in item.decorators if _name(facts, one) in _CONTROLLERS), "")


def _path(args: tuple[Expr, ...]) -> str:
    """The path a decorator is given; OpenAPI's `{id}` is a parameter like `:id`."""
    value = next((arg for arg in args if arg.kind in _TEXTS), None)
    return value.text.replace("{", ":").replace("}", "") if value is not None and value.kind is ExprKind.STRING else ""
