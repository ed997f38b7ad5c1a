"""The one comment that stays: the outcome for the head, who is asked, the persona's response, what was not reviewed.

Each part has its share of the room and counts what it leaves out, so that the whole is below the limit by construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding
from reviewer.core.notice import SILENT, Notice
from reviewer.core.review import Placed, Review, Where
from reviewer.core.wording import counted, joined, sentence, severities
from reviewer.rendering.comment import footing, shown_change
from reviewer.rendering.endpoints import endpoints
from reviewer.rendering.markdown import code, cut, indented, line, marker, prose
from reviewer.rendering.outcome import concern_name, found, icon, left_out, short, title_of
from reviewer.rendering.placing import place, short_place
from reviewer.rendering.remembered import earlier, since
from reviewer.rendering.report import report
from reviewer.rendering.response import response_sections
from reviewer.rendering.spent import asked_of_model
from reviewer.rendering.told import told_line
from reviewer.rendering.who import WHO, asked_row, untold_rows, who_is_asked

CHARS_MAX: Final = 60_000
"""Characters of the comment; GitHub takes 65,536 and counts in its own way."""

FINDINGS_CHARS_MAX: Final = 22_000
WHO_CHARS_MAX: Final = 5_000
UNREVIEWED_CHARS_MAX: Final = 5_000
ABOUT_CHARS_MAX: Final = 3_000
"""The parts' shares; the response has 20,000, the outcome and the headings the rest."""

OPEN_LINES_MAX: Final = 5
"""More files than this are folded away under their number."""

SUMMARY_MARKER: Final = marker("summary")


def summary(review: Review, *, notice: Notice = SILENT, handle: str = "") -> str:
    """The comment's markdown, its markers on the last lines. `handle` is the name we answer to, without "@".

    `notice` says whom this very text calls by a live mention. Later edits name the same people without one, so that
    twenty pushes ring nobody's bell twenty times.
    """
    sections = (
        _outcome(review),
        report(review, notice),
        *_notes(review),
        _who(review, notice),
        *response_sections(review),
        _findings(review),
        earlier(review),
        endpoints(review),
        _unreviewed(review),
        _about(review, handle),
    )
    text = "\n\n".join(section for section in sections if section)
    hidden = "\n".join(filter(None, (told_line(notice.told), SUMMARY_MARKER)))
    return cut(text, CHARS_MAX - len(hidden) - 2) + "\n\n" + hidden


def fitted(blocks: Sequence[str], chars_max: int, noun: str) -> str:
    """As many blocks as there is room for, one a line, and the number of those left out."""
    kept: list[str] = []
    room = chars_max - 80
    for block in blocks:
        if len(block) + 1 > room:
            break
        room -= len(block) + 1
        kept.append(block)
    if len(kept) < len(blocks):
        kept.append(f"- … and {counted(len(blocks) - len(kept), noun)} more in the check run.")
    return "\n".join(kept)


def _outcome(review: Review) -> str:
    worst = review.findings[0].severity if review.findings else None
    sign = icon(worst) if worst else ("🟢" if review.coverage.complete else "⚪")
    first = f"### {sign} {found(review)} at {code(short(review.head))}"
    return "\n\n".join(filter(None, (first, since(review))))


def _notes(review: Review) -> tuple[str, ...]:
    """What the repository's owner has to know about the configuration, where it is seen."""
    notes = [f"> ⚠️ Configuration: {line(note)}" for note in review.plan.notes]
    said = (cut(">\n".join(f"{note}\n" for note in notes).rstrip("\n"), ABOUT_CHARS_MAX),) if notes else ()
    first, *rest = review.plan.proposals or ("",)
    proposed = "\n".join((f"> ⚙️ Configuration: {line(first)}", ">", *(f"> - {line(one)}" for one in rest)))
    return (*said, cut(proposed, ABOUT_CHARS_MAX)) if first else said


def _findings(review: Review) -> str:
    if not review.placed:
        return ""
    blocks: list[str] = []
    for concern in _concerns(review):
        items = [item for item in review.placed if item.finding.concern is concern]
        number = joined(severities(item.finding.severity for item in items))
        blocks.append(f"\n**{concern_name(concern)}** ({number})\n")
        blocks += [_alike(review, group) for group in _groups(items)]
        blocks += [_told(review, item.finding) for item in items if item.where is Where.SUMMARY]
    return "#### Findings by concern\n" + fitted(blocks, FINDINGS_CHARS_MAX, "line")


def _concerns(review: Review) -> tuple[Concern, ...]:
    """The concerns with findings, the gravest first, as the findings are in order of rank."""
    return tuple(dict.fromkeys(item.finding.concern for item in review.placed))


def _groups(items: Sequence[Placed]) -> tuple[tuple[Finding, ...], ...]:
    """The findings that stand on their lines, those that say the same together."""
    groups: dict[tuple[Severity, str], list[Finding]] = {}
    for item in items:
        if item.where is Where.INLINE:
            groups.setdefault((item.finding.severity, item.finding.title), []).append(item.finding)
    return tuple(tuple(group) for group in groups.values())


def _alike(review: Review, group: Sequence[Finding]) -> str:
    first = group[0]
    places = ", ".join(short_place(review, finding) for finding in group)
    return f"- {icon(first.severity)} {title_of(first)}: {places}"


def _told(review: Review, finding: Finding) -> str:
    """A finding that has no line in the diff, told in full."""
    head = f"- {icon(finding.severity)} {sentence(title_of(finding))} On {place(review, finding)}:"
    parts = [prose(finding.message), shown_change(finding.suggestion) if finding.suggestion else ""]
    parts += [footing(finding, review.plan.persona.name), marker("finding", finding.fingerprint)]
    told = "\n\n".join(part for part in parts if part)
    return cut(f"{head}\n\n{indented(told, 2)}\n", 6_000)


def _who(review: Review, notice: Notice) -> str:
    rows = [asked_row(review, one, notice) for one in who_is_asked(review)]
    rows += untold_rows(review, notice)
    return f"#### {WHO}\n\n" + fitted(rows, WHO_CHARS_MAX, "person") if rows else ""


def _unreviewed(review: Review) -> str:
    gaps = [f"- **{line(gap.part)}**: {line(sentence(gap.reason))}" for gap in review.coverage.gaps]
    files = [f"- {code(entry.path)}: {line(sentence(entry.reason or ''))}" for entry in review.coverage.unreviewed]
    if not gaps and not files:
        return ""
    parts = ["#### Not reviewed", "\n".join(gaps)]
    listing = fitted(files, UNREVIEWED_CHARS_MAX, "file")
    if len(files) > OPEN_LINES_MAX:
        total = counted(len(review.coverage.entries), "file")
        listing = f"<details><summary>{len(files)} of {total} were not reviewed</summary>\n\n{listing}\n\n</details>"
    return "\n\n".join(filter(None, (*parts, listing)))


def _about(review: Review, handle: str) -> str:
    usage = review.usage
    names = joined([code(persona.name) for persona in review.plan.personas])
    said = [f"Personas {names}" if review.plan.others else f"Persona {names}"]
    dropped = left_out(review)
    if dropped:
        said.append(f"left out: {line(dropped)}")
    if asked := asked_of_model(review, code):
        said.append(asked)
    if usage.github_requests:
        said.append(f"{counted(usage.github_requests, 'request')} to GitHub")
    if handle:
        said.append(f"ask again with {code(f'@{handle} review')}")
    return cut("---\n\n" + " · ".join(said), ABOUT_CHARS_MAX)
