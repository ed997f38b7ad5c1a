"""Whether one condition holds only where another holds: by the same questions, or by a narrower bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._assertions import rendered

_PARTS_MAX = 16
"""Cases of one decision that are compared; more are a table, not a condition."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a condition asks, as comparable text, and as a bound where it compares with a number."""

    text: str
    bound: tuple[str, str, float] | None


Case = tuple[Part, ...]
"""What must hold together."""


def is_taken(cases: list[Case], taken: list[Case]) -> bool:
    """Whether each case of a condition lies in one that was taken before it."""
    return bool(cases) and all(any(_lies_in(case, other) for other in taken) for case in cases)


def cases_of(test: Expr) -> list[Case]:
    """The alternatives of a condition, each as what must hold together; none where they are too many."""
    found = [tuple(_split(case, "&&")) for case in _split(test, "||")]
    if sum(map(len, found)) > _PARTS_MAX:
        return []
    return [tuple(Part(rendered(part), _bound(part)) for part in case) for case in found]


def _split(test: Expr, operator: str) -> Iterator[Expr]:
    if test.kind is ExprKind.CHOICE and test.text == operator:
        for part in test.parts:
            yield from _split(part, operator)
    else:
        yield test


def _lies_in(case: Case, other: Case) -> bool:
    return all(any(_implies(mine, theirs) for mine in case) for theirs in other)


def _implies(mine: Part, theirs: Part) -> bool:
    if mine.text == theirs.text:
        return True
    if mine.bound is None or theirs.bound is None:
        return False
    (what, operator, number), (their_what, their_operator, their_number) = mine.bound, theirs.bound
    if what != their_what or operator[0] != their_operator[0]:
        return False
    if number == their_number:
        return their_operator.endswith("=") or operator == their_operator
    return (number > their_number) == (operator[0] == ">")


def _bound(test: Expr) -> tuple[str, str, float] | None:
    """A comparison with a number: what is compared, how, and the number."""
    if test.kind is not ExprKind.OTHER or len(test.parts) != 2 or test.parts[1].kind is not ExprKind.NUMBER:
        return None
    left, right = test.parts
    operator = test.text.removeprefix(left.text).removesuffix(right.text).strip()
    digits = right.text.replace("_", "")
    is_plain = digits.replace(".", "", 1).isdecimal() and digits.isascii()
    if operator not in ("<", "<=", ">", ">=") or not is_plain or left.kind not in (ExprKind.NAME, ExprKind.MEMBER):
        return None
    return rendered(left), operator, float(digits)
