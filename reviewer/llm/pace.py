"""Tokens per minute: every call of one process takes its turn, so that the server's own limit is not run into."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from reviewer.core.errors import TransientError

_MINUTE_S: Final = 60.0

WAIT_MAX_S: Final = 60.0
"""Longest wait in a slot for calls; a longer one is told as a rate limit, and waited for without one."""


class Pace:
    """A bucket that fills evenly with `tokens_per_minute`, at most a minute's worth; None: no limit.

    `clock` gives seconds, `wait` waits for some.
    """

    def __init__(
        self,
        tokens_per_minute: int | None,
        clock: Callable[[], float],
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._per_s = None if tokens_per_minute is None else tokens_per_minute / _MINUTE_S
        self._clock, self._wait = clock, wait
        self._free_at = clock() - _MINUTE_S

    async def turn(self, tokens: int) -> None:
        """Wait until so many tokens may be sent. Raises TransientError when that is longer than a slot is kept for."""
        if self._per_s is None:
            return
        now = self._clock()
        begin = max(self._free_at, now - _MINUTE_S)
        # A question larger than a minute's worth waits for a full bucket, and those after it for the rest.
        end = begin + min(tokens / self._per_s, _MINUTE_S)
        wait_s = end - now
        if wait_s > WAIT_MAX_S:
            raise TransientError("the limit of REVIEWER_MODEL_TOKENS_PER_MINUTE is reached", wait_s)
        self._free_at = begin + tokens / self._per_s
        if wait_s > 0:
            await self._wait(wait_s)
