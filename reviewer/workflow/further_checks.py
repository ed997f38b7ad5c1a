"""The check runs of the personas beside the first: begun and completed at the end of a review, each written once.

They are not there before, so that none is left open when a review ends another way; the first one's says so then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reviewer.core.plan import CHECK_NAME_PREFIX
from reviewer.github.checks import Wanted, begin_check, close_check, open_check
from reviewer.github.failures import UnprocessableError
from reviewer.rendering import check_run

if TYPE_CHECKING:
    from reviewer.core.publication import CheckPost
    from reviewer.engine import Run
    from reviewer.github.auth import BotIdentity
    from reviewer.github.client import Repository
    from reviewer.store import Store


@dataclass(frozen=True, slots=True)
class Where:
    """Where check runs are written, as whom, and where that is noted."""

    repository: Repository
    bot: BotIdentity
    store: Store


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


async def close_told(repository: Repository, check: int, post: CheckPost, told: int | None) -> CheckPost:
    """Complete a check run; an annotation that GitHub does not take costs the annotations, not the verdict.

    Returns what it says now: the very `post`, or the one without annotations.
    """
    try:
        await close_check(repository, check, post, told)
    except UnprocessableError:
        bare = replace(post, annotations=())
        await close_check(repository, check, bare)
        return bare
    return post
