"""The evidence matrix as a table: one row for each endpoint that the change adds or alters."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from reviewer.core.anchor import Span
from reviewer.core.evidence import Evidence
from reviewer.core.matrix import MatrixRow
from reviewer.core.review import Review
from reviewer.core.wording import counted
from reviewer.rendering.markdown import linked_code
from reviewer.rendering.placing import address

ROWS_MAX: Final = 20
"""Rows of the summary; the JSON has all."""

COLUMNS: Final = ("validated", "guarded", "tested", "documented", "migration")

SIGNS: Final[Mapping[Evidence, str]] = MappingProxyType(
    {Evidence.YES: "✅", Evidence.NO: "❌", Evidence.UNKNOWN: "?", Evidence.NOT_NEEDED: "·"}
)


LEGEND: Final = "✅ seen, ❌ missing, ? not known, · not needed"


def cells(row: MatrixRow) -> tuple[Evidence, ...]:
    """The cells in the order of COLUMNS."""
    return (row.validated, row.guarded, row.tested, row.documented, row.migrated)


def endpoints(review: Review) -> str:
    """The section of the summary, "" for a change without endpoints.

    A column in which nothing is needed is left out.
    """
    if not review.endpoints:
        return ""
    shown = review.endpoints[:ROWS_MAX]
    kept = [at for at in range(len(COLUMNS)) if any(cells(row)[at] is not Evidence.NOT_NEEDED for row in shown)]
    head = ["endpoint", *(COLUMNS[at] for at in kept)]
    rows = [f"| {' | '.join(head)} |", f"| {' | '.join(['---', *(':-:' for _ in kept)])} |"]
    for row in shown:
        where = address(review, Span(row.path, row.line, row.line))
        name = linked_code(f"{row.verb} {row.url}", where).replace("|", "\\|")  # GFM: also inside of code
        rows.append(f"| {' | '.join([name, *(SIGNS[cells(row)[at]] for at in kept)])} |")
    left = len(review.endpoints) - len(shown)
    more = f" · and {counted(left, 'endpoint')} more." if left else ""
    return "\n\n".join(("#### Endpoints of this change", "\n".join(rows), LEGEND + more))
