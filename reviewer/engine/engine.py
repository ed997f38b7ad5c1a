"""The engine: takes accepted jobs in a fair order, tells their stories, and ends every one of them.

Our own tables are the queue (`reviewer.store`): who runs next, per-pull-request order, superseding, attempts. DBOS is
told of a run when it starts, and records its steps.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import socket
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import IO, ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError

from reviewer.core.errors import ReviewerError, TransientError
from reviewer.core.job import Job
from reviewer.engine.durable import Cancelled, Durable
from reviewer.engine.lastline import last_line
from reviewer.engine.outside import Outside
from reviewer.engine.slots import Slots
from reviewer.engine.steps import Steps, Tools
from reviewer.engine.story import EngineSettings, Run, Story
from reviewer.engine.upkeep import Terms, Upkeep, only_process
from reviewer.store import Accepted, Beginning, Delivery, Held, Limits, State, Store, Work, Worker

P = ParamSpec("P")
T = TypeVar("T")

_POLL_S = 1.0  # how soon other processes' doings are noticed; our own wake the dispatcher
_GATHER_S = 0.02  # wake-ups that come together cost one look at the queue
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _UnderWay:
    """A run that this process tells just now."""

    task: asyncio.Task[None]
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    resting: bool = False


class Engine:
    """Accepts deliveries and tells their stories. One per process: DBOS is a singleton."""

    def __init__(
        self, store: Store, story: Story, *, plan_hash: str, outside: Outside, settings: EngineSettings
    ) -> None:
        self._settings = settings
        self._model_slots = Slots(settings.model_concurrency, settings.model_per_installation)
        self._store, self._story, self._outside, self._plan_hash = store, story, outside, plan_hash
        self._owner = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        limits = Limits(
            settings.concurrency, settings.per_installation, settings.reserved_for_people, settings.debounce_s
        )
        self._worker = Worker(self._owner, settings.story_version, limits)
        self._under_way: dict[Beginning, _UnderWay] = {}
        self._told_to_stop: set[Beginning] = set()
        self._closing: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._chores: list[asyncio.Task[None]] = []
        self._wake, self._changed = asyncio.Event(), asyncio.Event()
        self._lock: IO[str] | None = None
        self._stopping = False
        self._pause_s = _POLL_S

    @property
    def ready(self) -> bool:
        """Whether jobs are being taken."""
        return bool(self._chores) and not self._stopping

    async def start(self) -> None:
        """Take up what earlier processes left, and begin to work.

        Raises RefusedError when another process works on the same SQLite file.
        """
        self._lock = only_process(self._store.url)
        self._durable = Durable(self._store.url, self._worker, self._tell)
        age_s = self._settings.retention_days * 86_400.0
        terms = Terms(self._settings.lease_s, age_s, self._outside.beside)
        self._upkeep = Upkeep(self._store, self._durable, self._owner, terms, self._wake)
        await self._upkeep.start()
        for installation in await self._store.leaving():
            self._spawn(self._delete(installation))
        self._chores = [asyncio.create_task(chore) for chore in (self._dispatch(), *self._upkeep.chores())]

    async def stop(self, drain_s: float = 25.0) -> None:
        """Take nothing new, let what runs end within `drain_s`, hand back the rest: it goes on at the next start."""
        self._stopping = True
        for task in self._chores:
            task.cancel()
        for under_way in self._under_way.values():
            if under_way.resting:
                under_way.task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=drain_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._chores, return_exceptions=True)
        await self._durable.close()
        await self._store.release(self._owner)
        await self._upkeep.leave()
        if self._lock is not None:
            self._lock.close()

    async def accept(self, delivery: Delivery, job: Job | None) -> Accepted:
        """Store a delivery and its job (None: only the delivery and its reason); answer 2xx when this has returned.

        Raises TransientError when the database does not take it now: answer 503.
        """
        work = None
        if job is not None:
            delay_s, is_announced = self._settings.debounce_s if job.push else 0.0, self._outside.announce is not None
            work = Work(job, job.identity(self._plan_hash), delay_s, is_announced and job.is_announced)
        accepted = await self._store.accept(delivery, work)
        if accepted.stopped or (accepted.run_id and work and (work.is_announced or work.delay_s < _POLL_S)):
            self._wake.set()  # a delayed job is found by the next poll
        return accepted

    async def idle(self) -> None:
        """Return when no work is queued, waiting or running, and nothing is to be closed or deleted."""
        while True:
            self._changed.clear()
            if not await self._store.unfinished():
                return
            await _first(self._changed, _POLL_S)

    async def purge(self, installation: int) -> None:
        """Stop everything of an installation (uninstalled), and delete it as soon as nothing of it runs any more.

        Returns once it is stopped; what still runs ends in the background, as GitHub waits for our answer 10 s only.
        """
        await self._store.stop_installation(installation)
        self._wake.set()
        self._spawn(self._delete(installation))

    async def _delete(self, installation: int) -> None:
        while await self._insist(self._store.held, installation):
            self._changed.clear()
            await _first(self._changed, _POLL_S)
        await self._insist(self._upkeep.purge, installation)
        self._changed.set()

    async def _tell(self, run_id: str, generation: int) -> None:
        """The durable workflow: one beginning of a run, told again from its recorded steps after a crash."""
        beginning, task = Beginning(run_id, generation), asyncio.current_task()
        if task is None or self._stopping:
            raise asyncio.CancelledError  # it stays unfinished, for the next process
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        held = await self._insist(self._store.begin, beginning, self._owner)
        if held is None:
            return
        self._under_way[beginning] = _UnderWay(task)
        try:
            await self._insist(self._store.finish, beginning, *await self._ending(held))
        except Cancelled:
            await self._insist(self._store.finish, beginning, State.CANCELLED, "")
            raise
        finally:
            del self._under_way[beginning]
            self._told_to_stop.discard(beginning)
            self._wake.set()
            self._changed.set()

    async def _ending(self, held: Held) -> tuple[State, str]:
        run = Run(held.job, held.beginning.run_id, held.attempts)
        if held.attempts > self._settings.attempts_max:
            return State.PARKED, f"given up after {self._settings.attempts_max} attempts that ended with the process"
        rest = functools.partial(self._rest, held.beginning)
        tools = Tools(rest, self._model_slots, self._settings.backoff_s)
        error = await last_line(f"the story of {run.identity}", self._story(run, Steps(held.job, tools)))
        match error:
            case None:
                return State.DONE, ""
            case ReviewerError():
                return State.PARKED, str(error)
            case _:
                return State.PARKED, f"unexpected {type(error).__name__}"

    async def _rest(self, beginning: Beginning, until: float, wait_s: float) -> None:
        """Wait until a time (seconds since 1970, at most `wait_s` from now), giving the slot back."""
        left_s = min(until - time.time(), wait_s)
        if left_s <= _POLL_S:
            await asyncio.sleep(max(left_s, 0.0))
            return
        under_way = self._under_way[beginning]
        under_way.go_on.clear()
        if not await self._store.rest(beginning, until):
            return  # it is being stopped: the next step says so
        if self._stopping:
            raise asyncio.CancelledError  # it goes on in the next process
        under_way.resting = True
        self._wake.set()
        await under_way.go_on.wait()
        under_way.resting = False

    async def _dispatch(self) -> None:
        while not self._stopping:
            self._wake.clear()
            await last_line("the look at the queue", self._look())
            await _first(self._wake, self._pause_s)
            await asyncio.sleep(_GATHER_S)

    async def _look(self) -> None:
        self._pause_s = _POLL_S
        work = await self._store.dispatch(self._worker)
        for beginning in work.granted:
            if (rested := self._under_way.get(beginning)) is not None:
                rested.go_on.set()
        for held in work.claimed:
            self._spawn(self._insist(self._start_run, held))
        for held in work.announcing:
            self._spawn(self._tell_of(held))
        for held in work.closing:
            if held.beginning.run_id not in self._closing:
                self._closing.add(held.beginning.run_id)
                self._spawn(self._close(held))
        for beginning in work.stopping:
            await self._stop_run(beginning)
        self._pause_s = min(_POLL_S, work.next_due_s or _POLL_S)

    async def _start_run(self, held: Held) -> None:
        if not held.resumed:
            await self._durable.start(held.beginning)
        elif not await self._durable.go_on(held.beginning):
            await self._store.finish(held.beginning, State.PARKED, "its record had ended without its story")
            self._wake.set()

    async def _stop_run(self, beginning: Beginning) -> None:
        if beginning in self._told_to_stop:
            return
        await self._durable.cancel(beginning.workflow_ids[-1:])
        under_way = self._under_way.get(beginning)
        if under_way is None:  # claimed and not begun; it will find that it is not wanted
            await self._store.finish(beginning, State.CANCELLED)
            self._changed.set()
            return
        self._told_to_stop.add(beginning)
        under_way.go_on.set()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell_of(self, held: Held) -> None:
        run = Run(held.job, held.beginning.run_id, held.attempts)
        await self._outside.tell_of(run)
        await self._insist(self._store.announced, run.identity)
        self._wake.set()

    async def _close(self, held: Held) -> None:
        run = Run(held.job, held.beginning.run_id, held.attempts)
        if await self._outside.close(run, held.reason) is None:
            await self._insist(self._store.closed, run.identity)
        elif not await self._insist(self._store.closing_failed, run.identity):
            _LOG.error("gave up closing %s on GitHub; its check run stays open", run.identity)
        self._closing.discard(run.identity)
        self._wake.set()
        self._changed.set()

    async def _insist(self, action: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what has to be done, however long the database is away; what is given here may be done twice."""
        while True:
            try:
                return await action(*args, **kwargs)
            except (TransientError, OperationalError):
                _LOG.warning("the database is away; trying again", exc_info=True)
                await asyncio.sleep(_POLL_S)


async def _first(event: asyncio.Event, wait_s: float) -> None:
    # Not asyncio.wait_for: up to Python 3.11 it forgets a cancellation that comes together with the event.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            await event.wait()
