"""The life of a check run: queued, in progress, completed; its buttons, its gate, and the heads that were passed by."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deliveries.signed import check_run_delivery, check_suite_delivery
from tests.standin.faults import answered
from tests.standin.json_types import as_object
from tests.standin.state import CheckRun, Pull
from tests.workflow.changes import BASE, CLEAN, HEAD, SERVICE, pushed
from tests.workflow.model_words import finding, said
from tests.workflow.nursery import Nursery
from tests.workflow.stage import LEAD, Stage, stage

CONFIG = ".github/reviewer.yml"
QUOTE = "title = '${text}'"


@pytest.fixture(scope="module")
def play(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("service")) as play:
        yield play


def only_run(play: Stage, pull: Pull, head: str | None = None) -> CheckRun:
    (run,) = play.github.check_runs(pull, head)
    return run


def titles(play: Stage, pull: Pull) -> list[tuple[str, str]]:
    """Status and title of every write of a check run of the pull request's repository, in order."""
    address = f"/repos/{play.github.repository_of(pull).full_name}/check-runs"
    bodies = [as_object(one.json) for one in play.github.writes if one.path.startswith(address)]
    return [(str(body.get("status")), str(as_object(body["output"])["title"])) for body in bodies]


# ---------------------------------------------------------------------------------------- queued, begun, completed


async def test_a_check_run_is_queued_then_in_progress_with_what_is_done_then_completed(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    run = only_run(play, pull)
    assert run.history == [("queued", None), ("in_progress", None), ("completed", "neutral")]
    assert titles(play, pull) == [
        ("queued", "Queued"),
        ("in_progress", "Reading the change, running rules and linters"),
        ("completed", "1 blocker and 1 warning · 2 files reviewed · rules only"),
    ]


async def test_the_check_run_is_opened_before_anything_is_read(play: Stage) -> None:
    pull = play.pull()
    before = len(play.github.requests)
    await play.review(pull)
    asked = [
        one.operation
        for one in play.github.requests[before:]
        if one.operation != "apps/create-installation-access-token"
    ]
    assert asked[0] == "checks/create"


async def test_a_check_run_that_could_not_be_announced_is_opened_with_the_review(play: Stage) -> None:
    pull = play.pull()
    with play.fault("checks/create", answered(502, {"message": "Server Error"})):
        await play.review(pull)
    assert only_run(play, pull).history == [("in_progress", None), ("completed", "neutral")]


async def test_a_push_is_announced_before_the_debounce_ends_and_the_passed_head_links_to_the_newer(
    nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> None:
    patient = {"REVIEWER_DEBOUNCE_SECONDS": "60"}
    with stage(nursery, tmp_path_factory.mktemp("patient"), environment=patient) as play:
        pull = play.pull()
        for number in (1, 2):
            play.github.push(pull, pushed(number))
            play.send(pull, "synchronize")
            await play.until(lambda: [run.status for run in play.github.check_runs(pull)] == ["queued"])
        old, new = pull.heads[-2:]
        await play.reviewed(pull, head=old)
        stale = only_run(play, pull, old)
        assert stale.history == [("queued", None), ("completed", "cancelled")]
        assert stale.title == f"Cancelled: a newer commit came, {new[:7]}"
        assert f"/commit/{new}/checks)" in str(stale.summary)
        assert (stale.actions, only_run(play, pull, new).status) == ([], "queued")


async def test_a_head_that_is_passed_by_in_mid_review_is_cancelled_with_a_link(play: Stage) -> None:
    pull = play.pull()
    old = pull.head_sha

    def push(_: object) -> None:
        play.github.push(pull, pushed(1))

    play.github.on("pulls/list-files", push, times=1)
    play.send(pull)
    await play.reviewed(pull, head=old)
    stale = only_run(play, pull, old)
    assert (stale.conclusion, f"/commit/{pull.head_sha}/checks)" in str(stale.summary)) == ("cancelled", True)


async def test_with_a_model_the_check_run_says_when_it_is_asked(
    nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with stage(nursery, tmp_path_factory.mktemp("model"), model=True) as play:
        assert play.model is not None
        play.model.say(said(finding(SERVICE, QUOTE, "Text is not escaped")), times=2)
        await play.review(play.pull())  # who we are, and who of the team belongs to octo, is known from now on
        before = len(play.github.requests)
        pull = play.pull()
        await play.review(pull)
        asked = [one.operation for one in play.github.requests[before:]]
        assert titles(play, pull)[2] == ("in_progress", "Rules and linters are done, asking the model")
        assert len(asked) <= 13, asked


async def test_every_placed_finding_is_an_annotation_however_many(play: Stage) -> None:
    lines = "".join(f"export function f{n}(): void {{\n  debugger;\n}}\n" for n in range(60))
    pull = play.pull({**BASE, "src/many.ts": lines})
    await play.review(pull)
    run = only_run(play, pull)
    lots = [len(one) for one in _annotation_lots(play, pull)]
    told = {(one["path"], one["start_line"]) for one in run.annotations}
    assert told >= {("src/many.ts", 3 * n + 2) for n in range(60)}
    assert (max(lots), sum(lots), len(lots)) == (50, len(run.annotations), 2)


def _annotation_lots(play: Stage, pull: Pull) -> list[list[object]]:
    address = f"/repos/{play.github.repository_of(pull).full_name}/check-runs"
    outputs = [as_object(as_object(one.json)["output"]) for one in play.github.writes if one.path.startswith(address)]
    lots = [output.get("annotations") for output in outputs]
    return [lot for lot in lots if isinstance(lot, list) and lot]


# -------------------------------------------------------------------------------------------------------- the gate


@pytest.mark.parametrize(
    ("gate", "head", "conclusion"),
    [
        (None, HEAD, "neutral"),
        ("off", HEAD, "neutral"),
        ("blocker", HEAD, "failure"),
        ("warning", HEAD, "failure"),
        ("blocker", {**BASE, "src/a.ts": "export const a = (): void => {\n  debugger;\n};\n"}, "neutral"),
        ("warning", CLEAN, "success"),
    ],
)
async def test_only_a_chosen_severity_fails_the_check(
    play: Stage, gate: str | None, head: dict[str, str], conclusion: str
) -> None:
    config = {} if gate is None else {CONFIG: f"gate: {gate}\n"}
    pull = play.pull({**head, **config}, {**BASE, **config})
    await play.review(pull)
    run = only_run(play, pull)
    assert run.conclusion == conclusion
    assert ("the gate" in str(run.title)) is (conclusion == "failure")


async def test_what_the_model_alone_found_never_fails_the_check(
    nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = {CONFIG: "gate: warning\n"}
    grave = {**finding(SERVICE, "name = $1", "The column is another one"), "severity": "blocker"}
    with stage(nursery, tmp_path_factory.mktemp("model"), model=True) as play:
        assert play.model is not None
        play.model.say(said(grave))
        pull = play.pull({**CLEAN, **config}, {**BASE, **config})
        await play.review(pull)
        run = only_run(play, pull)
        assert ("1 blocker" in str(run.title), run.conclusion) == (True, "neutral")


# ------------------------------------------------------------------------------------------------------ the buttons


def press(play: Stage, pull: Pull, identifier: str, sender: str = "mona", head: str | None = None) -> CheckRun:
    """Press a button of the newest check run of a head; only what is there and shown can be pressed."""
    run = play.github.check_runs(pull, head)[-1]
    assert run.status == "completed"
    assert identifier in [button["identifier"] for button in run.actions]
    delivery = check_run_delivery(play.github, pull, run, "requested_action", sender=sender, identifier=identifier)
    play.service.accept(delivery)
    return run


def answers(play: Stage, pull: Pull, run: CheckRun) -> list[str]:
    """What we answered to presses of a check run's buttons."""
    ours = [one.body for one in play.github.issue_comments(pull, play.github.bot)]
    return [body for body in ours if f"<!-- reviewer:answer check-{run.id}-" in body]


async def test_a_completed_check_run_has_three_buttons(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    labels = [button["label"] for button in only_run(play, pull).actions]
    assert labels == ["Re-review", "Explain the blockers", "Ask the lead"]


async def test_the_button_for_a_review_is_as_the_command(play: Stage) -> None:
    pull = play.pull()
    first = await play.review(pull)
    run = press(play, pull, "review")
    await play.until(lambda: bool(answers(play, pull, run)))
    await play.settled(pull)
    assert [text.startswith("Reviewed") for text in answers(play, pull, run)] == [True]
    assert play.page(pull).reviews == first.reviews
    assert [one.status for one in play.github.check_runs(pull)] == ["completed", "completed"]


async def test_the_button_for_a_review_takes_the_newest_head(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    old = pull.head_sha
    play.github.push(pull, pushed(1))
    press(play, pull, "review", head=old)
    await play.reviewed(pull)
    await play.settled(pull)
    assert pull.head_sha[:7] in play.summary(pull)


async def test_the_blockers_are_explained_in_one_comment_however_often_it_is_asked(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    run = press(play, pull, "explain-blockers")
    await play.until(lambda: bool(answers(play, pull, run)))
    press(play, pull, "explain-blockers")
    await play.settled(pull)
    (text,) = answers(play, pull, run)
    assert "SQL put together from strings: whoever controls a part of the text controls the query." in text
    assert "— persona `backend`" in text
    assert f"{SERVICE}:9" in text
    assert "debugger" not in text  # a warning is no blocker


async def test_what_fails_the_gate_is_what_is_explained(play: Stage) -> None:
    config = {CONFIG: "gate: blocker\n"}
    pull = play.pull({**HEAD, **config}, {**BASE, **config})
    await play.review(pull)
    run = press(play, pull, "explain-blockers")
    await play.until(lambda: bool(answers(play, pull, run)))
    assert "### What fails the check" in answers(play, pull, run)[0]


async def test_where_nothing_blocks_the_answer_says_so(play: Stage) -> None:
    pull = play.pull(CLEAN)
    await play.review(pull)
    run = press(play, pull, "explain-blockers")
    await play.until(lambda: bool(answers(play, pull, run)))
    assert "No finding fails the check, and none is a blocker." in answers(play, pull, run)[0]


async def test_the_lead_is_asked_once_for_a_pull_request_and_a_second_press_says_where(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    rung = play.tells(LEAD, pull)
    run = press(play, pull, "ask-lead")
    await play.until(lambda: bool(answers(play, pull, run)))
    (asked,) = answers(play, pull, run)
    (comment,) = [one for one in play.github.issue_comments(pull, play.github.bot) if one.body == asked]
    press(play, pull, "ask-lead")
    await play.until(lambda: len(answers(play, pull, run)) == 2)
    press(play, pull, "ask-lead")
    await play.settled(pull)
    assert asked.startswith(f"@{LEAD} (Team Lead")
    assert "`mona` asks you" in asked
    assert "### Open questions" in asked
    again = answers(play, pull, run)[1:]
    assert [f"#issuecomment-{comment.id}" in text for text in again] == [True]
    assert play.tells(LEAD, pull) == rung + 1


async def test_a_lead_who_was_asked_is_not_asked_again_when_the_comment_was_deleted(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    run = press(play, pull, "ask-lead")
    await play.until(lambda: bool(answers(play, pull, run)))
    (asked,) = [one for one in play.github.issue_comments(pull, play.github.bot) if "asks you" in one.body]
    await play.settled(pull)
    rung = play.tells(LEAD, pull)
    del play.github.repository_of(pull).issue_comments[asked.id]
    press(play, pull, "ask-lead")
    await play.until(lambda: any("asked already" in text for text in answers(play, pull, run)))
    assert play.tells(LEAD, pull) == rung


async def test_a_lead_who_opened_the_pull_request_is_not_asked(play: Stage) -> None:
    pull = play.pull(author=LEAD)
    await play.review(pull)
    rung = play.tells(LEAD, pull)
    run = press(play, pull, "ask-lead")
    await play.until(lambda: bool(answers(play, pull, run)))
    assert "the Team Lead is who opened this pull request" in answers(play, pull, run)[0]
    assert play.tells(LEAD, pull) == rung


@pytest.mark.parametrize("identifier", ["review", "explain-blockers", "ask-lead"])
async def test_a_reader_s_press_does_nothing(play: Stage, identifier: str) -> None:
    pull = play.pull()
    page = await play.review(pull)
    permission = "repos/get-collaborator-permission-level"
    asked = play.github.count(permission)
    run = press(play, pull, identifier, sender="rita")
    await play.github.answered(permission, asked + 1)
    await play.settled(pull)
    assert answers(play, pull, run) == []
    assert (play.page(pull).reviews, play.page(pull).checks) == (page.reviews, page.checks)


async def test_a_press_that_cannot_be_answered_says_why(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    with play.fault("checks/get", answered(410, {"message": "Gone"})):
        run = press(play, pull, "explain-blockers")
        await play.until(lambda: bool(answers(play, pull, run)))
    assert answers(play, pull, run)[0].startswith("**That did not work.**")


async def test_a_draft_s_check_run_has_the_button_for_a_review_alone(play: Stage) -> None:
    pull = play.pull(draft=True)
    await play.review(pull)
    assert [button["identifier"] for button in only_run(play, pull).actions] == ["review"]
    press(play, pull, "review")
    await play.reviewed(pull, 2)
    await play.settled(pull)
    assert len(play.github.reviews(pull)) == 1


# ----------------------------------------------------------------------------------------------------------- again


@pytest.mark.parametrize("fork", [False, True])
async def test_a_check_suite_that_is_rerequested_is_run_again(play: Stage, fork: bool) -> None:
    pull = play.pull(fork=fork)
    first = await play.review(pull)
    play.service.accept(check_suite_delivery(play.github, pull, only_run(play, pull)))
    await play.reviewed(pull, 2)
    await play.settled(pull)
    assert play.page(pull).reviews == first.reviews
    assert [run.history[0] for run in play.github.check_runs(pull)] == [("queued", None)] * 2
