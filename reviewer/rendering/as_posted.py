"""The publication as it was posted, made once more of what it was made of. Pure, so that it comes out the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reviewer.core.bundle import Published
from reviewer.core.coverage import Gap, conclude
from reviewer.core.review import Review, assemble, displaced
from reviewer.rendering.check_runs import checks_told
from reviewer.rendering.json_review import review_document
from reviewer.rendering.publication import publish_plan

if TYPE_CHECKING:
    from pydantic import JsonValue

    from reviewer.core.bundle import Circumstances, Inputs
    from reviewer.core.persona import Persona


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A review and what is posted of it. `document` is what `reviewer review --format json` prints."""

    review: Review
    published: Published
    document: dict[str, JsonValue]


def rebuild(inputs: Inputs, how: Circumstances, pages: Mapping[str, str], persona: Persona | None = None) -> Rebuilt:
    """Assemble and render. `pages` are the rules' pages by slug; with `persona`, as that one would have it."""
    plan = inputs.plan if persona is None else replace(inputs.plan, persona=persona, others=())
    review = assemble(inputs.change.change(), inputs.found, inputs.coverage, plan, inputs.memory)
    inline = publish_plan(review, handle=how.handle).review
    shown = displaced(review, frozenset(how.displaced))
    counted = replace(shown, usage=replace(shown.usage, github_requests=how.requests))
    summary = publish_plan(counted, notice=how.notice, handle=how.handle).summary
    closed = with_gap(shown, how.unsaid)
    name = how.check_name if persona is None and how.check_name else plan.check_name
    further = checks_told(closed, name, pages)
    check = further.pop(name)
    check = check if how.annotated else replace(check, annotations=())
    published = Published(inline, None if how.unsaid else summary, check, further)
    final = with_gap(counted, how.unsaid)
    return Rebuilt(final, published, review_document(final))


def with_gap(review: Review, unsaid: str) -> Review:
    """The review with the gap that a summary leaves which GitHub did not take; the same one when there is none."""
    if not unsaid:
        return review
    gap = Gap("summary", f"GitHub did not take the summary comment: {unsaid}")
    coverage = replace(review.coverage, gaps=(*review.coverage.gaps, gap))
    return replace(review, coverage=coverage, conclusion=conclude(coverage, review.findings, review.plan.gate))
