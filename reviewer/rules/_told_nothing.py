"""Calls of a check that are given no schema, and hand on what it would have checked: `checked({ schema: null, … })`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.expr import Expr, ExprKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_KEYS: Final = ("schema", "bodySchema", "validationSchema")


def told_nothing(project: Project, path: str) -> Iterator[tuple[Call, Expr]]:
    """The new calls of that kind in a file, each with the `null`.

    Other calls of the same check say what it checks: its callback takes as much as theirs do at most, so it takes what
    was sent, too.
    """
    facts = project.head[path]
    for call in project.new_calls(path):
        given = _given(facts, call)
        if given is None or given[0].kind is not ExprKind.CONSTANT:
            continue
        schema, taken = given
        most = project.once(_Taken).most.get(call.callee.rpartition(".")[2], 0)
        if taken and taken >= most > 0:
            yield call, schema


class _Taken:
    """How many parameters the callbacks beside a schema take at most, by the name of the check."""

    def __init__(self, project: Project) -> None:
        self.most: dict[str, int] = {}
        for facts in project.head.values():
            for call in facts.calls:
                given = _given(facts, call)
                if given is not None and given[0].kind is not ExprKind.CONSTANT:
                    name = call.callee.rpartition(".")[2]
                    self.most[name] = max(given[1], self.most.get(name, 0))


def _given(facts: FileFacts, call: Call) -> tuple[Expr, int] | None:
    """The schema among the options of a check, and how many parameters of the callback beside it are used."""
    options = call.args[0] if len(call.args) == 1 else None
    if options is None or options.kind is not ExprKind.OBJECT or not is_validation(facts, call.callee):
        return None
    pairs = dict(zip(options.keys, options.parts, strict=False))
    schema = next((pairs[key] for key in _KEYS if key in pairs), None)
    callback = next((part for part in options.parts if part.kind is ExprKind.FUNCTION), None)
    if schema is None or callback is None:
        return None
    return schema, len(facts.functions[callback.scope].params)
