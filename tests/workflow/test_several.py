"""Several personas at one pull request, as it is seen there: a check run each, one summary, nothing said twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deliveries.signed import check_run_delivery
from tests.standin.faults import bad_gateway
from tests.standin.state import CheckRun, Pull
from tests.workflow.changes import BASE, HEAD
from tests.workflow.nursery import Nursery
from tests.workflow.stage import LEAD, Stage, stage

CONFIG = ".github/reviewer.yml"
WEB = {"web/App.tsx": "export const App = () => null;\n"}


@pytest.fixture(scope="module")
def play(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("several"), model=True) as play:
        yield play


@pytest.fixture(scope="module")
def operated(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    several = {"REVIEWER_PERSONA": "security,backend"}
    with stage(nursery, tmp_path_factory.mktemp("operated"), environment=several) as play:
        yield play


def given(play: Stage, config: str, title: str = "Change the shop") -> Pull:
    laid = {CONFIG: config}
    return play.pull({**HEAD, **WEB, **laid}, {**BASE, **laid}, title=title)


def runs(play: Stage, pull: Pull) -> dict[str, CheckRun]:
    """The newest check run of each name."""
    return {run.name: run for run in play.github.check_runs(pull)}


async def test_each_persona_has_a_check_run_and_there_is_one_summary(play: Stage) -> None:
    pull = given(play, "personas: [backend, security, frontend]\ngate: blocker\n", "Three of them")
    page = await play.review(pull)
    await play.settled(pull)
    found = runs(play, pull)
    assert len(play.github.check_runs(pull)) == 3
    assert {name: run.conclusion for name, run in found.items()} == {
        "reviewer / backend": "neutral",
        "reviewer / security": "failure",
        "reviewer / frontend": "success",
    }
    placed = [(note["path"], note["start_line"], note["title"]) for run in found.values() for note in run.annotations]
    assert len(placed) == len(set(placed)) > 1
    assert len(page.reviews) == len(play.summaries(pull)) == 1
    text = play.summary(pull)
    assert "Personas `backend`, `security` and `frontend`" in text
    bodies = [comment[4] for comment in page.comments]
    assert any("— persona `security` ·" in body for body in bodies)
    assert any("— persona `backend` ·" in body for body in bodies)
    assert len(bodies) == len(set(bodies))
    assert play.tells(LEAD, pull) == 1


async def test_the_model_reads_every_file_once_with_the_standards_of_all_who_watch_it(play: Stage) -> None:
    pull = given(play, "personas: [backend, frontend]\n", "Read once")
    await play.review(pull)
    assert play.model is not None
    asked = [one for one in play.model.requests if "Read once" in one.said_by("user")]
    shown = [path for one in asked for path in ("web/App.tsx", *HEAD) if f'FILE "{path}"' in one.said_by("user")]
    assert sorted(shown) == sorted(set(shown))
    (web,) = [one.said_by("system") for one in asked if 'FILE "web/App.tsx"' in one.said_by("user")]
    assert "Keep components modular" in web
    assert "Write unit, integration and API tests" in web
    assert sum("Keep components modular" in one.said_by("system") for one in asked) == 1


async def test_the_operators_personas_review_by_themselves(operated: Stage) -> None:
    pull = operated.pull()
    await operated.review(pull)
    await operated.settled(pull)
    assert list(runs(operated, pull)) == ["reviewer / security", "reviewer / backend"]
    assert operated.github.check_runs(pull)[0].name == "reviewer / security"  # announced, so first
    assert all(run.status == "completed" for run in operated.github.check_runs(pull))


async def test_a_further_check_run_is_run_again_and_has_its_buttons(operated: Stage) -> None:
    pull = operated.pull()
    first = await operated.review(pull)
    await operated.settled(pull)
    further = runs(operated, pull)["reviewer / backend"]
    operated.service.accept(check_run_delivery(operated.github, pull, further))
    await operated.reviewed(pull, 4)
    assert [run.name for run in operated.github.check_runs(pull)].count("reviewer / backend") == 2
    delivery = check_run_delivery(
        operated.github, pull, further, "requested_action", sender="mona", identifier="explain-blockers"
    )
    operated.service.accept(delivery)
    await operated.settled(pull)
    marker = f"<!-- reviewer:answer check-{further.id}-"
    assert sum(marker in one.body for one in operated.github.issue_comments(pull, operated.github.bot)) == 1
    page = operated.page(pull)
    assert (page.reviews, page.comments) == (first.reviews, first.comments)


@pytest.mark.parametrize("operation", ["checks/create", "checks/update"])
async def test_an_answer_that_is_lost_doubles_no_check_run(operated: Stage, operation: str) -> None:
    pull = operated.pull()
    skip = 1 if operation == "checks/create" else 2
    with operated.fault(operation, bad_gateway(after_effect=True), skip=skip):
        await operated.review(pull)
        await operated.settled(pull)
    found = operated.github.check_runs(pull)
    assert sorted(run.name for run in found) == ["reviewer / backend", "reviewer / security"]
    assert all(run.status == "completed" for run in found)
    for run in found:
        notes = [(note["path"], note["start_line"], note["message"]) for note in run.annotations]
        assert len(notes) == len(set(notes))


async def test_when_there_is_no_review_the_announced_check_run_says_so_alone(play: Stage) -> None:
    pull = given(play, "personas: [backend, security]\nfilters: {titles: {ignore: ['*']}}\n", "Not this one")
    await play.review(pull)
    await play.settled(pull)
    assert {name: run.conclusion for name, run in runs(play, pull).items()} == {"reviewer / backend": "neutral"}


async def test_a_broken_persona_keeps_every_check_run_from_success(play: Stage) -> None:
    agent = ".github/agents/mine.agent.md"
    laid = {CONFIG: f"personas: [backend, frontend, {agent}]\n", agent: "---\na: [\n---\n"}
    pull = play.pull({**BASE, **laid, **WEB}, {**BASE, **laid}, title="One is broken")
    await play.review(pull)
    await play.settled(pull)
    assert {name: run.conclusion for name, run in runs(play, pull).items()} == {
        "reviewer / backend": "neutral",
        "reviewer / frontend": "neutral",
    }
    assert f"{agent}, line 2: not YAML" in play.summary(pull).replace("\\", "")


async def test_each_further_persona_costs_two_requests(play: Stage) -> None:
    async def cost(config: str) -> int:
        pull = given(play, config)
        before = len(play.github.requests)
        play.send(pull)
        await play.reviewed(pull, config.count(",") + 1)
        return len(play.github.requests) - before

    await cost("personas: [backend, security]\n")
    assert await cost("personas: [backend, security, devops]\n") == await cost("personas: [backend]\n") + 4
