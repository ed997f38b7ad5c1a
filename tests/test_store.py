"""Our tables: durable before the answer, one place in the queue, nothing of one tenant with another."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.core.errors import RefusedError, TransientError
from reviewer.core.job import Job, Trigger
from reviewer.store import (
    Accepted,
    Beginning,
    Delivery,
    Limits,
    News,
    Posted,
    State,
    Store,
    Work,
    Worker,
    announcing,
    intake,
    queue,
)
from reviewer.store.database import Database
from reviewer.store.queue import CLOSING_TRIES_MAX, HELD
from reviewer.store.tables import JOBS, METADATA

LIMITS = Limits(concurrency=4, per_installation=2, reserved_for_people=1, delay_max_s=8.0)
ME = Worker("me", "1", LIMITS)


def work(head: str, pull: int = 1, installation: int = 1, trigger: Trigger = Trigger.AUTOMATIC) -> Work:
    job = Job(installation, 7, "octo/shop", pull, head, trigger)
    return Work(job, job.identity("plan"))


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'reviewer.db'}"


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    """What another process reads."""
    connection = sqlite3.connect(folder / "reviewer.db")
    found = connection.execute(query).fetchall()
    connection.close()
    return found


# --------------------------------------------------------------------------------------------------- opening


async def test_the_files_are_ours_alone_and_survive_a_power_cut(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    store = await Store.open(url(folder))
    await store.accept(Delivery("guid", "test"), work("a"))
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}
    await store.close()
    assert modes == dict.fromkeys(["reviewer.db", "reviewer.db-wal", "reviewer.db-shm"], "0o600")


async def test_every_connection_waits_for_the_disk_and_overwrites_what_it_deletes(tmp_path: Path) -> None:
    database = Database(url(tmp_path))
    asked = ("journal_mode", "synchronous", "secure_delete")
    found = await database.run(lambda c: [c.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked])
    await database.close()
    assert found == ["wal", 2, 1]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("sqlite://", "DATABASE_URL must name a file"),
        ("sqlite:///:memory:", "DATABASE_URL must name a file"),
        ("mysql://ada:hunter2@host/x", "DATABASE_URL names mysql; we know sqlite:///PATH and postgresql://"),
        ("hunter2", "DATABASE_URL is not a URL"),
        ("sqlite:////dev/null/reviewer.db", "cannot make the database file /dev/null/reviewer.db: "),
    ],
)
async def test_a_database_we_cannot_use_is_refused_in_one_sentence(address: str, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence) as refusal:
        await Store.open(address)
    assert "hunter2" not in str(refusal.value)


async def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    await (await Store.open(url(tmp_path))).close()
    connection = sqlite3.connect(tmp_path / "reviewer.db")
    with connection:
        connection.execute("UPDATE reviewer_schema SET version = 99")
    connection.close()
    with pytest.raises(RefusedError, match="the database is of version 99, this program of version 2"):
        await Store.open(url(tmp_path))


async def test_a_database_from_before_jobs_were_announced_is_taken_over(tmp_path: Path) -> None:
    store = await Store.open(url(tmp_path))
    await store.accept(Delivery("d-1", "test"), work("a"))
    await store.close()
    connection = sqlite3.connect(tmp_path / "reviewer.db")
    with connection:
        connection.execute("DROP INDEX jobs_by_announcement")
        connection.execute("ALTER TABLE jobs DROP COLUMN announcement")
        connection.execute("UPDATE reviewer_schema SET version = 1")
    connection.close()
    for _ in range(2):  # the second time it is of this version
        store = await Store.open(url(tmp_path))
        assert await store.unfinished() == 1
        await store.close()
    assert rows(tmp_path, "SELECT version FROM reviewer_schema") == [(2,)]
    assert rows(tmp_path, "SELECT announcement FROM jobs") == [(None,)]


async def test_the_pull_request_of_a_head_is_known_within_its_own_repository_only(tmp_path: Path) -> None:
    store = await Store.open(url(tmp_path))
    head = "a" * 40
    for each in (work(head, pull=3), work(head, pull=4), work("b" * 40, pull=5)):
        await store.accept(Delivery(each.run_id, "test"), each)
    known = [await store.pull_of(*key) for key in ((1, 7, head), (2, 7, head), (1, 70, head), (1, 7, "%"))]
    assert known == [4, 0, 0, 0]
    await store.close()


# ------------------------------------------------------------------------------------------- durable, or said so


async def test_what_was_accepted_is_committed_when_accept_returns(tmp_path: Path) -> None:
    store = await Store.open(url(tmp_path))
    accepted = await store.accept(Delivery("guid", "pull_request", "opened", 1), work("a"))
    stored = rows(tmp_path, "SELECT d.id, d.event, j.state FROM deliveries d JOIN jobs j USING (run_id)")
    await store.close()
    assert accepted == Accepted("1/7#1@a:plan:automatic", News.NEW_WORK)
    assert stored == [("guid", "pull_request", "queued")]


async def test_a_database_held_by_another_is_said_and_forgotten_when_it_is_free(tmp_path: Path) -> None:
    store = await Store.open(url(tmp_path), busy_s=0.05)
    other = sqlite3.connect(tmp_path / "reviewer.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TransientError, match="the database takes nothing now") as error:
        await store.accept(Delivery("guid", "test"), work("a"))
    assert error.value.retry_after_s == 5.0
    assert rows(tmp_path, "SELECT * FROM deliveries") == []
    other.execute("ROLLBACK")
    other.close()
    assert (await store.accept(Delivery("guid", "test"), work("a"))).news is News.NEW_WORK
    await store.close()


async def test_a_full_disk_accepts_nothing(tmp_path: Path) -> None:
    store = await Store.open(url(tmp_path))
    database = Database(url(tmp_path))
    await database.close()
    limit = rows(tmp_path, "PRAGMA page_count")[0][0]
    store_full = await Store.open(url(tmp_path))
    await store_full._database.run(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={limit}").scalar())
    with pytest.raises(TransientError):
        await store_full.keep("1/7#1", "text", "x" * 100_000)
    assert await store_full.kept("1/7#1", "text") is None
    await store_full.close()
    await store.close()


async def test_one_failure_undoes_its_own_writes_and_not_those_committed_with_it(tmp_path: Path) -> None:
    database = Database(url(tmp_path))
    await database.run(METADATA.create_all)

    async def insert(name: str, error: Exception | None) -> None:
        def function(connection: sa.Connection) -> None:
            connection.execute(sa.text("INSERT INTO kept VALUES ('1/1#1', :name, '')"), {"name": name})
            if error is not None:
                raise error

        await database.run(function)

    outcomes = await asyncio.gather(
        *(insert(f"{number}", KeyError(number) if number % 3 == 0 else None) for number in range(30)),
        return_exceptions=True,
    )
    await database.close()
    stored = {int(str(row[0])) for row in rows(tmp_path, "SELECT name FROM kept")}
    assert stored == {number for number in range(30) if number % 3}
    assert [str(outcome) for outcome in outcomes if outcome is not None] == [str(n) for n in range(0, 30, 3)]


# --------------------------------------------------------------------------------------- texts, effects, tenants


async def test_a_text_is_kept_until_it_is_forgotten(tmp_path: Path) -> None:
    store = await Store.open(url(tmp_path))
    await store.keep("1/7#1", "answer", "first")
    await store.keep("1/7#1", "answer", "second")
    assert await store.kept("1/7#1", "answer") == "second"
    await store.forget("1/7#1")
    assert await store.kept("1/7#1", "answer") is None
    await store.close()


async def test_an_effect_is_intended_once_and_has_its_reference_after_it_happened(tmp_path: Path) -> None:
    store = await Store.open(url(tmp_path))
    assert await store.intend("1/7#1", "review") is True
    assert await store.reference("1/7#1", "review") is None
    assert await store.intend("1/7#1", "review") is False
    await store.done("1/7#1", "review", "4711")
    assert await store.reference("1/7#1", "review") == "4711"
    await store.close()


async def test_what_is_on_a_pull_request_is_remembered(tmp_path: Path) -> None:
    store = await Store.open(url(tmp_path))
    assert await store.posted("1/7#1") == Posted(summary_comment=None, lead_tagged=False)
    await store.record_posted("1/7#1", Posted(9_000_000_000, lead_tagged=True))
    await store.close()
    store = await Store.open(url(tmp_path))
    assert await store.posted("1/7#1") == Posted(9_000_000_000, lead_tagged=True)
    await store.close()


async def test_purging_an_installation_leaves_those_whose_number_begins_alike(tmp_path: Path) -> None:
    store = await Store.open(url(tmp_path))
    for number in (1, 10, 12, 2):
        await store.accept(Delivery(f"guid {number}", "test", installation=number), work("a", installation=number))
        await store.keep(f"{number}/7#1", "text", f"of {number}")
        await store.intend(f"{number}/7#1", "review")
        await store.record_posted(f"{number}/7#1", Posted(number))
    await store.purge(1)
    tables = {
        "jobs": "run_id",
        "deliveries": "installation",
        "kept": "run_id",
        "effects": "run_id",
        "posted": "pull_key",
    }
    left = {
        table: sorted(str(row[0]).split("/")[0] for row in rows(tmp_path, f"SELECT {key} FROM {table}"))  # noqa: S608 -- names above
        for table, key in tables.items()
    }
    await store.close()
    assert left == {table: ["10", "12", "2"] for table in tables}


async def test_fifty_tenants_at_once_never_read_each_others_texts(tmp_path: Path) -> None:
    store = await Store.open(url(tmp_path))

    async def live(tenant: int) -> set[str | None]:
        run_id, read = f"{tenant}/7#1", set()
        for number in range(20):
            await store.keep(run_id, f"{number % 3}", f"TENANT-{tenant}")
            read.add(await store.kept(run_id, f"{number % 3}"))
        return read

    read = await asyncio.gather(*(live(tenant) for tenant in range(50)))
    await store.close()
    assert read == [{f"TENANT-{tenant}"} for tenant in range(50)]


# ---------------------------------------------------------------------------------------------------- the queue


@pytest.fixture
def connection() -> sa.Connection:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    connection = engine.connect()
    METADATA.create_all(connection)
    return connection


def accept(connection: sa.Connection, each: Work, now: float = 0.0, guid: str = "") -> Accepted:
    return intake.accept(connection, Delivery(guid or f"{each.run_id} {now}", "test"), each, now)


def heads(dispatch: queue.Dispatch) -> list[str | None]:
    return [held.job.head for held in dispatch.claimed]


def crash(connection: sa.Connection, worker: Worker = ME) -> Worker:
    """The process is gone, and another takes over."""
    heir = Worker(f"{worker.owner}'", worker.version, worker.limits)
    queue.take_over(connection, heir.owner, frozenset(), 0.0)
    return heir


def test_what_was_under_way_in_two_crashes_runs_alone(connection: sa.Connection) -> None:
    for number in range(3):
        accept(connection, work(f"{number}", pull=number, installation=number))
    first = queue.dispatch(connection, ME, 0.0)
    assert heads(first) == ["0", "1", "2"]
    second = crash(connection)
    assert len(heads(queue.dispatch(connection, second, 0.0))) == 3
    third = crash(connection, second)
    accept(connection, work("fresh", pull=9, installation=9))
    for number in range(3):
        alone = queue.dispatch(connection, third, 0.0)
        assert heads(alone) == [f"{number}"]
        assert heads(queue.dispatch(connection, third, 0.0)) == []
        queue.finish(connection, alone.claimed[0].beginning, State.DONE, "", 0.0)
    assert heads(queue.dispatch(connection, third, 0.0)) == ["fresh"]


def test_what_was_under_way_in_two_crashes_waits_until_the_others_are_through(connection: sa.Connection) -> None:
    other = Worker("other", "1", LIMITS)
    accept(connection, work("fresh", installation=9))
    (fresh,) = queue.dispatch(connection, other, 0.0).claimed
    accept(connection, work("suspect", pull=2))
    for owner in ("first", "second"):
        assert heads(queue.dispatch(connection, Worker(owner, "1", LIMITS), 0.0)) == ["suspect"]
        queue.take_over(connection, "third", frozenset({"other"}), 0.0)
    assert heads(queue.dispatch(connection, other, 0.0)) == []
    queue.finish(connection, fresh.beginning, State.DONE, "", 0.0)
    assert heads(queue.dispatch(connection, other, 0.0)) == ["suspect"]


def test_what_a_live_process_has_is_not_taken_over(connection: sa.Connection) -> None:
    accept(connection, work("a"))
    queue.dispatch(connection, ME, 0.0)
    queue.take_over(connection, "other", frozenset({"me"}), 0.0)
    assert heads(queue.dispatch(connection, Worker("other", "1", LIMITS), 0.0)) == []


def test_a_run_taken_over_is_not_the_first_process_s_any_more(connection: sa.Connection) -> None:
    accept(connection, work("a"))
    (held,) = queue.dispatch(connection, ME, 0.0).claimed
    heir = crash(connection)
    queue.dispatch(connection, heir, 0.0)
    assert queue.begin(connection, held.beginning, ME.owner) is None
    assert queue.begin(connection, held.beginning, heir.owner) is not None


def test_a_clock_put_back_delays_no_job_by_more_than_the_debounce(connection: sa.Connection) -> None:
    accept(connection, Work(work("a").job, "1/a", delay_s=8.0), now=7_200.0)
    assert heads(queue.dispatch(connection, ME, now=0.0)) == ["a"]


def test_a_delayed_job_waits_its_time_and_says_how_long(connection: sa.Connection) -> None:
    accept(connection, Work(work("a").job, "1/a", delay_s=8.0), now=100.0)
    early = queue.dispatch(connection, ME, now=105.0)
    assert (heads(early), early.next_due_s) == ([], 3.0)
    assert heads(queue.dispatch(connection, ME, now=108.0)) == ["a"]


def test_closing_is_tried_a_bounded_number_of_times_further_and_further_apart(connection: sa.Connection) -> None:
    accept(connection, work("a"))
    (held,) = queue.dispatch(connection, ME, 0.0).claimed
    queue.finish(connection, held.beginning, State.PARKED, "no", 0.0)
    now, waits = 0.0, []
    while (look := queue.dispatch(connection, ME, now)).closing:
        queue.closing_failed(connection, held.beginning.run_id, now)
        wait_s = queue.dispatch(connection, ME, now).next_due_s or 0.0
        waits.append(wait_s)
        now += wait_s
    assert look.closing == ()
    assert waits == [10.0, 20.0, 40.0, 80.0, 160.0, 0.0]
    assert len(waits) == CLOSING_TRIES_MAX


def test_a_queued_job_that_had_begun_is_closed_when_it_is_superseded(connection: sa.Connection) -> None:
    accept(connection, work("a"))
    queue.dispatch(connection, ME, 0.0)
    heir = crash(connection)
    accept(connection, work("b"))
    look = queue.dispatch(connection, heir, 0.0)
    assert ([held.job.head for held in look.closing], heads(look)) == (["a"], ["b"])


# ---------------------------------------------------------------------------------------------------- announcing


def wanted(head: str) -> Work:
    return replace(work(head), is_announced=True)


def announced(dispatch: queue.Dispatch) -> list[str | None]:
    return [held.job.head for held in dispatch.announcing]


def test_a_job_is_announced_once_and_starts_only_then(connection: sa.Connection) -> None:
    accept(connection, wanted("a"))
    first = queue.dispatch(connection, ME, 0.0)
    again = queue.dispatch(connection, ME, 0.0)
    announcing.announced(connection, wanted("a").run_id)
    last = queue.dispatch(connection, ME, 0.0)
    assert [(announced(look), heads(look)) for look in (first, again, last)] == [(["a"], []), ([], []), ([], ["a"])]


def test_a_delayed_job_is_announced_at_once(connection: sa.Connection) -> None:
    accept(connection, replace(wanted("a"), delay_s=5.0))
    look = queue.dispatch(connection, ME, 0.0)
    announcing.announced(connection, wanted("a").run_id)
    assert announced(look) == ["a"]
    assert heads(queue.dispatch(connection, ME, 1.0)) == []
    assert heads(queue.dispatch(connection, ME, 6.0)) == ["a"]


def test_a_job_that_was_never_announced_is_superseded_in_silence(connection: sa.Connection) -> None:
    accept(connection, wanted("a"))
    accept(connection, wanted("b"))
    look = queue.dispatch(connection, ME, 0.0)
    assert (look.closing, announced(look)) == ((), ["b"])


def test_an_announced_job_that_is_superseded_is_closed(connection: sa.Connection) -> None:
    accept(connection, wanted("a"))
    queue.dispatch(connection, ME, 0.0)
    accept(connection, wanted("b"))
    while_it_is_announced = queue.dispatch(connection, ME, 0.0)
    announcing.announced(connection, wanted("a").run_id)
    afterwards = queue.dispatch(connection, ME, 0.0)
    assert while_it_is_announced.closing == ()
    assert [(held.job.head, held.reason) for held in afterwards.closing] == [("a", "superseded by b")]


@pytest.mark.parametrize(
    ("changed_at", "pushes", "stopped"),
    [
        (20261123064000, (True, True), 0),
        (20261123064001, (True, True), 1),
        (20261123064001, (True, False), 0),
        (20261123064001, (False, True), 1),
        (20261123064001, (False, False), 1),
        (20261123064002, (True, False), 1),
        (0, (True, False), 1),
    ],
)
def test_a_delivery_that_comes_late_stops_no_run_of_a_newer_one(
    connection: sa.Connection, changed_at: int, pushes: tuple[bool, bool], stopped: int
) -> None:
    newer = replace(wanted("b").job, changed_at=20261123064001, push=pushes[0])
    late = replace(wanted("a").job, changed_at=changed_at, push=pushes[1])
    accept(connection, Work(newer, newer.identity("plan")))
    assert heads(queue.dispatch(connection, ME, 0.0)) == ["b"]
    assert accept(connection, Work(late, late.identity("plan"))).stopped == stopped
    assert len(queue.dispatch(connection, ME, 0.0).stopping) == stopped


def test_what_a_dead_process_was_announcing_is_announced_again_or_closed(connection: sa.Connection) -> None:
    accept(connection, wanted("a"))
    queue.dispatch(connection, ME, 0.0)
    accept(connection, wanted("b"))
    queue.dispatch(connection, ME, 0.0)
    look = queue.dispatch(connection, crash(connection), 0.0)
    assert ([held.job.head for held in look.closing], announced(look), heads(look)) == (["a"], ["b"], [])


def test_a_process_that_stops_hands_its_announcements_back(connection: sa.Connection) -> None:
    accept(connection, wanted("a"))
    queue.dispatch(connection, ME, 0.0)
    queue.release(connection, ME.owner)
    assert announced(queue.dispatch(connection, replace(ME, owner="another"), 0.0)) == ["a"]


def test_a_flood_is_announced_in_parts(connection: sa.Connection) -> None:
    for number in range(announcing.ANNOUNCING_MAX + 5):
        accept(connection, replace(work("a", pull=number + 1), is_announced=True))
    first, second = (queue.dispatch(connection, ME, 0.0) for _ in range(2))
    for held in first.announcing:
        announcing.announced(connection, held.beginning.run_id)
    third = queue.dispatch(connection, ME, 0.0)
    assert [len(look.announcing) for look in (first, second, third)] == [announcing.ANNOUNCING_MAX, 0, 5]


async def test_a_lease_runs_out_by_the_database_s_clock(tmp_path: Path) -> None:
    store = await Store.open(url(tmp_path))
    await store.leases.join("alive", 30.0)
    await store.leases.join("dead", -1.0)
    assert await store.leases.living() == {"alive"}
    assert await store.leases.beat("alive", 30.0) is True
    assert await store.leases.beat("dead", 30.0) is False
    await store.leases.leave("alive")
    assert await store.leases.living() == frozenset()
    await store.close()


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.integers(1, 3), st.integers(1, 3), st.sampled_from("abc")),
        st.tuples(st.just("command"), st.integers(1, 3), st.integers(1, 3), st.sampled_from("xyz")),
        st.tuples(
            st.sampled_from(["close", "finish", "rest", "crash", "stop", "tick"]), *[st.integers(1, 3)] * 2, st.just("")
        ),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(ACTS)
def test_whatever_happens_one_run_a_pull_request_limits_hold_and_everything_ends(
    acts: list[tuple[str, int, int, str]],
) -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.connect() as connection:
        METADATA.create_all(connection)
        worker, now = ME, 0.0
        for number, (act, installation, pull, head) in enumerate(acts):
            now += 1.0
            worker = act_out(connection, worker, (act, installation, pull, head), now)
            queue.dispatch(connection, worker, now)
            check(connection, worker, f"after {number}: {act}")
        for _ in range(100):
            if not queue.unfinished(connection):
                break
            now += 5_000.0
            look = queue.dispatch(connection, worker, now)
            settle(connection, look, worker, now)
        assert queue.unfinished(connection) == 0
    engine.dispose()


def act_out(connection: sa.Connection, worker: Worker, act: tuple[str, int, int, str], now: float) -> Worker:
    name, installation, pull, head = act
    held = connection.execute(sa.select(JOBS).where(JOBS.c.state == State.RUNNING).order_by(JOBS.c.seq)).first()
    beginning = Beginning(held.run_id, held.generation) if held is not None else None
    if name in ("push", "command", "close"):
        trigger = {"push": Trigger.AUTOMATIC, "command": Trigger.REVIEW_COMMAND, "close": Trigger.CLOSED}[name]
        accept(connection, work(head, pull, installation, trigger), now)
    elif name == "finish" and beginning is not None:
        queue.finish(connection, beginning, State.DONE, "", now)
    elif name == "rest" and beginning is not None:
        queue.rest(connection, beginning, now + 3.0)
    elif name == "stop":
        queue.release(connection, worker.owner)
        queue.take_over(connection, worker.owner + "'", frozenset(), now)
        return Worker(worker.owner + "'", worker.version, worker.limits)
    elif name == "crash":
        return crash(connection, worker)
    return worker


def settle(connection: sa.Connection, look: queue.Dispatch, worker: Worker, now: float) -> None:
    """Everything that a process has ends, and everything to be closed is closed."""
    for row in connection.execute(sa.select(JOBS).where(JOBS.c.state.in_(HELD))).all():
        state = State.CANCELLED if row.state == State.STOPPING else State.DONE
        queue.finish(connection, Beginning(row.run_id, row.generation), state, "", now)
    for held in look.closing:
        queue.closed(connection, held.beginning.run_id)


def check(connection: sa.Connection, worker: Worker, when: str) -> None:
    held = connection.execute(sa.select(JOBS).where(JOBS.c.state.in_(HELD))).all()
    assert len({row.pull_key for row in held}) == len(held), when
    # One that waited is over and above the limits, and so it is for the moment in which it is stopped.
    running = [row for row in held if row.state == State.RUNNING]
    assert len(running) <= LIMITS.concurrency + LIMITS.reserved_for_people, when
    assert len([row for row in running if row.automatic]) <= LIMITS.concurrency, when
    for installation in {row.installation for row in running}:
        mine = [row for row in running if row.installation == installation]
        assert len(mine) <= LIMITS.per_installation, when


def test_a_hundred_thousand_finished_runs_do_not_slow_the_queue_s_look(connection: sa.Connection) -> None:
    """Judged by the plan, not by the clock: nothing scans the table."""
    accept(connection, work("a"))
    seen: list[str] = []
    sa.event.listen(connection, "before_cursor_execute", lambda _c, _cu, statement, *_: seen.append(statement))
    queue.dispatch(connection, ME, time.time())
    looks = [statement for statement in seen if statement.startswith("SELECT")]
    plans = [
        str(row.detail)
        for statement in looks
        for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, (0,) * statement.count("?"))
    ]
    assert looks
    assert [plan for plan in plans if plan.startswith("SCAN jobs") and "INDEX" not in plan] == []
