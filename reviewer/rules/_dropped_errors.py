"""Promises whose failure is thrown away by a handler that does nothing: `save(order).catch(() => {})`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import structs

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.rules._accesses import accesses
from reviewer.rules._logging import does_nothing, just_logs
from reviewer.rules._methods import Methods

_HANDLERS = {"catch": 1, "then": 2}  # what handles the failure of a promise, with the arguments it has then


@dataclass(frozen=True, slots=True)
class Dropped:
    """A chain that ends in such a handler; `name` is what was called, `is_write` whether that writes. Others ask
    another system for something."""

    call: Call
    handler: Expr
    name: str
    is_write: bool


def dropped(project: Project, path: str, facts: FileFacts) -> Iterator[Dropped]:
    """The chains of the change that write or fetch, and throw their failure away without a word why."""
    asked = {(one.call.callee, one.call.first) for one in accesses(project, path, facts) if one.is_write}
    for call in project.new_calls(path):
        if call.receiver is None or len(call.args) != _HANDLERS.get(call.callee.rpartition(".")[2]):
            continue
        handler = call.args[-1]
        if not does_nothing(facts, handler, call.code) and not (call.awaited and just_logs(handler)):
            continue
        is_said = any(facts.index.comments(line) for line in range(call.first - 1, call.last + 1))
        if is_said:
            continue
        work = _work(call)
        is_asked = bool({(call.callee, call.first), (work.text, work.first)} & asked)
        is_write = is_asked or _is_write(project, path, facts, call, work)
        if is_write or (_fetches(call, work) and not just_logs(handler)):
            yield Dropped(call, handler, work.text.removesuffix("()"), is_write)


def _fetches(call: Call, work: Expr) -> bool:
    """Whether something is asked of another system, and what it did not say is gone on with as if it were empty."""
    name = work.text.rpartition(".")[2].lower()
    return call.is_await and not call.is_statement and name.startswith("fetch") and not call.loop


def _work(call: Call) -> Expr:
    """The call whose promise a chain of `then`, `catch` and `finally` goes on from."""
    found = Expr(ExprKind.CALL, call.callee, call.first, call.last, call.args, receiver=call.receiver)
    while found.receiver is not None and found.text.rpartition(".")[2] in ("then", "catch", "finally"):
        found = found.receiver
    return found


def _is_write(project: Project, path: str, facts: FileFacts, call: Call, work: Expr) -> bool:
    """Whether a function of the project writes, or says by its name that it moves money."""
    inner = structs.replace(call, callee=work.text, args=work.parts, receiver=work.receiver)
    queries = project.once(Methods).queries(path, facts, inner)
    return any(one.is_write for one in queries) or work.text.rpartition(".")[2].startswith(
        ("charge", "refund", "pay", "transfer")
    )
