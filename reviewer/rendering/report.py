"""The Team Lead's report: status, outcome, open questions and next steps, which the persona is told to report."""

from __future__ import annotations

from typing import Final

from reviewer.core.concern import Severity
from reviewer.core.coverage import Coverage
from reviewer.core.notice import Notice, folded
from reviewer.core.publication import Conclusion
from reviewer.core.review import Review
from reviewer.core.team import AUTHOR
from reviewer.core.wording import counted, joined, severities
from reviewer.rendering.markdown import code, line, mention
from reviewer.rendering.outcome import model_note, reviewed
from reviewer.rendering.response import sections_of
from reviewer.rendering.who import WHO, Asked, is_author, is_lead, lead_name, who_is_asked

NAMED_MAX: Final = 5
"""People named under the next steps; the list of who is asked names all of them."""


def report(review: Review, notice: Notice) -> str:
    """The report as a section of the summary. It calls the Team Lead by a mention where the notice says so."""
    rows = (
        ("Status", _status(review)),
        ("Outcome", _outcome(review)),
        ("Open questions", _questions(review)),
        ("Next steps", _next_steps(review)),
    )
    listed = "\n".join(f"- **{name}:** {said}" for name, said in rows)
    return "\n\n".join(filter(None, ("#### Report to the Team Lead", _to_whom(review, notice), listed, _order(review))))


def _to_whom(review: Review, notice: Notice) -> str:
    """Whom the outcome is reported to; a local review reports to nobody by itself."""
    lead, name = review.plan.team.lead, f"**{line(lead_name(review))}**"
    if lead is None:
        return f"To be reported to {name}; the team file gives no handle, so nobody is tagged."
    if review.number is None:
        return f"To be reported to {name}, for review and next steps."
    if is_author(review, lead):
        return f"For {name}, who opened this pull request and is not tagged for it."
    untold = next((one for one in notice.untold if folded(one.handle) == folded(lead.handle)), None)
    if untold is not None:
        return f"For {name}, for review and next steps; {code(lead.handle)} is not tagged: {line(untold.why)}."
    called = f"{mention(lead.handle)} ({line(lead.role)})" if notice.calls(lead) else name
    verb = "Reported to" if notice.calls(lead) or folded(lead.handle) in notice.told else "For"
    return f"{verb} {called}, for review and next steps."


def _order(review: Review) -> str:
    """The persona's own line about reporting."""
    if not review.plan.persona.reports:
        return ""
    text = review.plan.persona.reports[0].text.replace("**", "").replace("__", "")
    return f"> {line(text)}\n> — persona {code(review.plan.persona.name)}"


def _status(review: Review) -> str:
    said = f"{_looked_at(review.coverage)}."
    note = line(model_note(review))
    return f"{said} {note}" if note else said


def _looked_at(coverage: Coverage) -> str:
    if not coverage.entries:
        return "there was no file to review" if coverage.complete else "incomplete, see “Not reviewed”"
    said = reviewed(coverage)
    return f"complete, {said}" if coverage.complete else f"incomplete, {said}; see “Not reviewed”"


def _outcome(review: Review) -> str:
    found = [finding.severity for finding in review.findings]
    blockers = found.count(Severity.BLOCKER)
    fails = " The check run fails." if review.conclusion is Conclusion.FAILURE else ""
    if blockers:
        verb = "has" if blockers == 1 else "have"
        return f"not ready to be merged; {counted(blockers, 'blocker')} {verb} to be mended first.{fails}"
    if Severity.WARNING in found:
        return f"no blocker; {joined(severities(found))} to weigh before it is merged.{fails}"
    if found:
        return f"no blocker and no warning; {joined(severities(found))} to consider."
    if not review.coverage.complete:
        return "nothing was found, but not everything was looked at."
    return "nothing stands against it."


def _questions(review: Review) -> str:
    number = len(review.response.follow_up_questions)
    sections = sections_of(review.plan.persona.response_structure)
    heading = next(heading for heading, part in sections if part == "follow_up_questions")
    return f"{number}, under “{line(heading)}”." if number else "none."


def _next_steps(review: Review) -> str:
    asked = who_is_asked(review)
    if not asked:
        return "none that this review knows of." if review.coverage.complete else "have the rest looked at."
    said = [f"{_named(review, one)} with {counted(len(one.findings), 'finding')}" for one in asked[:NAMED_MAX]]
    if len(asked) > NAMED_MAX:
        said.append(f"{len(asked) - NAMED_MAX} more")
    return f"under “{WHO}”, for {joined(said)}."


def _named(review: Review, asked: Asked) -> str:
    if asked.owner == AUTHOR:
        return "the author"
    return "the Team Lead" if is_lead(review, asked) else line(asked.name)
