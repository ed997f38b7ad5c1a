"""Reading what the model is shown beside a change: neighbours, likely callers, their facts. Choosing is `core`'s.

Bounded in files and bytes, whoever wrote them; TypeScript is read in the worker alone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from reviewer.core.change import FileStatus, is_typescript
from reviewer.core.changed_symbols import changed_symbols
from reviewer.core.context import Context
from reviewer.core.context_near import callers_wanted, naming, source_paths
from reviewer.core.context_pack import choose_context
from reviewer.core.facts import FileFacts
from reviewer.core.neighbours import neighbours_wanted
from reviewer.core.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reviewer.core.change import Change
    from reviewer.typescript.reader import TypeScriptWorker
    from reviewer.workflow.inspection import Reader

CALLERS_REMOTE: Final = 100
"""Unchanged files that are read for callers from GitHub: one request, whatever the repository's size."""

CALLERS_LOCAL: Final = 2_000
"""The same from a repository on this machine, where reading costs a disk."""

PARSED_MAX: Final = 150
"""Files of these that are parsed: those that have a changed name in them; 20 ms each."""

FILES_MAX: Final = 400
"""Changed files that context is looked for; the rest of a larger change is shown by its hunks."""


@dataclass(slots=True)
class RememberingReader:
    """A reader that asks for each text once, so that what the rules have read costs nothing here."""

    inner: Reader
    callers_max: int = CALLERS_REMOTE
    _known: dict[str, str | None] = field(default_factory=dict)

    async def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Texts of unchanged files at head, by path; what cannot be read is left out."""
        wanted = list(dict.fromkeys(paths))
        missing = [path for path in wanted if path not in self._known]
        found = await self.inner.texts(missing) if missing else {}
        self._known |= {path: found.get(path) for path in missing}
        return {path: text for path in wanted if (text := self._known[path]) is not None}


CONTEXT: Final = TypeAdapter(Context)


def context_kept(text: str | None) -> Context:
    """The context as a step laid it down; none where there was no model to show it to."""
    return Context() if text is None else CONTEXT.validate_json(text)


async def read_context(change: Change, reader: RememberingReader, worker: TypeScriptWorker) -> Context:
    """The context of a change. What cannot be read or parsed is not in it; the hunks are shown all the same."""
    project, searched, sources = await read_project(change, reader, worker)
    return await asyncio.to_thread(choose_context, project, searched, sources)


async def read_project(change: Change, reader: RememberingReader, worker: TypeScriptWorker) -> tuple[Project, int, int]:
    """The change with its neighbours and the files that name what it changed; how many sources were searched of all."""
    files = [file for file in change.files if file.unread is None and file.is_typescript][:FILES_MAX]
    head = (await worker.facts({file.path: file.head for file in files if file.head is not None})).facts
    base = (await worker.facts({file.path: file.base for file in files if file.base is not None})).facts
    changed = {file.path for file in change.files}
    near = await reader.texts(path for path in neighbours_wanted(change, head) if path not in changed)
    more = await reader.texts(callers_wanted(change, reader.callers_max))
    names: set[str] = set()
    for file in files:
        now = head.get(file.path, FileFacts()) if file.status is not FileStatus.REMOVED else FileFacts()
        for symbol in changed_symbols(file, now, base.get(file.old_path or file.path, FileFacts())):
            names |= {symbol.name, symbol.owner}
    naming_paths = [path for path in naming(more, names) if path not in near][:PARSED_MAX]
    texts = {**near, **{path: more[path] for path in naming_paths}}
    around = (await worker.facts({path: text for path, text in texts.items() if is_typescript(path)})).facts
    whole = replace(change, neighbours=MappingProxyType(texts))
    searched = sum(1 for path in {**near, **more} if is_typescript(path))
    return Project(whole, {**around, **head}, base), searched, len(source_paths(change))
