"""What gives a file a way to the database: clients, repositories, models; made there, imported or injected."""

from __future__ import annotations

from pathlib import PurePosixPath

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Class, Decorator, FileFacts
from reviewer.core.imports import Import
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.rules._database_methods import MODEL
from reviewer.rules._solid_handed import is_handed, is_looked_up, taken_out
from reviewer.rules._solid_handlers import is_repository_path

ORM_MODULES = (
    "typeorm", "@nestjs/typeorm", "@prisma/client", "mongoose", "@nestjs/mongoose", "sequelize", "sequelize-typescript",
    "@nestjs/sequelize", "knex", "drizzle-orm", "@mikro-orm", "kysely", "mongodb", "pg", "mysql", "mysql2", "objection",
    "postgres", "better-sqlite3", "@typegoose/typegoose",
)  # fmt: skip
_INJECTS = frozenset(
    ("InjectRepository", "InjectModel", "InjectDataSource", "InjectEntityManager", "InjectConnection", "InjectKnex",
     "InjectKysely", "InjectDrizzle")
)  # fmt: skip
_ORM_TYPES = frozenset(
    ("Repository", "TreeRepository", "MongoRepository", "EntityRepository", "DataSource", "EntityManager", "Connection",
     "Model", "PrismaClient", "Knex", "Kysely", "Sequelize", "Pool", "Db", "MongoClient", "SqlEntityManager",
     "Collection", "PoolClient", "ModelStatic", "ModelCtor", "ReturnModelType", "NodePgDatabase", "PostgresJsDatabase",
     "MySql2Database", "BetterSQLite3Database", "LibSQLDatabase", "PgDatabase", "EntityRepository", "QueryRunner")
)  # fmt: skip
_ORM_ENDINGS = (
    "Repository", "PrismaService", "PrismaClient", "Dao", "DatabaseService", "DrizzleService", "KnexService",
    "KyselyService", "DbService",
)  # fmt: skip
_TOKEN_WORDS = frozenset(
    ("drizzle", "knex", "kysely", "prisma", "db", "database", "repository", "model", "pg", "mongo")
)
"""Words of a token that a database object is injected by: `@Inject('ORDER_MODEL')`, `@Inject(DRIZZLE)`."""
_MAKERS = frozenset(
    ("PrismaClient", "drizzle", "knex", "Knex", "Pool", "Client", "Kysely", "DataSource", "getRepository", "default",
     "Sequelize", "MongoClient", "createPool", "createConnection", "model", "getModelForClass", "getConnection",
     "getManager", "getMongoRepository", "getCustomRepository", "getTreeRepository")
)  # fmt: skip
_REPOSITORY_CALLS = (".getRepository", ".getTreeRepository", ".getMongoRepository", ".getCustomRepository")
_ACTIVE_RECORDS = frozenset(("BaseEntity", "Model"))
_PRISMA_CALLS = frozenset(
    ("findMany", "findUnique", "findUniqueOrThrow", "findFirst", "findFirstOrThrow", "createMany", "updateMany",
     "deleteMany", "upsert", "groupBy", "create", "update", "delete", "count", "aggregate")
)  # fmt: skip
_MODEL_FOLDERS = ("models", "model", "entities", "schemas")
_MODEL_LIBRARIES = ("sequelize", "sequelize-typescript", "mongoose", "@typegoose/typegoose", "objection")
_REPOSITORY_ENDINGS = ("repository", "repo", "dao")
_VALUES = (BindingKind.CONST, BindingKind.LET, BindingKind.PROPERTY, BindingKind.ASSIGNMENT)
_HOPS_MAX = 4
"""Re-exports followed from an import to what makes the client: barrels of barrels are rare."""


def is_persistence_type(facts: FileFacts, type_name: str, decorators: tuple[Decorator, ...]) -> bool:
    """Whether a constructor parameter or field is a database object, by its decorator or by its imported type."""
    if any(original(facts, decorator.name)[0] in _INJECTS for decorator in decorators):
        return True
    tokens = (one.args[0].text for one in decorators if one.args and original(facts, one.name)[0] == "Inject")
    if any(not _TOKEN_WORDS.isdisjoint(token.lower().rpartition(".")[2].split("_")[-1:]) for token in tokens):
        return True
    name, module = original(facts, type_name)
    if name in _ORM_TYPES:
        return module.startswith(ORM_MODULES)
    return name.endswith(_ORM_ENDINGS) and bool(module)


def database_names(project: Project, path: str, facts: FileFacts) -> frozenset[str]:
    """Dotted names (`prisma`, `this.orders`) that lead to the database in a file: made here, or imported from where
    they are made."""
    names: set[str] = set()
    for item in facts.imports:
        if item.local and not item.is_type and _imports_database(project, path, facts, item):
            names.add(item.local)
    for binding in facts.bindings:
        is_value = bool(binding.name) and binding.kind in _VALUES
        if is_value and (makes_client(facts, binding.value) or _leads_there(names, binding.value)):
            names.add(f"this.{binding.name}" if binding.kind is BindingKind.PROPERTY else binding.name)
        elif binding.kind in _VALUES and binding.fields:
            names.update(taken_out(binding))
    return frozenset(names)


def _leads_there(names: set[str], value: Expr) -> bool:
    """Whether a value is a repository or client class of the project, made (`new OrdersRepository()`), what a function
    of the project gives of the database (`getCollection('orders')`), or what a container holds."""
    if value.kind in (ExprKind.AWAIT, ExprKind.CHOICE):
        return any(_leads_there(names, part) for part in value.parts)
    if value.kind in (ExprKind.NEW, ExprKind.CALL) and value.text in names:
        return True
    if value.kind is ExprKind.MEMBER:
        return is_handed(value.text)
    return is_looked_up(value)


def makes_client(facts: FileFacts, value: Expr) -> bool:
    """Whether an expression makes a database client, a repository or a model of a known library."""
    if value.kind in (ExprKind.AWAIT, ExprKind.CHOICE):
        return any(makes_client(facts, part) for part in value.parts)
    if value.kind not in (ExprKind.CALL, ExprKind.NEW):
        return False
    name, module = original(facts, value.text)
    if value.kind is ExprKind.CALL and value.text.endswith(_REPOSITORY_CALLS) and len(value.parts) == 1:
        return True
    if name in _MAKERS and module.startswith(ORM_MODULES):
        return True
    return value.receiver is not None and makes_client(facts, value.receiver)


def _imports_database(project: Project, path: str, facts: FileFacts, item: Import) -> bool:
    if item.module == "typeorm" and item.name in ("getRepository", "getConnection", "getManager", "getMongoManager"):
        return True
    target = project.resolver.resolve(path, item.module)
    if target is None:
        return False
    if item.name not in ("*", "default") and _gives_database(project, target, item.name):
        return True
    if is_repository_path(target) and item.local.lower().endswith(_REPOSITORY_ENDINGS):
        return True
    if target not in project.head and _is_unread_model(project, facts, item):
        return True
    declared = project.declaration(path, item.local)
    if declared is not None:
        return isinstance(declared.item, Class) and _is_active_record(project.head[declared.path], declared.item)
    return _made_there(project, target, item.name)


def _is_unread_model(project: Project, facts: FileFacts, item: Import) -> bool:
    """Whether a class out of a folder of models that was not read is asked as a model: `Order.findAll(…)`."""
    folders = PurePosixPath(item.module.lower()).parts
    is_model = item.local[:1].isupper() and any(part in _MODEL_FOLDERS for part in folders)
    if not is_model or not any(map(project.uses, _MODEL_LIBRARIES)):
        return False
    start = item.local + "."
    asked = (call.callee.removeprefix(start) for call in facts.calls if call.callee.startswith(start))
    return any(method in methods for method in asked for methods in MODEL.values())


def _gives_database(project: Project, path: str, name: str) -> bool:
    """Whether a function of a file hands out a connection or collection (`getCollection`), and not what is in it."""
    facts = project.head.get(path)
    if facts is None:
        return False
    for scope in facts.index.functions(facts.index.exported(name)):
        returned, module = original(facts, facts.functions[scope].return_type.name)
        if returned in _ORM_TYPES and module.startswith(ORM_MODULES):
            return True
        for one in facts.index.bindings((scope,)):
            if one.kind is BindingKind.RETURN and _is_handle_of(facts, one.value):
                return True
    return False


def _is_handle_of(facts: FileFacts, value: Expr) -> bool:
    """Whether a value is a connection or collection of a library: `mongoose.connection.db.collection(name)`."""
    if value.kind in (ExprKind.AWAIT, ExprKind.CHOICE):
        return any(_is_handle_of(facts, part) for part in value.parts)
    if value.kind is ExprKind.CALL and value.text.endswith((".collection", ".useDb", ".db")):
        return any(item.module.startswith(ORM_MODULES) for item in facts.imports)
    return makes_client(facts, value)


def _is_active_record(facts: FileFacts, item: Class) -> bool:
    if item.extends is None:
        return False
    name, module = original(facts, item.extends.text)
    return name.rpartition(".")[2] in _ACTIVE_RECORDS and module.startswith(ORM_MODULES)


def _made_there(project: Project, path: str, name: str) -> bool:
    """Whether a file, or one that it re-exports, exports a client under that name."""
    waiting = [(path, name)]
    for _ in range(_HOPS_MAX):
        if not waiting:
            return False
        at, wanted = waiting.pop(0)
        facts = project.head.get(at)
        if facts is None:
            continue
        local = facts.index.exported(wanted)
        called, module = original(facts, local.removesuffix("()"))  # `export default mongoose.model(…)`
        if local.endswith("()") and called in _MAKERS and module.startswith(ORM_MODULES):
            return True
        if any(made.name == local and _holds_client(facts, made.value) for made in facts.bindings):
            return True
        if wanted == "default" and any(e.name == "default" and not e.local for e in facts.exports):
            continue
        for export in facts.exports:
            target = project.resolver.resolve(at, export.module) if export.module else None
            if target is not None and export.name in (wanted, "*"):
                waiting.append((target, wanted if export.local == "*" else export.local))
    return False


def _holds_client(facts: FileFacts, value: Expr) -> bool:
    """Whether a value is a client, or an object with one beside the models: `{ sequelize, Order }`."""
    if value.kind is not ExprKind.OBJECT:
        return makes_client(facts, value)
    made = {one.name for one in facts.bindings if one.name and makes_client(facts, one.value)}
    return any(part.kind is ExprKind.NAME and part.text in made for part in value.parts)


def is_database_call(callee: str, names: frozenset[str]) -> bool:
    """Whether a callee starts at a database name, or has the shape of a Prisma query (`prisma.order.findMany`)."""
    steps = callee.replace("()", "").split(".")
    root = ".".join(steps[:2]) if steps[0] == "this" else steps[0]
    if root in names or ".".join(steps[:2]) in names:
        return True
    if any(is_handed(".".join(steps[:at])) for at in range(2, len(steps))):
        return True
    rest = steps[-3:]
    return len(rest) == 3 and rest[0].lower().startswith("prisma") and rest[2] in _PRISMA_CALLS
