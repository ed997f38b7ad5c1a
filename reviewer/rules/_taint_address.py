"""The parts of an address that decide where it leads: what stands at its start, up to the end of the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._taint_leading import address_parts
from reviewer.rules._taint_report import resolved

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts

_DEPTH_MAX: Final = 6


def leading(facts: FileFacts, value: Expr, scope: int) -> Iterator[Expr]:
    """The expressions at the start of an address; none where a fixed host stands there."""
    waiting = [(value, 0)]
    while waiting:
        at, depth = waiting.pop(0)
        at = resolved(facts, at, scope)
        inner = address_parts(at) if depth < _DEPTH_MAX else ()
        if inner and len(at.parts) > 1 and _may_be_nothing(facts, at, scope):
            inner = (*inner, at.parts[1])
        if inner is None:
            yield at
        else:
            waiting.extend((part, depth + 1) for part in inner)


def _may_be_nothing(facts: FileFacts, value: Expr, scope: int) -> bool:
    """Whether a composed text may begin with its second part: `${isAbsolute ? '' : HOST}${path}`."""
    if value.kind not in (ExprKind.TEMPLATE, ExprKind.CONCAT):
        return False
    texts = value.text.split("${}") if value.kind is ExprKind.TEMPLATE else ["", ""]
    first = resolved(facts, value.parts[0], scope)
    is_choice = first.kind is ExprKind.CHOICE and any(part.kind is ExprKind.STRING for part in first.parts)
    return texts[:2] == ["", ""] and is_choice and any(part.text == "" for part in first.parts)
