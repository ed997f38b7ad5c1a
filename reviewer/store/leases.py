"""Leases: which processes are alive, by the database's clock; the work of the others is taken over."""

from __future__ import annotations

import sqlalchemy as sa

from reviewer.store.database import Database
from reviewer.store.tables import WORKERS, clock


class Leases:
    """The processes that share one database."""

    def __init__(self, database: Database) -> None:
        self._run = database.run

    async def beat(self, owner: str, lease_s: float) -> bool:
        """Renew a process's lease by the database's clock; False when it had run out and others may have its work."""

        def work(connection: sa.Connection) -> bool:
            until = clock(connection) + lease_s
            renewed = sa.update(WORKERS).where(WORKERS.c.owner == owner).values(expires_at=until)
            return bool(connection.execute(renewed).rowcount)

        return await self._run(work)

    async def join(self, owner: str, lease_s: float) -> None:
        """Enter a process among the living, for so many seconds."""

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.insert(WORKERS).values(owner=owner, expires_at=clock(connection) + lease_s))

        await self._run(work)

    async def leave(self, owner: str) -> None:
        """Take a process out, at its clean stop."""
        await self._run(
            lambda connection: connection.execute(sa.delete(WORKERS).where(WORKERS.c.owner == owner)).rowcount
        )

    async def living(self) -> frozenset[str]:
        """The processes with a lease; those whose lease ran out are struck off."""

        def work(connection: sa.Connection) -> frozenset[str]:
            connection.execute(sa.delete(WORKERS).where(WORKERS.c.expires_at < clock(connection)))
            return frozenset(connection.execute(sa.select(WORKERS.c.owner)).scalars())

        return await self._run(work)
