"""Changes made of two texts, as a reader would make them from what git prints."""

from __future__ import annotations

from difflib import unified_diff

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.diff import parse_patch


def changed(path: str, base: str | None, head: str | None) -> ChangedFile:
    """One file that went from `base` to `head`; None where it does not exist."""
    old, new = _rows(base), _rows(head)
    rows = list(unified_diff(old, new, lineterm="\n"))[2:]
    patch = "".join(row if row.endswith("\n") else row + "\n\\ No newline at end of file\n" for row in rows)
    status = FileStatus.ADDED if base is None else FileStatus.REMOVED if head is None else FileStatus.MODIFIED
    return ChangedFile(path, status, parse_patch(patch), head, base)


def change(*files: ChangedFile) -> Change:
    return Change("octo/shop", 1, "a" * 40, "b" * 40, files)


def _rows(text: str | None) -> list[str]:
    if not text:
        return []
    rows = [row + "\n" for row in text.split("\n")]
    return rows[:-1] if text.endswith("\n") else [*rows[:-1], text.rpartition("\n")[2]]
