"""Noise on good work: what the rules and linters say of commits that were merged, per 100 changed lines.

`python -m benchmarks.merged [--count N] [--show] REPOSITORY[:FOLDER] …` replays the newest N commits of each local
repository's main line that touch TypeScript below FOLDER, each against its first parent, as a squash-merged pull
request. It prints, for each repository: commits, changed lines, findings, findings per 100 changed lines, the median,
the share of commits without any, seconds, crashes. `--show` lists the findings, for looking at them.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reviewer.core.anchor import Span
from reviewer.core.finding import Finding
from reviewer.core.review import Candidates, assemble
from reviewer.local.reading import LocalReader
from reviewer.operator_plan import operator_plan
from reviewer.settings import from_environment
from reviewer.typescript.reader import TypeScriptWorker
from reviewer.workflow.inspection import inspect_change

LINES_MAX = 3_000
"""Changed lines of one commit; above it is an import or a move of a whole tree, not a pull request."""


@dataclass(frozen=True, slots=True)
class _Texts:
    reader: LocalReader

    async def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        return self.reader.texts(paths)


@dataclass(slots=True)
class Tally:
    """What was seen in one repository; `per_commit` holds the findings of each commit."""

    lines: int = 0
    seconds: float = 0.0
    crashes: int = 0
    per_commit: list[int] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)

    def row(self, name: str) -> str:
        """One line of the table."""
        total, count = sum(self.per_commit), max(len(self.per_commit), 1)
        silent = self.per_commit.count(0) / count
        rate = 100 * total / max(self.lines, 1)
        median = statistics.median(self.per_commit or [0])
        return (
            f"{name:28} {len(self.per_commit):7} {self.lines:8} {total:9} {rate:9.2f} {median:7.1f} "
            f"{silent:7.0%} {self.seconds / count:9.2f} {self.crashes:8}"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    print(f"{'repository':28} commits    lines  findings  per 100  median  silent  s/commit  crashes")
    total = Tally()
    for text in given.repositories:
        folder, _, below = text.partition(":")
        tally = asyncio.run(_replay(Path(folder), below, given.count, show=given.show))
        print(tally.row(Path(folder).name if Path(folder).name != "repo" else Path(folder).parent.name))
        total.lines += tally.lines
        total.seconds += tally.seconds
        total.crashes += tally.crashes
        total.per_commit += tally.per_commit
        total.rules += tally.rules
    print(total.row("all"))
    for rule, count in total.rules.most_common():
        print(f"{count:6} {rule}")


async def _replay(folder: Path, below: str, count: int, *, show: bool) -> Tally:
    tally = Tally()
    async with TypeScriptWorker() as worker:
        for commit in _commits(folder, below, count):
            start = time.perf_counter()
            (result,) = await asyncio.gather(_review(folder, commit, worker), return_exceptions=True)
            if isinstance(result, BaseException):  # a crash is what is counted here
                tally.crashes += 1
                print(f"{commit}: {type(result).__name__}: {result}", file=sys.stderr)
                continue
            lines, findings = result
            tally.seconds += time.perf_counter() - start
            tally.lines += lines
            tally.per_commit.append(len(findings))
            tally.rules.update(finding.rule for finding in findings)
            for finding in findings if show else ():
                print(
                    f"  {commit[:10]} {_where(finding.span)} {finding.severity.value} {finding.rule}: {finding.title}"
                )
                print(f"      {finding.quoted[:150]!r}")
    return tally


def _where(span: Span | None) -> str:
    return f"{span.path}:{span.first}" if span else "(whole)"


async def _review(folder: Path, commit: str, worker: TypeScriptWorker) -> tuple[int, list[Finding]]:
    plan = operator_plan(from_environment())
    with LocalReader(folder, f"{commit}^1", commit, plan.limits.file_bytes_max) as reader:
        change = reader.change()
        inspected = await inspect_change(change, plan, _Texts(reader), worker)
        review = assemble(change, Candidates(inspected.findings), inspected.coverage, plan)
    lines = sum(len(file.diff.edited) for file in change.files if file.is_typescript)
    return lines, [placed.finding for placed in review.placed]


def _commits(folder: Path, below: str, count: int) -> Iterator[str]:
    paths = [f"{below}/*.ts" if below else "*.ts"]
    listed = _git(folder, "log", "--first-parent", "--format=%H", f"-{count * 4}", "HEAD", "--", *paths).split()
    found = 0
    for commit in listed:
        shown = _git(folder, "diff", "--shortstat", f"{commit}^1", commit, "--", *paths).split()
        numbers = [int(word) for word in shown if word.isdigit()][1:]
        if shown and 0 < sum(numbers) <= LINES_MAX:
            yield commit
            found += 1
        if found == count:
            return


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    return done.stdout


if __name__ == "__main__":
    main()
