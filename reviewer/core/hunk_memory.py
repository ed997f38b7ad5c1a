"""Hunks known again by their text: what has not changed since the head reviewed last keeps its verdict. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.core.change import Change, ChangedFile
    from reviewer.core.diff import Hunk
    from reviewer.core.finding import Finding
    from reviewer.core.memory import State

HUNK_CHARS = 12
"""Hexadecimal digits of a hunk's digest: to hide a hunk behind an earlier one takes 2^48 tries."""

HUNKS_MAX = 250
"""Hunks that are remembered; of a larger change none is, and every hunk of it counts as changed."""


def hunk_digest(path: str, hunk: Hunk) -> str:
    """A digest of a hunk's lines and its file's path: never of line numbers, so it survives other edits."""
    text = "\n".join((path, *(line.kind.value + line.text for line in hunk.lines)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:HUNK_CHARS]


def hunk_digests(change: Change) -> dict[str, tuple[str, ...]]:
    """The digests of every hunk of a change, by path."""
    return {file.path: tuple(hunk_digest(file.path, hunk) for hunk in file.diff.hunks) for file in change.files}


def remembered_hunks(digests: Iterable[Iterable[str]]) -> frozenset[str] | None:
    """The digests as a later review will know them; None when they are too many."""
    every = frozenset(digest for some in digests for digest in some)
    return every if len(every) <= HUNKS_MAX else None


def is_changed(finding: Finding, change: Change, state: State) -> bool:
    """Whether the hunk that a finding stands in is another one than at the head reviewed last."""
    if state.hunks is None:
        return True
    file = change.file(finding.path)
    if file is None or finding.span is None:
        files = change.files
        return any(hunk_digest(one.path, hunk) not in state.hunks for one in files for hunk in one.diff.hunks)
    hunks = hunks_of(file, finding) or file.diff.hunks
    names = [name for name in (file.path, file.old_path) if name is not None]
    return not hunks or any(all(hunk_digest(name, hunk) not in state.hunks for name in names) for hunk in hunks)


def hunks_of(file: ChangedFile, finding: Finding) -> tuple[Hunk, ...]:
    """The hunks of a file that hold a line of a finding."""
    span = finding.span
    if span is None:
        return ()
    return tuple(
        hunk
        for hunk in file.diff.hunks
        if any(span.first <= number <= span.last for number in hunk.numbered(span.side))
    )


def hunk_of(change: Change, finding: Finding) -> str:
    """The digest of the last hunk that holds a line of a finding, which is the one it is placed in; "" for none."""
    file = change.file(finding.path)
    hunks = hunks_of(file, finding) if file is not None else ()
    return hunk_digest(finding.path, hunks[-1]) if hunks else ""
