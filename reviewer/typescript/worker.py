"""The worker process: JSON lines in, facts out. `python -m reviewer.typescript.worker`.

It parses what strangers wrote, so it starts by giving up what it does not need: files, memory, processor time,
core dumps, and its life when the service dies. A file that kills it is named by the service, which starts another
worker for the rest.

One line in: `[kind, text, *rules]`, of a kind that `Kind` names, the owner's rules where that asks for them. One line
out: `[facts]`, `[literals]` or `[matches]`, or `[null, reason]`.
"""

from __future__ import annotations

import ctypes
import gc
import json
import resource
import signal
import sys
from enum import StrEnum
from typing import assert_never

from reviewer.typescript.expressions import TooMuchError
from reviewer.typescript.extract import extract
from reviewer.typescript.literals import literals
from reviewer.typescript.own_rules import matches
from reviewer.typescript.wire import encode

MEMORY_BYTES_MAX = 1024 * 1024 * 1024
"""Address space. A 512 KB file of one token each takes 300 MB at its peak; the tree library maps 100 MB of itself."""

CPU_S_PER_FILE = 6
"""Processor seconds for one file; the worst file that passes the size limits was measured at 3 s."""

CPU_S_MAX = 600
"""Processor seconds of one worker's life; then the service starts a fresh one."""

FACTS_BYTES_MAX = 24 * 1024 * 1024
"""JSON of one file's facts; a hand-written file has ten to twenty times its own size, since each field is named."""


class Kind(StrEnum):
    """What a text is read as: for its facts, as a configuration for its literals, or by its owner's rules."""

    TS = "ts"
    TSX = "tsx"
    PROGRAM = "program"
    OWN_TS = "own-ts"
    OWN_TSX = "own-tsx"


FILES_PER_COLLECTION = 64
"""Files between two searches for reference cycles. Reading a file leaves none, and searching all the time took a sixth
of the processor time."""

_PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>: the signal we get when our parent dies."""


def main() -> None:
    """Answer lines until the input ends."""
    give_up_rights()
    gc.freeze()
    gc.disable()
    for count, line in enumerate(sys.stdin.buffer, start=1):
        allow_cpu(CPU_S_PER_FILE)
        if count % FILES_PER_COLLECTION == 0:
            gc.collect()
        sys.stdout.buffer.write(answer(line) + b"\n")
        sys.stdout.buffer.flush()


def give_up_rights() -> None:
    """Limits that hold from before the first byte is read. Not undone by anything the file says."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX + 5))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def allow_cpu(seconds: int) -> None:
    """Processor time for the next file, counted from now, within what the whole life has left."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (min(int(usage.ru_utime + usage.ru_stime) + seconds, hard), hard))


def answer(line: bytes) -> bytes:
    """One file's facts, or why there are none."""
    try:
        kind, text, *rules = json.loads(line)
        body = _body(Kind(kind), text, rules)
    except UnicodeError:
        return _refusal("it is not valid Unicode text")
    except TooMuchError as error:
        return _refusal(str(error))
    except MemoryError:
        return _refusal("it needs more memory than one file may")
    if len(body) > FACTS_BYTES_MAX:
        return _refusal("it says more than the facts of one file may")
    return b"[" + body + b"]"


def _body(kind: Kind, text: str, rules: list[str]) -> bytes:
    match kind:
        case Kind.TS | Kind.TSX:
            return encode(extract(text, tsx=kind is Kind.TSX))
        case Kind.PROGRAM:
            return literals(text)
        case Kind.OWN_TS | Kind.OWN_TSX:
            return matches(text, rules, tsx=kind is Kind.OWN_TSX)
    assert_never(kind)


def _refusal(reason: str) -> bytes:
    return json.dumps([None, reason]).encode()


if __name__ == "__main__":
    main()
