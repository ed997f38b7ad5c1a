"""A review without GitHub and without a model: wall and processor time of the command and of its parts, and memory.

python -m benchmarks.speed [DIR [BASE]]     also on a real repository's HEAD, against BASE (default: HEAD~1)
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks import peers
from benchmarks.nest import change
from benchmarks.process import cpu_s
from benchmarks.table import Row, show, spread
from benchmarks.world import ROOT
from reviewer.core.change import Change
from reviewer.core.project import Project
from reviewer.linters.configuration import Style, config_paths, format_style
from reviewer.linters.launcher import launcher
from reviewer.linters.oxfmt import check_format
from reviewer.linters.oxlint import lint
from reviewer.local.reading import LocalReader
from reviewer.rules import all_rules, inspect
from reviewer.typescript.reader import TypeScriptWorker

T = TypeVar("T")

RUNS = 5
PARTS_RUNS = 5
LINTER_RUNS = 10
"""Runs of the linters by one launcher."""
PEER_FILES_MAX = 100
"""Files that the peers are given: beyond, they take minutes."""
FILE_BYTES_MAX = 512 * 1024
_GIT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
_WHO = ("-c", "user.name=mona", "-c", "user.email=mona@example.com")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds on the clock, seconds of processor time of everything started, and MiB of the largest process."""

    wall_s: float
    cpu_s: float
    peak_mb: float


async def main(arguments: list[str]) -> None:
    """Measure and print."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="reviewer-speed-") as folder:
        for files in (1, 10, 100, 3_000):
            place = Path(folder) / str(files)
            _repository(place, *change(files))
            rows += await _measured(f"{files} file{'s' if files > 1 else ''}", place, "HEAD~1")
    if arguments:
        place = Path(os.path.abspath(arguments[0]))  # noqa: PTH100, ASYNC240 -- nothing else runs on this loop
        rows += await _measured(f"{place.name}", place, (arguments[1:] or ["HEAD~1"])[0])
    show("`reviewer review` without a model: seconds on the clock / of processor time", rows)


def _repository(place: Path, base: Mapping[str, str], head: Mapping[str, str]) -> None:
    place.mkdir()
    _git(place, "init", "--quiet", "--initial-branch=main")
    for files in (base, head):
        for path, text in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text, encoding="utf-8")
        _git(place, "add", ".")
        _git(place, *_WHO, "commit", "--quiet", "--message", "Change")


def _git(place: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=place, env=_GIT, check=True)


async def _measured(name: str, place: Path, base: str) -> list[Row]:
    runs = [_command(place, base) for _ in range(1 if name.startswith("3000") else RUNS)]
    wall, cpu = spread([run.wall_s for run in runs], "{:.2f}"), spread([run.cpu_s for run in runs], "{:.2f}")
    target = "lint, format, rules ≤ 0.5 s" if name.startswith("100") else ""
    rows = [
        Row(f"{name}: the whole command", f"{wall} / {cpu} s"),
        Row(f"{name}: the largest process", f"{max(run.peak_mb for run in runs):.0f} MB"),
    ]
    with LocalReader(place, base, "HEAD", FILE_BYTES_MAX) as reader:
        changed = reader.change()
        wanted = config_paths(changed.tree, [file.path for file in changed.files])
        configuration = dict(reader.texts(wanted))
    names = [file.path for file in changed.files if file.is_typescript]
    for peer, command in peers.commands(place, names) if len(names) <= PEER_FILES_MAX else ():
        wall_s, spent_s, peak_mb = peers.measured(place, command)
        rows.append(Row(f"{name}: {peer}", f"{wall_s:.2f} / {spent_s:.2f} s, {peak_mb:.0f} MB"))
    for part, spent in (await _parts(changed, configuration)).items():
        wall, cpu = (spread(values, "{:.3f}") for values in ([s.wall_s for s in spent], [s.cpu_s for s in spent]))
        rows.append(Row(f"{name}: {part}", f"{wall} / {cpu} s", target=target if part == "together" else ""))
    return rows


def _command(place: Path, base: str) -> Spent:
    with tempfile.NamedTemporaryFile() as output:
        command = [sys.executable, "-m", "reviewer", "review", "--repo", str(place), "--base", base]
        command += ["--rules-only", "--format", "json", "--output", output.name]
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env={"PATH": _GIT["PATH"]})
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 3):
            raise AssertionError(f"the review ended with {process.returncode}")
    return Spent(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


async def _parts(changed: Change, configuration: Mapping[str, str | None]) -> dict[str, list[Spent]]:
    """The inspection in its parts. Facts: in a worker that runs already, as in the service, and has seen no file.
    Linters: with a share in the start of their launcher, which the service starts once."""
    sources = {f.path: f for f in changed.files if f.is_typescript and f.unread is None}
    heads = {path: file.head for path, file in sources.items() if file.head is not None}
    bases = {path: file.base for path, file in sources.items() if file.base is not None}
    styles = {path: format_style(configuration, path) for path in heads}
    formatted = {path: (sources[path], style) for path, style in styles.items() if isinstance(style, Style)}
    spent: dict[str, list[Spent]] = {"facts of both sides": [], "rules": [], "oxlint + oxfmt": [], "together": []}
    linter_runs = LINTER_RUNS if len(heads) <= PEER_FILES_MAX else 1
    for _ in range(PARTS_RUNS if len(heads) <= PEER_FILES_MAX else 1):
        async with TypeScriptWorker() as worker:
            await worker.facts({"warm.ts": "export const warm = 1;\n"})
            worker_pid = worker.process_id or 0
            started = cpu_s(worker_pid)

            async def facts(worker: TypeScriptWorker = worker) -> Project:
                head, base = await worker.facts(heads), await worker.facts(bases)
                return Project(changed, head.facts, base.facts)

            project, of_facts = await _timed(facts)
            of_facts = Spent(of_facts.wall_s, of_facts.cpu_s + cpu_s(worker_pid) - started, 0)

            async def rules(project: Project = project) -> object:
                return inspect(project, all_rules())

            async def linters() -> None:
                for _ in range(linter_runs):
                    await lint(heads)
                    await check_format(formatted)
                launcher().end()  # what it and its tools used is counted when it is gone

            _, of_rules = await _timed(rules)
            _, of_linters = await _timed(linters)
            of_linters = Spent(of_linters.wall_s / linter_runs, of_linters.cpu_s / linter_runs, 0)
        each = (of_facts, of_rules, of_linters)
        together = Spent(sum(one.wall_s for one in each), sum(one.cpu_s for one in each), 0)
        for values, one in zip(spent.values(), (*each, together), strict=True):
            values.append(one)
    return spent


async def _timed(work: Callable[[], Awaitable[T]]) -> tuple[T, Spent]:
    start, used = time.monotonic(), _used()
    value = await work()
    return value, Spent(time.monotonic() - start, _used() - used, 0)


def _used() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
