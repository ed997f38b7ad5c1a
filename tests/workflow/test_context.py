"""Reading what is shown beside a change: bounded, once, in the worker, and of the same commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from reviewer.core.change import Change
from reviewer.core.context import Context, Role
from reviewer.core.wanted import Want
from reviewer.llm.prompt import questions, with_more
from reviewer.typescript.reader import TypeScriptWorker
from reviewer.workflow.context import CONTEXT, RememberingReader, context_kept, read_context, reader_for
from reviewer.workflow.wants import answer_wants
from tests.core.shop import SERVICE, SHOP, shop_changed
from tests.linters.changes import changed
from tests.llm.pieces import persona

PATH = "src/orders/orders.service.ts"
HEADS = {PATH: SERVICE.replace("findOne(id: number)", "findOne(id: number, strict: boolean)")}


@dataclass
class Shelf:
    """Unchanged texts, and what was asked of them, request by request."""

    texts_by_path: Mapping[str, str]
    asked: list[list[str]] = field(default_factory=list)

    async def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        self.asked.append(list(paths))
        return {path: self.texts_by_path[path] for path in self.asked[-1] if path in self.texts_by_path}


@pytest.fixture
async def worker() -> AsyncIterator[TypeScriptWorker]:
    async with TypeScriptWorker() as one:
        yield one


def the_change(texts: Mapping[str, str] = SHOP) -> Change:
    return shop_changed(HEADS, texts).change


async def test_callers_types_and_tests_are_found_from_the_tree(worker: TypeScriptWorker) -> None:
    shelf = Shelf(SHOP)
    context = await read_context(the_change(), await reader_for(the_change(), shelf, worker), worker)
    shown = {(block.role, block.path) for block in context.around(PATH).blocks}
    assert (Role.CALLER, "src/reports/report.job.ts") in shown
    assert (Role.TEST, "src/orders/orders.service.spec.ts") in shown
    assert (context.searched, context.sources) == (8, 8)


async def test_no_text_is_asked_for_twice(worker: TypeScriptWorker) -> None:
    shelf = Shelf(SHOP)
    reader = await reader_for(the_change(), shelf, worker)
    first = await read_context(the_change(), reader, worker)
    assert await read_context(the_change(), reader, worker) == first
    asked = [path for paths in shelf.asked for path in paths]
    assert len(asked) == len(set(asked))
    assert len(shelf.asked) == 1, "callers come with what the rules ask for"


async def test_no_more_files_are_read_than_allowed_and_the_prompt_says_of_how_many(worker: TypeScriptWorker) -> None:
    many = {**SHOP, **{f"src/m{n}/m{n}.service.ts": "export const a = 1;\n" for n in range(300)}}
    shelf = Shelf(many)
    change = the_change(many)
    context = await read_context(change, await reader_for(change, shelf, worker, 20), worker)
    assert [len(paths) for paths in shelf.asked] == [20]
    user = questions(change, persona(), (), 24_000, context=context).batches[0].user
    assert f"Callers were looked for in {context.searched} of 308 unchanged source files." in user.split("\n")
    assert context.searched < 308


async def test_the_context_comes_back_from_the_store_as_it_was(worker: TypeScriptWorker) -> None:
    context = await read_context(the_change(), await reader_for(the_change(), Shelf(SHOP), worker), worker)
    assert context_kept(CONTEXT.dump_json(context).decode()) == context
    assert context_kept(None) == Context()


async def test_what_the_model_asks_for_is_shown_or_said_not_to_be_there(worker: TypeScriptWorker) -> None:
    wants = [Want(symbol="CreateOrder"), Want(path="../../etc/passwd"), Want("src/money/total.ts", "total")]
    shown = await answer_wants(wants, the_change(), RememberingReader(Shelf(SHOP)), worker)
    assert shown == (
        'CONTEXT asked for of CreateOrder, unchanged: "src/orders/create-order.dto.ts"\n'
        "@@ 1\n export class CreateOrder {\n   lines: Line[];\n   coupon?: string;\n }\n"
        'NOT THERE "../../etc/passwd"\n'
        'CONTEXT asked for of total, unchanged: "src/money/total.ts"\n'
        "@@ 1\n export function total(lines: Line[]): number {\n"
        "   return lines.reduce((sum, line) => sum + line.price, 0);\n }\n"
    )


async def test_a_second_round_begins_as_the_first_and_fences_what_it_adds(worker: TypeScriptWorker) -> None:
    change = the_change()
    batch = questions(change, persona(), (), 24_000).batches[0]
    more = with_more(batch, change.head, "CONTEXT asked for\n x\n")
    assert more.user.startswith(batch.user)
    rows = more.user.removeprefix(batch.user).split("\n")
    assert rows[1].startswith("DATA ")
    assert rows[-3] == rows[1].replace("DATA", "END")
    assert batch.user.count(rows[1].removeprefix("DATA ")) == 0


async def test_a_file_that_cannot_be_parsed_costs_its_context_and_no_more(worker: TypeScriptWorker) -> None:
    deep = "".join(f"{'(' * 100}\n" for _ in range(100))
    change = replace(the_change(), files=(*the_change().files, changed("src/deep.ts", None, deep)))
    context = await read_context(change, await reader_for(change, Shelf(SHOP), worker), worker)
    assert context.around("src/deep.ts").blocks == ()
    assert context.around(PATH).blocks
    asked = questions(change, persona(), (), 24_000, context=context)
    assert {path for batch in asked.batches for path in batch.paths} == {PATH, "src/deep.ts"}
