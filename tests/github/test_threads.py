"""Threads read against the strict stand-in: whose they are, who wrote in them, every page, with and without GraphQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace

import pytest

from reviewer.core.errors import RefusedError
from reviewer.core.job import Job, Trigger
from reviewer.core.memory import Mark, Said
from reviewer.github.auth import AppCredentials
from reviewer.github.client import GitHubApp, Repository
from reviewer.github.resolving import set_resolved
from reviewer.github.standing import standing, standing_by_rest
from reviewer.rendering.remembered import became, marked
from tests.standin.faults import answered
from tests.standin.github import GitHubStandIn
from tests.standin.state import Account, Pull, Review, ReviewComment

TEXT = "export const one = 1;\nexport const two = 2;\n"


@dataclass(frozen=True, slots=True)
class Scene:
    github: GitHubStandIn
    app: GitHubApp
    pull: Pull
    repo: Repository

    def comment(self, name: int, author: Account | None = None, *, state: str = "COMMENTED") -> ReviewComment:
        """A comment on the first line, with the marker of a finding."""
        world, record = self.github.world, self.github.repository_of(self.pull)
        who, now = author or self.github.bot, self.github.world.now()
        review = Review(next(world.ids), "", who, self.pull.number, self.pull.head_sha, state, now)
        record.reviews[review.id] = review
        made = ReviewComment(
            id=next(world.ids),
            body=f"Said.\n\n<!-- reviewer:finding {name:016x} -->",
            author=who,
            pull=self.pull.number,
            review=review.id,
            commit=self.pull.head_sha,
            path="src/a.ts",
            side="RIGHT",
            line=1,
            start_line=None,
            start_side=None,
            subject="line",
            hunk="@@",
            created=now,
            updated=now,
        )
        record.review_comments[made.id] = made
        return made

    async def threads(self) -> tuple[Said, ...]:
        return (await standing(self.repo, await self.app.identity(), self.pull.number)).threads

    @property
    def job(self) -> Job:
        record = self.github.repository_of(self.pull)
        return Job(self.github.installation(record.owner).id, record.id, record.full_name, 1, None, Trigger.RERUN)


@pytest.fixture
def github() -> Iterator[GitHubStandIn]:
    with GitHubStandIn() as github:
        yield github


@pytest.fixture
async def scene(github: GitHubStandIn) -> AsyncIterator[Scene]:
    pull = github.open_pull(base_files={"README.md": "#\n"}, head_files={"README.md": "#\n", "src/a.ts": TEXT})
    record = github.repository_of(pull)
    app = GitHubApp(AppCredentials(str(github.app_id), github.private_key), github.url, resolves=True)
    repo = await app.repository(github.installation(record.owner).id, record.id, record.full_name, "d")
    yield Scene(github, app, pull, repo)
    await app.aclose()


async def test_a_thread_is_ours_by_marker_and_account_and_tells_who_else_wrote_there(scene: Scene) -> None:
    quiet, talked, botted = scene.comment(1), scene.comment(2), scene.comment(3)
    scene.comment(4, scene.github.world.account("mallory"))
    scene.comment(5, scene.github.world.account("other[bot]"))
    scene.comment(6, state="PENDING")
    scene.github.review_reply(scene.pull, talked, "Why?", "rita")
    scene.github.review_reply(scene.pull, botted, "Noted.", "other[bot]")
    scene.github.resolve(botted, "mona")
    quiet.body = marked(quiet.body, Mark.FIXED, became(Mark.FIXED, "a" * 40))
    one, two, three = await scene.threads()
    assert (one.comment, one.fingerprint, one.thread, one.mark) == (
        quiet.id,
        f"{1:016x}",
        f"PRRT_{quiet.id}",
        Mark.FIXED,
    )
    assert (one.is_ours_alone, two.is_ours_alone, three.is_ours_alone) == (True, False, False)
    assert (three.is_resolved, three.resolved_by, three.has_others) == (True, "mona", True)


async def test_rest_tells_the_same_but_whether_a_thread_is_resolved(scene: Scene) -> None:
    for name in range(3):
        scene.comment(name)
    scene.comment(7, state="PENDING")
    scene.comment(8, scene.github.world.account("mallory"))
    scene.github.review_reply(scene.pull, scene.github.review_comments(scene.pull)[1], "Why?", "rita")
    scene.github.push(scene.pull, {"README.md": "#\n", "src/a.ts": "export const three = 3;\n"})
    told = await scene.threads()
    asked = (await standing_by_rest(scene.repo, await scene.app.identity(), 1)).threads
    assert [one.is_outdated for one in told] == [True] * 3
    assert asked == tuple(replace(one, thread="", is_resolved=None) for one in told)
    scene.github.fault("graphql", answered(403, {"message": "Resource not accessible by integration"}))
    assert await scene.threads() == asked


async def test_threads_beyond_a_page_are_all_remembered(scene: Scene) -> None:
    for name in range(230):
        scene.comment(name)
    before = scene.github.count("graphql")
    found = await scene.threads()
    assert [int(one.fingerprint, 16) for one in found] == list(range(230))
    assert scene.github.count("graphql") - before == 3


async def test_threads_are_resolved_and_opened_in_one_request_by_a_token_made_for_it(scene: Scene) -> None:
    record = scene.github.repository_of(scene.pull)
    scene.github.installation(record.owner).permissions["contents"] = "write"
    one, two = scene.comment(1), scene.comment(2)
    two.resolved = True
    before = scene.github.count("graphql")
    await set_resolved(scene.app, scene.job, closing=[f"PRRT_{one.id}"], opening=[f"PRRT_{two.id}"])
    assert (one.resolved, two.resolved, scene.github.count("graphql") - before) == (True, False, 1)
    tokens = [token.permissions for token in scene.github.world.tokens.values()]
    assert [permissions.get("contents") for permissions in tokens] == ["read", "write"]
    assert all(token.repositories == {record.id} for token in scene.github.world.tokens.values())


async def test_an_installation_that_grants_less_is_a_refusal_and_nothing_is_resolved(scene: Scene) -> None:
    one = scene.comment(1)
    with pytest.raises(RefusedError, match="contents: write"):
        await set_resolved(scene.app, scene.job, closing=[f"PRRT_{one.id}"], opening=[])
    assert not one.resolved
