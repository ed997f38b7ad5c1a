"""The review: findings merged, ranked, placed and capped, and what was not looked at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from reviewer.core.answered import with_answers
from reviewer.core.compose import compose
from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.coverage import Coverage, conclude
from reviewer.core.finding import Finding
from reviewer.core.gone import Look
from reviewer.core.levels import SWITCHED_OFF, levelled
from reviewer.core.matrix import MatrixRow
from reviewer.core.placed import Placed, Where, place_findings
from reviewer.core.publication import Conclusion
from reviewer.core.question import Question, each_once, left_open
from reviewer.core.recollect import SETTLED, Held, Recalled, recollect
from reviewer.core.routing import FindingFacts, Spread, route, spread_of
from reviewer.core.sameness import says_the_same
from reviewer.core.several import owner_of

__all__ = ["BELOW", "Candidates", "Dropped", "Placed", "Review", "Usage", "Where", "assemble", "displaced"]

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reviewer.core.change import Change
    from reviewer.core.memory import Memory
    from reviewer.core.plan import Plan
    from reviewer.core.response import Response


BELOW: Final = "below threshold"
"""Why a finding is not shown of which its finder is too little sure."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that is not shown, and why; counted, never silent. `because` is what refuted it, in a sentence."""

    rule: str
    path: str
    start_line: int
    reason: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a review cost. Seconds are wall time by phase ("read", "rules", "model"); `micros` are millionths of the
    operator's currency, 0 where no price is known.
    """

    model_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    github_requests: int = 0
    seconds: tuple[tuple[str, float], ...] = ()
    micros: int = 0


@dataclass(frozen=True, slots=True)
class Candidates:
    """What rules, linters and model said, checked but not ranked. `dropped` are those that an earlier part let go,
    `questions` those that the model asks and those that undecided candidates became, `endpoints` the evidence matrix,
    `undecided` those candidates themselves.
    """

    findings: tuple[Finding, ...]
    dropped: tuple[Dropped, ...] = ()
    questions: tuple[Question, ...] = ()
    usage: Usage = field(default_factory=Usage)
    endpoints: tuple[MatrixRow, ...] = ()
    undecided: tuple[Finding, ...] = ()


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
    author: str = ""
    """Who opened the pull request, "" where there is none or the account is gone; never mentioned by us."""
    recalled: Recalled = field(default_factory=Recalled)
    questions: tuple[Question, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is shown, inline or in the summary."""
        return tuple(item.finding for item in self.placed)

    @property
    def inline(self) -> tuple[Placed, ...]:
        """What goes on lines of the diff."""
        return tuple(item for item in self.placed if item.where is Where.INLINE)


def assemble(change: Change, found: Candidates, coverage: Coverage, plan: Plan, memory: Memory | None = None) -> Review:
    """Merge, drop with reason, rank, route, recollect, place and cap. Pure; nothing is lost: shown, dismissed by a
    person, or dropped with its reason.
    """
    answers = memory.answers if memory is not None else {}
    found, confirmed = with_answers(found, answers)
    wanted, unwanted = _wanted(found.findings, plan)
    merged, dropped = _merge(wanted)
    spreads = _spreads(merged)
    dropped += unwanted
    kept: list[Finding] = []
    for finding in merged:
        if finding.confidence < plan.limits.confidence_min:
            dropped.append(_drop(finding, BELOW))
        else:
            kept.append(_route(finding, spreads[finding.rule], plan))
    kept.sort(key=lambda finding: finding.rank)
    looked = Look(coverage, _paths(change), _off(dropped), confirmed, has_model=plan.model is not None)
    held = _held(memory, change, kept, looked)
    dropped += [_drop(finding, SETTLED) for finding in held.settled]
    placed = place_findings(change, held.live, plan.limits.comments_max, held.recalled)
    shown = tuple(item.finding for item in placed)
    conclusion = conclude(coverage, shown, plan.gate)
    if conclusion is Conclusion.SUCCESS and held.recalled.kept:
        conclusion = Conclusion.NEUTRAL  # what was found before and nobody has mended is not all right
    asked = each_once(one for one in (*left_open(shown), *found.questions) if one.id not in answers)
    return Review(
        repository=change.repository,
        number=change.number,
        base=change.base,
        head=change.head,
        plan=plan,
        placed=placed,
        dropped=(*found.dropped, *dropped),
        coverage=coverage,
        response=_with_questions(compose(shown, coverage, plan), asked),
        conclusion=conclusion,
        usage=found.usage,
        endpoints=found.endpoints,
        author=change.author,
        recalled=held.recalled,
        questions=asked,
    )


def _held(memory: Memory | None, change: Change, findings: list[Finding], looked: Look) -> Held:
    """The findings, in order of rank, held against what the pull request remembers; a local one remembers nothing."""
    if memory is None:
        return Held(tuple(findings), (), Recalled())
    return recollect(memory, change, findings, looked)


def _paths(change: Change) -> frozenset[str]:
    return frozenset(file.path for file in change.files)


def _off(dropped: Iterable[Dropped]) -> frozenset[tuple[str, str]]:
    return frozenset((one.rule, one.path) for one in dropped if one.reason in (SWITCHED_OFF, BELOW))


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


def _with_questions(response: Response, asked: tuple[Question, ...]) -> Response:
    return response.model_copy(update={"follow_up_questions": tuple(one.told for one in asked)})


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
    places: dict[str, list[int]] = defaultdict(list)  # in `kept`, by path and by fingerprint: no other can be its twin
    for finding in ordered:
        near = sorted({*places[finding.path], *places[finding.fingerprint]})
        twin = next((at for at in near if same_cause(kept[at], finding) or _is_shadowed(finding, kept[at])), None)
        if twin is None:
            places[finding.path].append(len(kept))
            places[finding.fingerprint].append(len(kept))
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


def same_cause(one: Finding, two: Finding) -> bool:
    """Whether two findings speak of one fault; between a rule and the model, or two of the model, by their words."""
    if one.span is None or two.span is None:
        return one.fingerprint == two.fingerprint
    if not _overlap(one, two):
        return False
    together = one.concern is two.concern and one.span.first == two.span.first
    if Origin.MODEL in (one.origin, two.origin):
        return together and says_the_same(one, two)
    return one.rule == two.rule and one.span == two.span


def _spreads(findings: Iterable[Finding]) -> Mapping[str, Spread]:
    paths: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        paths[finding.rule].append(finding.path)
    return {rule: spread_of(there) for rule, there in paths.items()}


def _route(finding: Finding, spread: Spread, plan: Plan) -> Finding:
    is_blocker = finding.severity is Severity.BLOCKER
    is_note = finding.severity is Severity.NOTE
    facts = FindingFacts(finding.rule, finding.concern, is_blocker, finding.path, is_note)
    persona = owner_of(finding.path, finding.concern, plan.personas)
    # A note in many files is house style, not a matter for the Team Lead.
    routed = route(facts, Spread() if is_note else spread, persona, plan.team)
    line = persona.rule_for(finding.concern, finding.serves)
    return replace(
        finding,
        persona=persona.name if plan.others else "",
        owner=routed.owner,
        owner_reason=routed.reason,
        persona_rule=finding.persona_rule or (line.text if line else ""),
    )
