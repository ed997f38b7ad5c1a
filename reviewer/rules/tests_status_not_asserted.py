"""A request in a test whose status nobody looks at: an error with a similar body passes.

Left alone: GraphQL, which always answers 200, tests that hand the answer to a helper, and projects whose tests do it
that way everywhere, and texts matched against a pattern.

Bad::

    const response = await request(app).post('/orders').send(order);
    expect(response.body.id).toBeDefined();

Good::

    const response = await request(app).post('/orders').send(order).expect(201);
    expect(response.body.id).toBeDefined();
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._assertions import Asserting, assertions
from reviewer.rules._report import at, report
from reviewer.rules._testing import Test, added_tests, tests_of
from reviewer.rules._web_tests import clients, looks_at_status, requests_of, speaks_of_graphql

_HOUSE_STYLE_MIN = 6
"""Other tests with requests that must be known before "most of them" means anything."""


def inspect(project: Project) -> Iterator[Finding]:
    """Tests that the change added, with a request and assertions, but none on a status."""
    asserting = project.once(Asserting)
    found: list[tuple[str, Test, Call]] = []
    for file, facts, test in added_tests(project):
        sent = _unasked(facts, test, clients(facts))
        if sent is not None and _asserts_loosely(facts, test) and not asserting.helped(facts, test):
            found.append((file.path, test, sent))
    if not found or _is_house_style(project):
        return
    for path, test, sent in found:
        yield report(
            RULE,
            at(path, sent.first),
            f"The test `{test.call.args[0].text}` never looks at the status of this answer, so it passes for any. "
            "Assert the status that the route promises.",
            symbol=test.title,
            quoted=sent.callee,
        )


def _asserts_loosely(facts: FileFacts, test: Test) -> bool:
    """Whether a test asserts something, and not only that the text of the answer matches what no error would say."""
    return any(item.matcher.rpartition(".")[2] not in ("match", "toMatch") for item in assertions(facts, test.within))


def _unasked(facts: FileFacts, test: Test, names: frozenset[str]) -> Call | None:
    """The last request of a test that looks at no status; None for any other test."""
    sent = list(requests_of(facts, test, names))
    if not sent or any(speaks_of_graphql(call) for call in sent) or looks_at_status(facts, test):
        return None
    return sent[-1]


def _is_house_style(project: Project) -> bool:
    """Whether most of the tests that were there before look at no status either."""
    asked = [
        looks_at_status(facts, test)
        for path, facts in project.tests.items()
        for names in (clients(facts),)
        for test in tests_of(facts)
        if not project.wrote(path, test.call.first) and any(True for _ in requests_of(facts, test, names))
    ]
    return len(asked) >= _HOUSE_STYLE_MIN and sum(asked) * 2 < len(asked)


RULE = Rule(
    slug="tests_status_not_asserted",
    concern=Concern.TESTS,
    severity=Severity.NOTE,
    title="A test does not look at the status",
    inspect=inspect,
    references=(Reference("MDN: HTTP response status codes", "https://developer.mozilla.org/docs/Web/HTTP/Status"),),
    confidence=0.85,
    page=__doc__ or "",
)
