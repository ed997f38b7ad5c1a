"""What requests reach: the classes whose fields a client fills, from the routes on through imports, nesting and
mapped types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind, TypeKind
from reviewer.core.facts import Class, Param
from reviewer.core.routes import nest_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project
    from reviewer.core.routes import Route

MAPPED_TYPES = frozenset(("PartialType", "PickType", "OmitType", "IntersectionType"))
_INPUTS = ("Body", "Query", "Param")
_REACHED_MAX = 500
"""Classes followed from the routes; more are not one project's requests."""


@dataclass(frozen=True, slots=True)
class Input:
    """A parameter of a NestJS route that a client fills. `source` is Body, Query or Param; `field` the one name it
    picks, or ""."""

    path: str
    route: Route
    param: Param
    source: str
    field: str
    has_pipe: bool


@dataclass(frozen=True, slots=True)
class Reached:
    """A class that request data becomes, and how: the route's symbol and whether as a body (else query or path)."""

    path: str
    item: Class
    route: str
    source: str
    is_nested: bool


def inputs(project: Project) -> Iterator[Input]:
    """All inputs of the NestJS routes that were read."""
    for path, routes in project.routes.items():
        facts = project.head[path]
        for route in routes:
            for param in route.method.params if route.method else ():
                found = _input(facts, path, route, param)
                if found is not None:
                    yield found


def _input(facts: FileFacts, path: str, route: Route, param: Param) -> Input | None:
    for decorator in param.decorators:
        name = nest_name(facts, decorator)
        if name in _INPUTS:
            field = next((arg.text for arg in decorator.args[:1] if arg.kind is ExprKind.STRING), "")
            piped = any(arg.kind is not ExprKind.STRING for arg in decorator.args)
            return Input(path, route, param, name, field, piped)
    return None


def reached_classes(project: Project) -> tuple[Reached, ...]:
    """Every class of the project that request data becomes, each once."""
    return project.once(_reached_classes)


def _reached_classes(project: Project) -> tuple[Reached, ...]:
    waiting: list[Reached] = []
    for item in inputs(project):
        if item.field or item.param.type.kind not in (TypeKind.NAMED, TypeKind.ARRAY):
            continue
        waiting.extend(_classes(project, item.path, item.param.type.names, item.route.symbol, item.source))
    found: dict[tuple[str, str], Reached] = {}
    while waiting and len(found) < _REACHED_MAX:
        at = waiting.pop(0)
        if (at.path, at.item.name) in found:
            continue
        found[at.path, at.item.name] = at
        nested = [name for names in _nested_names(at.item) for name in names]
        waiting.extend(
            Reached(one.path, one.item, at.route, at.source, is_nested=True)
            for one in _classes(project, at.path, tuple(nested), at.route, at.source)
        )
    return tuple(found.values())


def _classes(project: Project, path: str, names: tuple[str, ...], route: str, source: str) -> Iterator[Reached]:
    for name in names:
        declared = project.declaration(path, name)
        if declared is not None and isinstance(declared.item, Class):
            yield Reached(declared.path, declared.item, route, source, is_nested=False)


def _nested_names(item: Class) -> Iterator[tuple[str, ...]]:
    if item.extends is not None:
        yield tuple(parents(item.extends))
    for field in item.properties:
        yield field.type.names
        for decorator in field.decorators:
            if decorator.name.rpartition(".")[2] == "Type" and decorator.args:
                yield tuple(part.text for part in decorator.args[0].parts if part.kind is ExprKind.NAME)


def parents(extends: Expr) -> Iterator[str]:
    """The classes that a class takes its fields from: its parent, or those inside mapped types."""
    waiting = [extends]
    while waiting:
        at = waiting.pop(0)
        if at.kind in (ExprKind.NAME, ExprKind.MEMBER):
            yield at.text
        elif at.kind is ExprKind.CALL and at.text.rpartition(".")[2] in MAPPED_TYPES:
            waiting.extend(at.parts)
