"""Numbers made of what a client sent: `Number(x)`, `parseInt(x)`, `+x`, and what a function does about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts
    from reviewer.rules._client_data import ClientData, Sent
    from reviewer.rules._flow import Flow

MAKERS = frozenset(("Number", "parseInt", "parseFloat", "Number.parseInt", "Number.parseFloat"))
_TESTS = frozenset(
    ("isNaN", "isFinite", "isInteger", "isSafeInteger", "min", "max", "clamp", "isInt", "isNumber", "isNumeric",
     "includes", "has", "validate", "assert", "ok", "test", "match", "isSafe", "isDecimal")
)  # fmt: skip
_KEEPS_NAN = frozenset(f"Math.{name}" for name in ("min", "max", "floor", "ceil", "round", "trunc", "abs"))
"""What answers NaN when one argument is NaN: `Math.min(NaN, 50)` bounds nothing."""

_COMPARES = frozenset(("<", ">", "<=", ">="))
_NAMES = (ExprKind.NAME, ExprKind.MEMBER)
_OPERANDS = 2
_DEPTH_MAX = 8
"""As deep as expressions are kept."""


def converted(data: ClientData, value: Expr) -> Sent | None:
    """The part of the request that an expression converts to a number without a default; None for anything else."""
    if value.kind is ExprKind.CALL and value.text in MAKERS and value.parts:
        return data.sent(value.parts[0])
    if value.kind is ExprKind.OTHER and value.text.startswith("+") and len(value.parts) == 1:
        return data.sent(value.parts[0])
    if keeps_nan(value):
        return next((part for one in value.parts if (part := converted(data, one))), None)
    return None


def keeps_nan(value: Expr) -> bool:
    """`Math.min(Math.max(limit, 1), 50)`: what bounds a number, and lets NaN through."""
    return value.kind is ExprKind.CALL and value.text in _KEEPS_NAN


def number_names(facts: FileFacts, data: ClientData, inside: tuple[int, ...]) -> dict[str, Sent]:
    """Constants that hold such a number, or nothing where the client sends nothing."""
    found: dict[str, Sent] = {}
    for binding in facts.index.bindings(inside):
        if binding.name and binding.kind in (BindingKind.CONST, BindingKind.LET):
            part = converted(data, binding.value) or _chosen(data, binding.value) or _bounded(found, binding.value)
            if part is not None:
                found[binding.name] = part
    return found


def _bounded(found: dict[str, Sent], value: Expr) -> Sent | None:
    """The part of the request in `Math.min(limit, 50)`, where `limit` is such a number."""
    if value.kind is ExprKind.NAME:
        return found.get(value.text)
    parts = value.parts if keeps_nan(value) else ()
    return next((part for one in parts if (part := _bounded(found, one))), None)


def _chosen(data: ClientData, value: Expr) -> Sent | None:
    """The part of the request in `x ? Number(x) : undefined`: a default only for what is left out."""
    if value.kind is not ExprKind.CHOICE or value.text != "?:":
        return None
    return next((part for one in value.parts if (part := converted(data, one))), None)


def tested(facts: FileFacts, flow: Flow, inside: tuple[int, ...], *, is_presence_enough: bool = True) -> frozenset[str]:
    """Dotted names that a function tests: given to `isNaN` and its like, compared, or the condition of an if; of one
    that only asks for a value (`limit !== undefined`) where `is_presence_enough`."""
    return frozenset(_tested(facts, flow, inside, is_presence_enough=is_presence_enough))


def _is_presence(test: Expr) -> bool:
    return len(test.parts) == _OPERANDS and any(part.text in ("undefined", "null") for part in test.parts)


def _tested(facts: FileFacts, flow: Flow, inside: tuple[int, ...], *, is_presence_enough: bool) -> Iterator[str]:
    for call in facts.index.calls(inside):
        if call.callee.rpartition(".")[2] in _TESTS and call.callee not in _KEEPS_NAN:
            for arg in call.args:
                yield from names_in(arg)
    for operation in flow.operations(inside):
        if operation.operator in _COMPARES:
            yield from names_in(operation.left)
            yield from names_in(operation.right)
        elif operation.left.text == operation.right.text:
            yield operation.left.text  # `id !== id`
    for condition in flow.conditions(inside):
        if not condition.is_ternary and (is_presence_enough or not _is_presence(condition.test)):
            yield from names_in(condition.test)


def names_in(value: Expr, depth: int = 0) -> Iterator[str]:
    """The dotted names in an expression."""
    if depth > _DEPTH_MAX:
        return
    if value.kind in _NAMES:
        yield value.text
    for part in (*value.parts, *((value.receiver,) if value.receiver else ())):
        yield from names_in(part, depth + 1)


def is_sum(value: Expr) -> bool:
    """`(page - 1) * SIZE`: NaN stays NaN."""
    return value.kind is ExprKind.OTHER and len(value.parts) == _OPERANDS and any(one in value.text for one in "-*/+")
