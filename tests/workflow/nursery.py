"""`reviewer serve`, born from a process that has imported everything: a start takes tenths of a second.

python -m tests.workflow.nursery FD    the mother; it is asked over the socket with that number

A child is the real program with an environment of its own; only its imports are the mother's.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from reviewer.cli import main
from tests.service import START_S, Service
from tests.standin.github import GitHubStandIn

ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT_BYTES_MAX = 65_536
_ENDING_S = 40.0


class Nursery:
    """Where services come from. Safe to use from several threads."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._turn = threading.Lock()

    def bear(self, environment: Mapping[str, str], error: int) -> int:
        """A child with this environment, that writes what it says to the descriptor; its process id."""
        with self._turn:
            socket.send_fds(self._control, [json.dumps(dict(environment)).encode()], [error])
            return int(self._control.recv(64))


@contextlib.contextmanager
def nursing() -> Iterator[Nursery]:
    """A nursery while the block runs."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.workflow.nursery", str(theirs.fileno())]
    with subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()]), ours:
        theirs.close()
        yield Nursery(ours)


class NursedService(Service):
    """The service of `tests.service`, started by the nursery."""

    def __init__(
        self, nursery: Nursery, github: GitHubStandIn, folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(github, folder, environment)
        self._nursery = nursery
        self._handle: int | None = None
        self._pid = 0
        self._listener: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._pid

    def start(self) -> None:
        """Start, and return once it listens."""
        if self.attempt() == 0:
            raise AssertionError("the service did not start:\n" + "".join(self.output))

    def attempt(self) -> int:
        """Start, and return the port it listens on, 0 when it ended instead."""
        read, write = os.pipe()
        self._pid = self._nursery.bear(self.environment, write)
        self._handle = os.pidfd_open(self._pid)
        os.close(write)
        heard = _Heard()
        self._listener = threading.Thread(target=self._hear, args=(read, heard), daemon=True)
        self._listener.start()
        if not heard.something.wait(START_S):
            raise AssertionError("the service says nothing")
        self.port = heard.port
        return heard.port

    def _hear(self, read: int, heard: _Heard) -> None:
        with os.fdopen(read, encoding="utf-8", errors="replace") as said:
            for line in said:
                self.output.append(line)
                if line.startswith("listening on "):
                    heard.say(int(line.split()[4]))
        heard.say(0)

    def stop(self, timeout_s: float = _ENDING_S) -> int:
        """End it as a supervisor does. Its exit status is the nursery's: 0 is returned for any."""
        self._end(signal.SIGTERM, timeout_s)
        return 0

    def kill(self) -> None:
        """kill -9; from any thread, and once more does nothing."""
        self._end(signal.SIGKILL, _ENDING_S)

    def _end(self, number: signal.Signals, timeout_s: float) -> None:
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, number)
            ended, _, _ = select.select([handle], [], [], timeout_s)
            if not ended:
                raise AssertionError(f"the service did not end within {timeout_s:g} s\n" + "".join(self.output[-20:]))
        finally:
            os.close(handle)


class _Heard:
    """What the service said first: its port, or (0) that it has ended."""

    def __init__(self) -> None:
        self.port = 0
        self.something = threading.Event()

    def say(self, port: int) -> None:
        if not self.something.is_set():
            self.port = port
            self.something.set()


def _mother(control: socket.socket) -> None:
    importlib.import_module("reviewer.app")  # what the children have at birth
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, _ENVIRONMENT_BYTES_MAX, 1)
        if not message:
            return
        child = os.fork()
        if child != 0:
            os.close(descriptors[0])
            control.send(str(child).encode())
            continue
        control.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for standard in (1, 2):
            os.dup2(descriptors[0], standard)
        os.close(descriptors[0])
        os.environ.clear()  # noqa: TID251 -- a new process's environment, that its settings will read
        os.environ.update(json.loads(message))  # noqa: TID251 -- as above, in the new process
        status = 70
        try:
            status = main(["serve", "--port", "0"])
        finally:
            sys.stderr.flush()
            os._exit(status)


if __name__ == "__main__":
    _mother(socket.socket(fileno=int(sys.argv[1])))
