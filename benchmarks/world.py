"""The real service against the stand-in GitHub, and the wait until its engine has nothing left to do."""

from __future__ import annotations

import asyncio
import queue
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.deliveries.signed import pull_request_delivery
from tests.service import Service
from tests.standin.github import GitHubStandIn
from tests.standin.state import Pull

ROOT = Path(__file__).resolve().parents[1]
SETTLED_S = 300.0
_STATES = "SELECT state, count(*) FROM jobs GROUP BY state"
_PORT = re.compile(r"listening on \S+ port (\d+)")


class Program(Service):
    """The service as `command` starts it, when that is another program or another interpreter than the tests'."""

    command: Sequence[str] = (sys.executable, "-m", "reviewer", "serve", "--port", "0")

    def start(self) -> None:
        """Start, and return once it listens."""
        heard: queue.Queue[int] = queue.Queue()
        self._process = subprocess.Popen(
            list(self.command), env=self.environment, cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._hear, args=(self._process, heard), daemon=True).start()
        self.port = heard.get(timeout=60)
        if self.port == 0:
            raise AssertionError("the service did not start:\n" + "".join(self.output))

    def _hear(self, process: subprocess.Popen[str], heard: queue.Queue[int]) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self.output.append(line)
                if found := _PORT.search(line):
                    heard.put(int(found[1]))
        heard.put(0)


@dataclass(slots=True)
class World:
    """A GitHub, a service, and the folder with its database."""

    github: GitHubStandIn
    service: Service
    folder: Path

    def opened(self, pull: Pull, action: str = "opened") -> None:
        """Deliver an event of a pull request; it is accepted."""
        self.service.accept(pull_request_delivery(self.github, pull, action))

    def states(self) -> dict[str, int]:
        """How many jobs are in which state, read beside the service."""
        with closing(sqlite3.connect(f"file:{self.folder / 'reviewer.db'}?mode=ro", uri=True, timeout=10)) as database:
            return dict(database.execute(_STATES).fetchall())

    async def settled(self) -> None:
        """Wait until every job has ended."""
        until = time.monotonic() + SETTLED_S
        while set(self.states()) - {"done", "parked", "cancelled"}:
            if time.monotonic() > until:
                raise AssertionError(f"still {self.states()}\n" + "".join(self.service.output[-20:]))
            await asyncio.sleep(0.05)

    async def reviewed(self, pulls: Sequence[Pull]) -> None:
        """Wait until the jobs have ended, and see that each pull request has its completed check run."""
        await self.settled()
        for pull in pulls:
            if not any(run.status == "completed" for run in self.github.check_runs(pull)):
                raise AssertionError(f"no completed check run on #{pull.number}: {''.join(self.service.output[-20:])}")


@contextmanager
def world(environment: Mapping[str, str] | None = None, command: Sequence[str] | None = None) -> Iterator[World]:
    """Everything started, and stopped at the end. The service logs as it does by default."""
    with tempfile.TemporaryDirectory(prefix="reviewer-benchmark-") as folder, GitHubStandIn() as github:
        service = Program(github, Path(folder), environment)
        if command is not None:
            service.command = command
        with service:
            yield World(github, service, Path(folder))
