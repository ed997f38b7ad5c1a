"""The engine in this process: who runs when, what is cut, what is tried again, what is left at the end."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from reviewer.core.errors import RefusedError, TransientError, UserError
from reviewer.core.job import Job, Trigger
from reviewer.engine import (
    Accepted,
    Delivery,
    Engine,
    EngineSettings,
    Json,
    News,
    Outside,
    Run,
    StepFailedError,
    Steps,
    Story,
)
from reviewer.github.failures import AbsentError
from reviewer.store import State, Store

SETTINGS = EngineSettings(story_version="test-1", debounce_s=0.0, backoff_s=0.01)


def push(head: str, pull: int = 1, installation: int = 1) -> Job:
    return Job(installation, 7, "octo/shop", pull, head, Trigger.AUTOMATIC, push=True)


def command(number: int, pull: int = 1, installation: int = 1) -> Job:
    return Job(installation, 7, "octo/shop", pull, None, Trigger.REVIEW_COMMAND, source_id=str(number), actor="ada")


def closed(pull: int = 1) -> Job:
    return Job(1, 7, "octo/shop", pull, "any", Trigger.CLOSED)


def name_of(job: Job) -> str:
    return job.head or f"command {job.source_id}"


@dataclass
class Told:
    """What the stories of a test did, in order, and the gates that hold them."""

    events: list[str] = field(default_factory=list)
    given_up: list[tuple[str, str]] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    begun: dict[str, asyncio.Event] = field(default_factory=dict)

    def gate(self, name: str) -> asyncio.Event:
        """Holds the story of that name in its step until it is set."""
        return self.gates.setdefault(name, asyncio.Event())

    def beginning(self, name: str) -> asyncio.Event:
        return self.begun.setdefault(name, asyncio.Event())

    async def story(self, run: Run, steps: Steps) -> None:
        """One preemptible step, held by the gate of its name if there is one."""
        name = name_of(run.job)

        async def work() -> Json:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.events.append(name)
            self.beginning(name).set()
            try:
                if name in self.gates:
                    await self.gates[name].wait()
            except asyncio.CancelledError:
                self.events.append(f"{name} cut")
                self.beginning(f"{name} cut").set()
                raise
            finally:
                self.under_way -= 1
            return None

        await steps.run("work", work, preemptible=True)
        self.events.append(f"{name} done")

    async def give_up(self, run: Run, reason: str) -> None:
        self.given_up.append((name_of(run.job), reason))


class House:
    """An engine at work, and how it was told of jobs."""

    numbers = itertools.count()

    def __init__(self, engine: Engine, store: Store) -> None:
        self.engine, self.store = engine, store

    async def deliver(self, job: Job, guid: str | None = None) -> Accepted:
        number = guid or f"delivery-{next(self.numbers)}"
        return await self.engine.accept(Delivery(number, "test", installation=job.installation), job)

    async def state(self, job: Job) -> tuple[State, str] | None:
        return await self.store.state(job.identity("plan"))


@asynccontextmanager
async def house(
    folder: Path,
    story: Story,
    told: Told | Outside,
    settings: EngineSettings = SETTINGS,
    drain_s: float = 5.0,
) -> AsyncIterator[House]:
    outside = told if isinstance(told, Outside) else Outside(told.give_up)
    store = await Store.open(f"sqlite:///{folder / 'reviewer.db'}")
    engine = Engine(store, story, plan_hash="plan", outside=outside, settings=settings)
    await engine.start()
    try:
        yield House(engine, store)
    finally:
        await engine.stop(drain_s)
        await store.close()


@pytest.fixture
def told() -> Told:
    return Told()


# ------------------------------------------------------------------------------------------------ once, and resumed


async def test_one_job_delivered_by_four_senders_at_once_twenty_times_is_told_once(tmp_path: Path, told: Told) -> None:
    async with house(tmp_path, told.story, told) as home:

        async def send(sender: int) -> list[News]:
            guids = [f"guid-{number if number % 2 else (sender, number)}" for number in range(5)]
            return [(await home.deliver(push("a"), guid)).news for guid in guids]

        news = [each for sent in await asyncio.gather(*(send(sender) for sender in range(4))) for each in sent]
        await home.engine.idle()
        assert (await home.deliver(push("a"))).news is News.KNOWN_WORK
        await home.engine.idle()
    assert told.events == ["a", "a done"]
    assert news.count(News.NEW_WORK) == 1


async def test_a_delivery_that_is_not_ours_is_stored_with_its_reason(tmp_path: Path, told: Told) -> None:
    async with house(tmp_path, told.story, told) as home:
        delivery = Delivery("guid", "issues", "opened", 1, "not an event we act on")
        assert await home.engine.accept(delivery, None) == Accepted(None, News.NO_WORK)
        assert await home.engine.accept(delivery, push("a")) == Accepted(None, News.KNOWN_DELIVERY)
        await home.engine.idle()
    assert told.events == []


async def test_what_a_stop_cut_goes_on_at_its_step_and_loses_no_attempt(tmp_path: Path) -> None:
    ran: list[str] = []
    attempts: list[int] = []
    reached, gate = asyncio.Event(), asyncio.Event()
    told = Told()

    async def story(run: Run, steps: Steps) -> None:
        attempts.append(run.attempt)

        async def first() -> Json:
            ran.append("first")
            return {"id": 41}

        async def second() -> Json:
            ran.append("second")
            reached.set()
            await gate.wait()
            return None

        assert await steps.run("first", first) == {"id": 41}
        await steps.run("second", second)

    async with house(tmp_path, story, told, drain_s=0) as home:
        await home.deliver(push("a"))
        await reached.wait()
    gate.set()
    async with house(tmp_path, story, told) as home:
        await home.engine.idle()
        assert await home.state(push("a")) == (State.DONE, "")
    assert ran == ["first", "second", "second"]
    assert attempts == [1, 1]


async def test_another_version_of_the_story_begins_from_the_top(tmp_path: Path) -> None:
    ran: list[str] = []
    reached, told = asyncio.Event(), Told()

    def version(name: str, gate: asyncio.Event) -> Story:
        async def story(run: Run, steps: Steps) -> None:
            async def step() -> Json:
                ran.append(name)
                return None

            async def hold() -> Json:
                reached.set()
                await gate.wait()
                return None

            await steps.run(f"step of {name}", step)
            await steps.run("hold", hold)

        return story

    async with house(tmp_path, version("old", asyncio.Event()), told, drain_s=0) as home:
        await home.deliver(push("a"))
        await reached.wait()
    open_gate = asyncio.Event()
    open_gate.set()
    settings = replace(SETTINGS, story_version="test-2")
    async with house(tmp_path, version("new", open_gate), told, settings) as home:
        await home.engine.idle()
        assert await home.state(push("a")) == (State.DONE, "")
    assert ran == ["old", "new"]


# ------------------------------------------------------------------------------------------------------- announced


async def test_a_run_is_announced_before_its_story_begins(tmp_path: Path, told: Told) -> None:
    async def announce(run: Run) -> None:
        await home.state(run.job)  # a look at the store: time in which a story could begin
        told.events.append(f"{name_of(run.job)} announced")

    async with house(tmp_path, told.story, Outside(told.give_up, announce)) as home:
        for job in (push("a"), command(1, pull=2)):  # of a command nobody knows the head yet, nor whether it is heeded
            await home.deliver(job)
            await home.engine.idle()
    assert told.events == ["a announced", "a", "a done", "command 1", "command 1 done"]


async def test_an_announcement_that_fails_costs_no_review(tmp_path: Path, told: Told) -> None:
    async def announce(_: Run) -> None:
        raise TransientError("GitHub is away")

    async with house(tmp_path, told.story, Outside(told.give_up, announce)) as home:
        await home.deliver(push("a"))
        await home.engine.idle()
    assert told.events == ["a", "a done"]


async def test_a_push_is_announced_within_its_debounce_and_closed_when_another_passes_it_by(
    tmp_path: Path, told: Told
) -> None:
    heard = {"a": asyncio.Event(), "b": asyncio.Event(), "closed": asyncio.Event()}

    async def announce(run: Run) -> None:
        heard[name_of(run.job)].set()

    async def give_up(run: Run, reason: str) -> None:
        await told.give_up(run, reason)
        heard["closed"].set()

    settings = replace(SETTINGS, debounce_s=600.0)
    async with house(tmp_path, told.story, Outside(give_up, announce), settings) as home:
        await home.deliver(push("a"))
        await heard["a"].wait()
        await home.deliver(push("b"))
        await heard["b"].wait()
        await heard["closed"].wait()
    assert told.events == []
    assert told.given_up == [("a", "superseded by b")]


async def test_what_was_being_announced_at_a_stop_is_announced_by_the_next_process(tmp_path: Path, told: Told) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def hangs(_: Run) -> None:
        begun.set()
        await never.wait()

    async def announce(run: Run) -> None:
        told.events.append(f"{name_of(run.job)} announced")

    async with house(tmp_path, told.story, Outside(told.give_up, hangs), drain_s=0.1) as home:
        await home.deliver(push("a"))
        await begun.wait()
    async with house(tmp_path, told.story, Outside(told.give_up, announce)) as home:
        await home.engine.idle()
    assert told.events == ["a announced", "a", "a done"]


# ------------------------------------------------------------------------------------------- superseded and closed


async def test_a_newer_push_cuts_the_running_step_of_the_older_and_has_it_closed(tmp_path: Path, told: Told) -> None:
    told.gate("a")
    async with house(tmp_path, told.story, told) as home:
        await home.deliver(push("a"))
        await told.beginning("a").wait()
        assert (await home.deliver(push("b"))).stopped == 1
        await home.engine.idle()
        assert await home.state(push("a")) == (State.CANCELLED, "superseded by b")
    assert told.events == ["a", "a cut", "b", "b done"]
    assert told.given_up == [("a", "superseded by b")]


async def test_of_pushes_within_the_debounce_only_the_last_is_told(tmp_path: Path, told: Told) -> None:
    async with house(tmp_path, told.story, told, replace(SETTINGS, debounce_s=0.3)) as home:
        for head in "abcd":
            await home.deliver(push(head))
        await home.engine.idle()
    assert told.events == ["d", "d done"]
    assert told.given_up == []  # nothing was begun, so there is nothing to close


@pytest.mark.parametrize("guid", ["the-first", "another"])
async def test_an_old_push_delivered_again_does_not_stop_the_newer_run(tmp_path: Path, told: Told, guid: str) -> None:
    told.gate("b")
    async with house(tmp_path, told.story, told) as home:
        await home.deliver(push("a"), "the-first")
        await home.engine.idle()
        await home.deliver(push("b"))
        await told.beginning("b").wait()
        assert (await home.deliver(push("a"), guid)).stopped == 0
        told.gate("b").set()
        await home.engine.idle()
    assert told.events == ["a", "a done", "b", "b done"]


async def test_a_push_does_not_stop_what_a_person_asked_for(tmp_path: Path, told: Told) -> None:
    told.gate("command 1")
    async with house(tmp_path, told.story, told) as home:
        await home.deliver(command(1))
        await told.beginning("command 1").wait()
        assert (await home.deliver(push("a"))).stopped == 0
        assert (await home.deliver(push("b"))).stopped == 1
        told.gate("command 1").set()
        await home.engine.idle()
    assert told.events == ["command 1", "command 1 done", "b", "b done"]


async def test_closing_stops_all_work_of_the_pull_request_and_reopening_takes_it_up(tmp_path: Path, told: Told) -> None:
    gate = told.gate("a")
    async with house(tmp_path, told.story, told) as home:
        await home.deliver(push("a"))
        await told.beginning("a").wait()
        await home.deliver(command(1))
        assert (await home.deliver(closed())).stopped == 2
        await home.engine.idle()
        assert await home.state(command(1)) == (State.CANCELLED, "the pull request was closed")
        gate.set()
        assert (await home.deliver(push("a"))).news is News.REVIVED
        await home.engine.idle()
        assert await home.state(push("a")) == (State.DONE, "")
    assert told.events == ["a", "a cut", "a", "a done"]
    assert told.given_up == [("a", "the pull request was closed")]


async def test_reopened_while_still_being_stopped_is_taken_up_too(tmp_path: Path, told: Told) -> None:
    gate = told.gate("a")
    async with house(tmp_path, told.story, told) as home:
        await home.deliver(push("a"))
        await told.beginning("a").wait()
        stopped, revived = await asyncio.gather(home.deliver(closed()), home.deliver(push("a")))
        assert (stopped.stopped, revived.news) == (1, News.REVIVED)
        await told.beginning("a cut").wait()
        gate.set()
        await home.engine.idle()
        assert await home.state(push("a")) == (State.DONE, "")
    assert told.events == ["a", "a cut", "a", "a done"]
    assert told.given_up == []  # it never ended


# ------------------------------------------------------------------------------------------------ order and fairness


async def test_runs_of_one_pull_request_follow_each_other(tmp_path: Path, told: Told) -> None:
    async with house(tmp_path, told.story, told) as home:
        for number in range(6):
            await home.deliver(command(number))
        await home.engine.idle()
    assert told.most == 1
    assert [event for event in told.events if not event.endswith("done")] == [f"command {n}" for n in range(6)]


async def test_thirty_jobs_of_one_installation_do_not_hold_back_the_first_of_another(
    tmp_path: Path, told: Told
) -> None:
    names = [f"big-{number}" for number in range(30)]
    for name in names:
        told.gate(name)
    async with house(tmp_path, told.story, told, replace(SETTINGS, concurrency=4, per_installation=4)) as home:
        for number, name in enumerate(names):
            await home.deliver(push(name, pull=number))
        await asyncio.gather(*(told.beginning(name).wait() for name in names[:4]))
        await home.deliver(push("small", installation=2))
        told.gate(names[0]).set()  # the next free slot goes to whoever has the least under way
        await told.beginning("small").wait()
        assert names[4] not in told.events[: told.events.index("small")]
        for name in names:
            told.gate(name).set()
        await home.engine.idle()
    assert told.most == 4
    assert sum(event.endswith("done") for event in told.events) == 31


async def test_one_installation_has_no_more_than_its_share(tmp_path: Path, told: Told) -> None:
    names = [f"big-{number}" for number in range(4)]
    for name in (*names, "small"):
        told.gate(name)
    async with house(tmp_path, told.story, told, replace(SETTINGS, concurrency=4, per_installation=2)) as home:
        for number, name in enumerate(names):
            await home.deliver(push(name, pull=number))
        await home.deliver(push("small", installation=2))
        await asyncio.gather(*(told.beginning(name).wait() for name in (*names[:2], "small")))
        for name in (*names, "small"):
            told.gate(name).set()
        await home.engine.idle()
    assert told.most == 3


async def test_a_command_overtakes_automatic_reviews(tmp_path: Path, told: Told) -> None:
    told.gate("first")
    async with house(tmp_path, told.story, told, replace(SETTINGS, concurrency=1, reserved_for_people=0)) as home:
        await home.deliver(push("first", pull=1))
        await told.beginning("first").wait()
        for number in range(2, 8):
            await home.deliver(push(f"later-{number}", pull=number))
        await home.deliver(command(1, pull=9))
        told.gate("first").set()
        await home.engine.idle()
    assert told.events[:4] == ["first", "first done", "command 1", "command 1 done"]


async def test_a_command_does_not_wait_until_a_review_ends(tmp_path: Path, told: Told) -> None:
    told.gate("first")
    async with house(tmp_path, told.story, told, replace(SETTINGS, concurrency=1, reserved_for_people=1)) as home:
        await home.deliver(push("first", pull=1))
        await told.beginning("first").wait()
        await home.deliver(command(1, pull=2))
        await told.beginning("command 1").wait()
        told.gate("first").set()
        await home.engine.idle()


async def test_model_calls_have_limits_of_their_own(tmp_path: Path, told: Told) -> None:
    now = most = 0

    async def story(run: Run, steps: Steps) -> None:
        async def ask() -> Json:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await told.gate("model").wait()
            now -= 1
            return None

        told.beginning(name_of(run.job)).set()
        await steps.run_model("ask", ask)

    settings = replace(SETTINGS, concurrency=6, per_installation=6, model_concurrency=2)
    async with house(tmp_path, story, told, settings) as home:
        for number in range(6):
            await home.deliver(push(f"head-{number}", pull=number))
        await asyncio.gather(*(told.beginning(f"head-{number}").wait() for number in range(6)))
        told.gate("model").set()
        await home.engine.idle()
    assert most <= 2


# --------------------------------------------------------------------------------------------------- tries and errors


def failing(error: Callable[[], Exception], caught: list[Exception], tries: list[float]) -> Story:
    async def story(run: Run, steps: Steps) -> None:
        async def step() -> Json:
            tries.append(time.time())
            raise error()

        async def after() -> Json:
            return None

        try:
            await steps.run("step", step, attempts=3)
        except (TransientError, RefusedError, UserError, StepFailedError) as raised:
            caught.append(raised)
        await steps.run("after", after)

    return story


@pytest.mark.parametrize(
    ("error", "kind", "text", "tries"),
    [
        (lambda: TransientError("GitHub is away"), TransientError, "GitHub is away", 3),
        (lambda: TransientError("come back tomorrow", 86_400.0), TransientError, "come back tomorrow", 1),
        (lambda: RefusedError("no permission"), RefusedError, "no permission", 1),
        (lambda: UserError("bad persona"), UserError, "bad persona", 1),
        (lambda: AbsentError("GitHub answered 404", 404), RefusedError, "GitHub answered 404", 1),  # an edge's own kind
        (lambda: KeyError("quotes a secret"), StepFailedError, "step step failed: KeyError", 1),
        (lambda: TimeoutError("its own"), StepFailedError, "step step failed: TimeoutError", 1),
    ],
)
async def test_an_error_is_tried_again_only_if_time_mends_it_and_reaches_the_story(
    tmp_path: Path, told: Told, *, error: Callable[[], Exception], kind: type[Exception], text: str, tries: int
) -> None:
    caught: list[Exception] = []
    tried: list[float] = []
    async with house(tmp_path, failing(error, caught, tried), told) as home:
        await home.deliver(push("a"))
        await home.engine.idle()
        assert await home.state(push("a")) == (State.DONE, "")
    assert [(type(each), str(each)) for each in caught] == [(kind, text)]
    assert len(tried) == tries


async def test_a_step_that_takes_too_long_is_cut_and_tried_again(tmp_path: Path, told: Told) -> None:
    tries = 0

    async def story(run: Run, steps: Steps) -> None:
        async def step() -> Json:
            nonlocal tries
            tries += 1
            await told.gate("never").wait()
            return None

        with pytest.raises(TransientError, match=r"step took longer than 0\.02 s"):
            await steps.run("step", step, attempts=2, timeout_s=0.02)

    async with house(tmp_path, story, told) as home:
        await home.deliver(push("a"))
        await home.engine.idle()
        assert await home.state(push("a")) == (State.DONE, "")
    assert tries == 2


async def test_a_recorded_error_is_raised_again_after_a_restart_without_running_the_step(tmp_path: Path) -> None:
    tries = 0
    caught: list[tuple[str, str, float | None]] = []
    reached, gate, told = asyncio.Event(), asyncio.Event(), Told()

    async def story(run: Run, steps: Steps) -> None:
        async def fail(error: Exception) -> Json:
            nonlocal tries
            tries += 1
            raise error

        async def hold() -> Json:
            reached.set()
            await gate.wait()
            return None

        for error in (RefusedError("no"), UserError("bad"), TransientError("away", 4000.0), KeyError("x")):
            try:
                await steps.run(f"fail {type(error).__name__}", functools.partial(fail, error))
            except (RefusedError, UserError, StepFailedError) as raised:
                caught.append((type(raised).__name__, str(raised), None))
            except TransientError as raised:
                caught.append((type(raised).__name__, str(raised), raised.retry_after_s))
        await steps.run("hold", hold)

    async with house(tmp_path, story, told, drain_s=0) as home:
        await home.deliver(push("a"))
        await reached.wait()
    gate.set()
    async with house(tmp_path, story, told) as home:
        await home.engine.idle()
        assert await home.state(push("a")) == (State.DONE, "")
    assert tries == 4
    assert len(caught) == 8
    assert caught[:4] == caught[4:]
    assert caught[2] == ("TransientError", "away", 4000.0)


async def test_a_wait_for_retry_after_holds_no_slot_and_is_cut_by_a_newer_push(tmp_path: Path, told: Told) -> None:
    async def story(run: Run, steps: Steps) -> None:
        name = name_of(run.job)

        async def step() -> Json:
            told.beginning(name).set()
            if name == "a":
                raise TransientError("limited", 1800.0)
            told.events.append(name)
            return None

        await steps.run("step", step)

    async with house(tmp_path, story, told, replace(SETTINGS, concurrency=1, reserved_for_people=0)) as home:
        await home.deliver(push("a"))
        await told.beginning("a").wait()
        await home.deliver(push("other", pull=2))
        await told.beginning("other").wait()  # there is one slot, and `a` waits half an hour
        await home.deliver(push("b"))
        await home.engine.idle()
        assert await home.state(push("a")) == (State.CANCELLED, "superseded by b")
    assert told.events == ["other", "b"]


async def test_a_wait_for_retry_after_goes_on_after_a_restart(tmp_path: Path) -> None:
    tries: list[float] = []
    told, failed = Told(), asyncio.Event()

    async def story(run: Run, steps: Steps) -> None:
        async def step() -> Json:
            tries.append(time.time())
            if len(tries) == 1:
                failed.set()
                raise TransientError("limited", 3.0)
            return "through"

        assert await steps.run("step", step) == "through"

    async with house(tmp_path, story, told) as home:
        await home.deliver(push("a"))
        await failed.wait()
    async with house(tmp_path, story, told) as home:
        await home.engine.idle()
        assert await home.state(push("a")) == (State.DONE, "")
    assert len(tries) == 2
    assert tries[1] - tries[0] >= 2.9  # not sooner than the server asked for, across the restart


@pytest.mark.parametrize(
    ("error", "reason"),
    [(RefusedError("the App may not read this"), "the App may not read this"), (KeyError("x"), "unexpected KeyError")],
)
async def test_a_story_that_raises_is_parked_with_the_reason_and_closed(
    tmp_path: Path, told: Told, error: Exception, reason: str
) -> None:
    async def story(run: Run, steps: Steps) -> None:
        if run.job.head == "bad":
            raise error
        await told.story(run, steps)

    async with house(tmp_path, story, told) as home:
        await home.deliver(push("bad", pull=1))
        await home.deliver(push("good", pull=2))
        await home.engine.idle()
        assert await home.state(push("bad")) == (State.PARKED, reason)
        assert await home.store.parked() == ((push("bad").identity("plan"), reason),)
        assert (await home.deliver(push("bad"))).news is News.REVIVED
    assert told.given_up == [("bad", reason)]
    assert told.events == ["good", "good done"]


@pytest.mark.parametrize(
    ("misuse", "reason"),
    [
        ("large", "step step returned over 16384 bytes; texts go to the store"),
        ("nested", "step inner was begun inside or beside another"),
    ],
)
async def test_a_step_that_could_not_be_repeated_or_stored_fails(
    tmp_path: Path, told: Told, misuse: str, reason: str
) -> None:
    async def story(run: Run, steps: Steps) -> None:
        async def inner() -> Json:
            return None

        async def step() -> Json:
            return "x" * 20_000 if misuse == "large" else await steps.run("inner", inner)

        with pytest.raises(StepFailedError, match=reason):
            await steps.run("step", step)

    async with house(tmp_path, story, told) as home:
        await home.deliver(push("a"))
        await home.engine.idle()
        assert await home.state(push("a")) == (State.DONE, "")


async def test_superseding_leaves_no_error_in_the_log(
    tmp_path: Path, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.gate("a")
    logging.getLogger("dbos").addHandler(caplog.handler)  # it does not hand its records up
    async with house(tmp_path, told.story, told) as home:
        await home.deliver(push("a"))
        await told.beginning("a").wait()
        await home.deliver(push("b"))
        await home.engine.idle()
    logging.getLogger("dbos").removeHandler(caplog.handler)
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


# ---------------------------------------------------------------------------------------------------- what is left


def files_with(folder: Path, text: str) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if text.encode() in path.read_bytes())


@pytest.mark.parametrize("fate", ["done", "parked", "cancelled"])
async def test_what_a_run_kept_is_in_no_file_when_it_has_ended(tmp_path: Path, told: Told, fate: str) -> None:
    async def story(run: Run, steps: Steps) -> None:
        async def keep() -> Json:
            for number in range(40):
                await home.store.keep(run.identity, f"text {number}", "CANARY-551 " * 500)
            told.events.append(str(files_with(tmp_path, "CANARY-551")))
            told.beginning("a").set()
            return None

        await steps.run("keep", keep)
        if fate == "parked":
            raise RefusedError("no")
        if fate == "cancelled":
            await steps.run("hold", told.gate("never").wait, preemptible=True)

    async with house(tmp_path, story, told) as home:
        await home.deliver(push("a"))
        await told.beginning("a").wait()
        if fate == "cancelled":
            await home.deliver(closed())
        await home.engine.idle()
        await home.store.scrub()
        assert files_with(tmp_path, "CANARY-551") == []
        assert await home.store.kept(push("a").identity("plan"), "text 1") is None
    assert "reviewer.db" in told.events[0]  # it had been there
    assert files_with(tmp_path, "CANARY-551") == []


async def test_an_old_run_is_deleted_with_its_record(tmp_path: Path, told: Told) -> None:
    async with house(tmp_path, told.story, told) as home:
        await home.deliver(push("a"))
        await home.engine.idle()
    assert recorded_runs(tmp_path) == [push("a").identity("plan")]
    async with house(tmp_path, told.story, told, replace(SETTINGS, retention_days=0)) as home:
        # The purge is the engine's first chore; a step of another run waits until it is through.
        while await home.state(push("a")) is not None:
            await home.store.ping()
    assert recorded_runs(tmp_path) == []


async def test_uninstalling_deletes_everything_of_the_installation_and_nothing_else(tmp_path: Path, told: Told) -> None:
    told.gate("running")
    async with house(tmp_path, told.story, told) as home:
        await home.deliver(push("theirs", installation=12))
        await home.deliver(push("ended"))
        await home.engine.idle()
        await home.deliver(push("running", pull=2))
        await told.beginning("running").wait()
        await home.engine.purge(1)
        await home.engine.idle()
        assert await home.state(push("running", pull=2)) is None
        assert await home.state(push("ended")) is None
        assert await home.state(push("theirs", installation=12)) == (State.DONE, "")
    assert recorded_runs(tmp_path) == [push("theirs", installation=12).identity("plan")]
    assert "running cut" in told.events


async def test_an_uninstalling_that_a_stop_cut_short_goes_on_at_the_next_start(tmp_path: Path, told: Told) -> None:
    async with house(tmp_path, told.story, told) as home:
        await home.deliver(push("a"))
        await home.engine.idle()
        await home.store.stop_installation(1)  # as far as the process came before it was killed
    async with house(tmp_path, told.story, told) as home:
        await home.engine.idle()
        assert await home.state(push("a")) is None
        assert await home.store.leaving() == ()
    assert recorded_runs(tmp_path) == []


def recorded_runs(folder: Path) -> list[str]:
    """The runs that DBOS has in its file."""
    connection = sqlite3.connect(folder / "reviewer-engine.db")
    rows = connection.execute("SELECT workflow_uuid FROM workflow_status ORDER BY 1").fetchall()
    connection.close()
    return [row[0] for row in rows]


async def test_everything_dbos_stores_is_json(tmp_path: Path, told: Told) -> None:
    async with house(tmp_path, told.story, told) as home:
        await home.deliver(push("a"))
        await home.engine.idle()
    connection = sqlite3.connect(tmp_path / "reviewer-engine.db")
    kinds = connection.execute(
        "SELECT serialization FROM workflow_status UNION ALL SELECT serialization FROM operation_outputs"
    ).fetchall()
    connection.close()
    assert set(kinds) == {("portable_json",)}
    assert len(kinds) >= 2


def test_limits_that_would_park_the_innocent_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="attempts_max must be over 2"):
        EngineSettings(story_version="1", attempts_max=2)
