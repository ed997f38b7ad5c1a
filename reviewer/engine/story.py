"""What the engine is given: a story to tell for each run, a way to give one up, and its limits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from reviewer.core.job import Job
from reviewer.engine.steps import Steps
from reviewer.store import SUSPECT_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Run:
    """One job under way. `identity` is the key for `Store.keep` and `Store.intend`, and the marker in what we publish.

    `attempt` is 1 at the first start and more after a crash: for logs, not for decisions between steps.
    """

    job: Job
    identity: str
    attempt: int


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Limits of one process (not of all together, where several share a PostgreSQL)."""

    story_version: str
    debounce_s: float = 8.0  # a push waits so long for the next one
    concurrency: int = 8  # runs at once
    per_installation: int = 4
    reserved_for_people: int = 2  # on top of `concurrency`, so that a command does not wait for a review to end
    model_concurrency: int = 8
    model_per_installation: int = 4
    attempts_max: int = 5  # starts of a run that ended with the process, until it is given up; at least 3
    backoff_s: float = 2.0  # before the second try of a step; doubled for each further one
    lease_s: float = 30.0  # PostgreSQL: how long a dead process's runs stay with it
    retention_days: int = 30  # also how long a redelivery is recognised; GitHub offers redelivery for 3 days

    def __post_init__(self) -> None:
        """Refuse what would give up a run for crashes that another one caused."""
        if self.attempts_max <= SUSPECT_ATTEMPTS:
            raise ValueError(f"attempts_max must be over {SUSPECT_ATTEMPTS}: from then on a run is alone")


Story: TypeAlias = "Callable[[Run, Steps], Awaitable[None]]"
