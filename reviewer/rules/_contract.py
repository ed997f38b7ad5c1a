"""What routes give out: the classes, interfaces and enums behind return types and documented answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Class, TypeDeclaration
from reviewer.core.project import Project
from reviewer.core.request_data import parents, reached_classes
from reviewer.core.routes import Route
from reviewer.rules._rest import option
from reviewer.rules._swagger import route_docs

_TYPES_MAX = 400
"""Types followed from the answers; more are not one project's contracts."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A type that clients depend on, the file it stands in, and a route that takes it in or gives it out."""

    path: str
    item: Class | TypeDeclaration
    route: str
    is_request: bool


def documented_types(project: Project, path: str, route: Route) -> Iterator[tuple[str, str]]:
    """The type names in a route's documented answers, each with the file in which it is written."""
    for doc in route_docs(project, path, route).responses:
        value = option(doc.args, "type")
        for name in type_names(value):
            yield doc.path, name


def type_names(value: Expr | None) -> Iterator[str]:
    """The classes that a `type` option names: `Order`, `[Order]`."""
    if value is None:
        return
    if value.kind is ExprKind.NAME:
        yield value.text
    for part in value.parts if value.kind is ExprKind.ARRAY else ():
        yield from type_names(part)


def answered_types(project: Project) -> tuple[Contract, ...]:
    """The types that answers of NestJS routes are made of, and the enums inside requests and answers."""
    return project.once(_answered_types)


def _answered_types(project: Project) -> tuple[Contract, ...]:
    waiting: list[tuple[str, str, str]] = []
    for path, routes in project.routes.items():
        for route in routes:
            if route.method is not None:
                waiting.extend((path, name, route.symbol) for name in route.method.return_type.names)
                waiting.extend((at, name, route.symbol) for at, name in documented_types(project, path, route))
    found: dict[tuple[str, str], Contract] = {}
    while waiting and len(found) < _TYPES_MAX:
        path, name, route_symbol = waiting.pop()
        declared = project.declaration(path, name)
        if declared is None or (declared.path, declared.item.name) in found:
            continue
        found[declared.path, declared.item.name] = Contract(declared.path, declared.item, route_symbol, False)
        waiting.extend((declared.path, inner, route_symbol) for inner in _inside(declared.item))
    for one in reached_classes(project):
        for field in one.item.properties:
            for name in field.type.names:
                declared = project.declaration(one.path, name)
                if declared is not None and isinstance(declared.item, TypeDeclaration):
                    found.setdefault(
                        (declared.path, declared.item.name), Contract(declared.path, declared.item, one.route, True)
                    )
    return tuple(found.values())


def _inside(item: Class | TypeDeclaration) -> Iterator[str]:
    if isinstance(item, TypeDeclaration):
        for member in item.members:
            yield from member.type.names
        return
    if item.extends is not None:
        yield from parents(item.extends)
    if any(one.name.rpartition(".")[2] in ("Entity", "Schema", "Injectable") for one in item.decorators):
        return  # what storage looks like inside is another matter
    for field in item.properties:
        yield from field.type.names
