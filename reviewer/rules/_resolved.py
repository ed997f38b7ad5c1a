"""The function that a route or a middleware is, also where a file only holds the object whose method it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.handlers import function_of
from reviewer.rules._held import delegated, method_held

if TYPE_CHECKING:
    from reviewer.core.project import Project

_NAMED_KINDS = (ExprKind.CALL, ExprKind.NAME, ExprKind.MEMBER)


def resolve_handler(project: Project, path: str, value: Expr | None) -> tuple[str, int] | None:
    """The file and scope of the function that a route is given, also that of a class whose object the file only
    holds: `container.get(Orders).create`, `this.orders.create`."""
    wrapped = value.parts if value is not None and value.kind is ExprKind.CALL else ()
    for part in reversed(wrapped):  # `asyncHandler(orders.create)`: not the function that `asyncHandler` makes
        method = method_held(project, path, part.text) if part.kind is ExprKind.MEMBER else None
        if method is not None:
            return method
    found = function_of(project, path, value)
    if found is not None:
        return delegated(project, *found) or found
    if value is None or value.kind not in _NAMED_KINDS:
        return None
    named = value
    if named.kind is ExprKind.CALL and not named.text.endswith(".bind"):
        named = next((part for part in named.parts if part.kind in _NAMED_KINDS), named)
    text = named.text.removesuffix(".bind").removesuffix("()")
    return method_held(project, path, text)
