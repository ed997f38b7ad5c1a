"""Seeded faults: how many of them the rules and linters find, and how many of their correct twins they alarm on.

`python -m benchmarks.seeded [--show] [PATTERN]` reads `benchmarks/faults/*.md`, case documents as in `tests/rules` (see
`tests/rules/cases.py`) that were written without a look at the rules. `// finding: CONCERN` marks the faulty line; a
case without a mark is a correct twin. A fault is found when a finding stands at most `NEAR` lines from the mark, or is
about the whole change and of its concern; any finding of a twin is an alarm, notes too.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from reviewer.core.finding import Finding
from reviewer.core.plan import Limits
from reviewer.linters import lint_change
from reviewer.rules import all_rules, inspect
from tests.rules.cases import Case, Expected, read_cases

FAULTS = Path(__file__).parent / "faults"
NEAR = 3
"""Lines between a mark and a finding that speaks of it: the call, the head of its function, its decorator."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case with what was said of it."""

    document: str
    case: Case
    findings: tuple[Finding, ...]

    @property
    def missed(self) -> list[Expected]:
        """The marked faults that nothing was said of."""
        return [fault for fault in self.case.expected if not any(_meets(one, fault) for one in self.findings)]


def _meets(finding: Finding, fault: Expected) -> bool:
    path, line, concern = fault
    if finding.span is None or not path:
        return finding.concern.value == concern
    return finding.path == path and finding.span.first - NEAR <= line <= finding.span.last + NEAR


async def _outcome(document: str, case: Case) -> Outcome:
    project = case.project()
    found, failures = inspect(project, all_rules())
    if failures:
        raise RuntimeError(f"{case.title}: {failures}")
    linted = await lint_change(project.change, {})
    shown = (one for one in (*found, *linted.findings) if one.confidence >= Limits().confidence_min)
    return Outcome(document, case, tuple(shown))


def main() -> None:
    """Print a line for each document, and with --show what was missed and alarmed on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pattern", nargs="?", default="")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    documents = [path for path in sorted(FAULTS.glob("*.md")) if given.pattern in path.stem]
    outcomes = [asyncio.run(_outcome(path.stem, case)) for path in documents for case in read_cases(path)]
    rows: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        rows[outcome.document].append(outcome)
    print(f"{'document':32} faults   found  twins  alarmed")
    for name, row in [*rows.items(), ("all", outcomes)]:
        faults = sum(len(outcome.case.expected) for outcome in row)
        missed = sum(len(outcome.missed) for outcome in row)
        twins = [outcome for outcome in row if not outcome.case.expected]
        alarmed = [outcome for outcome in twins if outcome.findings]
        print(f"{name:32} {faults:6} {faults - missed:7} {len(twins):6} {len(alarmed):8}")
    for outcome in outcomes if given.show else ():
        for path, line, concern in outcome.missed:
            print(f"missed  {outcome.document} | {outcome.case.title} | {concern} {path}:{line}")
        if not outcome.case.expected:
            for finding in outcome.findings:
                where = f"{finding.path}:{finding.span.first}" if finding.span else "whole"
                print(f"alarm   {outcome.document} | {outcome.case.title} | {finding.rule} {where}")


if __name__ == "__main__":
    main()
