"""What is stored: entities and models, and the calls that write a record from an object as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Class
from reviewer.core.routes import original

if TYPE_CHECKING:
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project
    from reviewer.rules._client_data import ClientData, Sent

ORM_MODULES = (
    "typeorm", "@nestjs/typeorm", "@prisma/client", "mongoose", "@nestjs/mongoose", "sequelize", "sequelize-typescript",
    "@nestjs/sequelize", "@mikro-orm/", "@typegoose/typegoose", "mongodb", "drizzle-orm", "objection",
)  # fmt: skip
_STORED = frozenset(("Entity", "Schema", "Table", "ViewEntity", "ChildEntity", "modelOptions"))
_PRISMA_WRITES = frozenset(("create", "update", "upsert", "createMany", "updateMany"))
_FIRST = frozenset(("create", "insertMany", "bulkCreate", "insertOne", "build", "save", "insert", "hydrate", "upsert"))
_SECOND = frozenset(
    ("findByIdAndUpdate", "findOneAndUpdate", "updateOne", "updateMany", "findOneAndReplace", "replaceOne")
)
_EITHER = frozenset(("update",))
_OPERATORS = ("$set", "$setOnInsert")
_LAYERS = frozenset(("Object.assign", "_.merge", "_.assign", "_.extend", "lodash.merge"))
_LAYER_NAMES = ("assign", "merge", "extend", "default")
_TABLES = frozenset(("knex", "db", "trx", "tx"))
_STORE_WORDS = ("repo", "repository", "model", "entity", "entities", "prisma", "em", "manager", "dao", "collection",
                "schema", "database")  # fmt: skip
_NEVER = ("service", "stripe", "axios", "http", "client", "api", "usecase", "logger", "factory", "controller", "queue",
          "mailer", "cache", "redis", "store", "document", "object")  # fmt: skip


def is_stored_class(facts: FileFacts, item: Class) -> bool:
    """Whether a class is an entity: decorated as one by an ORM."""
    found = (original(facts, decorator.name) for decorator in item.decorators)
    return any(name in _STORED and module.startswith(ORM_MODULES) for name, module in found)


def is_stored_name(project: Project, path: str, name: str) -> bool:
    """Whether a type's name leads to an entity, or to a model that an ORM generates."""
    declared = project.declaration(path, name)
    if declared is not None:
        return isinstance(declared.item, Class) and is_stored_class(project.head[declared.path], declared.item)
    facts = project.head[path]
    known, module = original(facts, name)
    if not module.startswith("@prisma/client"):
        return False
    return known.startswith("Prisma.") and known.endswith(("CreateInput", "UpdateInput"))


def assigned(facts: FileFacts, data: ClientData, call: Call) -> Expr | None:
    """The argument by which a call writes the whole body (or one object in it) into a record; None if it does not."""
    owner, _, name = call.callee.rpartition(".")
    if call.is_new:
        is_model = _is_model(facts, call.callee)
        return next((arg for arg in call.args[:1] if is_model and _is_whole(data, arg)), None)
    if call.callee in _LAYERS or _is_imported_layer(facts, call.callee):
        target = call.args[0] if call.args else None
        is_made = target is not None and target.kind is ExprKind.NEW and _is_model(facts, target.text)
        if target is None or not (is_made or target.kind in (ExprKind.NAME, ExprKind.MEMBER)) or data.sent(target):
            return None
        return next((arg for arg in call.args[1:] if _is_whole(data, arg)), None)
    if not owner and call.receiver is None:
        return None
    if name in ("set", "assign") and len(call.args) == 1 and _is_record(owner):
        return call.args[0] if _is_whole(data, call.args[0]) else None
    return _written(facts, data, call, owner, name)


def _written(facts: FileFacts, data: ClientData, call: Call, owner: str, name: str) -> Expr | None:
    if name in ("values", "set") and call.receiver is not None and _is_query(call.receiver):
        return next((arg for arg in call.args[:1] if _is_whole(data, arg)), None)
    if name in ("update", "merge", "assign", "overwrite") and is_found_record(facts, owner, call):
        return next((arg for arg in call.args[:1] if _is_whole(data, arg)), None)
    if not _is_store(facts, owner, call):
        return None
    if name in _PRISMA_WRITES and call.args and call.args[0].kind is ExprKind.OBJECT:
        options = dict(zip(call.args[0].keys, call.args[0].parts, strict=False))
        for key in ("data", "create", "update"):
            if key in options and _is_whole(data, options[key]):
                return options[key]
    return next((arg for arg in _values(call, name) if _is_whole(data, arg)), None)


def _values(call: Call, name: str) -> tuple[Expr, ...]:
    """The arguments of a write that may be the values of a record."""
    if name in _FIRST or name in _EITHER:
        return call.args[:2]
    if name in ("merge", "assign"):  # `manager.merge(User, user, body)`, `em.assign(user, body)`
        return call.args[1:]
    return call.args[1:2] if name in _SECOND else ()


def _is_whole(data: ClientData, value: Expr) -> bool:
    """`req.body`, `{ ...req.body, … }`, `{ $set: req.body }`, `req.body.user` given as a record is one too."""
    if value.kind is ExprKind.OBJECT:
        for key, part in zip(value.keys, value.parts, strict=False):
            if (key == "" or key in _OPERATORS) and _is_whole(data, part):
                return True
        return False
    found = data.sent(value)
    return found is not None and _is_object(found)


def _is_object(found: Sent) -> bool:
    return found.source in ("body", "query")


def _is_record(owner: str) -> bool:
    last = owner.rpartition(".")[2]
    return bool(last) and last[:1].islower() and last.lower() not in (*_NEVER, "res", "app", "response", "reply")


def is_found_record(facts: FileFacts, owner: str, call: Call) -> bool:
    """Whether a name holds what a query found: `const user = await User.findByPk(id)`."""
    for scope in facts.index.around(call.scope):
        for binding in facts.index.bound(owner, scope):
            value = (
                binding.value.parts[0]
                if binding.value.kind is ExprKind.AWAIT and binding.value.parts
                else binding.value
            )
            if value.kind is ExprKind.CALL and value.text.rpartition(".")[2].startswith(("find", "getOne")):
                return True
    return False


def _is_query(receiver: Expr) -> bool:
    """`insert(users).values(…)`, `createQueryBuilder().update(User).set(…)`."""
    at: Expr | None = receiver
    while at is not None:
        if at.text.rpartition(".")[2].removesuffix("()") in ("insert", "update", "createQueryBuilder"):
            return True
        at = at.receiver
    return False


def _is_store(facts: FileFacts, owner: str, call: Call) -> bool:
    """Whether the object a method is called on is a model, a repository or a database client."""
    last = owner.rpartition(".")[2].removesuffix("()")
    if call.receiver is not None:
        made = call.receiver.text.rpartition(".")[2].removesuffix("()")
        return made in ("getRepository", "getManager", "collection", "getModel", "model", *_TABLES) or _of_table(call)
    lower = last.lower()
    if any(lower == word or lower.endswith(word) for word in _NEVER):
        return False
    if any(lower == word or lower.endswith(word) for word in _STORE_WORDS):
        return True
    steps = owner.lower().split(".")
    if any("prisma" in step or step in ("db", "models", "tx", "trx") for step in steps[:-1]):
        return True
    return _is_model(facts, owner)


def _is_imported_layer(facts: FileFacts, callee: str) -> bool:
    """Whether a function of a library lays one object over another: MikroORM's `assign(user, body)`, lodash's."""
    name, module = original(facts, callee)
    return name in _LAYER_NAMES and module.startswith(("lodash", "@mikro-orm/"))


def _of_table(call: Call) -> bool:
    """Whether a chain of calls starts at a table of a query builder: `knex('users').where({ id }).update(…)`."""
    at = call.receiver
    while at is not None and at.receiver is not None:
        at = at.receiver
    is_table = at is not None and at.kind is ExprKind.CALL and at.text.rpartition(".")[2] in _TABLES
    return is_table and at is not None and bool(at.parts) and at.parts[0].kind is ExprKind.STRING


def _is_model(facts: FileFacts, name: str) -> bool:
    """A class-like name that is no service: `User`, `OrderModel`, `db.Order`."""
    last = name.rpartition(".")[2]
    if not last[:1].isupper() or last.isupper() or any(last.lower().endswith(word) for word in _NEVER):
        return False
    found = facts.imported(name.partition(".")[0])
    if last.endswith(("Model", "Entity")):
        return True
    return found is not None and any(
        word in found.module.lower() for word in ("model", "entit", "schema", "/db", "database", "prisma", "domain")
    )
