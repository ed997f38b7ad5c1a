"""What the model's answers come to: claims on lines of the change, those that need a second question, the verdicts.

Pure: the same notes give the same claims in every step.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from reviewer.core.change import Change, ChangedFile
from reviewer.core.concern import Origin
from reviewer.core.levels import levelled
from reviewer.core.question import Question, question_about
from reviewer.core.review import Dropped, same_cause
from reviewer.core.verification import ASKED_INSTEAD, NOT_CONFIRMED, Verification
from reviewer.llm.answer import JUDGED_BEFORE, Answer, Said, anchored, believe
from reviewer.llm.verify import Judged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.core.diff import Hunk
    from reviewer.core.finding import Finding
    from reviewer.core.persona import Persona
    from reviewer.core.plan import Plan
    from reviewer.llm.prompt import Batch, Part
    from reviewer.workflow.records import ModelSaid

UNASKED: Final = "Is “{title}” what happens here, and is it meant?"
"""What is asked about an undecided claim whose verdict asks nothing."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One claim in a verdict: what the model said, and what the second question made of it."""

    said: Said
    judged: Judged


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """What is kept of one part for later pushes: it was examined by that model, and this is all that came of it."""

    model: str
    claims: tuple[Kept, ...] = ()
    questions: tuple[str, ...] = ()


KEPT_VERDICT = TypeAdapter(KeptVerdict)


@dataclass(frozen=True, slots=True)
class Claim:
    """A finding of the model and the part it is in. `judged` is None until a second question was asked about it."""

    finding: Finding
    said: Said
    part: str
    judged: Judged | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """All claims, what was dropped, questions (with their part) and which model examined which part just now."""

    claims: tuple[Claim, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    questions: tuple[tuple[str, str], ...] = ()
    examined: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is published of the claims, and the verdicts by part that a later push need not ask for. `undecided` are
    the findings that questions hang on.
    """

    findings: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]
    questions: tuple[Question, ...]
    verdicts: Mapping[str, KeptVerdict]
    undecided: tuple[Finding, ...] = ()


def heard(
    change: Change,
    parts: Sequence[Part],
    answers: Sequence[tuple[Batch, ModelSaid]],
    before: Mapping[str, str],
) -> Heard:
    """Hold every answer against the change. `before` are the verdicts of earlier pushes, by part: their parts were not
    shown, so nothing new is believed about them.
    """
    settled = [part for part in parts if part.digest in before]
    asked = _without(change, settled) if settled else change
    claims: list[Claim] = []
    dropped: list[Dropped] = []
    questions: list[tuple[str, str]] = []
    examined: dict[str, str] = {}
    for batch, said in answers:
        whole = change if settled else None
        believed = believe(Answer.model_validate_json(said.text), asked, batch.paths, said.model, whole)
        shown = batch.parts
        dropped += believed.dropped
        for finding, one in zip(believed.findings, believed.said, strict=True):
            digest = _part_of(finding, shown)
            if not digest and _part_of(finding, settled):  # of a hunk that is shown in several parts
                dropped.append(_drop(finding, JUDGED_BEFORE, ""))
            else:
                claims.append(Claim(finding, one, digest))
        questions += ((shown[0].digest if shown else "", text) for text in believed.questions)
        examined |= {part.digest: said.model for part in shown}
    for part in settled:
        verdict = _read(before[part.digest])
        claims += _again(change, part, verdict)
        questions += ((part.digest, text) for text in verdict.questions)
    return Heard(tuple(claims), tuple(dropped), tuple(dict.fromkeys(questions)), examined)


def to_verify(told: Heard, plan: Plan, known: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that a second question is worth: what a rule says too, or what nobody would be shown, needs none."""
    return tuple(
        claim.finding
        for claim in told.claims
        if claim.judged is None
        and claim.finding.confidence >= plan.limits.confidence_min
        and levelled(claim.finding, plan.config) is not None
        and not any(same_cause(rule, claim.finding) for rule in known)
    )


def outcome(told: Heard, asked: Iterable[Finding], judged: Mapping[str, Judged], persona: Persona) -> Outcome:
    """What is published under a persona. `asked` are the claims put to a second question, `judged` what came of them.

    One that got no verdict is shown as not verified; its part is examined again on the next push.
    """
    wanted = {finding.fingerprint for finding in asked}
    findings: list[Finding] = []
    undecided: list[Finding] = []
    dropped = list(told.dropped)
    questions = [Question(text) for _, text in told.questions]
    kept: dict[str, list[Kept]] = {part: [] for part in told.examined or {}}
    open_parts: set[str] = set()
    for claim in told.claims:
        finding, verdict = claim.finding, claim.judged or judged.get(claim.finding.fingerprint)
        if verdict is None:
            needs = finding.fingerprint in wanted
            verdict = Judged(Verification.UNVERIFIED if needs else Verification.NEEDLESS)
            if needs:
                open_parts.add(claim.part)
        if claim.part in kept:
            kept[claim.part].append(Kept(claim.said, verdict))
        match verdict.verification:
            case Verification.REFUTED:
                dropped.append(_drop(finding, NOT_CONFIRMED, verdict.reason))
            case Verification.UNDECIDED:
                undecided.append(replace(finding, serves=_line(persona, finding.serves)))
                dropped.append(_drop(finding, ASKED_INSTEAD, verdict.reason))
                questions.append(question_about(finding, verdict.question or UNASKED.format(title=finding.title)))
            case _:
                serves = _line(persona, finding.serves)
                findings.append(replace(finding, verification=verdict.verification, serves=serves))
    asked_of = told.questions
    verdicts = {
        part: KeptVerdict((told.examined or {})[part], tuple(those), tuple(text for at, text in asked_of if at == part))
        for part, those in kept.items()
        if part and part not in open_parts
    }
    return Outcome(tuple(findings), tuple(dropped), tuple(questions), verdicts, tuple(undecided))


def part_keys(parts: Iterable[Part], known: Sequence[Finding], terms: Sequence[str]) -> Mapping[str, str]:
    """Under which key the verdict of each part is kept, by its digest.

    The key changes with whatever could change the verdict: the part and its context, what rules found in it, and the
    `terms` (persona, prompts, models).
    """
    keys: dict[str, str] = {}
    for part in parts:
        found = sorted({one.rule for one in known if one.origin is Origin.CODE and _is_in(one, part)})
        text = json.dumps([part.digest, found, *terms])
        keys[part.digest] = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return keys


def _again(change: Change, part: Part, verdict: KeptVerdict) -> list[Claim]:
    """The claims of an earlier push on the lines where their code stands now."""
    here = _only(change, part)
    found = ((kept, anchored(kept.said, here, verdict.model)) for kept in verdict.claims)
    return [Claim(finding, kept.said, part.digest, kept.judged) for kept, finding in found if finding is not None]


def _read(text: str) -> KeptVerdict:
    try:
        return KEPT_VERDICT.validate_json(text)
    except ValidationError as error:
        raise AssertionError("a verdict that was looked up is read only when it can be") from error


def is_readable(text: str) -> bool:
    """Whether a kept verdict is one of this version; of another, the part is asked about again."""
    try:
        KEPT_VERDICT.validate_json(text)
    except ValidationError:
        return False
    return True


def _line(persona: Persona, number: str) -> str:
    """The id of the persona's line that a model names by its number; "" for a number that there is not."""
    digits = number.strip().removesuffix(".")
    known = digits.isascii() and digits.isdigit() and len(digits) <= 4 and 1 <= int(digits) <= len(persona.rules)
    return persona.rules[int(digits) - 1].id if known else ""


def _drop(finding: Finding, reason: str, because: str) -> Dropped:
    return Dropped(finding.rule, finding.path, finding.span.first if finding.span else 1, reason, because)


def _part_of(finding: Finding, parts: Sequence[Part]) -> str:
    return next((part.digest for part in parts if _is_in(finding, part)), "")


def _is_in(finding: Finding, part: Part) -> bool:
    span = finding.span
    return span is not None and span.path == part.path and part.first <= span.first <= part.last


def _without(change: Change, settled: Sequence[Part]) -> Change:
    """The change without the hunks that have a verdict, whether one part holds a hunk or several do."""
    by_path: dict[str, list[Part]] = {}
    for part in settled:
        by_path.setdefault(part.path, []).append(part)
    return replace(change, files=tuple(_cut(file, by_path.get(file.path, ())) for file in change.files))


def _only(change: Change, part: Part) -> Change:
    """The hunks of a part, and those that it is a piece of."""
    file = change.file(part.path)
    if file is None:
        return replace(change, files=())
    hunks = tuple(hunk for hunk in file.diff.hunks if any(_covers((part,), number) for number in _numbers(hunk)))
    return replace(change, files=(replace(file, diff=replace(file.diff, hunks=hunks)),))


def _cut(file: ChangedFile, parts: Sequence[Part]) -> ChangedFile:
    hunks = tuple(hunk for hunk in file.diff.hunks if not _is_held(hunk, parts))
    return replace(file, diff=replace(file.diff, hunks=hunks))


def _is_held(hunk: Hunk, parts: Sequence[Part]) -> bool:
    numbers = _numbers(hunk)
    return bool(numbers) and all(_covers(parts, number) for number in numbers)


def _covers(parts: Sequence[Part], number: int) -> bool:
    return any(part.first <= number <= part.last for part in parts)


def _numbers(hunk: Hunk) -> list[int]:
    return [line.new for line in hunk.lines if line.new is not None]
