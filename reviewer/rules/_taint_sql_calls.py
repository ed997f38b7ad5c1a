"""Which calls are given SQL, and what of it: methods of drivers and builders, and functions of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.routes import original

if TYPE_CHECKING:
    from reviewer.core.facts import Call, FileFacts

_WHOLE_QUERY = frozenset(
    ("query", "raw", "execute", "$queryRawUnsafe", "$executeRawUnsafe", "rawQuery", "unsafe", "run", "all", "exec",
     "prepare", "each", "get", "one", "none", "oneOrNone", "many", "manyOrNone", "any", "queryOne", "executeSql",
     "executeQuery", "queryArray", "batch")
)  # fmt: skip
_CONDITION = frozenset(
    ("where", "andWhere", "orWhere", "whereRaw", "andWhereRaw", "orWhereRaw", "having", "havingRaw", "andHaving",
     "joinRaw", "literal", "selectRaw", "fromRaw", "orderByRaw")
)  # fmt: skip
PIECES = frozenset(
    ("orderByRaw", "groupByRaw", "havingRaw", "whereRaw", "andWhereRaw", "orWhereRaw", "joinRaw", "fromRaw",
     "selectRaw", "raw", "literal", "unsafe", "unsafeRaw", "$queryRawUnsafe", "$executeRawUnsafe")
)  # fmt: skip
"""What writes any text into a query as it is, be it only the name of a column."""

BUILDERS = ("knex", "objection", "drizzle-orm", "@prisma/client", "sequelize", "sequelize-typescript", "kysely",
             "postgres", "@mikro-orm/core", "@mikro-orm/knex", "bookshelf")  # fmt: skip
_DATABASES = frozenset(
    ("db", "pool", "connection", "conn", "database", "datasource", "manager", "sequelize", "runner", "queryrunner",
     "em", "knex", "prisma", "trx", "tx", "mysql", "pg", "pgclient", "entitymanager", "sql")
)  # fmt: skip
_MAKES_TEXT = ("build", "make", "create", "format", "parse", "log", "explain", "print", "describe", "assert", "expect")
_STATEMENTS = frozenset(("select", "insert", "update", "delete", "with", "call", "replace", "merge", "exec", "execute"))
_CLAUSES = frozenset(("from", "into", "set", "where", "values", "table", "as"))
_OPERATORS = ("=", "<", ">", " like ", " ilike ", " in ", " in(", " between ")
_COMPOSED = (
    ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL, ExprKind.TEMPLATE, ExprKind.CONCAT, ExprKind.CHOICE,
)  # fmt: skip


def is_sent(call: Call, value: Expr) -> bool:
    """Whether a database is given a whole query that is not written here: `pool.query(req.body.sql)`."""
    owner, _, name = call.callee.rpartition(".")
    is_named = value.kind in (ExprKind.NAME, ExprKind.MEMBER) and name in ("query", "execute")
    return is_named and owner.rpartition(".")[2].removeprefix("_").lower() in _DATABASES


def text_of(facts: FileFacts, call: Call) -> Expr | None:
    """The text a query method is given."""
    owner, _, name = call.callee.rpartition(".")
    if call.is_tagged or not call.args or not (_takes_text(name) if owner else _takes_text_alone(facts, name)):
        return None
    value = call.args[0]
    if value.kind is ExprKind.OBJECT:
        pairs = zip(value.keys, value.parts, strict=False)
        value = next((part for key, part in pairs if key in ("text", "sql", "query")), value)
    return value if value.kind in _COMPOSED else None


def _takes_text(name: str) -> bool:
    return name in _WHOLE_QUERY or name in _CONDITION or name in PIECES or _names_query(name)


def _takes_text_alone(facts: FileFacts, name: str) -> bool:
    """`query(…)` of a module of one's own, sequelize's `literal(…)`."""
    if name == "literal":
        return original(facts, name)[1].startswith("sequelize")
    return name in ("query", "execute", "executeSql", "executeQuery", "rawQuery", "queryOne") or _names_query(name)


def _names_query(name: str) -> bool:
    """Whether a function says that it runs queries: `runQuery`, `sqlAll`; not one that only makes their text."""
    lower = name.lower()
    return ("query" in lower or "sql" in lower) and not lower.startswith(_MAKES_TEXT)


def is_sql(call: Call, text: str) -> bool:
    """Whether a text that a call is given is surely SQL."""
    words = text.lower().replace("(", " ").split()
    name = call.callee.rpartition(".")[2]
    if name in _CONDITION or (name in ("raw", "unsafe") and words and words[0] not in _STATEMENTS):
        return any(operator in f" {text.lower()} " for operator in _OPERATORS)
    return bool(words) and words[0] in _STATEMENTS and any(word in _CLAUSES for word in words[1:])
