"""Whether a handler asks each field that it takes of a body for its type itself: `typeof id !== 'string'`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.rules._numbers import names_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts

_ASKERS = frozenset(("Array.isArray", "Number.isInteger", "Number.isSafeInteger", "Number.isFinite"))
_TYPEOF = "typeof "


def is_asked_by_hand(facts: FileFacts, scope: int, body: str) -> bool:
    """Whether each field of `body` (a dotted name) that the function reads is asked for its type, in a condition that
    ends the function otherwise. False where the body is used whole, or not at all."""
    inside = facts.index.within(scope)
    taken = dict(_taken(facts, inside, body))
    if not taken or "" in taken:
        return False
    asked = frozenset(_asked(facts, inside))
    return all(not asked.isdisjoint(names) for names in taken.values())


def _taken(facts: FileFacts, inside: tuple[int, ...], body: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The fields of the body that are read, each with the names that mean it; the field "" for the body itself."""
    opened: set[int] = set()
    for binding in facts.index.bindings(inside):
        if binding.value.text != body:
            continue
        if not binding.fields or "..." in binding.fields or "[]" in binding.fields:
            yield "", ()
        opened.add(binding.first)
        for field, local in zip(binding.fields, binding.locals, strict=False):
            yield field, (local, f"{body}.{field}")
    for read in facts.index.reads(inside):
        if read.name == body and read.line not in opened:
            yield "", ()
        field = read.name.removeprefix(body + ".").partition(".")[0]
        if read.name.startswith(body + ".") and read.line not in opened:
            yield field, (f"{body}.{field}",)
    for call in facts.index.calls(inside):
        if any(name == body for arg in call.args for name in names_in(arg)):
            yield "", ()


def _asked(facts: FileFacts, inside: tuple[int, ...]) -> Iterator[str]:
    """The names whose type decides whether the function goes on."""
    lines = {
        line
        for one in facts.conditions
        if one.scope in inside and one.ends and not one.is_ternary
        for line in range(one.first, one.last + 1)
    }
    for operation in facts.operations:
        if operation.scope in inside and operation.first in lines and operation.left.text.startswith(_TYPEOF):
            yield from (part.text for part in operation.left.parts)
    for call in facts.index.calls(inside):
        if call.callee in _ASKERS and call.first in lines:
            yield from (arg.text for arg in call.args[:1])
