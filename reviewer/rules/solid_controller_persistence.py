"""A controller that talks to the database itself: requests, business rules and storage in one place.

It cannot be reused from a job or a resolver, and its tests need a database. Health checks are left alone, and a
project where most controllers do it has decided so.

Bad::

    @Controller('orders')
    export class OrdersController {
      constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}
    }

Good::

    @Controller('orders')
    export class OrdersController {
      constructor(private readonly orders: OrdersService) {}
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import BindingKind, Class, Decorator, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import handler_scope, is_controller, original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_ORM_MODULES = (
    "typeorm", "@nestjs/typeorm", "@prisma/client", "mongoose", "@nestjs/mongoose", "sequelize", "sequelize-typescript",
    "@nestjs/sequelize", "knex", "drizzle-orm", "@mikro-orm", "kysely", "mongodb", "pg", "mysql", "mysql2",
)  # fmt: skip
_INJECTS = frozenset(
    (
        "InjectRepository",
        "InjectModel",
        "InjectDataSource",
        "InjectEntityManager",
        "InjectConnection",
        "InjectKnex",
        "InjectKysely",
    )
)
_ORM_TYPES = frozenset(
    ("Repository", "TreeRepository", "MongoRepository", "EntityRepository", "DataSource", "EntityManager",
     "Connection", "Model",
     "PrismaClient", "Knex", "Kysely", "Sequelize", "Pool", "Db", "MongoClient")
)  # fmt: skip
_ORM_ENDINGS = ("Repository", "PrismaService", "PrismaClient", "Dao")
_HOUSE_STYLE_RATE = 0.5
_HOUSE_STYLE_MIN = 4
"""Controllers that must be known before "most of them do it" means anything."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A database object that a controller holds."""

    name: str
    first: int
    last: int
    code: str


def inspect(project: Project) -> Iterator[Finding]:
    """Controllers and route files that the change gave a way to the database."""
    if _is_house_style(project):
        return
    for file, facts in project.production:
        before = {
            item.name: {held.code for held in _held(project.before(file.path), item)}
            for item in project.before(file.path).classes
        }
        for item in facts.classes:
            if not is_controller(facts, item) or _is_health(file.path, item.name):
                continue
            for held in _held(facts, item):
                if project.wrote(file.path, held.first, held.last) and held.code not in before.get(item.name, set()):
                    yield _finding(file.path, held.first, item.name, held.name, held.code)
                    break
        yield from _route_files(project, file.path, facts)


def _finding(path: str, line: int, symbol: str, name: str, code: str) -> Finding:
    return report(
        RULE,
        at(path, line),
        f"This controller uses `{name}` directly, so business rules and storage end up in the HTTP layer and "
        f"can neither be "
        "reused nor tested without a database. Move it into a service and inject that.",
        symbol=symbol,
        quoted=code,
    )


def _is_health(path: str, name: str) -> bool:
    return any(word in (path + name).lower() for word in ("health", "metrics", "readiness", "liveness"))


def _held(facts: FileFacts, item: Class) -> Iterator[_Held]:
    """The database objects among a class's constructor parameters and decorated fields."""
    constructor = item.constructor
    for param in constructor.params if constructor else ():
        if _is_orm(facts, param.type.name, param.decorators):
            yield _Held(param.type.text or param.name, param.first, param.last, param.code)
    for field in item.properties:
        if field.decorators and _is_orm(facts, field.type.name, field.decorators):
            yield _Held(field.type.text or field.name, field.first, field.last, field.code)


def _is_orm(facts: FileFacts, type_name: str, decorators: tuple[Decorator, ...]) -> bool:
    if any(original(facts, decorator.name)[0] in _INJECTS for decorator in decorators):
        return True
    name, module = original(facts, type_name)
    if name in _ORM_TYPES:
        return module.startswith(_ORM_MODULES)
    return name.endswith(_ORM_ENDINGS) and bool(module)


def _route_files(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """Express and Fastify: a handler written in place that calls the database."""
    clients = _clients(project, path, facts)
    if not clients or _is_health(path, ""):
        return
    for route in project.routes.get(path, ()):
        scope = handler_scope(route.handler)
        inside = facts.index.within(scope) if scope >= 0 else ()
        for call in facts.index.calls(inside):
            root = call.callee.partition(".")[0].removesuffix("()")
            if root in clients and project.introduced(path, call):
                yield _finding(path, call.first, route.symbol, root, call.code)
                return


def _clients(project: Project, path: str, facts: FileFacts) -> frozenset[str]:
    """Names that hold a database client in a file: made here, or imported from a file of ours that makes it."""
    names = {binding.name for binding in facts.bindings if _makes_client(facts, binding.value.text, binding.kind)}
    for item in facts.imports:
        target = project.imported_path(path, item.local) if item.local and not item.is_type else None
        there = project.head.get(target) if target else None
        made = [b.name for b in there.bindings if _makes_client(there, b.value.text, b.kind)] if there else []
        if there and (
            item.name in made
            or (item.name == "default" and any(e.name == "default" and e.local in made for e in there.exports))
        ):
            names.add(item.local)
        if item.name in ("getRepository", "getConnection", "getManager") and item.module == "typeorm":
            names.add(item.local)
    return frozenset(name for name in names if name)


def _makes_client(facts: FileFacts, callee: str, kind: BindingKind) -> bool:
    if kind not in (BindingKind.CONST, BindingKind.LET):
        return False
    name, module = original(facts, callee)
    makers = (
        "PrismaClient",
        "drizzle",
        "knex",
        "Knex",
        "Pool",
        "Kysely",
        "DataSource",
        "getRepository",
        "default",
        "Sequelize",
    )
    return module.startswith(_ORM_MODULES) and name in makers


def _is_house_style(project: Project) -> bool:
    """Whether more than half of the controllers that did not change do it."""
    known = [
        any(True for _ in _held(facts, item))
        for path, facts in project.head.items()
        if project.change.file(path) is None
        for item in facts.classes
        if is_controller(facts, item)
    ]
    return len(known) >= _HOUSE_STYLE_MIN and sum(known) / len(known) > _HOUSE_STYLE_RATE


RULE = Rule(
    slug="solid_controller_persistence",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="A controller talks to the database",
    inspect=inspect,
    references=(Reference("NestJS: controllers", "https://docs.nestjs.com/controllers"),),
    confidence=0.92,
    page=__doc__ or "",
)
