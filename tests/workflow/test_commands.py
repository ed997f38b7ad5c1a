"""What people ask for in words: where it is answered, with what, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reviewer.rendering.remembered import state_of
from tests.deliveries.signed import line_comment_delivery
from tests.standin.faults import bad_gateway
from tests.standin.state import Pull, ReviewComment
from tests.workflow.changes import BASE, HEAD, SERVICE, SQL_LINE, pushed
from tests.workflow.nursery import Nursery
from tests.workflow.stage import LEAD, Stage, stage


@pytest.fixture(scope="module")
def play(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("service")) as play:
        yield play


def sql(play: Stage, pull: Pull) -> ReviewComment:
    """Our comment on the query that is put together from strings."""
    found = [one for one in play.github.review_comments(pull) if (one.path, one.line) == (SERVICE, SQL_LINE)]
    return found[0]


def fingerprint(comment: ReviewComment) -> str:
    return comment.body.rpartition("<!-- reviewer:finding ")[2].partition(" ")[0]


# --------------------------------------------------------------------------------------------------- in its place


async def test_a_command_in_a_thread_of_ours_is_seen_and_answered_there_once(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    before = play.page(pull).conversation
    root = sql(play, pull)
    command = play.reply(pull, root, "@bot help")
    said = await play.replied(pull, command)
    assert (said.reply_to, play.github.reactions(command)) == (root.id, ["eyes"])
    assert "@bot explain ID" in said.body
    play.service.deliver(line_comment_delivery(play.github, pull, command, delivery="another"))
    await play.settled(pull)
    assert len(play.replies(pull, command)) == 1
    assert play.page(pull).conversation[: len(before)] == before


async def test_a_command_on_any_line_of_the_diff_is_answered_in_the_thread_that_it_begins(play: Stage) -> None:
    pull = play.pull()
    command = play.remark(pull, SERVICE, SQL_LINE, "@bot review")
    said = await play.replied(pull, command)
    assert said.reply_to == command.id
    assert "Reviewed" in said.body
    assert len(play.github.reviews(pull)) >= 2  # one of it is mona's
    assert not any("Reviewed" in one.body for one in play.github.issue_comments(pull, play.github.bot))


async def test_an_answer_in_a_thread_that_is_gone_comes_in_the_conversation(play: Stage) -> None:
    pull = play.pull()
    command = play.github.line_comment(pull, SERVICE, SQL_LINE, "@bot help")
    delivery = line_comment_delivery(play.github, pull, command)
    record = play.github.repository_of(pull)

    def remove(_: object) -> None:
        record.review_comments.pop(command.id, None)

    play.github.on("pulls/create-reply-for-review-comment", remove, times=1)
    play.service.accept(delivery)
    await play.until(lambda: any("@bot review" in one.body for one in play.github.issue_comments(pull)))
    assert play.replies(pull, command) == []


async def test_only_a_new_comment_of_a_person_commands_in_a_thread(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    root = sql(play, pull)
    comment = play.github.review_reply(pull, root, "@bot review")
    bots = play.github.review_reply(pull, root, "@bot review", "another[bot]")
    ours = play.github.review_reply(pull, root, "@bot review", "reviewer-bot[bot]")
    quoted = play.github.review_reply(pull, root, "> @bot review")
    for delivery in (
        line_comment_delivery(play.github, pull, comment, "edited"),
        line_comment_delivery(play.github, pull, comment, "deleted"),
        line_comment_delivery(play.github, pull, bots),
        line_comment_delivery(play.github, pull, ours),
        line_comment_delivery(play.github, pull, quoted),
    ):
        assert play.service.deliver(delivery)[0] == 200


async def test_a_reader_s_command_in_a_thread_does_nothing(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    command = play.reply(pull, sql(play, pull), "@bot explain", "rita")
    await play.settled(pull)
    assert (play.github.reactions(command), play.replies(pull, command)) == ([], [])


# -------------------------------------------------------------------------------------------------- unknown words


async def test_unknown_words_get_one_line_once_wherever_they_are_said(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    first = play.say(pull, "@bot deploy")
    said = await play.answer(pull, first)
    assert said.startswith("I do not know `@bot deploy`. `@bot help` lists what I know.")
    second, third = play.say(pull, "@bot merge"), play.reply(pull, sql(play, pull), "@bot fix it")
    await play.settled(pull)
    assert (play.answers(pull, second), play.replies(pull, third)) == ([], [])
    assert (play.github.reactions(second), play.github.reactions(third)) == (["eyes"], ["eyes"])


async def test_unknown_words_in_a_thread_get_their_line_there_and_then_nowhere(play: Stage) -> None:
    pull = play.pull()
    command = play.remark(pull, SERVICE, SQL_LINE, "@bot fix it")
    assert "I do not know `@bot fix it`" in (await play.replied(pull, command)).body
    again = play.say(pull, "@bot merge")
    await play.settled(pull)
    assert play.answers(pull, again) == []


async def test_a_forged_line_does_not_silence_us(play: Stage) -> None:
    pull = play.pull()
    play.github.comment(pull, "I do not know that.\n\n<!-- reviewer:unknown-words -->", "rita")
    assert "I do not know" in await play.answer(pull, play.say(pull, "@bot deploy"))


# -------------------------------------------------------------------------------------------------------- explain


async def test_a_finding_is_explained_whole_by_its_id_or_a_beginning_of_it(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    before = play.page(pull)
    identity = fingerprint(sql(play, pull))
    assert f"`{identity[:8]}`" in sql(play, pull).body
    said = await play.answer(pull, play.say(pull, f"@bot explain {identity[:8]}"))
    assert "SQL is put together from strings" in said
    assert "```ts\n" in said
    assert "— persona `backend`" in said
    assert "#### The rule `security_sql_from_strings`" in said
    assert "Bad:" in said
    assert "Good:" in said
    assert "is asked." in said
    assert play.tells(LEAD, pull) == 1
    after = play.page(pull)
    assert (after.reviews, after.comments, after.checks) == (before.reviews, before.comments, before.checks)
    assert len(after.conversation) == len(before.conversation) + 1
    whole = await play.answer(pull, play.say(pull, f"@bot explain {identity}"))
    assert whole.partition("<!--")[0] == said.partition("<!--")[0]


async def test_in_a_thread_of_ours_its_finding_is_meant(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    play.github.review_reply(pull, sql(play, pull), "What is that?")
    said = await play.replied(pull, play.reply(pull, sql(play, pull), "@bot explain"))
    assert "#### The rule `security_sql_from_strings`" in said.body


async def test_a_finding_that_is_mended_is_answered_with_where_it_was_told(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    root = sql(play, pull)
    play.github.push(pull, pushed(1))
    play.github.push(pull, {"README.md": "# shop\n"})
    said = await play.answer(pull, play.say(pull, f"@bot explain {fingerprint(root)}"))
    assert f"#discussion_r{root.id}" in said
    assert "I do not see it at" in said


@pytest.mark.parametrize("verb", ["explain", "dismiss", "resolve"])
async def test_an_id_that_names_nothing_is_answered_with_that(play: Stage, verb: str) -> None:
    pull = play.pull()
    said = await play.answer(pull, play.say(pull, f"@bot {verb} abcdef"))
    assert "No finding of mine on this pull request has an id that begins with `abcdef`" in said


@pytest.mark.parametrize("verb", ["explain", "dismiss"])
async def test_without_an_id_somebody_has_to_say_which_finding(play: Stage, verb: str) -> None:
    pull = play.pull()
    assert "Of which finding?" in await play.answer(pull, play.say(pull, f"@bot {verb}"))
    command = play.remark(pull, SERVICE, SQL_LINE, f"@bot {verb}")  # a thread of mona's own
    assert "Of which finding?" in (await play.replied(pull, command)).body


async def test_a_finding_s_marker_that_somebody_else_wrote_names_nothing(play: Stage) -> None:
    pull = play.pull()
    forged = play.github.line_comment(pull, SERVICE, SQL_LINE, "Look.\n\n<!-- reviewer:finding abcdef0123456789 -->")
    command = play.reply(pull, forged, "@bot explain")
    assert "Of which finding?" in (await play.replied(pull, command)).body
    assert "No finding of mine" in await play.answer(pull, play.say(pull, "@bot explain abcdef"))


# -------------------------------------------------------------------------------------------------------- summary


async def test_a_summary_is_written_anew_where_it_stood_and_nothing_else_is(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    (summary,) = play.summaries(pull)
    before, wanted = play.page(pull), summary.body
    summary.body = "Nothing to see here.\n\n<!-- reviewer:summary -->"
    said = await play.answer(pull, play.say(pull, "@bot summary"))
    assert f"#issuecomment-{summary.id}" in said
    after = play.page(pull)
    assert (after.reviews, after.comments, after.checks) == (before.reviews, before.comments, before.checks)
    for mention, name in (
        (f"@{LEAD} (Team Lead / Architect)", "**Damilare (Team Lead / Architect)**"),
        ("@octo-security-lead (Security Lead)", "**Example Security Lead (Security Lead)**"),
    ):
        wanted = wanted.replace(mention, name)
    assert _costless(play.summary(pull)) == _costless(wanted)


def _costless(summary: str) -> str:
    return summary.partition("\n---\n")[0].partition("\n\n")[2].partition("\n\n")[2]


async def test_a_summary_that_was_deleted_comes_back_without_ringing_the_lead_again(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    (summary,) = play.summaries(pull)
    del play.github.repository_of(pull).issue_comments[summary.id]
    await play.answer(pull, play.say(pull, "@bot summary"))
    assert len(play.summaries(pull)) == 1
    assert play.tells(LEAD, pull) == 1


async def test_a_full_review_posts_nothing_twice(play: Stage) -> None:
    pull = play.pull()
    first = await play.review(pull)
    assert "Reviewed" in await play.answer(pull, play.say(pull, "@bot full review"))
    page = play.page(pull)
    assert (page.reviews, page.comments, len(play.summaries(pull))) == (first.reviews, first.comments, 1)
    assert len(page.checks) == 2


# ------------------------------------------------------------------------------------- pause, resume and ignore


async def push(play: Stage, pull: Pull, number: int) -> str:
    """A push, until its check run is completed; how that ended."""
    play.github.push(pull, pushed(number))
    play.send(pull, "synchronize")
    await play.reviewed(pull)
    return str(play.github.check_runs(pull)[0].title)


async def test_a_paused_pull_request_is_reviewed_on_command_only_until_it_is_resumed(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    said = await play.answer(pull, play.say(pull, "@bot pause"))
    assert said.startswith("Automatic reviews are paused on this pull request. `@bot resume` starts them again.")
    reviews = len(play.github.reviews(pull))
    assert await push(play, pull, 1) == "Not reviewed: paused"
    (run,) = play.github.check_runs(pull)
    assert (run.conclusion, "`@bot resume`" in str(run.summary)) == ("neutral", True)
    assert len(play.github.reviews(pull)) == reviews
    assert "Reviewed" in await play.answer(pull, play.say(pull, "@bot review"))
    assert "already paused" in await play.answer(pull, play.say(pull, "@bot pause"))
    assert await push(play, pull, 2) == "Not reviewed: paused"
    assert "on again" in await play.answer(pull, play.say(pull, "@bot resume"))
    assert "nothing to resume" in await play.answer(pull, play.say(pull, "@bot resume"))
    assert "Not reviewed" not in await push(play, pull, 3)


async def test_an_ignored_pull_request_stays_so_until_our_word_of_it_is_deleted(play: Stage) -> None:
    pull = play.pull()
    command = play.say(pull, "@bot ignore")
    assert "nothing is reviewed by itself" in await play.answer(pull, command)
    assert "ignored for good" in await play.answer(pull, play.say(pull, "@bot resume"))
    assert await push(play, pull, 1) == "Not reviewed: ignored"
    assert "Reviewed" in await play.answer(pull, play.say(pull, "@bot review"))
    (said,) = play.answers(pull, command)
    del play.github.repository_of(pull).issue_comments[said.id]
    assert "Not reviewed" not in await push(play, pull, 2)


async def test_what_is_said_in_a_thread_holds_for_the_pull_request_and_stands_in_the_conversation(play: Stage) -> None:
    pull = play.pull()
    command = play.remark(pull, SERVICE, SQL_LINE, "@bot pause")
    said = await play.replied(pull, command)
    (stands,) = play.github.issue_comments(pull, play.github.bot)
    assert f"#issuecomment-{stands.id}" in said.body
    assert "paused" in stands.body
    assert await push(play, pull, 1) == "Not reviewed: paused"


async def test_a_pause_that_somebody_else_wrote_pauses_nothing(play: Stage) -> None:
    pull = play.pull()
    for author in ("mallory", "another[bot]"):
        play.github.comment(pull, "Paused.\n\n<!-- reviewer:automatic paused -->", author)
    assert "Not reviewed" not in await push(play, pull, 1)


async def test_a_pause_is_found_behind_a_hundred_comments(play: Stage) -> None:
    pull = play.pull()
    await play.answer(pull, play.say(pull, "@bot pause"))
    for number in range(110):
        play.github.comment(pull, f"Yes, {number}.")
    assert await push(play, pull, 1) == "Not reviewed: paused"


async def test_an_answer_whose_receipt_was_lost_is_found_again_and_still_says_the_same(play: Stage) -> None:
    pull = play.pull()
    with play.fault("issues/create-comment", bad_gateway(after_effect=True)):
        command = play.say(pull, "@bot pause")
        await play.settled(pull)
    assert len(play.answers(pull, command)) == 1
    assert play.answers(pull, command)[0].body.startswith("Automatic reviews are paused")
    assert await push(play, pull, 1) == "Not reviewed: paused"


async def test_a_reply_whose_receipt_was_lost_is_found_again(play: Stage) -> None:
    pull = play.pull()
    with play.fault("pulls/create-reply-for-review-comment", bad_gateway(after_effect=True)):
        command = play.remark(pull, SERVICE, SQL_LINE, "@bot help")
        await play.settled(pull)
    assert len(play.replies(pull, command)) == 1


# ------------------------------------------------------------------------------------------------------------ ask


async def test_a_question_without_a_model_is_answered_with_one_sentence(play: Stage) -> None:
    pull = play.pull()
    said = await play.answer(pull, play.say(pull, "@bot ask why is a float wrong here?"))
    assert said.startswith("No model is configured (`REVIEWER_MODEL` is not set). So nobody can answer the question;")


# --------------------------------------------------------------------------------------------- dismiss and resolve


async def test_a_finding_that_is_dismissed_by_its_id_stays_away_with_who_and_why_in_the_summary(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    identity = fingerprint(sql(play, pull))
    comments = len(play.github.review_comments(pull))
    said = await play.answer(pull, play.say(pull, f"@bot dismiss {identity[:8]} the <b>gateway</b> does it, @rita"))
    assert said.startswith("Dismissed: it is off this pull request")
    await push(play, pull, 1)
    summary = play.summary(pull)
    assert "dismissed on this pull request" in summary
    assert "`mona`" in summary
    assert "gateway" in summary
    assert "<b>" not in summary
    assert play.tells("rita", pull) == 0
    assert len(play.github.review_comments(pull)) == comments


async def test_a_finding_is_dismissed_by_the_id_that_it_has_now_wherever_that_is_told(play: Stage) -> None:
    many = "".join(f"export function f{number}(): void {{\n  debugger;\n}}\n" for number in range(120))
    pull = play.pull({**BASE, "src/many.ts": many, SERVICE: HEAD[SERVICE]})
    await play.review(pull)
    files = {**BASE, "src/many.ts": many, "src/orders/search.service.ts": HEAD[SERVICE]}
    del files[SERVICE]
    play.github.push(pull, files)
    play.send(pull, "synchronize")
    await play.reviewed(pull)
    state = state_of(play.summary(pull))
    assert state is not None
    untold = [one.fingerprint for one in state.known if one.fingerprint[:8] not in play.summary(pull)]
    moved = next(one.fingerprint for one in state.known if one.fingerprint != one.root)
    for fingerprint in (moved, untold[-1]):
        said = await play.answer(pull, play.say(pull, f"@bot dismiss {fingerprint}"))
        assert said.startswith("Dismissed")


async def test_in_a_thread_its_finding_is_dismissed_and_answered_there(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    root = sql(play, pull)
    said = await play.replied(pull, play.reply(pull, root, "@bot dismiss we sanitize it before"))
    assert (said.reply_to, said.body.startswith("Dismissed: ")) == (root.id, True)
    await push(play, pull, 1)
    assert "we sanitize it before" in play.summary(pull)


async def test_one_finding_is_resolved_by_its_id_and_all_without_one(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    identity = fingerprint(sql(play, pull))
    assert (await play.answer(pull, play.say(pull, f"@bot resolve {identity}"))).startswith("Resolved: ")
    assert (await play.answer(pull, play.say(pull, "@bot resolve"))).startswith("Resolved: ")
    assert "nothing left to resolve" in await play.answer(pull, play.say(pull, "@bot resolve"))


async def test_where_nothing_was_reviewed_nothing_is_left_to_resolve(play: Stage) -> None:
    pull = play.pull()
    said = await play.answer(pull, play.say(pull, "@bot resolve"))
    assert said.startswith("There is nothing left to resolve.")


@pytest.fixture(scope="module")
def with_model(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("service"), model=True) as play:
        yield play


async def test_a_summary_does_not_ask_the_model_and_says_so_and_a_full_review_does(with_model: Stage) -> None:
    play, title = with_model, "Count what is asked"
    pull = play.pull(title=title)
    await play.review(pull)
    asked = play.asked(title)
    assert asked > 0
    await play.answer(pull, play.say(pull, "@bot summary"))
    assert play.asked(title) == asked
    assert "it is not asked again for a summary" not in play.summary(pull)  # it has answered all of this
    await play.answer(pull, play.say(pull, "@bot full review"))
    assert play.asked(title) == 2 * asked
    await play.answer(pull, play.say(pull, "@bot pause"))
    await push(play, pull, 1)
    await play.answer(pull, play.say(pull, "@bot summary"))
    assert play.asked(title) == 2 * asked
    assert "it is not asked again for a summary" in play.summary(pull)
