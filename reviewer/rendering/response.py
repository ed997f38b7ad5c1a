"""The response as sections of the summary, in the order and under the names that the persona gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from reviewer.core.response import FIELDS, Response, ResponseStructure
from reviewer.core.review import Review
from reviewer.rendering.markdown import cut, line, link, prose
from reviewer.rendering.placing import known_places

SUMMARY_CHARS_MAX: Final = 3_000
STEPS_CHARS_MAX: Final = 8_000
SAMPLES_CHARS_MAX: Final = 5_000
QUESTIONS_CHARS_MAX: Final = 2_500
RESOURCES_CHARS_MAX: Final = 1_500
"""The sections' shares of the summary's room, 20,000 together."""


def sections_of(structure: ResponseStructure) -> tuple[tuple[str, str], ...]:
    """Heading and part of each section: the persona's keys in its order, then the parts it does not name."""
    named = [(_heading(key.name), key.part) for key in structure.keys if key.part is not None]
    there = {part for _, part in named}
    return (*named, *((_heading(part), part) for part in FIELDS if part not in there))


def response_sections(review: Review) -> tuple[str, ...]:
    """The sections that have something to say, as markdown."""
    structure, places = review.plan.persona.response_structure, known_places(review)
    told = (section(review.response, heading, part, places) for heading, part in sections_of(structure))
    return tuple(one for one in told if one)


def section(response: Response, heading: str, part: str, places: Mapping[str, str]) -> str:
    """One section as markdown; "" when it has nothing to say. `places` have permalinks."""
    title = f"#### {line(heading)}"
    match part:
        case "summary":
            body = cut(_paragraphs(response.summary, places), SUMMARY_CHARS_MAX)
        case "steps":
            steps = [f"{number}. {line(step, places)}" for number, step in enumerate(response.steps, 1)]
            body = _rows(steps, STEPS_CHARS_MAX)
        case "code_samples":
            return _samples(response.code_samples, line(heading))
        case "follow_up_questions":
            body = _rows(
                [f"- {line(question, places)}" for question in response.follow_up_questions], QUESTIONS_CHARS_MAX
            )
        case "resources":
            body = _rows([f"- {link(line(page.title), page.url)}" for page in response.resources], RESOURCES_CHARS_MAX)
        case _:
            body = ""
    return f"{title}\n\n{body}" if body else ""


def _paragraphs(text: str, places: Mapping[str, str]) -> str:
    return "\n\n".join(filter(None, (line(paragraph, places) for paragraph in text.split("\n\n"))))


def _rows(rows: Sequence[str], chars_max: int) -> str:
    kept: list[str] = []
    room = chars_max - 40
    for row in rows:
        room -= len(row) + 1
        if room < 0:
            return "\n".join((*kept, f"- … and {len(rows) - len(kept)} more."))
        kept.append(row)
    return "\n".join(kept)


def _samples(samples: Mapping[str, str], heading: str) -> str:
    """Folded away: each suggestion also stands at its line."""
    parts = [
        prose(sample) if len(samples) == 1 else f"**{line(name)}**\n\n{prose(sample)}"
        for name, sample in samples.items()
    ]
    body = cut("\n\n".join(filter(None, parts)), SAMPLES_CHARS_MAX)
    return f"<details><summary>{heading}</summary>\n\n{body}\n\n</details>" if body else ""


def _heading(name: str) -> str:
    """`follow_up_questions` and `followUpQuestions` as `Follow up questions`; the usual spelling where we know it."""
    usual = {"follow_up_questions": "Follow-up questions"}
    if name in usual:
        return usual[name]
    words = "".join(f" {char}" if char.isupper() else char for char in name.replace("_", " ").replace("-", " "))
    return " ".join(words.split()).capitalize()
