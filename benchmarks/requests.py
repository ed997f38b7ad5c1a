"""Requests to GitHub per review, counted by the stand-in: for 5, 20 and 60 files, a push, and nothing to say.

python -m benchmarks.requests
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

from benchmarks.nest import change, clean
from benchmarks.table import Row, show
from benchmarks.world import World, world
from tests.standin.state import Pull
from tests.workflow.stage import TEAM

PEER = "40-62, grows with files (119 for 66)"
TARGET = "≤ 12"
_WRITES = ("create", "update", "submit", "delete")


async def main() -> None:
    """Count and print."""
    rows: list[Row] = []
    with world({"REVIEWER_DEBOUNCE_SECONDS": "0"}) as stage:
        rows.append(Row("who we are, once a process", _told(_since(stage, 0)), "", ""))
        _, counted = await _first(stage, "octo/first", *change(5))
        rows.append(Row("opened, 5 files, the first of an organisation", _told(counted), PEER, ""))
        for files in (5, 20, 60):
            base, head = change(files)
            pull, counted = await _first(stage, f"octo/shop-{files}", base, head)
            rows.append(Row(f"opened, {files} files", _told(counted), PEER, TARGET))
            if files == 20:
                start = len(stage.github.requests)
                stage.github.push(pull, {**head, "src/basket/more.ts": "export const more = 1;\n"})
                stage.opened(pull, "synchronize")
                await stage.reviewed([pull])
                rows.append(Row("a push on top, 21 files", _told(_since(stage, start)), PEER, TARGET))
                start = len(stage.github.requests)
                stage.opened(pull, "reopened")
                await stage.reviewed([pull])
                rows.append(
                    Row("the same head once more", _told(_since(stage, start)), "every comment doubled", "nothing new")
                )
        base, head = clean(20)
        _, counted = await _first(stage, "octo/clean", base, head)
        rows.append(Row("opened, 20 files, no finding", _told(counted), PEER, TARGET))
        kinds = [request.operation for request in stage.github.requests]
    show("Requests to GitHub per review (in brackets: those that write)", rows)
    print("all of them, by operation: " + ", ".join(f"{name} {n}" for name, n in Counter(kinds).most_common()))


async def _first(stage: World, name: str, base: Mapping[str, str], head: Mapping[str, str]) -> tuple[Pull, list[str]]:
    stage.github.add_repository(name, base, collaborators={"mona": "write", **TEAM})
    pull = stage.github.open_pull(name, head_files=head)
    start = len(stage.github.requests)
    stage.opened(pull)
    await stage.reviewed([pull])
    return pull, _since(stage, start)


def _since(stage: World, start: int) -> list[str]:
    return [request.operation for request in stage.github.requests[start:]]


def _told(operations: list[str]) -> str:
    writes = sum(name.partition("/")[2].startswith(_WRITES) and "access-token" not in name for name in operations)
    return f"{len(operations)} ({writes})"


if __name__ == "__main__":
    asyncio.run(main())
