"""What a story acts with: steps that are recorded with their results and their errors."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reviewer.core.errors import RefusedError, ReviewerError, TransientError, UserError
from reviewer.core.job import Job
from reviewer.engine.durable import recorded
from reviewer.engine.lastline import last_line
from reviewer.engine.slots import Slots
from reviewer.store import WAIT_MAX_S

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

RESULT_BYTES_MAX = 16_384
"""Largest result of a step: DBOS keeps results in clear until the purge, so they are ids; texts go to `Store.keep`."""


class StepFailedError(ReviewerError):
    """A step raised what nobody foresaw: a bug of ours. Logged with its trace, told by its type only."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the engine lends to the steps of one run: `rest(until, wait_s)` waits without holding a slot."""

    rest: Callable[[float, float], Awaitable[None]]
    model_slots: Slots
    backoff_s: float


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    function: Callable[[], Awaitable[Json]]
    timeout_s: float
    slot: Callable[[], contextlib.AbstractAsyncContextManager[None]] = contextlib.nullcontext


class Steps:
    """What a story acts with. One step at a time; between steps only pure code: no clock, no random, no I/O."""

    def __init__(self, job: Job, tools: Tools) -> None:
        self._job, self._tools = job, tools
        self._busy = False

    async def run(
        self,
        name: str,
        function: Callable[[], Awaitable[Json]],
        *,
        attempts: int = 5,
        preemptible: bool = False,
        timeout_s: float = 60.0,
    ) -> Json:
        """Do something once: after a restart its result, or its error, comes from the database.

        A `preemptible` step is cut (cancelled) within some 2 s when the run is superseded; others end first. Tried
        again after a TransientError and after `timeout_s`, `attempts` times in all: after the error's `retry_after_s`
        or with back-off, a wait that outlives restarts and holds no slot. Then it is raised here. RefusedError and
        UserError are raised at once; anything else as StepFailedError.
        """
        return await self._try(_Step(name, function, timeout_s), attempts, preemptible)

    async def run_model(
        self, name: str, function: Callable[[], Awaitable[Json]], *, attempts: int = 3, timeout_s: float = 180.0
    ) -> Json:
        """The same for a call of the model: preemptible, within the limits for model calls, people first."""
        slots, priority = self._tools.model_slots, 0 if self._job.trigger.by_person else 1
        step = _Step(name, function, timeout_s, lambda: slots.hold(self._job.installation, priority))
        return await self._try(step, attempts, preemptible=True)

    async def _try(self, step: _Step, attempts: int, preemptible: bool) -> Json:
        if self._busy:
            raise StepFailedError(
                f"step {step.name} was begun inside or beside another; their order would not be the same again"
            )
        self._busy = True
        try:
            for attempt in range(1, attempts + 1):
                backoff_s = self._tools.backoff_s * 2 ** (attempt - 1) if attempt < attempts else None

                async def once(backoff_s: float | None = backoff_s) -> dict[str, Json]:
                    return await _outcome(step, backoff_s)

                outcome = await recorded(step.name, once, preemptible)
                if "until" not in outcome:
                    return _read(outcome)
                await self._tools.rest(_number(outcome, "until"), _number(outcome, "wait_s"))
            raise AssertionError("the last attempt has no next one")
        finally:
            self._busy = False


async def _outcome(step: _Step, backoff_s: float | None) -> dict[str, Json]:
    """Run a step to what is recorded of it: plain data, so that every kind of end survives a restart."""
    value: Json = None

    async def work() -> None:
        nonlocal value
        async with step.slot():
            value = await _in_time(step)
        if len(json.dumps(value)) > RESULT_BYTES_MAX:
            raise StepFailedError(f"step {step.name} returned over {RESULT_BYTES_MAX} bytes; texts go to the store")

    error = await last_line(f"step {step.name}", work())
    match error:
        case None:
            return {"value": value}
        case TransientError():
            return _transient(error, backoff_s)
        case RefusedError() | UserError() | StepFailedError():
            return {"error": _kind(error).__name__, "message": str(error)}
        case _:  # only its type: the text of an unforeseen error may quote anything
            return {"error": "StepFailedError", "message": f"step {step.name} failed: {type(error).__name__}"}


async def _in_time(step: _Step) -> Json:
    clock = asyncio.timeout(step.timeout_s)
    try:
        async with clock:
            return await step.function()
    except TimeoutError as error:
        if clock.expired():
            raise TransientError(f"{step.name} took longer than {step.timeout_s:g} s") from error
        raise


def _kind(error: ReviewerError) -> type[ReviewerError]:
    """Which of the kinds that a story tells apart an error is; an edge's own subclass of one counts as that one."""
    kinds = (RefusedError, UserError, StepFailedError)
    return next((kind for kind in kinds if isinstance(error, kind)), StepFailedError)


def _transient(error: TransientError, backoff_s: float | None) -> dict[str, Json]:
    asked_s = error.retry_after_s
    outcome: dict[str, Json] = {"error": "TransientError", "message": str(error), "retry_after_s": asked_s}
    if backoff_s is None or (asked_s or 0) > WAIT_MAX_S:
        return outcome
    wait_s = backoff_s if asked_s is None else asked_s
    return {**outcome, "wait_s": wait_s, "until": time.time() + wait_s}


def _read(outcome: Mapping[str, Json]) -> Json:
    match outcome.get("error"):
        case None:
            return outcome["value"]
        case "TransientError":
            after = outcome["retry_after_s"]
            raise TransientError(str(outcome["message"]), after if isinstance(after, float | int) else None)
        case "RefusedError":
            raise RefusedError(str(outcome["message"]))
        case "UserError":
            raise UserError(str(outcome["message"]))
        case _:
            raise StepFailedError(str(outcome["message"]))


def _number(outcome: Mapping[str, Json], name: str) -> float:
    value = outcome[name]
    if not isinstance(value, float | int):
        raise StepFailedError(f"the record of a step has no number as {name}")
    return float(value)
