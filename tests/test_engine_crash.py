"""The engine in a process of its own, that is killed, terminated and poisoned."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from reviewer.core.errors import RefusedError
from reviewer.engine import Engine, EngineSettings, Outside, Run, Steps
from reviewer.store import State, Store
from tests.engine_app import STEPS, job_named, working
from tests.engine_processes import Start, nursing

KILLS = 12


@pytest.fixture(scope="module")
def nursery() -> Iterator[socket.socket]:
    with nursing() as control:
        yield control


@pytest.fixture
async def start(nursery: socket.socket, tmp_path: Path) -> AsyncIterator[Start]:
    starts = Start(nursery, f"sqlite:///{tmp_path / 'reviewer.db'}", tmp_path / "journal")
    yield starts
    await starts.close()


def journal(folder: Path) -> list[list[str]]:
    return [line.split(" ") for line in (folder / "journal").read_text().split("\n") if line]


def states(folder: Path) -> dict[str, str]:
    """Head → state, read beside the engine."""
    with sqlite3.connect(folder / "reviewer.db") as connection:
        rows = connection.execute("SELECT json_extract(job, '$.head'), state FROM jobs").fetchall()
    connection.close()
    return dict(rows)


def steps_run_after_they_were_recorded(lines: list[list[str]]) -> list[list[str]]:
    """A step that begins after a later one of its run has begun: the earlier had been recorded by then."""
    furthest: dict[str, int] = {}
    wrong = []
    for line in lines:
        if line[0] == "begin":
            number = STEPS.index(line[2])
            if number < furthest.get(line[1], 0):
                wrong.append(line)
            furthest[line[1]] = max(number, furthest.get(line[1], 0))
    return wrong


def test_the_judge_of_repeated_steps_sees_one() -> None:
    again = [["begin", "a", "open"], ["begin", "a", "read"], ["begin", "b", "open"], ["begin", "a", "open"]]
    assert steps_run_after_they_were_recorded(again) == [["begin", "a", "open"]]


async def test_after_kills_at_random_moments_every_job_is_done_once_and_no_recorded_step_runs_again(
    tmp_path: Path, start: Start
) -> None:
    chance = random.Random(20)
    accepted: set[str] = set()
    for round_ in range(KILLS):
        app = await start()
        names = [f"{'busy' if number == 2 else 'job'}-{round_}-{number}" for number in range(3)]
        app.say(*(f"{name} {number} {number}" for number, name in enumerate(names)))
        # Killed at a moment that has nothing to do with what it says.
        asyncio.get_running_loop().call_later(chance.uniform(0.0, 0.6), app.send, signal.SIGKILL)
        while line := await app.hear():
            accepted.add(line.removeprefix("accepted "))
    app = await start()
    await app.finish()

    ended = states(tmp_path)
    lines = journal(tmp_path)
    assert accepted <= set(ended)
    assert set(ended.values()) == {State.DONE}
    assert steps_run_after_they_were_recorded(lines) == []
    # A step's end may be written twice only where the kill fell between it and its record.
    ends = Counter((name, step) for kind, name, step in lines if kind == "end")
    assert {name for name, _ in ends} == set(ended)
    assert sum(ends.values()) - len(ends) <= KILLS
    assert set(Counter(name for name, _ in ends).values()) == {len(STEPS)}


async def test_an_accepted_job_survives_a_kill_right_after_the_answer(tmp_path: Path, start: Start) -> None:
    app = await start()
    app.say("slow-a 1 1")
    assert await app.hear() == "accepted slow-a"
    app.send(signal.SIGKILL)
    await app.gone()
    assert set(states(tmp_path)) == {"slow-a"}
    app = await start()
    await app.finish()
    assert states(tmp_path) == {"slow-a": State.DONE}


async def test_a_job_that_kills_the_process_is_parked_and_the_others_are_done(tmp_path: Path, start: Start) -> None:
    app = await start(attempts_max=3)
    others = ["job-a", "job-b", "slow-c", "slow-d"]
    app.say("poison-x 1 99", *(f"{name} {number} {number}" for number, name in enumerate(others)))
    starts = 1
    while not await app.idle():
        app = await start(attempts_max=3)
        starts += 1
        for number, name in enumerate(others):  # what the crash left unheard is delivered again
            app.say(f"{name} {number} {number}")
    await app.finish()
    assert states(tmp_path) == {"poison-x": State.PARKED, **dict.fromkeys(others, State.DONE)}
    assert starts == 4
    assert ["gave-up", "poison-x", "given-up-after-3-attempts-that-ended-with-the-process"] in journal(tmp_path)


async def test_a_terminated_process_ends_what_runs_and_hands_back_the_rest(tmp_path: Path, start: Start) -> None:
    app = await start()
    names = [f"slow-{number}" for number in range(8)]
    app.say(*(f"{name} {number} {number}" for number, name in enumerate(names)))
    heard = {await app.hear() for _ in names}
    assert heard == {f"accepted {name}" for name in names}
    app.send(signal.SIGTERM)
    assert await app.hear() == "stopped"
    await app.gone()
    begun = {name for kind, name, _ in journal(tmp_path) if kind == "begin"}
    assert set(Counter(states(tmp_path).values())) <= {State.DONE, State.QUEUED}
    assert {name for name, state in states(tmp_path).items() if state == State.DONE} == begun

    app = await start()
    await app.finish()
    assert set(states(tmp_path).values()) == {State.DONE}
    counts = Counter((kind, name, step) for kind, name, step in journal(tmp_path))
    assert set(counts.values()) == {1}


async def test_a_second_process_on_the_same_file_is_refused_in_one_sentence(tmp_path: Path, start: Start) -> None:
    app = await start()
    store = await Store.open(f"sqlite:///{tmp_path / 'reviewer.db'}")

    async def nothing(run: Run, steps: Steps) -> None: ...

    async def leave(run: Run, reason: str) -> None: ...

    engine = Engine(
        store, nothing, plan_hash="plan", outside=Outside(leave), settings=EngineSettings(story_version="test-1")
    )
    with pytest.raises(RefusedError, match=r"another reviewer process works on .*reviewer\.db already"):
        await engine.start()
    await store.close()
    await app.finish()


async def test_work_goes_on_in_another_process_after_a_clean_stop(tmp_path: Path, start: Start) -> None:
    async with working(f"sqlite:///{tmp_path / 'reviewer.db'}", tmp_path / "journal") as engine:
        assert engine.ready
    app = await start()
    app.say("job-a 1 1")
    await app.finish()
    assert states(tmp_path) == {job_named("job-a").head: State.DONE}
