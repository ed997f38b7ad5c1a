"""The queue of jobs as SQL: functions on a connection, each called inside one transaction of `Database`.

    queued ─ dispatch ─> running <─> waiting (for a Retry-After; holds no slot)
       │                    │ └─ stop ─> stopping (its model call is being cut)
       └─ stop ─> cancelled <────────────────┘        finish: done | parked | cancelled

At most one run of a pull request is running, waiting or stopping: a unique index says so.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa

from reviewer.core.job import Job, Trigger
from reviewer.store import announcing
from reviewer.store.tables import JOBS, LEAVING


class State(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    STOPPING = "stopping"
    DONE = "done"
    PARKED = "parked"
    CANCELLED = "cancelled"


HELD = (State.RUNNING, State.WAITING, State.STOPPING)
UNFINISHED = (State.QUEUED, *HELD)

PRIORITY_PERSON, PRIORITY_AUTOMATIC = 10, 100
"""Smaller goes first; the distance leaves room for another kind."""

SUSPECT_ATTEMPTS = 2
"""A run that was under way in so many crashes runs alone from then on, so that a job that kills the process
cannot use up the attempts of those that happen to run beside it."""

WAIT_MAX_S = 3600.0
"""Longest wait between two tries of a step; GitHub's primary limit starts afresh every hour."""

CLOSING_TRIES_MAX = 6
"""Tries of closing an abandoned run; with the back-off of 5 s doubled they span five minutes."""

_Row = sa.Row[tuple[object, ...]]


class Beginning(NamedTuple):
    """A run, and how often it was begun from the top before (another version of the story, revived after a stop)."""

    run_id: str
    generation: int

    @property
    def workflow_id(self) -> str:
        """Name of its durable workflow: every beginning has its own recorded steps."""
        return self.workflow_ids[-1]

    @property
    def workflow_ids(self) -> tuple[str, ...]:
        """The names of this and of the earlier beginnings."""
        return (self.run_id, *(f"{self.run_id}~{number}" for number in range(1, self.generation + 1)))


@dataclass(frozen=True, slots=True)
class Held:
    """A job with what the engine needs to start, stop or close it."""

    beginning: Beginning
    job: Job
    attempts: int
    resumed: bool  # it was begun before and may have recorded steps
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How many runs one process has at once: in all, of one installation, and on top of all for people's commands."""

    concurrency: int
    per_installation: int
    reserved_for_people: int
    delay_max_s: float  # the longest debounce; a job due later than that means that the clock was put back


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that takes jobs, and the version of the story it tells."""

    owner: str
    version: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What one look at the queue asks of a process; `next_due_s` is the time until the next delayed job, if any."""

    claimed: tuple[Held, ...]
    granted: tuple[Beginning, ...]  # waited long enough, and have a slot again
    stopping: tuple[Beginning, ...]
    closing: tuple[Held, ...]
    announcing: tuple[Held, ...]
    next_due_s: float | None


def dispatch(connection: sa.Connection, worker: Worker, now: float) -> Dispatch:
    """Claim what may run now, fairly, and list what this process has to stop and to close."""
    if connection.dialect.name == "postgresql":  # one process looks at the queue at a time
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(7_301_842)))
    claimed: list[Held] = []
    granted: list[Beginning] = []
    while (row := _next(connection, worker, now)) is not None:
        held = _claim(connection, row, worker)
        if row.state == State.WAITING:
            granted.append(held.beginning)
        else:
            claimed.append(held)
    stopping = sa.select(JOBS).where(JOBS.c.owner == worker.owner, JOBS.c.state == State.STOPPING)
    to_close = (JOBS.c.closing > 0, JOBS.c.owner.is_(None) | (JOBS.c.owner == worker.owner), JOBS.c.not_before <= now)
    closing = sa.update(JOBS).where(*to_close, ~announcing.UNDER_WAY).values(owner=worker.owner).returning(*JOBS.c)
    return Dispatch(
        tuple(claimed),
        tuple(granted),
        tuple(_held(row).beginning for row in connection.execute(stopping)),
        tuple(_held(row) for row in connection.execute(closing)),
        tuple(_held(row) for row in announcing.claim(connection, worker.owner, State.QUEUED)),
        _next_due_s(connection, now),
    )


def begin(connection: sa.Connection, beginning: Beginning, owner: str) -> Held | None:
    """The run that this process has claimed; None when it is not wanted any more, or somebody else's by now."""
    claimed = (is_beginning(beginning), JOBS.c.state == State.RUNNING, JOBS.c.owner == owner)
    row = connection.execute(sa.select(JOBS).where(*claimed)).one_or_none()
    return None if row is None else _held(row)


def rest(connection: sa.Connection, beginning: Beginning, until: float) -> bool:
    """Give the slot back until a time; False when the run is being stopped."""
    running = sa.update(JOBS).where(is_beginning(beginning), JOBS.c.state == State.RUNNING)
    return bool(connection.execute(running.values(state=State.WAITING, not_before=until)).rowcount)


def finish(connection: sa.Connection, beginning: Beginning, state: State, reason: str, now: float) -> None:
    """End a run. What did not end by its own story has yet to be closed on GitHub (`closing`)."""
    ended: dict[str, object] = {
        "state": state,
        "ended_at": now,
        "not_before": now,
        "again": False,
        "closing": 0 if state is State.DONE else 1,
    }
    if state is not State.CANCELLED:  # why it was cancelled was noted when it was
        ended["reason"] = reason
    one = sa.update(JOBS).where(is_beginning(beginning), JOBS.c.state.in_(HELD))
    if state is State.CANCELLED:
        # Wanted again while it was being stopped: nothing to close, it begins from the top.
        connection.execute(one.where(JOBS.c.again).values(**anew()))
    connection.execute(one.values(**ended))


def release(connection: sa.Connection, owner: str) -> None:
    """Hand a process's runs back at a clean stop; being cut by it costs no attempt."""
    mine = sa.update(JOBS).where(JOBS.c.owner == owner, JOBS.c.state.in_((State.RUNNING, State.WAITING)))
    connection.execute(mine.values(state=State.QUEUED, owner=None, attempts=JOBS.c.attempts - 1))
    announcing.hand_back(connection, JOBS.c.owner == owner, State.QUEUED)


def take_over(connection: sa.Connection, owner: str, live: frozenset[str], now: float) -> tuple[str, ...]:
    """Queue again what dead processes had. Returns the workflow ids of what they were stopping."""
    dead = JOBS.c.owner.is_not(None) & JOBS.c.owner.not_in(live | {owner})
    stopped = [
        _held(row).beginning
        for row in connection.execute(sa.select(JOBS).where(dead, JOBS.c.state == State.STOPPING)).all()
    ]
    for beginning in stopped:
        finish(connection, beginning, State.CANCELLED, "", now)
    lost = sa.update(JOBS).where(dead, JOBS.c.state.in_((State.RUNNING, State.WAITING)))
    connection.execute(lost.values(state=State.QUEUED, owner=None, not_before=now))
    announcing.hand_back(connection, dead, State.QUEUED)
    connection.execute(sa.update(JOBS).where(dead, JOBS.c.closing > 0).values(owner=None))
    return tuple(beginning.workflow_id for beginning in stopped)


def closed(connection: sa.Connection, run_id: str) -> None:
    """The abandoned run was closed on GitHub."""
    connection.execute(sa.update(JOBS).where(JOBS.c.run_id == run_id).values(closing=0))


def closing_failed(connection: sa.Connection, run_id: str, now: float) -> bool:
    """Closing failed: again later, with back-off. False when it was the last try."""
    one = JOBS.c.run_id == run_id
    tries = connection.execute(sa.select(JOBS.c.closing).where(one)).scalar_one_or_none() or 0
    again = 0 < tries < CLOSING_TRIES_MAX
    later = {"closing": tries + 1 if again else 0, "not_before": now + 5.0 * 2**tries}
    connection.execute(sa.update(JOBS).where(one).values(**later))
    return again


def unfinished(connection: sa.Connection) -> int:
    """Jobs with something left to do, and installations that are still to be deleted."""
    jobs = sa.select(sa.func.count()).where(JOBS.c.state.in_(UNFINISHED) | (JOBS.c.closing > 0))
    leaving = sa.select(sa.func.count()).select_from(LEAVING)
    return sum(int(connection.execute(count).scalar_one()) for count in (jobs, leaving))


def anew() -> dict[str, object]:
    """Column values that put a job back to before its first start."""
    return {
        "state": State.QUEUED, "reason": "", "owner": None, "version": None, "generation": JOBS.c.generation + 1,
        "attempts": 0, "again": False, "ended_at": None,
    }  # fmt: skip


def is_beginning(beginning: Beginning) -> sa.ColumnElement[bool]:
    """The row of a run, unless it was begun anew since."""
    return (JOBS.c.run_id == beginning.run_id) & (JOBS.c.generation == beginning.generation)


def _next(connection: sa.Connection, worker: Worker, now: float) -> _Row | None:
    """The job to run next: suspects alone; people first, then the installation with the least under way, then age."""
    limits = worker.limits
    under_way = sa.select(JOBS.c.installation, JOBS.c.attempts).where(
        JOBS.c.owner == worker.owner, JOBS.c.state.in_((State.RUNNING, State.STOPPING))
    )
    mine = connection.execute(under_way).all()
    if len(mine) >= limits.concurrency + limits.reserved_for_people:
        return None
    if any(row.attempts > SUSPECT_ATTEMPTS for row in mine):
        return None
    due = _due(worker, now)
    suspect = due.where(JOBS.c.attempts >= SUSPECT_ATTEMPTS, JOBS.c.state == State.QUEUED).order_by(JOBS.c.seq)
    if (alone := connection.execute(suspect.limit(1)).one_or_none()) is not None:
        return None if mine else alone  # it waits until the others are through
    if len(mine) >= limits.concurrency:
        due = due.where(JOBS.c.priority <= PRIORITY_PERSON)
    load = Counter(row.installation for row in mine)
    full = [installation for installation, count in load.items() if count >= limits.per_installation]
    least = [sa.case(dict(load), value=JOBS.c.installation, else_=0)] if load else []
    choice = due.where(JOBS.c.installation.not_in(full)).order_by(JOBS.c.priority, *least, JOBS.c.seq)
    return connection.execute(choice.limit(1)).one_or_none()


def _due(worker: Worker, now: float) -> sa.Select[tuple[object, ...]]:
    queued, waiting = JOBS.c.state == State.QUEUED, (JOBS.c.state == State.WAITING) & (JOBS.c.owner == worker.owner)
    busy = sa.select(JOBS.c.pull_key).where(JOBS.c.state.in_(HELD))
    startable = queued & JOBS.c.pull_key.not_in(busy) & (JOBS.c.closing == 0) & announcing.STARTABLE
    # Due later than anything may be delayed: the clock was put back, so it is due now.
    latest = sa.case((queued, now + worker.limits.delay_max_s), else_=now + WAIT_MAX_S)
    in_time = (JOBS.c.not_before <= now) | (JOBS.c.not_before > latest)
    return sa.select(JOBS).where(JOBS.c.state.in_((State.QUEUED, State.WAITING)), startable | waiting, in_time)


def _claim(connection: sa.Connection, row: _Row, worker: Worker) -> Held:
    # Begun by another version of the story: its recorded steps are not ours, so it begins from the top.
    foreign = row.version is not None and row.version != worker.version
    values = {
        "state": State.RUNNING,
        "owner": worker.owner,
        "version": worker.version,
        "generation": JOBS.c.generation + int(foreign),
        "attempts": JOBS.c.attempts + int(row.state == State.QUEUED),  # counted before any work
    }
    changed = sa.update(JOBS).where(JOBS.c.seq == row.seq).values(**values).returning(*JOBS.c)
    held = _held(connection.execute(changed).one())
    return Held(held.beginning, held.job, held.attempts, row.version is not None and not foreign, held.reason)


def _held(row: _Row) -> Held:
    fields = json.loads(row.job)
    job = Job(**{**fields, "trigger": Trigger(fields["trigger"])})
    return Held(Beginning(row.run_id, row.generation), job, row.attempts, row.version is not None, row.reason)


def _next_due_s(connection: sa.Connection, now: float) -> float | None:
    delayed = JOBS.c.state.in_((State.QUEUED, State.WAITING)) | (JOBS.c.closing > 0)
    due = connection.execute(sa.select(sa.func.min(JOBS.c.not_before)).where(delayed, JOBS.c.not_before > now)).scalar()
    return None if due is None else float(due) - now
