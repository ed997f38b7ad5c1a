"""Who is asked: each person once, with their findings and the reason, whether they own them or are asked beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from reviewer.core.areas import Area
from reviewer.core.concern import Severity
from reviewer.core.finding import Finding
from reviewer.core.notice import Notice, folded
from reviewer.core.review import Review
from reviewer.core.routing import UNROUTED, FindingFacts, consulted
from reviewer.core.team import AUTHOR, TEAM_LEAD, Member
from reviewer.core.wording import capitalised, joined, sentence, severities
from reviewer.rendering.markdown import code, line, mention
from reviewer.rendering.outcome import icon
from reviewer.rendering.placing import short_place

WHO: Final = "Who is asked to do what"
"""The heading of the list."""

PLACES_MAX: Final = 8
"""Places named per person; all of them stand with the findings."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One person, or the role that nobody has. `member` is None for the author and for such a role.

    `is_beside` is whether none of the findings is theirs: others answer for them, and they are asked as well.
    """

    owner: str
    member: Member | None
    findings: tuple[Finding, ...]
    reasons: tuple[str, ...]
    is_beside: bool = False

    @property
    def name(self) -> str:
        """How a text calls them: `Ada (Backend Lead)`, `The author`, `backend-lead`."""
        if self.member is not None:
            return called(self.member)
        return "The author" if self.owner == AUTHOR else self.owner


@dataclass(slots=True)
class _Group:
    owner: str
    member: Member | None
    is_beside: bool
    findings: list[Finding] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def called(member: Member) -> str:
    """`Ada (Backend Lead)`."""
    return f"{member.name} ({member.role})"


def who_is_asked(review: Review) -> tuple[Asked, ...]:
    """Every owner of a finding, those with the gravest findings first, then who is asked beside them.

    One person with two roles is one entry, and who opened the pull request is the author whatever their role.
    """
    groups: dict[str, _Group] = {}
    for finding in review.findings:
        owner = finding.owner
        member = None if owner == AUTHOR else review.plan.team.by_role(owner)
        if member is not None and is_author(review, member):
            owner, member = AUTHOR, None
        key = folded(member.handle) if member else f" {owner}"
        group = groups.setdefault(key, _Group(owner, member, is_beside=False))
        group.findings.append(finding)
        group.reasons.append(finding.owner_reason)
    for finding in review.findings:
        for one in consulted(_facts(finding), review.plan.persona, review.plan.team):
            if is_author(review, one.member):
                continue
            group = groups.setdefault(folded(one.member.handle), _Group(one.area.value, one.member, is_beside=True))
            if finding not in group.findings:
                group.findings.append(finding)
                group.reasons.append(_works_with(one.area))
    return tuple(
        Asked(
            group.owner,
            group.member,
            tuple(sorted(group.findings, key=lambda finding: finding.rank)),
            tuple(dict.fromkeys(filter(None, group.reasons))),
            group.is_beside,
        )
        for group in groups.values()
    )


def people(review: Review) -> tuple[Member, ...]:
    """Everybody whom the summary speaks to by name: the Team Lead, then who is asked, in the order of the list."""
    lead = review.plan.team.lead
    asked = (one.member for one in who_is_asked(review))
    return tuple(member for member in (lead, *asked) if member is not None)


def lead_name(review: Review) -> str:
    """The Team Lead's name and role as the team file has them, else the name in the persona, else the role."""
    lead = review.plan.team.lead
    if lead is not None:
        return called(lead)
    return f"{review.plan.persona.team_lead} (Team Lead)" if review.plan.persona.team_lead else "the Team Lead"


def is_lead(review: Review, asked: Asked) -> bool:
    """Whether somebody is the Team Lead, by role or by being the same person."""
    lead = review.plan.team.lead
    return asked.owner == TEAM_LEAD or (
        lead is not None and asked.member is not None and folded(asked.member.handle) == folded(lead.handle)
    )


def is_author(review: Review, member: Member) -> bool:
    """Whether somebody of the team opened the pull request."""
    return bool(review.author) and folded(member.handle) == folded(review.author)


def because(asked: Asked) -> str:
    """The reasons as one text of whole sentences."""
    if asked.owner == AUTHOR:
        theirs = set(asked.reasons) - {UNROUTED}
        why = "The persona routes these to nobody else, so they are for whoever wrote the change."
        return "They are for whoever wrote the change, by the persona or by the author's own role." if theirs else why
    return " ".join(capitalised(sentence(reason)) for reason in asked.reasons)


def asked_row(review: Review, asked: Asked, notice: Notice) -> str:
    """One person as a list item of the summary; called by a mention where the notice says so."""
    name, member = f"**{line(asked.name)}**", asked.member
    if member is not None and notice.calls(member) and not is_lead(review, asked):  # the lead is called in the report
        name = f"{mention(member.handle)} ({line(member.role)})"
    elif asked.owner == AUTHOR and review.author:
        known = next((one for one in review.plan.team.members if is_author(review, one)), None)
        name += f", {line(called(known)) if known else code(review.author)},"
    how = ", by a review request," if member is not None and notice.requests(member) else ""
    number = joined(severities(finding.severity for finding in asked.findings))
    task = f"is asked{how} to {_task(review, asked)} {number}"
    return f"- {name} {task}: {_places(review, asked)}.  \n  Why: {line(because(asked))}"


def untold_rows(review: Review, notice: Notice) -> tuple[str, ...]:
    """Who is named and not told, and why; the Team Lead's own stands in the report."""
    names = {folded(one.handle): called(one) for one in people(review)}
    lead = review.plan.team.lead
    others = (one for one in notice.untold if lead is None or folded(one.handle) != folded(lead.handle))
    return tuple(
        f"- **{line(names.get(folded(one.handle), 'Somebody'))}**, {code(one.handle)}, was not told:"
        f" {line(sentence(one.why))}"
        for one in others
    )


def _task(review: Review, asked: Asked) -> str:
    """What somebody is to do with their findings."""
    if asked.owner == AUTHOR:
        return "mend"
    if asked.is_beside:
        return "look at"
    return "decide about" if is_lead(review, asked) else "see to"


def _facts(finding: Finding) -> FindingFacts:
    is_blocker, is_note = finding.severity is Severity.BLOCKER, finding.severity is Severity.NOTE
    return FindingFacts(finding.rule, finding.concern, is_blocker, finding.path, is_note)


def _works_with(area: Area) -> str:
    match area:
        case Area.FRONTEND:
            return "It reaches who calls this API or draws these pages, and the persona works with the frontend team."
        case Area.DEVOPS:
            return "It reaches how this is built or run, and the persona works with the DevOps team."
        case Area.SECURITY:
            return "It is about security, and the persona works with the security team."
        case _:
            return f"It is about {area.label}."


def _places(review: Review, asked: Asked) -> str:
    """The places behind the sign of their severity; findings are in order of rank, so the gravest come first."""
    named = asked.findings[:PLACES_MAX]
    groups = groupby(named, key=lambda finding: icon(finding.severity))
    signed = (f"{sign} {', '.join(dict.fromkeys(short_place(review, one) for one in found))}" for sign, found in groups)
    left = len(asked.findings) - len(named)
    return " ".join(signed) + (f" and {left} more" if left else "")
