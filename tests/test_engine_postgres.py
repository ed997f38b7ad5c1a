"""The same engine on PostgreSQL, where several processes share the work. Needs its programs on this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from reviewer.engine import Engine, EngineSettings, News, Outside
from reviewer.store import State, Store
from tests.engine_processes import Start, nursing
from tests.test_engine import House, Told, command, push

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="PostgreSQL is not installed here (Debian: postgresql)")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a database server of our own, on a socket file."""
    folder = Path(mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path may have 100 characters
    owner = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    if owner is not None:
        shutil.chown(folder, owner)

    def run(program: str, *arguments: str) -> None:
        command = [str(PROGRAMS[0] / program), *arguments]
        subprocess.run(
            command, check=True, user=owner, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    run("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "--no-sync")
    run(
        "pg_ctl",
        "-D",
        f"{folder}/data",
        "-w",
        "-l",
        f"{folder}/log",
        "-o",
        f"-k {folder} -c listen_addresses=''",
        "start",
    )
    yield f"postgresql://postgres@/{{}}?host={folder}"
    run("pg_ctl", "-D", f"{folder}/data", "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> str:
    """A database for one test."""
    name = f"test_{abs(hash(request.node.name))}"
    folder = server.rpartition("=")[2]
    subprocess.run([str(PROGRAMS[0] / "createdb"), "-h", folder, "-U", "postgres", name], check=True)
    return server.format(name)


@pytest.fixture(scope="module")
def nursery() -> Iterator[socket.socket]:
    with nursing() as control:
        yield control


@pytest.fixture
async def start(nursery: socket.socket, database: str, tmp_path: Path) -> AsyncIterator[Start]:
    starts = Start(nursery, database, tmp_path / "journal")
    yield starts
    await starts.close()


@pytest.fixture
async def home(database: str) -> AsyncIterator[tuple[House, Told]]:
    told, store = Told(), await Store.open(database)
    settings = EngineSettings(story_version="test-1", debounce_s=0.0, backoff_s=0.01, concurrency=2)
    engine = Engine(store, told.story, plan_hash="plan", outside=Outside(told.give_up), settings=settings)
    await engine.start()
    yield House(engine, store), told
    await engine.stop(5.0)
    await store.close()


async def test_a_newer_push_supersedes_and_a_redelivery_starts_nothing(home: tuple[House, Told]) -> None:
    house, told = home
    told.gate("a")
    await house.deliver(push("a"), "guid")
    await told.beginning("a").wait()
    await house.deliver(push("b"))
    await house.engine.idle()
    assert (await house.deliver(push("b"), "guid")).news is News.KNOWN_DELIVERY
    assert (await house.deliver(push("b"))).news is News.KNOWN_WORK
    await house.engine.idle()
    assert told.events == ["a", "a cut", "b", "b done"]
    assert await house.state(push("a")) == (State.CANCELLED, "superseded by b")
    assert told.given_up == [("a", "superseded by b")]


async def test_order_texts_and_purge(home: tuple[House, Told]) -> None:
    house, told = home
    for number in range(4):
        await house.deliver(command(number))
    await house.engine.idle()
    assert told.events == [line for number in range(4) for line in (f"command {number}", f"command {number} done")]
    await house.store.keep("1/x", "name", "text")
    assert await house.store.kept("1/x", "name") == "text"
    assert await house.store.intend("1/x", "review")
    assert not await house.store.intend("1/x", "review")
    await house.engine.purge(1)
    await house.engine.idle()
    assert await house.store.kept("1/x", "name") is None
    assert await house.state(command(0)) is None


async def test_of_two_processes_the_other_goes_on_with_what_a_killed_one_had(
    start: Start, database: str, tmp_path: Path
) -> None:
    first, second = await start(lease_s=2.0), await start(lease_s=2.0)
    names = [f"slow-{number}" for number in range(10)]
    first.say(*(f"{name} {number} {number}" for number, name in enumerate(names)))
    assert {await first.hear() for _ in names} == {f"accepted {name}" for name in names}
    first.send(signal.SIGKILL)
    await first.gone()
    await second.finish()
    store = await Store.open(database)
    assert await store.unfinished() == 0
    assert await store.parked() == ()
    await store.close()
    lines = [line.split(" ") for line in (tmp_path / "journal").read_text().split("\n") if line]
    published = Counter(name for kind, name, step in lines if (kind, step) == ("end", "publish"))
    assert set(published) == set(names)


async def test_every_job_is_told_once_whichever_process_takes_it(start: Start, tmp_path: Path) -> None:
    first, second = await start(), await start()
    names = [f"job-{number}" for number in range(20)]
    for app in (first, second):
        app.say(*(f"{name} {number % 5} {number % 7}" for number, name in enumerate(names)))
    await asyncio.gather(first.idle(), second.idle())
    for app in (first, second):
        await app.finish()
    lines = (tmp_path / "journal").read_text().split("\n")
    assert set(Counter(line for line in lines if line).values()) == {1}
