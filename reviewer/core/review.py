"""The review: findings merged, ranked, placed and capped, and what was not looked at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from reviewer.core.anchor import Anchor, beside, place_changed
from reviewer.core.compose import compose
from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.coverage import Coverage, conclude
from reviewer.core.finding import Finding
from reviewer.core.levels import SWITCHED_OFF, levelled
from reviewer.core.matrix import MatrixRow
from reviewer.core.routing import FindingFacts, route
from reviewer.core.several import owner_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.core.change import Change
    from reviewer.core.plan import Plan
    from reviewer.core.publication import Conclusion
    from reviewer.core.response import Response


class Where(StrEnum):
    """Where a finding is shown: on its lines, or in the summary."""

    INLINE = "inline"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding and its place. `anchor` is set exactly when it is shown inline. `beside` is, for removed lines, the
    line of the file at head next to which they stood; None for others, and for a file that is gone.
    """

    finding: Finding
    where: Where
    anchor: Anchor | None
    beside: int | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that is not shown, and why; counted, never silent."""

    rule: str
    path: str
    start_line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a review cost. Seconds are wall time by phase ("read", "rules", "model")."""

    model_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    github_requests: int = 0
    seconds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Candidates:
    """What rules, linters and model said, checked but not ranked. `dropped` are those that an earlier part let go,
    `questions` the model's own follow-up questions, `endpoints` the evidence matrix.
    """

    findings: tuple[Finding, ...]
    dropped: tuple[Dropped, ...] = ()
    questions: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    endpoints: tuple[MatrixRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """The outcome for one head. `placed` is in order of rank; `notes` are sentences about how the review was made."""

    repository: str
    number: int | None
    base: str
    head: str
    plan: Plan
    placed: tuple[Placed, ...]
    dropped: tuple[Dropped, ...]
    coverage: Coverage
    response: Response
    conclusion: Conclusion
    usage: Usage = field(default_factory=Usage)
    endpoints: tuple[MatrixRow, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is shown, inline or in the summary."""
        return tuple(item.finding for item in self.placed)

    @property
    def inline(self) -> tuple[Placed, ...]:
        """What goes on lines of the diff."""
        return tuple(item for item in self.placed if item.where is Where.INLINE)


def assemble(change: Change, found: Candidates, coverage: Coverage, plan: Plan) -> Review:
    """Merge, drop with reason, rank, route, place and cap. Pure; nothing is lost: shown, or dropped with its reason."""
    wanted, off = _wanted(found.findings, plan)
    merged, dropped = _merge(wanted)
    dropped += off
    kept: list[Finding] = []
    for finding in merged:
        if finding.confidence < plan.limits.confidence_min:
            dropped.append(_drop(finding, "below threshold"))
        else:
            kept.append(_route(finding, merged, plan))
    kept.sort(key=lambda finding: finding.rank)
    placed = _place(change, kept, plan.limits.comments_max)
    shown = tuple(item.finding for item in placed)
    return Review(
        repository=change.repository,
        number=change.number,
        base=change.base,
        head=change.head,
        plan=plan,
        placed=placed,
        dropped=(*found.dropped, *dropped),
        coverage=coverage,
        response=_with_questions(compose(shown, coverage, plan), found.questions),
        conclusion=conclude(coverage, shown, plan.gate),
        usage=found.usage,
        endpoints=found.endpoints,
    )


def _wanted(findings: Iterable[Finding], plan: Plan) -> tuple[list[Finding], list[Dropped]]:
    """The findings as the repository's owner wants them reported, and those that are switched off."""
    wanted: list[Finding] = []
    off: list[Dropped] = []
    for finding in findings:
        shown = levelled(finding, plan.config)
        if shown is None:
            off.append(_drop(finding, SWITCHED_OFF))
        else:
            wanted.append(shown)
    return wanted, off


def _with_questions(response: Response, questions: tuple[str, ...]) -> Response:
    asked = list(dict.fromkeys((*response.follow_up_questions, *questions)))
    return response.model_copy(update={"follow_up_questions": type(response.follow_up_questions)(asked)})


def displaced(review: Review, fingerprints: frozenset[str]) -> Review:
    """The same review with these inline findings moved to the summary, as GitHub refused their lines."""
    placed = tuple(
        replace(item, where=Where.SUMMARY, anchor=None) if item.finding.fingerprint in fingerprints else item
        for item in review.placed
    )
    return replace(review, placed=placed)


def _drop(finding: Finding, reason: str) -> Dropped:
    return Dropped(finding.rule, finding.path, finding.span.first if finding.span else 1, reason)


def _merge(candidates: Iterable[Finding]) -> tuple[list[Finding], list[Dropped]]:
    """One finding per cause: the same fingerprint once; a rule and the model on the same lines and concern are one."""
    ordered = sorted(
        candidates, key=lambda finding: (finding.origin is Origin.MODEL, finding.rule in _SAID_WORSE, finding.rank)
    )
    kept: list[Finding] = []
    dropped: list[Dropped] = []
    for finding in ordered:
        twin = next(
            (at for at, other in enumerate(kept) if _same_cause(other, finding) or _is_shadowed(finding, other)), None
        )
        if twin is None:
            kept.append(finding)
            continue
        other = kept[twin]
        if other.origin is not finding.origin:
            kept[twin] = other.with_origin(Origin.BOTH)  # the rule's own severity stands: the model cannot raise a gate
        dropped.append(_drop(finding, "duplicate"))
    return kept, dropped


def _is_shadowed(finding: Finding, by: Finding) -> bool:
    """A linter's word about lines on which a rule says something graver is the same cause, told worse."""
    if finding.path == by.path and (finding.rule, by.rule) in _SAID_BETTER and _overlap(finding, by):
        return True
    lint = finding.concern is Concern.LINT and finding.rule != "lint_format"  # that one is about the whole file
    told = by.concern is not Concern.LINT
    if not (lint and told) or finding.span is None or by.span is None or finding.severity.rank < by.severity.rank:
        return False
    return finding.path == by.path and by.span.first <= finding.span.first <= by.span.last


_SAID_BETTER = frozenset(
    {
        ("lint_ban_ts_comment", "lint_added_suppression"),
        ("lint_no_explicit_any", "lint_unsafe_cast"),
        ("tests_deleted_test", "tests_skipped_test"),
        ("lint_no_empty", "data_swallowed_error"),
        ("lint_no_useless_catch", "data_lost_cause"),
    }
)
"""Pairs of rules that see one cause: on the same lines, the second says it and the first is dropped."""


_SAID_WORSE = frozenset(worse for worse, _ in _SAID_BETTER)


def _overlap(one: Finding, two: Finding) -> bool:
    if one.span is None or two.span is None or one.span.side is not two.span.side:
        return False
    return one.path == two.path and one.span.first <= two.span.last and two.span.first <= one.span.last


def _same_cause(one: Finding, two: Finding) -> bool:
    if one.span is None or two.span is None:
        return one.fingerprint == two.fingerprint
    if not _overlap(one, two):
        return False
    together = one.concern is two.concern and one.origin is not two.origin and one.span.first == two.span.first
    return together or (one.rule == two.rule and one.span == two.span)


def _route(finding: Finding, everything: list[Finding], plan: Plan) -> Finding:
    is_blocker = finding.severity is Severity.BLOCKER
    facts = FindingFacts(finding.rule, finding.concern, is_blocker, finding.path)
    # A note in many files is house style, not a matter for the Team Lead.
    spread = {
        other.path for other in everything if other.rule == finding.rule and finding.severity is not Severity.NOTE
    }
    persona = owner_of(finding.path, finding.concern, plan.personas)
    routed = route(facts, spread, persona, plan.team)
    line = persona.rule_for(finding.concern, finding.serves)
    return replace(
        finding,
        persona=persona.name if plan.others else "",
        owner=routed.owner,
        owner_reason=routed.reason,
        persona_rule=finding.persona_rule or (line.text if line else ""),
    )


def _place(change: Change, findings: list[Finding], comments_max: int) -> tuple[Placed, ...]:
    diffs = {file.path: file.diff for file in change.files}
    placed: list[Placed] = []
    room = comments_max
    for finding in findings:
        diff = diffs.get(finding.path)
        anchor = (
            place_changed(diff, finding.span) if diff is not None and finding.span is not None and room > 0 else None
        )
        next_to = beside(diff, finding.span) if diff is not None and finding.span is not None else None
        if anchor is None:
            placed.append(Placed(finding, Where.SUMMARY, None, next_to))
            continue
        room -= 1
        placed.append(Placed(finding, Where.INLINE, anchor, next_to))
    return tuple(placed)
