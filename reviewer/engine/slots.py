"""Fair limits inside one process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Slots:
    """Limits what happens at once, in all and for one key; who waits is let in by priority, then the emptiest key."""

    def __init__(self, total: int, each: int) -> None:
        self._total, self._each = total, each
        self._held: dict[int, int] = {}
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @contextlib.asynccontextmanager
    async def hold(self, key: int, priority: int) -> AsyncIterator[None]:
        """Wait for a slot and hold it; cancelling the wait leaves the line."""
        turn = asyncio.get_running_loop().create_future()
        waiter = (priority, key, turn)
        self._waiting.append(waiter)
        self._let_in()
        try:
            await turn
            yield
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            else:
                self._held[key] -= 1
            self._let_in()

    def _let_in(self) -> None:
        while sum(self._held.values()) < self._total:
            able = [waiter for waiter in self._waiting if self._held.get(waiter[1], 0) < self._each]
            if not able:
                return
            best = min(able, key=lambda waiter: (waiter[0], self._held.get(waiter[1], 0)))
            self._waiting.remove(best)
            self._held[best[1]] = self._held.get(best[1], 0) + 1
            if not best[2].done():
                best[2].set_result(None)
