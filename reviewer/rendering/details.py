"""The details of a check run: each blocking finding explained, and the open questions.

They are written when the review is made, as nothing of it is kept; who presses a button gets them as an answer. Hidden
lines of ours divide the parts, and nobody but the App can write here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from reviewer.core.concern import Severity
from reviewer.core.coverage import gating
from reviewer.core.finding import Finding
from reviewer.core.review import Review
from reviewer.core.wording import counted
from reviewer.rendering.comment import footing
from reviewer.rendering.markdown import code, cut, cut_bytes, fence, line, marker, prose
from reviewer.rendering.outcome import icon, title_of
from reviewer.rendering.placing import known_places, place

BLOCKERS: Final = marker("blockers")
QUESTIONS: Final = marker("questions")
END: Final = marker("end")

NO_PAGES: Final[Mapping[str, str]] = MappingProxyType({})

BLOCKERS_BYTES_MAX: Final = 50_000
QUESTIONS_BYTES_MAX: Final = 10_000
"""Shares of the 65,535 bytes that a check run's text may have."""

MESSAGE_CHARS_MAX: Final = 3_000
PAGE_CHARS_MAX: Final = 4_000
"""Characters of one finding's parts; the longest page of a rule has half of that."""


def details(review: Review, pages: Mapping[str, str]) -> str:
    """The check run's text. `pages` are the rules' pages by slug."""
    blockers = _blockers(review, pages)
    questions = cut_bytes(_questions(review), QUESTIONS_BYTES_MAX)
    return "\n\n".join((BLOCKERS, blockers, QUESTIONS, questions, END))


def part(text: str, hidden: str) -> str:
    """The part of a check run's text that follows a hidden line of ours; "" when it is not there."""
    rows = text.replace("\r\n", "\n").split("\n")
    if hidden not in rows:
        return ""
    rest = rows[rows.index(hidden) + 1 :]
    end = next((at for at, row in enumerate(rest) if row in (BLOCKERS, QUESTIONS, END)), len(rest))
    return "\n".join(rest[:end]).strip("\n")


def page_as_markdown(page: str) -> str:
    """A rule's page, which marks code as docstrings do: a word and `::`, then lines further in."""
    blocks: list[str] = []
    for block in page.strip("\n").split("\n\n"):
        rows = block.split("\n")
        if all(row.startswith("    ") for row in rows):
            blocks.append(fence("\n".join(row[4:] for row in rows), "ts"))
        elif block.rstrip().endswith("::"):
            blocks.append(prose(block.rstrip().removesuffix(":")))
        else:
            blocks.append(prose(" ".join(row.strip() for row in rows) if _is_plain(rows) else block))
    return cut("\n\n".join(blocks), PAGE_CHARS_MAX)


def _is_plain(rows: list[str]) -> bool:
    return not any(row.lstrip().startswith(("-", "*", "```")) for row in rows)


def _blockers(review: Review, pages: Mapping[str, str]) -> str:
    failing = gating(review.findings, review.plan.gate)
    grave = failing or tuple(one for one in review.findings if one.severity is Severity.BLOCKER)
    if not grave:
        return _nothing(review)
    title = "What fails the check" if failing else "The blockers"
    said = f"### {title}\n\n{counted(len(grave), 'finding')}"
    said += ", gravest first." if failing else "; none of them fails the check."
    explained: set[str] = set()
    parts, room = [said], BLOCKERS_BYTES_MAX - len(said.encode()) - 100
    for told, finding in enumerate(grave):
        page = page_as_markdown(pages.get(finding.rule, ""))
        about = _folded(finding.rule, page) if page and finding.rule not in explained else ""
        again = f"The rule {code(finding.rule)} is explained above." if page and not about else ""
        block = _explained(review, finding, about or again)
        room -= len(block.encode()) + 2
        if room < 0:  # whole ones only: a cut could leave a fold open
            parts.append(f"… and {counted(len(grave) - told, 'finding')} more, in the annotations and the summary.")
            break
        parts.append(block)
        explained.add(finding.rule)
    return "\n\n".join(parts)


def _nothing(review: Review) -> str:
    said = "### The blockers\n\nNo finding fails the check, and none is a blocker."
    return said if review.coverage.complete else f"{said} But not everything was reviewed: see above."


def _folded(rule: str, page: str) -> str:
    """A rule's page under a line to open. A slug is of letters, digits and underscores, so it needs no escape."""
    return f"<details><summary>The rule <code>{rule}</code></summary>\n\n{page}\n\n</details>"


def _explained(review: Review, finding: Finding, about: str) -> str:
    parts = [f"#### {icon(finding.severity)} {title_of(finding)}", f"On {place(review, finding)}:"]
    parts.append(cut(prose(finding.message), MESSAGE_CHARS_MAX))
    parts += [footing(finding, review.plan.persona.name), about]
    return "\n\n".join(part for part in parts if part)


def _questions(review: Review) -> str:
    places = known_places(review)
    asked = [f"- {line(question, places)}" for question in review.response.follow_up_questions]
    return "### Open questions\n\n" + ("\n".join(asked) or "The review has no question of its own.")
