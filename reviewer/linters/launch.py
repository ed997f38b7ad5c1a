"""The launcher: gives up what a tool does not need, then becomes its parent. `python -I -S launch.py PARENT FSIZE
BINARY ARGUMENT…`

The tools read what strangers wrote. Limits cannot be set between fork and exec of a process that has threads, so this
small process sets them on itself (its own start costs about 10 ms). It imports nothing of ours and stays alone with one
child: when the service dies it dies, and with it the child and, where the kernel lets us, everything the child has
started.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

MEMORY_BYTES_MAX = 1024 * 1024 * 1024
"""Address space. oxlint needs 512 MB of it at least; a 5 MB one-line file took 393 MB of memory, oxfmt 936 MB (both
measured)."""

CPU_S_MAX = 20
"""Processor seconds of one run; 3,000 ordinary files took 1.4 s."""

OPEN_FILES_MAX = 256
"""Files open at the same time; the tools read one after the other."""

KILLED = 128
"""Our exit status when the tool died of a signal that did not kill us too (Python ignores SIGPIPE and SIGXFSZ)."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
"""From <linux/prctl.h>: the signal we get when our parent dies; no program gains rights through its file's owner."""

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_CLONE_NEWNET = 0x40000000
"""From <linux/sched.h>: a namespace of our own for users, processes, network. The last has no way out, not even
loopback."""


def main(arguments: list[str]) -> int:
    """Run the tool under limits; end as it ended, by exit status or by signal."""
    parent, file_bytes_max, *command = arguments
    linux = sys.platform == "linux"
    if linux:
        _die_with_parent()
        if os.getppid() != int(parent):
            return 1  # the service died before we asked to be told
        _leave_the_network()
    _limit(int(file_bytes_max))
    child = os.fork()
    if child == 0:
        if linux:
            _die_with_parent()
        os.execv(command[0], command)  # noqa: S606 - no shell; the environment is the one our caller made for the tool
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended >= 0:
        return ended
    os.kill(os.getpid(), -ended)
    return KILLED


def _die_with_parent() -> None:
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _leave_the_network() -> None:
    """As much of our own namespaces as this kernel and container allow; what it refuses is left to the container's
    policy."""
    library = ctypes.CDLL(None, use_errno=True)
    for flags in (_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWPID, _CLONE_NEWNET | _CLONE_NEWPID, _CLONE_NEWNET):
        if library.unshare(flags) == 0:
            return


def _limit(file_bytes_max: int) -> None:
    if sys.platform == "linux":  # elsewhere the kernel refuses or ignores it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    for what, most in (
        (resource.RLIMIT_CPU, CPU_S_MAX),
        (resource.RLIMIT_NOFILE, OPEN_FILES_MAX),
        (resource.RLIMIT_FSIZE, file_bytes_max),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
