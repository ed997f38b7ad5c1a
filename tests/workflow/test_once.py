"""One head is reviewed once: however often it is delivered, and wherever the process is killed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.deliveries.signed import pull_request_delivery
from tests.standin.door import Request, When
from tests.standin.faults import bad_gateway
from tests.standin.state import Pull
from tests.workflow.changes import SERVICE
from tests.workflow.model_words import finding, said
from tests.workflow.nursery import Nursery
from tests.workflow.stage import LEAD, Page, Stage, once, stage

REQUESTS = {"opened": range(1, 14), "commanded": (2, 3, 18)}
"""Requests of a review in a repository not seen before, on which a kill falls: all of an opened one's; of a command's
those that an opened one does not have (the permission, the eyes, the answer).
"""

COMMAND_REQUESTS = [
    "repos/get-collaborator-permission-level",
    "reactions/create-for-issue-comment",
    "issues/create-comment",
]

RANDOM_KILLS = 12


@pytest.fixture(scope="module")
def play(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("service"), model=True) as play:
        yield play


def speak(play: Stage) -> None:
    """The model finds the same in every pull request."""
    if play.model is not None:
        play.model.script = lambda _, __: said(finding(SERVICE, "title = '${text}'", "The title is not escaped"))


# ------------------------------------------------------------------------------------------------- deliveries


async def test_a_delivery_that_comes_twenty_times_is_one_review(play: Stage) -> None:
    speak(play)
    pull = play.pull(title="Twenty times")
    delivery = pull_request_delivery(play.github, pull, "opened")
    said = [play.service.deliver(delivery) for _ in range(20)]
    assert {status for status, _ in said} == {202}
    assert [body["news"] for _, body in said] == ["new work"] + ["known delivery"] * 19
    await one_review(play, pull)
    assert play.service.deliver(delivery)[1]["news"] == "known delivery"  # once more, after the end
    await play.settled(pull)
    await one_review(play, pull)
    assert play.asked("Twenty times") == 1


async def test_four_senders_at_once_make_one_review(play: Stage) -> None:
    speak(play)
    pull = play.pull(title="Four senders")
    same = pull_request_delivery(play.github, pull, "opened")
    fresh = [pull_request_delivery(play.github, pull, "opened") for _ in range(3)]  # new guid, same event
    with ThreadPoolExecutor(4) as senders:
        waiting: list[Future[tuple[int, dict[str, object]]]] = []
        for _ in range(5):
            waiting += [senders.submit(play.service.deliver, one) for one in (same, *fresh)]
    assert {one.result()[0] for one in waiting} == {202}
    await one_review(play, pull)
    assert play.asked("Four senders") == 1


async def test_all_events_of_one_head_at_once_make_one_review(play: Stage) -> None:
    speak(play)
    pull = play.pull(title="All events")
    for action in ("opened", "synchronize", "ready_for_review", "reopened"):
        play.service.accept(pull_request_delivery(play.github, pull, action))
    await one_review(play, pull)
    assert play.asked("All events") == 1


async def one_review(play: Stage, pull: Pull) -> None:
    await play.reviewed(pull)
    await play.settled(pull)
    page = play.page(pull)
    summaries = play.summaries(pull)
    assert (len(page.reviews), len(summaries), len(page.checks)) == (1, 1, 1)
    assert len(set(page.comments)) == len(page.comments)
    assert play.tells(LEAD, pull) == 1


# ------------------------------------------------------------------------------------------------------ kills


@dataclass(slots=True)
class Killer:
    """Kills the service at the `at`-th request (from 1) that concerns this block, before or after its effect."""

    play: Stage
    at: int
    when: When
    seen: int = 0
    name: str = ""

    def __call__(self, request: Request) -> None:
        self.seen += 1
        if self.seen == self.at:
            self.name = request.operation
            self.play.service.kill()


def kill(play: Stage, at: int, when: When) -> Killer:
    killer = Killer(play, at, when)
    play.github.on("*", killer, when=when, times=at)
    if when is When.BEFORE:  # nothing is done: the request never arrived
        play.github.fault("*", bad_gateway(), skip=at - 1)
    return killer


@dataclass(frozen=True, slots=True)
class Wreck:
    """What came of one kill: where it fell, what stands, how often the model was paid."""

    where: str
    page: Page
    asked: int
    lead_told: int


def run_wrecks(
    nursery: Nursery, folder: Path, when: When, act: Callable[[Stage, Pull], None]
) -> tuple[Page, list[Wreck]]:
    """A review that nobody disturbs, then one killed at each request."""
    return asyncio.run(_wrecks(nursery, folder, when, act))


async def _wrecks(
    nursery: Nursery, folder: Path, when: When, act: Callable[[Stage, Pull], None]
) -> tuple[Page, list[Wreck]]:
    with stage(nursery, folder, model=True, environment={"REVIEWER_MODEL_TIMEOUT_SECONDS": "30"}) as play:
        speak(play)
        pull = play.pull(title="Undisturbed")
        act(play, pull)
        await ended(play, pull)
        golden, wrecks = await final(play, pull), []
        for at in REQUESTS[act.__name__]:
            title = f"Killed at {at}."
            pull = play.pull(title=title)
            killer = kill(play, at, when)
            told = play.told(LEAD)
            act(play, pull)
            await play.until(lambda killer=killer: killer.name != "")  # type: ignore[misc]  # a default binds the loop variable
            play.service.start()
            await ended(play, pull)
            wrecks.append(
                Wreck(f"{at} {killer.name}", await final(play, pull), play.asked(title), play.told(LEAD) - told)
            )
        return golden, wrecks


async def final(play: Stage, pull: Pull) -> Page:
    """The page when nothing is left to do; a completed check run alone may be written once more."""
    await play.settled(pull)
    page = play.page(pull)
    return replace(page, conversation=page.conversation[:-1])  # without the answer by which we know that it has settled


async def ended(play: Stage, pull: Pull) -> None:
    """Reviewed, and the answer given where one was asked for."""
    await play.reviewed(pull)
    for command in [one for one in play.github.issue_comments(pull) if one.body == "@bot review"]:
        await play.answer(pull, command)


def opened(play: Stage, pull: Pull) -> None:
    play.send(pull)


def commanded(play: Stage, pull: Pull) -> None:
    play.say(pull, "@bot review")


@pytest.fixture(scope="module")
def wrecks(
    nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[tuple[str, When], Future[tuple[Page, list[Wreck]]]]]:
    """All kills, two series at a time."""
    with ThreadPoolExecutor(2) as pool:
        yield {
            (act.__name__, when): pool.submit(run_wrecks, nursery, tmp_path_factory.mktemp("wreck"), when, act)
            for act in (opened, commanded)
            for when in When
        }


@pytest.mark.parametrize("when", list(When), ids=["before it takes effect", "after its effect"])
@pytest.mark.parametrize("act", ["opened", "commanded"])
def test_a_kill_at_any_request_ends_in_the_same_page(
    wrecks: dict[tuple[str, When], Future[tuple[Page, list[Wreck]]]], act: str, when: When
) -> None:
    golden, all_wrecks = wrecks[act, when].result()
    assert once(golden) or act == "commanded"
    assert len({wreck.where for wreck in all_wrecks}) == len(REQUESTS[act])
    assert act == "opened" or [wreck.where.split(" ")[1] for wreck in all_wrecks] == COMMAND_REQUESTS
    for wreck in all_wrecks:
        assert alike(wreck.page) == alike(golden), wreck.where
        assert (wreck.asked, wreck.lead_told) == (1, 1), wreck.where


def alike(page: Page) -> Page:
    """Without the numbers of comments, which GitHub gives."""
    return Page(page.reviews, page.comments, tuple(without_numbers(text) for text in page.conversation), page.checks)


def without_numbers(text: str) -> str:
    return "".join("0" if char.isdecimal() else char for char in text).replace("00", "0") if "answer" in text else text


async def test_a_kill_in_the_middle_of_the_model_s_call_asks_again_and_posts_once(
    nursery: Nursery, tmp_path: Path
) -> None:
    with stage(nursery, tmp_path, model=True, environment={"REVIEWER_MODEL_TIMEOUT_SECONDS": "30"}) as play:
        assert play.model is not None
        speak(play)
        golden = await play.review(play.pull(title="Undisturbed"))

        def die(_: object, usual: str) -> str:
            play.service.kill()
            return usual

        play.model.say(die)
        pull, before = play.pull(title="Killed while asking"), len(play.model.requests)
        play.send(pull)
        await play.model.asked(before + 1)
        play.service.kill()
        play.service.start()
        await play.reviewed(pull)
        assert play.page(pull) == golden
        assert play.asked("Killed while asking") == 2


async def test_kills_at_random_moments_lose_and_double_nothing(nursery: Nursery, tmp_path: Path) -> None:
    chance = random.Random(7)
    with stage(nursery, tmp_path) as play:
        golden = await play.review(play.pull())
        for _ in range(RANDOM_KILLS // 2):
            pull = play.pull()
            delivery = play.send(pull)
            for _ in range(2):
                for _ in range(5):
                    play.service.accept(delivery)
                # A moment that has nothing to do with what the service does.
                dead = asyncio.Event()
                asyncio.get_running_loop().call_later(chance.uniform(0.0, 0.5), dead.set)
                await dead.wait()
                play.service.kill()
                play.service.start()
            await play.reviewed(pull)
            assert once(play.page(pull))
            assert play.page(pull) == golden
        assert play.told(LEAD) == 1 + RANDOM_KILLS // 2
