"""kill -9 at random moments under deliveries, and a restart each time: what is lost, doubled, paid for twice.

python -m benchmarks.kills [N [SEED]]     N kills (10); the moments follow the seed
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from benchmarks.nest import change
from benchmarks.table import Row, show, spread
from benchmarks.world import World, world
from tests.deliveries.signed import SignedDelivery, pull_request_delivery
from tests.standin.model import ModelStandIn
from tests.standin.state import Pull

PULLS_A_ROUND = 3
FILES = 5
LIFE_S = 5.0
"""The longest life between a start and its kill; one review of ten files takes some 2 s on a busy machine."""

SUMMARY = "<!-- reviewer:summary -->"
PEER = "lost without trace"


@dataclass(slots=True)
class Tally:
    """What was delivered, and what the restarts took."""

    accepted: dict[str, Pull] = field(default_factory=dict)
    again: int = 0
    starts_s: list[float] = field(default_factory=list)


async def main(kills: int, seed: int) -> None:
    """Kill, count, print."""
    chance, tally = random.Random(seed), Tally()
    with ModelStandIn() as model:
        given = {
            "OPENAI_API_KEY": model.api_key,
            "OPENAI_BASE_URL": model.base_url,
            "REVIEWER_MODEL": "standin",
            "REVIEWER_DEBOUNCE_SECONDS": "0",
        }
        with world(given) as stage:
            base, head = change(FILES)
            stage.github.add_repository("octo/shop", base, collaborators={"mona": "write"})
            for number in range(kills):
                deliveries = []
                for own in range(PULLS_A_ROUND):
                    name = f"Change ({number}.{own})"
                    tree = {**head, "src/number.ts": f"export const number = {number * 10 + own};\n"}
                    pull = stage.github.open_pull(
                        "octo/shop", head_files=tree, title=name, head_ref=f"change-{number}-{own}"
                    )
                    delivery = pull_request_delivery(stage.github, pull, "opened")
                    deliveries += [(pull, delivery), (pull, delivery.again())]
                await _one_life(stage, tally, deliveries, chance.uniform(0.0, LIFE_S))
            await stage.reviewed(list(tally.accepted.values()))
            rows = _rows(stage, model, tally, kills)
    show("kill -9 at random moments", rows)


async def _one_life(stage: World, tally: Tally, deliveries: list[tuple[Pull, SignedDelivery]], life_s: float) -> None:
    """Deliver (each twice, and what was not accepted once more after the restart), die, start."""

    async def deliver(pull: Pull, delivery: SignedDelivery) -> None:
        with suppress(OSError):  # killed meanwhile: not accepted, so GitHub shows it as failed
            await asyncio.to_thread(stage.service.accept, delivery)
            tally.again += delivery.guid in tally.accepted
            tally.accepted[delivery.guid] = pull

    sending = [asyncio.create_task(deliver(pull, delivery)) for pull, delivery in deliveries]
    await asyncio.sleep(life_s)
    stage.service.kill()
    await asyncio.gather(*sending)
    start = time.monotonic()
    await asyncio.to_thread(stage.service.start)
    tally.starts_s.append(time.monotonic() - start)


def _rows(stage: World, model: ModelStandIn, tally: Tally, kills: int) -> list[Row]:
    github, bot = stage.github, stage.github.bot
    lost = given_up = doubled = 0
    for pull in tally.accepted.values():
        reviews = len([one for one in github.reviews(pull) if one.author.id == bot.id])
        summaries = len([one for one in github.issue_comments(pull, bot) if SUMMARY in one.body])
        runs = github.check_runs(pull)
        ended = [run for run in runs if run.status == "completed"]
        lost += not ended
        if ended and (reviews == 0 or summaries == 0):
            given_up += 1
            print(f"#{pull.number}: {reviews} reviews, {summaries} summaries; {ended[0].conclusion}: {ended[0].title}")
        doubled += max(reviews, summaries, len(runs)) > 1
    asked: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for request in model.requests:
        for pull in tally.accepted.values():
            if pull.title in request.said_by("user"):
                asked[pull.title] += 1
                answered[pull.title] += request.status == 200
    twice = sum(count > 1 for count in answered.values())
    return [
        Row("kills", str(kills)),
        Row("accepted pull requests", f"{len(tally.accepted)}, and {tally.again} redeliveries"),
        Row("accepted and without a completed check run", str(lost), PEER, "0"),
        Row("given up, with the reason in the check run", str(given_up), PEER, ""),
        Row("with a second review, summary or check run", str(doubled), "", "0"),
        Row("answered by the model more than once", f"{twice} of {len(answered)}", "22 of 250 (the engine alone)", "0"),
        Row("calls of the model, cut ones included", f"{sum(asked.values())} for {len(asked)}"),
        Row("restart until it listens", spread(tally.starts_s, "{:.2f}") + " s", "", "< 5 s"),
    ]


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:3]]
    asyncio.run(main(*(numbers + [10, 1][len(numbers) :])))
