"""`return promise` inside `try`: the `catch` beneath never sees its error.

The function is left before the promise is settled, so a rejection goes straight to the caller. `return await` waits
inside the `try`.

Bad::

    try {
      return this.payments.charge(order);
    } catch (error) {
      throw new PaymentFailed({ cause: error });
    }

Good::

    try {
      return await this.payments.charge(order);
    } catch (error) {
      throw new PaymentFailed({ cause: error });
    }
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import accesses
from reviewer.rules._promises import returns_promise
from reviewer.rules._report import at, report


def inspect(project: Project) -> Iterator[Finding]:
    """Promises that the change returns out of a try block of an async function."""
    for file, facts in project.production:
        asked = {id(access.call) for access in accesses(project, file.path, facts)}
        lines = (file.head or "").split("\n")
        for call in project.new_calls(file.path):
            if not call.in_try or not call.awaited or call.scope < 0 or not facts.functions[call.scope].is_async:
                continue
            line = lines[call.first - 1] if call.first <= len(lines) else ""
            root = call.callee.partition(".")[0].removesuffix("()")
            if not root or not line.strip().startswith(f"return {root}") or _is_chain(facts, call):
                continue
            if id(call) not in asked and not returns_promise(project, file.path, facts, call):
                continue
            if not _is_passed_on(facts, call):
                found = report(
                    RULE,
                    at(file.path, call.first),
                    f"The promise of `{call.callee}(…)` leaves the `try` before it is settled, so the `catch` never "
                    "sees its error. Write `return await`.",
                    symbol=call.symbol,
                    quoted=call.code,
                )
                mended = line.replace("return ", "return await ", 1)
                yield replace(found, suggestion=Suggestion(call.first, call.first, mended))


def _is_passed_on(facts: FileFacts, call: Call) -> bool:
    """Whether the catch beneath only throws what it caught: then it does not matter who sees the error."""
    catches = facts.index.once(_catches).get(call.scope, [])
    below = bisect_left(catches, (call.last, -1))
    index = catches[below][1] if below < len(catches) else -1
    if index < 0 or facts.catches[index].statements != 1:
        return False
    return (index, facts.catches[index].param) in facts.index.once(_thrown)


def _catches(facts: FileFacts) -> dict[int, list[tuple[int, int]]]:
    """The first lines of the catches of each function and their places among the facts, sorted."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, one in enumerate(facts.catches):
        found[one.scope].append((one.first, index))
    return {scope: sorted(pairs) for scope, pairs in found.items()}


def _thrown(facts: FileFacts) -> frozenset[tuple[int, str]]:
    """What the catches throw."""
    return frozenset((one.catch, one.value.text) for one in facts.throws)


def _is_chain(facts: FileFacts, call: Call) -> bool:
    """Whether the returned promise handles its own error."""
    return (call.scope, call.first, call.callee) in facts.index.once(_caught)


def _caught(facts: FileFacts) -> frozenset[tuple[int, int, str]]:
    """Scope, line and name of the calls whose result a chain with a `catch` goes on from."""
    found: set[tuple[int, int, str]] = set()
    for call in facts.calls:
        steps = call.callee.split("().") if "catch" in call.callee else []
        found.update((call.scope, call.first, "().".join(steps[:count])) for count in range(1, len(steps)))
    return frozenset(found)


RULE = Rule(
    slug="data_promise_left_in_try",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A promise leaves the try before it is settled",
    inspect=inspect,
    references=(
        Reference(
            "MDN: async function, return and return await",
            "https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Statements/async_function",
        ),
    ),
    confidence=0.95,
    page=__doc__ or "",
)
