"""The sample once more, after a push: one finding is new, one back, two are mended, one is dismissed, one is kept."""

from __future__ import annotations

from dataclasses import replace

from reviewer.core.concern import Origin
from reviewer.core.coverage import take_stock
from reviewer.core.finding import Finding
from reviewer.core.memory import Dismissal, Mark, Memory, Said
from reviewer.core.review import Candidates, Review, assemble
from reviewer.rendering.publication import publish_plan
from reviewer.rendering.remembered import became, dismissed_by, marked
from tests.rendering.sample import sample_change, sample_plan, sample_review

EARLIER = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432"
GROUND = "0" * 16
DISMISSAL = Dismissal("", "mona", "the gateway validates it; see @rita's **note** in #12")


def later_review() -> Review:
    """The second review of the sample."""
    change, every = sample_change(), list(sample_review().findings)
    body, sql, foreach, lines, coupon, *rest = sorted(every, key=lambda one: one.fingerprint)
    silent = replace(rest[0], origin=Origin.MODEL)
    first = replace(change, head=EARLIER)
    whole = take_stock(replace(first, files=()), {}, ())
    before = (body, sql, foreach, lines, silent)
    state = assemble(first, Candidates(before), whole, sample_plan(), Memory(ground=GROUND)).recalled.state
    if state is None:
        raise AssertionError("a review with a memory leaves a state")
    comments = (
        _said(body, 81),
        replace(_said(sql, 82), is_outdated=True),
        replace(_said(foreach, 83), is_outdated=True, has_others=True),
        replace(_said(lines, 84), mark=Mark.FIXED),
        _said(silent, 85),
    )
    memory = Memory(comments, state.with_dismissal(replace(DISMISSAL, fingerprint=body.fingerprint)), GROUND)
    found = Candidates((body, lines, coupon))
    return assemble(change, found, take_stock(change, {}, ()), replace(sample_plan(), notes=()), memory)


def _said(one: Finding, comment: int) -> Said:
    return Said(one.fingerprint, comment, f"T{comment}", one.path, "It is wrong.")


def remembered_texts() -> str:
    """The summary of the second review, and what is written into comments; the packed state is left out."""
    review = later_review()
    told = publish_plan(review, handle="bot").summary
    if told is None:
        raise AssertionError("there is a summary")
    rows = [
        "<!-- reviewer:state … -->" if row.startswith("<!-- reviewer:state ") else row for row in told.body.split("\n")
    ]
    comment = "🔴 **Blocker · Security:** It is wrong\n\n<!-- reviewer:finding 0123456789abcdef -->"
    parts = (
        "\n".join(rows),
        marked(comment, Mark.FIXED, became(Mark.FIXED, review.head)),
        marked(comment, Mark.WITHDRAWN, became(Mark.WITHDRAWN, review.head)),
        marked(comment, Mark.DISMISSED, dismissed_by(DISMISSAL)),
        marked(comment, Mark.DISMISSED, dismissed_by(replace(DISMISSAL, why=""))),
    )
    return "\n\n==========\n\n".join(parts) + "\n"
