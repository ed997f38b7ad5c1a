"""What a list runs for each of its rows without a callback being written: `rows.map(this.withOwner)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from reviewer.core.expr import Expr, ExprKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_MAPS = (".map", ".flatMap")
_NAMED = (ExprKind.NAME, ExprKind.MEMBER)


def turns(project: Project, path: str, facts: FileFacts) -> Iterator[Call]:
    """What each turn of such a list runs, as the call that it amounts to, where the change wrote it.

    A function that a list or loop of the same symbol ran before, by name or called, is left out.
    """
    before = project.before(path).index.once(_ran)
    for call in project.new_calls(path):
        name = _handed(call)
        if name and not _is_written_out(call, facts):
            turn = structs.replace(call, callee=name, args=(), receiver=None, loop=call.callee, awaited=True)
            if (turn.symbol, turn.callee) not in before:
                yield turn


def _handed(call: Call) -> str:
    """The dotted name of what a list is given to run, "" for a callback and for any other call."""
    if not call.callee.endswith(_MAPS) or not call.args:
        return ""
    given = call.args[0]
    if given.kind is ExprKind.CALL and given.text.endswith(".bind"):
        return given.text.removesuffix(".bind")
    return given.text if given.kind in _NAMED else ""


def _is_written_out(call: Call, facts: FileFacts) -> bool:
    """Whether the list is a literal, or a constant that was given one: as long as somebody wrote it."""
    root = call.callee.rpartition(".")[0]
    bound = (one for at in facts.index.around(call.scope) for one in facts.index.bound(root, at))
    value: Expr | None = next((one.value for one in bound), None)
    return value is not None and value.kind is ExprKind.ARRAY and bool(value.parts)


def _ran(facts: FileFacts) -> frozenset[tuple[str, str]]:
    """Symbol and name of all that lists and loops run, handed by name or called."""
    handed = {(one.symbol, _handed(one)) for one in facts.calls}
    return frozenset(handed | {(one.symbol, one.callee) for one in facts.calls if one.loop})
