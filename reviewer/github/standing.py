"""What stands on a pull request right now: its head, whether it is open, and what we ourselves wrote on it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field

from reviewer.core.errors import RefusedError, TransientError
from reviewer.core.memory import Said
from reviewer.github.answers import JSON, shaped
from reviewer.github.auth import BotIdentity
from reviewer.github.authored import AUTHOR, NodeList
from reviewer.github.client import Repository
from reviewer.github.threads import THREADS, ThreadList, all_threads, threads_by_rest

REVIEWS_LAST, COMMENTS_LAST = 50, 100
"""Entries asked for in one GraphQL request (`first` and `last` go to 100). A full list may hide older ones,
and then REST pages through all.
"""

PAGES_MAX = 30
"""Pages of 100 read by REST; a pull request with more than 3,000 comments is refused rather than commented
twice.
"""

COMMENTS = f"comments(last: {COMMENTS_LAST}) {{ nodes {{ fullDatabaseId body {AUTHOR} }} }}"
"""What GraphQL is asked for of a pull request's conversation."""

_QUERY = f"""
query($owner: String!, $name: String!, $number: Int!) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{
      headRefOid
      state
      reviews(last: {REVIEWS_LAST}) {{
        nodes {{ fullDatabaseId state body {AUTHOR} }}
      }}
      {COMMENTS}
      {THREADS}
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
    """The pull request as it is. Everything in the lists was written by our own account, oldest first."""

    head: str
    is_open: bool
    drafts: tuple[Written, ...]
    submitted: tuple[Written, ...]
    comments: tuple[Written, ...]
    threads: tuple[Said, ...] = ()

    def draft(self, marker: str) -> int | None:
        """Our unsubmitted review with this marker."""
        return _first(self.drafts, marker)

    def review(self, marker: str) -> int | None:
        """Our submitted review with this marker."""
        return _first(self.submitted, marker)

    def comment(self, marker: str) -> Written | None:
        """Our conversation comment with this marker (the summary, an answer to a command)."""
        return next((one for one in self.comments if one.holds(marker)), None)

    def thread(self, comment: int) -> Said | None:
        """Our comment on lines with this id, and its thread."""
        return next((one for one in self.threads if one.comment == comment), None)

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
        pull = answer.into(_Data).repository.pull
        threads = await all_threads(repo, bot, number, pull.threads)
    except RefusedError:
        return await standing_by_rest(repo, bot, number)
    except TransientError as error:
        if error.retry_after_s is not None:
            raise
        return await standing_by_rest(repo, bot, number)
    if pull.is_whole:
        return _told(pull, bot, threads)
    return await _standing_by_rest(repo, bot, number, threads)


class Wrote(BaseModel):
    """What anybody wrote on a pull request, as GraphQL tells; COMMENTS and THREADS ask for it."""

    comments: NodeList
    threads: ThreadList = Field(alias="reviewThreads")

    def ours(self, bot: BotIdentity) -> tuple[tuple[Written, ...], tuple[Said, ...]] | None:
        """Our comments in the conversation and our threads; None where older ones may be missing."""
        if len(self.comments.nodes) >= COMMENTS_LAST or not self.threads.is_whole:
            return None
        return tuple(Written(one.id, one.body) for one in self.comments.ours(bot)), self.threads.ours(bot)


class _Pull(Wrote):
    head: str = Field(alias="headRefOid")
    state: str
    reviews: NodeList

    @property
    def is_whole(self) -> bool:
        """Whether no list is full, so that no older entries can be missing."""
        return len(self.reviews.nodes) < REVIEWS_LAST and len(self.comments.nodes) < COMMENTS_LAST


class _Repository(BaseModel):
    pull: _Pull = Field(alias="pullRequest")


class _Data(BaseModel):
    repository: _Repository


def _told(pull: _Pull, bot: BotIdentity, threads: tuple[Said, ...]) -> Standing:
    reviews = pull.reviews.ours(bot)
    return Standing(
        head=pull.head,
        is_open=pull.state == "OPEN",
        drafts=tuple(Written(one.id, one.body) for one in reviews if one.state == "PENDING"),
        submitted=tuple(Written(one.id, one.body) for one in reviews if one.state != "PENDING"),
        comments=tuple(Written(one.id, one.body) for one in pull.comments.ours(bot)),
        threads=threads,
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
    """The same, asked the long way: the pull request, its threads, all its reviews, all its conversation."""
    return await _standing_by_rest(repo, bot, number, await threads_by_rest(repo, bot, number))


async def _standing_by_rest(repo: Repository, bot: BotIdentity, number: int, threads: tuple[Said, ...]) -> Standing:
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
        threads=threads,
    )


def _ours(item: JSON, bot: BotIdentity, route: str) -> _Entry | None:
    entry = shaped(_Entry, item, f"GET {route}")
    return entry if entry.user is not None and entry.user.id == bot.user_id else None
