"""A delivery: its processor time, and how long GitHub waits for the 202, idle and while reviews run.

python -m benchmarks.intake
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.nest import change
from benchmarks.process import cpu_s
from benchmarks.senders import Answers, Load, send
from benchmarks.table import Row, percentile, show, spread
from benchmarks.world import World, world

DELIVERIES = 500
ROUNDS = 3
RATES = (20.0, 50.0)
REVIEW_FILES = 20
REVIEWS = 60
STORED_ONLY = {"REVIEWER_DEBOUNCE_SECONDS": "3600"}
"""Pushes wait for an hour: they are stored and nothing else is done, so what is measured is the intake."""

BARE = (sys.executable, "-m", "benchmarks.bare")
PEER_CPU = "6.2 ms; a frame, not durable, 0.12"
PEER_WAIT = "7 of 10 above 10 s"


@dataclass(slots=True)
class Sender:
    """Sends to one service, never the same pull request twice."""

    stage: World
    sent: int = field(default=10_000)

    async def send(
        self, count: int, senders: int, *, action: str = "synchronize", rate: float | None = None, burst: int = 1
    ) -> Answers:
        """Send; every one is accepted."""
        first, self.sent = self.sent, self.sent + count
        port, secret = self.stage.service.port, self.stage.github.webhook_secret
        answers = await send(Load(port, secret, action, count, senders, first, rate, burst))
        if answers.refused:
            raise AssertionError(f"{answers.refused} of {count} were not accepted")
        return answers

    async def cost_ms(self, count: int, senders: int, action: str = "synchronize") -> float:
        """Milliseconds of processor time of the service for one delivery, until the engine has nothing left to do."""
        before = cpu_s(self.stage.service.pid)
        await self.send(count, senders, action=action)
        if action != "synchronize":
            await self.stage.settled()
        return 1000 * (cpu_s(self.stage.service.pid) - before) / count


async def main() -> None:
    """Measure and print."""
    show("Processor time of one accepted delivery of 25 KB, stored before the 202", await _costs())
    show("How long GitHub waits for the 202 (its limit is 10 s)", await _waits())


async def _costs() -> list[Row]:
    rows: list[Row] = []
    costs: list[float] = []
    with world(STORED_ONLY, command=BARE) as stage:
        sender = Sender(stage)
        await sender.send(300, 8)
        for senders in (1, 8):
            costs = [await sender.cost_ms(DELIVERIES, senders) for _ in range(ROUNDS)]
            rows.append(Row(f"{senders} sender(s)", spread(costs, "{:.2f}") + " ms", PEER_CPU, "≤ 1 ms"))
        answers = await sender.send(DELIVERIES, 8)
        rows.append(Row("accepted a second, 8 senders", f"{DELIVERIES / answers.wall_s:.0f}", "", "≥ 200"))
    with world(STORED_ONLY) as stage:
        sender = Sender(stage)
        await sender.send(300, 8)
        told = [await sender.cost_ms(DELIVERIES, 8) for _ in range(ROUNDS)]
        rows.append(Row("the same with its check run opened on GitHub", spread(told, "{:.2f}") + " ms", "", ""))
    stored = statistics.median(costs)
    with world(command=BARE) as stage:
        sender = Sender(stage)
        await sender.send(50, 8, action="opened")
        costs = [await sender.cost_ms(150, 8, "opened") - stored for _ in range(ROUNDS)]
        rows.append(Row("on top: claim, start and end of a review", spread(costs) + " ms", "", ""))
    return rows


async def _waits() -> list[Row]:
    rows: list[Row] = []
    with world({**STORED_ONLY, "REVIEWER_CONCURRENCY": "4"}) as stage:
        sender = Sender(stage)
        await sender.send(300, 8)
        rows += [_row(f"idle, {rate:.0f} a second", await sender.send(int(4 * rate), 32, rate=rate)) for rate in RATES]
        rows.append(_row("idle, 50 at once", await sender.send(200, 50, rate=50.0, burst=50)))
        start = time.monotonic()
        await _open(stage)
        running = asyncio.create_task(_running(stage))
        for rate in RATES:
            answers = await sender.send(int(6 * rate), 32, rate=rate)
            rows += [_row(f"while reviews run, {rate:.0f} a second", answers)]
        rows.append(_row("while reviews run, 50 at once", await sender.send(200, 50, rate=50.0, burst=50)))
        running.cancel()
        (counts,) = await asyncio.gather(running, return_exceptions=True)
        assert isinstance(counts, list)
        at_once = f"{statistics.median(counts):.0f} (least {min(counts)})"
        done = stage.states()["done"] / (time.monotonic() - start)
        rows.append(Row("reviews running meanwhile", at_once, "", "4"))
        rows.append(Row(f"reviews of {REVIEW_FILES} files a second", f"{done:.1f}", "", ""))
    with world() as stage:
        rows.append(await _ten_at_once(stage))
    return rows


async def _open(stage: World) -> None:
    """Enough pull requests that four reviews run all the time, in two installations."""
    base, head = change(REVIEW_FILES)
    pulls = []
    for owner in ("octo", "hexa"):
        stage.github.add_repository(f"{owner}/shop", base, collaborators={"mona": "write"})
        for number in range(REVIEWS // 2):
            tree = {**head, "src/number.ts": f"export const number = {number};\n"}
            pulls.append(stage.github.open_pull(f"{owner}/shop", head_files=tree, head_ref=f"change-{number}"))
    for pull in pulls:
        await asyncio.to_thread(stage.opened, pull)
    while stage.states().get("running", 0) < 4:  # noqa: ASYNC110 -- the state is in another process's database
        await asyncio.sleep(0.02)


async def _running(stage: World) -> list[int]:
    counts: list[int] = []
    try:
        while True:
            counts.append(stage.states().get("running", 0))
            await asyncio.sleep(0.2)
    except asyncio.CancelledError:
        return counts


async def _ten_at_once(stage: World) -> Row:
    base, head = change(REVIEW_FILES)
    pulls = []
    for number in range(10):
        stage.github.add_repository(f"octo/shop-{number}", base, collaborators={"mona": "write"})
        pulls.append(stage.github.open_pull(f"octo/shop-{number}", head_files=head))
    start = time.monotonic()

    async def one(number: int) -> float:
        await asyncio.to_thread(stage.opened, pulls[number])
        return time.monotonic() - start

    answered = await asyncio.gather(*map(one, range(10)))
    await stage.reviewed(pulls)
    took = time.monotonic() - start
    late = sum(seconds > 10 for seconds in answered)
    ours = f"{late} above 10 s; slowest 202 {max(answered):.2f} s; all reviewed after {took:.1f} s"
    return Row("10 pull requests opened at once", ours, PEER_WAIT, "0")


def _row(name: str, answers: Answers) -> Row:
    return Row(name, _told(answers.seconds), PEER_WAIT if "while" in name else "", "p99 < 100 ms")


def _told(seconds: Sequence[float]) -> str:
    p50, p99 = (1000 * percentile(seconds, part) for part in (0.5, 0.99))
    return f"p50 {p50:.1f}, p99 {p99:.0f}, max {1000 * max(seconds):.0f} ms"


if __name__ == "__main__":
    asyncio.run(main())
