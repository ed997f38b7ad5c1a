"""The check runs of the personas beside the first: begun and completed at the end of a review, each written once.

They are not there before, so that none is left open when a review ends another way; the first one's says so then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reviewer.core.plan import CHECK_NAME_PREFIX
from reviewer.core.publication import Conclusion
from reviewer.core.several import part_of
from reviewer.github.checks import Wanted, begin_check, close_check, open_check
from reviewer.github.failures import UnprocessableError
from reviewer.rendering import check_run
from reviewer.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.core.publication import CheckPost
    from reviewer.core.review import Review
    from reviewer.engine import Run
    from reviewer.github.auth import BotIdentity
    from reviewer.github.client import Repository
    from reviewer.store import Store

_GRAVEST: Final = (Conclusion.FAILURE, Conclusion.CANCELLED, Conclusion.NEUTRAL, Conclusion.SUCCESS)


@dataclass(frozen=True, slots=True)
class Where:
    """Where check runs are written, as whom, and where that is noted."""

    repository: Repository
    bot: BotIdentity
    store: Store


def posts(review: Review, check_name: str) -> dict[str, CheckPost]:
    """What each persona's check run says, by its name; first that of the one that was announced as `check_name`.

    That one is the persona's of the same name, or the first's: it was there before the configuration was read.
    """
    pages = {rule.slug: rule.page for rule in all_rules()}
    personas = review.plan.personas
    named = {CHECK_NAME_PREFIX + persona.name: persona for persona in personas}
    announced = named.get(check_name, personas[0])
    said = {check_name: check_run.completed(part_of(review, announced), pages)}
    others = (persona for persona in personas if persona is not announced)
    return said | {CHECK_NAME_PREFIX + one.name: check_run.completed(part_of(review, one), pages) for one in others}


def gravest(said: Iterable[CheckPost]) -> Conclusion:
    """The conclusion of a review with several check runs, for who counts them."""
    return min((post.conclusion for post in said), key=_GRAVEST.index)


async def close_further(run: Run, head: str, said: dict[str, CheckPost], where: Where) -> None:
    """Complete the check runs beside the announced one. May run twice."""
    for name, post in said.items():
        wanted = Wanted(head, name, f"{run.identity}:{name.removeprefix(CHECK_NAME_PREFIX)}")
        effect, note = f"check {name}", check_run.reading(head)
        known = await where.store.reference(run.identity, effect)
        if known is not None:
            check = int(known)
        elif await where.store.intend(run.identity, effect):
            check = await begin_check(where.repository, wanted, note)
        else:
            check = await open_check(where.repository, where.bot, wanted, note)
        await where.store.done(run.identity, effect, str(check))
        told = 0 if await where.store.intend(run.identity, f"close {effect}") else None
        await close_told(where.repository, check, post, told)


async def close_told(repository: Repository, check: int, post: CheckPost, told: int | None) -> None:
    """Complete a check run; an annotation that GitHub does not take costs the annotations, not the verdict."""
    try:
        await close_check(repository, check, post, told)
    except UnprocessableError:
        await close_check(repository, check, replace(post, annotations=()))
