"""Columns that are computed from their own value of before: `row.stock -= 1`, `{ stock: row.stock - 1 }`."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, Class, FileFacts
from reviewer.core.project import Project
from reviewer.rules._accesses import Access

_COUNTED = (
    "count", "balance", "stock", "quantity", "qty", "amount", "total", "point", "credit", "view", "like", "inventory",
    "available", "remaining", "used", "usage", "score", "vote", "seat", "capacity", "copies", "reserved", "sold",
    "clicks", "hits", "downloads", "coins", "attempts", "visits", "redeemed", "uses", "spots", "tickets", "wallet",
    "cents", "funds", "quota", "allowance", "budget", "spent",
)  # fmt: skip
"""Words in the names of columns that several requests count at once."""

Rows = dict[int, dict[str, Access]]
_STEPS = frozenset(("+=", "-=", "++", "--"))


def counts(
    project: Project, path: str, facts: FileFacts, rows: Rows, taken: dict[int, set[str]]
) -> Iterator[tuple[Binding | Call, str, str]]:
    """What computes a column from its own value of before, with the name of the row and the column."""
    for binding in facts.bindings:
        row, _, field = (_counted(binding, rows) or _computed_aside(binding, rows, taken)).rpartition(".")
        if row:
            yield binding, row, field
    for call in facts.calls:
        field = _counted_by_method(project, path, call, rows)
        if field:
            yield call, call.callee.partition(".")[0], field


def _counted_by_method(project: Project, path: str, call: Call, rows: Rows) -> str:
    """The column that a method of the row's own class counts (`wallet.withdraw(5)`), "" for any other call."""
    row, _, name = call.callee.partition(".")
    access = rows.get(call.scope, {}).get(row) if name and call.is_statement else None
    declared = project.declaration(path, access.holder.entity or access.table) if access is not None else None
    if declared is None or not isinstance(declared.item, Class):
        return ""
    facts = project.head[declared.path]
    if any(
        decorator.name.endswith("Version") or field.name == "version"
        for field in declared.item.properties
        for decorator in field.decorators
    ):
        return ""
    scope = next((one.scope for one in declared.item.methods if one.name == name and one.scope >= 0), NOWHERE)
    for binding in facts.index.bindings((scope,) if scope >= 0 else ()):
        root, _, field = binding.name.partition(".")
        is_own = binding.kind is BindingKind.ASSIGNMENT and root == "this" and "." not in field
        if is_own and (binding.operator in _STEPS or _computes(binding.value, binding.name)):
            return field
    return ""


def _counted(binding: Binding, rows: Rows) -> str:
    """`row.column`, where a binding computes the column from its own value of before; "" for any other."""
    if binding.kind is BindingKind.ASSIGNMENT and binding.name.count(".") == 1:
        row, _, field = binding.name.partition(".")
        is_step = binding.operator in _STEPS or _computes(binding.value, binding.name)
        return binding.name if is_step and field and row in rows.get(binding.scope, ()) else ""
    if binding.kind is not BindingKind.PAIR or not _is_counted(binding.name):
        return ""
    named = (f"{row}.{binding.name}" for row in _roots(binding.value) if row in rows.get(binding.scope, ()))
    return next((name for name in named if _computes(binding.value, name)), "")


def _roots(value: Expr) -> list[str]:
    """The names that a computed value may start from."""
    if value.kind is ExprKind.OTHER:
        return [value.text.removeprefix("Number(").partition(".")[0]]
    inner = [
        part.parts[0] if part.kind in (ExprKind.CHOICE, ExprKind.CALL) and part.parts else part for part in value.parts
    ]
    found = [part.text.partition(".")[0] for part in inner if part.kind is ExprKind.MEMBER]
    return found or [root for part in value.parts if value.kind is ExprKind.CALL for root in _roots(part)]


def _computed_aside(binding: Binding, rows: Rows, taken: dict[int, set[str]]) -> str:
    """`row.column`, where a name of its own gets the new value: `const left = row.stock - quantity`.

    For a column that was taken out of its row (`const { stock } = await …`), the row is called by the column's name.
    """
    value = binding.value
    if binding.kind is BindingKind.PAIR and _is_counted(binding.name):
        is_old = binding.name in taken.get(binding.scope, ()) and _computes(value, binding.name)
        return f"{binding.name}.{binding.name}" if is_old else ""
    if binding.kind not in (BindingKind.CONST, BindingKind.LET) or not binding.name or value.kind is ExprKind.CALL:
        return ""
    old = value.text.partition(" -")[0] if value.kind is ExprKind.OTHER else ""
    olds = [old] if old else [part.text for part in value.parts if value.kind is ExprKind.CONCAT]
    for name in olds:
        row, _, field = name.partition(".")
        if row in rows.get(binding.scope, ()) and "." not in field and _is_counted(field) and _computes(value, name):
            return f"{binding.name}.{field}"
    return ""


def _is_counted(field: str) -> bool:
    return any(word in field.lower() for word in _COUNTED)


def _computes(value: Expr, name: str) -> bool:
    """Whether a value is the old one plus or minus something."""
    if value.kind is ExprKind.CONCAT:
        return any(_is_old(part, name) for part in value.parts)
    if value.kind is ExprKind.CALL and value.text in ("Number", "Math.max", "Math.round", "parseFloat"):
        return any(_computes(part, name) for part in value.parts)
    return value.kind is ExprKind.OTHER and value.text.startswith((f"{name} -", f"Number({name}) -"))


def _is_old(part: Expr, name: str) -> bool:
    inner = part.parts[0] if part.kind in (ExprKind.CHOICE, ExprKind.CALL) and part.parts else part
    return inner.kind in (ExprKind.MEMBER, ExprKind.NAME) and inner.text == name
