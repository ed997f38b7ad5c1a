"""The review for a terminal: findings with their lines of code, the steps, who is asked, what was not reviewed."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Final, assert_never

from reviewer.core.change import Change
from reviewer.core.compose import place_of
from reviewer.core.concern import Severity, Side
from reviewer.core.finding import Finding
from reviewer.core.review import Review
from reviewer.core.wording import joined, severities
from reviewer.rendering.outcome import concern_name, evidence, headline, left_out, model_note, short
from reviewer.rendering.spent import asked_of_model
from reviewer.rendering.visible import visible
from reviewer.rendering.who import because, lead_name, who_is_asked

WIDTH: Final = 100
"""Columns of running text; code keeps its own width up to FRAME_CHARS_MAX."""

FRAME_LINES_MAX: Final = 6
FRAME_CHARS_MAX: Final = 160


@dataclass(frozen=True, slots=True)
class Palette:
    """Escape sequences around words; all empty for plain text."""

    red: str = ""
    yellow: str = ""
    blue: str = ""
    bold: str = ""
    dim: str = ""
    off: str = ""

    def severity(self, severity: Severity) -> str:
        """The sequence that begins a word of this weight."""
        match severity:
            case Severity.BLOCKER:
                return self.red
            case Severity.WARNING:
                return self.yellow
            case Severity.NOTE:
                return self.blue
            case _:
                assert_never(severity)


PLAIN: Final = Palette()
COLOUR: Final = Palette("\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[2m", "\x1b[0m")


def terminal(review: Review, change: Change, palette: Palette = PLAIN) -> str:
    """The whole text, ended by a line feed. No control character of a file or a model reaches the terminal."""
    parts = [_head(review, palette)]
    parts += [_finding(finding, change, palette) for finding in review.findings]
    parts += [_unreviewed(review, palette), _response(review, palette), _who(review, palette)]
    if dropped := left_out(review):
        parts.append(_wrapped(f"Left out: {dropped}.", ""))
    if asked := asked_of_model(review, _flat):
        parts.append(_wrapped(f"Spent: {asked}.", ""))
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(review: Review, palette: Palette) -> str:
    base, head = visible(short(review.base)), visible(short(review.head))
    title = f"{palette.bold}{headline(review)}{palette.off}"
    notes = [_wrapped(note, "  ") for note in (model_note(review), *review.plan.notes) if note]
    return "\n".join(
        (title, f"  {_flat(review.repository)} {base}..{head}, persona {_flat(review.plan.persona_names)}", *notes)
    )


def _finding(finding: Finding, change: Change, palette: Palette) -> str:
    where = _flat(place_of(finding)) or "the change as a whole"
    word = f"{palette.severity(finding.severity)}{finding.severity.value}{palette.off}"
    rows = [f"{palette.bold}{where}{palette.off}", f"  {word} {concern_name(finding.concern)}: {_flat(finding.title)}"]
    rows += _frame(finding, change, palette)
    rows += [_wrapped(paragraph, "  ") for paragraph in finding.message.split("\n\n")]
    if finding.persona_rule:
        rows.append(_wrapped(f"“{finding.persona_rule}”", "  "))
    rows.append(f"  {palette.dim}{evidence(finding)} ({_flat(finding.rule)}), for {_flat(finding.owner)}{palette.off}")
    return "\n".join(rows)


def _frame(finding: Finding, change: Change, palette: Palette) -> list[str]:
    span = finding.span
    file = change.file(span.path) if span else None
    text = None if file is None or span is None else file.head if span.side is Side.RIGHT else file.base
    if span is None or text is None:
        return []
    lines = text.split("\n")
    last = min(span.last, span.first + FRAME_LINES_MAX - 1, len(lines))
    width = len(str(last))
    rows = [
        f"  {palette.dim}{number:>{width + 2}} |{palette.off} {visible(row.rstrip())[:FRAME_CHARS_MAX]}".rstrip()
        for number, row in enumerate(lines[span.first - 1 : last], span.first)
    ]
    more = f"  {'':>{width + 2}} | … to line {span.last}"
    return rows + ([more] if span.last > last else [])


def _unreviewed(review: Review, palette: Palette) -> str:
    rows = [_wrapped(f"{gap.part}: {gap.reason}", "  ") for gap in review.coverage.gaps]
    rows += [_wrapped(f"{entry.path}: {entry.reason}", "  ") for entry in review.coverage.unreviewed]
    return "\n".join((f"{palette.yellow}Not reviewed{palette.off}", *rows)) if rows else ""


def _response(review: Review, palette: Palette) -> str:
    response = review.response
    rows: list[str] = []
    if response.steps:
        rows += [f"{palette.bold}Steps{palette.off}"]
        rows += [_wrapped(step, f"{number:>3}. ", "     ") for number, step in enumerate(response.steps, 1)]
    if response.follow_up_questions:
        rows += [
            f"{palette.bold}Questions{palette.off}",
            *(_wrapped(one, "  - ", "    ") for one in response.follow_up_questions),
        ]
    return "\n".join(rows)


def _who(review: Review, palette: Palette) -> str:
    rows = [
        _wrapped(
            f"{one.name}: {joined(severities(finding.severity for finding in one.findings))}. {because(one)}", "  "
        )
        for one in who_is_asked(review)
    ]
    return (
        "\n".join((f"{palette.bold}Who is asked{palette.off}", *rows, f"  To be told: {_flat(lead_name(review))}."))
        if rows
        else ""
    )


def _flat(text: str) -> str:
    return " ".join(visible(text).split())


def _wrapped(text: str, first: str, rest: str = "  ") -> str:
    """Running text in columns; what the eye cannot see is shown, so it moves no cursor."""
    return textwrap.fill(
        _flat(text), WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
