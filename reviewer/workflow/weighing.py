"""Rules and model together become the candidates of a review, with the ledger of what was looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reviewer.core.review import Candidates
from reviewer.workflow.inspection import Inspected, with_verified_suggestions
from reviewer.workflow.records import Told, Weighed

if TYPE_CHECKING:
    from reviewer.core.change import Change
    from reviewer.typescript.reader import TypeScriptWorker


async def weigh(change: Change, inspected: Inspected, told: Told, worker: TypeScriptWorker) -> Weighed:
    """All candidates and the ledger."""
    findings = await with_verified_suggestions(change, (*inspected.findings, *told.findings), worker)
    found = Candidates(findings, told.dropped, told.questions, told.usage, inspected.endpoints, told.undecided)
    gaps = dict.fromkeys(told.gaps)
    coverage = replace(inspected.coverage, gaps=(*inspected.coverage.gaps, *gaps))
    return Weighed(found, coverage, inspected.notes)
