"""Review threads: those that our comments began, read with whether anybody else wrote there.

Whether a thread is resolved only GraphQL tells. REST, where GraphQL is refused, tells the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, Field

from reviewer.core.errors import RefusedError
from reviewer.core.memory import Said
from reviewer.github.answers import JSON, shaped
from reviewer.github.auth import BotIdentity
from reviewer.github.authored import AUTHOR, Author, Node
from reviewer.rendering.remembered import fingerprint_in, mark_in

if TYPE_CHECKING:
    from reviewer.github.client import Repository

THREADS_LAST: Final = 100
REPLIES_FIRST: Final = 20
"""Threads asked for at once, and comments of each whose authors are told; more than so many are not ours alone."""

PAGES_MAX: Final = 30
"""Pages of 100 threads, or of 100 comments by REST: more are refused rather than commented twice."""

_NODES: Final = f"""
  pageInfo {{ hasPreviousPage startCursor }}
  nodes {{
    id path isResolved isOutdated resolvedBy {{ login }}
    root: comments(first: 1) {{ nodes {{ fullDatabaseId body pullRequestReview {{ state }} {AUTHOR} }} }}
    comments(first: {REPLIES_FIRST}) {{ totalCount nodes {{ {AUTHOR} }} }}
  }}
"""

THREADS: Final = f"reviewThreads(last: {THREADS_LAST}) {{ {_NODES} }}"
"""What GraphQL is asked for of a pull request's threads, the newest hundred."""

_MORE: Final = f"""
query($owner: String!, $name: String!, $number: Int!, $before: String!) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{ reviewThreads(last: {THREADS_LAST}, before: $before) {{ {_NODES} }} }}
  }}
}}
"""


class _Person(BaseModel):
    login: str = ""


class _Review(BaseModel):
    state: str = ""


class _Root(Node):
    review: _Review | None = Field(default=None, alias="pullRequestReview")


class _Roots(BaseModel):
    nodes: list[_Root | None]


class _Reply(BaseModel):
    author: Author | None


class _Replies(BaseModel):
    total: int = Field(alias="totalCount")
    nodes: list[_Reply | None]


class Thread(BaseModel):
    """One thread, anybody's."""

    id: str
    path: str
    is_resolved: bool = Field(alias="isResolved")
    is_outdated: bool = Field(alias="isOutdated")
    resolved_by: _Person | None = Field(default=None, alias="resolvedBy")
    roots: _Roots = Field(alias="root")
    comments: _Replies

    def said(self, bot: BotIdentity) -> Said | None:
        """It as a comment of ours with its thread; None for other people's, for drafts, and without our marker."""
        root = next((node for node in self.roots.nodes if node is not None), None)
        if root is None or not root.by(bot) or (root.review is not None and root.review.state == "PENDING"):
            return None
        fingerprint = fingerprint_in(root.body)
        if not fingerprint:
            return None
        ours = sum(1 for one in self.comments.nodes if one and one.author is not None and one.author.is_ours(bot))
        return Said(
            fingerprint,
            root.id,
            self.id,
            self.path,
            root.body,
            mark_in(root.body),
            self.is_resolved,
            self.resolved_by.login if self.resolved_by else "",
            self.is_outdated,
            has_others=ours < self.comments.total,
        )


class _PageInfo(BaseModel):
    before: bool = Field(alias="hasPreviousPage")
    cursor: str | None = Field(default=None, alias="startCursor")


class ThreadList(BaseModel):
    """The newest threads of a pull request, oldest first, and whether there are older ones."""

    page: _PageInfo = Field(alias="pageInfo")
    nodes: list[Thread | None]

    @property
    def is_whole(self) -> bool:
        """Whether there are no older ones."""
        return not self.page.before

    def ours(self, bot: BotIdentity) -> tuple[Said, ...]:
        """Those that a comment of ours began."""
        return tuple(said for one in self.nodes if one is not None and (said := one.said(bot)) is not None)


class _Pull(BaseModel):
    threads: ThreadList = Field(alias="reviewThreads")


class _Repository(BaseModel):
    pull: _Pull = Field(alias="pullRequest")


class _Data(BaseModel):
    repository: _Repository


async def all_threads(repo: Repository, bot: BotIdentity, number: int, newest: ThreadList) -> tuple[Said, ...]:
    """Every thread that we began: those of the page that was read, and of the pages before it."""
    owner, _, name = repo.full_name.partition("/")
    found, page = newest.ours(bot), newest
    for _ in range(PAGES_MAX):
        if page.is_whole or page.page.cursor is None:
            return found
        asked: dict[str, JSON] = {"owner": owner, "name": name, "number": number, "before": page.page.cursor}
        page = (await repo.graphql(_MORE, asked)).into(_Data).repository.pull.threads
        found = (*page.ours(bot), *found)
    raise RefusedError(f"the pull request has more than {PAGES_MAX * THREADS_LAST} threads")


class _User(BaseModel):
    id: int


class _Comment(BaseModel):
    id: int
    path: str
    body: str = ""
    line: int | None = None
    subject: str = Field(default="line", alias="subject_type")
    user: _User | None = None
    reply_to: int | None = Field(default=None, alias="in_reply_to_id")

    def by(self, bot: BotIdentity) -> bool:
        return self.user is not None and self.user.id == bot.user_id


async def threads_by_rest(repo: Repository, bot: BotIdentity, number: int) -> tuple[Said, ...]:
    """The same by REST, which does not tell whether a thread is resolved, and by whom."""
    template = "/repos/{owner}/{repo}/pulls/{pull_number}/comments"
    pages = repo.pages(template, per_page=100, pages_max=PAGES_MAX, pull_number=number)
    comments = [shaped(_Comment, item, f"GET {template}") async for item in pages]
    others = {one.reply_to for one in comments if one.reply_to is not None and not one.by(bot)}
    roots = (one for one in comments if one.by(bot) and one.reply_to is None)
    return tuple(_said(one, has_others=one.id in others) for one in roots if fingerprint_in(one.body))


def _said(root: _Comment, *, has_others: bool) -> Said:
    return Said(
        fingerprint_in(root.body),
        root.id,
        "",
        root.path,
        root.body,
        mark_in(root.body),
        is_resolved=None,
        is_outdated=root.subject == "line" and root.line is None,
        has_others=has_others,
    )
