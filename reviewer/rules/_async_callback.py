"""Whether what is handed to an array method is an async function: written there, or named and declared in sight."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.project import Project
from reviewer.rules._accesses import accesses
from reviewer.rules._database_types import Library
from reviewer.rules._promises import returns_promise


def is_async_callback(facts: FileFacts, callback: Expr, scope: int) -> bool:
    """Whether a callback given in the function `scope` returns a promise by its own word."""
    if callback.kind is ExprKind.FUNCTION and callback.scope >= 0:
        return facts.functions[callback.scope].is_async
    if callback.kind is not ExprKind.NAME:
        return False
    visible = set(facts.index.around(scope))
    named = (facts.functions[index] for index in facts.index.functions(callback.text))
    return any(item.is_async and item.parent in visible and "." not in item.symbol for item in named)


def starts_writes(project: Project, path: str, callback: Expr) -> bool:
    """Whether a callback that says nothing of promises starts a write to the database and hands back or drops what
    would tell of its end: `(row) => rows.remove(row)`, `(row) => { rows.remove(row); }`."""
    if callback.kind is not ExprKind.FUNCTION or callback.scope < 0:
        return False
    facts = project.head[path]
    for access in accesses(project, path, facts):
        call = access.call
        if not access.is_write or call.scope != callback.scope or call.is_await:
            continue
        if access.method in ("create", "merge") and access.holder.library in (Library.TYPEORM, Library.CUSTOM):
            continue  # only makes an object
        if access.holder.library is Library.CUSTOM and not returns_promise(project, path, facts, call):
            continue  # may be in memory
        if call.is_returned or call.is_statement:
            return True
    return False
