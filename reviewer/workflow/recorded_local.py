"""The recording of a local review: what would have been posted stands for what was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reviewer.bundles import write_whole
from reviewer.core.bundle import Circumstances, Event, Published, encode
from reviewer.rendering.check_run import completed
from reviewer.rendering.json_review import review_document
from reviewer.rendering.publication import publish_plan
from reviewer.workflow.recorded import Recorded, pages, recorded_inputs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reviewer.workflow.records import Reviewed

STORY: Final = "local"
"""The version of the story in a local review's bundle: its order is the command's own."""


def record_local(path: Path, reviewed: Reviewed, redact: Callable[[str], str]) -> None:
    """Write the bundle. Raises OSError when the file cannot be written."""
    review, found = reviewed.review, reviewed.weighed.found
    inputs = recorded_inputs(
        reviewed.change, review.plan, replace(reviewed.weighed, found=replace(found, usage=review.usage))
    )
    post = publish_plan(review)
    published = Published(post.review, post.summary, completed(review, pages()))
    posted = Recorded(Event("local"), inputs, Circumstances(), published, reviewed.texts, review_document(review))
    write_whole(path, encode(posted.bundle(redact, STORY)))
