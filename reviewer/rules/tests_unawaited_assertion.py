"""An assertion that nobody waits for: the test is over before it can fail.

`expect(…).resolves` and `.rejects`, supertest's `.expect(…)` and a `.then()` with assertions inside are promises. As a
bare statement, without `await` or `return`, the test passes whatever comes of them.

Bad::

    it('refuses an empty order', async () => {
      expect(service.create({ lines: [] })).rejects.toThrow(BadRequestException);
    });

Good::

    it('refuses an empty order', async () => {
      await expect(service.create({ lines: [] })).rejects.toThrow(BadRequestException);
    });
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._assertions import is_assertion
from reviewer.rules._report import at, report
from reviewer.rules._test_changes import files_with_tests
from reviewer.rules._testing import Test, tests_of

_PROMISED = frozenset(("resolves", "rejects", "eventually", "rejectedWith", "fulfilled", "rejected", "becomes"))
_REQUESTS = frozenset(("request", "supertest", "agent", "server", "api", "app"))


def inspect(project: Project) -> Iterator[Finding]:
    """Assertions that the change wrote and that are left to themselves."""
    for file, facts in files_with_tests(project):
        lines = (file.head or "").split("\n")
        before = {call.code for call in project.before(file.path).calls if call.is_statement and not call.awaited}
        for test in tests_of(facts):
            own = facts.functions[test.scope]
            is_async = own.is_async
            for call in facts.index.calls((test.scope,)):
                is_left = call.is_statement and not call.awaited and call.code not in before
                if not is_left or not project.wrote(file.path, call.first, call.last):
                    continue
                if _is_promised(call) or (not own.params and (_is_request(call) or _is_late(facts, call))):
                    yield _finding(file.path, test, call, lines[call.first - 1] if is_async else "")


def _finding(path: str, test: Test, call: Call, line: str) -> Finding:
    what = "This assertion is a promise" if _is_promised(call) else "The assertions of this promise come late"
    finding = report(
        RULE,
        at(path, call.first),
        f"{what} and nothing waits for it, so the test passes before it can fail. Put `await` (or `return`) in front.",
        symbol=test.title,
        quoted=call.code,
    )
    blank = line[: len(line) - len(line.lstrip())]
    start = call.callee.partition("(")[0] + "("
    if line.strip().startswith(start):
        return replace(finding, suggestion=Suggestion(call.first, call.first, f"{blank}await {line.strip()}"))
    return finding


def _is_promised(call: Call) -> bool:
    steps = call.callee.replace("()", "").split(".")
    if call.callee in ("assert.rejects", "assert.doesNotReject"):
        return True
    return steps[0] == "expect" and bool(_PROMISED & set(steps[1:]))


def _is_request(call: Call) -> bool:
    """Whether a statement is a request of supertest with assertions, and nothing ends it with a callback."""
    steps = call.callee.replace("()", "").split(".")
    is_one = call.callee.partition("()")[0] in _REQUESTS and "expect" in steps[1:]
    return is_one and steps[-1] not in ("end", "then") and _has_no_callback(call)


def _has_no_callback(call: Call) -> bool:
    return all(arg.kind not in (ExprKind.NAME, ExprKind.FUNCTION) for arg in call.args[1:])


def _is_late(facts: FileFacts, call: Call) -> bool:
    """Whether a statement is `….then(…)` with an assertion in its callback."""
    if call.callee.rpartition(".")[2] not in ("then", "catch", "finally"):
        return False
    scopes = [scope for arg in call.args if arg.scope >= 0 for scope in facts.index.within(arg.scope)]
    return any(is_assertion(inner) for inner in facts.index.calls(scopes))


RULE = Rule(
    slug="tests_unawaited_assertion",
    concern=Concern.TESTS,
    severity=Severity.BLOCKER,
    title="Nothing waits for this assertion",
    inspect=inspect,
    references=(Reference("Jest: asynchronous code", "https://jestjs.io/docs/asynchronous"),),
    confidence=0.97,
    page=__doc__ or "",
)
