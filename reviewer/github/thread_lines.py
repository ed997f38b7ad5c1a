"""The one line that we write into a thread of ours, below the comment that began it; edited when it is so no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

from reviewer.core.errors import RefusedError
from reviewer.github.answers import shaped
from reviewer.github.comments import assert_fits, edit_on_lines
from reviewer.github.standing import PAGES_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reviewer.github.auth import BotIdentity
    from reviewer.github.client import Repository

_ALL: Final = "/repos/{owner}/{repo}/pulls/{pull_number}/comments"
_REPLY: Final = _ALL + "/{comment_id}/replies"


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """A line for the thread that `comment` began. `is_correction`: it takes an earlier one's place or none."""

    comment: int
    body: str
    is_correction: bool = False


class _User(BaseModel):
    id: int


class _Comment(BaseModel):
    id: int
    body: str = ""
    user: _User | None = None
    in_reply_to_id: int | None = None


async def put_thread_lines(
    repo: Repository, bot: BotIdentity, number: int, marker: str, lines: Sequence[ThreadLine]
) -> frozenset[int]:
    """Write lines that hold `marker`, each in place if one stands there. The comments whose threads have theirs now.

    A thread that GitHub takes no answer in, as it is gone, has none.
    """
    if not lines:
        return frozenset()
    listed = repo.pages(_ALL, per_page=100, pages_max=PAGES_MAX, pull_number=number)
    there = {
        one.in_reply_to_id: one
        for one in [shaped(_Comment, item, f"GET {_ALL}") async for item in listed]
        if one.user is not None and one.user.id == bot.user_id and marker in one.body.split("\n")
    }
    return frozenset([line.comment for line in lines if await _put(repo, number, line, there.get(line.comment))])


async def _put(repo: Repository, number: int, line: ThreadLine, there: _Comment | None) -> bool:
    assert_fits(line.body)
    try:
        if there is None:
            if line.is_correction:
                return False
            await repo.post(_REPLY, json={"body": line.body}, pull_number=number, comment_id=line.comment)
        elif there.body != line.body:
            await edit_on_lines(repo, there.id, line.body)
    except RefusedError:
        return False
    return True
