"""Functions that copy every key of one object into another and go deeper by the same key, with nothing asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._taint_asked import EQUALS, asked_about, compared, names
from reviewer.rules._taint_report import resolved

if TYPE_CHECKING:
    from reviewer.core.facts import Binding, Call, FileFacts, Function

_GUARDS: Final = frozenset(("__proto__", "constructor", "prototype"))
_OWN: Final = ("hasOwnProperty", "hasOwn")
_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)


@dataclass(frozen=True, slots=True)
class Merge:
    """A recursive merge: the function, where it writes `target[key]`, and where it calls itself."""

    function: Function
    writes: tuple[Binding, ...]
    calls: tuple[Call, ...]

    @property
    def facts(self) -> tuple[Binding | Call, ...]:
        """All of it, for asking whether the change wrote it."""
        return (*self.writes, *self.calls)


def merges(facts: FileFacts) -> tuple[Merge, ...]:
    """The recursive merges of a file that let `__proto__` through."""
    return facts.index.once(_all_merges)


def _all_merges(facts: FileFacts) -> tuple[Merge, ...]:
    if any(text.text in _GUARDS for text in facts.strings) or {"hasOwnProperty", "Map"} <= set(facts.names):
        return ()
    return tuple(_merges(facts))


def _merges(facts: FileFacts) -> Iterator[Merge]:
    for scope, function in enumerate(facts.functions):
        if not function.name or len(function.params) < 2:
            continue
        inside = facts.index.within(scope)
        writes = [one for one in facts.index.bindings(inside) if _copies(one, function)]
        calls = [one for one in facts.index.calls(inside) if writes and _goes_deeper(facts, one, function)]
        keys = {one.target.parts[0].text for one in writes if one.target is not None}
        if calls and not any(_is_decided(facts, inside, key, function) for key in keys):
            yield Merge(function, tuple(writes), tuple(calls))


def _copies(binding: Binding, function: Function) -> bool:
    """`target[key] = …` into a parameter, with a key that is a name."""
    target = binding.target
    if target is None or binding.scope == NOWHERE or len(target.parts) != 1:
        return False
    params = {param.name for param in function.params}
    return target.parts[0].kind is ExprKind.NAME and target.text.removesuffix("[]") in params


def _goes_deeper(facts: FileFacts, call: Call, function: Function) -> bool:
    """The function calls itself with `target[key]` and `source[key]`, or with names that hold them."""
    if call.callee.rpartition(".")[2] != function.name or len(call.args) < 2:
        return False
    return all(_is_inner(facts, arg, call.scope) for arg in call.args[:2])


def _is_inner(facts: FileFacts, value: Expr, scope: int) -> bool:
    """`source[key]`, a choice with it, a constant that holds it, or the value of `Object.entries(source)`."""
    value = resolved(facts, value, scope)
    if value.kind is ExprKind.CHOICE:
        return any(_is_inner(facts, part, scope) for part in value.parts)
    if value.kind is ExprKind.NAME:
        return any(value.text in one.locals[1:] for one in _entries(facts, scope))
    return value.text.endswith("[]") or value.kind is ExprKind.ASSIGN


def _entries(facts: FileFacts, scope: int) -> Iterator[Binding]:
    """Loops over the pairs of an object."""
    for around in facts.index.around(scope):
        for one in facts.index.bindings((around,)) if around != NOWHERE else ():
            if one.kind is BindingKind.LOOP and one.value.text.endswith("Object.entries"):
                yield one


def _is_decided(facts: FileFacts, inside: tuple[int, ...], key: str, function: Function) -> bool:
    """Whether the function asks about the key, or takes it from a list of its own."""
    for one in facts.index.bindings(inside):
        is_listed = one.operator == "of" and one.value.kind is not ExprKind.CALL
        if one.kind is BindingKind.LOOP and is_listed and key in (one.name, *one.locals):
            return True
    for call in facts.index.calls(inside):
        if call.callee.rpartition(".")[2] in (*_OWN, "call"):
            if _asks_target(call, key, function):
                return True
        elif key in asked_about(call):
            return True
    return any(
        key in compared(one.left, one.right, is_in=False) or (one.operator == "in" and _is_in_constant(one.right, key))
        for one in facts.index.operations(inside)
        if one.operator in EQUALS
    )


def _is_in_constant(listed: Expr, key: str) -> bool:
    return listed.kind in _NAMED and listed.text.isupper() and listed.text != key


def _asks_target(call: Call, key: str, function: Function) -> bool:
    """`Object.hasOwn(target, key)`; the source has `__proto__` as its own key, if it was parsed from JSON."""
    if not any(word in call.callee for word in _OWN) or key not in names(call.args, 0):
        return False
    owner = call.callee.rpartition(".")[0]
    return function.params[0].name in (owner, *names(call.args[:1], 0))
