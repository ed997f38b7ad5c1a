"""Seeded faults in real repositories: each branch a small pull request, with a fault or done right.

`python -m benchmarks.branches REPOSITORY LEDGER [--show]` reviews each branch of the ledger against its parent with the
real command and says how many faults were found and how many branches without one were alarmed on. The ledger is a
tab-separated table with the columns `branch`, `concern`, `path` and `line`, a row for each fault; a branch without a
path is a correct one. As in `benchmarks.seeded`, a finding counts at most `NEAR` lines from the fault, or when it is
about the whole change and of the fault's concern; any finding on a correct branch is an alarm, notes too.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from benchmarks.seeded import NEAR
from benchmarks.world import ROOT


class _Finding(BaseModel):
    rule: str
    concern: str
    path: str | None
    start_line: int | None
    end_line: int | None


class _Review(BaseModel):
    findings: list[_Finding]


@dataclass(frozen=True, slots=True)
class _Fault:
    concern: str
    path: str
    line: int

    def is_told_by(self, finding: _Finding) -> bool:
        if finding.start_line is None or finding.end_line is None:
            return finding.concern == self.concern
        return finding.path == self.path and finding.start_line - NEAR <= self.line <= finding.end_line + NEAR


def main() -> None:
    """Print the counts, and with --show what was missed and alarmed on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    faults = found = correct = alarmed = 0
    said: list[str] = []
    for branch, wanted in _ledger(given.ledger).items():
        findings = _findings(given.repository, branch)
        missed = [fault for fault in wanted if not any(fault.is_told_by(one) for one in findings)]
        said += [f"missed  {branch} | {fault.concern} {fault.path}:{fault.line}" for fault in missed]
        faults, found = faults + len(wanted), found + len(wanted) - len(missed)
        if not wanted:
            correct, alarmed = correct + 1, alarmed + bool(findings)
            said += [f"alarm   {branch} | {one.rule} {one.path}:{one.start_line}" for one in findings]
    print(f"faults {faults}, found {found}; correct branches {correct}, alarmed {alarmed}")
    print("\n".join(said) if given.show else "", end="\n" if given.show and said else "")


def _ledger(path: Path) -> dict[str, list[_Fault]]:
    branches: dict[str, list[_Fault]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            faults = branches[row["branch"]]
            if row["path"]:
                faults.append(_Fault(row["concern"], row["path"], int(row["line"])))
    return branches


def _findings(repository: Path, branch: str) -> list[_Finding]:
    command = [sys.executable, "-m", "reviewer", "review", "--rules-only", "--format", "json"]
    command += ["--repo", str(repository.absolute()), "--base", f"{branch}~1", "--head", branch]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if run.returncode not in (0, 3):
        raise RuntimeError(f"{branch}: {run.stderr.decode(errors='replace').strip()}")
    return _Review.model_validate_json(run.stdout).findings


if __name__ == "__main__":
    main()
