"""ESLint with sonarjs and security, Prettier and semgrep over the same files, for benchmarks/speed.py.

`npm install --ignore-scripts --no-package-lock --prefix benchmarks/peer_tools` installs the first three; semgrep is
taken from the search path. What is not there is not measured.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "peer_tools"
_PATTERNS = ("eval($X)", "new Function($X)", "$A.forEach(async ($X) => { ... })")


def commands(place: Path, files: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Name and command of each peer that is installed; to be run in `place`."""
    binaries = FOLDER / "node_modules" / ".bin"
    if (binaries / "eslint").exists():
        settings = ["--no-config-lookup", "-c", str(FOLDER / "eslint.config.js"), "--no-ignore", "-f", "json"]
        yield "ESLint, sonarjs, security", [str(binaries / "eslint"), *settings, *files]
        yield "Prettier", [str(binaries / "prettier"), "--list-different", *files]
    semgrep = shutil.which("semgrep")
    if semgrep is not None:
        rules = place.parent / f"{place.name}.semgrep.yml"
        rules.write_text(_semgrep_rules(), encoding="utf-8")
        yield (
            "semgrep, 25 rules",
            [semgrep, "scan", "--metrics=off", "--disable-version-check", "--quiet", "--config", str(rules), *files],
        )


def measured(place: Path, command: list[str]) -> tuple[float, float, float]:
    """Seconds on the clock, seconds of processor time and MiB of the largest process of one run."""
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _semgrep_rules() -> str:
    """25 rules of the same three shapes: what counts is the time for as many."""
    rules = (
        f"  - id: r{at}\n    languages: [typescript]\n    severity: WARNING\n    message: m\n"
        f"    pattern: '{_PATTERNS[at % len(_PATTERNS)]}'\n"
        for at in range(25)
    )
    return "rules:\n" + "".join(rules)
