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
from reviewer.rules._testing import new_tests

_REASON_WORDS_MIN = 3
"""Words of a comment that make it a reason and not a label such as `// TODO`."""


def inspect(project: Project) -> Iterator[Finding]:
    """Skipped tests that the change wrote, without a comment that says why."""
    for file, facts, call in new_tests(project, "skip", frozenset(("xit", "xdescribe", "xtest"))):
        if not _has_reason(facts, call):
            yield report(
                RULE,
                at(file.path, call.first),
                f"`{call.callee.replace('()', '')}` leaves this test out of every run, and nothing says until when. "
                "Mend and run it, remove it, or say why in a comment with the ticket that will bring it back.",
                symbol=call.args[0].text,
                quoted=call.callee,
            )


def _has_reason(facts: FileFacts, call: Call) -> bool:
    """Whether a comment says why, or the title does: a benchmark is run by hand."""
    if any(word in call.args[0].text.lower() for word in ("skip", "benchmark")):
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
