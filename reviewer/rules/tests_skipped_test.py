"""A test that is skipped: it is counted as written and never says anything.

A skip that names its reason or ticket in a comment is a decision, and left alone.

Bad::

    it.skip('refunds a cancelled order', () => { … });

Good::

    // the sandbox of the payment provider is down, see #412
    it.skip('refunds a cancelled order', () => { … });
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._test_changes import files_with_tests, short_title
from reviewer.rules._testing import new_tests, said, tests_of

_SKIPS = frozenset(("this.skip", "t.skip", "ctx.skip", "context.skip"))
_REASON_WORDS_MIN = 3
"""Words of a comment that make it a reason and not a label such as `// TODO`."""


def inspect(project: Project) -> Iterator[Finding]:
    """Skipped tests that the change wrote, without a comment that says why."""
    for file, facts, call in new_tests(project, "skip", frozenset(("xit", "xdescribe", "xtest"))):
        if not _has_reason(facts, call):
            yield _finding(file.path, call.first, said(call, "skip"), call.args[0].text)
    for file, facts in files_with_tests(project):
        yield from _stopped(project, file.path, facts)
        yield from _planned(project, file.path, facts)


def _stopped(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """Tests that now skip themselves, whatever the circumstances: `this.skip()`, `t.skip()`."""
    for test in tests_of(facts):
        for call in facts.index.calls((test.scope,)):
            is_skip = call.callee in _SKIPS and call.is_statement and not call.in_try
            in_branch = any(item.first <= call.first <= item.last for item in facts.conditions)
            if is_skip and not in_branch and project.introduced(path, call) and not _has_reason(facts, call):
                yield _finding(path, call.first, call.callee, test.title)


def _planned(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """Tests that ran before and are only planned now."""
    ran = {short_title(test) for test in tests_of(project.before(path))}
    for call in facts.calls:
        is_todo = call.callee in ("it.todo", "test.todo") and bool(call.args) and project.wrote(path, call.first)
        if is_todo and " ".join(call.args[0].text.split()) in ran and not _has_reason(facts, call):
            yield _finding(path, call.first, call.callee, call.args[0].text)


def _finding(path: str, line: int, callee: str, title: str) -> Finding:
    return report(
        RULE,
        at(path, line),
        f"`{callee.replace('()', '')}` leaves this test out of every run, and nothing says until when. "
        "Mend and run it, remove it, or say why in a comment with the ticket that will bring it back.",
        symbol=title,
        quoted=callee,
    )


def _has_reason(facts: FileFacts, call: Call) -> bool:
    """Whether a comment says why, or the title does: a benchmark is run by hand."""
    if call.args and any(word in call.args[0].text.lower() for word in ("skip", "benchmark")):
        return True
    near = [text for line in range(call.first - 1, call.first + 2) for text in facts.index.comments(line)]
    return any(len(text.text.split()) > _REASON_WORDS_MIN or "://" in text.text for text in near)


RULE = Rule(
    slug="tests_skipped_test",
    concern=Concern.TESTS,
    severity=Severity.WARNING,
    title="A test is skipped without a reason",
    inspect=inspect,
    references=(Reference("Jest: test.skip", "https://jestjs.io/docs/api#testskipname-fn"),),
    confidence=0.95,
    page=__doc__ or "",
)
