"""A review as a publication: every text written, every place known, nothing left to decide."""

from __future__ import annotations

from reviewer.core.publication import InlineComment, Publication, ReviewPost, SummaryPost
from reviewer.core.review import Placed, Review
from reviewer.core.wording import counted
from reviewer.rendering.check_run import completed
from reviewer.rendering.comment import comment
from reviewer.rendering.markdown import code, marker
from reviewer.rendering.outcome import short
from reviewer.rendering.remembered import with_state
from reviewer.rendering.summary import SUMMARY_MARKER, summary


def publish_plan(review: Review, *, tag_lead: bool, handle: str) -> Publication:
    """All that one review writes to GitHub. `tag_lead` is True for the pull request's first summary only."""
    said = summary(review, tag_lead=tag_lead, handle=handle)
    return Publication(
        head=review.head,
        review=_review(review),
        summary=SummaryPost(SUMMARY_MARKER, with_state(said, review.recalled.state)),
        check=completed(review),
    )


def _review(review: Review) -> ReviewPost | None:
    fresh = (item for item in review.inline if not item.quiet)
    comments = tuple(made for item in fresh if (made := _inline(item, review.plan.persona.name)) is not None)
    if not comments:
        return None
    hidden = marker("review", review.head)
    said = (
        f"{counted(len(comments), 'comment')} on {code(short(review.head))}; the summary says who is asked to do what."
    )
    return ReviewPost(hidden, f"{said}\n\n{hidden}", comments)


def _inline(item: Placed, persona: str) -> InlineComment | None:
    anchor = item.anchor
    if anchor is None:
        return None
    body = comment(item.finding, anchor, persona)
    return InlineComment(anchor.path, body, anchor.last, anchor.side, anchor.start_line, item.finding.fingerprint)
