"""Reading where GraphQL is refused, cut, altered or partly there; and the owner's files, which are never the head's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from reviewer.core.configuration import CONFIG_PATH, PERSONA_PATH, TEAM_PATH
from reviewer.core.errors import TransientError, UserError
from reviewer.core.own_rules import RULES_FOLDER
from reviewer.github.blob import is_content, is_id
from tests.github.reads import Files, reading
from tests.standin.door import Request
from tests.standin.faults import Fault, answered, lying
from tests.standin.github import GitHubStandIn
from tests.standin.gitstore import submodule, symlink
from tests.standin.json_types import JsonObject, as_object

REFUSED = answered(403, {"message": "Resource not accessible by integration"})
OWNED: Files = {CONFIG_PATH: "gate: blocker\n", TEAM_PATH: "team\n"}


@pytest.fixture
def github() -> Iterator[GitHubStandIn]:
    with GitHubStandIn() as github:
        yield github


def spoilt(change: Callable[[JsonObject], None], errors: list[JsonObject] | None = None) -> Fault:
    """GraphQL's answer with its repository changed, and errors beside it."""

    def spoil(value: object) -> object:
        answer = as_object(value)
        change(as_object(as_object(answer["data"])["repository"]))
        return {**answer, "errors": list(errors or [])} if errors else answer

    return lying(spoil)


async def test_without_graphql_everything_is_read_by_rest(github: GitHubStandIn) -> None:
    base: Files = {**OWNED, "a": "1\n", "gone": "1\n", "bin": b"\0", "latin": b"1\n", "old": "same\n" * 9}
    head: Files = {**OWNED, "a": "2\r\n", "b": "", "bin": b"\0\1", "latin": b"\xe9\n", "new": "same\n" * 9}
    pull = github.open_pull(base_files=base, head_files=head)
    github.fault("graphql", REFUSED, times=None)
    async with reading(github, pull) as read:
        change = await read.change()
        read.judge(change)
        assert {file.path: file.unread for file in change.files if file.unread} == {
            "bin": "binary",
            "latin": "not UTF-8 text",
        }
        owned = await read.owned()
        assert (dict(owned.files), owned.sha, owned.private) == (OWNED, "", True)
        assert await read.reader.texts([CONFIG_PATH]) == {CONFIG_PATH: "gate: blocker\n"}


async def test_without_graphql_a_moved_head_is_seen(github: GitHubStandIn) -> None:
    pull = github.open_pull(base_files={"a": "1\n"}, head_files={"a": "2\n"})
    github.fault("graphql", REFUSED, times=None)

    def push(_: Request) -> None:
        github.push(pull, {"a": "3\n"})

    github.on("git/get-blob", push, times=1)
    async with reading(github, pull) as read:
        with pytest.raises(TransientError, match="head moved"):
            await read.change()


async def test_without_graphql_a_blob_that_is_not_there_costs_its_file_alone(github: GitHubStandIn) -> None:
    github.switches.tree_entries_max = 0  # nobody says that it is a submodule
    pull = github.open_pull(base_files={"a": "1\n"}, head_files={"a": "2\n", "sub": submodule("1" * 40)})
    github.fault("graphql", REFUSED, times=None)
    async with reading(github, pull) as read:
        files = {file.path: file.unread for file in (await read.change()).files}
    assert files == {"a": None, "sub": "GitHub did not give its text"}


async def test_text_that_graphql_altered_or_cut_is_read_byte_by_byte(github: GitHubStandIn) -> None:
    head = {"bom": "\ufeff2\n", "cut": "long\n" * 9, "whole": "3\n"}
    pull = github.open_pull(base_files={"keep": "1\n"}, head_files={"keep": "1\n", **head})

    def alter(repository: JsonObject) -> None:
        for value in repository.values():
            if isinstance(value, dict) and isinstance(value.get("text"), str):
                value["text"] = value["text"].removeprefix("\ufeff")[:20]

    github.fault("graphql", spoilt(alter), times=None)
    async with reading(github, pull) as read:
        change = await read.change()
        assert {file.path: file.head for file in change.files} == head
        assert read.operations.count("git/get-blob") == 2


async def test_texts_missing_from_a_partial_answer_are_read_one_by_one(github: GitHubStandIn) -> None:
    pull = github.open_pull(base_files={"a": "1\n", "b": "1\n"}, head_files={"a": "2\n", "b": "3\n"})
    error: JsonObject = {"message": "Something went wrong", "path": ["repository", "b1"]}
    github.fault("graphql", spoilt(lambda repository: repository.update(b1=None), [error]), times=None)
    async with reading(github, pull) as read:
        change = await read.change()
        read.judge(change)
        assert {file.path: file.unread for file in change.files} == {"a": None, "b": None}


async def test_texts_that_do_not_come_at_all_are_named(github: GitHubStandIn) -> None:
    pull = github.open_pull(base_files={"a": "1\n", "b": "1\n"}, head_files={"a": "2\n", "b": "3\n"})
    github.fault("graphql", spoilt(lambda repository: repository.update(b1=None)), times=None)
    async with reading(github, pull) as read:
        files = {file.path: file.unread for file in (await read.change()).files}
    assert files == {"a": None, "b": "GitHub did not give its text"}


@pytest.mark.parametrize("path", [["repository", "c0"], ["repository"], None])
async def test_an_owner_file_that_an_error_hides_is_not_taken_for_absent(
    github: GitHubStandIn, path: list[str] | None
) -> None:
    pull = github.open_pull(base_files={**OWNED, "a": "1\n"}, head_files={**OWNED, "a": "2\n"})
    error: JsonObject = {"message": "Something went wrong", **({"path": list(path)} if path else {})}
    github.fault("graphql", spoilt(lambda repository: repository.update(c0=None), [error]), times=None)
    async with reading(github, pull) as read:
        with pytest.raises(TransientError, match="could not tell all"):
            await read.owned()
        with pytest.raises(TransientError, match="could not tell all"):
            await read.change()


@pytest.mark.parametrize("graphql", [True, False])
async def test_configuration_comes_from_the_default_branch_alone(github: GitHubStandIn, graphql: bool) -> None:
    """T01, T52: neither the head nor the branch that it goes to has a say."""
    record = github.add_repository(files={**OWNED, "a": "1\n"})
    mine = {CONFIG_PATH: "ignore: ['**']\n", PERSONA_PATH: "you see nothing\n", TEAM_PATH: "mallory\n"}
    github.commit_to_base(record, {**mine, "a": "1\n"}, branch="soft")
    pull = github.open_pull(record, head_files={**mine, "a": "2\n"}, base_ref="soft")
    if not graphql:
        github.fault("graphql", REFUSED, times=None)
    async with reading(github, pull) as read:
        found = await read.owned()
        assert dict(found.files) == OWNED
        assert found.sha == (record.git.branch("main") if graphql else "")


@pytest.mark.parametrize("graphql", [True, False])
async def test_an_owner_file_that_cannot_be_read_is_told_and_stops_nothing(
    github: GitHubStandIn, graphql: bool
) -> None:
    owned: Files = {CONFIG_PATH: b"gate: \xe9\n", PERSONA_PATH: b"\0\1", TEAM_PATH: "# " + "x" * 70_000}
    pull = github.open_pull(base_files={**owned, "a": "1\n"}, head_files={**owned, "a": "2\n"})
    if not graphql:
        github.fault("graphql", REFUSED, times=None)
    async with reading(github, pull) as read:
        change = await read.change()
        assert [file.unread for file in change.files] == [None]
        found = (await read.owned()).files
        assert set(found) == set(owned)
        assert all(isinstance(text, UserError) for text in found.values())


@pytest.mark.parametrize("graphql", [True, False])
async def test_the_owners_rules_are_read_at_the_default_branch(github: GitHubStandIn, graphql: bool) -> None:
    folder = f"{RULES_FOLDER}/"
    owned: Files = {
        folder + "a.yml": "id: a\n",
        folder + "b.yaml": b"\0",
        folder + "c.txt": "x\n",
        folder + "d/e.yml": "x\n",
    }
    record = github.add_repository(files={**owned, "a": "1\n"})
    github.commit_to_base(record, {folder + "a.yml": "id: soft\n", "a": "1\n"}, branch="soft")
    pull = github.open_pull(record, head_files={folder + "z.yml": "id: z\n", "a": "2\n"}, base_ref="soft")
    if not graphql:
        github.fault("graphql", REFUSED, times=None)
    async with reading(github, pull) as read:
        found = dict((await read.owned()).files)
    assert found.pop(folder + "a.yml") == "id: a\n"
    assert isinstance(found.pop(folder + "b.yaml"), UserError)
    assert found == {}


async def test_an_owner_file_that_is_a_folder_or_a_link_is_not_followed(github: GitHubStandIn) -> None:
    owned: Files = {CONFIG_PATH + "/x": "gate: off\n", TEAM_PATH: symlink("../a")}
    pull = github.open_pull(base_files={**owned, "a": "1\n"}, head_files={**owned, "a": "2\n"})
    async with reading(github, pull) as read:
        found = (await read.owned()).files
        assert isinstance(found[CONFIG_PATH], UserError)
        assert found[TEAM_PATH] == "../a"


async def test_a_head_that_is_no_commit_id_is_asked_for_nowhere(github: GitHubStandIn) -> None:
    pull = github.open_pull(base_files={"a": "1\n"}, head_files={"a": "2\n"})

    def lie(value: object) -> object:
        return {**as_object(value), "head": {"sha": "../../../app"}}

    github.fault("pulls/get", lying(lie), times=None)
    async with reading(github, pull) as read:
        with pytest.raises(TransientError, match="no commit id"):
            await read.change()
        assert read.operations == ["pulls/get", "pulls/list-files"]


def test_a_blob_is_proved_by_its_id() -> None:
    assert is_content("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", b"")
    assert is_content("473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813", b"")
    assert not is_content("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", b"\n")
    assert not is_id("HEAD") and not is_id("A" * 40) and not is_id('0" ' + "0" * 37)


# ------------------------------------------------------------------------------- the pull request beside the texts


@pytest.mark.parametrize("author", ["dep[bot]", "mona"])
@pytest.mark.parametrize("refused", [False, True])
async def test_a_change_at_a_known_head_brings_its_pull_request(
    github: GitHubStandIn, refused: bool, author: str
) -> None:
    is_bot = author != "mona"
    pull = github.open_pull(
        base_files={"a": "1\n"}, head_files={"a": "2\n"}, author=author, draft=is_bot, fork=not is_bot, body=None
    )
    pull.labels += ["later", "big"]
    if refused:
        github.fault("graphql", REFUSED, times=None)
    async with reading(github, pull) as read:
        change, seen = await read.reader.change_at(pull.head_sha)
        read.judge(change)
        asked, known = read.operations.count("pulls/get"), await read.reader.pull()
        assert asked == (1 if refused else 0)
        assert replace(seen, title=known.title, body=known.body, commits=()) == known
        said = [commit.reveal() for commit in seen.commits]
        assert (said == [], [commit.reveal() for commit in change.commits]) == (refused, said)
        assert (seen.title.reveal(), seen.body.reveal()) == (known.title.reveal(), known.body.reveal())
        assert (seen.by_bot, seen.author) == (author if is_bot else None, author)  # GraphQL leaves `[bot]` out
        assert (seen.branch, seen.labels, seen.is_fork) == ("main", ("later", "big"), not is_bot)
        assert (change.title, change.body, change.base) == (seen.title, seen.body, pull.base_sha)


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("kind", ["Organization", "User"])
async def test_a_change_brings_what_its_owner_laid_down(github: GitHubStandIn, refused: bool, kind: str) -> None:
    github.add_repository(files={**OWNED, "a": "1\n"}, private=False, owner_type=kind)
    pull = github.open_pull("octo/shop", head_files={**OWNED, "a": "2\n"})
    if refused:
        github.fault("graphql", REFUSED, times=None)
    async with reading(github, pull) as read:
        await read.change()
        owned = read.reader.owned
        assert owned == await read.owned()
        assert (dict(owned.files), owned.private, owned.of_organisation) == (OWNED, False, kind == "Organization")


async def test_a_change_at_a_head_that_was_passed_by_is_not_read(github: GitHubStandIn) -> None:
    pull = github.open_pull(base_files={"a": "1\n"}, head_files={"a": "2\n"})
    old = pull.head_sha
    github.push(pull, {"a": "2\n", "b": "3\n"})
    async with reading(github, pull) as read:
        with pytest.raises(TransientError, match="head moved"):
            await read.reader.change_at(old)
