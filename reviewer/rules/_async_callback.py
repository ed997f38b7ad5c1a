"""Whether what is handed to an array method is an async function: written there, or named and declared in sight."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts


def is_async_callback(facts: FileFacts, callback: Expr, scope: int) -> bool:
    """Whether a callback given in the function `scope` returns a promise by its own word."""
    if callback.kind is ExprKind.FUNCTION and callback.scope >= 0:
        return facts.functions[callback.scope].is_async
    if callback.kind is not ExprKind.NAME:
        return False
    visible = set(facts.index.around(scope))
    named = (facts.functions[index] for index in facts.index.functions(callback.text))
    return any(item.is_async and item.parent in visible and "." not in item.symbol for item in named)
