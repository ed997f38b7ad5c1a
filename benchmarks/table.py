"""How figures are printed: ours beside the peers' and the target, and the machine they were taken on."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `peer` and `target` are as published; "" where there is none."""

    figure: str
    ours: str
    peer: str = ""
    target: str = ""


def show(title: str, rows: Sequence[Row]) -> None:
    """Print a table that is markdown as well."""
    cells = [("figure", "ours", "peer", "target"), *((row.figure, row.ours, row.peer, row.target) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    print(f"\n{title}\n{machine()}\n")
    for number, line in enumerate(cells):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
        if number == 0:
            print("| " + " | ".join("-" * width for width in widths) + " |")
    print(flush=True)


def machine() -> str:
    """What the figures were taken on; load above the number of processors means that others were at work."""
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}, load {load:.1f}"


def spread(values: Sequence[float], form: str = "{:.1f}") -> str:
    """The median, with the least and the greatest in brackets when there are several."""
    middle = form.format(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({form.format(min(values))}-{form.format(max(values))})"


def percentile(values: Sequence[float], part: float) -> float:
    """The value that `part` (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(part * len(ordered) + 0.5) - 1))]
