"""What came of a reply in the thread of a finding: one comment of ours, in that thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.publication import AnswerPost
from reviewer.core.wording import sentence
from reviewer.rendering.markdown import code, line, marker

if TYPE_CHECKING:
    from reviewer.core.finding import Finding


def withdrawn(source_id: str, reason: str) -> AnswerPost:
    """The reply explains a finding of the model's away, which is taken off the pull request."""
    later = (
        "From the next review on it is off this pull request, and the summary lists it with your reply as the reason."
    )
    return _post(source_id, f"↩️ **Withdrawn**, after your reply: {_because(reason)} {later}")


def a_rule_s(source_id: str, finding: Finding, reason: str, handle: str) -> AnswerPost:
    """The reply convinces the model, and a rule says the same: what a rule finds, a person takes off."""
    rule = f"But the rule {code(finding.rule)} reports this, and not the model alone:"
    how = f"it stands until one of you takes it off with {_dismissal(finding, handle)}."
    return _post(source_id, f"The model takes your point: {_because(reason)} {rule} {how}")


def held(source_id: str, finding: Finding, reason: str, handle: str) -> AnswerPost:
    """The reply disputes the finding, and the code bears it out all the same."""
    said = f"It stands, as far as the code shows: {_because(reason)}"
    return _post(source_id, f"{said} If you know better, {_dismissal(finding, handle)} takes it off.")


def _because(reason: str) -> str:
    return line(sentence(reason)) if reason.strip() else "the model gives no reason."


def _dismissal(finding: Finding, handle: str) -> str:
    return code(f"@{handle} dismiss {finding.fingerprint[:8]} REASON")


def _post(source_id: str, said: str) -> AnswerPost:
    hidden = marker("answer", source_id)
    return AnswerPost(hidden, f"{said}\n\n{hidden}")
