"""What the check run says: of a review, of one that was not made, of one under way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from reviewer.core.concern import Severity, Side
from reviewer.core.finding import Finding
from reviewer.core.publication import CHECK_BYTES_MAX, Annotation, AnnotationLevel, CheckPost, Conclusion
from reviewer.core.review import Review, Where
from reviewer.core.wording import capitalised, sentence
from reviewer.rendering.markdown import code, cut_bytes, line
from reviewer.rendering.outcome import concern_name, evidence, headline, icon, left_out, model_note, short, title_of
from reviewer.rendering.placing import place
from reviewer.rendering.visible import visible

TITLE_CHARS_MAX: Final = 255
"""Characters of the check run's title and of an annotation's (REST description, check runs)."""

MESSAGE_CHARS_MAX: Final = 8_000
"""Characters of an annotation; GitHub takes 64 KB and shows it beside one line of code."""


@dataclass(frozen=True, slots=True)
class CheckText:
    """Title and summary of a check run that has no conclusion yet."""

    title: str
    summary: str


class Skip(StrEnum):
    """Why an automatic review is not made; the values are those of a skipped job's source id."""

    DRAFT = "draft"
    BOT = "bot"


def completed(review: Review) -> CheckPost:
    """The check run of a finished review, with an annotation for every finding that has lines at head."""
    annotations = (
        _annotation(finding) for finding in review.findings if finding.span and finding.span.side is Side.RIGHT
    )
    return CheckPost(review.conclusion, headline(review)[:TITLE_CHARS_MAX], _summary(review), tuple(annotations))


def in_progress(head: str) -> CheckText:
    """While the review is being made."""
    return CheckText(
        "Reviewing …",
        f"The change at {code(short(head))} is being read. The review appears here and on the pull request.",
    )


def skipped(skip: Skip, handle: str) -> CheckPost:
    """A pull request that is not reviewed by itself. `handle` is the name we answer to."""
    ask = f"Comment {code(f'@{handle} review')} to have it reviewed all the same."
    match skip:
        case Skip.DRAFT:
            why = "This pull request is a draft. It is reviewed as soon as it is marked ready for review."
            return _not_made("Not reviewed: a draft", f"{why} {ask}")
        case Skip.BOT:
            return _not_made(
                "Not reviewed: opened by a bot", f"Pull requests of bots are not reviewed by themselves. {ask}"
            )
        case _:
            assert_never(skip)


def filtered(reason: str, handle: str) -> CheckPost:
    """A pull request that the repository's owner does not want reviewed by itself; `reason` is a clause."""
    ask = f"Comment {code(f'@{handle} review')} to have it reviewed all the same."
    why = f"This pull request is not reviewed by itself, as the repository is configured: {line(sentence(reason))}"
    return _not_made("Not reviewed: as configured", f"{why}\n\n{ask}")


def superseded(head: str) -> CheckPost:
    """A newer commit came while this one was being reviewed."""
    return _not_made(
        "Not reviewed: a newer commit came", f"{code(short(head))} is no longer the head; the newer one is reviewed."
    )


def closed() -> CheckPost:
    """The pull request was closed before the review was done."""
    return _not_made(
        "Not reviewed: the pull request was closed", "The review was stopped when the pull request was closed."
    )


def failed(reason: str, handle: str) -> CheckPost:
    """The review could not be made or published. `reason` is one sentence for a person (an error's message)."""
    said = line(capitalised(sentence(reason)))
    title = f"Not reviewed: {' '.join(visible(reason).split())}"
    ask = f"When that is mended, press “Re-run” here or comment {code(f'@{handle} review')}."
    return _not_made(title, f"**This commit was not reviewed.** {said}\n\n{ask}")


def _not_made(title: str, summary: str) -> CheckPost:
    """Never a success: what nobody looked at is not all right."""
    return CheckPost(Conclusion.NEUTRAL, title[:TITLE_CHARS_MAX], cut_bytes(summary, CHECK_BYTES_MAX), ())


def _summary(review: Review) -> str:
    parts = [line(review.response.summary), line(model_note(review))]
    parts.append("\n".join(_row(review, item.finding, item.where) for item in review.placed))
    coverage = review.coverage
    missing = [f"- {line(gap.part)}: {line(sentence(gap.reason))}" for gap in coverage.gaps]
    missing += [f"- {code(entry.path)}: {line(sentence(entry.reason or ''))}" for entry in coverage.unreviewed]
    if missing:
        parts.append("#### Not reviewed\n\n" + "\n".join(missing))
    if dropped := left_out(review):
        parts.append(f"Left out: {line(dropped)}.")
    return cut_bytes("\n\n".join(part for part in parts if part), CHECK_BYTES_MAX)


def _row(review: Review, finding: Finding, where: Where) -> str:
    shown = "" if where is Where.INLINE else " (told in the summary comment)"
    what = f"{icon(finding.severity)} {finding.severity.value}, {concern_name(finding.concern)}"
    return f"- {what}: {place(review, finding)} {sentence(title_of(finding))}{shown}"


def _annotation(finding: Finding) -> Annotation:
    """Plain text: GitHub shows no markdown here."""
    span = finding.span
    if span is None:
        raise ValueError("a finding without lines has no annotation")
    about = f"{finding.severity.value.capitalize()} · {concern_name(finding.concern)}"
    title = f"{about}: {' '.join(visible(finding.title).split())}"
    said = visible(finding.message.strip())[:MESSAGE_CHARS_MAX]
    quoted = f"\n\n“{' '.join(visible(finding.persona_rule).split())}”" if finding.persona_rule else ""
    message = f"{said}{quoted}\n\n{evidence(finding.origin)} ({finding.rule})"
    return Annotation(span.path, span.first, span.last, _level(finding.severity), title[:TITLE_CHARS_MAX], message)


def _level(severity: Severity) -> AnnotationLevel:
    match severity:
        case Severity.BLOCKER:
            return AnnotationLevel.FAILURE
        case Severity.WARNING:
            return AnnotationLevel.WARNING
        case Severity.NOTE:
            return AnnotationLevel.NOTICE
        case _:
            assert_never(severity)
