"""What it takes to have it: size installed, processor time of imports, memory and processor time of an idle service.

python -m benchmarks.footprint

Made in an environment of its own with nothing but `requirements/runtime.txt`, by hash, as an operator installs it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.nest import change
from benchmarks.process import children, cpu_s, peak_mb, private_mb, rss_mb
from benchmarks.table import Row, show, spread
from benchmarks.world import ROOT, World, world

RUNS = 5
IDLE_S = 10.0
REVIEWS = 50
REVIEW_FILES = 10
TARGET_MB, TARGET_RSS = "< 120 MB", "< 120 MB"
_IMPORT = (
    "import resource, sys, importlib; importlib.import_module(sys.argv[1]); "
    "used = resource.getrusage(resource.RUSAGE_SELF); print(used.ru_utime + used.ru_stime)"
)


async def main() -> None:
    """Install, measure, print."""
    with tempfile.TemporaryDirectory(prefix="reviewer-footprint-") as folder:
        python = install(Path(folder) / "venv")
        rows = _sizes(python.parents[1])
        rows += _imports(python)
        rows += await _memory(python)
    show("Footprint, with nothing but requirements/runtime.txt installed", rows)


def install(folder: Path) -> Path:
    """A new environment with what runs the service, compiled; its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python, uv = folder / "bin" / "python", Path(sys.executable).with_name("uv")
    wanted = ["--require-hashes", "-r", str(ROOT / "requirements" / "runtime.txt")]
    if uv.exists():  # copies, not links to its cache: the files are stripped later
        command = [str(uv), "pip", "install", "--quiet", "--link-mode", "copy", "--python", str(python), *wanted]
    else:
        command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *wanted]
    cache = {"UV_CACHE_DIR": str(ROOT / ".cache" / "uv")}
    subprocess.run(command, check=True, env={**os.environ, **cache})
    subprocess.run([str(python), "-m", "compileall", "-q", "-j", "2", str(folder / "lib")], check=False)
    return python


def _sizes(folder: Path) -> list[Row]:
    compiled = _mb(folder, "*.pyc")
    whole = _mb(folder) - compiled
    parts = sorted(((_mb(part), part.name) for part in _packages(folder)), reverse=True)[:9]
    for library in folder.rglob("*.so*"):
        if library.is_file() and not library.is_symlink() and "psycopg_binary.libs" not in library.parts:
            subprocess.run(["strip", "--strip-unneeded", str(library)], check=False, stderr=subprocess.DEVNULL)
    largest = ", ".join(f"{name.removesuffix('.libs')} {size:.0f}" for size, name in parts)
    return [
        Row("installed, without bytecode", f"{whole:.0f} MB", "300 MB; a frame 91 MB", TARGET_MB),
        Row("the same, debug symbols stripped", f"{_mb(folder) - compiled:.0f} MB", "", TARGET_MB),
        Row("bytecode of all of it", f"{compiled:.0f} MB", "", ""),
        Row("its largest parts, MB", largest),
    ]


def _packages(folder: Path) -> list[Path]:
    (packages,) = folder.glob("lib/python*/site-packages")
    return [*packages.iterdir(), *(program for program in (folder / "bin").iterdir() if not program.is_symlink())]


def _mb(path: Path, pattern: str = "*") -> float:
    files = [path] if path.is_file() else [file for file in path.rglob(pattern) if file.is_file()]
    files = [file for file in files if pattern != "*" or path.name == "venv" or file.suffix != ".pyc"]
    return sum(file.lstat().st_size for file in files) / 1024**2


def _imports(python: Path) -> list[Row]:
    app, command = _cpu(python, "-c", _IMPORT, "reviewer.app"), _help_cpu(python)
    return [
        Row("import of reviewer.app, processor time", spread(app, "{:.2f}") + " s", "3.9 s", "< 1 s"),
        Row("reviewer --help, processor time", spread(command, "{:.2f}") + " s"),
    ]


def _cpu(python: Path, *arguments: str) -> Sequence[float]:
    environment = {"PATH": "", "PYTHONPATH": str(ROOT)}
    runs = [
        subprocess.run([str(python), *arguments], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(RUNS + 1)
    ]
    return [float(run) for run in runs[1:]]  # the first one may have had to compile


def _help_cpu(python: Path) -> Sequence[float]:
    used = []
    for _ in range(RUNS):
        process = subprocess.Popen(
            [str(python), "-m", "reviewer", "--help"], cwd=ROOT, env={"PATH": ""}, stdout=subprocess.DEVNULL
        )
        _, _, spent = os.wait4(process.pid, 0)
        process.returncode = 0
        used.append(spent.ru_utime + spent.ru_stime)
    return used


async def _memory(python: Path) -> list[Row]:
    with world({"REVIEWER_CONCURRENCY": "4"}, (str(python), "-m", "reviewer", "serve", "--port", "0")) as stage:
        pid = stage.service.pid
        await asyncio.sleep(IDLE_S)
        idle, private, start = rss_mb(pid), private_mb(pid), cpu_s(pid)
        await asyncio.sleep(IDLE_S)
        used = 100 * (cpu_s(pid) - start) / IDLE_S
        await _review(stage)
        workers = ", ".join(f"{rss_mb(child):.0f}" for child in children(pid))
        after, peak = rss_mb(pid), peak_mb(pid)
    return [
        Row("resident, idle after the start", f"{idle:.0f} MB ({private:.0f} its own)", "212-593 MB; 67", TARGET_RSS),
        Row("processor time, idle", f"{used:.1f} %"),
        Row(f"resident after {REVIEWS} reviews", f"{after:.0f} MB (most: {peak:.0f})", "", "≤ 512 MB"),
        Row("resident, its worker process", f"{workers} MB"),
    ]


async def _review(stage: World) -> None:
    base, head = change(REVIEW_FILES)
    stage.github.add_repository("octo/shop", base, collaborators={"mona": "write"})
    pulls = []
    for number in range(REVIEWS):
        tree = {**head, "src/number.ts": f"export const number = {number};\n"}
        pulls.append(stage.github.open_pull("octo/shop", head_files=tree, head_ref=f"change-{number}"))
    for pull in pulls:
        await asyncio.to_thread(stage.opened, pull)
    await stage.reviewed(pulls)


if __name__ == "__main__":
    asyncio.run(main())
