"""Who is told of a review: each person once on a pull request, and never the author or a stranger. Through HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.standin.door import Request, When
from tests.standin.faults import answered
from tests.standin.state import Pull
from tests.workflow.changes import BASE, CLEAN, HEAD, SERVICE, pushed
from tests.workflow.nursery import Nursery
from tests.workflow.stage import LEAD, Stage, stage

BACKEND, SECURITY = "octo-backend-lead", "octo-security-lead"
CONFIG = ".github/reviewer.yml"
LOST = "    ['a', 'b'].forEach(async (one) => {\n      await this.database.query('DELETE FROM orders');\n    });\n"
ASYNC: Mapping[str, str] = {**BASE, SERVICE: BASE[SERVICE].replace("    return this", f"{LOST}    return this")}
"""A finding about data, which is the backend lead's."""


@pytest.fixture(scope="module")
def play(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("service")) as play:
        yield play


async def push(play: Stage, pull: Pull, head: Mapping[str, str]) -> str:
    """A push, reviewed; the summary then."""
    play.github.push(pull, head)
    play.send(pull, "synchronize")
    await play.reviewed(pull)
    return play.summary(pull)


def lose_database(folder: Path) -> None:
    """Delete the files of the service's database."""
    for file in folder.glob("*.db*"):
        file.unlink()


def asked_of_github(play: Stage, pull: Pull) -> list[str]:
    """The requests by which we learn who belongs to the repository."""
    name = play.github.repository_of(pull).name
    about = [one for one in play.github.requests if f"/{name}/collaborators/" in one.path]
    about += [one for one in play.github.requests if "assignableUsers" in str(one.json) and name in str(one.json)]
    return [one.path for one in about]


# ------------------------------------------------------------------------------------------------- once


async def test_each_person_is_called_once_in_twenty_pushes_whatever_is_lost_between(
    nursery: Nursery, tmp_path: Path
) -> None:
    with stage(nursery, tmp_path) as play:
        pull = play.pull()
        await play.review(pull)
        for number in range(20):
            if number in (5, 11):  # the machine is gone, and its database with it
                play.service.kill()
                lose_database(tmp_path)
                play.service.start()
            if number == 16:  # somebody deletes the summary, and the marker with it
                play.github.repository_of(pull).issue_comments.clear()
            await push(play, pull, pushed(number))
        assert {name: play.tells(name, pull) for name in (LEAD, BACKEND, SECURITY)} == {
            LEAD: 1,
            BACKEND: 0,
            SECURITY: 1,
        }
        assert play.told(LEAD) == 1
        assert len(play.summaries(pull)) == 1
        assert f"<!-- reviewer:told {LEAD} {SECURITY} -->" in play.summary(pull).split("\n")


async def test_somebody_concerned_only_since_a_later_push_is_called_then(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    assert [play.tells(name, pull) for name in (LEAD, SECURITY, BACKEND)] == [1, 1, 0]
    assert f"@{BACKEND} (Backend Lead)" in await push(play, pull, ASYNC)
    assert f"@{BACKEND}" not in await push(play, pull, {**ASYNC, "src/more.ts": "export const more = 1;\n"})
    assert [play.tells(name, pull) for name in (LEAD, SECURITY, BACKEND)] == [1, 1, 1]


async def test_a_marker_of_somebody_else_tells_us_nothing(play: Stage) -> None:
    pull = play.pull()
    play.github.comment(
        pull, f"Hello.\n\n<!-- reviewer:told {LEAD} {SECURITY} -->\n<!-- reviewer:summary -->", "mallory"
    )
    await play.review(pull)
    assert [play.tells(name, pull) for name in (LEAD, SECURITY)] == [1, 1]


async def test_nothing_is_asked_of_github_when_there_is_nobody_new_to_tell(play: Stage) -> None:
    pull = play.pull(author="otto")
    await play.review(pull)
    before = len(asked_of_github(play, pull))
    await push(play, pull, pushed(1))
    assert len(asked_of_github(play, pull)) == before


# ------------------------------------------------------------------------------------------------- never


@pytest.mark.parametrize("author", [LEAD, SECURITY, "Octo-Security-Lead"])
async def test_the_author_is_never_called(play: Stage, author: str) -> None:
    pull = play.pull(author=author)
    await play.review(pull)
    assert play.tells(author, pull) == 0
    assert [play.tells(name, pull) for name in (LEAD, SECURITY)] == [int(author != LEAD), int(author == LEAD)]
    whose = (
        "**Damilare (Team Lead / Architect)**, who opened this"
        if author == LEAD
        else "**The author**, Example Security"
    )
    assert whose in play.summary(pull)


NOBODY = "GitHub knows nobody of that name with access to this repository"


@pytest.mark.parametrize(
    ("role", "visibility", "is_called"),
    [
        ("none", "private", False),
        ("none", "public", False),
        ("read", "private", True),
        ("triage", "public", True),
        ("write", "public", True),
    ],
)
async def test_a_stranger_is_named_and_not_called(
    nursery: Nursery, tmp_path: Path, role: str, visibility: str, is_called: bool
) -> None:
    with stage(nursery, tmp_path) as play:
        pull = play.pull(collaborators={SECURITY: role})
        play.github.repository_of(pull).private = visibility == "private"
        await play.review(pull)
        assert (play.tells(SECURITY, pull), NOBODY in play.summary(pull)) == (int(is_called), not is_called)
        (run,) = play.github.check_runs(pull)
        assert run.conclusion == "neutral"


@pytest.mark.parametrize(
    ("role", "is_private", "is_called"),
    [("read", False, False), ("triage", False, True), ("read", True, True), ("none", True, False)],
)
async def test_a_host_without_such_a_list_is_asked_for_each_one_s_permission(
    nursery: Nursery, tmp_path: Path, role: str, is_private: bool, is_called: bool
) -> None:
    with stage(nursery, tmp_path) as play:
        pull = play.pull(collaborators={SECURITY: role})
        play.github.repository_of(pull).private = is_private
        with play.fault("graphql", answered(403, {"message": "Resource not accessible by integration"}), times=None):
            await play.review(pull)
        assert play.tells(SECURITY, pull) == int(is_called)
        assert asked_of_github(play, pull)[0].endswith(f"/collaborators/{SECURITY}/permission")
        if role == "read" and not is_private:
            assert "GitHub does not say whether they belong to octo" in play.summary(pull)


async def test_the_lead_whom_the_operator_names_is_no_stranger_anywhere(play: Stage) -> None:
    pull = play.pull(CLEAN, collaborators={LEAD: "none"})
    await play.review(pull)
    assert play.tells(LEAD, pull) == 1
    assert asked_of_github(play, pull) == []


async def test_a_person_whom_github_does_not_tell_of_now_waits_for_its_answer(play: Stage) -> None:
    pull = play.pull(CLEAN, collaborators={"lena": "read"}, owner="slow")
    play.github.commit_to_base(play.github.repository_of(pull), {**BASE, CONFIG: lead("lena")})
    refused = answered(403, {"message": "Resource not accessible by integration"})
    with (
        play.fault("graphql", refused, times=None),
        play.fault("repos/get-collaborator-permission-level", answered(502, {})),
    ):
        await play.review(pull)
    assert play.tells("lena", pull) == 1


async def test_a_team_of_another_organisation_is_named_and_not_called(play: Stage) -> None:
    pull = configured(play, lead("acme/leads"))
    await play.review(pull)
    assert play.tells("acme/leads", pull) == 0
    assert "it is a team of another organisation than octo" in play.summary(pull)
    ours = configured(play, lead("octo/leads"))
    await play.review(ours)
    assert play.tells("octo/leads", ours) == 1


# ------------------------------------------------------------------------------------------- a review request


def lead(handle: str) -> str:
    """A configuration with another Team Lead."""
    return f"team: [{{role: Team Lead / Architect, handle: {handle}}}]\n"


def configured(play: Stage, text: str, head: Mapping[str, str] = HEAD, **people: str) -> Pull:
    """A pull request in a repository with this configuration on its default branch."""
    return play.pull({**head, CONFIG: text}, {**BASE, CONFIG: text}, collaborators=people)


def requests_for_review(play: Stage, pull: Pull) -> int:
    """How often we asked for a review."""
    path = f"/{play.github.repository_of(pull).full_name}/pulls/{pull.number}/requested_reviewers"
    return sum(one.method == "POST" and one.path.endswith(path) for one in play.github.requests)


async def test_people_are_asked_by_a_review_request_where_the_repository_wants_it(play: Stage) -> None:
    pull = configured(play, "team_notice: review_request\n", ASYNC)
    await play.review(pull)
    assert pull.requested == [BACKEND]
    assert [play.tells(name, pull) for name in (LEAD, BACKEND)] == [1, 0]
    assert "is asked, by a review request, to see to" in play.summary(pull)
    head = {**ASYNC, CONFIG: "team_notice: review_request\n", "src/more.ts": "export const more = 1;\n"}
    assert "by a review request" not in await push(play, pull, head)
    assert requests_for_review(play, pull) == 1


@pytest.mark.parametrize("operation", ["pulls/request-reviewers", "issues/create-comment"])
@pytest.mark.parametrize("when", list(When))
async def test_a_kill_while_people_are_told_tells_nobody_twice_and_forgets_nobody(
    play: Stage, operation: str, when: When
) -> None:
    pull = configured(play, "team_notice: review_request\n", ASYNC)
    name = play.github.repository_of(pull).full_name
    killed: list[str] = []

    def kill(request: Request) -> None:
        if name in request.path and not killed:
            killed.append(request.operation)
            play.service.kill()

    told = play.told(LEAD)
    play.github.on(operation, kill, when=when, times=1)
    if when is When.BEFORE:  # nothing is done: the request never arrived
        play.github.fault(operation, answered(502, {}))
    play.send(pull)
    await play.until(lambda: bool(killed))
    play.service.start()
    await play.reviewed(pull)
    await play.settled(pull)
    assert (pull.requested, play.told(LEAD) - told, len(play.summaries(pull))) == ([BACKEND], 1, 1)
    assert "is asked, by a review request, to see to" in play.summary(pull)
    assert f"@{LEAD} (Team Lead / Architect)" in play.summary(pull)


async def test_a_refused_review_request_is_said_and_costs_nobody_else_theirs(play: Stage) -> None:
    pull = configured(play, "team_notice: review_request\n", {**ASYNC, "src/x.ts": SECRET}, **{SECURITY: "none"})
    await play.review(pull)
    assert pull.requested == [BACKEND]
    assert [play.tells(name, pull) for name in (LEAD, BACKEND, SECURITY)] == [1, 0, 0]
    said = play.summary(pull)
    name = f"**Example Security Lead (Security Lead)**, `{SECURITY}`,"
    assert f"{name} was not told: GitHub refused to ask for a review" in said
    assert "Reviews may only be requested from collaborators" in said


SECRET = "export const find = (db: any, text: string) => db.query(`SELECT * FROM t WHERE a = '${text}'`);\n"
SECRET += "export const password = 'hunter2-hunter2-hunter2';\n"


async def test_nobody_is_told_where_the_repository_wants_it_so(play: Stage) -> None:
    pull = configured(play, "team_notice: none\n")
    await play.review(pull)
    assert [play.tells(name, pull) for name in (LEAD, SECURITY)] == [0, 0]
    assert pull.requested == []
    assert "\nFor **Damilare (Team Lead / Architect)**, for review and next steps." in play.summary(pull)
    assert asked_of_github(play, pull) == []
