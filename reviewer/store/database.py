"""One thread that owns the database connection, and commits what arrived together in one transaction."""

from __future__ import annotations

import asyncio
import functools
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from reviewer.core.errors import RefusedError, TransientError
from reviewer.store.tables import ANNOUNCEMENTS, JOBS, METADATA, SCHEMA_VERSION, VERSION

if TYPE_CHECKING:
    from sqlalchemy.pool import ConnectionPoolEntry

T = TypeVar("T")
_LOG = logging.getLogger(__name__)

BATCH_MAX = 256
"""Writes in one commit; at 1,300 deliveries a second (measured ceiling of intake) it is a fifth of a second's worth."""

BUSY_S = 5.0
"""How long a write waits for another process's lock; GitHub gives up on a delivery after 10 s."""

_DEADLOCK = "40P01"  # PostgreSQL, appendix A: deadlock_detected

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",  # readers do not wait for the writer; 2.7 times the throughput
    "PRAGMA synchronous=FULL",  # a commit is on the disk before 202 is said
    "PRAGMA secure_delete=ON",  # what is deleted is overwritten: kept texts quote customers' code
    "PRAGMA foreign_keys=ON",
)


def engine_for(url: str, busy_s: float = BUSY_S) -> sa.Engine:
    """An SQLAlchemy engine for `sqlite:///PATH` (folders made, file 0600, WAL) or `postgresql://…`.

    Raises RefusedError in one sentence, without the URL: it may hold a password.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise RefusedError("DATABASE_URL is not a URL; write sqlite:///PATH or postgresql://…") from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if backend != "sqlite":
        raise RefusedError(f"DATABASE_URL names {backend}; we know sqlite:///PATH and postgresql://…")
    path = sqlite_path(url)
    if path is None:
        raise RefusedError("DATABASE_URL must name a file: a database in memory would forget accepted deliveries")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.chmod(0o600)
    except OSError as error:
        raise RefusedError(f"cannot make the database file {path}: {error.strerror}") from error
    engine = sa.create_engine(parsed)
    sa.event.listen(engine, "connect", functools.partial(_prepare_sqlite, busy_s))
    return engine


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL; None for PostgreSQL and for a database in memory."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


def _prepare_sqlite(busy_s: float, connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # The driver then begins every write with BEGIN IMMEDIATE: two writers queue up instead of failing half-way.
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={int(busy_s * 1000)}")
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _leave_begin_to_us(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@dataclass(slots=True)
class _Work:
    function: Callable[[Any], object]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any] = field(repr=False)
    alone: bool = False
    outside: bool = False  # of a transaction
    again: bool = False  # after a deadlock


_Outcome = tuple[_Work, object, BaseException | None]


class Database:
    """Runs functions on a connection, in the order asked, many to a commit; awaiting one means it is committed.

    A function that raises undoes its own writes only. What the database refuses (locked, full, read-only, gone) is
    TransientError for everybody in that commit.
    """

    def __init__(self, url: str, busy_s: float = BUSY_S) -> None:
        self.url = url
        self._engine = engine_for(url, busy_s)
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        if self.is_sqlite:
            # The driver's own BEGIN comes only before the first write; a savepoint before it would then be the
            # transaction, and its release the commit. So the driver leaves it to us.
            sa.event.listen(self._engine, "connect", _leave_begin_to_us)
            sa.event.listen(self._engine, "begin", _begin_immediate)
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="store", daemon=True)
        self._thread.start()

    async def run(self, function: Callable[[sa.Connection], T], *, alone: bool = False) -> T:
        """Run `function` in a transaction (`alone`: in one of its own) and wait for its commit.

        It may be run again when processes stood in each other's way. Raises what `function` raises, and
        TransientError when the database does not take the commit.
        """
        if not self._thread.is_alive():
            raise TransientError("the database is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Work(function, loop, future, alone))
        return await future

    async def close(self) -> None:
        """Finish what was asked, empty the write-ahead log, close the file."""
        if not self._thread.is_alive():
            return
        if self.is_sqlite:
            try:
                await self.truncate_log()
            except TransientError as error:  # another process reads the file; the next start cuts the log
                _LOG.warning("%s", error)
        await self.abandon()

    async def abandon(self) -> None:
        """End the thread and the connections."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._engine.dispose()

    async def truncate_log(self) -> None:
        """Move the write-ahead log into the file and cut it, so that deleted text is in neither.

        Raises TransientError while another process reads the file.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        # In the one thread, between two transactions: a writer would keep it from cutting.
        self._queue.put(_Work(self._cut_log, loop, future, alone=True, outside=True))
        await future

    def _cut_log(self, _connection: None) -> None:
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.close()
        finally:
            connection.close()
        if busy:
            raise TransientError("the database is busy; its log could not be cut")

    def _serve(self) -> None:
        while (work := self._queue.get()) is not None:
            batch = [work]
            while not work.alone and len(batch) < BATCH_MAX and not self._queue.empty():
                following = self._queue.get()
                if following is None or following.alone:
                    self._commit(batch)
                    batch = [] if following is None else [following]
                    break
                batch.append(following)
            if not batch:
                return
            self._commit(batch)

    def _commit(self, batch: list[_Work]) -> None:
        try:
            outcomes = self._outcomes(batch)
        except sa.exc.SQLAlchemyError as error:
            cause = getattr(error, "orig", error)
            if getattr(cause, "sqlstate", None) == _DEADLOCK and not batch[-1].again:
                for work in batch:  # one by one they hold little, and cannot wait for each other in a circle
                    work.again = True
                    self._commit([work])
                return
            failure = TransientError(f"the database takes nothing now ({type(cause).__name__})", BUSY_S)
            failure.__cause__ = error
            outcomes = [(work, None, failure) for work in batch]
        for loop in {work.loop for work in batch}:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, [outcome for outcome in outcomes if outcome[0].loop is loop])

    def _outcomes(self, batch: list[_Work]) -> list[_Outcome]:
        try:
            if batch[0].outside:
                return [_attempt(None, batch[0])]
            with self._engine.begin() as connection:
                # Alone, its failure undoes the whole transaction; beside others it has a savepoint to itself.
                attempt = _attempt if len(batch) == 1 else _attempt_apart
                return [attempt(connection, work) for work in batch]
        except _Undone as undone:
            return [(batch[0], None, undone.error)]


class _Undone(Exception):  # noqa: N818 -- carries the error of the one who asked out of the transaction
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def _attempt(connection: sa.Connection | None, work: _Work) -> _Outcome:
    try:
        return work, work.function(connection), None
    except sa.exc.OperationalError:
        raise  # the database's own trouble: nobody of this commit is told "stored"
    except Exception as error:
        # Not swallowed: handed, as it is, to the one who asked, who waits in another thread.
        raise _Undone(error) from error


def _attempt_apart(connection: sa.Connection, work: _Work) -> _Outcome:
    try:
        with connection.begin_nested():
            return _attempt(connection, work)
    except _Undone as undone:
        return work, None, undone.error


def _settle(outcomes: list[_Outcome]) -> None:
    for work, value, error in outcomes:
        if work.future.done():  # the one who asked has been cancelled meanwhile
            continue
        if error is None:
            work.future.set_result(value)
        else:
            work.future.set_exception(error)


def create_tables(connection: sa.Connection) -> None:
    """Make what is missing. Raises RefusedError for a database of another version of this program."""
    METADATA.create_all(connection)
    version = connection.execute(sa.select(VERSION.c.version)).scalar()
    if version is None:
        connection.execute(sa.insert(VERSION).values(version=SCHEMA_VERSION))
    elif version == 1:  # 0.1.0 before jobs were announced
        kind = JOBS.c.announcement.type.compile(connection.dialect)
        connection.execute(sa.text(f"ALTER TABLE jobs ADD COLUMN announcement {kind}"))
        ANNOUNCEMENTS.create(connection)
        connection.execute(sa.update(VERSION).values(version=SCHEMA_VERSION))
    elif version != SCHEMA_VERSION:
        raise RefusedError(
            f"the database is of version {version}, this program of version {SCHEMA_VERSION}: "
            "use the program that wrote it, or a new database"
        )
