"""Lines that a change wrote, of every file that could be read: for rules that hold for any text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.diff import LineKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reviewer.core.change import ChangedFile
    from reviewer.core.project import Project


def written_lines(
    project: Project, wanted: Callable[[ChangedFile], bool] = lambda _: True
) -> Iterator[tuple[ChangedFile, int, str]]:
    """File, number at head and text of each added line of the files that are wanted, in order."""
    for file in project.change.files:
        if file.unread is not None or not wanted(file):
            continue
        for hunk in file.diff.hunks:
            for line in hunk.lines:
                if line.kind is LineKind.ADDED and line.new is not None:
                    yield file, line.new, line.text
