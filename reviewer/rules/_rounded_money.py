"""Money that is rounded back to cents after it was calculated in whole units: what shows that it is no integer."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.control_flow import Operation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, FileFacts
from reviewer.rules._money import is_money, is_whole
from reviewer.rules._words import words_of

_HUNDRED = "100"
_FACTORS_MIN = 2  # a product or a quotient has at least two operands
_EXACT = frozenset(("Decimal", "Big", "BigNumber", "Dinero", "dinero", "currency", "Money"))
"""Names of the types that calculate exactly; a file that has one rounds on purpose."""

_SHARES = frozenset(("percent", "percentage", "pct", "rate", "ratio", "vat", "commission", "discount"))
"""Words in the names of factors that make a share of an amount."""

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


def is_rounding(name: str) -> bool:
    """Whether a name is that of a function which rounds money: `roundMoney`, `toCents`."""
    return name[:5].lower() == "round" and words_of(name)[0] == "round" and is_money(name[5:])


def unrounded_shares(facts: FileFacts) -> Iterator[tuple[Binding, str]]:
    """Amounts that are a percentage of another (`order.total * (percent / 100)`) and that nothing rounds, with the
    name of what they are a share of."""
    if _EXACT & set(facts.names):
        return
    for binding in facts.bindings:
        value = binding.value
        if binding.kind not in (BindingKind.CONST, BindingKind.LET) or not is_money(binding.name) or binding.scope < 0:
            continue
        if value.kind is not ExprKind.OTHER or "*" not in value.text or _is_compared(value.text):
            continue
        name = next((one for one in _names(value) if is_money(one)), "")
        if name and _is_share(value) and not _is_rounded_later(facts, binding):
            yield binding, name


def _is_compared(text: str) -> bool:
    return any(sign in text for sign in ("<", ">", "=", "!", "?"))


def _is_share(value: Expr) -> bool:
    if value.kind is ExprKind.OTHER and value.text.replace(" ", "").rstrip(")").endswith("/100"):
        return True
    return any(set(words_of(one)) & _SHARES for one in _names(value))


def _is_rounded_later(facts: FileFacts, binding: Binding) -> bool:
    """Whether a call of the function rounds the value: by name, or a function that takes money apart."""
    for call in facts.index.calls(facts.index.within(binding.scope)):
        method = call.callee.rpartition(".")[2].lower()
        if any(word in method for word in ("round", "floor", "ceil", "tofixed", "trunc", "cents", "format")):
            return True
    return False


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
