"""What the kernel knows of a process: processor time, memory, children. Linux."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far, all threads, without its children; to a hundredth."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def rss_mb(pid: int) -> float:
    """Resident memory in MiB."""
    return _status(pid, "VmRSS") / 1024


def private_mb(pid: int) -> float:
    """Resident memory in MiB that the process shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def peak_mb(pid: int) -> float:
    """The most resident memory so far, in MiB."""
    return _status(pid, "VmHWM") / 1024


def children(pid: int) -> list[int]:
    """Process ids of the children."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().split("\n"):
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise ValueError(f"the kernel does not tell {name}")
