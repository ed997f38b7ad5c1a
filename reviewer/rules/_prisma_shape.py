"""Calls that only a Prisma client understands, whatever holds it: `this.database.order.update({ where, data })`."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.rules._transactions import is_handle
from reviewer.rules._words import words_of

_OWN = frozenset(
    ("findMany", "findUnique", "findFirst", "findUniqueOrThrow", "findFirstOrThrow", "createMany", "updateMany",
     "createManyAndReturn", "updateManyAndReturn")
)  # fmt: skip
"""Methods that no other library gives to what stands in a field of a client, named by a table."""

_TOLD = {"create": "data", "update": "data", "upsert": "where", "delete": "where", "deleteMany": "where"}
"""Methods that others have too, and what only Prisma's are told in one object."""

_OPTIONS = frozenset(
    ("data", "where", "select", "include", "omit", "create", "update", "limit", "relationLoadStrategy")
)
"""All that such an object may hold; the clients of other services are told more (`accountId`)."""

_CLIENTS = frozenset(("prisma", "db", "database", "client", "orm"))
"""Words of a client that something else carries: `ctx.prisma`, `this.app.db`."""

_WRAPPED_STEPS = 3
"""`model.order.update`: the field of the wrapper, the table, the method."""


def prisma_call(project: Project, facts: FileFacts, call: Call, steps: list[str]) -> str:
    """The dotted name of the Prisma client that a call is made on; "" for any other call, and where the client may be
    that of a transaction. `steps` is the callee."""
    table = len(steps) - 2
    near = table - (2 if steps[0] == "this" else 1)
    if near not in (0, 1) or not steps[table][:1].islower() or any(step.endswith("()") for step in steps):
        return ""
    client = steps[table - 1]
    if near and not _CLIENTS & set(words_of(client)):
        return ""  # a field of a field, such as `ctx.prisma`, must say what it is
    if not _is_shaped(call, steps[-1]) or is_handle(client) or not project.once(_uses_prisma):
        return ""
    return "" if _is_of_transaction(facts, call, steps[0]) else ".".join(steps[:table])


def behind_wrapper(call: Call, rest: list[str]) -> list[str]:
    """The steps of a call on what holds a Prisma client, without the field in which a class of the project's own keeps
    it: `['model', 'order', 'update']` is `['order', 'update']`. What may be a transaction's client stays whole."""
    if len(rest) != _WRAPPED_STEPS or not rest[0][:1].islower() or is_handle(rest[0]):
        return rest
    return rest[1:] if _is_shaped(call, rest[-1]) else rest


def _is_shaped(call: Call, method: str) -> bool:
    return (method in _OWN and len(call.args) < 2) or _is_told(call.args, _TOLD.get(method, ""))


def _is_of_transaction(facts: FileFacts, call: Call, name: str) -> bool:
    """Whether a local name was given what somebody calls the client of a transaction: `this.database.txClient()`."""
    given = (
        one.value.text.lower() for around in facts.index.around(call.scope) for one in facts.index.bound(name, around)
    )
    return any(word in text for text in given for word in ("tx", "trx", "transaction"))


def _is_told(args: tuple[Expr, ...], key: str) -> bool:
    if not key or len(args) != 1 or args[0].kind is not ExprKind.OBJECT:
        return False
    return key in args[0].keys and set(args[0].keys) <= _OPTIONS


def _uses_prisma(project: Project) -> bool:
    return project.uses("@prisma/client") or any(
        "prisma" in item.module.lower() for facts in project.head.values() for item in facts.imports
    )
