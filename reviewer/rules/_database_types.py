"""What holds a database, by its type, its decorator, or the value it is given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reviewer.core.expr import Expr, ExprKind, TypeRef
from reviewer.core.facts import Call, Class, Decorator, FileFacts, TypeDeclaration
from reviewer.core.project import Declared, Project
from reviewer.core.routes import original


class Library(StrEnum):
    """Whose methods a holder has."""

    TYPEORM = "typeorm"
    PRISMA = "prisma"
    MODEL = "model"
    """Mongoose, Sequelize, the MongoDB driver and active records: one object for each table."""
    BUILDER = "builder"
    """Knex, Kysely and Drizzle: a chain that ends in a query."""
    SQL = "sql"
    """A driver that is given SQL as text: pg, mysql2, pg-promise, the pools of them."""
    CUSTOM = "custom"
    """A repository of the project's own, known by its type's name."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A name that holds a database, or one table of it (`entity`, "" when it holds all)."""

    name: str
    library: Library
    entity: str = ""


_TYPEORM_TYPES = frozenset(
    ("Repository", "TreeRepository", "MongoRepository", "EntityManager", "DataSource", "Connection", "QueryRunner",
     "SelectQueryBuilder", "EntityRepository", "SqlEntityManager")
)  # fmt: skip
TYPEORM_MODULES = ("typeorm", "@mikro-orm", "@nestjs/typeorm")
_MODEL_MODULES = ("mongoose", "sequelize", "@nestjs/mongoose", "@nestjs/sequelize", "mongodb", "@typegoose")
_MODEL_TYPES = frozenset(("Model", "PaginateModel", "AggregatePaginateModel", "ModelStatic", "Collection", "Db"))
BUILDER_MODULES = ("knex", "kysely", "drizzle-orm")
_DECORATED = {
    "InjectRepository": Library.TYPEORM, "InjectDataSource": Library.TYPEORM, "InjectEntityManager": Library.TYPEORM,
    "InjectModel": Library.MODEL, "InjectKnex": Library.BUILDER, "InjectKysely": Library.BUILDER,
    "InjectDrizzle": Library.BUILDER,
}  # fmt: skip
_SQL_MODULES = ("pg", "mysql2", "mysql2/promise", "pg-promise", "mariadb", "@vercel/postgres",
                "@neondatabase/serverless", "mssql", "slonik")  # fmt: skip
_SQL_TYPES = frozenset(
    ("Pool", "PoolClient", "Client", "ClientBase", "PoolConnection", "Connection", "IDatabase", "ITask",
     "DatabasePool", "DatabaseTransactionConnection")
)  # fmt: skip
_BUILDER_TYPES = ("Kysely", "NodePgDatabase", "PostgresJsDatabase", "MySql2Database", "BetterSQLite3Database",
                  "LibSQLDatabase", "NeonHttpDatabase", "PgDatabase", "DrizzleDB", "Knex")  # fmt: skip
_PRISMA_ENDINGS = ("PrismaService", "PrismaClient", "PrismaRepository", "TransactionClient")
_CUSTOM_ENDINGS = ("Repository", "Repo", "Dao", "RepositoryPort", "RepositoryInterface")
_COLLECTIONS = frozenset(("collection", "getCollection"))
_SQL_MAKERS = frozenset(("Pool", "Client", "createPool", "createConnection", "Database", "default", "*"))
GETS_REPOSITORY = frozenset(("getRepository", "getTreeRepository", "getMongoRepository", "getCustomRepository"))


def of_type(project: Project, path: str, kind: TypeRef, decorators: tuple[Decorator, ...], name: str) -> Holder | None:
    """What a parameter or field of that type and with those decorators holds."""
    facts = project.head[path]
    entity = kind.names[-1] if len(kind.names) > 1 else ""
    there, module = original(facts, kind.name)
    if module.startswith(BUILDER_MODULES) or kind.name.startswith(_BUILDER_TYPES):
        return Holder(name, Library.BUILDER)
    if there.rpartition(".")[2] in _SQL_TYPES and module in _SQL_MODULES:
        return Holder(name, Library.SQL)
    for decorator in decorators:
        library = _DECORATED.get(original(facts, decorator.name)[0])
        if library is not None:
            given = decorator.args[0].text.removesuffix(".name") if decorator.args else ""
            return Holder(name, library, entity or given)
    if there in _TYPEORM_TYPES and module.startswith(TYPEORM_MODULES):
        return Holder(name, Library.TYPEORM, "" if there.endswith("Manager") else entity)  # `EntityManager<Driver>`
    if there in _MODEL_TYPES and module.startswith(_MODEL_MODULES):
        return Holder(name, Library.MODEL, entity)
    if kind.name.endswith(_PRISMA_ENDINGS):
        return Holder(name, Library.PRISMA)
    if kind.name.endswith(_CUSTOM_ENDINGS):
        is_typeorm = _extends(project, path, kind.name) == Library.TYPEORM
        return Holder(name, Library.TYPEORM if is_typeorm else Library.CUSTOM, kind.name)
    return _of_own_type(project, path, kind, name)


def _of_own_type(project: Project, path: str, kind: TypeRef, name: str) -> Holder | None:
    """What a type of the project stands for: `type Db = Knex`, an interface of a store, a model's alias."""
    declared = project.declaration(path, kind.name.partition(".")[0])
    if declared is not None and isinstance(declared.item, TypeDeclaration):
        facts, item = project.head[declared.path], declared.item
        of = [original(facts, one) for one in item.names]
        if item.keyword == "type" and any(
            one.startswith(_BUILDER_TYPES) or module.startswith(BUILDER_MODULES) for one, module in of
        ):
            return Holder(name, Library.BUILDER)
        if item.keyword == "type" and any(one.endswith(_PRISMA_ENDINGS) for one, _ in of):
            return Holder(name, Library.PRISMA)
        if item.keyword == "type" and any(one in _MODEL_TYPES and m.startswith(_MODEL_MODULES) for one, m in of):
            return Holder(name, Library.MODEL)
    if kind.name.endswith("Store") and _is_store(project, declared):
        return Holder(name, Library.CUSTOM, kind.name)
    is_model = kind.name.endswith("Model") and (declared is None or isinstance(declared.item, TypeDeclaration))
    if is_model and "." in kind.name and (project.uses("mongoose") or project.uses("sequelize")):
        return Holder(name, Library.MODEL, kind.name.rpartition(".")[2])
    return by_project(project, name, kind.name) if declared is None else None


def _is_store(project: Project, declared: Declared | None) -> bool:
    """Whether a store's methods return promises: one in memory answers at once."""
    if declared is None:
        return False
    item = declared.item
    if isinstance(item, Class):
        return any("async" in one.modifiers or one.return_type.name == "Promise" for one in item.methods)
    return any(one.type.name == "Promise" for one in item.members) or any(one.endswith("Store") for one in item.extends)


def by_project(project: Project, name: str, word: str) -> Holder | None:
    """What a name or type such as `db` holds whose file was not read: by what the project uses."""
    lower = word.lower().lstrip("_")
    if lower not in ("db", "database", "orm", "drizzle", "knex", "databaseconnection", "drizzledb", "dbclient"):
        return None
    uses = [module for module in (*BUILDER_MODULES, "@prisma/client", "typeorm", "mongodb") if project.uses(module)]
    if len(uses) != 1:
        return None
    if uses[0] in BUILDER_MODULES:
        return Holder(name, Library.BUILDER)
    return Holder(name, Library.PRISMA) if uses[0] == "@prisma/client" else None


def _extends(project: Project, path: str, name: str) -> Library | None:
    """Whose class a class of the project extends."""
    declared = project.declaration(path, name)
    if declared is None or not isinstance(declared.item, Class) or declared.item.extends is None:
        return None
    return of_parent(project.head[declared.path], declared.item)


def of_parent(facts: FileFacts, item: Class) -> Library | None:
    if item.extends is None:
        return None
    there, module = original(facts, item.extends.text)
    if there in _TYPEORM_TYPES and module.startswith(TYPEORM_MODULES):
        return Library.TYPEORM
    if there in ("Model", "BaseEntity") and module.startswith((*_MODEL_MODULES, "typeorm", "sequelize-typescript")):
        return Library.MODEL
    return None


def of_value(facts: FileFacts, value: Expr, name: str) -> Holder | None:
    if value.kind not in (ExprKind.CALL, ExprKind.NEW):
        return None
    there, module = original(facts, value.text)
    method = there.rpartition(".")[2]
    given = value.parts[0].text if value.parts else ""
    if method in GETS_REPOSITORY:
        return Holder(name, Library.TYPEORM, given)
    if method == "createQueryRunner" or (method == "DataSource" and module == "typeorm"):
        return Holder(name, Library.TYPEORM)
    if method == "PrismaClient" or "PrismaClient().$extends" in value.text:
        return Holder(name, Library.PRISMA)
    if (method == "model" and (module.startswith("mongoose") or "mongoose" in value.text)) or method == "define":
        return Holder(name, Library.MODEL, given)
    if method in _COLLECTIONS and given:
        return Holder(name, Library.MODEL, given)
    if module in _SQL_MODULES and method in _SQL_MAKERS:
        return Holder(name, Library.SQL)
    if module.startswith(BUILDER_MODULES) and method in ("knex", "Knex", "default", "drizzle", "Kysely", "*"):
        return Holder(name, Library.BUILDER)
    return None


def makes_model(facts: FileFacts, call: Call) -> bool:
    """`export default mongoose.model('Order', schema)`."""
    there, module = original(facts, call.callee)
    return call.scope < 0 and there.rpartition(".")[2] == "model" and module.startswith("mongoose")


def by_name(name: str, word: str) -> Holder | None:
    """What a name holds that says so itself: `prisma`, `userRepository`."""
    lower = word.lower().lstrip("_")
    if lower in ("prisma", "prismaservice", "prismaclient", "prismarepository"):
        return Holder(name, Library.PRISMA)
    if lower == "knex":
        return Holder(name, Library.BUILDER)
    if lower.endswith(("repository", "repo", "dao")) and lower != "repo":
        return Holder(name, Library.CUSTOM, word)
    return None
