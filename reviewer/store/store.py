"""The store: everything of ours that outlives the process. Awaiting a method means that it is committed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from reviewer.core.job import is_sha
from reviewer.store import announcing, intake, queue
from reviewer.store.database import BUSY_S, Database, create_tables
from reviewer.store.intake import Accepted, Delivery, Work
from reviewer.store.leases import Leases
from reviewer.store.queue import Beginning, Dispatch, Held, State, Worker
from reviewer.store.spending import Spending
from reviewer.store.tables import DELIVERIES, EFFECTS, JOBS, KEPT, LEAVING, POSTED, TENANT_KEYS, Insertion
from reviewer.store.verdicts import Verdicts

T = TypeVar("T")
_KEPT = Insertion(KEPT, ("run_id", "name"))
_EFFECT = Insertion(EFFECTS, ("run_id", "effect"))
_POSTED = Insertion(POSTED, ("pull_key",))
_LEAVING = Insertion(LEAVING, ("installation",))

PURGE_MAX = 500
"""Runs deleted in one transaction, so that a purge never holds up a delivery for long."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What we have on one pull request for good."""

    summary_comment: int | None = None
    lead_tagged: bool = False


class Store:
    """Our tables on SQLite or PostgreSQL.

    Every method raises TransientError when the database does not take it now (locked, full, read-only, gone).
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._run = database.run
        self.leases, self.verdicts, self.spending = Leases(database), Verdicts(database), Spending(database)

    @classmethod
    async def open(cls, url: str, busy_s: float = BUSY_S) -> Store:
        """Open `sqlite:///PATH` (folders made, files 0600) or `postgresql://…`; raises RefusedError in one sentence."""
        database = Database(url, busy_s)
        try:
            await database.run(create_tables)
        except BaseException:
            await database.abandon()
            raise
        return cls(database)

    @property
    def url(self) -> str:
        """The database's URL; it may hold a password, so it is for opening only."""
        return self._database.url

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file of this machine, and so of one process."""
        return self._database.is_sqlite

    async def close(self) -> None:
        """Finish what was asked, scrub what was deleted, close."""
        await self._database.close()

    async def ping(self) -> None:
        """Raise TransientError when the database does not answer."""
        await self._run(lambda connection: connection.execute(sa.select(1)).scalar_one())

    async def scrub(self) -> None:
        """Make sure that deleted texts are in no file of ours any more (SQLite keeps them in its log for a while)."""
        if self.is_sqlite:
            await self._database.truncate_log()

    # ------------------------------------------------------------------------------------- deliveries and jobs

    async def accept(self, delivery: Delivery, work: Work | None) -> Accepted:
        """Write a delivery and its job, or that it is none of our business; say 2xx only after this returned."""
        return await self._now(lambda connection, now: intake.accept(connection, delivery, work, now))

    async def dispatch(self, worker: Worker) -> Dispatch:
        """Claim what may run now, and list what is to be stopped and closed."""
        now = time.time()
        return await self._run(lambda connection: queue.dispatch(connection, worker, now), alone=True)

    async def begin(self, beginning: Beginning, owner: str) -> Held | None:
        """The run that a process has claimed; None when it is not wanted any more, or another's by now."""
        return await self._run(lambda connection: queue.begin(connection, beginning, owner))

    async def rest(self, beginning: Beginning, until: float) -> bool:
        """Give the run's slot back until a time (seconds since 1970); False when it is being stopped."""
        return await self._run(lambda connection: queue.rest(connection, beginning, until))

    async def finish(self, beginning: Beginning, state: State, reason: str = "") -> None:
        """End a run and delete its kept texts."""

        def work(connection: sa.Connection, now: float) -> None:
            queue.finish(connection, beginning, state, reason, now)
            connection.execute(sa.delete(KEPT).where(KEPT.c.run_id == beginning.run_id))

        await self._now(work)

    async def release(self, owner: str) -> None:
        """Hand back what a process has, at a clean stop."""
        await self._run(lambda connection: queue.release(connection, owner))

    async def take_over(self, owner: str, live: frozenset[str]) -> tuple[str, ...]:
        """Queue again what processes had that are not `live`; returns workflow ids to be cancelled."""
        return await self._now(lambda connection, now: queue.take_over(connection, owner, live, now))

    async def announced(self, run_id: str) -> None:
        """The queued run was announced on GitHub, or that was tried in vain."""
        await self._run(lambda connection: announcing.announced(connection, run_id))

    async def closed(self, run_id: str) -> None:
        """The abandoned run was closed on GitHub."""
        await self._run(lambda connection: queue.closed(connection, run_id))

    async def closing_failed(self, run_id: str) -> bool:
        """Closing failed and will be tried later; False when it was the last try."""
        return await self._now(lambda connection, now: queue.closing_failed(connection, run_id, now))

    async def unfinished(self) -> int:
        """Jobs with something left to do, and installations that are still to be deleted."""
        return await self._run(queue.unfinished)

    async def state(self, run_id: str) -> tuple[State, str] | None:
        """Where a job is and the reason (parked, cancelled); None for work we do not know."""
        query = sa.select(JOBS.c.state, JOBS.c.reason).where(JOBS.c.run_id == run_id)
        row = await self._run(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else (State(row.state), row.reason)

    async def pull_of(self, installation: int, repository_id: int, head: str) -> int:
        """The last pull request that this commit was the head of, by the jobs that we had; 0 when we had none."""
        if not is_sha(head):
            return 0
        one = (JOBS.c.installation == installation, JOBS.c.run_id.like(f"{installation}/{repository_id}#%@{head}:%"))
        query = sa.select(JOBS.c.pull_key).where(*one).order_by(JOBS.c.seq.desc()).limit(1)
        key = await self._run(lambda connection: connection.execute(query).scalar_one_or_none())
        return 0 if key is None else int(str(key).rpartition("#")[2])

    async def parked(self) -> tuple[tuple[str, str], ...]:
        """The runs that were given up, with their reasons, oldest first."""
        query = sa.select(JOBS.c.run_id, JOBS.c.reason).where(JOBS.c.state == State.PARKED).order_by(JOBS.c.seq)
        rows = await self._run(lambda connection: connection.execute(query).all())
        return tuple((row.run_id, row.reason) for row in rows)

    # ---------------------------------------------------------------------------- texts, effects, pull requests

    async def keep(self, run_id: str, name: str, text: str) -> None:
        """Keep a text (findings, a model's answer, a publication) until the run ends; the same name replaces it."""
        row = {"run_id": run_id, "name": name, "text": text}
        await self._run(lambda connection: _KEPT.put(connection, row))

    async def kept(self, run_id: str, name: str) -> str | None:
        """A kept text; None when there is none (any more)."""
        query = sa.select(KEPT.c.text).where(KEPT.c.run_id == run_id, KEPT.c.name == name)
        return await self._run(lambda connection: connection.execute(query).scalar_one_or_none())

    async def all_kept(self, run_id: str) -> dict[str, str]:
        """Every text that is kept of a run, by name."""
        query = sa.select(KEPT.c.name, KEPT.c.text).where(KEPT.c.run_id == run_id).order_by(KEPT.c.name)
        rows = await self._run(lambda connection: connection.execute(query).all())
        return {row.name: row.text for row in rows}

    async def forget(self, run_id: str) -> None:
        """Delete the run's texts; the engine does so when a run ends."""
        await self._run(lambda connection: connection.execute(sa.delete(KEPT).where(KEPT.c.run_id == run_id)).rowcount)

    async def intend(self, run_id: str, effect: str) -> bool:
        """Note an external write before it is made. False: it may have happened already, look for our marker first."""
        row = {"run_id": run_id, "effect": effect, "reference": None}
        return await self._run(lambda connection: _EFFECT.is_new(connection, row))

    async def done(self, run_id: str, effect: str, reference: str = "") -> None:
        """Note that an external write happened, with GitHub's id for it."""
        row = {"run_id": run_id, "effect": effect, "reference": reference}
        await self._run(lambda connection: _EFFECT.put(connection, row))

    async def reference(self, run_id: str, effect: str) -> str | None:
        """What `done` noted; None when it never came to that."""
        query = sa.select(EFFECTS.c.reference).where(EFFECTS.c.run_id == run_id, EFFECTS.c.effect == effect)
        return await self._run(lambda connection: connection.execute(query).scalar_one_or_none())

    async def posted(self, pull_key: str) -> Posted:
        """What we have on a pull request."""
        query = sa.select(POSTED.c.summary_comment, POSTED.c.lead_tagged).where(POSTED.c.pull_key == pull_key)
        row = await self._run(lambda connection: connection.execute(query).one_or_none())
        return Posted() if row is None else Posted(row.summary_comment, row.lead_tagged)

    async def record_posted(self, pull_key: str, posted: Posted) -> None:
        """Remember what we have on a pull request."""
        row = {"pull_key": pull_key, "summary_comment": posted.summary_comment, "lead_tagged": posted.lead_tagged}
        await self._run(lambda connection: _POSTED.put(connection, row))

    # -------------------------------------------------------------------------------------- -------- deletion

    async def stop_installation(self, installation: int) -> int:
        """Stop all runs of an installation (uninstalled) and note that it is to be deleted; returns how many."""
        which, reason = JOBS.c.installation == installation, "the App was uninstalled"

        def work(connection: sa.Connection, now: float) -> int:
            _LEAVING.is_new(connection, {"installation": installation})
            return intake.stop(connection, which, reason, now)

        return await self._now(work)

    async def leaving(self) -> tuple[int, ...]:
        """The installations that are uninstalled and not deleted yet."""
        query = sa.select(LEAVING.c.installation)
        return tuple(await self._run(lambda connection: connection.execute(query).scalars().all()))

    async def held(self, installation: int) -> int:
        """How many runs of an installation some process has."""
        query = sa.select(sa.func.count()).where(JOBS.c.installation == installation, JOBS.c.state.in_(queue.HELD))
        return await self._run(lambda connection: int(connection.execute(query).scalar_one()))

    async def beginnings(self, installation: int) -> tuple[Beginning, ...]:
        """The runs of an installation."""
        return await self._beginnings(JOBS.c.installation == installation)

    async def purge(self, installation: int) -> None:
        """Delete everything of one installation."""
        first, last = f"{installation}/", f"{installation}0"  # keys begin with the number and "/"; "0" comes after it

        def work(connection: sa.Connection) -> None:
            for key in TENANT_KEYS:
                connection.execute(sa.delete(key.table).where(key >= first, key < last))
            for table in (JOBS, DELIVERIES, LEAVING):
                connection.execute(sa.delete(table).where(table.c.installation == installation))

        await self._run(work)

    async def expired(self, age_s: float) -> tuple[Beginning, ...]:
        """Some (at most `PURGE_MAX`) of the runs that ended longer ago than that, closed on GitHub as well."""
        return await self._beginnings((JOBS.c.ended_at < time.time() - age_s) & (JOBS.c.closing == 0))

    async def remove(self, run_ids: Sequence[str]) -> None:
        """Delete runs and what belongs to them."""

        def work(connection: sa.Connection) -> None:
            for key in (KEPT.c.run_id, EFFECTS.c.run_id, JOBS.c.run_id):
                connection.execute(sa.delete(key.table).where(key.in_(run_ids)))

        await self._run(work)

    async def remove_deliveries(self, age_s: float) -> int:
        """Delete some deliveries older than that; returns how many."""
        old = sa.select(DELIVERIES.c.id).where(DELIVERIES.c.received_at < time.time() - age_s).limit(4 * PURGE_MAX)
        return await self._run(
            lambda connection: connection.execute(sa.delete(DELIVERIES).where(DELIVERIES.c.id.in_(old))).rowcount
        )

    async def _beginnings(self, which: sa.ColumnElement[bool]) -> tuple[Beginning, ...]:
        query = sa.select(JOBS.c.run_id, JOBS.c.generation).where(which).order_by(JOBS.c.seq).limit(PURGE_MAX)
        rows = await self._run(lambda connection: connection.execute(query).all())
        return tuple(Beginning(row.run_id, row.generation) for row in rows)

    async def _now(self, function: Callable[[sa.Connection, float], T]) -> T:
        now = time.time()
        return await self._run(lambda connection: function(connection, now))
