"""Pieces of a text that a function is given by its callers: unknown content, where the caller is not known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind, TypeKind
from reviewer.rules._taint_checks import Checks
from reviewer.rules._taint_pattern import taken
from reviewer.rules._taint_report import resolved

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts, Param

_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)
_MADE: Final = (ExprKind.TEMPLATE, ExprKind.CONCAT, ExprKind.CHOICE, ExprKind.ARRAY)
_UNKNOWN: Final = (TypeKind.NONE, TypeKind.ANY, TypeKind.INLINE)
_DEPTH_MAX: Final = 4


def parameter_texts(facts: FileFacts, checks: Checks, value: Expr, scope: int) -> Iterator[str]:
    """The names in a composed text that are parameters declared as a string, or as nothing, and that nobody checks."""
    if value.kind in _MADE:
        for name in _inside(facts, value, scope, 0):
            if not checks.is_checked(name, scope, value.first):
                yield name


def _inside(facts: FileFacts, value: Expr, scope: int, depth: int) -> Iterator[str]:
    if value.kind in _MADE and depth <= _DEPTH_MAX:
        for part in value.parts:
            yield from _inside(facts, part, scope, depth + 1)
    elif value.kind is ExprKind.NAME:
        found = resolved(facts, value, scope)
        if found is not value:
            yield from _inside(facts, found, scope, depth + 1)
        elif is_text_parameter(facts, value.text, scope):
            yield value.text
    elif value.kind is ExprKind.MEMBER and "()" not in value.text and "[]" not in value.text:
        root = value.text.partition(".")[0]
        if is_text_parameter(facts, root, scope) and not value.text.isupper():
            yield value.text


def is_text_parameter(facts: FileFacts, name: str, scope: int) -> bool:
    """Whether a name is a parameter that is declared as a string, or as nothing."""
    for around in facts.index.around(scope):
        if around == NOWHERE:
            break
        for param in facts.functions[around].params:
            if name in _names(param):
                return param.type.name in ("string", "any", "unknown") or param.type.kind in _UNKNOWN
        if facts.index.bound(name, around):
            break
    return False


def _names(param: Param) -> tuple[str, ...]:
    return tuple(local for local, _ in taken(param.code, param.fields)) if param.fields else (param.name,)
