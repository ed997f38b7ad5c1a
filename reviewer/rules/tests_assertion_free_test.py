"""A test that asserts nothing: it passes as long as nothing throws, whatever the code answers.

Helpers are followed through imports by what they call, so a test that asserts through one is left alone, as is one
that says in its title that not throwing is the point.

Bad::

    it('creates an order', async () => {
      await service.create({ customerId: '7' });
    });

Good::

    it('creates an order', async () => {
      expect(await service.create({ customerId: '7' })).toMatchObject({ status: 'open' });
    });
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._assertions import Asserting
from reviewer.rules._report import at, report
from reviewer.rules._testing import Test, added_tests

_SMOKE = ("not throw", "without throw", "no error", "without error", "not crash", "not fail", "compile", "type",
          "no-op", "noop", "nothrow", "doesn't throw", "without crash", "not reject", "does nothing",
          "gracefully", "not blow")  # fmt: skip
"""In a title: running through is what the test is about."""


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


def _is_smoke(test: Test) -> bool:
    title = test.title.lower()
    return any(words in title for words in _SMOKE)


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
