"""Whether a pull request is reviewed by itself, by what we ourselves answered in its conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.automatic import Automatic, in_force_of, said_in
from reviewer.github.standing import standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.github.auth import BotIdentity
    from reviewer.github.client import Repository
    from reviewer.github.pull import Pull
    from reviewer.github.standing import Written


async def automatic_now(repository: Repository, bot: BotIdentity, pull: Pull) -> Automatic:
    """What holds for a pull request: by what came with it, or else by all of our comments in the conversation."""
    ours = pull.wrote.ours(bot) if pull.wrote is not None else None
    return await read_automatic(repository, bot, pull.number) if ours is None else _in_force(ours[0])


async def read_automatic(repository: Repository, bot: BotIdentity, number: int) -> Automatic:
    """The same by all of our comments in the conversation."""
    return _in_force((await standing(repository, bot, number)).comments)


def _in_force(comments: Iterable[Written]) -> Automatic:
    return in_force_of(said for one in comments if (said := said_in(one.body)) is not None)
