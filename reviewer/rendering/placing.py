"""Where a finding is: its place as text, and the permalink to it."""

from __future__ import annotations

from collections.abc import Mapping

from reviewer.core.anchor import Span
from reviewer.core.compose import place_of
from reviewer.core.concern import Side
from reviewer.core.finding import Finding
from reviewer.core.review import Review
from reviewer.rendering.markdown import linked_code, permalink

WHOLE_CHANGE = "the change as a whole"
"""The place of a finding without lines."""


def address(review: Review, span: Span) -> str | None:
    """The permalink to lines; None for a local review, whose commits GitHub may not have."""
    if review.number is None:
        return None
    sha = review.head if span.side is Side.RIGHT else review.base
    return permalink(review.plan.web_url, review.repository, sha, span.path, (span.first, span.last))


def checks_address(web_url: str, repository: str, sha: str) -> str | None:
    """The page with all checks of a commit; None where there is none."""
    blob = permalink(web_url, repository, sha, "x", (1, 1))
    return None if blob is None else f"{blob.rpartition('/blob/')[0]}/commit/{sha}/checks"


def discussion_address(review: Review, comment: int) -> str | None:
    """The page of one comment on lines of a pull request; None where there is none."""
    blob = permalink(review.plan.web_url, review.repository, review.head, "x", (1, 1))
    if blob is None or review.number is None:
        return None
    return f"{blob.rpartition('/blob/')[0]}/pull/{review.number}#discussion_r{comment}"


def place(review: Review, finding: Finding) -> str:
    """A finding's place as inline code with its link."""
    if finding.span is None:
        return WHOLE_CHANGE
    return linked_code(place_of(finding), address(review, finding.span))


def short_place(review: Review, finding: Finding) -> str:
    """As `place`, by the file's name alone where a link tells the rest."""
    url = address(review, finding.span) if finding.span else None
    return place(review, finding) if url is None else linked_code(place_of(finding).rpartition("/")[2], url)


def known_places(review: Review) -> Mapping[str, str]:
    """Every place that a text of the review may name, with its permalink."""
    return {
        place_of(finding): url
        for finding in review.findings
        if finding.span is not None and (url := address(review, finding.span)) is not None
    }
