"""What happens to a text that is posted: its length is judged, and whoever it mentions is told."""

from __future__ import annotations

from tests.standin.rendered import mentions
from tests.standin.state import Mention, World

BODY_MAX = 65_536
"""Characters of a comment or review body [telia-oss/github-pr-resource#259]."""


def body_problem(body: str) -> str | None:
    """Why GitHub refuses a comment's text, or None."""
    if not body.strip():
        return "Body can't be blank"
    if len(body) > BODY_MAX:
        return f"Body is too long (maximum is {BODY_MAX} characters)"
    return None


def tell(world: World, before: str, after: str, where: str, number: int) -> None:
    """Notify whom `after` mentions and `before` did not: an edit tells only the new ones."""
    old = set(mentions(before)) if before else set()
    for name in mentions(after):
        if name not in old:
            old.add(name)
            world.notified.append(Mention(name, where, number))
