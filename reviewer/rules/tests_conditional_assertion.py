"""A test whose assertions may all be passed by: behind an `if`, or in a `catch` that only runs when something throws.

When the condition does not hold, or nothing throws, the test is green and has asserted nothing. Left alone: tests
with `expect.assertions`, with an assertion that always runs, with a `fail()` or a `throw` on the other way.

Bad::

    try {
      await service.create({ lines: [] });
    } catch (error) {
      expect(error).toBeInstanceOf(BadRequestException);
    }

Good::

    await expect(service.create({ lines: [] })).rejects.toThrow(BadRequestException);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Condition
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._assertions import Asserting, is_assertion
from reviewer.rules._report import at, report
from reviewer.rules._test_changes import files_with_tests
from reviewer.rules._testing import Test, tests_of

_COUNTED = frozenset(("assertions", "hasAssertions", "plan", "expectAssertions"))
_BOTH_WAYS = 2
"""Assertions in an `if` with an `else` that are enough to take it that there is one on each way."""


def inspect(project: Project) -> Iterator[Finding]:
    """Tests that the change wrote or edited and that can end without having asserted anything."""
    asserting = project.once(Asserting)
    for file, facts in files_with_tests(project):
        before = _Conditions(project.before(file.path))
        old = {call.code for call in project.before(file.path).calls if before.around(call) is not None}
        conditions = _Conditions(facts)
        for test in tests_of(facts):
            first = _passed_by(facts, test, conditions)
            if first is None or first.code in old or not project.wrote(file.path, first.first, first.last):
                continue
            if asserting.helped(facts, test):
                continue
            where = "the `catch` only runs when something throws" if first.catch >= 0 else "the condition may not hold"
            yield report(
                RULE,
                at(file.path, first.first),
                f"All assertions of `{test.call.args[0].text}` may be passed by: {where}, and then the test is green. "
                "Assert what must happen first (`await expect(…).rejects`, or the condition itself).",
                symbol=test.title,
                quoted=first.code,
            )


class _Conditions:
    """The if statements of a file by the function they stand in."""

    def __init__(self, facts: FileFacts) -> None:
        self._by_scope: dict[int, list[Condition]] = {}
        for item in facts.conditions:
            if not item.is_ternary:
                self._by_scope.setdefault(item.scope, []).append(item)

    def around(self, call: Call) -> Condition | None:
        """The outermost if statement that a call stands in, in the same function."""
        found = self._by_scope.get(call.scope, ())
        return next((item for item in found if item.first <= call.first and call.last <= item.last), None)

    def has_other_way(self, outer: Condition) -> bool:
        """Whether an if statement has an else, or goes on with another if."""
        inner = self._by_scope.get(outer.scope, ())
        return bool(outer.otherwise) or any(one is not outer and one.last == outer.last for one in inner)


def _passed_by(facts: FileFacts, test: Test, conditions: _Conditions) -> Call | None:
    """The first assertion of a test, when all of them may be passed by; None for any other test."""
    calls = list(facts.index.calls(test.within))
    found = [call for call in calls if is_assertion(call)]
    if not found or any(_is_strict(call) for call in calls):
        return None
    if any(throw.scope in set(test.within) for throw in facts.throws):
        return None
    for call in found:
        outer = conditions.around(call)
        if call.loop or (outer is None and call.catch < 0) or (outer and "process.env" in outer.code):
            return None
        inside = [one for one in found if outer and outer.first <= one.first <= outer.last]
        if outer and conditions.has_other_way(outer) and len(inside) >= _BOTH_WAYS:
            return None
    return found[0]


def _is_strict(call: Call) -> bool:
    """Whether a call makes the test fail otherwise: a count of assertions, `fail()`, `done(error)`."""
    last = call.callee.rpartition(".")[2]
    return last in _COUNTED or last in ("fail", "unreachable") or (call.callee == "done" and bool(call.args))


RULE = Rule(
    slug="tests_conditional_assertion",
    concern=Concern.TESTS,
    severity=Severity.WARNING,
    title="A test can end without asserting anything",
    inspect=inspect,
    references=(Reference("Jest: expect.assertions", "https://jestjs.io/docs/expect#expectassertionsnumber"),),
    confidence=0.9,
    page=__doc__ or "",
)
