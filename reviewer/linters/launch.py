"""The launcher: one small process that starts the runs of all tools. `python -I -S launch.py PARENT`

The tools read what strangers wrote. Limits cannot be set between fork and exec of a process that has threads, and an
interpreter for each run costs more than the run itself (18 ms of processor time, of 26). So this one stays, imports
nothing of ours, and forks for each run a *keeper*, which gives up what a tool does not need and becomes its parent.

Standard input is a socket: one byte for each run, and with it two sockets. On the first, the *line*, lies what to run
(`asked`), and the exit status goes back when all of the run is gone; when nobody can write on it any more the run is
killed. The second is what the tool prints to. When standard input ends, or the service, so does all that was started.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import select
import signal
import socket
import sys
from contextlib import ExitStack, suppress

MEMORY_BYTES_MAX = 1024 * 1024 * 1024
"""Address space. oxlint needs 512 MB of it at least; a 5 MB one-line file took 393 MB of memory, oxfmt 936 MB (both
measured)."""

CPU_S_MAX = 20
"""Processor seconds of one run; 3,000 ordinary files took 1.4 s."""

OPEN_FILES_MAX = 256
"""Files open at the same time; the tools read one after the other."""

FILES_MAX = 1024
"""Files that the launcher may have open: two for each run. A keeper closes as many."""

LENGTH_BYTES = 4
"""Bytes before what to run that say how long it is."""

NOT_STARTED = 127
"""A keeper's exit status when there is no tool to start, as a shell's: no answer of any tool."""

KILLED = 128
"""A keeper's exit status when the tool died of a signal that did not kill the keeper too (Python ignores SIGPIPE and
SIGXFSZ)."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
"""From <linux/prctl.h>: the signal we get when our parent dies; who inherits the children of the dead; no program gains
rights through its file's owner."""

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_CLONE_NEWNET = 0x40000000
"""From <linux/sched.h>: a namespace of our own for users, processes, network. The last has no way out, not even
loopback."""

_CONTROL, _OUTPUT, _NULL = range(3)
"""Our standard input, output and error; the last two lead nowhere."""

_LIBRARY = ctypes.CDLL(None, use_errno=True)


def asked(file_bytes_max: int, work: str, home: str, command: tuple[str, ...]) -> bytes:
    """What to run: bytes it may write to one file, the folder it runs in, its home, program and arguments."""
    fields = b"\0".join(os.fsencode(field) for field in (str(file_bytes_max), work, home, *command))
    return len(fields).to_bytes(LENGTH_BYTES, "big") + fields


def main(parent: int) -> None:
    """Start runs until the service is gone."""
    if sys.platform == "linux":
        _die_with_parent()
        _LIBRARY.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if os.getppid() != parent:
        return  # the service died before we asked to be told
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX if hard < 0 else min(FILES_MAX, hard), hard))
    gc.freeze()  # so that a fork shares our memory instead of copying it
    control = socket.socket(fileno=_CONTROL)
    runs: dict[int, _Run] = {}
    watched = select.poll()
    watched.register(_CONTROL, select.POLLIN)
    while True:
        for ready, _ in sorted(watched.poll(), reverse=True):  # what is new last: it may get a number that ended
            if ready != _CONTROL:
                for handle in _hear(ready, runs):
                    watched.unregister(handle)
                continue
            word, handles, _, _ = socket.recv_fds(control, 1, 2)
            if not word:
                for run in runs.values():
                    run.kill()
                return
            for handle in _begin(handles, runs):
                watched.register(handle, select.POLLIN)


class _Run:
    """One run: its keeper, which leads a group of its own, the line, and the pipe that ends when the keeper does."""

    def __init__(self, keeper: int, line: int, alive: int) -> None:
        self.line = line
        self.alive = alive
        self._keeper = keeper

    def kill(self) -> None:
        """End the keeper, the tool and what else is in their group. Until `end` no number is anybody else's."""
        for send in (os.killpg, os.kill):  # a keeper that is just being born leads no group yet
            with suppress(ProcessLookupError, PermissionError):  # all gone; macOS says "not permitted" for the dead
                send(self._keeper, signal.SIGKILL)

    def end(self) -> None:
        """Kill what the keeper left behind, wait until all of it is gone, and tell how the tool ended."""
        self.kill()
        status = os.waitstatus_to_exitcode(os.waitpid(self._keeper, 0)[1])
        with suppress(ChildProcessError):  # that was the last
            while True:
                os.waitpid(-self._keeper, 0)
        os.close(self.alive)
        with suppress(OSError):  # nobody listens any more
            os.write(self.line, str(status).encode())
        os.close(self.line)


def _begin(handles: list[int], runs: dict[int, _Run]) -> tuple[int, ...]:
    """Begin the run whose line and output these are. What to watch from now on; nothing when it could not begin, and
    then its line says so. One that ends without a word tells that we died."""
    with ExitStack() as undone:
        for handle in handles:
            undone.callback(os.close, handle)
        try:
            line, output = handles
            fields = _read(line, int.from_bytes(_read(line, LENGTH_BYTES), "big")).split(b"\0")
            alive, held = os.pipe()
            undone.callback(os.close, alive)
            undone.callback(os.close, held)
            keeper = _fork(fields, output, held)
        except (OSError, ValueError, EOFError):  # too many at a time, or the service has given up already
            with suppress(OSError, IndexError):
                os.write(handles[0], str(NOT_STARTED).encode())
            return ()
        undone.pop_all()
    os.close(output)
    os.close(held)
    runs |= dict.fromkeys((line, alive), _Run(keeper, line, alive))
    return line, alive


def _hear(ready: int, runs: dict[int, _Run]) -> tuple[int, ...]:
    """Nobody waits for a run any more, or its keeper has ended. What need not be watched from now on."""
    run = runs.pop(ready, None)
    if run is None:
        return ()  # both at once
    if ready == run.line:
        run.kill()
        return (ready,)
    is_waited_for = runs.pop(run.line, None)
    run.end()
    return (ready, run.line) if is_waited_for else (ready,)


def _read(line: int, length: int) -> bytes:
    read = b""
    while len(read) < length:
        more = os.read(line, length - len(read))
        if not more:
            raise EOFError
        read += more
    return read


def _fork(fields: list[bytes], output: int, alive: int) -> int:
    """A keeper's number. The fork never comes back from here, whatever happens in it."""
    launcher = os.getpid()
    keeper = os.fork()
    if keeper == 0:
        try:
            os._exit(_keep(fields, launcher, output, alive))
        finally:
            os._exit(NOT_STARTED)
    return keeper


def _keep(fields: list[bytes], launcher: int, output: int, alive: int) -> int:
    """Run the tool under limits; end as it ended, by exit status or by signal."""
    os.setsid()
    os.dup2(_NULL, _CONTROL)
    os.dup2(output, _OUTPUT)
    os.closerange(_NULL + 1, alive)
    os.closerange(alive + 1, FILES_MAX)  # other runs' ends, or they would not end before this one
    file_bytes_max, work, home, *command = fields
    os.chdir(work)
    if sys.platform == "linux":
        _die_with_parent()
        if os.getppid() != launcher:
            return KILLED
        _leave_the_network()
        _limit(resource.RLIMIT_AS, MEMORY_BYTES_MAX)  # elsewhere the kernel refuses or ignores it
    _limit(resource.RLIMIT_CPU, CPU_S_MAX)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES_MAX)
    _limit(resource.RLIMIT_FSIZE, int(file_bytes_max))
    _limit(resource.RLIMIT_CORE, 0)
    child = os.fork()
    if child == 0:
        if sys.platform == "linux":
            _die_with_parent()
        environment = {b"PATH": b"", b"HOME": home, b"LANG": b"C.UTF-8"}
        os.execve(command[0], command, environment)  # noqa: S606 - no shell, and an environment made for the tool
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended < 0:
        os.kill(os.getpid(), -ended)
    return ended if ended >= 0 else KILLED


def _die_with_parent() -> None:
    _LIBRARY.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _LIBRARY.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _leave_the_network() -> None:
    """As much of our own namespaces as this kernel and container allow; what it refuses is left to the container's
    policy."""
    for flags in (_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWPID, _CLONE_NEWNET | _CLONE_NEWPID, _CLONE_NEWNET):
        if _LIBRARY.unshare(flags) == 0:
            return


def _limit(what: int, most: int) -> None:
    resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main(int(sys.argv[1]))
