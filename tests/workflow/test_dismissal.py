"""What people say of findings: dismissed and resolved, on the pull request and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from reviewer.core.errors import UserError
from reviewer.core.job import Job, Trigger
from reviewer.engine import Run
from reviewer.github.auth import AppCredentials
from reviewer.github.client import GitHubApp
from reviewer.store import Store
from reviewer.typescript.reader import TypeScriptWorker
from reviewer.workflow.desk import Desk
from reviewer.workflow.memory import Memory
from reviewer.workflow.tools import Tools
from tests.rendering.sample import sample_plan
from tests.standin.state import Pull
from tests.workflow.changes import BASE, CONTROLLER, SERVICE, pushed
from tests.workflow.nursery import Nursery
from tests.workflow.stage import Stage, stage
from tests.workflow.test_memory import fingerprint_of, push, said

CONFIG = {".github/reviewer.yml": "gate: blocker\n"}


@pytest.fixture(scope="module")
def play(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("service")) as play:
        yield play


@asynccontextmanager
async def memory_of(
    play: Stage, pull: Pull, folder: Path, *, resolves: bool = False
) -> AsyncIterator[tuple[Memory, Run]]:
    """The steps that carry out what mona says, and the run that they are given."""
    record = play.github.repository_of(pull)
    installation = play.github.installation(record.owner).id
    job = Job(installation, record.id, record.full_name, pull.number, None, Trigger.HELP_COMMAND, "1", "mona")
    store = await Store.open(f"sqlite:///{folder / 'own.db'}")
    app = GitHubApp(
        AppCredentials(str(play.github.app_id), play.github.private_key), play.github.url, resolves=resolves
    )
    tools = Tools(
        app,
        store,
        TypeScriptWorker(),
        None,
        sample_plan(),
        "bot",
        1.0,
        60.0,
        lambda _: None,
        resolves_threads=resolves,
    )
    try:
        yield Memory(Desk(tools)), Run(job, job.identity("plan"), 1)
    finally:
        await app.aclose()
        await store.close()


async def test_a_dismissed_finding_stays_off_gates_nothing_and_is_listed_with_who_and_why(
    play: Stage, tmp_path: Path
) -> None:
    pull = play.pull(base={**BASE, **CONFIG}, head={**pushed(0), **CONFIG})
    await play.review(pull)
    (run,) = play.github.check_runs(pull)
    assert run.conclusion == "failure"
    (comment,) = said(play, pull, SERVICE)
    async with memory_of(play, pull, tmp_path) as (memory, job):
        for _ in range(2):  # a second try says the same and writes nothing more
            assert (await memory.dismiss(job, fingerprint_of(comment), "the gateway\n@mona checks <b>")).startswith(
                "Dismissed"
            )
    assert comment.body.startswith("🔕 **Dismissed** by `mona`: the gateway")
    assert comment.body.count("reviewer:was") == 1
    for number in (1, 2):
        await push(play, pull, {**pushed(number), **CONFIG})
        (run,) = play.github.check_runs(pull)
        assert run.conclusion == "neutral"
        assert "<details><summary>1 finding dismissed on this pull request</summary>" in play.summary(pull)
        assert "Dismissed by `mona`: the gateway" in play.summary(pull)
    assert len(said(play, pull, SERVICE)) == 1
    assert play.told("mona") == 0


async def test_a_dismissal_in_a_thread_where_people_wrote_is_kept_in_the_summary_alone(
    play: Stage, tmp_path: Path
) -> None:
    pull = play.pull()
    await play.review(pull)
    (comment,) = said(play, pull, SERVICE)
    before = comment.body
    play.github.review_reply(pull, comment, "Not here.")
    async with memory_of(play, pull, tmp_path) as (memory, job):
        await memory.dismiss(job, fingerprint_of(comment), "")
    await push(play, pull, pushed(1))
    assert (comment.body, comment.resolved) == (before, False)
    assert "Dismissed by `mona`." in play.summary(pull)


async def test_everything_that_is_left_is_resolved_at_once(play: Stage, tmp_path: Path) -> None:
    pull = play.pull()
    await play.review(pull)
    count = len({fingerprint_of(one) for one in said(play, pull)})
    async with memory_of(play, pull, tmp_path) as (memory, job):
        assert await memory.resolve(job, None) == (
            f"Resolved: from the next review on {count} findings count as dealt with on this pull request."
        )
        assert await memory.resolve(job, None) == "There is nothing left to resolve."
    await push(play, pull, pushed(1))
    assert f"{count} findings dismissed on this pull request" in play.summary(pull)
    (run,) = play.github.check_runs(pull)
    assert run.conclusion == "success"


async def test_one_finding_is_resolved_with_its_thread_where_the_app_may(play: Stage, tmp_path: Path) -> None:
    pull = play.pull(owner="wide")
    play.github.installation(play.github.repository_of(pull).owner).permissions["contents"] = "write"
    await play.review(pull)
    (comment,) = said(play, pull, SERVICE)
    async with memory_of(play, pull, tmp_path, resolves=True) as (memory, job):
        await memory.resolve(job, fingerprint_of(comment))
    assert comment.resolved
    assert not any(one.resolved for one in said(play, pull, CONTROLLER))
    await push(play, pull, pushed(1))
    assert "1 finding dismissed on this pull request" in play.summary(pull)


async def test_without_a_summary_a_dismissal_has_nowhere_to_stand_and_says_so(play: Stage, tmp_path: Path) -> None:
    pull = play.pull()
    async with memory_of(play, pull, tmp_path) as (memory, job):
        with pytest.raises(UserError, match="ask for a review first"):
            await memory.dismiss(job, "0" * 16, "")
