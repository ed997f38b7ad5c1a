"""Pull requests of forks: rules for all; the model for newcomers on a maintainer's word, about the commit they saw."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.deliveries.signed import check_run_delivery, comment_delivery
from tests.standin.state import CheckRun, Pull
from tests.workflow.changes import BASE, HEAD
from tests.workflow.nursery import Nursery
from tests.workflow.stage import Stage, stage

NEWCOMERS = ("FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER", "NONE", "MANNEQUIN")
KNOWN = ("CONTRIBUTOR", "COLLABORATOR", "MEMBER", "OWNER")
NOT_ASKED = "The model was not asked, as somebody new here opened this from a fork"
CONFIG = ".github/reviewer.yml"

_TITLES = (f"A gift, number {number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
def asking(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("asking"), model=True) as play:
        yield play


def given(play: Stage, association: str = "FIRST_TIME_CONTRIBUTOR", config: str = "", *, fork: bool = True) -> Pull:
    """A stranger's pull request, from a fork."""
    laid = {CONFIG: config} if config else {}
    pull = play.pull({**HEAD, **laid}, {**BASE, **laid}, author="stranger", fork=fork, title=next(_TITLES))
    pull.association = association
    return pull


def later(play: Stage) -> None:
    """Time goes on: GitHub's clock counts seconds."""
    play.github.switches.clock_ahead_s += 2


async def commanded(play: Stage, pull: Pull, author: str = "mona") -> int:
    """How often the model was asked after a command that comes a while after all before."""
    later(play)
    command = play.say(pull, "@bot review", author)
    if author == "mona":
        await play.answer(pull, command)
    await play.settled(pull)
    return play.asked(pull.title)


async def pushed(play: Stage, pull: Pull, text: str) -> int:
    """How often the model was asked after a push."""
    later(play)
    play.github.push(pull, {**HEAD, "src/more.ts": f"export const more = {text};\n"})
    play.send(pull, "synchronize")
    await play.reviewed(pull)
    return play.asked(pull.title)


@pytest.mark.parametrize("association", [*NEWCOMERS, *KNOWN])
async def test_the_model_is_not_asked_about_what_a_newcomer_sends(asking: Stage, association: str) -> None:
    pull = given(asking, association)
    page = await asking.review(pull)
    assert page.comments  # the rules review it like any other
    is_new = association in NEWCOMERS
    assert (asking.asked(pull.title) == 0) is is_new
    (run,) = asking.github.check_runs(pull)
    for text in (asking.summary(pull), str(run.summary)):
        assert (NOT_ASKED in text) is is_new
    assert ("rules only" in str(run.title)) is is_new


async def test_a_newcomer_of_the_repository_itself_is_no_stranger(asking: Stage) -> None:
    pull = given(asking, fork=False)
    await asking.review(pull)
    assert asking.asked(pull.title) == 1


@pytest.mark.parametrize(("forks", "asked"), [("on", 1), ("off", 0), ("first_time_on_command", 0)])
async def test_the_owner_says_what_becomes_of_newcomers(asking: Stage, forks: str, asked: int) -> None:
    pull = given(asking, config=f"model: {{forks: {forks}}}\n")
    await asking.review(pull)
    assert asking.asked(pull.title) == asked
    assert await commanded(asking, pull) == int(forks != "off")  # what was answered is not bought again


async def test_consent_is_a_maintainers_and_for_one_commit(asking: Stage) -> None:
    pull = given(asking)
    await asking.review(pull)
    assert await commanded(asking, pull, "rita") == 0
    assert await commanded(asking, pull, "stranger") == 0
    assert await commanded(asking, pull) == 1
    assert NOT_ASKED not in asking.summary(pull)
    assert await commanded(asking, pull) == 1  # what was answered is not bought again
    assert await pushed(asking, pull, "1") == 1
    assert NOT_ASKED in asking.summary(pull)
    assert await commanded(asking, pull) == 2
    assert NOT_ASKED not in asking.summary(pull)


def pressed(play: Stage, pull: Pull, action: str, identifier: str | None = None) -> CheckRun:
    """Somebody with write permission presses “Re-run” or a button of the newest check run."""
    run = play.github.check_runs(pull)[-1]
    play.service.accept(check_run_delivery(play.github, pull, run, action, sender="mona", identifier=identifier))
    return run


async def test_consent_holds_when_the_same_commit_is_run_again(asking: Stage) -> None:
    pull = given(asking)
    await asking.review(pull)
    pressed(asking, pull, "rerequested")
    await asking.reviewed(pull, 2)
    assert asking.asked(pull.title) == 0  # whoever presses that saw no question
    assert await commanded(asking, pull) == 1
    pressed(asking, pull, "rerequested")
    await asking.reviewed(pull, 4)
    assert asking.asked(pull.title) == 1  # what was answered is not bought again
    assert NOT_ASKED not in asking.summary(pull)


async def test_the_button_of_a_check_run_is_consent_for_its_commit(asking: Stage) -> None:
    pull = given(asking)
    await asking.review(pull)
    old = asking.github.check_runs(pull)[-1]
    assert await pushed(asking, pull, "4") == 0
    delivery = check_run_delivery(asking.github, pull, old, "requested_action", sender="mona", identifier="review")
    asking.service.accept(delivery)
    await asking.reviewed(pull, 2)
    await asking.settled(pull)
    assert asking.asked(pull.title) == 0  # they had the commit before in sight
    pressed(asking, pull, "requested_action", "review")
    await asking.reviewed(pull, 3)
    await asking.settled(pull)
    assert asking.asked(pull.title) == 1


async def test_a_push_right_behind_a_command_gets_nothing_by_it(asking: Stage) -> None:
    pull = given(asking)
    await asking.review(pull)
    later(asking)
    command = asking.github.comment(pull, "@bot review", "mona")
    assert await pushed(asking, pull, "3") == 0  # its delivery came first
    asking.service.accept(comment_delivery(asking.github, pull, command))
    await asking.answer(pull, command)
    assert asking.asked(pull.title) == 0
    assert NOT_ASKED in asking.summary(pull)


async def test_a_command_on_a_line_of_the_diff_is_consent_as_well(asking: Stage) -> None:
    pull = given(asking)
    await asking.review(pull)
    later(asking)
    command = asking.remark(pull, "src/orders/orders.service.ts", 10, "@bot review")
    await asking.replied(pull, command)
    assert asking.asked(pull.title) == 1
    assert NOT_ASKED not in asking.summary(pull)


async def test_a_command_about_a_commit_that_we_never_saw_counts_from_the_second_on(asking: Stage) -> None:
    pull = given(asking)
    assert await commanded(asking, pull) == 0
    assert await commanded(asking, pull) == 1


async def test_the_configuration_that_is_told_says_why_the_model_is_off(asking: Stage) -> None:
    pull = given(asking)
    said = await asking.answer(pull, asking.say(pull, "@bot config"))
    assert f"off: {NOT_ASKED}" in said
    assert asking.tells("bot", pull) == 0
