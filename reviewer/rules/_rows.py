"""Names that hold what was read from the database."""

from __future__ import annotations

from collections import defaultdict

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.rules._accesses import Access

_FIRST = ("[]",)
"""What `const [row] = await …` takes out."""


def rows_read(facts: FileFacts, calls: dict[tuple[str, int], Access]) -> dict[int, dict[str, Access]]:
    """Names, by their scope, that hold a row which was read from the database, with the query that read it."""
    found: dict[int, dict[str, Access]] = defaultdict(dict)
    for binding in facts.bindings:
        value = binding.value
        while value.kind in (ExprKind.AWAIT, ExprKind.CHOICE) and value.parts:
            value = value.parts[0]
        at_call: Expr | None = value
        while at_call is not None:
            access = calls.get((at_call.text, at_call.first))
            name = binding.name or next(iter(binding.locals), "") if binding.fields in ((), _FIRST) else ""
            if access is not None and not access.is_write and name:
                found[binding.scope][name] = access
            at_call = at_call.receiver
    return found


def columns_taken(facts: FileFacts, calls: dict[tuple[str, int], Access]) -> dict[int, dict[str, str]]:
    """Columns that were taken out of a row when it was read, or later, by scope and the name they have there."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = rows_read(facts, calls)
    for binding in facts.bindings:
        value = binding.value.parts[0] if binding.value.kind is ExprKind.AWAIT else binding.value
        access = _behind(calls, value) if binding.fields else None
        if access is None and binding.fields and value.kind is ExprKind.NAME:
            around = facts.index.around(binding.scope)
            access = next((rows[at][value.text] for at in around if value.text in rows.get(at, ())), None)
        if access is not None and not access.is_write:
            found[binding.scope] |= dict(zip(binding.locals, binding.fields, strict=False))
    return found


def _behind(calls: dict[tuple[str, int], Access], value: Expr) -> Access | None:
    """The query that a value or what it is called on runs: `Order.findById(id).lean()`."""
    at: Expr | None = value
    while at is not None:
        access = calls.get((at.text, at.first))
        if access is not None:
            return access
        at = at.receiver
    return None
