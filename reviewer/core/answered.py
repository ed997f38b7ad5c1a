"""What people's answers to follow-up questions make of a review's candidates. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from reviewer.core.markup import code_span
from reviewer.core.memory import Came
from reviewer.core.verification import ASKED_INSTEAD, NOT_CONFIRMED, Verification

if TYPE_CHECKING:
    from reviewer.core.finding import Finding
    from reviewer.core.question import Question
    from reviewer.core.review import Candidates, Dropped


def with_answers(found: Candidates, answers: Mapping[str, Came]) -> tuple[Candidates, frozenset[str]]:
    """The candidates with what was answered: what an answer confirmed is a finding now, what one refuted is dropped
    with that reason, and neither is asked again. With the fingerprints of what was confirmed.
    """
    by_id = {finding.fingerprint: finding for finding in found.undecided}
    findings, dropped = list(found.findings), list(found.dropped)
    open_questions: list[Question] = []
    confirmed: set[str] = set()
    for question in found.questions:
        came, finding = answers.get(question.id), by_id.get(question.finding)
        if came is None:
            open_questions.append(question)
        elif finding is not None and came is not Came.NOTED:
            at = _place(dropped, finding)
            if came is Came.CONFIRMED:
                confirmed.add(finding.fingerprint)
                findings.append(replace(finding, verification=Verification.CONFIRMED))
                dropped[at : at + 1] = []
            else:
                because = f"the answer to {code_span(question.id)} speaks against it"
                hit = dropped[at : at + 1]
                dropped[at : at + 1] = [replace(one, reason=NOT_CONFIRMED, because=because) for one in hit]
    changed = replace(found, findings=tuple(findings), dropped=tuple(dropped), questions=tuple(open_questions))
    return changed, frozenset(confirmed)


def _place(dropped: list[Dropped], finding: Finding) -> int:
    """Where a finding that is asked about stands among what was dropped; behind the end when it does not."""
    first = finding.span.first if finding.span else 1
    wanted = (finding.rule, finding.path, first, ASKED_INSTEAD)
    rows = ((one.rule, one.path, one.start_line, one.reason) for one in dropped)
    return next((at for at, row in enumerate(rows) if row == wanted), len(dropped))
