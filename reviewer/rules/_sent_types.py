"""What an Express handler sends, as the types that the functions behind it return."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.rules._answers import answers, response_of
from reviewer.rules._called import called


def sent_types(project: Project, path: str, facts: FileFacts, scope: int) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """The types of what a handler answers as it is, with the file that names them and the line of the answer:
    `res.json(await accounts.get(id))`, also through a constant."""
    response = response_of(facts.functions[scope])
    for answer in answers(facts, scope, response) if response else ():
        call = _made_by(facts, answer.call, answer.body)
        found = called(project, path, call) if call is not None else None
        if found is not None and found.scope >= 0:
            names = project.head[found.path].functions[found.scope].return_type.names
            yield found.path, names, answer.call.last


def _made_by(facts: FileFacts, answer: Call, body: Expr | None) -> Call | None:
    """The call whose result a handler sends."""
    value = body
    if value is not None and value.kind is ExprKind.NAME:
        bound = [one for at in facts.index.around(answer.scope) for one in facts.index.bound(value.text, at)]
        value = bound[0].value if len(bound) == 1 else None
    if value is not None and value.kind is ExprKind.AWAIT and value.parts:
        value = value.parts[0]
    if value is None or value.kind is not ExprKind.CALL:
        return None
    return Call(value.text, value.parts, value.first, value.last, answer.scope, answer.symbol, "", value.receiver)
