"""A test that asserts nothing: it passes as long as nothing throws, whatever the code answers.

Helpers are followed through imports by what they call, so a test that asserts through one is left alone, as is one
that says in its title that not throwing is the point. An `expect(…)` without a matcher behind it asserts nothing
either, and so does a matcher of Jest that is not called.

Bad::

    it('creates an order', async () => {
      await service.create({ customerId: '7' });
    });

    expect(isOpen(order));

Good::

    it('creates an order', async () => {
      expect(await service.create({ customerId: '7' })).toMatchObject({ status: 'open' });
    });

    expect(isOpen(order)).toBe(true);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._assertions import Asserting
from reviewer.rules._report import at, report
from reviewer.rules._test_changes import files_with_tests
from reviewer.rules._testing import Test, added_tests

_SMOKE = ("not throw", "without throw", "no error", "without error", "not crash", "not fail", "compile", "type",
          "no-op", "noop", "nothrow", "doesn't throw", "without crash", "not reject", "does nothing",
          "gracefully", "not blow")  # fmt: skip
"""In a title: running through is what the test is about."""

_LIBRARIES = frozenset(("", "@jest/globals", "vitest", "chai", "expect", "bun:test", "earl", "@storybook/test"))
"""Where an `expect` comes from that does nothing by itself; one of the project's own may."""

_RUN = frozenset(("it", "test", "forEach"))
"""What runs a callback and looks at nothing it returns but a promise."""


def inspect(project: Project) -> Iterator[Finding]:
    """Tests that the change added and that cannot fail by what they find."""
    asserting = project.once(Asserting)
    for file, facts, test in added_tests(project):
        if _is_smoke(test) or asserting.asserts(file.path, facts, test):
            continue
        is_empty = not any(True for _ in facts.index.calls(test.within))
        what = "is empty" if is_empty else "checks nothing, so it passes whatever the code answers"
        yield report(
            RULE,
            at(file.path, test.call.first),
            f"The test `{test.call.args[0].text}` {what}. Assert what the call must return, store or refuse.",
            symbol=test.title,
            quoted=test.call.callee,
        )
    yield from _without_matcher(project)


def _without_matcher(project: Project) -> Iterator[Finding]:
    for file, facts in files_with_tests(project):
        if facts.index.original("expect")[1] not in _LIBRARIES or any(one.name == "expect" for one in facts.functions):
            continue
        for call in project.new_calls(file.path):
            if _is_bare(facts, call):
                said = "`expect(…)` has no matcher behind it, so nothing is compared and it cannot fail."
                yield _bare_finding(file.path, call.first, said, call.symbol, call.code)
        for read in facts.reads:
            last = read.name.rpartition(".")[2]
            is_one = read.name.startswith("expect().") and last.startswith("to") and last[2:3].isupper()
            if is_one and project.wrote(file.path, read.line):
                said = f"`{last}` is not called, so nothing is compared and it cannot fail."
                yield _bare_finding(file.path, read.line, said, read.symbol, read.name)


def _bare_finding(path: str, line: int, said: str, symbol: str, code: str) -> Finding:
    return report(RULE, at(path, line), f"{said} Say what must hold: `.toBe(true)`.", symbol=symbol, quoted=code)


def _is_bare(facts: FileFacts, call: Call) -> bool:
    """Whether an `expect(…)` is all of a statement, or of what a test or a loop runs."""
    if call.callee != "expect" or call.is_new or any(map(_runs, call.args)):
        return False
    if call.is_statement or call.is_await:
        return True
    return call.is_returned and bool(_RUN & set(facts.functions[call.scope].passed_to.split(".")))


def _is_smoke(test: Test) -> bool:
    title = test.title.lower()
    return any(words in title for words in _SMOKE)


def _runs(value: Expr) -> bool:
    """Whether what is expected runs functions of the test, which may assert: `expect(rows.forEach((row) => …))`."""
    is_call = value.kind is ExprKind.CALL
    return is_call and any(part.kind is ExprKind.FUNCTION for part in value.parts)


RULE = Rule(
    slug="tests_assertion_free_test",
    concern=Concern.TESTS,
    severity=Severity.WARNING,
    title="A test asserts nothing",
    inspect=inspect,
    references=(Reference("Jest: expect", "https://jestjs.io/docs/expect"),),
    confidence=0.9,
    page=__doc__ or "",
)
