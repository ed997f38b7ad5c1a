"""Marks of a merge conflict that was committed unresolved.

Code with them does not parse; other files take them in silence.

Bad::

    <<<<<<< HEAD
    replicas: 2
    =======
    replicas: 3
    >>>>>>> feature

Good::

    replicas: 3
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._text import written_lines

_OPENS: Final = "<<<<<<< "
_CLOSES: Final = ">>>>>>> "


def inspect(project: Project) -> Iterator[Finding]:
    """The first mark of each conflict, in files that no parser of ours reads."""
    for file, number, text in written_lines(project, lambda file: not file.is_typescript):
        if not text.startswith(_OPENS) or not _is_closed(file.head or "", number):
            continue
        message = "Both sides of a merge stand here. Keep one of them, or what both mean together."
        yield report(RULE, at(file.path, number), message, symbol="", quoted=text)


def _is_closed(head: str, number: int) -> bool:
    """Whether the other mark follows: documents show one without the other."""
    return any(line.startswith(_CLOSES) for line in head.split("\n")[number:])


RULE = Rule(
    slug="lint_conflict_marker",
    concern=Concern.LINT,
    severity=Severity.BLOCKER,
    title="A merge conflict was committed unresolved",
    inspect=inspect,
    references=(Reference("MDN: Git", "https://developer.mozilla.org/en-US/docs/Glossary/Git"),),
    confidence=0.95,
    page=__doc__ or "",
)
