"""Handlers that check the body and go on with it as it came: `Schema.parse(req.body)`, whose answer nobody takes.

zod leaves what a schema does not name out of what it gives back, so the body itself still has it all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._client_data import ClientData
from reviewer.rules._sent_parts import constant

if TYPE_CHECKING:
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_PARSES: Final = frozenset(("parse", "parseAsync"))
_REFUSES: Final = frozenset(("strict", "strictObject", "catchall"))
"""Steps of a schema that refuse what it does not name, or say what it is."""

_STEPS_MAX: Final = 12


def parses_in_vain(project: Project, path: str, scope: int) -> bool:
    """Whether all that checks the body in a handler is a schema of zod's whose answer nobody takes."""
    facts = project.head[path]
    data = ClientData(facts, scope)
    calls = [call for call in facts.index.calls(facts.index.within(scope)) if _takes_body(data, call)]
    return bool(calls) and all(_is_left(project, path, facts, call) for call in calls)


def _takes_body(data: ClientData, call: Call) -> bool:
    if "arse" not in call.callee.rpartition(".")[2] or not call.args:
        return False
    sent = data.sent(call.args[0])
    return sent is not None and sent.source == "body" and not sent.field


def _is_left(project: Project, path: str, facts: FileFacts, call: Call) -> bool:
    owner, _, last = call.callee.rpartition(".")
    is_statement = call.is_statement or (call.is_await and not _is_bound(facts, call))
    if last not in _PARSES or not is_statement:
        return False
    root = owner.partition(".")[0]
    there = project.imported_path(path, root) or path
    is_here = call.receiver is not None or there not in project.head
    return _drops_others(facts if is_here else project.head[there], call.receiver or constant(project, path, owner))


def _is_bound(facts: FileFacts, call: Call) -> bool:
    bindings = facts.index.bindings((call.scope,))
    return call.is_returned or any(one.first <= call.first and call.last <= one.last for one in bindings)


def _drops_others(facts: FileFacts, schema: Expr | None) -> bool:
    """Whether a schema is an object of zod's that is not told to refuse what it does not name."""
    at = schema
    for _ in range(_STEPS_MAX):
        if at is None or at.kind is not ExprKind.CALL:
            return False
        last = at.text.rpartition(".")[2]
        if last in _REFUSES:
            return False
        if last in ("object", "looseObject"):
            return facts.index.original(at.text)[1].partition("/")[0] == "zod"
        at = at.receiver
    return False
