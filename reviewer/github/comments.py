"""Conversation comments: the sticky summary, answers to commands, and who may command."""

from __future__ import annotations

from pydantic import BaseModel

from reviewer.core.errors import RefusedError
from reviewer.core.publication import COMMENT_CHARS_MAX, AnswerPost, SummaryPost
from reviewer.github.auth import BotIdentity
from reviewer.github.client import Repository
from reviewer.github.failures import AbsentError
from reviewer.github.pull import time_number
from reviewer.github.standing import Standing, standing

MAY_COMMAND = frozenset({"admin", "maintain", "write"})
"""Permissions that may command us; on a public repository a stranger has `read` (REST docs, collaborators).
"""

_COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment_id}"
_ON_LINE = "/repos/{owner}/{repo}/pulls/comments/{comment_id}"


class _Made(BaseModel):
    id: int


class _Written(BaseModel):
    created_at: str


class _Permission(BaseModel):
    permission: str


async def put_summary(
    repo: Repository, bot: BotIdentity, number: int, post: SummaryPost, known: int | Standing | None = None
) -> int:
    """Write the one summary of a pull request, in place if it stands, and return its comment's id.

    `known` is what an earlier call returned (where that comment was deleted, ours is looked for and else made
    new), or what the pull request holds, if the caller has just looked.
    """
    return await _put(repo, bot, number, post, known)


async def put_answer(repo: Repository, bot: BotIdentity, number: int, post: AnswerPost) -> int:
    """Write the answer to one command, in place if it stands, and return its comment's id."""
    return await _put(repo, bot, number, post, None)


async def _put(
    repo: Repository,
    bot: BotIdentity,
    number: int,
    post: SummaryPost | AnswerPost,
    known: int | Standing | None,
) -> int:
    assert_fits(post.body)
    if isinstance(known, int):
        try:
            await repo.patch(_COMMENT, json={"body": post.body}, comment_id=known)
        except AbsentError:
            known = None
        else:
            return known
    now = known if isinstance(known, Standing) else await standing(repo, bot, number)
    found = now.comment(post.marker)
    if found is None:
        template = "/repos/{owner}/{repo}/issues/{issue_number}/comments"
        return (await repo.post(template, json={"body": post.body}, issue_number=number)).into(_Made).id
    if found.body != post.body:
        await repo.patch(_COMMENT, json={"body": post.body}, comment_id=found.id)
    return found.id


async def edit_conversation(repo: Repository, comment: int, body: str) -> None:
    """Write another text into a comment of ours in the conversation."""
    assert_fits(body)
    await repo.patch(_COMMENT, json={"body": body}, comment_id=comment)


async def edit_on_lines(repo: Repository, comment: int, body: str) -> None:
    """Write another text into a comment of ours on lines. One that is gone is an AbsentError."""
    assert_fits(body)
    await repo.patch(_ON_LINE, json={"body": body}, comment_id=comment)


async def react(repo: Repository, comment_id: int, content: str = "eyes") -> None:
    """Put a reaction on a conversation comment; GitHub answers 200 when it is there already and 201 when it
    is new.
    """
    await repo.post(f"{_COMMENT}/reactions", json={"content": content}, comment_id=comment_id)


async def written_at(repo: Repository, comment_id: int, *, on_line: bool = False) -> int:
    """When a comment of the conversation, or on a line of the diff, was written, as a number that grows with time; 0
    when it is gone.
    """
    try:
        return time_number(
            (await repo.get(_ON_LINE if on_line else _COMMENT, comment_id=comment_id)).into(_Written).created_at
        )
    except AbsentError:
        return 0


async def may_command(repo: Repository, login: str) -> bool:
    """Whether `login` has write access or more, by GitHub's own account of it. Anything but a clear answer is
    raised.
    """
    template = "/repos/{owner}/{repo}/collaborators/{username}/permission"
    try:
        answer = await repo.get(template, username=login)
    except AbsentError as error:
        if error.status != 404:  # 404 is the clear answer "nobody we know"; 410 is none
            raise
        return False
    return answer.into(_Permission).permission in MAY_COMMAND


def assert_fits(body: str) -> None:
    """RefusedError for a text that GitHub would not take; the renderer keeps below this, so it is our own
    fault.
    """
    if len(body) > COMMENT_CHARS_MAX:
        raise RefusedError(f"a text of {len(body)} characters is longer than GitHub takes ({COMMENT_CHARS_MAX})")
