"""A decision that decides nothing: both branches are the same, the condition asks the same thing twice, or an earlier
branch already took its case.

Left over from an edit, or a copied line that was never changed: in each case something that was meant is missing.

Bad::

    const rate = order.isExport ? rates.domestic : rates.domestic;

Good::

    const rate = order.isExport ? rates.export : rates.domestic;
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Condition
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_off
from reviewer.rules._assertions import rendered
from reviewer.rules._report import at, report
from reviewer.rules._unreachable import unreachable

_LOGICAL = ("&&", "||")


def inspect(project: Project) -> Iterator[Finding]:
    """Decisions that the change wrote, or made meaningless."""
    for file, facts in project.changed:
        if is_off(file.path):
            continue
        before = {(item.symbol, item.code) for item in project.before(file.path).conditions if _why(item)}
        follows = unreachable(facts, file.head or "")
        for index, item in enumerate(facts.conditions):
            why = _why(item) or follows.get(index, "")
            is_new = project.wrote(file.path, item.first, item.last) and (item.symbol, item.code) not in before
            if why and is_new and not _dead_before(project, file.path, item, follows.get(index, "")):
                yield report(
                    RULE,
                    at(file.path, item.first),
                    f"{why}. Say what the other case should do, or take the decision out.",
                    symbol=item.symbol,
                    quoted=item.code,
                )


def _why(item: Condition) -> str:
    """What is wrong with a decision by itself, "" when nothing is."""
    if item.then and item.then == item.otherwise:
        what = "values of this choice" if item.is_ternary else "branches of this decision"
        return f"Both {what} are the same, so its condition has no effect"
    twice = _asked_twice(item.test)
    return f"This condition asks `{twice}` twice, and one of the two was meant to be something else" if twice else ""


def _asked_twice(test: Expr) -> str:
    if test.kind is not ExprKind.CHOICE or test.text not in _LOGICAL:
        return ""
    seen: set[str] = set()
    for part in test.parts:
        text = rendered(part)
        if text in seen and part.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.OTHER):
            return part.text[:60]
        seen.add(text)
    return ""


def _dead_before(project: Project, path: str, item: Condition, why: str) -> bool:
    if not why:
        return False
    old = project.before(path)
    file = project.change.file(path)
    dead = unreachable(old, (file.base if file else None) or "")
    return any(old.conditions[index].code == item.code for index in dead)


RULE = Rule(
    slug="lint_same_branches",
    concern=Concern.LINT,
    severity=Severity.WARNING,
    title="This decision decides nothing",
    inspect=inspect,
    references=(Reference("CWE-561: dead code", "https://cwe.mitre.org/data/definitions/561.html"),),
    confidence=0.95,
    page=__doc__ or "",
)
