"""A publication carried out: one review in two phases, the summary, the answer, the check run.

Every function is safe to run again: it looks for what an earlier attempt left, by our own account and marker,
before it writes. Nothing here waits; a TransientError goes up, and whoever runs the step tries again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

from pydantic import BaseModel

from reviewer.core.errors import TransientError
from reviewer.core.publication import InlineComment, ReviewPost
from reviewer.github.answers import JSON, shaped
from reviewer.github.auth import BotIdentity
from reviewer.github.checks import close_check, open_check
from reviewer.github.client import Repository
from reviewer.github.comments import assert_fits, may_command, put_answer, put_summary, react
from reviewer.github.failures import AbsentError, UnprocessableError
from reviewer.github.standing import Standing, Written, standing, standing_by_rest

__all__ = [
    "ReviewOutcome",
    "ReviewState",
    "Standing",
    "Written",
    "close_check",
    "may_command",
    "open_check",
    "post_review",
    "put_answer",
    "put_summary",
    "react",
    "standing",
]

WRITES_MAX = 8
"""Writes of one call, all told: GitHub allows 80 content-creating requests a minute and 500 an hour (REST
docs).
"""

ROUNDS_MAX = 3
"""How often a refused group of comments is halved: of ten comments, the third halving tells single ones
apart.
"""

PENDING = "pending review"
"""Part of the refusal of a second draft: `User can only have one pending review per pull request`."""

_REVIEWS = "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"
_REVIEW = _REVIEWS + "/{review_id}"


class ReviewState(Enum):
    """What became of a review."""

    POSTED = "posted"
    STOOD_ALREADY = "stood already"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class ReviewOutcome:
    """What became of a review. `displaced` are the fingerprints of comments that GitHub took no place for:
    the caller puts them into the summary. `review_id` is None when it was superseded (another head, or
    closed): nothing stands.
    """

    state: ReviewState
    review_id: int | None
    displaced: tuple[str, ...]
    seen: Standing | None = field(default=None, compare=False)
    """The pull request as it was seen right before the review was submitted."""


class _Made(BaseModel):
    id: int


class _Placed(BaseModel):
    path: str
    body: str


async def post_review(repo: Repository, bot: BotIdentity, number: int, head: str, post: ReviewPost) -> ReviewOutcome:
    """Post one review with event COMMENT on `head`: draft, look again, submit.

    At most one submitted review with `post.marker` ever stands. A comment that GitHub refuses costs its
    place, never the review: refused ones are found by halving, within WRITES_MAX writes.
    """
    for text in (post.body, *(comment.body for comment in post.comments)):
        assert_fits(text)
    desk = _Desk(repo, number, head, post)
    try:
        draft = await desk.draft(post.comments)
        displaced: tuple[str, ...] = ()
    except UnprocessableError as error:
        look = standing_by_rest if error.says(PENDING) else standing  # REST is known to list our drafts
        now = await look(repo, bot, number)
        settled = await _settle(desk, now, None)
        if settled is not None:
            return settled
        draft, displaced = await _second_draft(desk, now, error)
    return await _look_and_submit(desk, bot, draft, displaced)


async def _look_and_submit(desk: _Desk, bot: BotIdentity, draft: int, displaced: tuple[str, ...]) -> ReviewOutcome:
    now = await standing(desk.repo, bot, desk.number)
    settled = await _settle(desk, now, draft)
    if settled is not None:
        return settled
    try:
        await desk.submit(draft)
    except (AbsentError, UnprocessableError) as error:
        settled = await _settle(desk, await standing(desk.repo, bot, desk.number), None)
        if settled is None:
            raise TransientError("our draft review went away while we were submitting it") from error
        return settled
    return ReviewOutcome(ReviewState.POSTED, draft, displaced, now)


async def _settle(desk: _Desk, now: Standing, draft: int | None) -> ReviewOutcome | None:
    """The outcome, where what stands leaves nothing to post; drafts of ours are then taken away. Else None."""
    stands = now.review(desk.post.marker)
    if stands is None and not now.is_past(desk.head):
        return None
    own = {one.id for one in now.drafts if one.holds(desk.post.marker)}
    for left in own | ({draft} if draft is not None else set()):
        await desk.discard(left)
    if stands is None:
        return ReviewOutcome(ReviewState.SUPERSEDED, None, ())
    return ReviewOutcome(ReviewState.STOOD_ALREADY, stands, await desk.displaced_from(stands), now)


async def _second_draft(desk: _Desk, now: Standing, error: UnprocessableError) -> tuple[int, tuple[str, ...]]:
    """A draft after the first one was refused: an earlier one of ours in the way is adopted (same marker) or
    removed.
    """
    adopted = now.draft(desk.post.marker)
    if adopted is not None:
        return adopted, await desk.displaced_from(adopted)
    for stale in now.drafts:
        await desk.discard(stale.id)
    if now.drafts:
        try:
            return await desk.draft(desk.post.comments), ()
        except UnprocessableError as again:
            error = again
    if error.says(PENDING):
        raise TransientError("a draft review of ours is in the way and cannot be found yet") from error
    if not desk.post.comments:
        raise error
    return await _halve(desk)


async def _halve(desk: _Desk) -> tuple[int, tuple[str, ...]]:
    """A draft with as many comments as the writes allow, after all of them together were refused.

    Groups are tried on top of what is known to be good. A refused create leaves nothing behind; an accepted
    one leaves a draft, which has to go before the next try. Two writes are kept back: the last good draft
    again, and its submission.
    """
    good: list[InlineComment] = []
    draft: int | None = None
    groups = deque(_halves(_Group(desk.post.comments, 0)))
    while groups:
        group = groups.popleft()
        tries = 1 if draft is None else 2
        if desk.writes + tries + 2 > WRITES_MAX:
            break
        if draft is not None:
            await desk.discard(draft)
        draft = await desk.try_draft([*good, *group.comments])
        if draft is not None:
            good += group.comments
            groups = _without_certainties(groups, group)
        elif group.rounds < ROUNDS_MAX:
            groups.extend(_halves(group))
    if draft is None:
        draft = await desk.draft(good)
    return draft, tuple(one.fingerprint for one in desk.post.comments if one not in good)


@dataclass(frozen=True, slots=True)
class _Group:
    """Comments to try together, after `rounds` halvings. `twin` is the other half's comments."""

    comments: tuple[InlineComment, ...]
    rounds: int
    twin: tuple[InlineComment, ...] = ()


def _halves(group: _Group) -> list[_Group]:
    middle = (len(group.comments) + 1) // 2
    first, second = group.comments[:middle], group.comments[middle:]
    if not second or group.rounds >= ROUNDS_MAX:
        return []  # a single refused comment is found; nothing to halve
    return [_Group(first, group.rounds + 1, second), _Group(second, group.rounds + 1, first)]


def _without_certainties(groups: deque[_Group], accepted: _Group) -> deque[_Group]:
    """When one half of a refused group is good, the other half holds the fault: halve it without trying it."""
    left: deque[_Group] = deque()
    for group in groups:
        if group.comments == accepted.twin:
            left.extend(_halves(group))
        else:
            left.append(group)
    return left


class _Desk:
    """The writing of one review, with its count of writes."""

    def __init__(self, repo: Repository, number: int, head: str, post: ReviewPost) -> None:
        self.repo = repo
        self.number = number
        self.head = head
        self.post = post
        self.writes = 0

    async def draft(self, comments: Sequence[InlineComment]) -> int:
        """A draft (no `event`: nobody sees it) with these comments, in the publication's order; its id."""
        self.writes += 1
        wanted = set(comments)
        placed = [_placed(comment) for comment in self.post.comments if comment in wanted]
        body: dict[str, JSON] = {"commit_id": self.head, "body": self.post.body, "comments": placed}
        return (await self.repo.post(_REVIEWS, json=body, pull_number=self.number)).into(_Made).id

    async def try_draft(self, comments: Sequence[InlineComment]) -> int | None:
        """A draft's id, or None when GitHub refuses one of the comments."""
        try:
            return await self.draft(comments)
        except UnprocessableError as error:
            if error.says(PENDING):
                raise TransientError("another draft review of ours appeared while we wrote this one") from error
            return None

    async def submit(self, draft: int) -> None:
        """Make the draft visible, as a COMMENT: never APPROVE, never REQUEST_CHANGES."""
        self.writes += 1
        body: dict[str, JSON] = {"event": "COMMENT", "body": self.post.body}
        await self.repo.post(_REVIEW + "/events", json=body, pull_number=self.number, review_id=draft)

    async def discard(self, draft: int) -> None:
        """Delete a draft; one that is gone is fine."""
        self.writes += 1
        with suppress(AbsentError):
            await self.repo.delete(_REVIEW, pull_number=self.number, review_id=draft)

    async def displaced_from(self, review_id: int) -> tuple[str, ...]:
        """Fingerprints of the comments that an earlier attempt's review does not hold."""
        template = _REVIEW + "/comments"
        held = [
            shaped(_Placed, item, f"GET {template}")
            async for item in self.repo.pages(
                template, per_page=100, pages_max=10, pull_number=self.number, review_id=review_id
            )
        ]
        there = {(one.path, one.body.strip()) for one in held}
        return tuple(one.fingerprint for one in self.post.comments if (one.path, one.body.strip()) not in there)


def _placed(comment: InlineComment) -> JSON:
    place: dict[str, JSON] = {
        "path": comment.path,
        "body": comment.body,
        "line": comment.line,
        "side": comment.side.value,
    }
    if comment.start_line is not None and comment.start_line < comment.line:
        place |= {"start_line": comment.start_line, "start_side": comment.side.value}
    return place
