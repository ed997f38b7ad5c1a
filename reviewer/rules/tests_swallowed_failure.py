"""Assertions inside a `try` whose `catch` swallows them: a failed assertion is an exception, too.

Such a test cannot fail, whatever the code does.

Bad::

    try {
      expect(await service.total(order)).toBe(119);
    } catch (error) {
      console.log(error);
    }

Good::

    expect(await service.total(order)).toBe(119);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._assertions import Asserting, is_assertion
from reviewer.rules._report import at, report
from reviewer.rules._test_changes import files_with_tests
from reviewer.rules._testing import Test, tests_of


def inspect(project: Project) -> Iterator[Finding]:
    """Tests that the change wrote or edited and whose failures nobody sees."""
    asserting = project.once(Asserting)
    for file, facts in files_with_tests(project):
        silent = _silent_catches(facts)
        if not silent:
            continue
        old = {call.code for call in project.before(file.path).calls if call.in_try}
        for test in tests_of(facts):
            found = [call for call in facts.index.calls(test.within) if _is_lost(facts, call, silent)]
            if not found or asserting.helped(facts, test):
                continue
            first = found[0]
            if first.code not in old and project.wrote(file.path, first.first, first.last) and _is_all(facts, test):
                yield report(
                    RULE,
                    at(file.path, first.first),
                    f"The `catch` below swallows what this assertion throws, so `{test.call.args[0].text}` cannot "
                    "fail. Take the assertions out of the `try`, or throw the error again.",
                    symbol=test.title,
                    quoted=first.code,
                )


def _silent_catches(facts: FileFacts) -> dict[int, list[int]]:
    """First lines of the catch clauses that let a failed assertion vanish, by the function they stand in."""
    heard = {call.catch for call in facts.calls if call.catch >= 0 and _hears(facts, call)}
    found: dict[int, list[int]] = {}
    for index, item in enumerate(facts.catches):
        if not item.throws and index not in heard:
            found.setdefault(item.scope, []).append(item.first)
    return found


def _hears(facts: FileFacts, call: Call) -> bool:
    """Whether a call in a catch clause makes the test fail after all: it asserts, or hands the error on."""
    if is_assertion(call):
        return True
    param = facts.catches[call.catch].param
    is_log = call.callee.startswith(("console.", "logger.", "this.logger."))
    return not is_log and bool(param) and any(arg.text.partition(".")[0] == param for arg in call.args)


def _is_lost(facts: FileFacts, call: Call, silent: dict[int, list[int]]) -> bool:
    """Whether an assertion stands in a try whose catch, the next one below, is silent."""
    if not call.in_try or not is_assertion(call) or call.callee == "expect":
        return False
    below = [item.first for item in facts.catches if item.scope == call.scope and item.first >= call.last]
    return bool(below) and min(below) in silent.get(call.scope, ())


def _is_all(facts: FileFacts, test: Test) -> bool:
    """Whether no assertion of the test stands outside of a try."""
    calls = facts.index.calls(test.within)
    return all(call.in_try for call in calls if is_assertion(call))


RULE = Rule(
    slug="tests_swallowed_failure",
    concern=Concern.TESTS,
    severity=Severity.BLOCKER,
    title="A catch swallows the failed assertion",
    inspect=inspect,
    references=(Reference("Jest: asynchronous code", "https://jestjs.io/docs/asynchronous"),),
    confidence=0.95,
    page=__doc__ or "",
)
