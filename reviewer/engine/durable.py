"""The only file that knows DBOS: start it, and start, go on with, cancel, delete a workflow; record a step.

One workflow is registered: it is given a run's name and tells the run's story. SQLite: DBOS has a file beside ours, so
that its writes do not hold up a delivery. PostgreSQL: a schema in the same database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from dbos import (
    DBOS,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    SetWorkflowID,
    StepOptions,
    WorkflowSerializationFormat,
    error,
)
from sqlalchemy import URL

from reviewer.store import Beginning, Worker, engine_for, sqlite_path

T = TypeVar("T")
Tell = Callable[[str, int], Awaitable[None]]

Cancelled = error.DBOSWorkflowCancelledError
"""Raised in a workflow that was cancelled, at its next step; not an Exception, so that no story swallows it."""

_LISTEN_S = 0.1  # between DBOS's looks for messages; we send none, so it only bounds how long its end takes
_GO_ON_S = 0.5  # between looks for work taken over from a dead process; shorter only costs
_DONE = ("SUCCESS", "ERROR")
_ENDED = (*_DONE, "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")  # DBOS's words for what it will not go on with


class Durable:
    """DBOS on one event loop: a singleton, so one per process."""

    def __init__(self, url: str, worker: Worker, tell: Tell) -> None:
        """Start it; `tell` is called on this loop with (run id, generation), again after each crash."""
        config = DBOSConfig(
            name="reviewer",
            application_version=worker.version,  # recovery is by version; by default every deploy strands its runs
            executor_id=worker.owner,
            serializer=DBOSPortableJSONSerializer(),  # JSON: the default is pickle
            log_level="ERROR",
            max_executor_threads=32,
            notification_listener_polling_interval_sec=_LISTEN_S,
        )
        path = sqlite_path(url)
        self._engine = None
        if path is None:
            config["system_database_url"] = url
        else:
            beside = URL.create("sqlite", database=str(path.with_name(f"{path.stem}-engine{path.suffix}")))
            self._engine = engine_for(str(beside))
            config["system_database_url"], config["system_database_engine"] = str(beside), self._engine
        DBOS(config=config)

        # We count attempts ourselves, so DBOS never gives up.
        @DBOS.workflow(
            name="review", serialization_type=WorkflowSerializationFormat.PORTABLE, max_recovery_attempts=None
        )
        async def review(run_id: str, generation: int) -> None:
            await tell(run_id, generation)

        self._review = review
        logging.getLogger("dbos").addFilter(_is_news)
        # Work goes on in the process that claimed it: each has a queue to itself, which dies with it.
        self._queue = worker.owner
        DBOS.listen_queues([self._queue])
        DBOS.launch()

    async def listen(self) -> None:
        """Make this process's queue."""
        await DBOS.register_queue_async(self._queue, polling_interval_sec=_GO_ON_S)

    async def drop_queues(self, live: frozenset[str]) -> None:
        """Delete the queues of dead processes; what was on them is claimed, and resumed, by others."""
        for queue in await DBOS.list_queues_async():
            if queue.name != self._queue and queue.name not in live:
                await DBOS.delete_queue_async(queue.name)

    async def close(self) -> None:
        """End it; what runs must have ended. In a thread: it waits for threads that may wait for this loop."""
        await DBOS.delete_queue_async(self._queue)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        # DBOS made its own pool the loop's, and has closed it; others go on using `asyncio.to_thread`.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="reviewer"))
        if self._engine is not None:
            self._engine.dispose()

    async def start(self, beginning: Beginning) -> None:
        """Start a workflow; nothing happens when it runs already. One of that name that has ended is of a store that
        was lost, as ours knows of none: it would keep this one from starting, and is deleted.
        """
        status = await DBOS.get_workflow_status_async(beginning.workflow_id)
        if status is not None and status.status in _ENDED:
            await self.delete([beginning.workflow_id])
        with SetWorkflowID(beginning.workflow_id):
            await DBOS.start_workflow_async(self._review, *beginning)

    async def go_on(self, beginning: Beginning) -> bool:
        """Let a workflow that a dead or stopped process began go on here; False when it has already ended."""
        status = await DBOS.get_workflow_status_async(beginning.workflow_id)
        if status is None:  # the process died between the claim and the start
            await self.start(beginning)
            return True
        await DBOS.resume_workflows_async([beginning.workflow_id], queue_name=self._queue)
        return status.status not in _DONE

    async def cancel(self, workflow_ids: Sequence[str]) -> None:
        """Cancel workflows: a preemptible step is cut within some 2 s, else at the next step."""
        await DBOS.cancel_workflows_async(list(workflow_ids))

    async def delete(self, workflow_ids: Sequence[str]) -> None:
        """Delete the records of workflows."""
        await DBOS.delete_workflows_async(list(workflow_ids))


async def recorded(name: str, function: Callable[[], Awaitable[T]], preemptible: bool) -> T:
    """Run a step of the workflow that we are in, or read what it returned before."""

    async def step() -> T:
        return await function()

    return await DBOS.run_step_async(StepOptions(name=name, preemptible=preemptible), step)


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out what DBOS logs as an error for every run that is superseded."""
    cause = record.exc_info[1] if record.exc_info else None
    return not isinstance(cause, error.DBOSAwaitedWorkflowCancelledError)
