"""Who wrote something, as GraphQL tells: ours is what the account with our numeric id wrote, and nothing else."""

from __future__ import annotations

from pydantic import BaseModel, Field

from reviewer.github.auth import BotIdentity

AUTHOR = "author { __typename login ... on Bot { databaseId } }"
"""What GraphQL is asked for of an author. `author` is an interface, so the type is asked for, too."""


class Author(BaseModel):
    """An account; GraphQL gives the id of bots only here, and leaves "[bot]" out of their logins."""

    typename: str = Field(alias="__typename")
    database_id: int | None = Field(default=None, alias="databaseId")

    def is_ours(self, bot: BotIdentity) -> bool:
        """Whether it is our own account."""
        return self.typename == "Bot" and self.database_id == bot.user_id


class Node(BaseModel):
    """A review or a comment; the author of an account that is gone is None."""

    id: int = Field(alias="fullDatabaseId")
    body: str
    state: str = ""
    author: Author | None

    def by(self, bot: BotIdentity) -> bool:
        """Whether we wrote it."""
        return self.author is not None and self.author.is_ours(bot)


class NodeList(BaseModel):
    """A list of them, with holes where we may not see one."""

    nodes: list[Node | None]

    def ours(self, bot: BotIdentity) -> list[Node]:
        """What we wrote of it, oldest first."""
        return [node for node in self.nodes if node is not None and node.by(bot)]
