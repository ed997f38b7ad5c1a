"""The runner: what a tool is given, what it may not do, and that one bad file costs nobody else."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
import uvloop

from reviewer.core.errors import RefusedError
from reviewer.linters.run_folder import FOLDER_PREFIX, folder_of_run, folders_of_runs, remove_leftovers
from reviewer.linters.runner import Ran, Tool, installed, run, sweep

SELF_PORTRAIT = """
import json, os, resource, stat, sys
folder = os.getcwd()
def mode(path): return stat.filemode(os.lstat(path).st_mode)
print(json.dumps({
    "arguments": sys.argv[1:], "environment": dict(os.environ), "folder": folder,
    "home": os.listdir(os.environ["HOME"]),
    "modes": {name: mode(name) for name in sorted(os.listdir("."))}, "own": mode("."), "above": mode(".."),
    "texts": {name: open(name, "rb").read().hex() for name in sorted(os.listdir("."))},
    "session": os.getsid(0) == os.getpgid(0),
    "limits": [resource.getrlimit(getattr(resource, "RLIMIT_" + name))[1] for name in "CPU NOFILE FSIZE CORE".split()],
}))
"""
BLAMES = """
import os, sys
names = [name for name in sys.argv[1:] if name.startswith("f0")]
texts = [open(name).read() for name in names]
if "crash" in texts: os.abort()
if "odd" in texts: sys.exit(7)
if "talk" in texts: print("x" * (17 * 1024 * 1024))
print(len(names))
"""


def tool(folder: Path, source: str, *, writes: bool = False) -> Tool:
    """A program made of Python source; it is found by its absolute path, like the real ones."""
    binary = folder / "tool"
    binary.write_text(f"#!{sys.executable} -IS\n{source}")
    binary.chmod(0o700)
    return Tool("tool", binary, ("--flag",), '{"ours": true}', writes)


def said(ran: Ran) -> str | None:
    return ran.output.decode() if ran.status == 0 else None


async def portrait(folder: Path, *paths: str) -> dict[str, object]:
    swept = await sweep(tool(folder, SELF_PORTRAIT), dict.fromkeys(paths, "text"), said)
    answer: dict[str, object] = json.loads(swept.answers[0])
    return answer


HOSTILE = (
    "-A.js",
    "x\ny.ts",
    "../../etc/passwd.ts",
    "/etc/shadow.js",
    "a\x00b.ts",
    "$(id).tsx",
    "--config=x.mts",
    "é.cjs",
)


async def test_no_tracked_name_reaches_the_tool(tmp_path: Path) -> None:
    seen = await portrait(tmp_path, *HOSTILE)
    names = [
        "f000000.js",
        "f000001.ts",
        "f000002.ts",
        "f000003.js",
        "f000004.ts",
        "f000005.tsx",
        "f000006.mts",
        "f000007.cjs",
    ]
    folder = Path(str(seen["folder"]))
    assert seen["arguments"] == ["--flag", "-c", str(folder.parent / "settings.json"), *names]
    assert list(seen["modes"]) == names  # type: ignore[call-overload]  # an object, as the tool above prints it


async def test_the_tool_gets_an_empty_environment_and_an_empty_home(tmp_path: Path) -> None:
    seen = await portrait(tmp_path, "a.ts")
    home = str(Path(str(seen["folder"])).parent / "home")
    assert seen["environment"] == {"PATH": "", "HOME": home, "LANG": "C.UTF-8"}
    assert seen["home"] == []


async def test_the_copies_are_regular_files_that_only_we_may_read(tmp_path: Path) -> None:
    seen = await portrait(tmp_path, "a.ts")
    assert seen["modes"] == {"f000000.ts": "-rw-------"}
    assert (seen["own"], seen["above"]) == ("drwx------", "drwx------")


async def test_the_limits_hold_before_the_first_byte_is_read(tmp_path: Path) -> None:
    seen = await portrait(tmp_path, "a.ts")
    assert seen["limits"] == [20, 256, 0, 0]


async def test_the_folder_is_gone_afterwards(tmp_path: Path) -> None:
    seen = await portrait(tmp_path, "a.ts")
    assert not Path(str(seen["folder"])).parent.exists()


async def test_a_line_end_stays_what_it_is(tmp_path: Path) -> None:
    swept = await sweep(tool(tmp_path, SELF_PORTRAIT), {"a.ts": "a\r\nb\u2028c\n"}, said)
    assert json.loads(swept.answers[0])["texts"] == {"f000000.ts": "a\r\nb\u2028c\n".encode().hex()}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("crash", "tool crashed on it"),
        ("odd", "tool could not read it"),
        ("talk", "tool said more than 16 MB about it"),
    ],
)
async def test_a_bad_file_is_named_and_hides_no_other(tmp_path: Path, text: str, reason: str) -> None:
    files = {f"{number}.ts": "good" for number in range(9)} | {"bad.ts": text}
    swept = await sweep(tool(tmp_path, BLAMES), files, said)
    assert swept.unseen == {"bad.ts": reason}
    assert sum(int(answer) for answer in swept.answers) == 9


async def test_what_cannot_be_given_to_a_tool_is_named(tmp_path: Path) -> None:
    files = {"a.ts": "\ud800", "b.ts": "x" * (512 * 1024 + 1), "c.sh": "", "d.ts": ""}
    swept = await sweep(tool(tmp_path, BLAMES), files, said)
    assert swept.unseen == {
        "a.ts": "it is not valid Unicode text",
        "b.ts": "it is larger than 512 KB",
        "c.sh": "it is no TypeScript or JavaScript file",
    }


async def test_without_time_left_files_are_named_and_nothing_runs(tmp_path: Path) -> None:
    swept = await sweep(tool(tmp_path, BLAMES), {"a.ts": ""}, said, wall_s=0)
    assert swept.unseen == {"a.ts": "there was no time left to run tool on it"}


async def test_a_tool_that_hangs_is_killed(tmp_path: Path) -> None:
    waits = tool(tmp_path, "import signal\nsignal.pause()")
    assert await run(waits, {"a.ts": b""}, wall_s=0.2) == "tool took more than 0 seconds on it"


def fifo(folder: Path) -> tuple[Path, int]:
    """A pipe with a name, and its reading end: it ends when the last process that writes to it is gone."""
    path = folder / "alive"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    return path, reader


FORKS = "import os, signal\nend = os.open({!r}, os.O_WRONLY)\nos.write(end, b'x')\nif os.fork() == 0: signal.pause()\n"


async def test_what_a_tool_leaves_behind_is_gone(tmp_path: Path) -> None:
    path, reader = fifo(tmp_path)
    ran = await run(tool(tmp_path, FORKS.format(str(path))), {"a.ts": b""}, wall_s=30)
    assert isinstance(ran, Ran)
    assert await asyncio.to_thread(os.read, reader, 9) == b"x"
    assert await asyncio.to_thread(os.read, reader, 9) == b""
    os.close(reader)


def test_the_services_own_event_loop_runs_tools_too(tmp_path: Path) -> None:
    files = {"good.ts": "good", "bad.ts": "crash"}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        swept = runner.run(sweep(tool(tmp_path, BLAMES), files, said))
        hangs = runner.run(run(tool(tmp_path, "import signal\nsignal.pause()"), {"a.ts": b""}, wall_s=0.2))
    assert (swept.answers, swept.unseen) == (("1\n",), {"bad.ts": "tool crashed on it"})
    assert hangs == "tool took more than 0 seconds on it"


async def test_a_cancelled_run_leaves_no_process(tmp_path: Path) -> None:
    path, reader = fifo(tmp_path)
    waits = tool(tmp_path, FORKS.format(str(path)) + "signal.pause()")
    running = asyncio.create_task(run(waits, {"a.ts": b""}, wall_s=30))
    assert await asyncio.to_thread(_first_byte, reader) == b"x"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await asyncio.to_thread(os.read, reader, 9) == b""
    os.close(reader)


def _first_byte(reader: int) -> bytes:
    while True:  # before the tool has opened it, a named pipe reads as ended
        if byte := os.read(reader, 1):
            return byte


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
async def test_the_tool_has_no_network_where_the_kernel_allows_that(tmp_path: Path) -> None:
    looks = tool(tmp_path, "print(open('/proc/net/dev').read().count(':'))")
    probe = await asyncio.create_subprocess_exec(
        "unshare", "--user", "--net", "true", stderr=asyncio.subprocess.DEVNULL
    )
    if await probe.wait():
        pytest.skip("this kernel or container gives nobody a network namespace")
    ran = await run(looks, {"a.ts": b""}, wall_s=30)
    assert isinstance(ran, Ran)
    assert ran.output == b"1\n"


async def test_a_writing_tool_gives_the_texts_back(tmp_path: Path) -> None:
    source = "import sys\nfor name in sys.argv[4:]: open(name, 'w').write('new')"
    ran = await run(tool(tmp_path, source, writes=True), {"src/a.ts": b"old"}, wall_s=30)
    assert isinstance(ran, Ran)
    assert ran.texts == {"src/a.ts": b"new"}


async def test_a_reading_tool_cannot_write(tmp_path: Path) -> None:
    source = "import sys\nwith open('new', 'w') as file: file.write('x')"
    ran = await run(tool(tmp_path, source), {"a.ts": b"old"}, wall_s=30)
    assert ran == "tool crashed on it" or (isinstance(ran, Ran) and ran.status == 1)


@pytest.mark.parametrize(
    "leaves",
    [
        "os.symlink(os.environ['HOME'] + '/../settings.json', name)",
        "os.mkfifo(name)",
        "os.mkdir(name)",
        "pass",
    ],
)
async def test_what_a_tool_leaves_in_the_place_of_a_file_is_not_read(tmp_path: Path, leaves: str) -> None:
    source = f"import os, sys\nname = sys.argv[-1]\nos.remove(name)\n{leaves}\n"
    ran = await run(tool(tmp_path, source, writes=True), {"src/a.ts": b"old"}, wall_s=30)
    assert ran == "tool left something else in the place of a file"


@pytest.mark.parametrize("name", ["oxlint", "oxfmt"])
def test_the_tools_are_those_of_the_installed_packages(name: str) -> None:
    assert installed(name).is_absolute()


@pytest.mark.parametrize("name", ["no-such-package", "pytest-asyncio"])
def test_a_tool_that_is_not_installed_is_the_operators_to_mend(name: str) -> None:
    with pytest.raises(RefusedError, match=name):
        installed(name)


def test_a_folder_lies_where_there_is_room_for_it() -> None:
    memory, disk = folders_of_runs()
    with folder_of_run(1) as small, folder_of_run(2**60) as large:
        assert small.parent == (memory if memory.is_dir() else disk)
        assert large.parent == disk
    assert not small.exists()
    assert not large.exists()


def test_leftovers_of_a_killed_service_are_removed_and_younger_folders_stay(tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in (FOLDER_PREFIX + "old", FOLDER_PREFIX + "young", "other"))
    for folder in (old, young, other):
        folder.mkdir()
        (folder / "f000000.ts").write_text("")
    os.utime(old, (0, 0))
    os.utime(other, (0, 0))
    (tmp_path / (FOLDER_PREFIX + "link")).symlink_to(other)
    assert remove_leftovers(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "other",
        FOLDER_PREFIX + "link",
        FOLDER_PREFIX + "young",
    ]
