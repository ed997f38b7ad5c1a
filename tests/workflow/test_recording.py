"""Every review leaves a bundle: what it was made of and what was posted, without a secret, for as long as it may."""

from __future__ import annotations

import gzip
import json
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reviewer.bundles import Bundles
from reviewer.core.bundle import Bundle
from tests.deliveries.signed import installation_delivery
from tests.standin.faults import answered
from tests.standin.github import GitHubStandIn
from tests.workflow.changes import HEAD, SERVICE, pushed
from tests.workflow.model_words import finding, said
from tests.workflow.nursery import NursedService, Nursery
from tests.workflow.replays import FOLDER, recorded, replayed
from tests.workflow.stage import SUMMARY, Stage, stage

QUOTE = "title = '${text}'"


@dataclass(frozen=True, slots=True)
class Scene:
    """A stage and the folder its service has its data in."""

    play: Stage
    folder: Path

    def bundle(self, identity: str) -> Bundle:
        """The one of a run whose identity begins so."""
        (found,) = [one for one in recorded(self.folder) if one.event.identity.startswith(identity)]
        return found


@pytest.fixture(scope="module")
def scene(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("service")
    with stage(nursery, folder, model=True) as play:
        yield Scene(play, folder)


def found(folder: Path) -> list[Path]:
    """All that lies in a folder."""
    return list(folder.rglob("*"))


async def test_a_review_leaves_what_it_was_made_of_and_what_was_posted(scene: Scene) -> None:
    play = scene.play
    assert play.model is not None
    play.model.say(said(finding(SERVICE, QUOTE, "Text is not escaped"), questions=("Who may search?",)))
    pull = play.pull(title="Recorded")
    await play.review(pull)
    await play.settled(pull)
    repository = play.github.repository_of(pull)
    installation = play.github.installation(repository.owner).id
    kept = scene.bundle(f"{installation}/{repository.id}#{pull.number}@{pull.head_sha}:")
    assert (kept.event.trigger, kept.event.installation, kept.event.repository_id) == (
        "automatic",
        installation,
        repository.id,
    )
    assert kept.inputs is not None
    assert kept.inputs.change.head == pull.head_sha
    assert len(kept.inputs.change.diff) == 64
    assert "security_sql_from_strings" in kept.made.rules
    # The prompt and the answer, by name.
    shown = [json.loads(text)["user"] for name, text in kept.prompts.items() if name.startswith("prompt answer 0")]
    assert shown
    assert all("title = '${text}'" in text for text in shown)
    assert "Text is not escaped" in json.loads(kept.texts["answer 0"])["text"]
    assert kept.usage.model_calls == len(kept.prompts)
    # What stands on GitHub, word for word.
    comments = {one.body for one in play.github.review_comments(pull) if one.author.id == play.github.bot.id}
    assert kept.published.review is not None
    assert {one.body for one in kept.published.review.comments} == comments
    assert kept.published.summary is not None
    assert kept.published.summary.body == play.summary(pull)
    (run,) = play.github.check_runs(pull)
    check = kept.published.check
    assert (check.conclusion.value, check.title, check.summary) == (run.conclusion, run.title, run.summary)
    assert kept.review is not None
    assert kept.review["schema"] == "reviewer.review/1"
    assert replayed(scene.folder) >= 1


async def test_each_review_of_a_pull_request_has_a_bundle_of_its_own(scene: Scene) -> None:
    play = scene.play
    pull = play.pull(title="Pushed")
    await play.review(pull)
    play.github.push(pull, pushed(2))
    play.send(pull, "synchronize")
    await play.reviewed(pull)
    await play.answer(pull, play.say(pull, "@bot review"))
    await play.settled(pull)
    repository = play.github.repository_of(pull)
    mine = [one.event.trigger for one in recorded(scene.folder) if one.event.repository_id == repository.id]
    assert sorted(mine) == ["automatic", "automatic", "review"]


async def test_help_skips_and_failed_reviews_leave_none(scene: Scene) -> None:
    play = scene.play
    before = len(recorded(scene.folder))
    draft = play.pull(draft=True)
    await play.review(draft)
    await play.settled(draft)
    pull = play.pull()
    with play.fault("pulls/list-files", answered(403, {"message": "Resource not accessible by integration"})):
        await play.review(pull)
    await play.settled(pull)
    assert len(recorded(scene.folder)) == before


async def test_a_summary_that_github_refused_is_rebuilt_as_a_gap(scene: Scene) -> None:
    play = scene.play
    pull = play.pull()
    with play.fault("issues/create-comment", answered(403, {"message": "Unable to create comment: locked"})):
        await play.review(pull)
    await play.settled(pull)
    assert not [one for one in play.github.issue_comments(pull, play.github.bot) if SUMMARY in one.body]
    kept = next(one for one in recorded(scene.folder) if one.inputs and one.inputs.change.head == pull.head_sha)
    assert kept.published.summary is None
    assert kept.how.unsaid != ""
    assert replayed(scene.folder) > 0


async def test_nobody_else_may_read_them_and_their_names_tell_nothing(scene: Scene) -> None:
    pull = scene.play.pull(owner="quiet-customer")
    await scene.play.review(pull)
    await scene.play.settled(pull)
    paths = found(scene.folder / FOLDER)
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in (scene.folder / FOLDER, *paths))
    names = " ".join(path.relative_to(scene.folder).as_posix() for path in paths)
    assert "quiet-customer" not in names
    assert set(names.replace(".json.gz", "")) <= set("0123456789abcdef/ " + FOLDER)


async def test_a_secret_of_ours_in_a_change_is_in_no_bundle_and_it_still_replays(
    nursery: Nursery, tmp_path: Path
) -> None:
    with stage(nursery, tmp_path, model=True) as play:
        assert play.model is not None
        secret, token = play.model.api_key, "ghs_" + "a1B2" * 9
        changed = {**HEAD, "src/keys.ts": f"export const keys = ['{secret}', '{token}'];\ndebugger;\n"}
        play.model.say(said(finding("src/keys.ts", f"'{secret}', '{token}'", f"It tells {token}")))
        pull = play.pull(changed)
        await play.review(pull)
        await play.settled(pull)
        (path,) = Bundles(tmp_path / FOLDER).newest(9)
        text = gzip.decompress(path.read_bytes()).decode()
        assert "keys" in text
        hidden = (secret, token, play.github.webhook_secret, *play.github.world.tokens)
        assert [one for one in (*hidden, *play.github.private_key.split("\n")[1:-2]) if one in text] == []
        assert recorded(tmp_path)[0].redacted > 0
        assert replayed(tmp_path) == 1


async def test_a_removed_app_s_bundles_are_deleted_and_no_other_s(nursery: Nursery, tmp_path: Path) -> None:
    with stage(nursery, tmp_path) as play:
        stays, leaves = play.pull(owner="staying-customer"), play.pull(owner="leaving-customer")
        for pull in (stays, leaves):
            await play.review(pull)
            await play.settled(pull)
        foreign = tmp_path / FOLDER / "notes.txt"
        foreign.write_text("not ours")
        assert len(recorded(tmp_path)) == 2
        gone = installation_delivery(play.github, play.github.repository_of(leaves), "deleted")
        assert play.service.deliver(gone)[0] == 200
        play.service.stop()
        (left,) = recorded(tmp_path)
        assert left.inputs is not None
        assert left.inputs.change.head == stays.head_sha
        assert foreign.read_text() == "not ours"
        play.service.start()


async def test_old_bundles_are_deleted_when_their_time_is_over(nursery: Nursery, tmp_path: Path) -> None:
    with stage(nursery, tmp_path, environment={"REVIEWER_RETENTION_DAYS": "4"}) as play:
        first, pull = play.pull(), play.pull()
        for one in (first, pull):
            await play.review(one)
            await play.settled(one)
        play.service.stop()
        newer, older = Bundles(tmp_path / FOLDER).newest(9)
        long_ago = time.time() - 4 * 86_400 - 60
        os.utime(older, (long_ago, long_ago))
        play.service.start()  # the purge is its first chore
        for _ in range(50):
            if not older.exists():
                break
            await play.settled(pull)
        assert Bundles(tmp_path / FOLDER).newest(9) == (newer,)


async def test_without_the_setting_nothing_is_recorded(nursery: Nursery, tmp_path: Path) -> None:
    with stage(nursery, tmp_path, environment={"REVIEWER_BUNDLES": ""}) as play:
        pull = play.pull()
        await play.review(pull)
        await play.settled(pull)
        assert not (tmp_path / FOLDER).exists()
        assert not [path for path in found(tmp_path) if path.suffix == ".gz"]


async def test_a_folder_that_cannot_be_written_to_costs_the_recording_and_not_the_review(
    nursery: Nursery, tmp_path: Path
) -> None:
    with stage(nursery, tmp_path) as play:
        (tmp_path / FOLDER).rmdir()
        (tmp_path / FOLDER).write_text("in the way")
        pull = play.pull()
        page = await play.review(pull)
        await play.settled(pull)
        assert len(page.reviews) == 1
        assert any("is not recorded: NotADirectoryError" in line for line in play.service.output)
        (tmp_path / FOLDER).unlink()


def test_a_folder_that_cannot_be_used_stops_the_start(nursery: Nursery, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with GitHubStandIn() as github:
        given = {"REVIEWER_BUNDLES": str(tmp_path / "file" / "below")}
        service = NursedService(nursery, github, tmp_path, given)
        assert service.attempt() == 0
    said = "".join(service.output)
    assert "REVIEWER_BUNDLES: " in said
    assert "cannot be made (Not a directory)" in said
    assert "Traceback" not in said
