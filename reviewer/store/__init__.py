"""Our own tables on SQLite or PostgreSQL: accepted deliveries, the queue of jobs, what a run keeps, what we posted."""

from reviewer.store.database import engine_for, sqlite_path
from reviewer.store.intake import CLOSED, FILTERED, FOUND_CLOSED, SUPERSEDED, Accepted, Delivery, News, Work
from reviewer.store.queue import SUSPECT_ATTEMPTS, WAIT_MAX_S, Beginning, Held, Limits, State, Worker
from reviewer.store.store import Posted, Store

__all__ = [
    "CLOSED",
    "FILTERED",
    "FOUND_CLOSED",
    "SUPERSEDED",
    "SUSPECT_ATTEMPTS",
    "WAIT_MAX_S",
    "Accepted",
    "Beginning",
    "Delivery",
    "Held",
    "Limits",
    "News",
    "Posted",
    "State",
    "Store",
    "Work",
    "Worker",
    "engine_for",
    "sqlite_path",
]
