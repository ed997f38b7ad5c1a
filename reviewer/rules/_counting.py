"""Columns that are computed from their own value of before, and written back: `{ stock: row.stock - 1 }`.

The value is followed through constants, `??`, `Math.max`, destructuring and helpers that read the column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, Class, FileFacts
from reviewer.core.project import Project
from reviewer.rules._accesses import Access
from reviewer.rules._called import called

Rows = dict[int, dict[str, Access]]
STEPS = frozenset(("+=", "-=", "++", "--"))
_WRAPS = frozenset(
    ("Number", "Math.max", "Math.min", "Math.round", "Math.floor", "Math.ceil", "Math.trunc", "parseFloat", "parseInt",
     "BigInt", "Number.parseInt", "Number.parseFloat", "String")
)  # fmt: skip
_TEXTS = (ExprKind.STRING, ExprKind.TEMPLATE)
_COMPARES = ("<", ">", "=", "!", "?", " in ", " instanceof ")
_DEPTH_MAX = 6
"""Constants and operands followed from a written value to the column it was computed from."""


@dataclass(frozen=True, slots=True)
class Counting:
    """Follows values of one file back to the columns they were computed from."""

    project: Project
    path: str
    rows: Rows
    taken: dict[int, dict[str, str]]
    """Columns taken out of their rows, by scope and local name."""

    @property
    def facts(self) -> FileFacts:
        return self.project.head[self.path]

    def computed(self, value: Expr, field: str, scope: int, depth: int = 0) -> Expr | None:
        """The arithmetic by which a value is made from the old value of a column; None for any other value."""
        if depth > _DEPTH_MAX:
            return None
        if value.kind is ExprKind.NAME:
            found = self._constant(value.text, scope)
            return self.computed(found.value, field, found.scope, depth + 1) if found is not None else None
        if value.kind is ExprKind.CHOICE or (value.kind is ExprKind.CALL and value.text in _WRAPS):
            inner = (self.computed(part, field, scope, depth + 1) for part in value.parts)
            return next((one for one in inner if one is not None), None)
        if not is_arithmetic(value):
            return None
        operands = (part for part in value.parts if part.kind not in _TEXTS)
        for part in operands:
            if self.is_old(part, field, scope, depth + 1):
                return value
            if part.kind in (ExprKind.OTHER, ExprKind.CONCAT) and self.computed(part, field, scope, depth + 1):
                return value
        return None

    def is_old(self, value: Expr, field: str, scope: int, depth: int) -> bool:
        """Whether a value is that of a column as a row that was read has it."""
        if depth > _DEPTH_MAX:
            return False
        if value.kind is ExprKind.AWAIT and value.parts:
            return self._reads(value.parts[0], field, scope)
        if value.kind is ExprKind.CHOICE or (value.kind is ExprKind.CALL and value.text in _WRAPS):
            return any(self.is_old(part, field, scope, depth + 1) for part in value.parts)
        if value.kind is ExprKind.MEMBER:
            row, _, column = value.text.partition(".")
            return column == field and self.row(row, scope) is not None
        if value.kind is not ExprKind.NAME:
            return False
        around = list(self.facts.index.around(scope))
        if any(self.taken.get(at, {}).get(value.text) == field for at in around):
            return True
        found = self._constant(value.text, scope)
        return found is not None and self.is_old(found.value, field, found.scope, depth + 1)

    def row(self, name: str, scope: int) -> Access | None:
        """The query that read the row of that name, in a scope or around it."""
        around = self.facts.index.around(scope)
        return next((self.rows[at][name] for at in around if name in self.rows.get(at, ())), None)

    def _constant(self, name: str, scope: int) -> Binding | None:
        for around in self.facts.index.around(scope):
            found = self.facts.index.bound(name, around)
            if found:
                return found[0] if found[0].kind in (BindingKind.CONST, BindingKind.LET) else None
        return None

    def _reads(self, value: Expr, field: str, scope: int) -> bool:
        """Whether a helper of the project returns the column of a row that it reads."""
        if value.kind is not ExprKind.CALL or "." in value.text:
            return False
        found = called(self.project, self.path, Call(value.text, value.parts, value.first, value.last, scope, "", ""))
        if found is None or found.scope == NOWHERE:
            return False
        returned = self.project.head[found.path].index.bindings((found.scope,))
        values = [one.value for one in returned if one.kind is BindingKind.RETURN]
        options = [part for one in values for part in (one.parts if one.kind is ExprKind.CHOICE else (one,))]
        return any(one.kind is ExprKind.MEMBER and one.text.rpartition(".")[2] == field for one in options)


def is_arithmetic(value: Expr) -> bool:
    """Whether a value is computed: `a - 1`, `a * 2`, `a + 1`; what is added to a literal text is no number."""
    if value.kind is ExprKind.OTHER:
        return any(sign in value.text for sign in ("-", "*")) and not any(one in value.text for one in _COMPARES)
    return value.kind is ExprKind.CONCAT and not any(part.kind in _TEXTS for part in value.parts)


def written(call: Call) -> Iterator[tuple[str, Expr]]:
    """The columns that a write sets, with their values: objects in its arguments and in those of its chain."""
    at = call.receiver
    chained: list[Expr] = []
    while at is not None:
        if at.text.rpartition(".")[2] in ("update", "set", "values", "patch", "merge", "assign"):
            chained.extend(at.parts)
        at = at.receiver
    for arg in (*call.args, *chained):
        yield from pairs(arg)
        if arg.kind is ExprKind.ARRAY:
            for part in arg.parts:
                yield from pairs(part)


def pairs(value: Expr, depth: int = 0) -> Iterator[tuple[str, Expr]]:
    """The keys of an object with their values, those of objects in it too; filters and what makes new rows left out."""
    if value.kind is not ExprKind.OBJECT:
        return
    for key, part in zip(value.keys, value.parts, strict=True):
        if key in ("where", "create", "$setOnInsert", "select", "include", "$inc"):
            continue
        if part.kind is ExprKind.OBJECT and depth < _DEPTH_MAX:
            found = part.parts[0] if part.keys == ("set",) else None
            yield from ((key, found),) if found is not None else pairs(part, depth + 1)
        elif key:
            yield key, part


def counted_by_method(project: Project, path: str, call: Call, access: Access) -> str:
    """The column that a method of the row's own class counts (`wallet.withdraw(5)`), "" for any other call."""
    name = call.callee.partition(".")[2]
    declared = project.declaration(path, access.holder.entity or access.table)
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
        if is_own and (binding.operator in STEPS or is_self(binding.value, binding.name)):
            return field
    return ""


def is_self(value: Expr, name: str) -> bool:
    """Whether a value is a sum, product or difference of what a place held before."""
    if value.kind is ExprKind.CALL and value.text in _WRAPS:
        return any(is_self(part, name) for part in value.parts)
    is_sum = value.kind in (ExprKind.OTHER, ExprKind.CONCAT)
    return is_sum and any(part.text == name for part in value.parts)
