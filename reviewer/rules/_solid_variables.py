"""Variables of a module that are declared without a value (`let current: User;`), which facts do not list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, FileFacts

_DECLARING = (BindingKind.CONST, BindingKind.LET)


def is_module_variable(facts: FileFacts, name: str, scope: int) -> bool:
    """Whether a name that one function assigns, and that no value declares, belongs to the module: it is exported, or
    another function of the module reads what it never sets."""
    if facts.imported(name) is not None or facts.index.declared(name) is not None or facts.index.functions(name):
        return False
    if name in facts.index.once(_declared_names):
        return False
    if any(item.local == name and not item.module for item in facts.exports):
        return True
    own = {_outermost(facts, one.scope) for one in facts.bindings if one.name == name} | {_outermost(facts, scope)}
    own |= {at for at, one in enumerate(facts.functions) if any(name in (p.name, *p.fields) for p in one.params)}
    return any(used not in own and used != NOWHERE for used in _uses(facts, name))


def _uses(facts: FileFacts, name: str) -> Iterator[int]:
    """The outermost functions in which a name is read."""
    for read in facts.reads:
        if read.name.startswith(name + "."):
            yield _outermost(facts, read.scope)
    for call in facts.calls:
        if call.callee.startswith(name + ".") or any(_mentions(arg, name) for arg in call.args):
            yield _outermost(facts, call.scope)
    for binding in facts.bindings:
        if _mentions(binding.value, name):
            yield _outermost(facts, binding.scope)


def _mentions(value: Expr, name: str) -> bool:
    """Whether an expression names it; functions inside are looked at where they stand."""
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if at.kind is ExprKind.NAME and at.text == name:
            return True
        if at.kind is not ExprKind.FUNCTION:
            waiting.extend(at.parts)
    return False


def _outermost(facts: FileFacts, scope: int) -> int:
    around = [at for at in facts.index.around(scope) if at != NOWHERE]
    return around[-1] if around else NOWHERE


def declarations(facts: FileFacts) -> dict[tuple[int, str], list[Binding]]:
    """What each name is declared with, by scope and name."""
    found: dict[tuple[int, str], list[Binding]] = defaultdict(list)
    for one in facts.bindings:
        if one.kind in _DECLARING:
            found[one.scope, one.name].append(one)
    return found


def _declared_names(facts: FileFacts) -> frozenset[str]:
    return frozenset(name for _, name in facts.index.once(declarations))
