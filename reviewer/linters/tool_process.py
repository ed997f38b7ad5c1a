"""One run of a tool: what it prints, how it ended, and the certainty that nothing of it outlives the run."""

from __future__ import annotations

import select
import socket
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.linters.launcher import Launcher

OUTPUT_BYTES_MAX = 16 * 1024 * 1024
"""Output of one run. 200,000 diagnostics are 65 MB of JSON; an ordinary batch stays below 200 KB."""

GRACE_S = 5.0
"""Seconds until a run that was to be killed is gone (0.002 s, measured); after that the launcher itself is ended."""

_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """A run's end. `status` is the tool's exit status, or a signal's number below zero; None when nobody knows."""

    status: int | None
    output: bytes
    too_late: bool = False
    too_much: bool = False


class ToolProcess:
    """One run, followed by one thread and stopped by any. Nothing of it is given to an event loop: uvloop closes the
    end of a pipe twice, and the second time it is a file that another thread has opened (its issue 763)."""

    def __init__(self) -> None:
        with ExitStack() as undone:
            self._line, self._their_line = (undone.enter_context(each) for each in socket.socketpair())
            self._output, self._their_output = (undone.enter_context(each) for each in socket.socketpair())
            undone.pop_all()
        self._status = bytearray()
        self._said = bytearray()
        self._too_much = False

    def follow(self, launcher: Launcher, request: bytes, wall_s: float) -> Ended:
        """Run it to its end, or until `wall_s` seconds have passed. Blocks, `GRACE_S` longer at the most."""
        try:
            self._line.sendall(request)
            process_id = launcher.hand_over(self._their_line, self._their_output)
        except OSError:  # stopped before it began, or the launcher has just died
            return Ended(None, b"")
        finally:
            self._their_line.close()
            self._their_output.close()
        by_itself = self._hear(time.monotonic() + wall_s)
        if not by_itself:
            self.stop()
            self._hear(time.monotonic() + GRACE_S)
        if not self._status:  # the launcher died, or hangs
            launcher.end(process_id)
        status = int(self._status) if self._status else None
        return Ended(status, bytes(self._said), not (by_itself or self._too_much), self._too_much)

    def stop(self) -> None:
        """Have it killed; `follow` comes back when it is gone."""
        with suppress(OSError):  # it is gone
            self._line.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Let go of the sockets; when `follow` has come back."""
        for each in (self._line, self._their_line, self._output, self._their_output):
            each.close()

    def _hear(self, until: float) -> bool:
        """Whether it comes to its end by then (nobody holds the other ends any more), and before it says too much."""
        ends = {self._output.fileno(): (self._output, self._said), self._line.fileno(): (self._line, self._status)}
        poll = select.poll()
        for handle in ends:
            poll.register(handle, select.POLLIN)
        while ends:
            left_s = until - time.monotonic()
            if left_s <= 0:
                return False
            for handle, _ in poll.poll(ceil(left_s * 1000)):
                end, heard = ends[handle]
                more = _read(end)
                heard += more
                if not more:
                    poll.unregister(handle)
                    del ends[handle]
            if len(self._said) > OUTPUT_BYTES_MAX:
                self._said.clear()
                if not self._too_much:
                    self._too_much = True
                    return False
        return True


def _read(end: socket.socket) -> bytes:
    """What is there to be read; nothing where nobody will write any more."""
    with suppress(ConnectionResetError):  # the launcher died before it had read what we asked for
        return end.recv(_CHUNK_BYTES)
    return b""
