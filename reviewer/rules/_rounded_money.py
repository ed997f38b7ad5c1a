"""Money that is rounded back to cents after it was calculated in whole units: what shows that it is no integer."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.control_flow import Operation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts
from reviewer.rules._money import is_money, is_whole

_HUNDRED = "100"
_FACTORS_MIN = 2  # a product or a quotient has at least two operands
_EXACT = frozenset(("Decimal", "Big", "BigNumber", "Dinero", "dinero", "currency", "Money"))
"""Names of the types that calculate exactly; a file that has one rounds on purpose."""

_BINDINGS_MAX = 30
"""Values of one name that are looked at, as in `_taint_sql.py`: a stranger may write thousands."""


def rounded_money(facts: FileFacts) -> Iterator[tuple[int, str, Call | Operation]]:
    """Line and name of money that is calculated with `*` or `/` and rounded to two digits, with what rounds it:
    `Number(total.toFixed(2))`, `Math.round(total * 100) / 100`."""
    if _EXACT & set(facts.names):
        return
    for call in facts.calls:
        if call.callee in ("Number", "parseFloat", "Number.parseFloat") and len(call.args) == 1:
            yield from _found(facts, call, _fixed(call.args[0]))
    for operation in facts.operations:
        left = operation.left
        if operation.operator == "/" and operation.right.text == _HUNDRED and left.text == "Math.round" and left.parts:
            yield from _found(facts, operation, _times_hundred(left.parts[0]))


def _found(
    facts: FileFacts, rounds: Call | Operation, value: Expr | None
) -> Iterator[tuple[int, str, Call | Operation]]:
    if value is None:
        return
    function = rounds.symbol.rpartition(".")[2]
    if is_whole(function) or is_whole(value.text.replace(".", "_")):
        return
    if value.kind is ExprKind.NAME:
        for binding in facts.index.bound(value.text, rounds.scope)[:_BINDINGS_MAX]:
            is_fixed = binding.kind in (BindingKind.CONST, BindingKind.LET)
            if is_fixed and _is_product(binding.value) and (is_money(value.text) or is_money(function)):
                yield binding.first, value.text, rounds
                return
    elif _is_product(value):
        name = next((one for one in _names(value) if is_money(one) and not is_whole(one)), "")
        if name or is_money(function):
            yield rounds.first, name or function, rounds


def _fixed(value: Expr) -> Expr | None:
    """What `x.toFixed(2)` rounds."""
    name, _, method = value.text.rpartition(".")
    is_fixed = value.kind is ExprKind.CALL and method == "toFixed" and [part.text for part in value.parts] == ["2"]
    if not is_fixed:
        return None
    return value.receiver or Expr(ExprKind.NAME if "." not in name else ExprKind.MEMBER, name, value.first, value.last)


def _times_hundred(value: Expr) -> Expr | None:
    """What is multiplied by a hundred."""
    text, _, factor = value.text.rpartition(" * ")
    if value.kind is not ExprKind.OTHER or factor != _HUNDRED or len(value.parts) < _FACTORS_MIN:
        return None
    inner = value.parts[:-1]
    return inner[0] if len(inner) == 1 else Expr(ExprKind.OTHER, text, value.first, value.last, inner)


def _is_product(value: Expr) -> bool:
    return (
        value.kind is ExprKind.OTHER and len(value.parts) >= _FACTORS_MIN and ("*" in value.text or "/" in value.text)
    )


def _names(value: Expr) -> Iterator[str]:
    if value.kind in (ExprKind.NAME, ExprKind.MEMBER):
        yield value.text.rpartition(".")[2]
    for part in value.parts:
        yield from _names(part)
