"""Whether a function of the project hands a parameter on to a query as a number that nobody tested."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reviewer.core.checks import is_validation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.rules._flow import Flow
from reviewer.rules._numbers import MAKERS, keeps_nan, names_in, tested

if TYPE_CHECKING:
    from reviewer.core.project import Project
    from reviewer.rules._code import Code

_QUERIES = frozenset(
    ("find", "findOne", "findOneBy", "findUnique", "findUniqueOrThrow", "findFirst", "findMany", "findByPk", "findAll",
     "findOneOrFail", "findOneByOrFail", "findBy", "delete", "update", "remove", "where", "andWhere", "offset", "limit",
     "skip", "take", "query", "execute", "count", "raw", "findFirstOrThrow", "findAndCount", "softDelete", "eq")
)  # fmt: skip
"""What reads or writes rows: there NaN ends as an error of the database, or finds nothing."""

_PLAIN_OWNERS = frozenset(
    ("res", "response", "reply", "console", "logger", "log", "Math", "Number", "JSON", "Array", "String", "Object")
)
_PLAIN_CALLS = frozenset(("setTimeout", "isNaN", "Date", "String", "Boolean", "parseInt", "Number", "parseFloat"))


def goes_on(call: Call) -> bool:
    """Whether a call hands a number on, and neither answers, writes a log, nor is plain arithmetic."""
    root, _, name = call.callee.rpartition(".")
    return bool(root) and root.partition(".")[0] not in _PLAIN_OWNERS and name not in _PLAIN_CALLS


class _Known:
    """What is known of the functions of a file, by scopes, parameter and whether it is a number already."""

    def __init__(self, _facts: FileFacts) -> None:
        self.reaching: dict[tuple[tuple[int, ...], str, bool], bool] = {}


def reaches_query(facts: FileFacts, inside: tuple[int, ...], name: str, *, is_number: bool) -> bool:
    """Whether a function hands a parameter on to a query as a number: as it is or in a sum, or converted.

    Found out once: each call of the function asks for it.
    """
    known = facts.index.once(_Known).reaching
    key = (inside, name, is_number)
    if key not in known:
        known[key] = _reaches_query(facts, inside, name, is_number=is_number)
    return known[key]


def _reaches_query(facts: FileFacts, inside: tuple[int, ...], name: str, *, is_number: bool) -> bool:
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


def tests_given(project: Project, target: Code, call: Call, value: Expr) -> bool:
    """Whether the function behind a call tests what it is given as `value`: a parameter, or a field of one. Asking
    whether it is there at all is no test of a number."""
    there = project.head[target.path]
    inside = there.index.within(target.scope)
    names: set[str] = set()
    for param, arg in zip(there.functions[target.scope].params, call.args, strict=False):
        if arg == value:
            names.add(param.name)
        for key, part in zip(arg.keys, arg.parts, strict=False) if arg.kind is ExprKind.OBJECT else ():
            if part == value or value in part.parts:
                names |= {f"{param.name}.{key}", *_locals(param.fields, param.locals, key)}
                for binding in there.index.bindings(inside):
                    if binding.value.text == param.name:
                        names |= {*_locals(binding.fields, binding.locals, key)}
    names.discard("")
    roots = {name.partition(".")[0] for name in names} | names
    checks = (one for one in there.index.calls(inside) if is_validation(there, one.callee))
    if any(name in roots for one in checks for arg in one.args for name in names_in(arg)):
        return True
    return bool(names & tested(there, there.index.once(Flow), inside, is_presence_enough=False))


def _locals(fields: tuple[str, ...], names: tuple[str, ...], key: str) -> Iterator[str]:
    return (name for field, name in zip(fields, names, strict=False) if field == key)


def _carries(value: Expr, made: set[str], name: str) -> bool:
    """Whether an argument of a query has one of these numbers in it, or converts the text."""
    if value.kind is ExprKind.NAME:
        return value.text in made
    if _converts(value, name):
        return True
    if value.kind in (ExprKind.OBJECT, ExprKind.ARRAY) or keeps_nan(value) or (value.kind is ExprKind.OTHER and made):
        return any(_carries(part, made, name) for part in value.parts)
    return False


def _converts(value: Expr, name: str) -> bool:
    """`Number(id)`, `parseInt(id, 10)`, `+id`."""
    plus = value.kind is ExprKind.OTHER and value.text.startswith("+")
    is_maker = value.kind is ExprKind.CALL and value.text in MAKERS
    return (plus or is_maker) and bool(value.parts) and value.parts[0].text == name
