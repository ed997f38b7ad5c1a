"""A pull request as a job sees it: asked for by REST, or told by GraphQL beside the first texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, Field

from reviewer.core.untrusted import Untrusted
from reviewer.github.answers import JSON, shaped
from reviewer.github.standing import COMMENTS, Wrote
from reviewer.github.threads import THREADS

if TYPE_CHECKING:
    from reviewer.github.client import Repository

_BOT: Final = "[bot]"
"""How REST, and so everybody who configures us, ends the login of a bot; GraphQL leaves it out."""


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
    """Who opened it, a bot as `name[bot]`; "" for an account that is gone."""
    changed_files: int
    title: Untrusted
    body: Untrusted
    branch: str
    """The branch that it goes to."""
    labels: tuple[str, ...]
    is_fork: bool
    """Whether the head is in another repository, or was: a fork may be gone."""
    wrote: Wrote | None = field(default=None, compare=False)
    """What was written on it, where GraphQL told: REST does not tell it here."""
    commits: tuple[Untrusted, ...] = ()
    """The first lines of the newest commits' messages, oldest first; only GraphQL tells them beside the rest."""


class _User(BaseModel):
    login: str
    type: str = "User"


class _Home(BaseModel):
    id: int


class _Ref(BaseModel):
    sha: str
    ref: str = ""
    repo: _Home | None = None


class _Label(BaseModel):
    name: str = ""


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
    labels: list[_Label] = []


class _Author(BaseModel):
    typename: str = Field(alias="__typename")
    login: str


class _Labels(BaseModel):
    nodes: list[_Label | None] | None = None


class _Message(BaseModel):
    headline: str = Field(default="", alias="messageHeadline")


class _Commit(BaseModel):
    commit: _Message


class _Commits(BaseModel):
    nodes: list[_Commit | None] | None = None


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
    branch: str = Field(alias="baseRefName")
    fork: bool = Field(alias="isCrossRepository")
    labels: _Labels | None = None
    commits: _Commits | None = None


FIELDS: Final = (
    f"{COMMENTS} {THREADS} "
    "number headRefOid baseRefOid baseRefName state isDraft isCrossRepository title body changedFiles"
    " author { __typename login } labels(first: 100) { nodes { name } }"
    " commits(last: 12) { nodes { commit { messageHeadline } } }"
)
"""What GraphQL is asked for of a pull request; 100 labels are the most that it shows at once, and the model is told
of 12 commits."""


async def read_pull(repository: Repository, number: int) -> Pull:
    """The pull request as it stands now."""
    route = "/repos/{owner}/{repo}/pulls/{pull_number}"
    pull = (await repository.get(route, pull_number=number)).into(_Pull)
    user, home, whence = pull.user, pull.base.repo, pull.head.repo
    return Pull(
        pull.number,
        pull.head.sha,
        pull.base.sha,
        pull.state == "open",
        pull.draft,
        user.login if user and (user.type == "Bot" or user.login.endswith(_BOT)) else None,
        user.login if user else "",
        pull.changed_files,
        Untrusted(pull.title),
        Untrusted(pull.body or ""),
        pull.base.ref,
        tuple(label.name for label in pull.labels),
        whence is None or home is None or whence.id != home.id,
    )


def pull_told(value: JSON) -> Pull:
    """The same, by the FIELDS of a GraphQL answer."""
    told = shaped(_Told, value, "GraphQL")
    author, is_bot = told.author, told.author is not None and told.author.typename == "Bot"
    login = "" if author is None else author.login.removesuffix(_BOT) + (_BOT if is_bot else "")
    labels = (told.labels.nodes if told.labels else None) or ()
    return Pull(
        told.number,
        told.head,
        told.base,
        told.state == "OPEN",
        told.draft,
        login if is_bot else None,
        login,
        told.changed_files,
        Untrusted(told.title),
        Untrusted(told.body),
        told.branch,
        tuple(label.name for label in labels if label is not None),
        told.fork,
        shaped(Wrote, value, "GraphQL"),
        tuple(Untrusted(one.commit.headline) for one in (told.commits.nodes if told.commits else None) or () if one),
    )
