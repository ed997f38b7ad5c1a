"""Answering what the model asked for: only of the same commit, only what is in its tree, only so much."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reviewer.core.change import is_typescript
from reviewer.core.wanted import WANTED_BYTES_MAX, answer, paths_to_read, usable, within
from reviewer.llm.showing import encodable, shown_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reviewer.core.change import Change
    from reviewer.core.wanted import Want
    from reviewer.typescript.reader import TypeScriptWorker
    from reviewer.workflow.buying import Resolve
    from reviewer.workflow.context import RememberingReader


async def answer_wants(
    wants: Iterable[Want], change: Change, reader: RememberingReader, worker: TypeScriptWorker
) -> str:
    """The answers as they are shown, one after the other; a line `NOT THERE` for each that there is none to.

    It is data of the pull request: put it between fences (`llm/prompt.py`, `with_more`). "" when nothing usable was
    asked for.
    """
    asked = usable(wants)
    texts = {file.path: file.head for file in change.files if file.head is not None and file.unread is None}
    texts |= await reader.texts(dict.fromkeys(path for want in asked for path in paths_to_read(want, change)))
    named = {want.path for want in asked}
    symbols = [want.symbol.rpartition(".")[2] for want in asked if want.symbol]
    parsed = {
        path: text
        for path, text in texts.items()
        if is_typescript(path) and (path in named or any(symbol in text for symbol in symbols))
    }
    facts = (await worker.facts(parsed)).facts
    found = [(want, answer(want, change, texts, facts)) for want in asked]
    cut = within([block for _, block in found if block is not None], WANTED_BYTES_MAX)
    shown: list[str] = []
    for want, block in found:
        kept = next(cut) if block is not None else None
        name = json.dumps(want.named)
        shown.append(shown_block(kept) if kept is not None else f"NOT THERE {name}\n")
    return encodable("".join(shown))


def looking_up(change: Change, reader: RememberingReader, worker: TypeScriptWorker) -> Resolve:
    """`answer_wants` for one change."""

    async def resolve(wants: Sequence[Want]) -> str:
        return await answer_wants(wants, change, reader, worker)

    return resolve
