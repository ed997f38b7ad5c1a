"""What the model is believed: nothing that does not fit the schema, and no finding whose quote is not in the change. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reviewer.core.anchor import Span
from reviewer.core.concern import Concern, Origin, Severity, Side
from reviewer.core.finding import Finding, Suggestion
from reviewer.core.review import Dropped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.change import Change, ChangedFile

FINDINGS_MAX: Final = 100
"""Findings read of one answer; a batch of 24,000 tokens has no hundred defects, and one that claims so is not worth reading."""

_OBJECTS_MAX: Final = 200
_TITLE_CHARS_MAX: Final = 120
_MESSAGE_CHARS_MAX: Final = 1_500
_QUESTIONS_MAX: Final = 5
_QUESTION_CHARS_MAX: Final = 400


class _Said(BaseModel):
    """One finding as the model gives it. No defaults: a missing key is an invalid answer."""

    model_config = ConfigDict(extra="forbid")

    path: str
    start_line: int
    end_line: int
    quote: str
    concern: Literal["lint", "validation", "tests", "solid", "api-docs", "security", "data"]
    severity: Literal["blocker", "warning", "note"]
    confidence: float = Field(allow_inf_nan=False)
    title: str
    message: str
    replacement: str | None


class Answer(BaseModel):
    """The schema of a whole answer."""

    model_config = ConfigDict(extra="forbid")

    summary: str
    findings: list[_Said]
    follow_up_questions: list[str]


class UnusableAnswerError(ValueError):
    """An answer that is no JSON object of our schema; the message says where it departs from it, without quoting it."""


@dataclass(frozen=True, slots=True)
class Believed:
    """What is left of an answer after checking. `dropped` counts the rest, each with its reason."""

    findings: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]
    questions: tuple[str, ...]


def parse_answer(text: str) -> Answer:
    """The answer in a text that may have a think block, prose or a code fence around it. Raises UnusableAnswerError."""
    first: ValidationError | None = None
    for candidate in _objects(text):
        try:
            return Answer.model_validate_json(candidate)
        except ValidationError as error:
            first = error if first is None or first.errors()[0]["type"] == "json_invalid" else first
    if first is None:
        raise UnusableAnswerError("there is no JSON object in it")
    where = first.errors(include_input=False, include_url=False, include_context=False)[0]
    raise UnusableAnswerError(f"{'.'.join(str(part) for part in where['loc']) or 'the answer'}: {where['msg'][:200]}")


def _objects(text: str) -> Iterator[str]:
    """The whole text, then every JSON object in it, left to right; linear, as each try ends where the last one stopped."""
    yield text
    body = text.rsplit("</think>", 1)[-1]
    decoder = json.JSONDecoder()
    at = body.find("{")
    for _ in range(_OBJECTS_MAX):
        if at < 0:
            return
        try:
            _, end = decoder.raw_decode(body, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield body[at:end]
        at = body.find("{", end)


def believe(answer: Answer, change: Change, paths: tuple[str, ...], model: str) -> Believed:
    """Anchor each finding on its quote. The lines it names only choose between several places of the same code."""
    findings: list[Finding] = []
    dropped = [Dropped("model", "", 1, "over the cap")] * max(0, len(answer.findings) - FINDINGS_MAX)
    for said in answer.findings[:FINDINGS_MAX]:
        file = change.file(said.path) if said.path in paths else None
        span = _find(file, said) if file is not None else None
        if file is None:
            dropped.append(Dropped(_slug(said), "", 1, "no such file in the change"))
        elif span is None:
            dropped.append(Dropped(_slug(said), file.path, max(1, min(said.start_line, 10**6)), "unanchored quote"))
        else:
            findings.append(_finding(said, span, model))
    questions = tuple(text.strip()[:_QUESTION_CHARS_MAX] for text in answer.follow_up_questions if text.strip())
    return Believed(tuple(findings), tuple(dropped), questions[:_QUESTIONS_MAX])


def _slug(said: _Said) -> str:
    return f"model_{said.concern.replace('-', '_')}"


def _finding(said: _Said, span: Span, model: str) -> Finding:
    replacement = None
    if said.replacement is not None:
        replacement = Suggestion(span.first, span.last, said.replacement.removesuffix("\n"))
    return Finding(
        rule=_slug(said),
        concern=Concern(said.concern),
        severity=Severity(said.severity),
        span=span,
        title=" ".join(said.title.split())[:_TITLE_CHARS_MAX] or "Finding without a title",
        message=said.message.strip()[:_MESSAGE_CHARS_MAX],
        confidence=min(1.0, max(0.0, said.confidence)),
        origin=Origin.MODEL,
        symbol=model,
        quoted=said.quote,
        suggestion=replacement,
    )


def _find(file: ChangedFile, said: _Said) -> Span | None:
    """Where the quote stands in the hunks, on the side of head, at least one of its lines written by the change.

    Blanks are folded: a model re-indents. Of several places the one nearest to the lines it named is taken.
    """
    quote = [folded for line in said.quote.strip("\n").split("\n") if (folded := " ".join(line.split()))]
    if not quote:
        return None
    places: list[Span] = []
    for hunk in file.diff.hunks:
        rows = [
            (number, " ".join(line.text.split())) for number, line in sorted(hunk.numbered(Side.RIGHT).items()) if line.text.strip()
        ]
        for at in range(len(rows) - len(quote) + 1):
            here = rows[at : at + len(quote)]
            if not _matches(quote, [text for _, text in here]):
                continue
            span = Span(file.path, here[0][0], here[-1][0])
            if any(span.first <= number <= span.last for number in file.diff.edited):
                places.append(span)
    return min(places, key=lambda span: abs(span.first - said.start_line), default=None)


def _matches(quote: list[str], rows: list[str]) -> bool:
    """Whole lines, except that a one-line quote may be part of its line, if it is long enough to be that line's own."""
    if len(quote) == 1:
        return quote[0] == rows[0] or len(quote[0]) >= 8 and quote[0] in rows[0]  # noqa: PLR2004 - shorter ones are in many lines
    return quote == rows
