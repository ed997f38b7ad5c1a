"""What a pull request remembers: over pushes no comment is made twice, and each finding is told as what it is now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.standin.state import Pull, ReviewComment
from tests.workflow.changes import BASE, CONTROLLER, HEAD, SERVICE, pushed
from tests.workflow.nursery import Nursery
from tests.workflow.stage import Stage, stage


@pytest.fixture(scope="module")
def play(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("service")) as play:
        yield play


async def push(play: Stage, pull: Pull, files: Mapping[str, str], *, force: bool = False) -> str:
    """Push, and wait until the new head is reviewed; its SHA."""
    head = play.github.push(pull, files, force=force)
    play.send(pull, "synchronize")
    await play.reviewed(pull)
    return head


def said(play: Stage, pull: Pull, path: str = "") -> list[ReviewComment]:
    """Our comments on lines, of one file or of all."""
    ours = [one for one in play.github.review_comments(pull) if one.author.id == play.github.bot.id]
    return [one for one in ours if path in ("", one.path)]


def fingerprint(comment: ReviewComment) -> str:
    return next(row for row in comment.body.split("\n") if "reviewer:finding" in row)


def line_since(play: Stage, pull: Pull) -> str:
    """The summary's line of what changed."""
    return next((row for row in play.summary(pull).split("\n") if row.startswith("Since ")), "")


FIXED_SERVICE = {**HEAD, SERVICE: BASE[SERVICE]}
FIXED_CONTROLLER = {**HEAD, CONTROLLER: BASE[CONTROLLER]}


async def test_a_push_that_mends_nothing_repeats_nothing(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    first = [(one.id, one.body) for one in said(play, pull)]
    old = pull.head_sha
    for number in (1, 2, 3):
        await push(play, pull, pushed(number))
    assert [(one.id, one.body) for one in said(play, pull)] == first
    assert len(play.github.reviews(pull)) == 1
    assert line_since(play, pull).endswith(f": {len(first)} still open.")
    assert old[:7] not in line_since(play, pull)


async def test_a_mended_finding_is_told_in_its_own_comment_with_the_commit(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    (before,) = [one.body for one in said(play, pull, SERVICE)]
    head = await push(play, pull, FIXED_SERVICE)
    (comment,) = said(play, pull, SERVICE)
    assert comment.body.startswith(f"✅ **Fixed** at `{head[:7]}`.")
    assert comment.body.endswith(before)
    assert ", 1 fixed" in line_since(play, pull) or " 1 fixed" in line_since(play, pull)


async def test_a_finding_that_comes_back_gets_its_comment_back(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    before = [(one.id, one.body) for one in said(play, pull)]
    await push(play, pull, FIXED_SERVICE)
    await push(play, pull, HEAD)
    assert [(one.id, one.body) for one in said(play, pull)] == before
    assert "1 back again" in line_since(play, pull)
