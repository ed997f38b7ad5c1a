"""What stands behind an index of a folder: which file below it is called like a name that is imported from there.

The index itself has not been read yet when the files to read are chosen, so this only chooses; where a name comes from
is read off the files.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Set

DEPTH_MAX: Final = 2
"""Folders below the index's own: `dto/index.ts`, and `orders/index.ts` with `orders/dto/…`; deeper is rare."""

FILES_MAX: Final = 2_000
"""Files looked through below one index; a root's index stands before a whole project."""

FOUND_MAX: Final = 3


class BehindIndex:
    """The files of a tree by folder, sorted on first use."""

    def __init__(self, tree: Set[str]) -> None:
        self._tree = tree
        self._sorted: list[str] = []

    def files(self, index: str, name: str) -> tuple[str, ...]:
        """The files below an index (`src/orders/dto/index.ts`) that are called like a name, whatever the spelling:
        `create-order.dto.ts` for CreateOrderDto, `order.entity.ts` for Order. Any file may be an index of its own
        folder (`validate/all.schemas.ts`).
        """
        folder, base = posixpath.split(index)
        if not folder or not name:
            return ()
        wanted, prefix = _letters(name), f"{folder}/"
        depth_max = DEPTH_MAX if base.startswith("index.") else 0
        found: list[str] = []
        for path in self._below(prefix):
            inner = path[len(prefix) :]
            if path == index or inner.count("/") > depth_max or not inner.endswith((".ts", ".js")):
                continue
            stem = posixpath.basename(inner).rpartition(".")[0]
            if wanted in (_letters(stem), _letters(stem.partition(".")[0])):
                found.append(path)
        return tuple(sorted(found, key=lambda path: (path.count("/"), path))[:FOUND_MAX])

    def _below(self, prefix: str) -> list[str]:
        self._sorted = self._sorted or sorted(self._tree)
        start = bisect_left(self._sorted, prefix)
        end = bisect_left(self._sorted, f"{prefix[:-1]}0", start)  # "0" comes right behind "/"
        return self._sorted[start : min(end, start + FILES_MAX)]


def _letters(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())
