"""The comment on a line of the diff: what goes wrong, how to mend it, by which line of the persona."""

from __future__ import annotations

from typing import Final

from reviewer.core.anchor import Anchor
from reviewer.core.concern import Side
from reviewer.core.finding import Finding, Suggestion
from reviewer.rendering.markdown import code, cut, fence, line, link, marker, prose, suggestion
from reviewer.rendering.outcome import concern_name, evidence, icon, title_of

CHARS_MAX: Final = 12_000
"""Characters of one comment. GitHub takes 65,536; nobody reads more than a screen on one line of code."""

MESSAGE_CHARS_MAX: Final = 4_000


ID_CHARS: Final = 8
"""Digits of a finding's id that are shown: enough to tell the findings of a pull request apart, and short."""


def comment(finding: Finding, anchor: Anchor, persona: str) -> str:
    """The comment's markdown, with its hidden marker on the last line. `persona` is the persona's name."""
    hidden = marker("finding", finding.fingerprint)
    parts = [
        title(finding),
        cut(prose(finding.message), MESSAGE_CHARS_MAX),
        _replacement(finding, anchor),
        footing(finding, persona),
    ]
    text = "\n\n".join(part for part in parts if part)
    return cut(text, CHARS_MAX - len(hidden) - 2) + "\n\n" + hidden


def title(finding: Finding) -> str:
    """Severity and concern, then what it is about."""
    words = f"{finding.severity.value.capitalize()} · {concern_name(finding.concern)}"
    return f"{icon(finding.severity)} **{words}:** {title_of(finding)}"


def footing(finding: Finding, persona: str) -> str:
    """The persona's own line, who found it by which rule, and the id that commands name it by."""
    source = f"{evidence(finding)} ({code(finding.rule)})"
    pages = [link(line(page.title), page.url) for page in finding.references[:2]]
    pages.append(code(finding.fingerprint[:ID_CHARS]))
    if not finding.persona_rule:
        return " · ".join((source[0].upper() + source[1:], *pages))
    quoted = line(finding.persona_rule)
    return f"> {quoted}\n> — persona {code(finding.persona or persona)} · " + " · ".join((source, *pages))


def shown_change(change: Suggestion) -> str:
    """A suggestion as plain code, where GitHub could not apply it."""
    where = f"Line {change.first}" if change.first == change.last else f"Lines {change.first} to {change.last}"
    if not change.text:
        return f"{where} can go."
    return f"{where} would read:\n\n{fence(change.text, 'ts')}"


def _replacement(finding: Finding, anchor: Anchor) -> str:
    """GitHub replaces exactly the lines that the comment stands on, so only then is it a suggestion."""
    change = finding.suggestion
    if change is None:
        return ""
    exact = anchor.side is Side.RIGHT and (change.first, change.last) == (anchor.first, anchor.last)
    offered = suggestion(change.text) if exact else None
    return offered if offered is not None and len(offered) <= MESSAGE_CHARS_MAX else shown_change(change)
