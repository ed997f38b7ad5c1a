"""Our comments on lines of the diff, and answers in their threads. Ours is what our numeric id wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

from reviewer.github.answers import JSON, shaped
from reviewer.github.comments import assert_fits, react
from reviewer.github.failures import AbsentError
from reviewer.github.standing import PAGES_MAX, Written

if TYPE_CHECKING:
    from reviewer.core.publication import AnswerPost
    from reviewer.github.auth import BotIdentity
    from reviewer.github.client import Repository

_ALL: Final = "/repos/{owner}/{repo}/pulls/{pull_number}/comments"
_ONE: Final = "/repos/{owner}/{repo}/pulls/comments/{comment_id}"


class _User(BaseModel):
    id: int
    login: str = ""


class _Comment(BaseModel):
    id: int
    body: str = ""
    user: _User | None = None
    path: str = ""
    in_reply_to_id: int | None = None


@dataclass(frozen=True, slots=True)
class Spoke:
    """One comment of a thread on a line, whoever wrote it: people's words are data."""

    id: int
    by: str
    body: str
    path: str
    is_ours: bool


async def our_line_comments(repo: Repository, bot: BotIdentity, number: int) -> tuple[Written, ...]:
    """Everything that we wrote on lines of a pull request, oldest first."""
    listed = repo.pages(_ALL, per_page=100, pages_max=PAGES_MAX, pull_number=number)
    return tuple([ours async for item in listed if (ours := _ours(item, bot)) is not None])


async def our_line_comment(repo: Repository, bot: BotIdentity, comment: int) -> Written | None:
    """One comment, if it is ours; None when it is somebody else's, or gone."""
    try:
        answer = await repo.get(_ONE, comment_id=comment)
    except AbsentError:
        return None
    return _ours(answer.json, bot)


async def thread_of(repo: Repository, bot: BotIdentity, number: int, thread: int) -> tuple[Spoke, ...]:
    """All comments of a thread, its first one (`thread`) and the answers in their order; none when it is gone."""
    listed = repo.pages(_ALL, per_page=100, pages_max=PAGES_MAX, pull_number=number)
    found = [one async for item in listed if thread in ((one := _read(item)).id, one.in_reply_to_id)]
    return tuple(_spoke(one, bot) for one in sorted(found, key=lambda one: one.id))


async def put_reply(repo: Repository, bot: BotIdentity, number: int, thread: int, post: AnswerPost) -> int | None:
    """Write an answer in a thread, in place if it stands, and return its id. `thread` is the thread's first comment:
    GitHub takes no answers to answers. None when that comment is gone.
    """
    assert_fits(post.body)
    found = next((one for one in await our_line_comments(repo, bot, number) if one.holds(post.marker)), None)
    body: dict[str, JSON] = {"body": post.body}
    if found is None:
        try:
            made = await repo.post(_ALL + "/{comment_id}/replies", json=body, pull_number=number, comment_id=thread)
        except AbsentError:
            return None
        return made.into(_Comment).id
    if found.body != post.body:
        await repo.patch(_ONE, json=body, comment_id=found.id)
    return found.id


async def react_in_place(repo: Repository, comment: int, thread: int, content: str = "eyes") -> None:
    """Put a reaction on a comment in a thread, or (`thread` 0) in the conversation: they are numbered apart."""
    if not thread:
        await react(repo, comment, content)
        return
    await repo.post(f"{_ONE}/reactions", json={"content": content}, comment_id=comment)


def _read(item: JSON) -> _Comment:
    return shaped(_Comment, item, f"GET {_ALL}")


def _spoke(one: _Comment, bot: BotIdentity) -> Spoke:
    user = one.user or _User(id=0)
    return Spoke(one.id, user.login, one.body, one.path, user.id == bot.user_id)


def _ours(item: JSON, bot: BotIdentity) -> Written | None:
    one = _read(item)
    return Written(one.id, one.body) if one.user is not None and one.user.id == bot.user_id else None
