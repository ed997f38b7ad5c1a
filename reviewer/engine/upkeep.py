"""What the engine does by the clock: take over from dead processes, delete what is old, scrub what was deleted."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import IO

from reviewer.core.errors import RefusedError
from reviewer.engine.durable import Durable
from reviewer.engine.lastline import last_line
from reviewer.engine.outside import Beside
from reviewer.store import Beginning, Store, sqlite_path

_SCRUB_S, _PURGE_S = 60.0, 3600.0
_MONTH_S = 32 * 86_400.0  # what was spent in a month is counted until the month is over
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a dead process keeps its runs, and how long an ended run is kept (both seconds), here and `beside`."""

    lease_s: float
    retention_s: float
    beside: Beside | None = None


class Upkeep:
    """The chores of one process.

    On SQLite a file lock keeps the process alone, so all others are dead. On PostgreSQL each process holds a lease.
    """

    def __init__(self, store: Store, durable: Durable, owner: str, terms: Terms, wake: asyncio.Event) -> None:
        self._store, self._durable, self._owner, self._terms, self._wake = store, durable, owner, terms, wake

    async def start(self) -> None:
        """Enter among the living, and take up what the dead left."""
        if not self._store.is_sqlite:
            await self._store.leases.join(self._owner, self._terms.lease_s)
        await self._durable.listen()
        await self._sweep()

    async def leave(self) -> None:
        """Leave the living, so that others need not wait for the lease to run out."""
        if not self._store.is_sqlite:
            await self._store.leases.leave(self._owner)

    def chores(self) -> list[Coroutine[None, None, None]]:
        """What comes round again; each runs until it is cancelled."""
        chores = [_every(_PURGE_S, self._purge_expired), _every(_SCRUB_S, self._store.scrub)]
        if not self._store.is_sqlite:
            chores += [_every(self._terms.lease_s / 4, self._beat), _every(self._terms.lease_s / 2, self._sweep)]
        return chores

    async def purge(self, installation: int) -> None:
        """Delete everything of an installation, none of whose runs is under way."""
        while beginnings := await self._store.beginnings(installation):
            await self._remove(beginnings)
        if self._terms.beside is not None:
            await asyncio.to_thread(self._terms.beside.forget, installation)
        await self._store.purge(installation)
        await self._store.scrub()

    async def _beat(self) -> None:
        if not await self._store.leases.beat(self._owner, self._terms.lease_s):
            _LOG.critical("the lease of %s ran out and others have its work; leaving", self._owner)
            os._exit(70)  # whatever this process still did, another would do beside it; its supervisor restarts it

    async def _sweep(self) -> None:
        live = frozenset[str]() if self._store.is_sqlite else await self._store.leases.living()
        if stopped := await self._store.take_over(self._owner, live):
            await self._durable.cancel(stopped)
        await self._durable.drop_queues(live)
        self._wake.set()

    async def _purge_expired(self) -> None:
        while beginnings := await self._store.expired(self._terms.retention_s):
            await self._remove(beginnings)
        while await self._store.remove_deliveries(self._terms.retention_s):
            pass
        await self._store.verdicts.remove_old(self._terms.retention_s)
        await self._store.spending.remove_old(max(self._terms.retention_s, _MONTH_S))
        if self._terms.beside is not None:
            await asyncio.to_thread(self._terms.beside.expire, self._terms.retention_s)

    async def _remove(self, beginnings: Sequence[Beginning]) -> None:
        await self._durable.delete([name for beginning in beginnings for name in beginning.workflow_ids])
        await self._store.remove([beginning.run_id for beginning in beginnings])


async def _every(interval_s: float, chore: Callable[[], Awaitable[None]]) -> None:
    while True:
        await last_line(f"the chore {chore.__name__}", chore())
        await asyncio.sleep(interval_s)


def only_process(url: str) -> IO[str] | None:
    """Lock an SQLite file for this process, until the returned file is closed; None for PostgreSQL.

    Raises RefusedError when another process has it.
    """
    path = sqlite_path(url)
    if path is None:
        return None
    lock_path = path.with_name(path.name + ".lock")
    lock_path.touch(mode=0o600)
    lock = lock_path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        message = f"another reviewer process works on {path} already: stop it, or let both use a PostgreSQL database"
        raise RefusedError(message) from error
    return lock
