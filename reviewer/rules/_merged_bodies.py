"""Stored records that a handler lays the whole body over, and schemas in front that let undeclared fields through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.core.mounts import in_front
from reviewer.rules._contract_routes import contract_leaves_more
from reviewer.rules._discarded_parse import parses_in_vain
from reviewer.rules._numbers import names_in
from reviewer.rules._sent_parts import constant
from reviewer.rules._undeclared_fields import keeps_undeclared

if TYPE_CHECKING:
    from reviewer.core.facts import Binding, Call, FileFacts
    from reviewer.core.project import Project
    from reviewer.rules._client_data import ClientData
    from reviewer.rules._handlers import Handler

_OPENS: Final = frozenset(("passthrough", "loose", "looseObject", "unknown", "catchall"))
_KEEPS: Final = ("update", "save", "replace", "upsert", "put", "patch", "insert", "create", "store", "persist", "set")
_DEPTH_MAX: Final = 8


def lets_all_through(project: Project, handler: Handler) -> bool:
    """Whether a schema in front of a handler says that fields it does not name are let through, or its own gives back
    the rest, which nobody takes."""
    front = in_front(project, handler.file, handler.route).middleware
    if any(_opens(project, path, value, 0) for path, value in front):
        return True
    if parses_in_vain(project, handler.path, handler.scope):
        return True
    is_open = keeps_undeclared(project, handler.file, handler.route, front)
    return is_open or contract_leaves_more(project, handler.file, handler.route)


def _opens(project: Project, path: str, value: Expr, depth: int) -> bool:
    if depth > _DEPTH_MAX or value.kind is ExprKind.FUNCTION:
        return False
    if value.kind is ExprKind.CALL and value.text.rpartition(".")[2] in _OPENS:
        return not (value.parts and value.parts[0].text == "false") and (
            value.receiver is not None or "loose" in value.text
        )
    if value.kind is ExprKind.NAME and depth > 0:
        schema = constant(project, path, value.text)
        return schema is not None and schema.kind is ExprKind.CALL and _opens(project, path, schema, _DEPTH_MAX)
    return any(_opens(project, path, part, depth + 1) for part in value.parts)


def merges(facts: FileFacts, data: ClientData, scope: int) -> Iterator[tuple[Binding, Call]]:
    """Constants made of a record that was read and the whole body, each with the call that keeps it."""
    inside = facts.index.within(scope)
    read = {one.name for one in facts.index.bindings(inside) if one.value.kind is ExprKind.AWAIT and one.name}
    for binding in facts.index.bindings(inside):
        if binding.kind not in (BindingKind.CONST, BindingKind.LET) or not binding.name:
            continue
        spread = [_inner(part) for key, part in zip(binding.value.keys, binding.value.parts, strict=False) if not key]
        bodies = [one for one in spread if (sent := data.sent(one)) and sent.source == "body" and not sent.field]
        if binding.value.kind is not ExprKind.OBJECT or not bodies or not any(one.text in read for one in spread):
            continue
        for call in facts.index.calls(inside):
            last = call.callee.rpartition(".")[2].lower()
            given = (name for arg in call.args for name in names_in(arg))
            if call.first >= binding.first and last.startswith(_KEEPS) and binding.name in given:
                yield binding, call
                break


def _inner(part: Expr) -> Expr:
    return part.parts[0] if part.kind is ExprKind.SPREAD and part.parts else part
