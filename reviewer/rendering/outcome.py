"""What every text says alike: the outcome in a line, the word for a severity, who saw a finding, what the model did."""

from __future__ import annotations

from typing import assert_never

from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.coverage import Coverage
from reviewer.core.finding import Finding
from reviewer.core.review import Review
from reviewer.core.verification import Verification
from reviewer.core.wording import counted, joined, sentence, severities
from reviewer.rendering.markdown import line
from reviewer.rendering.visible import visible

SHA_CHARS = 7
"""Characters of a commit's name that GitHub shows."""


TITLE_CHARS_MAX = 200
"""Characters of a title: one sentence, two lines on a screen."""


def short(sha: str) -> str:
    """A commit's name as GitHub shows it; a name such as WORKTREE stays whole."""
    return sha[:SHA_CHARS] if len(sha) in (40, 64) else sha


def found(review: Review) -> str:
    """`2 blockers, 3 warnings and 1 note`, or what it means that nothing was found."""
    words = severities(finding.severity for finding in review.findings)
    if words:
        return joined(words)
    if review.recalled.kept:
        return "Nothing new, but not everything told before is mended"
    if not review.coverage.entries:
        return "Nothing to review"
    if all(entry.reason is not None for entry in review.coverage.entries):
        return "Nothing was reviewed"
    return "Nothing to report" if review.coverage.complete else "Nothing found, but not everything was reviewed"


def reviewed(coverage: Coverage) -> str:
    """`12 of 14 files reviewed`."""
    total, left = len(coverage.entries), len(coverage.unreviewed)
    return f"{counted(total, 'file')} reviewed" if not left else f"{total - left} of {counted(total, 'file')} reviewed"


def headline(review: Review) -> str:
    """The outcome in one line, with what is missing: `2 blockers · 12 of 14 files reviewed · without model`."""
    parts = [found(review)]
    if review.coverage.entries:
        parts.append(reviewed(review.coverage))
    parts += [
        f"{gap.part} not complete" if gap.part != "model" else "model review unavailable"
        for gap in review.coverage.gaps
    ]
    if review.plan.model is None:
        parts.append("rules only")
    return visible(" · ".join(dict.fromkeys(parts)))


def icon(severity: Severity) -> str:
    """A coloured sign, always beside the word for it."""
    match severity:
        case Severity.BLOCKER:
            return "🔴"
        case Severity.WARNING:
            return "🟡"
        case Severity.NOTE:
            return "🔵"
        case _:
            assert_never(severity)


def concern_name(concern: Concern) -> str:
    """A concern as a heading."""
    match concern:
        case Concern.LINT:
            return "Lint"
        case Concern.VALIDATION:
            return "Validation"
        case Concern.TESTS:
            return "Tests"
        case Concern.SOLID:
            return "SOLID and structure"
        case Concern.API_DOCS:
            return "API documentation"
        case Concern.SECURITY:
            return "Security"
        case Concern.DATA:
            return "Data, errors and async"
        case _:
            assert_never(concern)


def title_of(finding: Finding) -> str:
    """A finding's title as markdown on one line; a model's may be longer than a title is."""
    return line(finding.title if len(finding.title) <= TITLE_CHARS_MAX else finding.title[:TITLE_CHARS_MAX] + " …")


def evidence(finding: Finding) -> str:
    """Who says so, and whether that was never verified."""
    unverified = finding.verification is Verification.UNVERIFIED
    return _who(finding.origin) + (", not verified" if unverified else "")


def _who(origin: Origin) -> str:
    match origin:
        case Origin.CODE:
            return "found by a rule"
        case Origin.MODEL:
            return "found by the model"
        case Origin.BOTH:
            return "found by a rule and by the model"
        case _:
            assert_never(origin)


def model_note(review: Review) -> str:
    """What the reader must know about the model's part; "" when it took part."""
    if review.plan.model is None:
        why = review.plan.rules_only or "No model is configured: this is what the rules found"
        return sentence(why)
    gap = next((gap for gap in review.coverage.gaps if gap.part == "model"), None)
    return "" if gap is None else sentence(f"The model review was unavailable: {gap.reason}")


def left_out(review: Review) -> str:
    """What was found and is not shown, by reason: `3 duplicate, 1 below threshold`; "" when nothing was left out."""
    reasons: dict[str, int] = {}
    for item in review.dropped:
        reasons[item.reason] = reasons.get(item.reason, 0) + 1
    return ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items()))
