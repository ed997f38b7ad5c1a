"""Whether a function of the project hands a parameter on to a query as a number that nobody tested."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.rules._flow import Flow
from reviewer.rules._numbers import MAKERS, names_in, tested

_QUERIES = frozenset(
    ("find", "findOne", "findOneBy", "findUnique", "findUniqueOrThrow", "findFirst", "findMany", "findByPk", "findAll",
     "findOneOrFail", "findOneByOrFail", "findBy", "delete", "update", "remove", "where", "andWhere", "offset", "limit",
     "skip", "take", "query", "execute", "count", "raw", "findFirstOrThrow", "findAndCount", "softDelete", "eq")
)  # fmt: skip
"""What reads or writes rows: there NaN ends as an error of the database, or finds nothing."""


def reaches_query(facts: FileFacts, inside: tuple[int, ...], name: str, *, is_number: bool) -> bool:
    """Whether a function hands a parameter on to a query as a number: as it is or in a sum, or converted."""
    made = {name} if is_number else set()
    for binding in facts.index.bindings(inside):
        if binding.name and (_converts(binding.value, name) or (is_number and name in names_in(binding.value))):
            made.add(binding.name)
    if made - {name} and made & tested(facts, facts.index.once(Flow), inside):
        return False
    for call in facts.index.calls(inside):
        if call.callee.rpartition(".")[2] in _QUERIES and any(_carries(arg, made, name) for arg in call.args):
            return True
    return False


def _carries(value: Expr, made: set[str], name: str) -> bool:
    """Whether an argument of a query has one of these numbers in it, or converts the text."""
    if value.kind is ExprKind.NAME:
        return value.text in made
    if _converts(value, name):
        return True
    if value.kind in (ExprKind.OBJECT, ExprKind.ARRAY) or (value.kind is ExprKind.OTHER and made):
        return any(_carries(part, made, name) for part in value.parts)
    return False


def _converts(value: Expr, name: str) -> bool:
    """`Number(id)`, `parseInt(id, 10)`, `+id`."""
    plus = value.kind is ExprKind.OTHER and value.text.startswith("+")
    is_maker = value.kind is ExprKind.CALL and value.text in MAKERS
    return (plus or is_maker) and bool(value.parts) and value.parts[0].text == name
