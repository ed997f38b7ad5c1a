"""Announcing as SQL: a job is said to be queued on GitHub by one process, before its turn and whatever it waits for.

    wanted ─ claim ─> under way ─ announced ─> over          (NULL: a job that is not announced)

A job is not started, and an abandoned one not closed, while it is being announced: so nobody writes beside the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import sqlalchemy as sa

from reviewer.store.tables import JOBS

ANNOUNCING_MAX = 16
"""Announcements of one process at a time: one request each, so that a flood of deliveries opens no flood of those."""


class Announcement(IntEnum):
    """Where the announcement of a job is."""

    WANTED = 1
    UNDER_WAY = 2
    OVER = 3


UNDER_WAY = sa.func.coalesce(JOBS.c.announcement, 0) == Announcement.UNDER_WAY
STARTABLE = sa.func.coalesce(JOBS.c.announcement, Announcement.OVER) == Announcement.OVER
BEGUN = sa.func.coalesce(JOBS.c.announcement, 0) >= Announcement.UNDER_WAY
"""It may have left something on GitHub."""


def claim(connection: sa.Connection, owner: str, queued: str) -> Sequence[sa.Row[tuple[object, ...]]]:
    """The jobs in state `queued` that this process is to announce now, people's first."""
    mine = sa.select(sa.func.count()).where(JOBS.c.announcement == Announcement.UNDER_WAY, JOBS.c.owner == owner)
    room = ANNOUNCING_MAX - int(connection.execute(mine).scalar_one())
    wanted = sa.select(JOBS.c.seq).where(JOBS.c.announcement == Announcement.WANTED, JOBS.c.state == queued)
    first = wanted.order_by(JOBS.c.priority, JOBS.c.seq).limit(max(room, 0))
    taken = sa.update(JOBS).where(JOBS.c.seq.in_(first))
    return connection.execute(taken.values(announcement=Announcement.UNDER_WAY, owner=owner).returning(*JOBS.c)).all()


def announced(connection: sa.Connection, run_id: str) -> None:
    """The announcement was made, or tried in vain: the story says all of it again."""
    one = sa.update(JOBS).where(JOBS.c.run_id == run_id, JOBS.c.announcement == Announcement.UNDER_WAY)
    connection.execute(one.values(announcement=Announcement.OVER, owner=None))


def hand_back(connection: sa.Connection, whose: sa.ColumnElement[bool], queued: str) -> None:
    """Let others announce what some processes were announcing; who does so looks first whether it was done."""
    again = sa.case((JOBS.c.state == queued, Announcement.WANTED), else_=Announcement.OVER)
    lost = sa.update(JOBS).where(whose, JOBS.c.announcement == Announcement.UNDER_WAY)
    connection.execute(lost.values(announcement=again, owner=None))
