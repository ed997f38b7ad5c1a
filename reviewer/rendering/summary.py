"""The one comment that stays: the outcome for the head, who is asked, the persona's response, what was not reviewed.

Each part has its share of the room and counts what it leaves out, so that the whole is below the limit by construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding
from reviewer.core.review import Placed, Review, Where
from reviewer.core.wording import counted, joined, sentence, severities
from reviewer.rendering.comment import footing, shown_change
from reviewer.rendering.endpoints import endpoints
from reviewer.rendering.markdown import code, cut, indented, line, marker, mention, prose
from reviewer.rendering.outcome import concern_name, found, icon, left_out, model_note, reviewed, short, title_of
from reviewer.rendering.placing import place, short_place
from reviewer.rendering.response import response_sections
from reviewer.rendering.who import Asked, because, is_lead, lead_name, who_is_asked

CHARS_MAX: Final = 60_000
"""Characters of the comment; GitHub takes 65,536 and counts in its own way."""

FINDINGS_CHARS_MAX: Final = 22_000
WHO_CHARS_MAX: Final = 5_000
UNREVIEWED_CHARS_MAX: Final = 5_000
ABOUT_CHARS_MAX: Final = 3_000
"""The parts' shares; the response has 20,000, the outcome and the headings the rest."""

PLACES_MAX: Final = 8
"""Places named per owner; all of them stand with the findings."""

OPEN_LINES_MAX: Final = 5
"""More files than this are folded away under their number."""

SUMMARY_MARKER: Final = marker("summary")


def summary(review: Review, *, tag_lead: bool, handle: str = "") -> str:
    """The comment's markdown, its marker on the last line. `handle` is the name we answer to, without "@".

    `tag_lead` is for the first summary of a pull request: it notifies the Team Lead and the owners. Later edits name
    the same people without a live mention, so that twenty pushes ring nobody's bell twenty times.
    """
    sections = (
        _outcome(review, tag_lead=tag_lead),
        _who(review, tag=tag_lead),
        *response_sections(review),
        _findings(review),
        endpoints(review),
        _unreviewed(review),
        _about(review, handle),
    )
    text = "\n\n".join(section for section in sections if section)
    return cut(text, CHARS_MAX - len(SUMMARY_MARKER) - 2) + "\n\n" + SUMMARY_MARKER


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


def _outcome(review: Review, *, tag_lead: bool) -> str:
    worst = review.findings[0].severity if review.findings else None
    sign = icon(worst) if worst else ("🟢" if review.coverage.complete else "⚪")
    first = f"### {sign} {found(review)} at {code(short(review.head))}"
    sentences = [_report(review, tag_lead=tag_lead)]
    if review.coverage.entries:
        sentences.append(f"{reviewed(review.coverage)}.")
    if review.plan.model is None:
        sentences.append(line(model_note(review)))
    return "\n\n".join((first, " ".join(filter(None, sentences)), *_notes(review)))


def _report(review: Review, *, tag_lead: bool) -> str:
    """Whom the outcome is reported to, as the persona asks; a local review reports to nobody by itself."""
    lead = review.plan.team.lead
    if lead is None:
        return f"To be reported to **{line(lead_name(review))}**; the team file gives no handle, so nobody is tagged."
    name = f"{mention(lead.handle)} ({line(lead.role)})" if tag_lead else f"**{line(lead_name(review))}**"
    verb = "To be reported" if review.number is None else "Reported"
    return f"{verb} to {name}, for review and next steps."


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
    parts.append(footing(finding, review.plan.persona.name))
    told = "\n\n".join(part for part in parts if part)
    return cut(f"{head}\n\n{indented(told, 2)}\n", 6_000)


def _who(review: Review, *, tag: bool) -> str:
    asked = who_is_asked(review)
    if not asked:
        return ""
    rows = [_asked(review, one, tag=tag) for one in asked]
    return "#### Who is asked\n\n" + fitted(rows, WHO_CHARS_MAX, "person")


def _asked(review: Review, asked: Asked, *, tag: bool) -> str:
    name = f"**{line(asked.name)}**"
    if asked.member is not None and tag and not is_lead(review, asked):  # the lead is tagged above, once
        name = f"{mention(asked.member.handle)} ({line(asked.member.role)})"
    number = joined(severities(finding.severity for finding in asked.findings))
    return f"- {name} is asked about {number}: {_places(review, asked)}.  \n  Why: {line(because(asked))}"


def _places(review: Review, asked: Asked) -> str:
    """The places behind the sign of their severity; findings are in order of rank, so the gravest come first."""
    named = asked.findings[:PLACES_MAX]
    groups = groupby(named, key=lambda finding: icon(finding.severity))
    signed = (f"{sign} {', '.join(dict.fromkeys(short_place(review, one) for one in found))}" for sign, found in groups)
    left = len(asked.findings) - len(named)
    return " ".join(signed) + (f" and {left} more" if left else "")


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
    if usage.model_calls:
        tokens = usage.prompt_tokens + usage.completion_tokens
        said.append(
            f"{counted(usage.model_calls, 'call')} to the model {code(review.plan.model or '')}, {tokens:,} tokens"
        )
    if usage.github_requests:
        said.append(f"{counted(usage.github_requests, 'request')} to GitHub")
    if handle:
        said.append(f"ask again with {code(f'@{handle} review')}")
    return cut("---\n\n" + " · ".join(said), ABOUT_CHARS_MAX)
