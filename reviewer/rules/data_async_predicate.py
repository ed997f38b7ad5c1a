"""An async function where an answer is needed at once: `filter(async …)` keeps everything.

`filter`, `some`, `every`, `find`, `findIndex` and `sort` look at what the callback returns, and a promise is always
true: nothing is left out, the first is always found. Ask first (`await Promise.all(….map(…))`), then decide.

Bad::

    const allowed = orders.filter(async (order) => await this.policy.allows(user, order));

Good::

    const verdicts = await Promise.all(orders.map((order) => this.policy.allows(user, order)));
    const allowed = orders.filter((_, index) => verdicts[index]);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_off
from reviewer.rules._async_callback import is_async_callback
from reviewer.rules._report import at, report

_PREDICATES = frozenset(
    ("filter", "some", "every", "find", "findIndex", "findLast", "findLastIndex", "sort", "toSorted")
)
_OTHER_OWNERS = frozenset(("async", "Bluebird", "Promise", "BPromise", "page", "cy", "stream", "from", "AsyncIterator"))
"""Libraries whose `filter` and `some` wait."""


def inspect(project: Project) -> Iterator[Finding]:
    """Predicates of arrays that the change made async."""
    for file, facts in project.changed:
        if is_off(file.path):
            continue
        for call in project.new_calls(file.path):
            owner, _, name = call.callee.rpartition(".")
            if name not in _PREDICATES or not owner or len(call.args) > 2 or _is_other(facts, owner, call):
                continue
            if call.args and is_async_callback(facts, call.args[0], call.scope):
                yield report(
                    RULE,
                    at(file.path, call.first),
                    f"The callback of `{name}` returns a promise, which is always true: {_effect(name)}. Wait for the "
                    "answers with `await Promise.all(….map(…))` first.",
                    symbol=call.symbol,
                    quoted=call.code,
                )


def _is_other(facts: FileFacts, owner: str, call: Call) -> bool:
    root = owner.partition(".")[0].removesuffix("()")
    return root in _OTHER_OWNERS or (call.awaited and facts.imported(root) is not None) or "().toStream()" in owner


def _effect(name: str) -> str:
    if name in ("sort", "toSorted"):
        return "the order stays as it was"
    return "nothing is left out" if name == "filter" else "the first element decides"


RULE = Rule(
    slug="data_async_predicate",
    concern=Concern.DATA,
    severity=Severity.BLOCKER,
    title="An async predicate is always true",
    inspect=inspect,
    references=(
        Reference(
            "MDN: Array.prototype.filter()",
            "https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Array/filter",
        ),
    ),
    confidence=0.97,
    page=__doc__ or "",
)
