"""Calls that only a Prisma client understands, whatever holds it: `this.database.order.update({ where, data })`."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.rules._transactions import is_handle

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


def prisma_call(project: Project, facts: FileFacts, call: Call, steps: list[str]) -> str:
    """The dotted name of the Prisma client that a call is made on; "" for any other call, and where the client may be
    that of a transaction. `steps` is the callee."""
    table = 2 if steps[0] == "this" else 1
    if len(steps) != table + 2 or not steps[table][:1].islower() or steps[table].endswith("()"):
        return ""
    method = steps[-1]
    is_shaped = (method in _OWN and len(call.args) < 2) or _is_told(call.args, _TOLD.get(method, ""))
    if not is_shaped or is_handle(steps[table - 1]) or not project.once(_uses_prisma):
        return ""
    return "" if _is_of_transaction(facts, call, steps[0]) else ".".join(steps[:table])


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
