"""A test whose only assertion is a stored snapshot: whatever the code answered the first time is taken for right.

Nobody reads the snapshot file, and `-u` makes any answer the expected one. Inline snapshots stand where they are read,
and are left alone.

Bad::

    expect(await service.invoice(order)).toMatchSnapshot();

Good::

    expect(await service.invoice(order)).toMatchObject({ total: 119, tax: 19 });
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._assertions import Asserting, Assertion, assertions
from reviewer.rules._report import at, report
from reviewer.rules._testing import Test, added_tests, tests_of

_STORED = frozenset(("toMatchSnapshot", "matchSnapshot", "toMatchFileSnapshot", "snapshot"))
_HOUSE_STYLE_MIN = 6
"""Other tests that must be known before "most of them" means anything."""


def inspect(project: Project) -> Iterator[Finding]:
    """Tests that the change added and that compare with a snapshot only."""
    asserting = project.once(Asserting)
    found = [
        (file.path, test, first)
        for file, facts, test in added_tests(project)
        if (first := _snapshot(facts, test)) is not None and not asserting.helped(facts, test)
    ]
    if not found or _is_house_style(project):
        return
    for path, test, first in found:
        yield report(
            RULE,
            at(path, first.first),
            f"The test `{test.call.args[0].text}` only compares with a stored snapshot, which was made from what the "
            "code answers today and is renewed with one flag. Assert the values that matter beside it.",
            symbol=test.title,
            quoted=first.matcher,
        )


def _snapshot(facts: FileFacts, test: Test) -> Assertion | None:
    """The first assertion of a test that has only snapshots."""
    found = list(assertions(facts, test.within))
    only = bool(found) and all(item.matcher.rpartition(".")[2] in _STORED for item in found)
    return found[0] if only else None


def _is_house_style(project: Project) -> bool:
    """Whether a third of the tests that were there before compare with snapshots only."""
    known = [
        _snapshot(facts, test) is not None
        for path, facts in project.tests.items()
        for test in tests_of(facts)
        if not project.wrote(path, test.call.first)
    ]
    return len(known) >= _HOUSE_STYLE_MIN and sum(known) * 3 > len(known)


RULE = Rule(
    slug="tests_snapshot_only",
    concern=Concern.TESTS,
    severity=Severity.NOTE,
    title="A snapshot is all that this test asserts",
    inspect=inspect,
    references=(Reference("Jest: snapshot testing", "https://jestjs.io/docs/snapshot-testing"),),
    confidence=0.85,
    page=__doc__ or "",
)
