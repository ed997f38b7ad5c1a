"""A database entity that is the shape of a request or of an answer.

As a body it lets a client fill every column, and as an answer it shows every column that is added later: the table and
the API can no longer change apart. A body is always reported; an answer only where the project's other routes answer
with DTOs or a DTO for this entity lies ready (`AccountResponse`), and never where the entity says what it hides
(`@Exclude`). A route that says no type is asked through the service that it returns the result of.

Bad::

    @Post() create(@Body() user: UserEntity): Promise<UserEntity> { … }

Good::

    @Post() create(@Body() user: CreateUserDto): Promise<UserDto> { … }
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import inputs
from reviewer.core.routes import Route, original
from reviewer.core.rule import Rule
from reviewer.rules._answered_types import answered_types
from reviewer.rules._report import at, report
from reviewer.rules._sent_types import sent_types

_ENTITIES = {
    "typeorm": ("Entity", "ChildEntity", "ViewEntity"),
    "@nestjs/mongoose": ("Schema",),
    "sequelize-typescript": ("Table",),
    "@mikro-orm/core": ("Entity",),
    "@typegoose/typegoose": ("modelOptions",),
}
_PRISMA = "@prisma/client"
_SHAPES = ("dto", "response", "view", "viewmodel", "presenter", "output", "result", "vo", "payload", "model")
_READY = ("Response", "ResponseDto", "Dto", "DTO", "View", "ViewModel", "Presenter", "Output", "Resource")
"""What follows the entity's name in that of its DTO."""

_HIDERS = ("Exclude", "Expose")
_ENTITIES_MAX = 2
"""Other routes that answer with an entity; more, and it is the project's way (one backend of 14 had 16 of them)."""
_SHAPED_MIN = 2
"""Other routes that answer with a shape of their own before an entity stands out; one, where none has an entity."""


def inspect(project: Project) -> Iterator[Finding]:
    """Entities as bodies, and as answers where others answer with DTOs, of routes that the change wrote."""
    for item in inputs(project):
        if item.source == "Body" and not item.field and project.wrote(item.path, item.param.first, item.param.last):
            name = _entity(project, item.path, item.param.type.names)
            if name and not _had(project, item.path, item.route, name, of_body=True):
                yield _finding(
                    item.path,
                    item.param.first,
                    item.route,
                    name,
                    f"`{item.route.symbol}` takes the entity `{name}` as its body: a client can fill every column, and "
                    "what the table needs becomes what the API asks for. Take a DTO with the fields a client may set.",
                )
    for file, facts in project.production:
        for route in project.routes.get(file.path, ()):
            yield from _answered(project, file.path, facts, route)


def _answered(project: Project, path: str, facts: FileFacts, route: Route) -> Iterator[Finding]:
    for there, names, line in _results(project, path, facts, route):
        name = _entity(project, there, names)
        if not name or not project.wrote(path, line) or _had(project, path, route, name, of_body=False):
            continue
        if _hides(project, facts, there, name, route):
            continue
        shape, habit = project.once(_Shapes).of(name), project.once(_Habit)
        if (shape and not habit.answers_with(name, route)) or habit.uses_shapes(route):
            where = f"though `{shape}` is there for it" if shape else "where other routes answer with DTOs"
            yield _finding(
                path,
                line,
                route,
                name,
                f"`{route.symbol}` answers with the entity `{name}`, {where}: each column that is added later reaches "
                "clients too. Map it to a DTO.",
            )
            return


def _results(project: Project, path: str, facts: FileFacts, route: Route) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """The types that a route answers with, the file that names them, and the line that says so."""
    if route.method is not None:
        yield *_said(project, path, route), route.method.head
    else:
        place = project.handler(path, route)
        if place is not None and place[0] == path:
            yield from sent_types(project, path, facts, place[1])


def _said(project: Project, path: str, route: Route) -> tuple[str, tuple[str, ...]]:
    """The types that a controller's method says it answers with, or what it hands on; with the file that names them."""
    method = route.method
    if method is None or method.return_type.names or route.owner is None:
        return path, method.return_type.names if method is not None else ()
    return answered_types(project, path, route.owner, method)


def _finding(path: str, line: int, route: Route, name: str, message: str) -> Finding:
    return report(RULE, at(path, line), message, symbol=route.symbol, quoted=f"{route.symbol} {name}")


def _entity(project: Project, path: str, names: tuple[str, ...]) -> str:
    """The first of the names that is a class with the decorator of an ORM, or a model that Prisma generated."""
    for name in names:
        there, module = original(project.head[path], name)
        if module == _PRISMA and there[:1].isupper() and not there.startswith("Prisma"):
            return name
        declared = project.declaration(path, name)
        if declared is not None and isinstance(declared.item, Class):
            facts = project.head[declared.path]
            for decorator in declared.item.decorators:
                called, source = original(facts, decorator.name)
                if called in _ENTITIES.get(source, ()):
                    return name
    return ""


def _had(project: Project, path: str, route: Route, name: str, *, of_body: bool) -> bool:
    for old in project.routes_before(path):
        if old.symbol == route.symbol and old.method is not None:
            types = [param.type for param in old.method.params] if of_body else [old.method.return_type]
            return any(name in one.names for one in types)
    return False


def _hides(project: Project, facts: FileFacts, path: str, name: str, route: Route) -> bool:
    """Whether the entity or the route says which fields are left out."""
    if "ClassSerializerInterceptor" in facts.names or "SerializeOptions" in facts.names or "Serialize" in facts.names:
        return True
    declared = project.declaration(path, name)
    fields = declared.item.properties if declared is not None and isinstance(declared.item, Class) else ()
    marked = any(decorator.name in _HIDERS for field in fields for decorator in field.decorators)
    return marked or bool(route.method and {"private", "static"} & set(route.method.modifiers))


class _Shapes:
    """The DTOs of the project by the entity they are named after."""

    def __init__(self, project: Project) -> None:
        classes = (one.name for facts in project.head.values() for one in facts.classes)
        types = (one.name for facts in project.head.values() for one in facts.types)
        self._by_entity: dict[str, str] = {}
        for name in (*classes, *types):
            self._by_entity.update((name[: -len(end)], name) for end in _READY if name.endswith(end))

    def of(self, entity: str) -> str:
        """The DTO for answers with an entity, "" when there is none."""
        return self._by_entity.get(entity.removesuffix("Entity").removesuffix("Model"), "")


class _Habit:
    """What the project's Nest routes answer with: the symbols of those that answer with a DTO, and with an entity."""

    def __init__(self, project: Project) -> None:
        self._shaped: Counter[str] = Counter()
        self._entities: Counter[str] = Counter()
        self._same: Counter[str] = Counter()
        for path, routes in project.routes.items():
            for one in routes:
                there, names = _said(project, path, one)
                if any(name.lower().endswith(_SHAPES) for name in names):
                    self._shaped[one.symbol] += 1
                elif names and (entity := _entity(project, there, names)):
                    self._entities[one.symbol] += 1
                    self._same[entity] += 1

    def answers_with(self, entity: str, route: Route) -> bool:
        """Whether more other routes answer with an entity than may be slips."""
        return self._same[entity] - (route.symbol in self._entities) > _ENTITIES_MAX

    def uses_shapes(self, route: Route) -> bool:
        """Whether the other routes answer with DTOs."""
        shaped = self._shaped.total() - self._shaped[route.symbol]
        entities = self._entities.total() - self._entities[route.symbol]
        is_habit = shaped >= _SHAPED_MIN or (shaped > 0 and not entities)
        return is_habit and shaped > entities and entities <= _ENTITIES_MAX


RULE = Rule(
    slug="solid_entity_in_api",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="A database entity is the shape of the API",
    inspect=inspect,
    references=(
        Reference("NestJS: serialization", "https://docs.nestjs.com/techniques/serialization"),
        Reference(
            "OWASP: mass assignment", "https://cheatsheetseries.owasp.org/cheatsheets/Mass_Assignment_Cheat_Sheet.html"
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
    serves="standards-keep-the-architecture-modular",
)
