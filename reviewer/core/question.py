"""A follow-up question: asked under an id, so that an answer can name it and what hangs on it is looked at again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.markup import code_span
from reviewer.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.core.finding import Finding

TEXT_CHARS_MAX: Final = 600
"""Characters of one question; a longer one is none that a busy person answers."""

PLACES_MAX: Final = 4
"""Places named in one question."""

ASKED_MAX: Final = 12
"""Questions of one review; the gravest findings' come first."""

ID_DIGITS: Final = 6
"""Hexadecimal digits of an id: of twelve questions, two share one in a quarter of a million reviews."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the author. `finding` is the fingerprint of what hangs on its answer, "" for the whole change.

    `places` (`src/orders.ts:12`) say where that is. Two questions of one text about one finding are the same question,
    also after a push: the id is made of these two.
    """

    text: str
    finding: str = ""
    places: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """`q-` and six hexadecimal digits; never of line numbers, so that it survives other edits."""
        folded = " ".join(self.text.split()).casefold()
        made = hashlib.sha256(f"{self.finding}\x00{folded}".encode("utf-8", "surrogatepass"))
        return f"q-{made.hexdigest()[:ID_DIGITS]}"

    @property
    def asked(self) -> str:
        """The question and where it is about, as markdown text."""
        where = listed([code_span(place) for place in self.places], PLACES_MAX)
        return self.text + (f" ({where})" if where else "")

    @property
    def told(self) -> str:
        """As a line of a list: the id, the question, and where it is about."""
        return f"{code_span(self.id)} {self.asked}"


def question_about(finding: Finding, text: str) -> Question:
    """A question that a finding hangs on."""
    return Question(short(text), finding.fingerprint, _places((finding,)))


def left_open(findings: Iterable[Finding]) -> tuple[Question, ...]:
    """What the findings themselves ask; one text about many places is asked once, and hangs on the first of them."""
    asked: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.question:
            asked.setdefault(short(finding.question), []).append(finding)
    return tuple(Question(text, about[0].fingerprint, _places(about)) for text, about in asked.items())


def short(text: str) -> str:
    """A question on one line, cut at its limit."""
    flat = " ".join(text.split())
    return flat if len(flat) <= TEXT_CHARS_MAX else flat[: TEXT_CHARS_MAX - 2].rsplit(" ", 1)[0] + " …"


def each_once(questions: Iterable[Question]) -> tuple[Question, ...]:
    """Every question once, in order, and no more than are answered."""
    return tuple({one.id: one for one in questions if one.text}.values())[:ASKED_MAX]


def _places(findings: Iterable[Finding]) -> tuple[str, ...]:
    spans = [finding.span for finding in findings if finding.span is not None]
    return tuple(
        dict.fromkeys(
            f"{span.path}:{span.first}" + (f"-{span.last}" if span.last > span.first else "") for span in spans
        )
    )
