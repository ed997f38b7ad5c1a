"""Starting and killing processes of `tests.engine_app`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def nursing() -> Iterator[socket.socket]:
    """Where processes come from; importing everything anew for each would take most of the time."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "tests.engine_app", str(theirs.fileno())]
    with subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()]), ours:
        theirs.close()
        yield ours
        ours.close()


@dataclass
class App:
    """A running `tests.engine_app`."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int = 0
    heard_idle: bool = False

    def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\n" for line in lines).encode())

    async def hear(self) -> str:
        """The next line; "" when the process is gone."""
        with contextlib.suppress(ConnectionResetError):
            return (await self.reader.readline()).decode().strip()
        return ""

    def send(self, signal_: signal.Signals) -> None:
        os.kill(self.number, signal_)

    async def gone(self) -> None:
        while await self.hear():
            continue

    async def idle(self) -> bool:
        """True when it has done everything, False when it died."""
        self.say("idle")
        while (line := await self.hear()) not in ("idle", ""):
            assert line.startswith("accepted")
        return line == "idle"

    async def finish(self) -> None:
        """Let it end all work, and leave."""
        assert await self.idle()
        self.send(signal.SIGTERM)
        assert await self.hear() == "stopped"
        assert await self.hear() == ""


class Start:
    """Starts processes on one database, with one journal."""

    def __init__(self, nursery: socket.socket, database: str, journal: Path) -> None:
        self._nursery, self._database, self._journal = nursery, database, journal
        self._open: list[asyncio.StreamWriter] = []

    async def __call__(self, **settings: float) -> App:
        ours, theirs = socket.socketpair()
        message = json.dumps([self._database, str(self._journal), settings])
        socket.send_fds(self._nursery, [message.encode()], [theirs.fileno()])
        theirs.close()
        app = App(*await asyncio.open_connection(sock=ours))
        self._open.append(app.writer)
        ready, number = (await app.hear()).split()
        assert ready == "ready"
        app.number = int(number)
        return app

    async def close(self) -> None:
        for writer in self._open:
            writer.close()
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                await writer.wait_closed()
