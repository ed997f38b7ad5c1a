"""A file that does not parse: it cannot be compiled, and no other rule sees what is behind the error.

Only an error that the change made is reported: the file parsed before, or is new.

Bad::

    export const total = (order: Order => order.lines.length;

Good::

    export const total = (order: Order) => order.lines.length;
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.change import ChangedFile
from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import SyntaxFault
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_off
from reviewer.rules._report import at, report

_BARE_PARAMETERS = ("(string) =>", "(number) =>", "(boolean) =>", "(any) =>", "(object) =>", "(symbol) =>")
"""Function types whose parameter is called like a type: valid, and unknown to the grammar."""

_TYPESCRIPT = (".ts", ".tsx", ".mts", ".cts")


def inspect(project: Project) -> Iterator[Finding]:
    """The first syntax error of each changed TypeScript file that had none before."""
    for file, facts in project.changed:
        if not file.path.endswith(_TYPESCRIPT) or is_off(file.path) or project.before(file.path).faults:
            continue
        in_types = [range(item.first, item.last + 1) for item in facts.types]  # line ends as separators, read wrongly
        faults = [
            fault
            for fault in facts.faults
            if not _is_beyond_the_grammar(file, fault) and not any(fault.line in lines for lines in in_types)
        ]
        if faults and len(faults) == len(facts.faults):
            line = _nearest(project.added(file.path), faults[0].line)
            yield report(
                RULE,
                at(file.path, line),
                "The parser cannot follow this file from about here on, so it will not compile. "
                "Look for a bracket, quote or comma that is missing or left over in the changed lines.",
                symbol="",
                quoted=faults[0].near,
            )


def _is_beyond_the_grammar(file: ChangedFile, fault: SyntaxFault) -> bool:
    """Valid code that our parser does not know: template tags with type arguments and what stands right behind
    one, parameters called like types."""
    if "\0" in (file.head or "") or any(bare in (file.head or "") for bare in _BARE_PARAMETERS):
        return True  # the one is allowed in a string, the other in types; the parser stops there
    lines = (file.head or "").split("\n")[max(0, fault.line - 2) : fault.line + 1]
    return any(">`" in line for line in lines)


def _nearest(added: frozenset[int], line: int) -> int:
    """The written line nearest to the error: a missing bracket is often noticed far behind it."""
    return min(added, key=lambda number: (abs(number - line), number), default=line)


RULE = Rule(
    slug="lint_syntax_error",
    concern=Concern.LINT,
    severity=Severity.BLOCKER,
    title="The file does not parse",
    inspect=inspect,
    references=(
        Reference("TypeScript handbook: the basics", "https://www.typescriptlang.org/docs/handbook/2/basic-types.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
