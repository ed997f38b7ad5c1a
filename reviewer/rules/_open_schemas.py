"""What a handler's own check makes of the body where its schema lets undeclared fields through: all of it, still.

`Schema.passthrough().parse(req.body)` looks at the fields that the schema names and gives the rest on as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._client_data import ClientData, Sent
from reviewer.rules._numbers import names_in
from reviewer.rules._sent_parts import constant
from reviewer.rules._stored import assigned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Binding, Call
    from reviewer.core.project import Project

_PARSES: Final = frozenset(("parse", "parseAsync"))
_SAFE: Final = frozenset(("safeParse", "safeParseAsync"))
_OPENS: Final = frozenset(("passthrough", "loose", "looseObject"))
_CLOSES: Final = frozenset(("strict", "strip", "strictObject", "object", "transform", "pipe", "catchall"))
"""Steps of a schema after which the fields that it does not name are gone, or refused, or cannot be told."""

_STEPS_MAX: Final = 12


def opened(project: Project, path: str, scope: int) -> dict[str, Sent]:
    """The names of a function that hold all of the body, or its rest, as a schema that lets it through gave it on."""
    facts = project.head[path]
    data = ClientData(facts, scope)
    found: dict[str, Sent] = {}
    for binding in facts.index.bindings(facts.index.within(scope)) if data.names else ():
        if binding.kind in (BindingKind.CONST, BindingKind.LET):
            for name in _kept(project, path, data, binding):
                found[name] = Sent("body")
    return found


def written_open(project: Project, path: str, scope: int) -> Iterator[tuple[Call, Expr]]:
    """The calls of a function that write what such a name holds into a record, each with the argument."""
    names = opened(project, path, scope)
    facts = project.head[path]
    data = ClientData.of(facts, scope, names)
    for call in facts.index.calls(facts.index.within(scope)) if names else ():
        value = None if is_validation(facts, call.callee) else assigned(facts, data, call)
        if value is not None and any(name.removesuffix(".data") in names for name in names_in(value)):
            yield call, value


def _kept(project: Project, path: str, data: ClientData, binding: Binding) -> Iterator[str]:
    value = binding.value
    value = value.parts[0] if value.kind is ExprKind.AWAIT and value.parts else value
    owner, _, last = value.text.rpartition(".")
    if value.kind is not ExprKind.CALL or last not in _PARSES | _SAFE or not value.parts:
        return
    sent = data.sent(value.parts[0])
    if sent is None or sent.source != "body" or sent.field or not _is_open(project, path, value.receiver, owner):
        return
    if binding.name:
        yield binding.name
    wanted = "data" if last in _SAFE else "..."
    yield from (local for key, local in zip(binding.fields, binding.locals, strict=False) if key == wanted and local)


def _is_open(project: Project, path: str, receiver: Expr | None, owner: str) -> bool:
    """Whether the schema that a check is called on surely lets through what it does not name."""
    at = receiver if receiver is not None else constant(project, path, owner)
    for _ in range(_STEPS_MAX):
        if at is None or at.kind is not ExprKind.CALL:
            return False
        last = at.text.rpartition(".")[2]
        if last in _OPENS or last in _CLOSES:
            return last in _OPENS
        at = at.receiver
    return False
