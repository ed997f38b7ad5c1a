"""Database objects that a handler is handed by the application: on its request or context, or out of a container."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding

_LOOKUPS = ("get", "resolve", "inject")
_LOOKED_UP = (ExprKind.STRING, ExprKind.NAME, ExprKind.MEMBER)
_SHARED = frozenset(("req", "request", "ctx", "context", "c", "app", "server", "fastify", "container", "Container"))
"""What a handler shares with the whole application: what hangs on it is a client of all requests."""

_HANDLES = frozenset(("prisma", "db", "database", "knex", "orm", "em", "datasource", "entitymanager", "mongo",
                      "sequelize", "drizzle", "kysely"))  # fmt: skip
_HANDLE_ENDINGS = ("Model", "Repository", "Repo", "Dao", "PrismaService", "PrismaClient", "DataSource")


def taken_out(binding: Binding) -> Iterator[str]:
    """The database objects taken out of a request, an application or a container: `const { db } = req.app.locals`."""
    if binding.value.kind in (ExprKind.NAME, ExprKind.MEMBER) and _is_shared(binding.value.text):
        pairs = zip(binding.fields, binding.locals, strict=False)
        yield from (local for field, local in pairs if local and _is_handle(field))


def is_looked_up(value: Expr) -> bool:
    """Whether a value is a database object out of a container: `Container.get('orderModel')`, `app.get('db')`."""
    is_lookup = value.kind is ExprKind.CALL and value.text.rpartition(".")[2] in _LOOKUPS and len(value.parts) == 1
    return is_lookup and value.parts[0].kind in _LOOKED_UP and _is_handle(value.parts[0].text)


def is_handed(dotted: str) -> bool:
    """Whether a dotted name is a database object that hangs on the request, the context or the application:
    `req.app.locals.db`, `ctx.prisma`, `container.cradle.orderRepository`."""
    owner, _, last = dotted.rpartition(".")
    return bool(owner) and _is_shared(owner) and _is_handle(last)


def _is_shared(dotted: str) -> bool:
    return dotted.partition(".")[0] in _SHARED


def _is_handle(name: str) -> bool:
    return name.lower() in _HANDLES or (name.endswith(_HANDLE_ENDINGS) and not name.startswith("view"))
