"""`forEach` with an async callback: nobody waits for it, and its errors end the process or vanish.

`Array.prototype.forEach` throws the returned promises away. The code after it runs before the work is done, and a
rejected promise is unhandled. A loop with `await`, or `Promise.all` over `map`, waits and lets errors through.
A `map` whose array of promises nobody takes is the same.

Bad::

    orders.forEach(async (order) => {
      await this.mailer.send(order);
    });

Good::

    for (const order of orders) {
      await this.mailer.send(order);
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_off
from reviewer.rules._async_callback import is_async_callback, starts_writes
from reviewer.rules._report import at, report

_WAITING = frozenset(("cursor", "stream", "queryStream", "snapshot"))
"""Receivers whose own `forEach` waits for the callback: database cursors and streams."""


def inspect(project: Project) -> Iterator[Finding]:
    """Calls of `forEach`, or of `map` as a statement, that the change wrote and that are given an async function."""
    for file, facts in project.changed:
        if is_off(file.path):
            continue
        for call in project.new_calls(file.path):
            owner, _, name = call.callee.rpartition(".")
            is_dropped_map = name in ("map", "flatMap") and (call.is_statement or _is_only_counted(facts, call))
            if not (name == "forEach" or is_dropped_map) or not call.args or owner.rpartition(".")[2] in _WAITING:
                continue
            is_async = is_async_callback(facts, call.args[0], call.scope)
            if call.awaited or not (is_async or starts_writes(project, file.path, call.args[0])):
                continue
            yield _finding(file.path, call, name)


def _is_only_counted(facts: FileFacts, call: Call) -> bool:
    """Whether the promises get a name, and nobody asks for more than how many there are."""
    inside = facts.index.within(call.scope)
    named = (
        one.name
        for one in facts.index.bindings((call.scope,))
        if one.kind is BindingKind.CONST and one.value.text == call.callee and one.value.first == call.first
    )
    name = next((one for one in named if one), "")
    if not name or call.scope < 0:
        return False
    reads = {one.name for one in facts.index.reads(inside) if one.name.partition(".")[0] == name}
    given = [arg for one in facts.index.calls(inside) for arg in one.args]
    given += [one.value for one in facts.index.bindings(inside)]
    is_called = any(one.callee.partition(".")[0] == name for one in facts.index.calls(inside))
    return reads == {f"{name}.length"} and not is_called and not any(_names(one, name) for one in given)


def _names(value: Expr, name: str) -> bool:
    return (value.kind is ExprKind.NAME and value.text == name) or any(_names(part, name) for part in value.parts)


def _finding(path: str, call: Call, name: str) -> Finding:
    found = report(
        RULE,
        at(path, call.first),
        f"`{name}` does not wait for the promises that its callback returns: the code after it runs too early, and "
        "an error in the callback is an unhandled rejection. Use `for (const … of …)` with `await`, or "
        "`await Promise.all(….map(async …))` if the order does not matter.",
        symbol=call.symbol,
        quoted=call.code,
    )
    return found if name == "forEach" else replace(found, title="The promises of map are never awaited")


RULE = Rule(
    slug="data_async_foreach",
    concern=Concern.DATA,
    severity=Severity.BLOCKER,
    title="An async callback in forEach is never awaited",
    inspect=inspect,
    references=(
        Reference(
            "MDN: Array.prototype.forEach()",
            "https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Array/forEach",
        ),
    ),
    confidence=0.97,
    page=__doc__ or "",
)
