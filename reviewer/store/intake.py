"""Taking in a delivery as SQL: the delivery, its job and what the job makes obsolete, in one transaction."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

import sqlalchemy as sa

from reviewer.core.job import Job, Trigger
from reviewer.store.announcing import BEGUN, Announcement
from reviewer.store.queue import PRIORITY_AUTOMATIC, PRIORITY_PERSON, UNFINISHED, State, anew
from reviewer.store.tables import DELIVERIES, EFFECTS, JOBS, Insertion


class News(StrEnum):
    """What an accepted delivery meant."""

    NEW_WORK = "new work"
    NO_WORK = "no work"  # ignored with a reason, or it only stops work
    KNOWN_DELIVERY = "known delivery"
    KNOWN_WORK = "known work"
    REVIVED = "revived"  # had been cancelled unfinished (superseded, closed) and is wanted again


@dataclass(frozen=True, slots=True)
class Delivery:
    """What we keep of one webhook POST. `reason` says why it is not ours to act on ("" when it is)."""

    id: str
    event: str
    action: str = ""
    installation: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """A job as it enters the queue: `run_id` is its identity, `delay_s` how long it waits for a newer one,
    `is_announced` whether GitHub is told at once that it is queued.
    """

    job: Job
    run_id: str
    delay_s: float = 0.0
    is_announced: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The outcome of an intake; `stopped` counts the runs it made obsolete."""

    run_id: str | None
    news: News
    stopped: int = 0


CLOSED = "the pull request was closed"
FOUND_CLOSED = "found closed"
"""The effect noted of a run that made no review as the pull request was closed; opened again, it is wanted again."""

_OF_CHECKS = sa.or_(EFFECTS.c.effect.startswith("check"), EFFECTS.c.effect.startswith("close check"))
"""What a run noted of its check runs. One that begins again opens new ones: GitHub takes no annotation away."""

FILTERED = "filtered out"
"""The effect noted of a run that made no review as the owner's filters leave the pull request out: another title or
label may let it in.
"""

SUPERSEDED = "superseded by"
"""Why a run is stopped; the second one is followed by the newer head."""

_DELIVERY = Insertion(DELIVERIES, ("id",))
_JOB = Insertion(JOBS, ("run_id",))
_OTHERS = (
    sa.select(JOBS.c.seq, JOBS.c.job)
    .where(JOBS.c.pull_key == sa.bindparam("pull"), JOBS.c.state.in_(UNFINISHED), JOBS.c.automatic)
    .where(JOBS.c.run_id != sa.bindparam("run"))
)


def accept(connection: sa.Connection, delivery: Delivery, work: Work | None, now: float) -> Accepted:
    """Write the delivery and its job; stop what the job makes obsolete. Nothing is written twice."""
    run_id = None if work is None or work.job.trigger is Trigger.CLOSED else work.run_id
    row = {**asdict(delivery), "received_at": now, "run_id": run_id}
    if not _DELIVERY.is_new(connection, row):
        return _redelivered(connection, work, now)
    if work is None:
        return Accepted(None, News.NO_WORK)
    job = work.job
    if job.trigger is Trigger.CLOSED:
        return Accepted(None, News.NO_WORK, _closed(connection, job, now))
    if job.unfilters:
        return _unfiltered(connection, work, now)
    if not _JOB.is_new(connection, _job_row(work, now)):
        return _known(connection, work, now)
    if not _is_automatic(job):
        return Accepted(run_id, News.NEW_WORK)
    others = connection.execute(_OTHERS, {"pull": job.pull_key, "run": run_id}).all()
    older = [row.seq for row in others if not _is_late(job, row.job)]
    if not older:
        return Accepted(run_id, News.NEW_WORK)  # as nearly always, and this is where speed counts
    stopped = stop(connection, JOBS.c.seq.in_(older), f"{SUPERSEDED} {job.head or 'a newer head'}", now)
    return Accepted(run_id, News.NEW_WORK, stopped)


def stop(connection: sa.Connection, which: sa.ColumnElement[bool], reason: str, now: float) -> int:
    """Cancel queued jobs, and mark held ones to be stopped by the process that has them. Returns how many."""
    cancelled = {
        "state": State.CANCELLED,
        "reason": reason,
        "ended_at": now,
        "not_before": now,
        # Announced, or begun before a crash or a restart: it may have an open check run, which somebody has to close.
        "closing": sa.case((JOBS.c.version.is_not(None) | BEGUN, 1), else_=0),
    }
    queued = sa.update(JOBS).where(which, JOBS.c.state == State.QUEUED).values(**cancelled)
    held = sa.update(JOBS).where(which, JOBS.c.state.in_((State.RUNNING, State.WAITING)))
    not_again = sa.update(JOBS).where(which, JOBS.c.state == State.STOPPING, JOBS.c.again).values(again=False)
    connection.execute(not_again)
    stopping = connection.execute(held.values(state=State.STOPPING, reason=reason))
    return int(connection.execute(queued).rowcount) + int(stopping.rowcount)


def _closed(connection: sa.Connection, job: Job, now: float) -> int:
    """Stop what is under way on a pull request that was closed; not what came of its being opened again since then."""
    under_way = sa.select(JOBS.c.seq, JOBS.c.job).where(JOBS.c.pull_key == job.pull_key, JOBS.c.state.in_(UNFINISHED))
    rows = connection.execute(under_way).all()
    older = [row.seq for row in rows if not 0 < job.changed_at < int(json.loads(row.job).get("changed_at", 0))]
    return stop(connection, JOBS.c.seq.in_(older), CLOSED, now) if older else 0


def _redelivered(connection: sa.Connection, work: Work | None, now: float) -> Accepted:
    """A delivery we had: nothing, unless its work was parked (GitHub was away for too long), which it resumes."""
    if work is None or work.job.trigger is Trigger.CLOSED:
        return Accepted(None, News.KNOWN_DELIVERY)
    parked = sa.update(JOBS).where(JOBS.c.run_id == work.run_id, JOBS.c.state == State.PARKED)
    resumed = int(connection.execute(parked.values(**anew(), not_before=now)).rowcount)
    return Accepted(work.run_id, News.REVIVED) if resumed else Accepted(None, News.KNOWN_DELIVERY)


def _is_late(job: Job, other: str) -> bool:
    """Whether GitHub wrote the delivery of a job before that of the `other`: it stops nothing then, and each looks at
    the head itself.

    Deliveries of one second are taken in the order in which they come; but a push is known to be newer only than the
    head that it says was before it, and what is no push, and of another head than a push, was before it or has a push
    of its own to come.
    """
    known = json.loads(other)
    at = int(known.get("changed_at", 0))
    if job.changed_at <= 0 or job.changed_at != at:
        return 0 < job.changed_at < at
    is_other_push = bool(known.get("push")) and known["head"] != job.head
    return is_other_push and (not job.push or job.before not in ("", known["head"]))


def _is_automatic(job: Job) -> bool:
    return job.trigger in (Trigger.AUTOMATIC, Trigger.SKIPPED)


def _job_row(work: Work, now: float) -> dict[str, object]:
    job = work.job
    return {
        "run_id": work.run_id,
        "installation": job.installation,
        "pull_key": job.pull_key,
        "job": json.dumps(asdict(job), separators=(",", ":")),
        "automatic": _is_automatic(job),
        "priority": PRIORITY_PERSON if job.trigger.by_person else PRIORITY_AUTOMATIC,
        "state": State.QUEUED,
        "not_before": now + work.delay_s,
        "accepted_at": now,
        "announcement": Announcement.WANTED if work.is_announced else None,
    }


def _known(connection: sa.Connection, work: Work, now: float) -> Accepted:
    """Work we know. Ended before its story did (cancelled, parked) and asked for again: resumed. Done, and the pull
    request has been something else since: done anew, as what stands there speaks of that.

    It stops nothing: if a newer run is under way, that one goes first, and each looks at the head itself.
    """
    if not _is_automatic(work.job):
        return Accepted(work.run_id, News.KNOWN_WORK)
    one, due = JOBS.c.run_id == work.run_id, now + work.delay_s
    cancelled = (
        sa.update(JOBS).where(one, JOBS.c.state.in_((State.CANCELLED, State.PARKED))).values(**anew(), not_before=due)
    )
    stopping = sa.update(JOBS).where(one, JOBS.c.state == State.STOPPING).values(again=True, not_before=due)
    revived = int(connection.execute(cancelled).rowcount) + int(connection.execute(stopping).rowcount)
    revived = revived or _come_back(connection, work, now)
    return Accepted(work.run_id, News.REVIVED if revived else News.KNOWN_WORK)


def _come_back(connection: sa.Connection, work: Work, now: float) -> int:
    """Begin a finished run again if another one of the pull request was taken in behind it: the head was forced back to
    an older commit, say, or the base was changed and changed back. Or if it had found the pull request closed.
    Returns how many were begun.
    """
    of_pull = (JOBS.c.pull_key == work.job.pull_key, JOBS.c.automatic)
    newest = sa.select(JOBS.c.run_id, JOBS.c.job).where(*of_pull).order_by(JOBS.c.accepted_at.desc(), JOBS.c.seq.desc())
    last = connection.execute(newest.limit(1)).one_or_none()
    is_newest = work.job.changed_at > 0 and last is not None and not _is_late(work.job, last.job)
    is_back = is_newest and last is not None and last.run_id != work.run_id
    if not (_took_off(connection, work, FOUND_CLOSED) or is_back):
        return 0
    begun = _begin_again(connection, work, now)
    if begun and is_back:
        connection.execute(sa.delete(EFFECTS).where(EFFECTS.c.run_id == work.run_id, _OF_CHECKS))
    return begun


def _unfiltered(connection: sa.Connection, work: Work, now: float) -> Accepted:
    """Another title or label: a run that was filtered out looks again. Nothing is begun that was not there before."""
    noted = sa.select(EFFECTS.c.effect).where(EFFECTS.c.run_id == work.run_id, EFFECTS.c.effect == FILTERED)
    if connection.execute(noted).first() is None or not _begin_again(connection, work, now):
        return Accepted(None, News.NO_WORK)
    _took_off(connection, work, FILTERED)
    return Accepted(work.run_id, News.REVIVED)


def _took_off(connection: sa.Connection, work: Work, effect: str) -> bool:
    """Whether a run had noted this; it has not any more."""
    noted = sa.delete(EFFECTS).where(EFFECTS.c.run_id == work.run_id, EFFECTS.c.effect == effect)
    return connection.execute(noted).rowcount > 0


def _begin_again(connection: sa.Connection, work: Work, now: float) -> int:
    """Queue a finished run once more; how many that were."""
    again = {**anew(), "job": _job_row(work, now)["job"], "accepted_at": now, "not_before": now + work.delay_s}
    done = sa.update(JOBS).where(JOBS.c.run_id == work.run_id, JOBS.c.state == State.DONE)
    return int(connection.execute(done.values(**again)).rowcount)
