"""GitHub goes wrong at each request of a review: the review ends well, or in a neutral check run that says why."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.standin.faults import (
    Fault,
    answered,
    bad_credentials,
    bad_gateway,
    cut_connection,
    half_json,
    hang,
    not_yet_there,
    secondary_limit,
    unicorn,
)
from tests.standin.server import Gate
from tests.standin.state import Pull
from tests.workflow.changes import CONTROLLER, SERVICE, SQL_LINE
from tests.workflow.nursery import Nursery
from tests.workflow.stage import LEAD, Page, Stage, once, stage

OPERATIONS = (
    "apps/create-installation-access-token",
    "checks/create",
    "pulls/list-files",
    "git/get-tree",
    "graphql",
    "pulls/create-review",
    "pulls/submit-review",
    "issues/create-comment",
    "checks/update",
)
"""Everything that a review asks of GitHub."""

HANG = "no answer for 30 s"
UNAUTHORIZED = "401 once"
WHERE = {
    HANG: ("pulls/submit-review", "issues/create-comment", "checks/update"),  # each costs its time-out
    UNAUTHORIZED: OPERATIONS[1:],  # to refuse the App's own key is no passing fault
}
"""Faults that are not tried at every operation."""

MENDED: Mapping[str, Fault] = {
    "502, nothing done": bad_gateway(),
    "502, done": bad_gateway(after_effect=True),
    "403 secondary limit": secondary_limit(1),
    UNAUTHORIZED: bad_credentials(),
    "unicorn page": unicorn(),
    "half an answer": half_json(),
    "cut connection": cut_connection(),
    HANG: hang(Gate(), after_effect=True),
}
"""Faults that pass: the review is what it would have been without them."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What stands after one review with one fault, and whether the fault hit."""

    operation: str
    hits: int
    page: Page


@dataclass(frozen=True, slots=True)
class Suffered:
    """What stands after reviews with one kind of fault, beside one that nothing disturbed."""

    golden: Page
    ended: tuple[Ended, ...]
    lead_told: int


def suffer(nursery: Nursery, folder: Path, fault: Fault, operations: Sequence[str]) -> Suffered:
    """A review with the fault at each operation, one at a time, all on one service."""
    return asyncio.run(_suffer(nursery, folder, fault, operations))


async def _suffer(nursery: Nursery, folder: Path, fault: Fault, operations: Sequence[str]) -> Suffered:
    with stage(nursery, folder) as play:
        golden = await play.review(play.pull())
        pulls: list[Pull] = []
        planned = []
        for operation in operations:
            plan = play.github.fault(operation, fault)
            pulls.append(play.pull())
            play.send(pulls[-1])
            await play.until(lambda plan=plan: plan.hits == 1)  # type: ignore[misc]  # mended while the next one goes on
            planned.append(plan)
        for pull in pulls:
            await play.reviewed(pull)
        ended = tuple(
            Ended(operation, plan.hits, play.page(pull))
            for operation, plan, pull in zip(operations, planned, pulls, strict=True)
        )
        return Suffered(golden, ended, play.told(LEAD))


Sufferings = Mapping[str, Future[Suffered]]


@pytest.fixture(scope="module")
def sufferings(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sufferings]:
    """All kinds of faults, side by side: most of their time is waiting."""
    with ThreadPoolExecutor(len(MENDED)) as pool:
        yield {
            name: pool.submit(suffer, nursery, tmp_path_factory.mktemp("fault"), fault, WHERE.get(name, OPERATIONS))
            for name, fault in MENDED.items()
        }


@pytest.mark.parametrize("name", MENDED)
def test_a_fault_that_passes_leaves_the_same_page_at_whatever_request_it_comes(
    sufferings: Sufferings, name: str
) -> None:
    suffered = sufferings[name].result()
    assert once(suffered.golden)
    assert [ended.operation for ended in suffered.ended if ended.hits != 1] == []
    for ended in suffered.ended:
        assert ended.page == suffered.golden, ended.operation
    assert suffered.lead_told == 1 + len(suffered.ended)


@pytest.fixture(scope="module")
def play(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("service")) as play:
        yield play


REFUSALS: Mapping[str, Fault] = {
    "404 of a replica": not_yet_there(),
    "403 for good": answered(403, {"message": "Resource not accessible by integration"}),
    "451": answered(451, {"message": "Repository access blocked"}),
}


@pytest.mark.parametrize("operation", [one for one in OPERATIONS[2:] if one != "checks/update"])
@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_ends_in_a_neutral_check_run_that_says_why(play: Stage, name: str, operation: str) -> None:
    pull = play.pull()
    with play.fault(operation, REFUSALS[name], times=1):
        play.send(pull)
        await play.reviewed(pull)
    (run,) = play.github.check_runs(pull)
    assert run.conclusion == "neutral"
    page = play.page(pull)
    if not page.conversation:
        missing = "summary not complete" if operation == "issues/create-comment" else "Not reviewed"
        assert missing in str(run.title)
        assert name[:3] in f"{run.title} {run.summary}", run.title
    assert len(page.reviews) <= 1
    assert len(page.conversation) <= 1


async def test_who_asked_hears_why_a_review_could_not_even_begin(play: Stage) -> None:
    pull = play.pull()
    play.send(pull)
    await play.reviewed(pull)
    with play.fault("checks/create", REFUSALS["403 for good"], times=1):
        command = play.say(pull, "@reviewer-bot review")
        said = await play.answer(pull, command)
    assert "Not reviewed." in said
    assert "403" in said


def outlive(nursery: Nursery, folder: Path) -> tuple[Page, str]:
    """An outage of one route that is longer than every try: what stands, and what the check run says."""
    return asyncio.run(_outlive(nursery, folder))


async def _outlive(nursery: Nursery, folder: Path) -> tuple[Page, str]:
    with stage(nursery, folder) as play:
        pull = play.pull()
        with play.fault("pulls/list-files", bad_gateway(), times=None):
            play.send(pull)
            await play.reviewed(pull)
        (run,) = play.github.check_runs(pull)
        return play.page(pull), f"{run.title} {run.summary}"


@pytest.fixture(scope="module")
def outage(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[tuple[Page, str]]]:
    """Told beside the other tests, as most of it is waiting."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(outlive, nursery, tmp_path_factory.mktemp("outage"))


def test_an_outage_that_outlives_every_try_ends_in_a_neutral_check_run(outage: Future[tuple[Page, str]]) -> None:
    page, said = outage.result()
    assert (page.reviews, page.conversation, page.checks[0][2]) == ((), (), "neutral")
    assert "502" in said


# ------------------------------------------------------------------------------------------- refused comments


def refused_line() -> Fault:
    """What GitHub says of a comment that stands outside the diff that it shows."""
    texts = ["Pull request review thread line must be part of the diff"]
    return answered(422, {"message": "Unprocessable Entity", "errors": texts})


async def test_a_comment_that_github_refuses_is_told_in_the_summary_and_the_others_stand(play: Stage) -> None:
    pull = play.pull()
    golden = await play.review(play.pull())
    with play.fault("pulls/create-review", refused_line(), times=2):  # all together, and the first half
        play.send(pull)
        await play.reviewed(pull)
    page = play.page(pull)
    assert len(page.reviews) == 1
    assert 0 < len(page.comments) < len(golden.comments)
    lost = set(golden.comments) - set(page.comments)
    for path, _, line, _, body in lost:
        title = body.split("\n")[0].split(":** ", 1)[1]
        assert title in page.conversation[0], (path, line)
    assert page.checks[0][2] == "neutral"
    assert "told in the summary comment" in str(page.checks[0][4])


async def test_when_github_refuses_every_line_the_review_stands_in_the_summary(play: Stage) -> None:
    pull = play.pull()
    with play.fault("pulls/create-review", refused_line(), times=3):
        play.send(pull)
        await play.reviewed(pull)
    page = play.page(pull)
    assert page.comments == ()
    assert len(page.conversation) == 1
    for words in ("SQL is put together from strings", f"{SERVICE}:{SQL_LINE}", CONTROLLER):
        assert words in page.conversation[0]
    assert page.checks[0][2] == "neutral"
    writes = [one for one in play.github.writes if play.github.repository_of(pull).full_name in one.path]
    assert len([one for one in writes if one.operation.startswith("pulls/")]) <= 8


async def test_an_answer_that_github_refuses_does_not_touch_the_verdict(play: Stage) -> None:
    pull = play.pull()
    with play.fault("issues/create-comment", answered(403, {"message": "issue is locked"}), times=None):
        command = play.say(pull, "@bot review")
        await play.reviewed(pull)
    await play.settled(pull)
    (run,) = play.github.check_runs(pull)
    assert run.conclusion == "neutral"
    assert "blocker" in str(run.title)
    assert "not take the summary" in str(run.summary)
    assert len(play.github.reviews(pull)) == 1
    assert play.answers(pull, command) == []
