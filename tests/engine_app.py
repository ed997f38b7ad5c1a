"""Small processes around the engine, to be killed.

`python -m tests.engine_app FD` is a nursery: it has imported everything. For each message on the socket FD (as JSON:
the database's URL, a journal, settings) with a socket, it forks a process that talks on that socket. That takes a job
a line (`NAME INSTALLATION PULL`) or `idle`, and says `ready PID`, `accepted NAME`, `idle` and `stopped`. The journal is
a file of one line per event: `begin NAME STEP`, `end NAME STEP`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from reviewer.core.errors import TransientError
from reviewer.core.job import Job, Trigger
from reviewer.engine import Delivery, Engine, EngineSettings, Json, Outside, Run, Steps
from reviewer.store import Store

SETTINGS = EngineSettings(
    story_version="test-1", debounce_s=0.1, concurrency=4, backoff_s=0.05, attempts_max=100, per_installation=4
)
STEPS = ("open", "read", "ask", "publish")


def job_named(name: str, installation: int = 1, pull: int = 1) -> Job:
    """A review of head `name`, asked for by a command, so that no other job supersedes it."""
    return Job(installation, 7, "octo/shop", pull, name, Trigger.REVIEW_COMMAND, source_id=name)


class Journal:
    """Lines in a file that outlive the process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, *words: str) -> None:
        os.write(self._file, (" ".join(words) + "\n").encode())


class Telling:
    """A story of four steps of 20 ms. A head called `poison…` kills the process, `slow…` takes long."""

    def __init__(self, journal: Journal, store: Store) -> None:
        self._journal, self._store = journal, store

    async def story(self, run: Run, steps: Steps) -> None:
        for number, step in enumerate(STEPS):

            async def work(step: str = step, number: int = number) -> Json:
                name = run.job.head or ""
                self._journal.write("begin", name, step)
                await self._store.keep(run.identity, step, "a text that is forgotten at the end")
                if name.startswith("poison") and step == "ask":
                    os.kill(os.getpid(), signal.SIGKILL)
                # A wait with a time limit, on what never comes: the step's own time.
                await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=self._time_s(name))
                if name.startswith("busy") and step == "read" and not await self._store.kept(run.identity, "was busy"):
                    await self._store.keep(run.identity, "was busy", "yes")
                    raise TransientError("busy", 0.1)
                self._journal.write("end", name, step)
                return number

            assert await steps.run(step, work) == number

    async def give_up(self, run: Run, reason: str) -> None:
        self._journal.write("gave-up", run.job.head or "", reason.replace(" ", "-"))

    @staticmethod
    def _time_s(name: str) -> float:
        return 0.2 if name.startswith("slow") else 0.02


@asynccontextmanager
async def working(database: str, journal: Path, settings: EngineSettings = SETTINGS) -> AsyncIterator[Engine]:
    store = await Store.open(database)
    telling = Telling(Journal(journal), store)
    engine = Engine(store, telling.story, plan_hash="plan", outside=Outside(telling.give_up), settings=settings)
    await engine.start()
    yield engine
    await engine.stop(drain_s=10)
    await store.close()


async def serve(talk: socket.socket, database: str, journal: str, settings: dict[str, float]) -> None:
    loop = asyncio.get_running_loop()
    terminated = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, terminated.set)
    reader, writer = await asyncio.open_connection(sock=talk)

    def say(*words: object) -> None:
        writer.write((" ".join(map(str, words)) + "\n").encode())

    async def converse(engine: Engine) -> None:
        while line := (await reader.readline()).decode().split():
            if line[0] == "idle":
                await engine.idle()
                say("idle")
            else:
                name, installation, pull = line
                job = job_named(name, int(installation), int(pull))
                await engine.accept(Delivery(f"delivery-{name}", "test"), job)
                say("accepted", name)

    async with working(database, Path(journal), settings_with(settings)) as engine:
        say("ready", os.getpid())
        ends = {asyncio.create_task(converse(engine)), asyncio.create_task(terminated.wait())}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    say("stopped")
    await writer.drain()


def settings_with(changes: dict[str, float]) -> EngineSettings:
    return replace(
        SETTINGS,
        attempts_max=int(changes.get("attempts_max", SETTINGS.attempts_max)),
        lease_s=changes.get("lease_s", SETTINGS.lease_s),
    )


def nursery(control: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    while True:
        message, sockets, _, _ = socket.recv_fds(control, 4096, 1)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asyncio.run(serve(socket.socket(fileno=sockets[0]), *json.loads(message)))
            return
        os.close(sockets[0])


if __name__ == "__main__":
    nursery(socket.socket(fileno=int(sys.argv[1])))
