"""Publishing against the strict stand-in: its real diff, its refusals, its description of the API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from reviewer.core.concern import Side
from reviewer.core.errors import RefusedError, TransientError
from reviewer.core.publication import (
    Annotation,
    AnnotationLevel,
    CheckNote,
    CheckPost,
    CheckStatus,
    Conclusion,
    InlineComment,
    ReviewPost,
    SummaryPost,
)
from reviewer.github.checks import Wanted
from reviewer.github.client import AppCredentials, BotIdentity, GitHubApp, Repository
from reviewer.github.publishing import (
    ReviewState,
    close_check,
    may_command,
    open_check,
    post_review,
    put_summary,
    react,
    standing,
)
from tests.standin.door import Request, When
from tests.standin.faults import Fault, answered, bad_credentials, bad_gateway, cut_connection
from tests.standin.github import GitHubStandIn
from tests.standin.state import Pull

NOTE = CheckNote(CheckStatus.IN_PROGRESS, "Reading", "The change is being read.")
MARKER = "<!-- reviewer:review 1 -->"
SUMMARY = SummaryPost("<!-- reviewer:summary -->", "<!-- reviewer:summary -->\nTwo things to look at.")
BASE = "".join(f"line {n}\n" for n in range(1, 41))
CHANGED = BASE.replace("line 5\n", "line five\n").replace("line 30\n", "line thirty\n")


@dataclass(frozen=True, slots=True)
class Scene:
    github: GitHubStandIn
    app: GitHubApp
    pull: Pull
    repo: Repository
    bot: BotIdentity

    async def publish(self) -> ReviewState:
        """The whole of what a review writes, in the workflow's order."""
        number, head = self.pull.number, self.pull.head_sha
        run = await open_check(self.repo, self.bot, Wanted(head, "reviewer / backend", "job-1"), NOTE)
        outcome = await post_review(self.repo, self.bot, number, head, review(5, 30))
        await put_summary(self.repo, self.bot, number, SUMMARY)
        notes = tuple(Annotation("a.ts", n, n, AnnotationLevel.NOTICE, "t", "m") for n in range(1, 41))
        await close_check(self.repo, run, CheckPost(Conclusion.NEUTRAL, "Reviewed", "All of it", notes * 2))
        return outcome.state


@pytest.fixture
def github() -> Iterator[GitHubStandIn]:
    with GitHubStandIn() as github:
        yield github
        assert github.violations == []


@pytest.fixture
async def scene(github: GitHubStandIn) -> AsyncIterator[Scene]:
    github.add_repository("octo/shop", collaborators={"lena": "write", "rita": "read"})
    pull = github.open_pull("octo/shop", base_files={"a.ts": BASE}, head_files={"a.ts": CHANGED})
    record = github.repository_of(pull)
    app = GitHubApp(AppCredentials(str(github.app_id), github.private_key), github.url)
    installation = github.installation(record.owner).id
    yield Scene(
        github,
        app,
        pull,
        await app.repository(installation, record.id, "octo/shop", "d3l1very-1"),
        await app.identity(),
    )
    await app.aclose()


def comment(line: int) -> InlineComment:
    return InlineComment("a.ts", f"finding at {line}", line, Side.RIGHT, None, f"print-{line}")


def review(*lines: int) -> ReviewPost:
    return ReviewPost(MARKER, f"{MARKER}\nLooked at one file.", tuple(comment(line) for line in lines))


def golden(scene: Scene) -> None:
    """One submitted review with both comments, one summary, one completed check run with all annotations."""
    (posted,) = scene.github.reviews(scene.pull)
    assert posted.state == "COMMENTED"
    assert [one.line for one in scene.github.review_comments(scene.pull)] == [5, 30]
    assert [one.body for one in scene.github.issue_comments(scene.pull)] == [SUMMARY.body]
    (run,) = scene.github.check_runs(scene.pull)
    assert (run.status, run.conclusion, len(run.annotations)) == ("completed", "neutral", 80)


async def test_a_publication_takes_six_writes_and_five_looks(scene: Scene) -> None:
    assert await scene.publish() is ReviewState.POSTED
    golden(scene)
    assert [one.operation for one in scene.github.requests if one.operation.split("/")[0] not in ("apps", "users")] == [
        "checks/list-for-ref",
        "checks/create",
        "pulls/create-review",
        "graphql",
        "pulls/submit-review",
        "graphql",
        "issues/create-comment",
        "checks/get",
        "checks/update",
        "checks/update",
    ]


@pytest.mark.parametrize("fault", [bad_gateway(), cut_connection()], ids=["nothing was done", "it was done"])
@pytest.mark.parametrize("skip", range(10))
async def test_any_lost_answer_ends_in_the_same_page(scene: Scene, fault: Fault, skip: int) -> None:
    planned = scene.github.fault("*", fault, skip=skip)
    try:
        await scene.publish()
    except TransientError:
        await scene.publish()
    assert planned.hits == 1
    golden(scene)


async def test_a_push_between_draft_and_look_leaves_nothing(scene: Scene) -> None:
    head = scene.pull.head_sha

    def push(request: Request) -> None:
        scene.github.push(scene.pull, {"a.ts": CHANGED + "more\n"})

    scene.github.on("pulls/create-review", push, when=When.AFTER, times=1)
    outcome = await post_review(scene.repo, scene.bot, scene.pull.number, head, review(5))
    assert outcome.state is ReviewState.SUPERSEDED
    assert scene.github.reviews(scene.pull) == []


async def test_a_force_push_before_the_draft_supersedes(scene: Scene) -> None:
    head = scene.pull.head_sha
    scene.github.push(scene.pull, {"a.ts": CHANGED + "more\n"}, force=True)
    outcome = await post_review(scene.repo, scene.bot, scene.pull.number, head, review(5))
    assert outcome.state is ReviewState.SUPERSEDED
    assert scene.github.reviews(scene.pull) == []


async def test_a_line_outside_the_diff_is_displaced(scene: Scene) -> None:
    outcome = await post_review(scene.repo, scene.bot, scene.pull.number, scene.pull.head_sha, review(4, 5, 17, 30))
    assert (outcome.state, outcome.displaced) == (ReviewState.POSTED, ("print-17",))
    assert [one.line for one in scene.github.review_comments(scene.pull)] == [4, 5, 30]
    assert len(scene.github.writes) <= 8


async def test_without_graphql_the_same_page_is_made(scene: Scene) -> None:
    refused = answered(200, {"data": None, "errors": [{"type": "FORBIDDEN", "message": "no GraphQL here"}]})
    scene.github.fault("graphql", refused, times=None)
    await scene.publish()
    await scene.publish()
    golden(scene)


async def test_a_marker_that_somebody_else_wrote_is_left_alone(scene: Scene) -> None:
    forged = scene.github.comment(scene.pull, SUMMARY.body, author="mallory")
    made = await put_summary(scene.repo, scene.bot, scene.pull.number, SUMMARY)
    assert made != forged.id
    now = await standing(scene.repo, scene.bot, scene.pull.number)
    assert [one.id for one in now.comments] == [made]


async def test_a_token_revoked_in_between_is_renewed_once(scene: Scene) -> None:
    scene.github.expire_tokens()
    await scene.publish()
    golden(scene)
    assert scene.github.count("apps/create-installation-access-token") == 2


async def test_credentials_that_stay_bad_are_refused(scene: Scene) -> None:
    scene.github.fault("graphql", bad_credentials(), times=None)
    scene.github.fault("pulls/get", bad_credentials(), times=None)
    with pytest.raises(RefusedError):
        await standing(scene.repo, scene.bot, scene.pull.number)


async def test_commands_are_for_those_who_may_write(scene: Scene) -> None:
    assert await may_command(scene.repo, "lena")
    assert not await may_command(scene.repo, "rita")
    assert not await may_command(scene.repo, "nobody-we-know")


async def test_eyes_are_put_once(scene: Scene) -> None:
    asked = scene.github.comment(scene.pull, "@bot review", author="lena")
    await react(scene.repo, asked.id)
    await react(scene.repo, asked.id)
    assert scene.github.reactions(asked) == ["eyes"]


async def test_a_renamed_repository_is_written_to_under_its_new_name(scene: Scene) -> None:
    record = scene.github.repository_of(scene.pull)
    scene.github.rename(record, "octo/store")
    await put_summary(scene.repo, scene.bot, scene.pull.number, SUMMARY)
    assert scene.repo.full_name == "octo/store"
    assert len(scene.github.issue_comments(scene.pull)) == 1


async def test_an_enterprise_server_takes_the_same_writes(github: GitHubStandIn) -> None:
    pull = github.open_pull("octo/shop", base_files={"a.ts": BASE}, head_files={"a.ts": CHANGED})
    record = github.repository_of(pull)
    app = GitHubApp(AppCredentials(str(github.app_id), github.private_key), github.enterprise_url)
    repo = await app.repository(github.installation(record.owner).id, record.id, "octo/shop", "")
    scene = Scene(github, app, pull, repo, await app.identity())
    await scene.publish()
    await app.aclose()
    golden(scene)
