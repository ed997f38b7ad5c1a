"""Prices that are parsed to floating-point numbers and calculated with: the sum is off by cents.

`parseFloat('0.10') + parseFloat('0.20')` is 0.30000000000000004. It shows where sums are compared, stored or charged,
and rounding at the end hides it for some baskets only. Calculate in whole cents (`BigInt`, integers), or with a decimal
type. Turning a price into cents (`Math.round(parseFloat(price) * 100)`) is the cure and left alone, and so are names
that are counted in the smallest unit. Money that is multiplied and then rounded back to two digits
(`Number(total.toFixed(2))`) is no integer either, nor is a percentage of an amount that nobody rounds where the project
rounds its money.

Bad::

    const total = items.reduce((sum, item) => sum + parseFloat(item.price), 0);

Good::

    const totalCents = items.reduce((sum, item) => sum + toCents(item.price), 0);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._money import is_money, is_whole
from reviewer.rules._report import at, report
from reviewer.rules._rounded_money import is_rounding, rounded_money, unrounded_shares

_PARSERS = frozenset(("parseFloat", "Number.parseFloat", "Number"))
_ARITHMETIC = frozenset(("-", "*", "/", "%"))
_SUMS = frozenset(("+=", "-="))
_CENTS = frozenset(("100", "1000", "10000", "1e2", "1e4", "100n", "10_000", "1_000"))
"""Factors that turn a price into its smallest unit."""
_LOOKED_THROUGH = (ExprKind.CHOICE, ExprKind.OTHER, ExprKind.CONCAT)
_DEPTH_MAX = 6


def inspect(project: Project) -> Iterator[Finding]:
    """Calculations with parsed prices that the change wrote, one for each function."""
    for file, facts in project.production:
        prices = [call for call in facts.calls if _price(call.callee, call.args)]
        said: set[str] = set()
        shares = _shares(facts) if project.once(_rounds_money) else ()
        for line, name, symbol, code, fact in (*_calculations(facts, prices), *_rounded(facts), *shares):
            if symbol in said or not project.wrote(file.path, line) or project.was_there(file.path, fact):
                continue
            said.add(symbol)
            yield report(
                RULE,
                at(file.path, line),
                f"`{name}` is a floating-point number and calculated with: 0.1 + 0.2 is not 0.3, so the "
                "result is off by cents. Calculate in whole cents, or with a decimal type.",
                symbol=symbol,
                quoted=code,
            )


def _rounds_money(project: Project) -> bool:
    """Whether the project rounds its money with a function of its own, or counts it in the smallest unit."""
    names = frozenset[str]().union(*(facts.names for facts in project.head.values()))
    return any(is_rounding(name) or (is_whole(name) and is_money(name)) for name in names)


def _shares(facts: FileFacts) -> Iterator[_Place]:
    """Shares of money that are kept as they come: fractions of a cent."""
    for binding, name in unrounded_shares(facts):
        yield binding.first, name, binding.symbol, binding.code, binding


_Place = tuple[int, str, str, str, Call | Binding]


def _calculations(facts: FileFacts, prices: list[Call]) -> Iterator[_Place]:
    """Line, price, symbol and code of each calculation."""
    parsed = _Parsed(facts)
    for one in facts.operations:
        if one.operator in _ARITHMETIC and not (
            _is_cents(one.operator, one.left, one.right) or _sorts(facts, one.scope)
        ):
            name = parsed.price(one.left, one.scope) or parsed.price(one.right, one.scope)
            if name:
                fact = Call(one.operator, (), one.first, one.last, one.scope, one.symbol, one.code)
                yield one.first, name, one.symbol, one.code, fact
    for binding in facts.bindings:
        name = parsed.price(binding.value, binding.scope) if binding.operator in _SUMS else ""
        name = name or next((got for sum_ in _sums(binding.value, 0) if (got := parsed.added(sum_, binding.scope))), "")
        if name and not _turns_to_cents(binding.value):
            yield binding.first, name, binding.symbol, binding.code, binding
    summed = {call.callee.partition("().reduce")[0] for call in facts.calls if call.callee.endswith("().reduce")}
    for call in prices:
        if call.loop in summed and call.is_returned:
            yield call.first, _price(call.callee, call.args), call.symbol, call.code, call


def _rounded(facts: FileFacts) -> Iterator[_Place]:
    for line, name, rounds in rounded_money(facts):
        fact = Call("round", (), rounds.first, rounds.last, rounds.scope, rounds.symbol, rounds.code)
        yield line, name, rounds.symbol, rounds.code, fact


def _price(callee: str, args: tuple[Expr, ...]) -> str:
    """The price that a call parses, "" for any other call."""
    if callee not in _PARSERS or len(args) != 1 or args[0].kind not in (ExprKind.NAME, ExprKind.MEMBER):
        return ""
    name = args[0].text.rpartition(".")[2]
    return name if is_money(name) and not is_whole(args[0].text.replace(".", "_")) else ""


class _Parsed:
    """The parsed prices of a file, also under the names of constants and variables."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._names: dict[tuple[int, str], str] = {}
        for binding in facts.bindings:
            if binding.kind in (BindingKind.CONST, BindingKind.LET) and binding.name:
                value = binding.value
                choices = value.parts if value.kind is ExprKind.CHOICE else (value,)
                found = (_price(one.text, one.parts) for one in choices if one.kind is ExprKind.CALL)
                name = next((price for price in found if price), "")
                if name:
                    self._names[binding.scope, binding.name] = name

    def price(self, value: Expr, scope: int, depth: int = 0) -> str:
        """The parsed price that a value is, or is calculated from; "" when there is none."""
        if value.kind is ExprKind.CALL:
            return _price(value.text, value.parts)
        if value.kind is ExprKind.NAME and self._names:
            around = self._facts.index.around(scope)
            return next((self._names[at, value.text] for at in around if (at, value.text) in self._names), "")
        if value.kind not in _LOOKED_THROUGH or depth >= _DEPTH_MAX or _turns_to_cents(value):
            return ""
        return next((got for part in value.parts if (got := self.price(part, scope, depth + 1))), "")

    def added(self, sum_: Expr, scope: int) -> str:
        """The parsed price in a sum; "" where text is put together."""
        if any(part.kind in (ExprKind.STRING, ExprKind.TEMPLATE) for part in sum_.parts):
            return ""
        return next((got for part in sum_.parts if (got := self.price(part, scope, 1))), "")


def _sums(value: Expr, depth: int) -> Iterator[Expr]:
    if value.kind is ExprKind.CONCAT:
        yield value
    elif value.kind is not ExprKind.FUNCTION and depth < _DEPTH_MAX:
        for part in (*value.parts, *((value.receiver,) if value.receiver is not None else ())):
            yield from _sums(part, depth + 1)


def _sorts(facts: FileFacts, scope: int) -> bool:
    """Whether a function compares two rows: only the sign of what it calculates counts."""
    return scope >= 0 and facts.functions[scope].passed_to.rpartition(".")[2] in ("sort", "toSorted")


def _is_cents(operator: str, left: Expr, right: Expr) -> bool:
    return operator == "*" and (left.text in _CENTS or right.text in _CENTS)


def _turns_to_cents(value: Expr) -> bool:
    return value.kind is ExprKind.OTHER and any(part.text in _CENTS for part in value.parts) and "*" in value.text


RULE = Rule(
    slug="data_money_calculated_in_float",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="Money calculated with floating-point numbers",
    inspect=inspect,
    references=(
        Reference(
            "CWE-1339: Insufficient precision of a real number", "https://cwe.mitre.org/data/definitions/1339.html"
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
