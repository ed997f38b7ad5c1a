"""A database entity that is the shape of a request or of an answer.

As a body it lets a client fill every column, and as an answer it shows every column that is added later: the table and
the API can no longer change apart. A body is always reported; an answer only where the project's other routes answer
with DTOs, and never where the entity says what it hides (`@Exclude`).

Bad::

    @Post() create(@Body() user: UserEntity): Promise<UserEntity> { … }

Good::

    @Post() create(@Body() user: CreateUserDto): Promise<UserDto> { … }
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import inputs
from reviewer.core.routes import Route, original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_ENTITIES = {
    "typeorm": ("Entity", "ChildEntity", "ViewEntity"),
    "@nestjs/mongoose": ("Schema",),
    "sequelize-typescript": ("Table",),
    "@mikro-orm/core": ("Entity",),
    "@typegoose/typegoose": ("modelOptions",),
}
_PRISMA = "@prisma/client"
_SHAPES = ("dto", "response", "view", "viewmodel", "presenter", "output", "result", "vo", "payload", "model")
_HIDERS = ("Exclude", "Expose")
_ENTITIES_MAX = 2
"""Other routes that answer with an entity; more, and it is the project's way (one backend of 14 had 16 of them)."""
_SHAPED_MIN = 2
"""Other routes that answer with a shape of their own before an entity stands out."""


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
    method = route.method
    if method is None or not project.wrote(path, method.head):
        return
    name = _entity(project, path, method.return_type.names)
    if not name or _had(project, path, route, name, of_body=False) or _hides(project, facts, path, name, route):
        return
    if _others_use_shapes(project, route):
        yield _finding(
            path,
            method.head,
            route,
            name,
            f"`{route.symbol}` answers with the entity `{name}`, where other routes answer with DTOs: each column that "
            "is added later reaches clients too. Map it to a DTO.",
        )


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


def _others_use_shapes(project: Project, route: Route) -> bool:
    shaped = entities = 0
    for path, routes in project.routes.items():
        for one in routes:
            if one.method is None or one.symbol == route.symbol:
                continue
            names = one.method.return_type.names
            if any(name.lower().endswith(_SHAPES) for name in names):
                shaped += 1
            elif names and _entity(project, path, names):
                entities += 1
    return shaped >= _SHAPED_MIN and shaped > entities and entities <= _ENTITIES_MAX


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
