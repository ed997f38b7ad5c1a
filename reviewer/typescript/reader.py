"""Facts of many files from one warm worker process, with a cache. The service's side of the worker."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import os
import signal
import sys
from collections import OrderedDict
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from reviewer.core.errors import TransientError
from reviewer.core.facts import FACTS_VERSION, FileFacts
from reviewer.core.facts_read import FactsRead
from reviewer.typescript.wire import WireError, decode_answer
from reviewer.typescript.worker import FACTS_BYTES_MAX, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FILE_BYTES_MAX = 512 * 1024
"""Larger files are named, not parsed: nobody writes or reviews them by hand."""

PROGRAM_CHARS_MAX = 64 * 1024
"""Characters of a configuration that is a program; the longest of 40 real ones has 20,000."""

WALL_S_PER_FILE = 15.0
"""Seconds until a worker that does not answer is killed: its own limit is 6 s of processor time, on a busy
machine more on the wall."""

CACHE_BYTES_MAX = 128 * 1024 * 1024
"""Facts kept in memory, counted as OBJECT_BYTES_PER_JSON_BYTE times their JSON."""

OBJECT_BYTES_PER_JSON_BYTE = 2
"""Python objects for one byte of JSON facts: 1.8 by tracemalloc on 200 files of `benchmarks/nest.py`."""

_PACKAGE_FOLDER = Path(__file__).resolve().parents[2]
"""Where our package lies: the worker finds it there, and no folder of a pull request is ever near."""

_STARTS_PER_FILE = 2
"""A worker may die of age between two files: one more try tells that from a file that kills."""


@dataclass(frozen=True, slots=True)
class OwnMatch:
    """What a rule of the owner's matched: lines, 1-based and inclusive, and the code with blanks folded."""

    first: int
    last: int
    code: str


class TypeScriptWorker:
    """Reads facts, one file after the other, in a process that may die. Close it with `close()` or `async with`.

    Safe to share between reviews: they take turns file by file. Nothing of one caller's texts is kept but facts by
    content hash.
    """

    def __init__(self, cache_bytes_max: int = CACHE_BYTES_MAX, wall_s: float = WALL_S_PER_FILE) -> None:
        self._cache_bytes_max = cache_bytes_max
        self._wall_s = wall_s
        self._cache: OrderedDict[str, tuple[FileFacts, int]] = OrderedDict()
        self._cached_bytes = 0
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self.waiting_for = ""
        """The path whose facts the worker is asked for right now, "" in between."""
        self.starts = 0
        """Processes started so far; one more than the number of files that killed theirs, when all is well."""

    @property
    def process_id(self) -> int | None:
        """The worker's process, None when none runs."""
        return self._process.pid if self._process else None

    async def __aenter__(self) -> TypeScriptWorker:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def facts(self, files: Mapping[str, str]) -> FactsRead:
        """Facts by path, and for each other path why there are none. Raises nothing for any text.

        Raises OSError only when no process can be started at all.
        """
        read: dict[str, FileFacts] = {}
        unread: dict[str, str] = {}
        for path, text in files.items():
            found = await self._of(path, text, tsx=path.lower().endswith(("x", ".js", ".mjs", ".cjs")))
            if isinstance(found, FileFacts):
                read[path] = found
            else:
                unread[path] = found
        return FactsRead(read, unread)

    async def literals(self, programs: Mapping[str, str]) -> dict[str, str | None]:
        """The literals of configuration files that are programs (`typescript/literals.py`), as JSON by path.

        None for one that could not be read. Raises OSError only when no process can be started at all.
        """
        return {path: await self._literals(path, text) for path, text in programs.items()}

    async def matches(self, path: str, text: str, bodies: Sequence[str]) -> tuple[tuple[OwnMatch, ...] | str, ...]:
        """What rules of the owner's (ast-grep's configuration as JSON) match in one file, or why one could not be used.

        One that takes too long for the file is found by asking them one by one. Raises OSError as `facts` does.
        """
        kind = Kind.OWN_TSX if path.lower().endswith(("x", ".js", ".mjs", ".cjs")) else Kind.OWN_TS
        answer = await self._ask_in_turn(path, text, kind, *bodies)
        found = answer if isinstance(answer, str) else _read_matches(answer, len(bodies))
        if not isinstance(found, str):
            return found
        if len(bodies) == 1:
            return (found,)
        return tuple([(await self.matches(path, text, [body]))[0] for body in bodies])

    async def close(self) -> None:
        """Stop the process. The cache stays."""
        async with self._turn:
            await self._stop()

    async def _literals(self, path: str, text: str) -> str | None:
        if len(text) > PROGRAM_CHARS_MAX:
            return None
        answer = await self._ask_in_turn(path, text, Kind.PROGRAM)
        if isinstance(answer, str) or answer.startswith(b"[null"):
            return None
        return answer.decode("utf-8", "replace").strip()[1:-1]

    async def _ask_in_turn(self, path: str, text: str, kind: Kind, *rules: str) -> bytes | str:
        async with self._turn:
            self.waiting_for = path
            try:
                return await self._ask(text, kind, rules)
            finally:
                self.waiting_for = ""

    async def _of(self, path: str, text: str, *, tsx: bool) -> FileFacts | str:
        try:
            raw = text.encode()
        except UnicodeEncodeError:
            return "it is not valid Unicode text"
        if len(raw) > FILE_BYTES_MAX:
            return f"it is larger than {FILE_BYTES_MAX // 1024} KB"
        key = f"{FACTS_VERSION}:{tsx:d}:{hashlib.sha256(raw).hexdigest()}"
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key][0]
        answer = await self._ask_in_turn(path, text, Kind.TSX if tsx else Kind.TS)
        if isinstance(answer, str):
            return answer
        found = _read(answer)
        if isinstance(found, FileFacts):
            self._keep(key, found, OBJECT_BYTES_PER_JSON_BYTE * len(answer))
        return found

    def _keep(self, key: str, found: FileFacts, size: int) -> None:
        self._cache[key] = (found, size)
        self._cached_bytes += size
        while self._cached_bytes > self._cache_bytes_max and self._cache:
            _, (_, freed) = self._cache.popitem(last=False)
            self._cached_bytes -= freed

    async def _ask(self, text: str, kind: Kind, rules: tuple[str, ...] = ()) -> bytes | str:
        """The worker's line for one file, or why it has none. A worker that died or hangs is replaced at the next
        question."""
        question = json.dumps([kind, text, *rules]).encode() + b"\n"
        for _ in range(_STARTS_PER_FILE):
            process = self._process or await self._start()
            if process.stdin is None or process.stdout is None:
                raise OSError("the worker has no pipes")
            try:
                async with asyncio.timeout(self._wall_s):
                    process.stdin.write(question)
                    await process.stdin.drain()
                    line = await process.stdout.readuntil(b"\n")
            except TimeoutError:
                await self._stop()
                return f"reading it took more than {self._wall_s:g} seconds"
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
                await self._stop()
                if process.returncode == -signal.SIGXCPU:
                    return "reading it took more processor time than one file may"
            except asyncio.CancelledError:
                await self._stop()  # its answer would be taken for that to the next question
                raise
            else:
                return line
        return "reading it ended the parser's process"

    async def _start(self) -> asyncio.subprocess.Process:
        """A worker with an empty environment, in a session of its own, in the folder of our own package."""
        self.starts += 1
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "reviewer.typescript.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={},
                cwd=_PACKAGE_FOLDER,
                start_new_session=True,
                limit=FACTS_BYTES_MAX + 1024,
            )
        except OSError as error:
            raise TransientError("the TypeScript worker could not be started on this machine") from error
        return self._process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Facts are many small objects and no cycle: the search for cycles meanwhile costs more than reading them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(line: bytes) -> FileFacts | str:
    """The worker's answer, believed only as far as it has the shape of facts."""
    try:
        with _collector_paused():
            found = decode_answer(line)
    except WireError:
        return "the parser's answer cannot be read"
    return found if isinstance(found, FileFacts) else found[:200]


def _read_matches(line: bytes, count: int) -> tuple[tuple[OwnMatch, ...] | str, ...] | str:
    """The worker's answer about `count` rules, believed only as far as it has their shape."""
    try:
        data = _ANSWER.validate_json(line)
    except ValidationError:
        return "the matcher's answer cannot be read"
    if len(data) == 2:
        return str(data[1])[:200]
    if len(data) != 1 or not isinstance(data[0], list) or len(data[0]) != count:
        return "the matcher's answer cannot be read"
    return tuple(each if isinstance(each, str) else tuple(OwnMatch(*one) for one in each) for each in data[0])


_ANSWER: Final[TypeAdapter[list[list[list[tuple[int, int, str]] | str] | str | None]]] = TypeAdapter(
    list[list[list[tuple[int, int, str]] | str] | str | None]
)
