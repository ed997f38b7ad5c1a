"""A pull request as a job sees it: asked for by REST, or told by GraphQL beside the first texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, Field

from reviewer.core.untrusted import Untrusted
from reviewer.github.answers import JSON, shaped

if TYPE_CHECKING:
    from reviewer.github.client import Repository


@dataclass(frozen=True, slots=True)
class Pull:
    """What a job must know of a pull request before it judges the change."""

    number: int
    head: str
    base: str
    is_open: bool
    is_draft: bool
    by_bot: str | None
    """The author's login when it is a bot, else None."""
    author: str
    """Who opened it; "" for an account that is gone."""
    changed_files: int
    title: Untrusted
    body: Untrusted


class _User(BaseModel):
    login: str
    type: str = "User"


class _Ref(BaseModel):
    sha: str


class _Pull(BaseModel):
    number: int
    state: str
    draft: bool = False
    title: str = ""
    body: str | None = None
    user: _User | None = None
    head: _Ref
    base: _Ref
    changed_files: int = 0


class _Author(BaseModel):
    typename: str = Field(alias="__typename")
    login: str


class _Told(BaseModel):
    number: int
    head: str = Field(alias="headRefOid")
    base: str = Field(alias="baseRefOid")
    state: str
    draft: bool = Field(alias="isDraft")
    title: str
    body: str
    changed_files: int = Field(alias="changedFiles")
    author: _Author | None


FIELDS: Final = "number headRefOid baseRefOid state isDraft title body changedFiles author { __typename login }"
"""What GraphQL is asked for of a pull request."""


async def read_pull(repository: Repository, number: int) -> Pull:
    """The pull request as it stands now."""
    route = "/repos/{owner}/{repo}/pulls/{pull_number}"
    pull = (await repository.get(route, pull_number=number)).into(_Pull)
    user = pull.user
    return Pull(
        pull.number,
        pull.head.sha,
        pull.base.sha,
        pull.state == "open",
        pull.draft,
        user.login if user and (user.type == "Bot" or user.login.endswith("[bot]")) else None,
        user.login if user else "",
        pull.changed_files,
        Untrusted(pull.title),
        Untrusted(pull.body or ""),
    )


def pull_told(value: JSON) -> Pull:
    """The same, by the FIELDS of a GraphQL answer; a bot's login has no `[bot]` there."""
    told = shaped(_Told, value, "GraphQL")
    author = told.author
    return Pull(
        told.number,
        told.head,
        told.base,
        told.state == "OPEN",
        told.draft,
        author.login if author and author.typename == "Bot" else None,
        author.login if author else "",
        told.changed_files,
        Untrusted(told.title),
        Untrusted(told.body),
    )
