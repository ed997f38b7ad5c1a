"""An answer in a conversation: the persona's response structure, filled by the model, as one comment of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.publication import AnswerPost
from reviewer.core.wording import sentence
from reviewer.rendering.diagram import diagram
from reviewer.rendering.markdown import code, cut, fence, line, marker
from reviewer.rendering.outcome import short
from reviewer.rendering.response import section, sections_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewer.core.response import Response, ResponseStructure

CHARS_MAX: Final = 30_000
"""Characters of an answer: what somebody reads who has asked one question."""

SAMPLE_CHARS_MAX: Final = 8_000
"""Characters of one code sample; a longer one is a file of its own."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Code as it is shown, under a title of the model's. `language` is one word."""

    title: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered. `response` has no code samples: those that were parsed are `samples`. `contract` is OpenAPI in
    its language, `diagram` Mermaid; "" where there is none. `left_out` are sentences of ours about what is not shown.
    """

    response: Response
    samples: tuple[Shown, ...] = ()
    contract: Shown | None = None
    diagram: str = ""
    left_out: tuple[str, ...] = ()


def answered(
    source_id: str, said: Answered, structure: ResponseStructure, head: str, places: Mapping[str, str]
) -> AnswerPost:
    """The answer to a question, in the order and under the names of the persona; `places` have permalinks."""
    parts: list[str] = []
    for heading, part in sections_of(structure):
        if part == "code_samples":
            parts += [_samples(line(heading), said.samples), *_extras(said)]
        else:
            parts.append(section(said.response, heading, part, places))
    notes = " ".join(line(sentence(note)) for note in said.left_out)
    about = f"_Said by the model about {code(short(head))}, and not verified: it changes no finding and no check._" + (
        f" {notes}" if notes else ""
    )
    body = cut("\n\n".join(part for part in parts if part), CHARS_MAX)
    hidden = marker("answer", source_id)
    return AnswerPost(hidden, "\n\n".join(filter(None, (body, about, hidden))))


def _samples(heading: str, samples: tuple[Shown, ...]) -> str:
    if not samples:
        return ""
    told = (_named(one) + fence(one.text, one.language) for one in samples)
    return f"#### {heading}\n\n" + "\n\n".join(told)


def _named(sample: Shown) -> str:
    return f"**{line(sample.title)}**\n\n" if sample.title.strip() else ""


def _extras(said: Answered) -> tuple[str, ...]:
    contract = f"#### API contract\n\n{fence(said.contract.text, said.contract.language)}" if said.contract else ""
    drawn = f"#### Diagram\n\n{diagram(said.diagram)}" if said.diagram.strip() else ""
    return contract, drawn
