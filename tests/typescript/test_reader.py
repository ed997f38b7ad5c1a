from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from reviewer.core.facts import FileFacts
from reviewer.typescript.extract import extract
from reviewer.typescript.reader import FILE_BYTES_MAX, TypeScriptWorker


@pytest.fixture
async def worker() -> AsyncIterator[TypeScriptWorker]:
    async with TypeScriptWorker() as warm:
        yield warm


async def test_facts_arrive_as_they_are_made(worker: TypeScriptWorker) -> None:
    text = "export class A { @B() c(d: E[]) { return this.f(`${d}`); } }\n"
    read = await worker.facts({"src/a.ts": text, "src/b.tsx": "export const B = <p>hi</p>;"})
    assert dict(read.unread) == {}
    assert read.facts["src/a.ts"] == extract(text)
    assert read.facts["src/b.tsx"].faults == ()


HOSTILE = {
    "parens": "(\n" * 120_000 + "1" + ")\n" * 120_000,
    "brackets": "[\n" * 250_000,
    "braces": "{\n" * 250_000,
    "chain": "a" + ".b()\n" * 30_000,
    "chain on one line": "a" + ".b()" * 100_000,
    "calls": "f(\n" * 20_000 + ")\n" * 20_000,
    "arrows": "()=>\n" * 5_000 + "1",
    "plus": "x=" + "\n+".join(["a"] * 60_000),
    "templates": "`${\n" * 20_000,
    "closed templates": "`${\n" * 20_000 + "1" + "\n}`" * 20_000,
    "objects": "x={a:\n" * 10_000 + "1" + "}\n" * 10_000,
    "classes": "class A { x = \n" * 20_000,
    "types": "type A = B<\n" * 1 + "B<\n" * 40_000,
    "unions": "type A = " + "|B\n" * 40_000,
    "conditions": "a?\n" * 100_000,
    "branches": "if(a){}else \n" * 30_000,
    "decorators": "@A()\n" * 20_000 + "class X{}",
    "imports": "import {" + "a,\n" * 40_000 + "} from 'x'",
    "many calls": "f(a);\n" * 15_000,
    "nulls": 'const a = "\0\0";\n' * 10_000,
    "one line": "x;" * 250_000,
    "half a character": '"\ud800"',
    "too large": "a" * (FILE_BYTES_MAX + 1),
    "patterns": "const {a:\n" * 40_000,
    "functions in parameters": "function f(a = \n" * 30_000,
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_file_is_read_or_named_and_hides_nobody(worker: TypeScriptWorker, name: str) -> None:
    async with asyncio.timeout(40):  # not a measurement: the worker's own limit is 10 s of processor time
        read = await worker.facts(
            {"src/a.ts": "const a = 1;", "src/hostile.ts": HOSTILE[name], "src/z.ts": "const z = 1;"}
        )
    assert {"src/a.ts", "src/z.ts"} <= set(read.facts)
    assert ("src/hostile.ts" in read.facts) != ("src/hostile.ts" in read.unread)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("too large", "it is larger than 512 KB"),
        ("half a character", "it is not valid Unicode text"),
        ("one line", "a line is longer than 20,000 characters, as in minified or generated code"),
        ("chain", "more than 60,000 expressions"),
    ],
)
async def test_the_reason_is_said_in_words(worker: TypeScriptWorker, name: str, reason: str) -> None:
    read = await worker.facts({"a.ts": HOSTILE[name]})
    assert dict(read.unread) == {"a.ts": reason}


async def test_one_process_serves_many_reviews(worker: TypeScriptWorker) -> None:
    await asyncio.gather(*(worker.facts({f"{n}.ts": f"const a{n} = 1;"}) for n in range(20)))
    assert worker.starts == 1


async def test_answers_never_swap_between_reviews(worker: TypeScriptWorker) -> None:
    reads = await asyncio.gather(*(worker.facts({"a.ts": f"const only{n} = 1;"}) for n in range(20)))
    assert [read.facts["a.ts"].names for read in reads] == [(f"only{n}",) for n in range(20)]


async def test_the_same_text_is_parsed_once(worker: TypeScriptWorker) -> None:
    first = (await worker.facts({"a.ts": "const a = 1;"})).facts["a.ts"]
    await worker.close()
    again = (await worker.facts({"other/b.ts": "const a = 1;"})).facts["other/b.ts"]
    assert again is first
    assert worker.starts == 1


async def test_the_cache_is_bounded_in_bytes() -> None:
    async with TypeScriptWorker(cache_bytes_max=4000) as worker:
        first = (await worker.facts({"a.ts": "const a = 1;"})).facts["a.ts"]
        await worker.facts({f"{n}.ts": f"const b{n} = f({n});" for n in range(50)})
        assert (await worker.facts({"a.ts": "const a = 1;"})).facts["a.ts"] is not first


async def test_a_killed_worker_is_replaced(worker: TypeScriptWorker) -> None:
    await worker.facts({"a.ts": "const a = 1;"})
    os.kill(worker.process_id or 0, signal.SIGKILL)
    read = await worker.facts({"b.ts": "const b = 1;"})
    assert isinstance(read.facts["b.ts"], FileFacts)
    assert worker.starts == 2


async def test_a_worker_that_does_not_answer_is_given_up() -> None:
    async with TypeScriptWorker(wall_s=1.0) as worker:
        await worker.facts({"a.ts": "const a = 1;"})
        os.kill(worker.process_id or 0, signal.SIGSTOP)
        read = await worker.facts({"b.ts": "const b = 1;"})
        assert dict(read.unread) == {"b.ts": "reading it took more than 1 seconds"}
        assert "c.ts" in (await worker.facts({"c.ts": "const c = 1;"})).facts


async def test_a_cancelled_question_does_not_answer_the_next(worker: TypeScriptWorker) -> None:
    await worker.facts({"a.ts": "const a = 1;"})
    asking = asyncio.create_task(worker.facts({"slow.ts": "f(a);\n" * 30_000}))
    while worker.waiting_for != "slow.ts":
        await asyncio.wait({asking}, timeout=0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await worker.facts({"b.ts": "const b = 1;"})).facts["b.ts"].names == ("b",)


async def test_the_worker_has_an_empty_environment_limits_and_its_own_session(worker: TypeScriptWorker) -> None:
    await worker.facts({"a.ts": "const a = 1;"})
    folder = f"/proc/{worker.process_id}"
    if not os.path.isdir(folder):  # noqa: ASYNC240, PTH112  # the only way to see a process's limits, where there is one
        pytest.skip("only Linux shows the limits of a process")
    with open(f"{folder}/environ") as environ, open(f"{folder}/limits") as limits:  # noqa: ASYNC230, PTH123  # as above
        variables = {entry.partition("=")[0] for entry in environ.read().split("\0") if entry}
        rows = {row[:25].strip(): row[25:].split()[:2] for row in limits.read().split("\n")}
    assert variables <= {"LC_CTYPE"}
    assert rows["Max file size"] == ["0", "0"]
    assert rows["Max core file size"] == ["0", "0"]
    assert rows["Max open files"] == ["32", "32"]
    assert rows["Max address space"] == ["1073741824", "1073741824"]
    assert int(rows["Max cpu time"][0]) <= 10
    assert os.getsid(worker.process_id or 0) == worker.process_id
