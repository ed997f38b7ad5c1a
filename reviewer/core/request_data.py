"""What requests reach: the classes whose fields a client fills, from the routes on through imports, nesting and
mapped types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind, TypeKind
from reviewer.core.facts import Class, Param
from reviewer.core.routes import GRAPHQL_MODULES, nest_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project
    from reviewer.core.routes import Route

MAPPED_TYPES = frozenset(("PartialType", "PickType", "OmitType", "IntersectionType"))
_INPUTS = ("Body", "Query", "Param")
_ARGUMENTS = ("Args", "Arg")
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
    """A class that request data becomes, and how: the route's symbol and the `source`: Body, Query, Param, or Args for
    a GraphQL operation."""

    path: str
    item: Class
    route: str
    source: str
    is_nested: bool


def inputs(project: Project) -> tuple[Input, ...]:
    """All inputs of the NestJS routes that were read."""
    return project.once(_inputs)


def inputs_of_type(project: Project, name: str) -> tuple[Input, ...]:
    """Those that are declared with a type of that name."""
    return project.once(_inputs_by_type).get(name, ())


def _inputs_by_type(project: Project) -> Mapping[str, tuple[Input, ...]]:
    found: dict[str, list[Input]] = {}
    for item in inputs(project):
        found.setdefault(item.param.type.name, []).append(item)
    return {name: tuple(items) for name, items in found.items()}


def _inputs(project: Project) -> tuple[Input, ...]:
    return tuple(_each_input(project))


def _each_input(project: Project) -> Iterator[Input]:
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
            piped = any(arg.kind not in (ExprKind.STRING, ExprKind.OBJECT) for arg in decorator.args)
            return Input(path, route, param, name, field, piped)
    return None


def reached_classes(project: Project) -> tuple[Reached, ...]:
    """Every class of the project that request data becomes, each once."""
    return project.once(_reached_classes)


def reached_inputs(project: Project) -> tuple[Reached, ...]:
    """The same, and the classes that GraphQL operations take."""
    return project.once(_reached_inputs)


def _reached_inputs(project: Project) -> tuple[Reached, ...]:
    asked = reached_classes(project)
    known = {(one.path, one.item.name) for one in asked}
    added = _followed(project, list(_arguments(project)))
    return (*asked, *(one for one in added if (one.path, one.item.name) not in known))


def _reached_classes(project: Project) -> tuple[Reached, ...]:
    waiting: list[Reached] = []
    for item in inputs(project):
        if item.field or item.param.type.kind not in (TypeKind.NAMED, TypeKind.ARRAY):
            continue
        waiting.extend(_classes(project, item.path, item.param.type.names, item.route.symbol, item.source))
    return _followed(project, waiting)


def _followed(project: Project, waiting: list[Reached]) -> tuple[Reached, ...]:
    """Those classes and the ones nested in them or above them."""
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


def _arguments(project: Project) -> Iterator[Reached]:
    """The classes that GraphQL operations take: as one argument, or spread over all of them (`@Args() page: Page`)."""
    for path, operations in project.resolvers.items():
        facts = project.head[path]
        for route in operations:
            for param in route.method.params if route.method else ():
                found = (facts.index.original(one.name) for one in param.decorators)
                if any(name in _ARGUMENTS and module in GRAPHQL_MODULES for name, module in found):
                    yield from _classes(project, path, param.type.names, route.symbol, "Args")


def input_class(project: Project, path: str, name: str) -> tuple[str, Class] | None:
    """The class of an input and its file. Behind a barrel that was not read it is the one class of that name in what
    the change wrote."""
    found = project.declaration(path, name)
    if found is not None:
        return (found.path, found.item) if isinstance(found.item, Class) else None
    if project.head[path].imported(name) is None:
        return None
    named = [(at, item) for at, item in project.once(_changed_classes) if item.name == name]
    return named[0] if len(named) == 1 else None


def _changed_classes(project: Project) -> tuple[tuple[str, Class], ...]:
    return tuple((file.path, item) for file, facts in project.production for item in facts.classes)


def _classes(project: Project, path: str, names: tuple[str, ...], route: str, source: str) -> Iterator[Reached]:
    for name in names:
        declared = input_class(project, path, name)
        if declared is not None:
            yield Reached(*declared, route, source, is_nested=False)


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
