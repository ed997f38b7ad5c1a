"""The launcher: one process for all runs, and nothing of one run in another."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import sys
from pathlib import Path

import pytest

from reviewer.linters.launcher import launcher
from reviewer.linters.runner import Ran, Tool, run

linux = pytest.mark.skipif(sys.platform != "linux", reason="it is seen through Linux's /proc and process descriptors")


def tool(folder: Path, source: str, name: str = "tool") -> Tool:
    binary = folder / name
    binary.write_text(f"#!{sys.executable} -IS\n{source}")
    binary.chmod(0o700)
    return Tool("tool", binary, (), "{}")


async def output(ran: Tool) -> str:
    answer = await run(ran, {"a.ts": b""}, wall_s=30)
    assert isinstance(answer, Ran)
    return bytes(answer.output).decode()


class Gate:
    """Two named pipes: on one a tool says that it runs, on the other it waits until it may end."""

    def __init__(self, folder: Path, name: str) -> None:
        self._runs, self._ends = folder / f"{name}-runs", folder / f"{name}-ends"
        os.mkfifo(self._runs)
        os.mkfifo(self._ends)
        source = f"import os\nalive = open({str(self._runs)!r}, 'wb', 0)\nalive.write(b'x')\n"
        self.tool = tool(folder, f"{source}open({str(self._ends)!r}).read()\nprint({name!r})", name)
        self._alive = os.open(self._runs, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(self._alive, True)

    async def runs(self) -> None:
        """Wait until the tool runs."""
        await asyncio.to_thread(self._first_byte)

    async def is_gone(self) -> bool:
        """Wait until no process of the tool is left."""
        return await asyncio.to_thread(os.read, self._alive, 1) == b""

    def open(self) -> None:
        os.close(os.open(self._ends, os.O_WRONLY))

    def _first_byte(self) -> None:
        while not os.read(self._alive, 1):  # before the tool has opened it, a named pipe reads as ended
            pass


async def test_runs_beside_each_other_do_not_mix(tmp_path: Path) -> None:
    names = [str(number) for number in range(8)]
    gates = [Gate(tmp_path, name) for name in names]
    runs = [asyncio.create_task(output(gate.tool)) for gate in gates[:4]]
    await asyncio.gather(*(gate.runs() for gate in gates[:4]))
    runs += [asyncio.create_task(output(gate.tool)) for gate in gates[4:]]
    for gate in gates[:4]:
        gate.open()
    await asyncio.gather(*(gate.runs() for gate in gates[4:]))
    for gate in gates[4:]:
        gate.open()
    assert await asyncio.gather(*runs) == [f"{name}\n" for name in names]


async def test_a_run_ends_while_one_that_began_before_it_and_one_after_it_go_on(tmp_path: Path) -> None:
    before, this, after = (Gate(tmp_path, name) for name in ("before", "this", "after"))
    runs = []
    for gate in (before, this, after):
        runs.append(asyncio.create_task(output(gate.tool)))
        await gate.runs()
    this.open()
    assert await runs[1] == "this\n"
    assert not runs[0].done()
    assert not runs[2].done()
    before.open()
    after.open()
    assert await runs[0] == "before\n"
    assert await runs[2] == "after\n"


def test_the_launcher_belongs_to_no_event_loop(tmp_path: Path) -> None:
    asks = tool(tmp_path, "print(1)")
    seen = []
    for _ in range(2):
        assert asyncio.run(output(asks)) == "1\n"
        seen.append(launcher().process_id)
    assert seen[0] == seen[1] is not None


@linux
async def test_a_launcher_that_is_killed_in_the_middle_of_a_run_gives_no_answer_and_the_next_run_has_one(
    tmp_path: Path,
) -> None:
    gate = Gate(tmp_path, "waits")
    running = asyncio.create_task(run(gate.tool, {"a.ts": b""}, wall_s=30))
    await gate.runs()
    killed = launcher().process_id
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert await running == "tool was ended before it had read it"
    assert await gate.is_gone()
    assert await output(tool(tmp_path, "print(1)")) == "1\n"
    assert launcher().process_id not in (None, killed)


@linux
async def test_a_launcher_that_died_between_two_runs_is_started_again(tmp_path: Path) -> None:
    asks = tool(tmp_path, "print(1)")
    await output(asks)
    killed = launcher().process_id
    assert killed is not None
    handle = os.pidfd_open(killed)
    os.kill(killed, signal.SIGKILL)
    assert select.select([handle], [], [], 30)[0] == [handle]
    os.close(handle)
    assert await output(asks) == "1\n"


@linux
async def test_a_launcher_that_hangs_costs_a_run_and_no_more(tmp_path: Path) -> None:
    gate = Gate(tmp_path, "waits")
    running = asyncio.create_task(run(gate.tool, {"a.ts": b""}, wall_s=0.5))
    await gate.runs()
    stopped = launcher().process_id
    assert stopped is not None
    os.kill(stopped, signal.SIGSTOP)
    assert await running == "tool took more than 0 seconds on it"
    assert await gate.is_gone()
    assert await output(tool(tmp_path, "print(1)")) == "1\n"


SERVICE = """
import asyncio, sys
from pathlib import Path
from reviewer.linters.launcher import launcher
from reviewer.linters.runner import Tool, run
async def main():
    launcher().ready()
    print(launcher().process_id, flush=True)
    await run(Tool("tool", Path(sys.argv[1]), (), "{}"), {"a.ts": b""}, 30)
asyncio.run(main())
"""


@linux
async def test_launcher_and_tool_are_gone_when_the_service_is_killed(tmp_path: Path) -> None:
    gate = Gate(tmp_path, "waits")
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE, str(gate.tool.binary), stdout=asyncio.subprocess.PIPE
    )
    assert service.stdout is not None
    handle = os.pidfd_open(int(await service.stdout.readline()))
    await gate.runs()
    service.kill()
    await service.wait()
    assert await gate.is_gone()
    assert select.select([handle], [], [], 30)[0] == [handle]
    os.close(handle)


async def test_a_tool_that_is_not_there_gives_no_answer(tmp_path: Path) -> None:
    ran = await run(Tool("tool", tmp_path / "none", (), "{}"), {"a.ts": b""}, wall_s=30)
    assert isinstance(ran, Ran)
    assert (ran.status, bytes(ran.output)) == (127, b"")


PORTRAIT = """
import json, os, resource
def is_open(handle):
    try:
        os.fstat(handle)
    except OSError:
        return False
    return True
print(json.dumps({
    "open": [handle for handle in range(3, 256) if is_open(handle)],
    "memory": resource.getrlimit(resource.RLIMIT_AS),
    "rights": [line.split() for line in open("/proc/self/status") if line.startswith("NoNewPrivs")],
}))
"""


@linux
async def test_a_tool_is_given_no_file_but_its_output_and_no_new_rights(tmp_path: Path) -> None:
    gates = [Gate(tmp_path, name) for name in ("one", "two", "three", "goes on")]
    runs = []
    for gate in gates:
        runs.append(asyncio.create_task(output(gate.tool)))
        await gate.runs()
    for gate in gates[:3]:  # so that the files of the one that goes on have higher numbers than those of the next
        gate.open()
    await asyncio.gather(*runs[:3])
    seen = json.loads(await output(tool(tmp_path, PORTRAIT)))
    gates[3].open()
    await runs[3]
    assert seen == {"open": [], "memory": [1 << 30, 1 << 30], "rights": [["NoNewPrivs:", "1"]]}


def held(process_id: int | str) -> tuple[int, str]:
    """Files that a process has open, and its children, dead ones included."""
    folder = Path(f"/proc/{process_id}").resolve()
    files = len(list((folder / "fd").iterdir()))
    return files, (folder / "task" / folder.name / "children").read_text()


@linux
async def test_runs_leave_no_open_file_and_no_child(tmp_path: Path) -> None:
    leaves = tool(tmp_path, "import os, signal\nif os.fork() == 0: signal.pause()")
    crashes = tool(tmp_path, "import os\nos.abort()", "crashes")
    await output(leaves)
    process_id, ours = launcher().process_id, held("self")[0]
    before = held(process_id or 0)
    for _ in range(5):
        await asyncio.gather(output(leaves), run(crashes, {"a.ts": b""}, 30), run(crashes, {"a.ts": b""}, 0.01))
    assert (held(process_id or 0), held("self")[0]) == (before, ours)
    assert before[1] == ""


@linux
async def test_a_run_that_is_killed_takes_neither_the_launcher_nor_another_run_with_it(tmp_path: Path) -> None:
    gate = Gate(tmp_path, "goes on")
    beside = asyncio.create_task(output(gate.tool))
    await gate.runs()
    process_id = launcher().process_id
    waits = tool(tmp_path, "import signal\nsignal.pause()")
    assert await run(waits, {"a.ts": b""}, wall_s=0.1) == "tool took more than 0 seconds on it"
    assert launcher().process_id == process_id
    gate.open()
    assert await beside == "goes on\n"


@linux
def test_the_launcher_knows_nothing_of_our_environment() -> None:
    launcher().ready()
    assert Path(f"/proc/{launcher().process_id}/environ").read_bytes() == b""
