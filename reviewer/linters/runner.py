"""Runs a tool over texts that strangers wrote, in a folder of our own, and gives back what it said about which file.

The tool sees only regular files that we wrote, named `f000000.ts`: no name of the repository reaches its arguments, its
environment or its folder. It has no network where the kernel allows that, no home, no search path, limits on everything
(launch.py), and nothing of it outlives the run. A file that kills it is found by halving and named; the others are
seen.
"""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from reviewer.core.errors import RefusedError
from reviewer.linters.launch import asked
from reviewer.linters.launcher import launcher
from reviewer.linters.run_folder import folder_of_run
from reviewer.linters.tool_process import OUTPUT_BYTES_MAX, ToolProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

T = TypeVar("T")

FILE_BYTES_MAX = 512 * 1024
"""Larger files are named, not read: a 5 MB one-liner cost oxlint 19 s and 393 MB (measured)."""

WRITTEN_BYTES_MAX = 2 * FILE_BYTES_MAX
"""Bytes that a tool may write into one copy: a formatter adds blanks."""

WALL_S = 30.0
"""Seconds on the clock for one run; 100 ordinary files take 0.05 s."""

SWEEP_WALL_S = 120.0
"""Seconds for all runs over one set of files, halving included; what is left then is named as not seen."""

BATCH_FILES_MAX = 200
"""Files of one run: a file that kills the tool costs its batch about eight more runs."""

_ENDINGS = frozenset({".tsx", ".mts", ".cts", ".ts", ".jsx", ".mjs", ".cjs", ".js"})
"""Endings that our copies may have; the tools choose the language by them."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program and how it is called: `arguments`, then `-c` and our configuration file, then the names of our copies.

    `writes` tells that it changes the copies; otherwise it may not write a single byte to any file.
    """

    name: str
    binary: Path
    arguments: tuple[str, ...]
    configuration: str
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """One run that ended by itself. `paths` maps the names of our copies to the callers' paths; `texts` holds the
    copies' bytes after the run, by path, if the tool writes."""

    status: int
    output: bytes
    paths: Mapping[str, str]
    texts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Swept(Generic[T]):
    """What the runs said, one answer a batch, and for each path without an answer why, in words."""

    answers: tuple[T, ...]
    unseen: Mapping[str, str]


def installed(name: str) -> Path:
    """The program that the Python package of that name installed. Raises RefusedError when it is not there.

    It is found by the package's own list of files, never by a search path.
    """
    try:
        files = metadata.distribution(name).files or []
    except metadata.PackageNotFoundError as error:
        raise RefusedError(f"the package {name} is not installed") from error
    for file in files:
        path = Path(str(file.locate())).resolve()
        if file.stem == name and path.parent.name in ("bin", "Scripts") and path.is_file():
            return path
    raise RefusedError(f"the package {name} has no program for this machine")


async def sweep(
    tool: Tool, files: Mapping[str, str], read: Callable[[Ran], T | None], wall_s: float = SWEEP_WALL_S
) -> Swept[T]:
    """Run the tool over all files, in batches, and halve each batch without an answer until the file to blame is alone.

    `read` turns a run into an answer, or None when it is none (a crash can also look like an odd exit status); it runs
    in a thread, as the output may be large.
    `wall_s` bounds all runs together. Raises OSError only when no process or folder can be made at all.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + wall_s
    contents, unseen = _contents(files)
    answers: list[T] = []
    waiting = list(_batches(list(contents)))
    while waiting:
        batch = waiting.pop()
        left_s = until - clock()
        if left_s <= 0:
            unseen.update(dict.fromkeys(batch, f"there was no time left to run {tool.name} on it"))
            continue
        ran = await run(tool, {path: contents[path] for path in batch}, min(WALL_S, left_s))
        answer = await asyncio.to_thread(read, ran) if isinstance(ran, Ran) else None
        if answer is not None:
            answers.append(answer)
        elif len(batch) == 1:
            unseen[batch[0]] = ran if isinstance(ran, str) else f"{tool.name} could not read it"
        else:
            waiting += [batch[len(batch) // 2 :], batch[: len(batch) // 2]]
    return Swept(tuple(answers), unseen)


async def run(tool: Tool, contents: Mapping[str, bytes], wall_s: float) -> Ran | str:
    """One run over copies of these texts, or why it gave no answer, in words. It has a thread to itself; when our
    caller is cancelled, nothing of it is left."""
    launcher().ready()  # here, as it dies with the thread that starts it
    process = ToolProcess()
    running = asyncio.get_running_loop().run_in_executor(None, _run, process, tool, contents, wall_s)
    running.add_done_callback(lambda _: process.close())
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        process.stop()
        await asyncio.gather(asyncio.shield(running), return_exceptions=True)
        raise


def _run(process: ToolProcess, tool: Tool, contents: Mapping[str, bytes], wall_s: float) -> Ran | str:
    with ExitStack() as kept:
        folder, paths = _lay_out(kept, tool, contents)
        home, work, configuration = _places(folder)
        command = (str(tool.binary), *tool.arguments, "-c", configuration, *paths)
        request = asked(WRITTEN_BYTES_MAX if tool.writes else 0, work, home, command)
        ended = process.follow(launcher(), request, wall_s)
        if ended.too_late:
            return f"{tool.name} took more than {wall_s:.0f} seconds on it"
        if ended.too_much:
            return f"{tool.name} said more than {OUTPUT_BYTES_MAX // 1024**2} MB about it"
        if ended.status is None:
            return f"{tool.name} was ended before it had read it"
        if ended.status < 0:
            return f"{tool.name} crashed on it"
        texts = {path: _read(f"{work}/{name}") for name, path in paths.items()} if tool.writes else {}
        if None in texts.values():
            return f"{tool.name} left something else in the place of a file"
        return Ran(ended.status, ended.output, paths, {path: text for path, text in texts.items() if text is not None})


def _places(folder: Path) -> tuple[str, str, str]:
    return f"{folder}/home", f"{folder}/work", f"{folder}/settings.json"


def _lay_out(kept: ExitStack, tool: Tool, contents: Mapping[str, bytes]) -> tuple[Path, dict[str, str]]:
    """A folder with all that the tool is given, on the disk where the memory filled up meanwhile."""
    try:
        return _filled(kept.enter_context(folder_of_run(sum(map(len, contents.values())))), tool, contents)
    except OSError:
        return _filled(kept.enter_context(folder_of_run(None)), tool, contents)


def _filled(folder: Path, tool: Tool, contents: Mapping[str, bytes]) -> tuple[Path, dict[str, str]]:
    home, work, configuration = _places(folder)
    for made in (home, work):
        Path(made).mkdir(mode=0o700)
    _write(configuration, tool.configuration.encode())
    return folder, _materialise(work, contents)


def _materialise(work: str, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Write the copies; the callers' paths by the copies' names."""
    paths: dict[str, str] = {}
    for number, (path, content) in enumerate(contents.items()):
        name = f"f{number:06}{_ending(path)}"
        _write(f"{work}/{name}", content)
        paths[name] = path
    return paths


def _read(path: str) -> bytes | None:
    """A copy that a tool may have written; None for anything but a plain file of the size that it may have. A tool that
    a stranger's text took over could leave a link to a file of ours, and what we read is published."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        state = os.fstat(handle)
        is_ours = stat.S_ISREG(state.st_mode) and state.st_size <= WRITTEN_BYTES_MAX
        return os.read(handle, WRITTEN_BYTES_MAX) if is_ours else None
    finally:
        os.close(handle)


def _ending(path: str) -> str:
    return path[path.rfind(".") :].lower()


def _write(path: str, content: bytes) -> None:
    """A new regular file, never through a link. By the bare calls: half the time, and a run writes many."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        if os.write(handle, content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(handle)


def _contents(files: Mapping[str, str]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The bytes of each file that a tool can be given, and for each other one why not."""
    contents: dict[str, bytes] = {}
    unseen: dict[str, str] = {}
    for path, text in files.items():
        try:
            content = text.encode()
        except UnicodeEncodeError:
            unseen[path] = "it is not valid Unicode text"
            continue
        if len(content) > FILE_BYTES_MAX:
            unseen[path] = f"it is larger than {FILE_BYTES_MAX // 1024} KB"
        elif _ending(path) not in _ENDINGS:
            unseen[path] = "it is no TypeScript or JavaScript file"
        else:
            contents[path] = content
    return contents, unseen


def _batches(paths: list[str]) -> Iterable[list[str]]:
    return (paths[start : start + BATCH_FILES_MAX] for start in range(0, len(paths), BATCH_FILES_MAX))
