"""Who is asked: each owner once, with their findings and the reason."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.core.finding import Finding
from reviewer.core.review import Review
from reviewer.core.team import AUTHOR, TEAM_LEAD, Member
from reviewer.core.wording import capitalised, sentence


@dataclass(frozen=True, slots=True)
class Asked:
    """One owner. `member` is None for the author and for a role that the team file gives nobody."""

    owner: str
    member: Member | None
    findings: tuple[Finding, ...]
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """How a text calls them: `Ada (Backend Lead)`, `The author`, `backend-lead`."""
        if self.member is not None:
            return f"{self.member.name} ({self.member.role})"
        return "The author" if self.owner == AUTHOR else self.owner


def who_is_asked(review: Review) -> tuple[Asked, ...]:
    """Every owner of a finding, those with the gravest findings first; one person with two roles is one owner."""
    groups: dict[str, list[Finding]] = {}
    members: dict[str, Member | None] = {}
    for finding in review.findings:
        member = None if finding.owner == AUTHOR else review.plan.team.by_role(finding.owner)
        key = member.handle.lower() if member else finding.owner
        members.setdefault(key, member)
        groups.setdefault(key, []).append(finding)
    return tuple(
        Asked(
            found[0].owner,
            members[key],
            tuple(found),
            tuple(dict.fromkeys(finding.owner_reason for finding in found if finding.owner_reason)),
        )
        for key, found in groups.items()
    )


def lead_name(review: Review) -> str:
    """The Team Lead's name and role as the team file has them, else the name in the persona, else the role."""
    lead = review.plan.team.lead
    if lead is not None:
        return f"{lead.name} ({lead.role})"
    return f"{review.plan.persona.team_lead} (Team Lead)" if review.plan.persona.team_lead else "the Team Lead"


def is_lead(review: Review, asked: Asked) -> bool:
    """Whether an owner is the Team Lead, by role or by being the same person."""
    lead = review.plan.team.lead
    return asked.owner == TEAM_LEAD or (
        lead is not None and asked.member is not None and asked.member.handle == lead.handle
    )


def because(asked: Asked) -> str:
    """The reasons as one text of whole sentences."""
    if asked.owner == AUTHOR:
        return "The persona routes these to nobody else, so they are for whoever wrote the change."
    return " ".join(capitalised(sentence(reason)) for reason in asked.reasons)
