"""Our tables. Every key that belongs to a tenant begins with the installation's number."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

SCHEMA_VERSION = 2
"""Raised by hand when a table changes; a database of another version is refused at start, not guessed at."""

METADATA = sa.MetaData()

_BIG = sa.BigInteger()
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts up only in INTEGER PRIMARY KEY

VERSION = sa.Table("reviewer_schema", METADATA, sa.Column("version", sa.Integer, nullable=False))

DELIVERIES = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("installation", _BIG, nullable=False, index=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("received_at", sa.Float, nullable=False, index=True),
)

JOBS = sa.Table(
    "jobs",
    METADATA,
    sa.Column("seq", _SERIAL, primary_key=True, autoincrement=True),  # order of arrival
    sa.Column("run_id", sa.Text, nullable=False, unique=True),
    sa.Column("installation", _BIG, nullable=False),
    sa.Column("pull_key", sa.Text, nullable=False),
    sa.Column("job", sa.Text, nullable=False),  # reviewer.core.job.Job as JSON: ids, no content
    sa.Column("automatic", sa.Boolean, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("owner", sa.Text),  # the process that has it; NULL while queued
    sa.Column("version", sa.Text),  # of the story it was begun with; NULL until the first start
    sa.Column("generation", sa.Integer, nullable=False, server_default="0"),  # times it was begun from the top
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),  # starts that did not end in our hands
    sa.Column("again", sa.Boolean, nullable=False, server_default=sa.false()),  # wanted again while being stopped
    sa.Column("closing", sa.Integer, nullable=False, server_default="0"),  # > 0: give_up is still to be called
    sa.Column("announcement", sa.Integer),  # reviewer.store.announcing.Announcement; NULL: not announced
    sa.Column("not_before", sa.Float, nullable=False),
    sa.Column("accepted_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
)
sa.Index("jobs_by_state", JOBS.c.state, JOBS.c.priority, JOBS.c.seq)
sa.Index("jobs_by_pull", JOBS.c.pull_key, JOBS.c.state)
sa.Index("jobs_by_installation", JOBS.c.installation)
sa.Index("jobs_closing", JOBS.c.closing, sqlite_where=sa.text("closing > 0"), postgresql_where=sa.text("closing > 0"))
ANNOUNCEMENTS = sa.Index(
    "jobs_by_announcement",
    JOBS.c.announcement,
    sqlite_where=sa.text("announcement IS NOT NULL"),
    postgresql_where=sa.text("announcement IS NOT NULL"),
)
_HELD = sa.text("state IN ('running', 'waiting', 'stopping')")
sa.Index("jobs_one_per_pull", JOBS.c.pull_key, unique=True, sqlite_where=_HELD, postgresql_where=_HELD)

KEPT = sa.Table(
    "kept",
    METADATA,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
)

EFFECTS = sa.Table(
    "effects",
    METADATA,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("effect", sa.Text, primary_key=True),
    sa.Column("reference", sa.Text),  # NULL: intended, not known to have happened
)

POSTED = sa.Table(
    "posted",
    METADATA,
    sa.Column("pull_key", sa.Text, primary_key=True),
    sa.Column("summary_comment", _BIG),
    sa.Column("lead_tagged", sa.Boolean, nullable=False),
)

VERDICTS = sa.Table(
    "verdicts",
    METADATA,
    sa.Column("tenant", sa.Text, primary_key=True),  # INSTALLATION/REPOSITORY
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # readable only with the hunk it is about
    sa.Column("kept_at", sa.Float, nullable=False, index=True),
)

SPENT = sa.Table(
    "spent",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),  # a run, a pull request, a repository; the installation first
    sa.Column("period", sa.Text, primary_key=True),  # review, YYYY-MM-DD, YYYY-MM
    sa.Column("tokens", _BIG, nullable=False),
    sa.Column("micros", _BIG, nullable=False),  # millionths of the operator's currency
    sa.Column("at", sa.Float, nullable=False, index=True),
)

LEAVING = sa.Table(
    "leaving",
    METADATA,
    sa.Column("installation", _BIG, primary_key=True, autoincrement=False),  # uninstalled; still to be deleted
)

WORKERS = sa.Table(
    "workers",
    METADATA,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("expires_at", sa.Float, nullable=False),  # seconds since 1970 by the database's clock
)


TENANT_KEYS = (KEPT.c.run_id, EFFECTS.c.run_id, POSTED.c.pull_key, VERDICTS.c.tenant, SPENT.c.key)
"""Every key that begins with the installation's number and a slash."""


class Insertion:
    """INSERT of a row that may be there already, built once: both databases have it, SQLAlchemy has one for each."""

    def __init__(self, table: sa.Table, key: tuple[str, ...]) -> None:
        rest = [column.name for column in table.c if column.name not in key]
        self._new, self._put = {}, {}
        for name, insert in (("sqlite", sqlite.insert(table)), ("postgresql", postgresql.insert(table))):
            # RETURNING says whether there was a row; a driver need not know how many an INSERT wrote.
            self._new[name] = insert.on_conflict_do_nothing(index_elements=key).returning(sa.literal(1))
            if rest:
                values = {column: insert.excluded[column] for column in rest}
                self._put[name] = insert.on_conflict_do_update(index_elements=key, set_=values)

    def is_new(self, connection: sa.Connection, row: Mapping[str, object]) -> bool:
        """Insert the row; False, and nothing written, when its key is there."""
        return connection.execute(self._new[connection.dialect.name], row).first() is not None

    def put(self, connection: sa.Connection, row: Mapping[str, object]) -> None:
        """Insert the row, or write its other columns over those of the one that is there."""
        connection.execute(self._put[connection.dialect.name], row)


def clock(connection: sa.Connection) -> float:
    """Seconds since 1970 by the database's clock: the one that all processes share."""
    if connection.dialect.name == "postgresql":
        return float(connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
    return float(connection.execute(sa.text("SELECT (julianday('now') - 2440587.5) * 86400.0")).scalar_one())
