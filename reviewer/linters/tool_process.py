"""One run of a tool: the launcher's process, what it prints, and the certainty that nothing of it outlives us."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from reviewer.linters import launch

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT_BYTES_MAX = 16 * 1024 * 1024
"""Output of one run. 200,000 diagnostics are 65 MB of JSON; an ordinary batch stays below 200 KB."""


class ToolProcess(asyncio.Protocol):
    """Collects what the tool prints, up to the cap, and sees to it that nothing outlives the launcher."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.output = bytearray()
        self.too_much = False
        self._process = process
        self._transport: asyncio.BaseTransport | None = None
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.finished: asyncio.Task[int] = asyncio.create_task(self._finish())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """We can hear the tool."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """It said something. Over the cap nothing of it is kept and it is ended."""
        if len(self.output) + len(data) > OUTPUT_BYTES_MAX:
            self.too_much = True
            self.output.clear()
            self.kill()
        elif not self.too_much:
            self.output += data

    def connection_lost(self, _error: Exception | None) -> None:
        """Nobody holds the other end any more."""
        if not self._closed.done():
            self._closed.set_result(None)

    def kill(self) -> None:
        """End the launcher, the tool and whatever else is in their process group."""
        with suppress(ProcessLookupError, PermissionError):  # all gone; macOS says "not permitted" for the dead
            os.killpg(self._process.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """Kill what still runs and wait until it is gone, even if our caller is being cancelled."""
        if not self.finished.done():
            self.kill()
        await asyncio.shield(self.finished)
        if self._transport is not None:
            self._transport.close()

    async def abandon(self) -> None:
        """The same when nobody can read what it says."""
        self.connection_lost(None)
        await self.stop()

    async def _finish(self) -> int:
        status = await asyncio.to_thread(self._process.wait)
        self.kill()  # a child it left behind may still hold the pipe
        await self._closed
        return status


async def start(arguments: tuple[str, ...], work: Path, home: Path) -> ToolProcess:
    """Start the launcher on the loop's own thread, as it dies with the thread that started it.

    By `Popen`, which lends the child our memory for a moment: 1.6 ms, where uvloop holds the loop for 10. A pair of
    sockets, as uvloop closes the end of a pipe twice: the second time it is a file that another thread opened meanwhile
    (its issue 763; 1 of 1,000 here).
    """
    ours, theirs = socket.socketpair()
    with ExitStack() as undone:
        undone.callback(ours.close)
        with theirs:
            process = subprocess.Popen(  # noqa: ASYNC220 -- see above; nothing here waits for the process
                [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                env={"PATH": "", "HOME": str(home), "LANG": "C.UTF-8"},
                cwd=work,
                start_new_session=True,
            )
        made = ToolProcess(process)
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: made, sock=ours)
        except BaseException:
            await made.abandon()
            raise
        undone.pop_all()
    return made
