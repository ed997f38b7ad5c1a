"""Unchanged lines of a hunk that tell nothing of the change, and are left out of what the model is shown. Pure.

Git shows three lines around each edit, whatever they are: a third of a diff. Among imports these are other imports,
and in prose or data one line says where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.diff import LineKind
from reviewer.core.source_paths import is_page, is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.change import ChangedFile
    from reviewer.core.diff import Line

AROUND_PROSE: Final = 1
"""Unchanged lines shown beside an edit in a file of one of these endings."""

_PROSE: Final = (".json", ".md", ".mdx", ".txt", ".html", ".css", ".scss", ".svg", ".xml", ".csv", ".po", ".snap")

_IMPORT_LINES_MAX: Final = 60
"""Lines of one import; a longer one is none, or nobody has written it by hand."""


def dull_lines(file: ChangedFile) -> frozenset[int]:
    """Numbers at head of the unchanged lines of a file's hunks that are left out."""
    if file.is_typescript:
        edited = file.diff.edited
        imports = _imports((file.head or "").split("\n"))
        others = frozenset(line for span in imports if not edited.intersection(span) for line in span)
        return others | _far_from_edits(file) if is_test(file.path) or is_page(file.path) else others
    if file.path.lower().endswith(_PROSE):
        return _far_from_edits(file)
    return frozenset()


def _far_from_edits(file: ChangedFile) -> frozenset[int]:
    return frozenset(number for hunk in file.diff.hunks for number in _far(hunk.lines))


def _imports(rows: list[str]) -> Iterator[range]:
    """The lines of each import at the left margin, from `import` to the module's name."""
    first = 0
    for number, row in enumerate(rows, 1):
        if row.startswith("import "):
            first = number
            is_open = row.rstrip().endswith("{")
        elif not first or number - first > _IMPORT_LINES_MAX:
            continue
        else:
            is_open = not row.startswith("}")
        if not is_open:
            if row.rstrip().removesuffix(";").endswith(("'", '"')):
                yield range(first, number + 1)
            first = 0


def _far(lines: tuple[Line, ...]) -> Iterator[int]:
    """Numbers of the unchanged lines that are not beside an edit."""
    edits = [at for at, line in enumerate(lines) if line.kind is not LineKind.CONTEXT]
    near = {at + step for at in edits for step in range(-AROUND_PROSE, AROUND_PROSE + 1)}
    yield from (line.new for at, line in enumerate(lines) if at not in near and line.new is not None)
