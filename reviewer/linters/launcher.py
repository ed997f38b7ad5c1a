"""Our hold on the launcher's process: started when the first tool is to run, and again when it has died."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from functools import cache

from reviewer.linters import launch


class Launcher:
    """One process for all runs of this one. It belongs to no event loop and knows nothing of what is run."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def process_id(self) -> int | None:
        """The launcher's process, None when none was started."""
        return self._process.pid if self._process else None

    def ready(self) -> None:
        """Start it if it does not live. Raises OSError when that cannot be.

        It dies with the thread that started it: call this on one that stays, as the event loop's does.
        """
        with self._turn:
            if self._process is None or self._process.poll() is not None:
                self._end()
                self._start()

    def hand_over(self, line: socket.socket, output: socket.socket) -> int:
        """Begin the run that was asked for on the line. The process that has it; raises OSError when there is none."""
        with self._turn:
            if self._process is None or self._control is None:
                raise BrokenPipeError("no launcher runs")
            try:
                socket.send_fds(self._control, [b"+"], [line.fileno(), output.fileno()])
            except OSError:  # it died a moment ago, or does not listen
                self._end()
                raise
            return self._process.pid

    def end(self, process_id: int | None = None) -> None:
        """Kill it, and with it all runs; if a process is given, only that one and not its successor."""
        with self._turn:
            if process_id is None or process_id == self.process_id:
                self._end()

    def _start(self) -> None:
        """By `Popen`, which lends the child our memory for a moment: 1.6 ms, where uvloop holds its loop for 10."""
        ours, theirs = socket.socketpair()
        with ExitStack() as undone, theirs:
            undone.callback(ours.close)
            ours.setblocking(False)  # a launcher that does not listen costs nobody else's time
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", launch.__file__, str(os.getpid())],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
            self._control = ours
            undone.pop_all()

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@cache
def launcher() -> Launcher:
    """The one of this process."""
    made = Launcher()
    atexit.register(made.end)
    return made
