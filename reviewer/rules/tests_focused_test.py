"""A focused test: with `.only` every other test of the file is silently not run.

It is meant for one's own desk. Committed, the suite stays green whatever the other tests would say.

Bad::

    it.only('refuses an empty order', () => { … });

Good::

    it('refuses an empty order', () => { … });
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Call
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._testing import new_tests, said

_SHORTHANDS = {"fit": "it", "fdescribe": "describe", "ftest": "test"}


def inspect(project: Project) -> Iterator[Finding]:
    """Focused tests that the change wrote."""
    lines: dict[str, list[str]] = {}
    for file, _facts, call in new_tests(project, "only", frozenset(_SHORTHANDS)):
        if file.path not in lines:
            lines[file.path] = (file.head or "").split("\n")
        yield replace(
            report(
                RULE,
                at(file.path, call.first),
                f"`{said(call, 'only')}` switches off all other tests of this file, those to come "
                "too, so they can break unseen. "
                "Remove the focus before merging.",
                symbol=call.args[0].text,
                quoted=call.callee,
            ),
            suggestion=_without_focus(lines[file.path][call.first - 1], call),
        )


def _without_focus(line: str, call: Call) -> Suggestion | None:
    """The first line without the focus, where it is written there exactly once."""
    root = call.callee.partition(".")[0].removesuffix("()")
    old, new = (root + "(", _SHORTHANDS[root] + "(") if root in _SHORTHANDS else (f"{root}.only", root)
    return Suggestion(call.first, call.first, line.replace(old, new)) if line.count(old) == 1 else None


RULE = Rule(
    slug="tests_focused_test",
    concern=Concern.TESTS,
    severity=Severity.BLOCKER,
    title="A focused test switches off the others",
    inspect=inspect,
    references=(Reference("Jest: test.only", "https://jestjs.io/docs/api#testonlyname-fn-timeout"),),
    confidence=0.98,
    page=__doc__ or "",
)
