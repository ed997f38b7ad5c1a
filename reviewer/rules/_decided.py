"""Which names a function has decided about: compared with a constant, looked up in a list, tested for their type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts
    from reviewer.rules._flow import Flow

_LOOKED_UP = frozenset(("includes", "has", "indexOf", "isArray", "test", "some", "hasOwn"))
_NAMES = (ExprKind.NAME, ExprKind.MEMBER)
_CONSTANTS = (ExprKind.STRING, ExprKind.NUMBER)
_NUMBER_TESTS = frozenset(("isNaN", "isFinite", "isInteger", "isSafeInteger"))


def decided_names(facts: FileFacts, flow: Flow, inside: tuple[int, ...]) -> frozenset[str]:
    """Dotted names that are compared with a constant, looked up in a list, or asked for their type."""
    return frozenset((*_looked_up(facts, inside), *_compared(flow, inside)))


def _looked_up(facts: FileFacts, inside: tuple[int, ...]) -> Iterator[str]:
    for call in facts.index.calls(inside):
        if call.callee.rpartition(".")[2] in _LOOKED_UP | _NUMBER_TESTS:
            for arg in call.args:
                yield from _names(arg)


def _compared(flow: Flow, inside: tuple[int, ...]) -> Iterator[str]:
    for operation in flow.operations(inside):
        for one, other in ((operation.left, operation.right), (operation.right, operation.left)):
            if one.text.startswith("typeof "):
                yield one.text.removeprefix("typeof ").strip("() ")
            elif one.kind in _NAMES and (other.kind in _CONSTANTS or operation.operator in ("in", "instanceof")):
                yield one.text
    for switch in flow.switches(inside):
        yield from _names(switch.subject)


def _names(value: Expr) -> Iterator[str]:
    """The dotted names in an expression."""
    if value.kind in _NAMES:
        yield value.text
    for part in value.parts:
        yield from _names(part)
    if value.receiver is not None:
        yield from _names(value.receiver)
