"""The response without a model: the persona's structure filled from the findings and from what was not looked at.

Pure, and the same for the same review. Texts are prose with inline code; the renderer escapes them like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import dedent
from typing import TYPE_CHECKING, Final

from reviewer.core.markup import code_span, fenced
from reviewer.core.question import left_open
from reviewer.core.references import is_reference
from reviewer.core.response import Resource, Response
from reviewer.core.wording import counted, joined, listed, sentence, severities

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.core.coverage import Coverage
    from reviewer.core.finding import Finding
    from reviewer.core.plan import Plan

STEPS_MAX: Final = 12
"""Steps a person can keep in mind of one sitting; what is left is counted in the last one."""

PLACES_MAX: Final = 4
"""Places named in one step; the findings themselves are listed below it."""

SAMPLES_MAX: Final = 3
SAMPLE_LINES_MAX: Final = 30
"""Code samples show the way; every suggestion stands whole at its line."""

QUESTIONS_MAX: Final = 6
RESOURCES_MAX: Final = 8

TEXT_CHARS_MAX: Final = 600
"""Characters of one title or mend: findings are short, a model's may not be."""


def compose(findings: Iterable[Finding], coverage: Coverage, plan: Plan) -> Response:
    """Fill the response from what was found, gravest first, and what was not reviewed."""
    ranked = tuple(sorted(findings, key=lambda finding: finding.rank))
    return Response(
        summary=" ".join((_outcome(ranked, coverage), *_unseen(coverage))),
        steps=_steps(ranked),
        code_samples=_samples(ranked, plan),
        follow_up_questions=_questions(ranked),
        resources=_resources(ranked),
    )


def place_of(finding: Finding) -> str:
    """`src/orders.ts:12` or `src/orders.ts:12-14`; "" for the change as a whole."""
    span = finding.span
    if span is None:
        return ""
    return f"{span.path}:{span.first}" + (f"-{span.last}" if span.last > span.first else "")


def mend_of(message: str) -> str:
    """How to mend it: a message first says what goes wrong, and its last paragraph or sentence what to do."""
    prose = message.partition("```")[0] if "\n```" in message else message  # an example is not what to do
    last = prose.strip().split("\n\n")[-1].strip()
    start = 0
    in_code = False
    for at, char in enumerate(last):
        if char == "`":
            in_code = not in_code
        ends = char in ".!?" and not in_code and last[at + 1 : at + 2] == " "
        if ends and (last[at + 2 : at + 3].isupper() or last[at + 2 : at + 3] == "`"):
            start = at + 2
    return last[start:]


def _outcome(ranked: Sequence[Finding], coverage: Coverage) -> str:
    if not coverage.entries and not ranked:
        return "There was no file to review."
    reviewed = len(coverage.entries) - len(coverage.unreviewed)
    if not ranked:
        if not reviewed:
            return "Nothing was reviewed."
        return (
            f"Nothing to report in the {counted(reviewed, 'file')} that "
            + ("was" if reviewed == 1 else "were")
            + " reviewed."
        )
    files = {finding.path for finding in ranked if finding.path}
    where = f" in {counted(len(files), 'file')}" if files else ""
    words = [f"{joined(severities(finding.severity for finding in ranked))}{where}."]
    leaders = _causes(ranked)[:2]
    words.append(f"First to mend: {_titled(leaders[0][0])}.")
    if len(leaders) > 1 and leaders[1][0].severity.rank == leaders[0][0].severity.rank:
        words.append(f"Then: {_titled(leaders[1][0])}.")
    return " ".join(words)


def _titled(finding: Finding) -> str:
    """A title as part of a sentence, with its place."""
    title = _short(finding.title).rstrip(".")
    lowered = title[:1].lower() + title[1:] if title[1:2].islower() or title[1:2] == " " else title
    return lowered + (f" ({code_span(place_of(finding))})" if finding.span else "")


def _unseen(coverage: Coverage) -> tuple[str, ...]:
    said: list[str] = []
    unreviewed = coverage.unreviewed
    if unreviewed:
        names = listed([code_span(entry.path) for entry in unreviewed], 3)
        verb = "was" if len(unreviewed) == 1 else "were"
        said.append(f"{len(unreviewed)} of {counted(len(coverage.entries), 'file')} {verb} not reviewed: {names}.")
    said += [sentence(f"The review has a gap ({gap.part}): {gap.reason}") for gap in coverage.gaps]
    return tuple(said)


def _causes(ranked: Sequence[Finding]) -> list[list[Finding]]:
    """Findings of one cause together, in order of rank: the same rule saying the same."""
    causes: dict[tuple[str, str], list[Finding]] = {}
    for finding in ranked:
        causes.setdefault((finding.rule, mend_of(finding.message)), []).append(finding)
    return list(causes.values())


def _steps(ranked: Sequence[Finding]) -> tuple[str, ...]:
    causes = _causes(ranked)
    steps = [_step(cause) for cause in causes[:STEPS_MAX]]
    if len(causes) > STEPS_MAX:
        steps.append(f"Then mend the remaining {counted(len(causes) - STEPS_MAX, 'cause')}, listed with the findings.")
    return tuple(steps)


def _step(cause: Sequence[Finding]) -> str:
    first = cause[0]
    places = list(dict.fromkeys(code_span(place_of(finding)) for finding in cause if finding.span))
    where = ""
    if len(places) == 1:
        where = f" at {places[0]}"
    elif places:
        where = f" at {len(places)} places ({listed(places, PLACES_MAX)})"
    title, mend = _short(first.title).rstrip("."), _short(mend_of(first.message))
    say = mend if mend and mend != first.message.strip() else _short(first.message)
    return f"{first.severity.value.capitalize()}{where}: " + " ".join(filter(None, (sentence(title), sentence(say))))


def _short(text: str) -> str:
    """A text small enough for a list; cut at a word."""
    flat = " ".join(text.split())
    return flat if len(flat) <= TEXT_CHARS_MAX else flat[:TEXT_CHARS_MAX].rsplit(" ", 1)[0] + " …"


def _samples(ranked: Sequence[Finding], plan: Plan) -> dict[str, str]:
    """Verified suggestions in one block, each under a comment that says where it goes."""
    pieces: list[str] = []
    for finding in ranked:
        suggestion = finding.suggestion
        if suggestion is None or not suggestion.text.strip() or suggestion.text.count("\n") >= SAMPLE_LINES_MAX:
            continue
        lines = (
            f"line {suggestion.first}"
            if suggestion.first == suggestion.last
            else f"lines {suggestion.first} to {suggestion.last}"
        )
        pieces.append(f"// {' '.join(finding.path.split())}, {lines}\n{dedent(suggestion.text).rstrip()}\n")
        if len(pieces) == SAMPLES_MAX:
            break
    keys = plan.persona.response_structure.code_keys or ("backend",)
    return {keys[0]: fenced("\n".join(pieces), "ts")} if pieces else {}


def _questions(ranked: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(question.asked for question in left_open(ranked)[:QUESTIONS_MAX])


def _resources(ranked: Sequence[Finding]) -> tuple[Resource, ...]:
    """The findings' pages, each once; a link outside the allow-list is left out."""
    pages = {
        page.url: page.title
        for finding in reversed(ranked)
        for page in reversed(finding.references)
        if is_reference(page.url)
    }
    return tuple(Resource(title=title, url=url) for url, title in list(reversed(pages.items()))[:RESOURCES_MAX])
