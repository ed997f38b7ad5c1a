"""Which unchanged files are worth reading to find who relies on a change: best first; only paths of the tree."""

from __future__ import annotations

import posixpath
import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from reviewer.core.change import is_typescript
from reviewer.core.resolution import resolver
from reviewer.core.source_paths import is_off, is_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reviewer.core.change import Change
    from reviewer.core.facts import FileFacts

DEFINITIONS_MAX: Final = 30
"""Files that are read because written lines name what they declare; the rest of the room is for callers."""

_WORD: Final = re.compile(r"[a-z0-9]+|[A-Z][a-z0-9]*")
_DULL: Final = frozenset(("index", "src", "app", "main", "ts", "tsx", "js", "service", "controller", "module", "dto",
                          "entity", "types", "utils", "util", "helper", "helpers", "test", "spec"))  # fmt: skip


def source_paths(change: Change) -> tuple[str, ...]:
    """The unchanged source files at head, tests too, sorted."""
    changed = {file.path for file in change.files}
    return tuple(sorted(path for path in change.tree - changed if is_typescript(path) and not _is_dull(path)))


def definitions_wanted(change: Change, head: Mapping[str, FileFacts]) -> tuple[str, ...]:
    """Paths of unchanged files that declare what the written lines name, by the imports of their files; at most
    DEFINITIONS_MAX, taken from the changed files in turn."""
    changed = {file.path for file in change.files}
    found = resolver(change.tree, {file.path: file.head for file in change.files if file.head is not None})
    queues: list[list[str]] = []
    for file in change.files:
        if file.path not in head or file.head is None or is_test(file.path):
            continue
        rows = file.head.split("\n")
        written = "\n".join(rows[line - 1] for line in sorted(file.diff.edited) if line <= len(rows))
        modules = dict.fromkeys(item.module for item in head[file.path].imports if item.local and item.local in written)
        targets = (found.resolve(file.path, module) for module in modules)
        queues.append([path for path in targets if path is not None and path not in changed])
    turns = (path for turn in zip_longest(*queues) for path in turn if path is not None)
    return tuple(dict.fromkeys(turns))[:DEFINITIONS_MAX]


def callers_wanted(change: Change, files_max: int) -> tuple[str, ...]:
    """Paths of unchanged source files that may use what changed, at most `files_max`, the likeliest first.

    Near in the tree, or called by the same words: `orders.service.ts` is used in `orders.controller.ts`, and
    `order-export.job.ts` elsewhere.
    """
    sources = [file.path for file in change.files if is_typescript(file.path) and not is_test(file.path)]
    if not sources:
        return ()
    words = {word for path in sources for word in words_of(posixpath.basename(path))}
    folders: dict[str, int] = {}
    for path in sources:
        folder = posixpath.dirname(path)
        depth = folder.count("/") + 1
        while True:
            folders[folder] = max(folders.get(folder, 0), depth)
            if not folder:
                break
            folder, depth = posixpath.dirname(folder), depth - 1
    paths = source_paths(change)
    if len(paths) <= files_max:
        return paths
    ranked = sorted(paths, key=lambda path: (-_nearness(path, folders, words), path))
    return tuple(ranked[:files_max])


def naming(texts: Mapping[str, str], names: Iterable[str]) -> Iterator[str]:
    """The paths whose text has one of the names in it, as far as a search for substrings tells."""
    wanted = sorted({name for name in names if len(name) > 2}, key=len)
    for path, text in texts.items():
        if any(name in text for name in wanted):
            yield path


def words_of(name: str) -> frozenset[str]:
    """The words of a file's name that say what it is about, without plural."""
    found = (word.lower().rstrip("s") for word in _WORD.findall(name))
    return frozenset(word for word in found if len(word) > 2 and word not in _DULL)


def _nearness(path: str, folders: Mapping[str, int], words: Iterable[str]) -> float:
    folder = posixpath.dirname(path)
    while folder and folder not in folders:
        folder = posixpath.dirname(folder)
    near = folders.get(folder, 0) / (1 + abs(posixpath.dirname(path).count("/") - folder.count("/")))
    alike = 4.0 * len(words_of(posixpath.basename(path)).intersection(words))
    return near + alike - (1.5 if is_test(path) else 0.0)


def _is_dull(path: str) -> bool:
    return is_off(path) and not is_test(path)
