"""What a call or a binding says, whatever its casts, quotes, blanks and lines: for telling old ones from new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from reviewer.core.expr import Expr, ExprKind

if TYPE_CHECKING:
    from reviewer.core.facts import Binding, Call

Meaning: TypeAlias = tuple[object, ...]
"""Nested tuples that are equal for facts of one meaning; to be compared, and never looked into."""

_PARTS_SAY_IT = frozenset((ExprKind.OBJECT, ExprKind.ARRAY, ExprKind.AWAIT, ExprKind.SPREAD))
"""Kinds whose text is their source, which their parts say too."""


_NOT_ALL_SAID = frozenset((ExprKind.FUNCTION, ExprKind.TAGGED))
"""Kinds whose parts leave something out: a body, the text around the holes; so do `?:` (its test) and computed keys."""


def _is_computed(value: Expr) -> bool:
    pairs = zip(value.keys, value.parts, strict=False)
    return any(not key and part.kind is not ExprKind.SPREAD for key, part in pairs)


def of_binding(binding: Binding) -> Meaning | None:
    """What a binding says; None where a function is in it, whose body is not in its expression."""
    value = _of(binding.value)
    target = _of(binding.target) if binding.target is not None else ()
    if value is None or target is None:
        return None
    return binding.kind.value, binding.name, binding.fields, binding.locals, binding.operator, target, value


def of_call(call: Call) -> Meaning | None:
    """What a call says; None as for a binding."""
    if call.is_tagged:
        return None
    args = [_of(arg) for arg in call.args]
    receiver = _of(call.receiver) if call.receiver is not None else ()
    if receiver is None or None in args:
        return None
    return call.callee, call.is_new, call.is_tagged, call.loop, call.awaited, receiver, *args


def _of(value: Expr) -> Meaning | None:
    if value.kind in _NOT_ALL_SAID or (value.kind is ExprKind.CHOICE and value.text == "?:") or _is_computed(value):
        return None
    parts = [_of(part) for part in value.parts]
    receiver = _of(value.receiver) if value.receiver is not None else ()
    if receiver is None or None in parts:
        return None
    text = "" if value.kind in _PARTS_SAY_IT and value.parts else value.text
    return value.kind.value, text, value.keys, receiver, *parts
