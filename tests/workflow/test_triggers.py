"""What makes the service act on a pull request, what it then puts there, and what leaves it silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import pytest

from tests.deliveries.signed import check_run_delivery, comment_delivery, pull_request_delivery, signed
from tests.standin.door import Request, When
from tests.standin.faults import answered, bad_gateway
from tests.standin.json_types import as_object
from tests.workflow.changes import BASE, CONTROLLER, DEBUGGER_LINE, HEAD, SERVICE, SQL_LINE, many, pushed
from tests.workflow.nursery import Nursery
from tests.workflow.stage import LEAD, SUMMARY, Stage, once, stage


@pytest.fixture(scope="module")
def play(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("service")) as play:
        yield play


# ------------------------------------------------------------------------------------------ what is put there


async def test_an_opened_pull_request_gets_one_review_one_summary_and_one_check_run(play: Stage) -> None:
    pull = play.pull()
    page = await play.review(pull)
    assert once(page)
    (review,) = play.github.reviews(pull)
    assert (review.state, review.commit, review.author) == ("COMMENTED", pull.head_sha, play.github.bot)
    assert {(path, line) for path, _, line, _, _ in page.comments} >= {(CONTROLLER, DEBUGGER_LINE), (SERVICE, SQL_LINE)}
    (summary,) = play.summaries(pull)
    assert (summary.author, summary.app_id) == (play.github.bot, play.github.app_id)
    (run,) = play.github.check_runs(pull)
    assert (run.name, run.head, run.conclusion) == ("reviewer / backend", pull.head_sha, "neutral")
    assert run.history[-1] == ("completed", "neutral")
    assert len(run.annotations) >= 2


async def test_no_review_ever_approves_or_requests_changes(play: Stage) -> None:
    await play.review(play.pull())
    posted = [r.json for r in play.github.requests if r.operation in ("pulls/create-review", "pulls/submit-review")]
    assert posted
    assert {body.get("event") for body in posted} <= {None, "COMMENT"}


async def test_a_review_without_a_model_says_so_in_summary_and_check_run(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    (run,) = play.github.check_runs(pull)
    assert "No model is configured" in play.summary(pull)
    assert "rules only" in str(run.title)
    assert "No model is configured" in str(run.summary)


async def test_a_change_in_which_all_is_well_is_a_success(play: Stage) -> None:
    pull = play.pull({**BASE, "src/limits.ts": "export const limit = 7;\n"})
    page = await play.review(pull)
    assert page.reviews == ()
    (run,) = play.github.check_runs(pull)
    assert (run.conclusion, len(play.summaries(pull))) == ("success", 1)


@pytest.mark.parametrize("files", [5, 20, 60])
async def test_a_review_takes_at_most_twelve_requests_whatever_the_number_of_files(play: Stage, files: int) -> None:
    await play.review(play.pull())  # who we are, that octo has no defaults, and who belongs to it, is known from now on
    base, head = many(files)
    pull = play.pull({**head, **HEAD}, {**base, **BASE})
    before = len(play.github.requests)
    await play.review(pull)
    asked = play.github.requests[before:]
    assert len(asked) <= 12, [request.operation for request in asked]
    assert f"{files + 2} files reviewed" in play.summary(pull)


# ------------------------------------------------------------------------------------------------- who starts it


@pytest.mark.parametrize("action", ["reopened", "ready_for_review", "synchronize"])
async def test_other_events_of_a_reviewed_head_start_nothing_new(play: Stage, action: str) -> None:
    pull = play.pull()
    page = await play.review(pull)
    status, said = play.service.deliver(pull_request_delivery(play.github, pull, action))
    assert (status, said["news"]) == (202, "known work")
    await play.settled(pull)
    assert play.page(pull).reviews == page.reviews
    assert (len(play.summaries(pull)), len(play.github.check_runs(pull))) == (1, 1)


@pytest.mark.parametrize("action", ["edited", "assigned", "converted_to_draft", "review_requested"])
async def test_events_that_change_no_code_start_nothing(play: Stage, action: str) -> None:
    status, said = play.service.deliver(pull_request_delivery(play.github, play.pull(), action))
    assert (status, said["status"]) == (200, "ignored")


async def test_a_draft_gets_a_neutral_check_run_with_the_reason_and_is_reviewed_when_it_is_ready(play: Stage) -> None:
    pull = play.pull(draft=True)
    page = await play.review(pull)
    (run,) = play.github.check_runs(pull)
    assert (run.status, run.conclusion) == ("completed", "neutral")
    assert "draft" in str(run.title)
    assert (page.reviews, page.comments, page.conversation) == ((), (), ())
    pull.draft = False
    play.send(pull, "ready_for_review")
    await play.until(lambda: bool(play.summaries(pull)) and play.completed(pull) == 2)
    assert len(play.github.reviews(pull)) == 1


async def test_a_pull_request_of_a_bot_gets_a_neutral_check_run_with_the_reason_and_nothing_else(play: Stage) -> None:
    pull = play.pull(author="dependabot[bot]")
    page = await play.review(pull)
    (run,) = play.github.check_runs(pull)
    assert run.conclusion == "neutral"
    assert "bot" in str(run.title)
    assert (page.reviews, page.comments, page.conversation) == ((), (), ())


async def test_what_bots_do_starts_nothing(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    (run,) = play.github.check_runs(pull)
    before = len(play.github.requests)
    for login in ("reviewer-bot[bot]", "another[bot]"):
        bot = play.github.world.account(login)
        comment = play.github.comment(pull, "@bot review", login)
        for delivery in (
            comment_delivery(play.github, pull, comment),
            check_run_delivery(play.github, pull, run, sender=login),
            check_run_delivery(play.github, pull, run, "completed", sender=login),
            pull_request_delivery(play.github, pull, "synchronize", sender=bot),
        ):
            assert play.service.deliver(delivery)[0] == 200
    assert len(play.github.requests) == before


async def test_a_check_run_of_another_app_that_is_rerequested_starts_nothing(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    (run,) = play.github.check_runs(pull)
    payload = check_run_delivery(play.github, pull, run).payload
    app = as_object(as_object(payload["check_run"])["app"])
    app["id"] = play.github.app_id + 1
    assert play.service.deliver(signed(play.github.webhook_secret, "check_run", payload))[0] == 200


async def test_a_check_run_that_is_rerequested_is_run_again_and_nothing_is_doubled(play: Stage) -> None:
    pull = play.pull()
    first = await play.review(pull)
    (run,) = play.github.check_runs(pull)
    delivery = check_run_delivery(play.github, pull, run)
    play.service.accept(delivery)
    assert play.service.deliver(delivery)[1]["news"] == "known delivery"
    await play.reviewed(pull, 2)
    await play.settled(pull)
    page = play.page(pull)
    assert (page.reviews, page.comments) == (first.reviews, first.comments)
    assert len(play.summaries(pull)) == 1
    assert [check[2:] for check in page.checks] == [first.checks[0][2:]] * 2


async def test_a_delivery_that_is_not_signed_is_refused_and_does_nothing(play: Stage) -> None:
    pull = play.pull()
    honest = pull_request_delivery(play.github, pull, "opened")
    before = len(play.github.requests)
    assert play.service.deliver(signed("another-secret", "pull_request", honest.body))[0] == 401
    assert len(play.github.requests) == before


# --------------------------------------------------------------------------------------------------- commands


async def test_a_command_is_seen_answered_in_place_once_and_posts_no_second_review(play: Stage) -> None:
    pull = play.pull()
    first = await play.review(pull)
    command = play.say(pull, "@bot review")
    said = await play.answer(pull, command)
    await play.settled(pull)
    assert play.github.reactions(command) == ["eyes"]
    assert "Reviewed" in said
    assert str(play.summaries(pull)[0].id) in said
    assert len(play.answers(pull, command)) == 1
    page = play.page(pull)
    assert (page.reviews, page.comments) == (first.reviews, first.comments)
    assert len(play.summaries(pull)) == 1
    assert play.tells(LEAD, pull) == 1


async def test_a_command_reviews_a_draft(play: Stage) -> None:
    pull = play.pull(draft=True)
    await play.answer(pull, play.say(pull, "@reviewer-bot review"))
    assert once(play.page(pull))
    assert len(play.github.reviews(pull)) == 1


@pytest.mark.parametrize(("text", "said"), [("@bot help", "@bot review"), ("@bot merge", "help"), ("@bot", "help")])
async def test_help_is_answered_with_what_can_be_asked_and_unknown_words_with_help(
    play: Stage, text: str, said: str
) -> None:
    pull = play.pull()
    command = play.say(pull, text)
    assert said in await play.answer(pull, command)
    assert play.github.reactions(command) == ["eyes"]
    page = play.page(pull)
    assert (page.reviews, page.checks, len(page.conversation)) == ((), (), 1)


@pytest.mark.parametrize("text", ["@bot review", "@bot help"])
async def test_a_reader_s_command_does_nothing(play: Stage, text: str) -> None:
    pull = play.pull()
    permission = "repos/get-collaborator-permission-level"
    asked = play.github.count(permission)
    command = play.say(pull, text, "rita")
    await play.github.answered(permission, asked + 1)
    await play.settled(pull)
    assert (play.github.reactions(command), play.answers(pull, command)) == ([], [])
    assert (play.github.check_runs(pull), play.github.reviews(pull), play.summaries(pull)) == ([], [], [])


async def test_a_command_does_nothing_while_github_does_not_say_who_may(play: Stage) -> None:
    pull = play.pull()
    gone = answered(410, {"message": "Gone"})
    with play.fault("repos/get-collaborator-permission-level", gone):
        command = play.say(pull, "@bot review")
        await play.until(lambda: any(request.status == 410 for request in play.github.requests))
    await play.settled(pull)
    assert (play.github.reactions(command), play.answers(pull, command)) == ([], [])
    assert (play.github.check_runs(pull), play.github.reviews(pull)) == ([], [])


async def test_a_command_waits_for_a_permission_that_github_tells_later(play: Stage) -> None:
    pull = play.pull()
    with play.fault("repos/get-collaborator-permission-level", bad_gateway()):
        command = play.say(pull, "@bot help", "rita")
        await play.until(lambda: any(request.faulty and request.status == 502 for request in play.github.requests))
    await play.settled(pull)
    assert (play.github.reactions(command), play.answers(pull, command)) == ([], [])


NO_COMMANDS = (
    "please @bot review",
    "@bot review now, or else I shall be cross",
    "> @bot review",
    "`@bot review`",
    "```\n@bot review\n```",
    "<!-- @bot review -->",
    "@botreview",
    "@b\u043et review",  # a Cyrillic o
    "@bot approve --force it all",
)


@pytest.mark.parametrize("text", NO_COMMANDS)
async def test_what_is_no_command_starts_nothing(play: Stage, text: str) -> None:
    pull = play.pull()
    comment = play.github.comment(pull, text)
    status, _ = play.service.deliver(comment_delivery(play.github, pull, comment))
    assert status == 200


@pytest.mark.parametrize("action", ["edited", "deleted"])
async def test_only_a_new_comment_commands(play: Stage, action: str) -> None:
    pull = play.pull()
    comment = play.github.comment(pull, "@bot review")
    assert play.service.deliver(comment_delivery(play.github, pull, comment, action))[0] == 200


# ---------------------------------------------------------------------------------------------- pushes, closing


async def test_twenty_pushes_tag_the_lead_once_and_edit_one_summary_in_place(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    (first,) = play.summaries(pull)
    for number in range(20):
        play.github.push(pull, pushed(number))
        play.send(pull, "synchronize")
        await play.until(lambda: pull.head_sha[:7] in play.summary(pull))
    await play.reviewed(pull)
    assert [one.id for one in play.summaries(pull)] == [first.id]
    assert play.tells(LEAD, pull) == 1
    assert [one.commit for one in play.github.reviews(pull)] == pull.heads[:1]  # nothing new was found since
    assert [len(play.github.check_runs(pull, head)) for head in pull.heads] == [1] * 21


async def test_a_deleted_summary_comes_back_without_ringing_the_lead_again(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    (first,) = play.summaries(pull)
    del play.github.repository_of(pull).issue_comments[first.id]
    play.github.push(pull, pushed(1))
    play.send(pull, "synchronize")
    await play.reviewed(pull)
    assert len(play.summaries(pull)) == 1
    assert play.tells(LEAD, pull) == 1


async def test_a_push_in_mid_review_closes_the_older_check_run_and_posts_for_the_new_head_alone(play: Stage) -> None:
    pull = play.pull()
    old = pull.head_sha
    pushed_one = pushed(1)

    def push(_: object) -> None:
        if pull.head_sha == old:
            play.github.push(pull, pushed_one)
            play.send(pull, "synchronize")

    play.github.on("pulls/list-files", push, times=1)
    play.send(pull)
    await play.until(lambda: pull.head_sha != old)
    await play.reviewed(pull)
    await play.reviewed(pull, head=old)
    await play.settled(pull)
    assert [one.commit for one in play.github.reviews(pull)] == [pull.head_sha]
    assert {one.commit for one in play.github.review_comments(pull)} == {pull.head_sha}
    assert pull.head_sha[:7] in play.summary(pull)
    (stale,) = play.github.check_runs(pull, old)
    assert (stale.conclusion, len(play.github.check_runs(pull))) == ("cancelled", 1)


@pytest.mark.parametrize("operation", ["pulls/create-review", "pulls/submit-review", "issues/create-comment"])
async def test_a_push_that_nobody_has_told_us_of_leaves_no_stale_review(play: Stage, operation: str) -> None:
    pull = play.pull()
    old = pull.head_sha

    def push(_: object) -> None:
        play.github.push(pull, pushed(2))

    play.github.on(operation, push, times=1)
    play.send(pull)
    await play.reviewed(pull, head=old)
    await play.settled(pull)
    stands = [one.commit for one in play.github.reviews(pull)]
    assert stands == ([] if operation == "pulls/create-review" else [old])  # what was submitted before is no lie
    assert len(play.summaries(pull)) == len(stands)
    (run,) = play.github.check_runs(pull, old)
    assert run.conclusion == ("neutral" if stands else "cancelled")


@pytest.mark.parametrize("operation", ["pulls/list-files", "git/get-tree", "pulls/create-review"])
async def test_closing_stops_the_work_and_closes_its_check_run(play: Stage, operation: str) -> None:
    pull = play.pull()

    def close(_: object) -> None:
        play.github.close(pull)
        play.send(pull, "closed")

    play.github.on(operation, close, times=1)
    play.send(pull)
    await play.reviewed(pull)
    await play.settled(pull)
    (run,) = play.github.check_runs(pull)
    assert run.conclusion == "neutral"
    assert "closed" in f"{run.title} {run.summary}"
    assert (play.github.reviews(pull), play.summaries(pull)) == ([], [])


@pytest.mark.parametrize("operation", ["pulls/list-files", "pulls/create-review"])
async def test_an_old_closing_that_comes_after_it_was_opened_again_stops_nothing(play: Stage, operation: str) -> None:
    pull = play.pull()
    pull.updated -= timedelta(seconds=5)
    late = pull_request_delivery(play.github, pull, "closed")
    pull.updated += timedelta(seconds=5)

    def come(_: object) -> None:
        play.service.accept(late)

    play.github.on(operation, come, times=1)
    play.send(pull, "reopened")
    await play.reviewed(pull)
    await play.settled(pull)
    (run,) = play.github.check_runs(pull)
    assert (run.title, len(play.summaries(pull))) == ("1 blocker and 1 warning · 2 files reviewed · rules only", 1)


async def test_a_closed_pull_request_is_not_reviewed_late(play: Stage) -> None:
    pull = play.pull()
    play.github.close(pull)
    play.send(pull, "opened")
    await play.reviewed(pull)
    await play.settled(pull)
    (run,) = play.github.check_runs(pull)
    assert (run.conclusion, "closed" in str(run.title), play.summaries(pull)) == ("neutral", True, [])


@pytest.mark.parametrize("operation", ["pulls/list-files", "pulls/create-review", "checks/update"])
@pytest.mark.parametrize("seconds", [0, 5])
async def test_an_old_event_that_comes_in_mid_review_stops_nothing(play: Stage, operation: str, seconds: int) -> None:
    pull = play.pull()
    pull.updated -= timedelta(seconds=seconds)
    late = pull_request_delivery(play.github, pull, "opened")
    play.github.push(pull, pushed(3))

    def come(_: object) -> None:
        play.service.accept(late)

    play.github.on(operation, come, times=1)
    play.send(pull, "synchronize")
    await play.reviewed(pull)
    await play.reviewed(pull, head=pull.heads[0])
    await play.settled(pull)
    (run,) = play.github.check_runs(pull)
    assert (run.conclusion, len(play.summaries(pull))) == ("neutral", 1)
    assert [one.commit for one in play.github.reviews(pull)] == [pull.head_sha]
    (run,) = play.github.check_runs(pull, pull.heads[0])
    assert run.conclusion == "cancelled"


async def test_two_pushes_of_one_second_whose_events_change_places_end_in_a_review_of_the_newest(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    play.github.push(pull, pushed(1))
    at = pull.updated
    first = pull_request_delivery(play.github, pull, "synchronize")
    play.github.push(pull, pushed(2))
    pull.updated = at
    play.send(pull, "synchronize")
    play.service.accept(first)
    await play.until(lambda: pull.head_sha[:7] in play.summary(pull))
    await play.reviewed(pull)
    await play.reviewed(pull, head=pull.heads[1])
    (stale,) = play.github.check_runs(pull, pull.heads[1])
    assert stale.conclusion == "cancelled"
    assert [run.conclusion for run in play.github.check_runs(pull)] == ["neutral"]


async def test_a_pull_request_that_was_found_closed_is_reviewed_when_it_is_opened_again(play: Stage) -> None:
    pull = play.pull()
    play.github.close(pull)
    play.send(pull, "opened")
    await play.reviewed(pull)
    await play.settled(pull)
    play.send(pull, "closed")
    play.github.reopen(pull)
    play.send(pull, "reopened")
    await play.until(lambda: bool(play.summaries(pull)))
    await play.settled(pull)
    assert once(play.page(pull))


async def test_a_push_right_after_the_verdict_leaves_the_verdict(play: Stage) -> None:
    pull = play.pull()
    old, more, seen = pull.head_sha, pushed(3), Event()

    def push(request: Request) -> None:
        if pull.head_sha == old and request.json.get("status") == "completed":
            play.github.push(pull, more)
            play.send(pull, "synchronize")
            seen.wait(30.0)  # the newer run is known, and the older one, which has a step to go, is being stopped

    def look(_: object) -> None:
        if pull.head_sha != old:
            seen.set()

    play.github.on("checks/update", push, when=When.AFTER)
    play.github.on("checks/create", look)
    play.send(pull)
    await play.until(lambda: pull.head_sha != old)
    await play.reviewed(pull)
    await play.settled(pull)
    (run,) = play.github.check_runs(pull, old)
    assert (run.conclusion, run.history.count(("completed", "neutral"))) == ("neutral", 1)
    assert "newer" not in f"{run.title} {run.summary}"


async def test_an_old_event_that_comes_late_posts_nothing_but_where_the_review_is(play: Stage) -> None:
    pull = play.pull()
    late = pull_request_delivery(play.github, pull, "opened")
    play.github.push(pull, pushed(3))
    play.send(pull, "synchronize")
    await play.reviewed(pull)
    page = play.page(pull)
    play.service.accept(late)
    await play.reviewed(pull, head=pull.heads[0])
    await play.settled(pull)
    assert (play.page(pull).reviews, play.page(pull).checks) == (page.reviews, page.checks)
    (run,) = play.github.check_runs(pull, pull.heads[0])
    assert run.conclusion == "cancelled"
    assert f"/commit/{pull.head_sha}/checks" in str(run.summary)


async def test_a_summary_s_marker_that_somebody_else_wrote_is_left_alone(play: Stage) -> None:
    pull = play.pull()
    forged = play.github.comment(pull, f"All is well.\n\n{SUMMARY}", "mallory")
    await play.review(pull)
    assert forged.body == f"All is well.\n\n{SUMMARY}"
    assert len(play.summaries(pull)) == 1


async def test_a_command_on_a_closed_pull_request_is_answered(play: Stage) -> None:
    pull = play.pull()
    play.github.close(pull)
    command = play.say(pull, "@bot review")
    assert "closed" in await play.answer(pull, command)
    assert play.github.reviews(pull) == []
