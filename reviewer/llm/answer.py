"""What the model is believed: nothing that does not fit the schema, no finding whose quote is not there. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.finding import Finding, Suggestion
from reviewer.core.review import Dropped
from reviewer.llm.quote import Page, Place, find, page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.change import Change

Shape = TypeVar("Shape", bound=BaseModel)

FINDINGS_MAX: Final = 100
"""Findings read of one answer; a batch of 24,000 tokens has no hundred defects, whoever claims so."""

ANSWER_CHARS_MAX: Final = 1_000_000
"""Characters of an answer that is read: ten for each token of the largest answer that can be asked for."""

_OBJECTS_MAX: Final = 50
"""Places at which an object is looked for. Each costs one pass at most, so this bounds the whole."""

JUDGED_BEFORE: Final = "in a hunk that was judged before"
"""Why a finding is dropped that a push which did not touch its hunk would raise anew."""

_LINE_MAX: Final = 1_000_000
_TITLE_CHARS_MAX: Final = 120
_MESSAGE_CHARS_MAX: Final = 1_500
_FAILURE_CHARS_MAX: Final = 600
_RULE_CHARS_MAX: Final = 100
_QUESTIONS_MAX: Final = 5
_QUESTION_CHARS_MAX: Final = 400


def _line(number: int) -> int:
    return max(1, min(number, _LINE_MAX))


def _share(number: float) -> float:
    return max(0.0, min(number, 1.0))


# Ranges are mended, not demanded: `minimum` and its like are refused by some servers, and no finding is lost for one.
_Line = Annotated[int, AfterValidator(_line)]
_Share = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_share)]


class Said(BaseModel):
    """One finding as the model gives it. A missing key is an invalid answer, but for the two that a finding can spare:

    `failure`, the input and the wrong outcome that follows, and `persona_rule`, the number of the persona's line.
    """

    model_config = ConfigDict(extra="forbid")

    path: str
    start_line: _Line
    end_line: _Line
    quote: str
    concern: Literal["lint", "validation", "tests", "solid", "api-docs", "security", "data"]
    severity: Literal["blocker", "warning", "note"]
    confidence: _Share
    title: str
    failure: str = ""
    message: str
    persona_rule: str | None = None
    replacement: str | None


class Wished(BaseModel):
    """Something of the same commit: a file, a symbol, or a symbol in a file."""

    model_config = ConfigDict(extra="forbid")

    path: str = ""
    symbol: str = ""


class Answer(BaseModel):
    """The schema of a whole answer. The summary is not shown: it has the model understand before it judges.

    `wants` is what of the same commit it would see before it answers for good.
    """

    model_config = ConfigDict(extra="forbid")

    summary: str
    findings: list[Said]
    follow_up_questions: list[str]
    wants: list[Wished] = []


_KEYS: Final = frozenset((*Answer.model_fields, *Said.model_fields, *Wished.model_fields))


class UnusableAnswerError(ValueError):
    """An answer that is no JSON object of our schema; the message says where it departs from it, without quoting it."""


@dataclass(frozen=True, slots=True)
class Believed:
    """What is left of an answer after checking. `dropped` counts the rest, each with its reason.

    `said` is what each of the findings was made of, in the same order.
    """

    findings: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]
    questions: tuple[str, ...]
    said: tuple[Said, ...] = ()


def parse_answer(text: str) -> Answer:
    """The answer in a text that may have a think block, prose or a code fence around it. Raises UnusableAnswerError."""
    return read_object(text, Answer, _KEYS)


def read_object(text: str, shape: type[Shape], keys: frozenset[str]) -> Shape:
    """The object of a shape in a text; a message about it names no key but `keys`. Raises UnusableAnswerError."""
    if len(text) > ANSWER_CHARS_MAX:
        raise UnusableAnswerError(f"it is longer than {ANSWER_CHARS_MAX} characters")
    telling: str | None = None
    for candidate in _candidates(text):
        try:
            return shape.model_validate_json(candidate)
        except ValidationError as error:
            # The first object's fault says more than that there is other text around it.
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            if telling is None and first["type"] not in ("json_invalid", "string_unicode"):
                where = ".".join(_known(part, keys) for part in first["loc"]) or "the answer"
                telling = f"{where}: {first['msg'][:200]}"
    raise UnusableAnswerError(telling or "there is no JSON object in it")


def _known(part: str | int, keys: frozenset[str]) -> str:
    """A step of the way to a fault. A key that the model made up is not repeated: the message is shown to readers."""
    return str(part) if isinstance(part, int) or part in keys else "a key that is not in the schema"


def _candidates(text: str) -> Iterator[str]:
    """The whole text, then the objects after a think block, then (as code may speak of think blocks) all objects."""
    yield text
    after = text.rsplit("</think>", 1)[-1]
    yield from _objects(after)
    if after != text:
        yield from _objects(text)


def _objects(text: str) -> Iterator[str]:
    """JSON objects from left to right; each search begins where the last one ended."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    for _ in range(_OBJECTS_MAX):
        if at < 0:
            return
        try:
            _, end = decoder.raw_decode(text, at)
        except RecursionError:
            return  # nested a thousand deep: no answer, and each inner brace would cost as much again
        except ValueError:
            end = at + 1
        else:
            yield text[at:end]
        at = text.find("{", end)


def believe(
    answer: Answer, change: Change, paths: tuple[str, ...], model: str, whole: Change | None = None
) -> Believed:
    """Anchor each finding on its quote. The lines it names only choose between several places of the same code.

    `change` has the hunks that were asked about, `whole` also those that were judged before: about those an answer has
    nothing to say any more.
    """
    pages = _pages(change, paths)
    others = _pages(whole, paths) if whole is not None else {}
    findings: list[Finding] = []
    sayings: list[Said] = []
    dropped = [Dropped("model", "", 1, "over the cap")] * max(0, len(answer.findings) - FINDINGS_MAX)
    for said in answer.findings[:FINDINGS_MAX]:
        there, other = pages.get(said.path), others.get(said.path)
        place = find(there, said.quote, said.start_line) if there is not None else None
        if place is not None:
            findings.append(_finding(said, place, model))
            sayings.append(said)
        elif other is not None and find(other, said.quote, said.start_line) is not None:
            dropped.append(Dropped(_slug(said), other.path, said.start_line, JUDGED_BEFORE))
        elif there is None:
            dropped.append(Dropped(_slug(said), "", 1, "no such file in the change"))
        else:
            dropped.append(Dropped(_slug(said), there.path, said.start_line, "unanchored quote"))
    asked = (" ".join(text.split())[:_QUESTION_CHARS_MAX] for text in answer.follow_up_questions)
    return Believed(tuple(findings), tuple(dropped), tuple(filter(None, asked))[:_QUESTIONS_MAX], tuple(sayings))


def anchored(said: Said, change: Change, model: str) -> Finding | None:
    """What was said of a hunk before, on the lines where its quote stands now; None when it stands nowhere."""
    pages = _pages(change, (said.path,))
    place = find(pages[said.path], said.quote, said.start_line) if said.path in pages else None
    return _finding(said, place, model) if place is not None else None


def _pages(change: Change, paths: tuple[str, ...]) -> dict[str, Page]:
    return {file.path: page(file) for file in change.files if file.path in paths and file.unread is None}


def _slug(said: Said) -> str:
    return f"model_{said.concern.replace('-', '_')}"


def _finding(said: Said, place: Place, model: str) -> Finding:
    """`quoted` is the file's own text, so that the fingerprint does not change with how the model quotes."""
    return Finding(
        rule=_slug(said),
        concern=Concern(said.concern),
        severity=Severity(said.severity),
        span=place.span,
        title=" ".join(said.title.split())[:_TITLE_CHARS_MAX] or "Finding without a title",
        message=_message(said),
        confidence=said.confidence,
        origin=Origin.MODEL,
        symbol=model,
        quoted=place.text,
        suggestion=_suggestion(place, said.replacement),
        serves=(said.persona_rule or "")[:_RULE_CHARS_MAX],
    )


def _message(said: Said) -> str:
    """The failure first, then what is said of it: its last sentence is how to mend it."""
    failure, message = said.failure.strip()[:_FAILURE_CHARS_MAX], said.message.strip()[:_MESSAGE_CHARS_MAX]
    return message if not failure or failure in message else f"{failure}\n\n{message}".strip()


def _suggestion(place: Place, replacement: str | None) -> Suggestion | None:
    """The replacement, indented as the lines it is for. Nobody sees it before it was applied and parsed."""
    if replacement is None or place.indent is None:
        return None
    lines = replacement.removesuffix("\n").split("\n")
    first, others = place.indent
    if first and lines[0].startswith(first):
        first = others = ""  # it has the file's indentation, though the quote has not
    moved = [(others if at else first) + line if line.strip() else line for at, line in enumerate(lines)]
    return Suggestion(place.span.first, place.span.last, "\n".join(moved))
