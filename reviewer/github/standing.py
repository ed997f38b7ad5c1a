"""What stands on a pull request right now: its head, whether it is open, and what we ourselves wrote on it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field

from reviewer.core.errors import RefusedError, TransientError
from reviewer.github.answers import JSON, GraphAnswer, shaped
from reviewer.github.auth import BotIdentity
from reviewer.github.client import Repository

REVIEWS_LAST, COMMENTS_LAST = 50, 100
"""Entries asked for in one GraphQL request (`first` and `last` go to 100). A full list may hide older ones,
and then REST pages through all.
"""

PAGES_MAX = 30
"""Pages of 100 read by REST; a pull request with more than 3,000 comments is refused rather than commented
twice.
"""

_QUERY = f"""
query($owner: String!, $name: String!, $number: Int!) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{
      headRefOid
      state
      reviews(last: {REVIEWS_LAST}) {{
        nodes {{ fullDatabaseId state body author {{ __typename login ... on Bot {{ databaseId }} }} }}
      }}
      comments(last: {COMMENTS_LAST}) {{
        nodes {{ fullDatabaseId body author {{ __typename login ... on Bot {{ databaseId }} }} }}
      }}
    }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Written:
    """One review or comment of ours: its id as REST knows it, and its text."""

    id: int
    body: str

    def holds(self, marker: str) -> bool:
        """Whether `marker` is one of its lines (a quoted or indented-in-text one does not count)."""
        return any(line.strip() == marker for line in self.body.split("\n"))


@dataclass(frozen=True, slots=True)
class Standing:
    """The pull request as it is. Everything in the three lists was written by our own account, oldest first."""

    head: str
    is_open: bool
    drafts: tuple[Written, ...]
    submitted: tuple[Written, ...]
    comments: tuple[Written, ...]

    def draft(self, marker: str) -> int | None:
        """Our unsubmitted review with this marker."""
        return _first(self.drafts, marker)

    def review(self, marker: str) -> int | None:
        """Our submitted review with this marker."""
        return _first(self.submitted, marker)

    def comment(self, marker: str) -> Written | None:
        """Our conversation comment with this marker (the summary, an answer to a command)."""
        return next((one for one in self.comments if one.holds(marker)), None)

    def is_past(self, head: str) -> bool:
        """Whether a review of `head` has come too late: there is another head, or the pull request is closed."""
        return not self.is_open or self.head != head


def _first(written: tuple[Written, ...], marker: str) -> int | None:
    return next((one.id for one in written if one.holds(marker)), None)


async def standing(repo: Repository, bot: BotIdentity, number: int) -> Standing:
    """Read it: one GraphQL request, or REST where GraphQL is refused, broken, or cannot tell all.

    Ours is what the account with our numeric id wrote; a marker in anybody else's text is no more than text.
    A rate limit of GraphQL is raised as such.
    """
    owner, _, name = repo.full_name.partition("/")
    try:
        answer = await repo.graphql(_QUERY, {"owner": owner, "name": name, "number": number})
        told = _told(answer, bot)
    except RefusedError:
        told = None
    except TransientError as error:
        if error.retry_after_s is not None:
            raise
        told = None
    return told or await standing_by_rest(repo, bot, number)


class _Author(BaseModel):
    typename: str = Field(alias="__typename")
    database_id: int | None = Field(default=None, alias="databaseId")


class _Node(BaseModel):
    id: int = Field(alias="fullDatabaseId")
    body: str
    state: str = ""
    author: _Author | None

    def by(self, bot: BotIdentity) -> bool:
        return self.author is not None and self.author.typename == "Bot" and self.author.database_id == bot.user_id


class _List(BaseModel):
    nodes: list[_Node | None]

    def ours(self, bot: BotIdentity) -> list[_Node]:
        return [node for node in self.nodes if node is not None and node.by(bot)]


class _Pull(BaseModel):
    head: str = Field(alias="headRefOid")
    state: str
    reviews: _List
    comments: _List


class _Repository(BaseModel):
    pull: _Pull = Field(alias="pullRequest")


class _Data(BaseModel):
    repository: _Repository


def _told(answer: GraphAnswer, bot: BotIdentity) -> Standing | None:
    """The standing by a GraphQL answer; None when a list is full, so that older entries may be missing."""
    pull = answer.into(_Data).repository.pull
    if len(pull.reviews.nodes) >= REVIEWS_LAST or len(pull.comments.nodes) >= COMMENTS_LAST:
        return None
    reviews = pull.reviews.ours(bot)
    return Standing(
        head=pull.head,
        is_open=pull.state == "OPEN",
        drafts=tuple(Written(one.id, one.body) for one in reviews if one.state == "PENDING"),
        submitted=tuple(Written(one.id, one.body) for one in reviews if one.state != "PENDING"),
        comments=tuple(Written(one.id, one.body) for one in pull.comments.ours(bot)),
    )


class _User(BaseModel):
    id: int


class _Entry(BaseModel):
    id: int
    body: str | None = None
    state: str = ""
    user: _User | None = None


class _Head(BaseModel):
    sha: str


class _RestPull(BaseModel):
    head: _Head
    state: str


async def standing_by_rest(repo: Repository, bot: BotIdentity, number: int) -> Standing:
    """The same, asked the long way: the pull request, all its reviews, all its conversation."""
    pull = (await repo.get("/repos/{owner}/{repo}/pulls/{pull_number}", pull_number=number)).into(_RestPull)
    reviews = "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"
    comments = "/repos/{owner}/{repo}/issues/{issue_number}/comments"
    written = repo.pages(reviews, per_page=100, pages_max=PAGES_MAX, pull_number=number)
    ours = [entry async for item in written if (entry := _ours(item, bot, reviews))]
    said = repo.pages(comments, per_page=100, pages_max=PAGES_MAX, issue_number=number)
    spoken = [entry async for item in said if (entry := _ours(item, bot, comments))]
    return Standing(
        head=pull.head.sha,
        is_open=pull.state == "open",
        drafts=tuple(Written(one.id, one.body or "") for one in ours if one.state == "PENDING"),
        submitted=tuple(Written(one.id, one.body or "") for one in ours if one.state != "PENDING"),
        comments=tuple(Written(one.id, one.body or "") for one in spoken),
    )


def _ours(item: JSON, bot: BotIdentity, route: str) -> _Entry | None:
    entry = shaped(_Entry, item, f"GET {route}")
    return entry if entry.user is not None and entry.user.id == bot.user_id else None
