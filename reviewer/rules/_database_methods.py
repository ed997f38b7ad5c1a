"""The methods of the database libraries, by what they do."""

from __future__ import annotations

from enum import StrEnum


class Effect(StrEnum):
    """What a query does."""

    ONE = "one"
    MANY = "many"
    WRITE = "write"
    REMOVE = "remove"


TYPEORM = {
    Effect.ONE: ("findOne", "findOneBy", "findOneOrFail", "findOneByOrFail", "count", "countBy", "exist", "exists",
                 "existsBy", "sum", "average", "getOne", "getOneOrFail", "getRawOne", "getCount", "getExists"),
    Effect.MANY: ("find", "findBy", "findByIds", "findAndCount", "findAndCountBy", "query", "getMany", "getRawMany",
                  "getManyAndCount", "getRawAndEntities", "findAll"),
    Effect.WRITE: ("save", "insert", "update", "upsert", "softDelete", "softRemove", "restore", "recover", "increment",
                   "decrement", "execute", "persistAndFlush", "flush", "nativeUpdate", "nativeInsert"),
    Effect.REMOVE: ("delete", "remove", "clear", "removeAndFlush", "nativeDelete"),
}  # fmt: skip
"""Repositories, entity managers and MikroORM."""

PRISMA = {
    Effect.ONE: ("findUnique", "findFirst", "findUniqueOrThrow", "findFirstOrThrow", "count", "aggregate"),
    Effect.MANY: ("findMany", "groupBy", "$queryRaw", "$queryRawUnsafe"),
    Effect.WRITE: ("create", "createMany", "createManyAndReturn", "update", "updateMany", "upsert",
                   "updateManyAndReturn", "$executeRaw", "$executeRawUnsafe"),
    Effect.REMOVE: ("delete", "deleteMany"),
}  # fmt: skip
"""A model of a Prisma client."""

MODEL = {
    Effect.ONE: ("findOne", "findById", "findByPk", "exists", "count", "countDocuments", "estimatedDocumentCount",
                 "findOneBy", "findOneOrFail", "findOneByOrFail"),
    Effect.MANY: ("find", "findAll", "findAndCountAll", "aggregate", "distinct", "findBy", "findAndCount", "paginate"),
    Effect.WRITE: ("create", "insertMany", "insertOne", "updateOne", "updateMany", "findOneAndUpdate",
                   "findByIdAndUpdate", "replaceOne", "findOneAndReplace", "bulkWrite", "bulkCreate", "update",
                   "upsert", "findOrCreate", "increment", "decrement", "save", "insert", "bulkSave"),
    Effect.REMOVE: ("deleteOne", "deleteMany", "findOneAndDelete", "findByIdAndDelete", "findByIdAndRemove", "destroy",
                    "findOneAndRemove", "delete", "remove"),
}  # fmt: skip
"""Mongoose, Sequelize, the MongoDB driver and active records."""

CUSTOM_PREFIXES = {
    Effect.ONE: ("findone", "findby", "findfirst", "findunique", "getone", "getby", "count", "exist", "findlast"),
    Effect.MANY: ("find", "get", "list", "search", "fetch", "query", "load"),
    Effect.WRITE: ("save", "create", "insert", "add", "update", "upsert", "increment", "decrement", "store", "patch",
                   "persist", "bulk", "softdelete", "replace", "mark"),
    Effect.REMOVE: ("delete", "remove", "destroy", "clear"),
}  # fmt: skip
"""How the methods of a project's own repository start."""

ROW_WRITES = frozenset(("save", "update", "destroy", "remove", "deleteOne"))
"""Methods of a row that a model found or made."""

BUILDER_WRITES = ("insert", "insertInto", "update", "updateTable", "upsert", "mergeInto", "into", "increment",
                   "decrement")  # fmt: skip
"""Steps of a chain that write."""

BUILDER_REMOVES = ("del", "delete", "deleteFrom", "truncate")
"""Steps of a chain that delete."""

BUILDER_ONES = ("first", "executeTakeFirst", "executeTakeFirstOrThrow", "findFirst", "count")
"""Steps of a chain that ask for one row."""

TEXTS = frozenset(("toQuery", "toSQL", "toString", "compile", "toNative", "getSQL", "prepare"))
"""Steps that only put the text of a query together."""

BUILDER_ROOTS = frozenset(
    ("select", "selectFrom", "selectDistinct", "query", "insert", "insertInto", "update", "updateTable", "delete",
     "deleteFrom", "from", "table", "into", "raw", "replaceInto")
)  # fmt: skip
"""First steps of a chain that becomes a query."""
