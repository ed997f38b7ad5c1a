"""What the model has cost so far: rows that outlive the process, charged before a call and put right after it.

A process that dies in between leaves the charge: what was perhaps spent counts as spent.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from reviewer.core.budget import Account, Ceiling, Spent
from reviewer.store.tables import SPENT

if TYPE_CHECKING:
    from reviewer.store.database import Database


class _OverError(Exception):
    """A charge that would pass a ceiling; undoes the whole charge."""


class Spending:
    """The rows of what was spent. Every method raises TransientError when the database does not take it now."""

    def __init__(self, database: Database) -> None:
        self._run = database.run

    async def charge(self, accounts: Sequence[Account], ceilings: Sequence[Ceiling], amount: Spent) -> str | None:
        """Charge all rows before a call is made; or none of them, and why: which ceiling that would pass."""
        limits = {ceiling.scope: ceiling for ceiling in ceilings}

        def work(connection: sa.Connection) -> None:
            for account in accounts:
                total = _add(connection, account, amount, time.time())
                why = limits[account.scope].passed(total) if account.scope in limits else None
                if why is not None:
                    raise _OverError(why)

        try:
            await self._run(work)
        except _OverError as over:
            return str(over)
        return None

    async def correct(self, accounts: Sequence[Account], difference: Spent) -> None:
        """Put the rows right once it is known what the call has cost; a difference may be less than nothing."""

        def work(connection: sa.Connection) -> None:
            for account in accounts:
                _add(connection, account, difference, time.time())

        await self._run(work)

    async def spent(self, account: Account) -> Spent:
        """What a row says."""
        one = (SPENT.c.key == account.key, SPENT.c.period == account.period)
        query = sa.select(SPENT.c.tokens, SPENT.c.micros).where(*one)
        row = await self._run(lambda connection: connection.execute(query).one_or_none())
        return Spent() if row is None else Spent(row.tokens, row.micros)

    async def remove_old(self, age_s: float) -> int:
        """Delete rows that nothing was added to for so long; returns how many."""
        old = sa.delete(SPENT).where(SPENT.c.at < time.time() - age_s)
        return await self._run(lambda connection: connection.execute(old).rowcount)


def _add(connection: sa.Connection, account: Account, amount: Spent, now: float) -> Spent:
    blank = postgresql.insert(SPENT) if connection.dialect.name == "postgresql" else sqlite.insert(SPENT)
    insert = blank.values(key=account.key, period=account.period, tokens=amount.tokens, micros=amount.micros, at=now)
    added = {
        "tokens": SPENT.c.tokens + insert.excluded.tokens,
        "micros": SPENT.c.micros + insert.excluded.micros,
        "at": insert.excluded.at,
    }
    put = insert.on_conflict_do_update(index_elements=("key", "period"), set_=added)
    row = connection.execute(put.returning(SPENT.c.tokens, SPENT.c.micros)).one()
    return Spent(row.tokens, row.micros)
