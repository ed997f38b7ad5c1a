"""Whether a pull request is reviewed by itself, by what we ourselves answered in its conversation.

It comes with the pull request that GraphQL tells beside the first texts, so that a push costs no request for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, Field

from reviewer.core.automatic import Automatic, in_force_of, said_in
from reviewer.github.standing import standing

if TYPE_CHECKING:
    from reviewer.github.auth import BotIdentity
    from reviewer.github.client import Repository
    from reviewer.github.pull import Pull

COMMENTS_LAST: Final = 100
"""Comments asked for at once (GraphQL's most); a full list may hide older ones, and then all are asked for."""

FIELDS: Final = (
    f"said: comments(last: {COMMENTS_LAST}) {{ nodes {{ body author {{ __typename ... on Bot {{ databaseId }} }} }} }}"
)


@dataclass(frozen=True, slots=True)
class SaidByBots:
    """What bots said about automatic reviews, oldest first, with the numeric id of each; `is_whole` unless older
    comments may say something, too.
    """

    said: tuple[tuple[int, Automatic], ...]
    is_whole: bool

    def by(self, bot: BotIdentity) -> Automatic | None:
        """What we said holds; None when it cannot be told from these comments."""
        return in_force_of(said for author, said in self.said if author == bot.user_id) if self.is_whole else None


class _Author(BaseModel):
    typename: str = Field(alias="__typename")
    database_id: int | None = Field(default=None, alias="databaseId")


class _Comment(BaseModel):
    body: str = ""
    author: _Author | None = None


class Comments(BaseModel):
    """The part of a GraphQL answer that FIELDS asks for."""

    nodes: list[_Comment | None] = []

    def told(self) -> SaidByBots:
        """What is in it for us."""
        found: list[tuple[int, Automatic]] = []
        for node in self.nodes:
            author = node.author if node is not None else None
            said = said_in(node.body) if node is not None else None
            is_bot = author is not None and author.typename == "Bot"
            if said is not None and is_bot and author is not None and author.database_id is not None:
                found.append((author.database_id, said))
        return SaidByBots(tuple(found), len(self.nodes) < COMMENTS_LAST)


async def automatic_now(repository: Repository, bot: BotIdentity, pull: Pull) -> Automatic:
    """What holds for a pull request: by what came with it, or else by all of our comments in the conversation."""
    told = pull.said.by(bot) if pull.said is not None else None
    return told or await read_automatic(repository, bot, pull.number)


async def read_automatic(repository: Repository, bot: BotIdentity, number: int) -> Automatic:
    """The same by all of our comments in the conversation."""
    comments = (await standing(repository, bot, number)).comments
    return in_force_of(said for one in comments if (said := said_in(one.body)) is not None)
