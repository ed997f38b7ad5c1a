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
from reviewer.core.context_near import callers_wanted, definitions_wanted, naming, source_paths
from reviewer.core.context_pack import choose_context
from reviewer.core.facts import FileFacts
from reviewer.core.neighbours import neighbours_wanted
from reviewer.core.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reviewer.core.change import Change, ChangedFile
    from reviewer.typescript.reader import TypeScriptWorker
    from reviewer.workflow.inspection import Reader

TEXTS_REMOTE: Final = 100
"""Unchanged files that are read from GitHub in the one request that the rules make anyway (`github/blobs.py`): what the
rules want of them, and likely callers for the rest. So context costs no request of its own."""

TEXTS_LOCAL: Final = 2_000
"""The same from a repository on this machine, where reading costs a disk."""

PARSED_MAX: Final = 150
"""Files of these that are parsed: those that have a changed name in them; 20 ms each."""

FILES_MAX: Final = 400
"""Changed files that context is looked for; the rest of a larger change is shown by its hunks."""


@dataclass(slots=True)
class RememberingReader:
    """A reader that asks for each text once, and for likely callers together with what the rules ask for first.

    `callers` are their paths, best first; as many of them as fit into `texts_max` are read.
    """

    inner: Reader
    callers: tuple[str, ...] = ()
    texts_max: int = TEXTS_REMOTE
    _known: dict[str, str | None] = field(default_factory=dict)
    _is_fresh: bool = True

    async def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Texts of unchanged files at head, by path; what cannot be read is left out."""
        wanted = list(dict.fromkeys(paths))
        missing = [path for path in wanted if path not in self._known]
        if missing and self._is_fresh:
            self._is_fresh = False
            others = [path for path in self.callers if path not in wanted]
            missing += others[: max(0, self.texts_max - len(missing))]
        found = await self.inner.texts(missing) if missing else {}
        self._known |= {path: found.get(path) for path in missing}
        return {path: text for path in wanted if (text := self._known[path]) is not None}

    async def likely(self) -> Mapping[str, str]:
        """The likely callers that were read; read now if nobody has asked for anything before."""
        if self._is_fresh:
            await self.texts(self.callers[: self.texts_max])
        return {path: text for path in self.callers if (text := self._known.get(path)) is not None}

    def known(self) -> RememberingReader:
        """What was read so far and nothing else: nobody is asked for more."""
        return RememberingReader(_Nobody(), _known=dict(self._known), _is_fresh=False)


class _Nobody:
    """Has nothing."""

    async def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        return {}


CONTEXT: Final = TypeAdapter(Context)


def context_kept(text: str | None) -> Context:
    """The context as a step laid it down; none where there was no model to show it to."""
    return Context() if text is None else CONTEXT.validate_json(text)


async def reader_for(
    change: Change, inner: Reader, worker: TypeScriptWorker, texts_max: int = TEXTS_REMOTE
) -> RememberingReader:
    """A reader of what stands beside a change: what its written lines name, then likely callers."""
    head = await worker.facts({file.path: file.head for file in _sources(change) if file.head is not None})
    wanted = (*definitions_wanted(change, head.facts), *callers_wanted(change, texts_max))
    return RememberingReader(inner, tuple(dict.fromkeys(wanted)), texts_max)


async def read_context(change: Change, reader: RememberingReader, worker: TypeScriptWorker) -> Context:
    """The context of a change. What cannot be read or parsed is not in it; the hunks are shown all the same."""
    project, searched, sources = await read_project(change, reader, worker)
    return await asyncio.to_thread(choose_context, project, searched, sources)


async def read_project(change: Change, reader: RememberingReader, worker: TypeScriptWorker) -> tuple[Project, int, int]:
    """The change with its neighbours and the files that name what it changed; how many sources were searched of all."""
    files = _sources(change)
    head = (await worker.facts({file.path: file.head for file in files if file.head is not None})).facts
    base = (await worker.facts({file.path: file.base for file in files if file.base is not None})).facts
    changed = {file.path for file in change.files}
    near = await reader.texts(path for path in neighbours_wanted(change, head) if path not in changed)
    more = await reader.likely()
    names: set[str] = set()
    for file in files:
        now = head.get(file.path, FileFacts()) if file.status is not FileStatus.REMOVED else FileFacts()
        for symbol in changed_symbols(file, now, base.get(file.old_path or file.path, FileFacts())):
            names |= {symbol.name, symbol.owner}
    named = {*definitions_wanted(change, head), *naming(more, names)}
    naming_paths = [path for path in more if path in named and path not in near][:PARSED_MAX]
    texts = {**near, **{path: more[path] for path in naming_paths}}
    around = (await worker.facts({path: text for path, text in texts.items() if is_typescript(path)})).facts
    whole = replace(change, neighbours=MappingProxyType(texts))
    searched = sum(1 for path in {**near, **more} if is_typescript(path))
    return Project(whole, {**around, **head}, base), searched, len(source_paths(change))


def _sources(change: Change) -> list[ChangedFile]:
    return [file for file in change.files if file.unread is None and file.is_typescript][:FILES_MAX]
