"""Which parts of one composed address decide where it leads."""

from __future__ import annotations

from typing import Final

from reviewer.core.expr import Expr, ExprKind

_WHOLE_URL: Final = ("URL().href", "URL().toString")
_SCHEMES: Final = ("http", "https", "ws", "wss")


def parts_of(value: Expr, is_address: bool) -> tuple[Expr, ...]:
    """The parts that a value is made of; of the text of an address only those that it begins with."""
    if is_address and value.kind in (ExprKind.TEMPLATE, ExprKind.CONCAT):
        return address_parts(value) or ()
    return value.parts[1:] if value.kind is ExprKind.CHOICE and value.text == "&&" else value.parts


def address_parts(value: Expr) -> tuple[Expr, ...] | None:
    """The parts that the start of a value is made of; None when it is no composition."""
    if value.kind is ExprKind.TEMPLATE:
        texts = value.text.split("${}")
        is_scheme = len(texts) > 2 and not texts[0] and texts[1] == "://"
        return value.parts[: 2 if is_scheme else 1] if _ends_before_path(texts[0]) else ()
    if value.kind is ExprKind.CONCAT:
        if value.parts[0].kind is not ExprKind.STRING:
            return value.parts[:1]
        return value.parts[1:2] if _ends_before_path(value.parts[0].text) else ()
    if value.kind is ExprKind.CHOICE:
        return value.parts[1:] if value.text == "&&" else value.parts
    if value.kind in (ExprKind.NEW, ExprKind.CALL) and value.text == "URL":
        return value.parts[:1]
    if value.text in _WHOLE_URL and value.receiver is not None:
        return (value.receiver,)
    return None


def _ends_before_path(text: str) -> bool:
    """Whether an address that starts like this has no whole host yet: nothing, or `https://` and perhaps a name."""
    scheme, mark, rest = text.partition("://")
    return not text or (bool(mark) and scheme in _SCHEMES and not {"/", "?", "#"} & set(rest))
