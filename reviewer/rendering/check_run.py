"""What the check run says: of a review, of one that was not made, of one under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final, assert_never

from reviewer.core.compose import place_of
from reviewer.core.concern import Severity, Side
from reviewer.core.coverage import gating
from reviewer.core.finding import Finding
from reviewer.core.job import Button
from reviewer.core.publication import (
    CHECK_BYTES_MAX,
    Annotation,
    AnnotationLevel,
    CheckAction,
    CheckNote,
    CheckPost,
    CheckStatus,
    Conclusion,
)
from reviewer.core.review import Placed, Review, Where
from reviewer.core.wording import capitalised, counted, sentence
from reviewer.rendering.details import NO_PAGES, details
from reviewer.rendering.markdown import code, cut_bytes, line
from reviewer.rendering.outcome import concern_name, evidence, headline, icon, left_out, model_note, short, title_of
from reviewer.rendering.placing import place
from reviewer.rendering.visible import visible

TITLE_CHARS_MAX: Final = 255
"""Characters of the check run's title and of an annotation's (REST description, check runs)."""

MESSAGE_CHARS_MAX: Final = 8_000
"""Characters of an annotation; GitHub takes 64 KB and shows it beside one line of code."""


_WHERE: Final = "The review appears here and on the pull request."


_REVIEW: Final = CheckAction("Re-review", "Review the newest commit once more", Button.REVIEW)
_EXPLAIN: Final = CheckAction("Explain the blockers", "What fails, and the page of each rule", Button.EXPLAIN)
_LEAD: Final = CheckAction("Ask the lead", "Put the open questions to the Team Lead", Button.LEAD)


class Skip(StrEnum):
    """Why an automatic review is not made; the values are those of a skipped job's source id."""

    DRAFT = "draft"
    BOT = "bot"


def completed(review: Review, pages: Mapping[str, str] = NO_PAGES) -> CheckPost:
    """The check run of a finished review, with an annotation for every finding that has a place at head.

    `pages` are the rules' pages by slug, for the details.
    """
    return CheckPost(
        conclusion=review.conclusion,
        title=_title(review)[:TITLE_CHARS_MAX],
        summary=_summary(review),
        annotations=tuple(note for item in review.placed if (note := _annotation(item)) is not None),
        text=details(review, pages),
        actions=(_REVIEW, _EXPLAIN, _LEAD),
    )


def queued(head: str) -> CheckNote:
    """Before the review's turn comes."""
    said = f"{code(short(head))} is reviewed as soon as its turn comes. A push waits some seconds for the next one."
    return CheckNote(CheckStatus.QUEUED, "Queued", f"{said} {_WHERE}")


def reading(head: str) -> CheckNote:
    """While the change is read and judged without a model."""
    said = f"The change at {code(short(head))} is being read and put before the rules and linters."
    return CheckNote(CheckStatus.IN_PROGRESS, "Reading the change, running rules and linters", f"{said} {_WHERE}")


def asking(head: str, parts: int) -> CheckNote:
    """While the model is asked, in so many parts; it takes minutes where all else takes seconds."""
    said = f"Rules and linters are through with {code(short(head))}. The model is asked about it"
    said += "." if parts == 1 else f" in {parts} parts."
    return CheckNote(CheckStatus.IN_PROGRESS, "Rules and linters are done, asking the model", f"{said} {_WHERE}")


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


def paused(handle: str) -> CheckPost:
    """People have paused the automatic reviews of this pull request."""
    said = "Automatic reviews are paused on this pull request."
    resume = f"Comment {code(f'@{handle} resume')} to have later pushes reviewed again"
    return _not_made(
        "Not reviewed: paused", f"{said} {resume}, or {code(f'@{handle} review')} to have this one reviewed."
    )


def ignored(handle: str) -> CheckPost:
    """People have ended the automatic reviews of this pull request."""
    said = f"Automatic reviews were ended on this pull request with {code(f'@{handle} ignore')}."
    ask = f"Comment {code(f'@{handle} review')} to have it reviewed all the same."
    return _not_made("Not reviewed: ignored", f"{said} {ask}")


def superseded(head: str, newer: str, page: str | None) -> CheckPost:
    """A newer commit came before this one was reviewed. `newer` is "" where it is not known; `page` shows its checks.

    The same commit again: the pull request was retargeted or made ready, which makes another review of it.
    """
    name = code(short(newer)) if newer else "the newer one"
    shown = f"[{name}]({page})" if page and newer else name
    if newer == head:
        title, said = "Cancelled: begun again", f"The pull request was changed: {shown} is reviewed anew."
    else:
        title = f"Cancelled: a newer commit came{f', {short(newer)}' if newer else ''}"
        said = f"{code(short(head))} is no longer the head; {shown} is reviewed instead."
    return replace(_not_made(title, said), conclusion=Conclusion.CANCELLED, actions=())


def closed() -> CheckPost:
    """The pull request was closed before the review was done."""
    said = "The review was stopped when the pull request was closed."
    return replace(_not_made("Not reviewed: the pull request was closed", said), actions=())


def failed(reason: str, handle: str) -> CheckPost:
    """The review could not be made or published. `reason` is one sentence for a person (an error's message)."""
    said = line(capitalised(sentence(reason)))
    title = f"Not reviewed: {' '.join(visible(reason).split())}"
    ask = f"When that is mended, press “Re-run” here or comment {code(f'@{handle} review')}."
    return _not_made(title, f"**This commit was not reviewed.** {said}\n\n{ask}")


def _not_made(title: str, summary: str) -> CheckPost:
    """Never a success: what nobody looked at is not all right."""
    said = cut_bytes(summary, CHECK_BYTES_MAX)
    return CheckPost(Conclusion.NEUTRAL, title[:TITLE_CHARS_MAX], said, (), actions=(_REVIEW,))


def _title(review: Review) -> str:
    """The outcome in a line; where the check fails, how many findings make it fail."""
    failing = len(gating(review.findings, review.plan.gate))
    if review.conclusion is not Conclusion.FAILURE or not failing:
        return headline(review)
    fail = "fails" if failing == 1 else "fail"
    return f"{counted(failing, 'finding')} {fail} the gate · {headline(review)}"


def _summary(review: Review) -> str:
    parts = [line(review.response.summary), line(model_note(review)), _gate(review)]
    parts.append("\n".join(_row(review, item.finding, item.where) for item in review.placed))
    coverage = review.coverage
    missing = [f"- {line(gap.part)}: {line(sentence(gap.reason))}" for gap in coverage.gaps]
    missing += [f"- {code(entry.path)}: {line(sentence(entry.reason or ''))}" for entry in coverage.unreviewed]
    if missing:
        parts.append("#### Not reviewed\n\n" + "\n".join(missing))
    if dropped := left_out(review):
        parts.append(f"Left out: {line(dropped)}.")
    return cut_bytes("\n\n".join(part for part in parts if part), CHECK_BYTES_MAX)


def _gate(review: Review) -> str:
    """Why the check fails, for who has to merge."""
    if review.conclusion is not Conclusion.FAILURE or review.plan.gate is None:
        return ""
    least = "a blocker" if review.plan.gate is Severity.BLOCKER else f"a {review.plan.gate.value} or graver"
    return f"The repository lets a finding that is {least} fail this check; those of the model alone never do."


def _row(review: Review, finding: Finding, where: Where) -> str:
    shown = "" if where is Where.INLINE else " (told in the summary comment)"
    what = f"{icon(finding.severity)} {finding.severity.value}, {concern_name(finding.concern)}"
    return f"- {what}: {place(review, finding)} {sentence(title_of(finding))}{shown}"


def _annotation(item: Placed) -> Annotation | None:
    """Plain text: GitHub shows no markdown here. What is said of removed lines stands beside the gap that they left."""
    finding, span = item.finding, item.finding.span
    if span is None or (span.side is Side.LEFT and item.beside is None):
        return None
    first, last = (item.beside, item.beside) if span.side is Side.LEFT and item.beside else (span.first, span.last)
    about = f"{finding.severity.value.capitalize()} · {concern_name(finding.concern)}"
    title = f"{about}: {' '.join(visible(finding.title).split())}"
    said = visible(finding.message.strip())[:MESSAGE_CHARS_MAX]
    quoted = f"\n\n“{' '.join(visible(finding.persona_rule).split())}”" if finding.persona_rule else ""
    removed = f"\n\nabout lines that are removed here ({place_of(finding)})" if span.side is Side.LEFT else ""
    message = f"{said}{quoted}{visible(removed)}\n\n{evidence(finding)} ({finding.rule})"
    return Annotation(span.path, first, last, _level(finding.severity), title[:TITLE_CHARS_MAX], message)


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
