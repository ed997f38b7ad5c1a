"""What is done for a run outside its story: it is announced before, closed when that does not end, and forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from reviewer.engine.lastline import last_line
from reviewer.engine.story import Run

GIVE_UP_S = 60.0
"""Time for one try to close an abandoned run on GitHub: two requests with their timeouts."""

ANNOUNCE_S = 15.0
"""Time for announcing a run: two requests, which GitHub ends after 10 s; no run waits longer for it."""

Announce: TypeAlias = "Callable[[Run], Awaitable[None]]"
"""Says on GitHub that a run is queued, before its turn comes.

Called at least once; what it could not do is left to the story, which looks whether it did.
"""
GiveUp: TypeAlias = "Callable[[Run, str], Awaitable[None]]"
"""Closes the check run of a run that had begun and did not come to its story's end, for the reason given.

Called at least once, and again (with back-off) when it raises.
"""


class Beside(Protocol):
    """What is kept of ended work beside the database, and deleted together with it. The methods block."""

    def forget(self, installation: int) -> None:
        """Delete everything of an installation."""
        ...

    def expire(self, age_s: float) -> object:
        """Delete what is older."""
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """All of them; with `announce` None no run is announced."""

    give_up: GiveUp
    announce: Announce | None = None
    beside: Beside | None = None

    async def close(self, run: Run, reason: str) -> Exception | None:
        """Close an abandoned run; the error it ended with."""

        async def work() -> None:
            async with asyncio.timeout(GIVE_UP_S):
                await self.give_up(run, reason)

        return await last_line(f"closing {run.identity} on GitHub", work())

    async def tell_of(self, run: Run) -> None:
        """Announce a run, or leave it to the log why not."""

        async def work() -> None:
            if self.announce is not None:
                async with asyncio.timeout(ANNOUNCE_S):
                    await self.announce(run)

        await last_line(f"announcing {run.identity} on GitHub", work())
