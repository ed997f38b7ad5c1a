"""The parts of an address that decide where it leads: what stands at its start, up to the end of the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._taint_report import resolved

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts

_DEPTH_MAX: Final = 6
_WHOLE_URL: Final = ("URL().href", "URL().toString")
_SCHEMES: Final = ("http", "https", "ws", "wss")


def leading(facts: FileFacts, value: Expr, scope: int) -> Iterator[Expr]:
    """The expressions at the start of an address; none where a fixed host stands there."""
    waiting = [(value, 0)]
    while waiting:
        at, depth = waiting.pop(0)
        at = resolved(facts, at, scope)
        inner = _inner(at) if depth < _DEPTH_MAX else ()
        if inner is None:
            yield at
        else:
            waiting.extend((part, depth + 1) for part in inner)


def _inner(value: Expr) -> tuple[Expr, ...] | None:
    """The parts that the start of a value is made of; None when it is no composition."""
    if value.kind is ExprKind.TEMPLATE:
        texts = value.text.split("${}")
        is_scheme = len(texts) > 2 and not texts[0] and texts[1] == "://"
        return value.parts[: 2 if is_scheme else 1] if ends_before_path(texts[0]) else ()
    if value.kind is ExprKind.CONCAT:
        if value.parts[0].kind is not ExprKind.STRING:
            return value.parts[:1]
        return value.parts[1:2] if ends_before_path(value.parts[0].text) else ()
    if value.kind is ExprKind.CHOICE:
        return value.parts[1:] if value.text == "&&" else value.parts
    if value.kind in (ExprKind.NEW, ExprKind.CALL) and value.text == "URL":
        return value.parts[:1]
    if value.text in _WHOLE_URL and value.receiver is not None:
        return (value.receiver,)
    return None


def ends_before_path(text: str) -> bool:
    """Whether an address that starts like this has no whole host yet: nothing, or `https://` and perhaps a name."""
    scheme, mark, rest = text.partition("://")
    return not text or (bool(mark) and scheme in _SCHEMES and not {"/", "?", "#"} & set(rest))
