"""What the check runs of a review say, where several personas look at one pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.plan import CHECK_NAME_PREFIX
from reviewer.core.publication import Conclusion
from reviewer.core.several import part_of
from reviewer.rendering.check_run import completed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reviewer.core.publication import CheckPost
    from reviewer.core.review import Review

_GRAVEST: Final = (Conclusion.FAILURE, Conclusion.CANCELLED, Conclusion.NEUTRAL, Conclusion.SUCCESS)


def checks_told(review: Review, check_name: str, pages: Mapping[str, str]) -> dict[str, CheckPost]:
    """What each persona's check run says, by its name; first that of the one that was announced as `check_name`.

    That one is the persona's of the same name, or the first's: it was there before the configuration was read.
    `pages` are the rules' pages by slug.
    """
    personas = review.plan.personas
    named = {CHECK_NAME_PREFIX + persona.name: persona for persona in personas}
    announced = named.get(check_name, personas[0])
    said = {check_name: completed(part_of(review, announced), pages)}
    others = (persona for persona in personas if persona is not announced)
    return said | {CHECK_NAME_PREFIX + one.name: completed(part_of(review, one), pages) for one in others}


def gravest(said: Iterable[CheckPost]) -> Conclusion:
    """The conclusion of a review with several check runs, for who counts them."""
    return min((post.conclusion for post in said), key=_GRAVEST.index)
