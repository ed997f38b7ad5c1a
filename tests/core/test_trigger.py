"""Deliveries to jobs, as a table of what GitHub sends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.core.command import Command
from reviewer.core.envelope import (
    Account,
    Branch,
    Changes,
    Check,
    CheckedPull,
    Comment,
    Envelope,
    Issue,
    Numbered,
    Present,
    PullRequest,
    Ref,
    RepositoryName,
    RequestedAction,
)
from reviewer.core.job import Job, Trigger
from reviewer.core.trigger import Ignored, Ours, command_of, decide, trigger_of

HEAD = "a" * 40
ALICE = Account("alice")
BOT = Account("renovate[bot]", "Bot")
MOVED = Changes(base=Present())
OURS = Ours(app_id=7, names=("bot", "octo-reviewer"))
PULL = PullRequest(number=3, draft=False, user=ALICE, head=Ref(HEAD))
SCENE = Envelope(
    action="opened",
    installation=Numbered(11),
    repository=RepositoryName(22, "octo/shop"),
    sender=ALICE,
    pull_request=PULL,
)
JOB = Job(
    installation=11,
    repository_id=22,
    repository="octo/shop",
    pull=3,
    head=HEAD,
    trigger=Trigger.AUTOMATIC,
    actor="alice",
    delivery="d-1",
)
COMMENT = replace(
    SCENE,
    action="created",
    pull_request=None,
    issue=Issue(3, Present()),
    comment=Comment(44, "@bot review", ALICE),
)
RUN = Check(id=55, head_sha=HEAD, app=Numbered(7), pull_requests=(CheckedPull(3, Ref(repo=Numbered(22))),))
RERUN = replace(SCENE, action="rerequested", pull_request=None, check_run=RUN)


def pull(envelope: Envelope = SCENE, action: str = "opened", **changes: object) -> Envelope:
    return replace(envelope, action=action, pull_request=replace(PULL, **changes))  # type: ignore[arg-type]  # fields of any type, by name


def run(**changes: object) -> Envelope:
    return replace(RERUN, check_run=replace(RUN, **changes))  # type: ignore[arg-type]  # fields of any type, by name


def button(identifier: str, **changes: object) -> Envelope:
    return replace(run(**changes), action="requested_action", requested_action=RequestedAction(identifier))


def comment(**changes: object) -> Envelope:
    return replace(COMMENT, comment=replace(Comment(44, "@bot review", ALICE), **changes))  # type: ignore[arg-type]  # fields of any type, by name


def line_comment(**changes: object) -> Envelope:
    return replace(comment(**changes), issue=None, pull_request=PULL)


LINE = line_comment()
NO_COMMAND = "the comment holds no command"


def reply(**changes: object) -> Envelope:
    return line_comment(**{"body": "the gateway checks every one", "in_reply_to_id": 43, **changes})


REPLY = reply()

JOBS: list[tuple[str, str, Envelope, Job]] = [
    ("opened", "pull_request", SCENE, JOB),
    ("reopened", "pull_request", pull(action="reopened"), JOB),
    ("ready", "pull_request", pull(action="ready_for_review"), JOB),
    ("pushed", "pull_request", pull(action="synchronize"), replace(JOB, push=True)),
    ("draft is unknown", "pull_request", pull(draft=None), JOB),
    ("author is gone", "pull_request", pull(user=None), JOB),
    ("fork is gone", "pull_request", pull(head=Ref(HEAD, repo=None)), JOB),
    ("draft", "pull_request", pull(draft=True), replace(JOB, trigger=Trigger.SKIPPED, source_id="draft")),
    (
        "pushed to a draft",
        "pull_request",
        pull(action="synchronize", draft=True),
        replace(JOB, trigger=Trigger.SKIPPED, source_id="draft", push=True),
    ),
    (
        "opened by a bot",
        "pull_request",
        replace(pull(user=BOT), sender=BOT),
        replace(JOB, trigger=Trigger.SKIPPED, source_id="bot", actor="renovate[bot]"),
    ),
    (
        "a bot's draft",
        "pull_request",
        pull(user=BOT, draft=True),
        replace(JOB, trigger=Trigger.SKIPPED, source_id="bot"),
    ),
    ("closed", "pull_request", pull(action="closed"), replace(JOB, trigger=Trigger.CLOSED)),
    (
        "closed by a bot",
        "pull_request",
        replace(pull(action="closed"), sender=BOT),
        replace(JOB, trigger=Trigger.CLOSED, actor="renovate[bot]"),
    ),
    (
        "command",
        "issue_comment",
        COMMENT,
        replace(JOB, head=None, trigger=Trigger.REVIEW_COMMAND, source_id="44"),
    ),
    (
        "command by our slug",
        "issue_comment",
        comment(body="@octo-reviewer help"),
        replace(JOB, head=None, trigger=Trigger.HELP_COMMAND, source_id="44"),
    ),
    (
        "a request in other words",
        "issue_comment",
        comment(body="@bot please"),
        replace(JOB, head=None, trigger=Trigger.UNKNOWN_WORDS, source_id="44", words="@bot please"),
    ),
    (
        "a command about a finding",
        "issue_comment",
        comment(body="@bot dismiss 4f5461d1 it is meant so"),
        replace(
            JOB, head=None, trigger=Trigger.DISMISS_COMMAND, source_id="44", finding="4f5461d1", words="it is meant so"
        ),
    ),
    (
        "a command on a line",
        "pull_request_review_comment",
        line_comment(),
        replace(JOB, head=None, trigger=Trigger.REVIEW_COMMAND, source_id="line-44", thread=44),
    ),
    (
        "a command in a thread",
        "pull_request_review_comment",
        line_comment(body="@bot explain", in_reply_to_id=43),
        replace(JOB, head=None, trigger=Trigger.EXPLAIN_COMMAND, source_id="line-44", thread=43),
    ),
    (
        "a question in a thread",
        "pull_request_review_comment",
        line_comment(body="@bot ask why?", in_reply_to_id=43),
        replace(JOB, head=None, trigger=Trigger.ASK_COMMAND, source_id="line-44", thread=43, words="why?"),
    ),
    (
        "a reply in a thread",
        "pull_request_review_comment",
        line_comment(body="The `AuthGuard` checks this for every route.", in_reply_to_id=43),
        replace(JOB, head=None, trigger=Trigger.REPLY, source_id="line-44", thread=43),
    ),
    ("re-run", "check_run", RERUN, replace(JOB, trigger=Trigger.RERUN, source_id="55")),
    (
        "re-run, the second press",
        "check_run",
        run(completed_at="2026-11-22T10:00:01Z"),
        replace(JOB, trigger=Trigger.RERUN, source_id="55-20261122100001"),
    ),
    (
        "re-run where another repository has the head too",
        "check_run",
        run(pull_requests=(CheckedPull(9, Ref(repo=Numbered(99))), CheckedPull(3, Ref(repo=Numbered(22))))),
        replace(JOB, trigger=Trigger.RERUN, source_id="55"),
    ),
    (
        "re-run of a fork's head",
        "check_run",
        run(pull_requests=(), external_id=f"11/22#3@{HEAD}:plan:automatic"),
        replace(JOB, trigger=Trigger.RERUN, source_id="55"),
    ),
    (
        "re-run of a head with two pull requests",
        "check_run",
        run(pull_requests=(CheckedPull(8), CheckedPull(3)), external_id=f"11/22#3@{HEAD}:plan:automatic"),
        replace(JOB, trigger=Trigger.RERUN, source_id="55"),
    ),
    (
        "re-run of a commanded review",
        "check_run",
        run(pull_requests=None, external_id="11/22#3@head:plan:review-44"),
        replace(JOB, trigger=Trigger.RERUN, source_id="55"),
    ),
    (
        "the button for a review",
        "check_run",
        button("review", completed_at="2026-11-22T10:00:01Z"),
        replace(JOB, head=None, trigger=Trigger.REVIEW_BUTTON, source_id="check-55-20261122100001"),
    ),
    (
        "the button for the blockers",
        "check_run",
        button("explain-blockers"),
        replace(JOB, head=None, trigger=Trigger.EXPLAIN_BUTTON, source_id="check-55-0741a320e613baac"),
    ),
    (
        "the button for the lead, on a fork's head",
        "check_run",
        button("ask-lead", pull_requests=(), external_id="11/22#3@head:plan:review-44"),
        replace(JOB, head=None, trigger=Trigger.LEAD_BUTTON, source_id="check-55-0741a320e613baac"),
    ),
    (
        "all re-run",
        "check_suite",
        replace(RERUN, check_run=None, check_suite=replace(RUN, updated_at="2026-11-22T10:00:00Z")),
        replace(JOB, trigger=Trigger.RERUN, source_id="suite-55-20261122100000"),
    ),
]

CREATED = "only new comments can be commands"

IGNORED: list[tuple[str, str, Envelope, str]] = [
    ("nothing", "pull_request", Envelope(), "the payload names no installation"),
    ("installation 0", "pull_request", replace(SCENE, installation=Numbered(0)), "the payload names no installation"),
    ("huge id", "pull_request", replace(SCENE, installation=Numbered(2**63)), "the payload names no installation"),
    ("no repository", "pull_request", replace(SCENE, repository=None), "the payload names no usable repository"),
    *[
        (
            f"name {name!r}",
            "pull_request",
            replace(SCENE, repository=RepositoryName(22, name)),
            "the payload names no usable repository",
        )
        for name in (
            "",
            "octo",
            "octo/",
            "/shop",
            "octo/../x",
            "../shop",
            "octo/shop/x",
            "octo/s?p",
            "öcto/shop",
            "o/" + "a" * 200,
        )
    ],
    ("ping", "ping", SCENE, "nothing to do for this event"),
    ("installation", "installation", SCENE, "nothing to do for this event"),
    ("unheard of", "quantum_merge", SCENE, "nothing to do for this event"),
    ("no pull request", "pull_request", replace(SCENE, pull_request=None), "the payload names no pull request"),
    ("no head", "pull_request", pull(head=None), "the payload names no pull request"),
    ("head is a name", "pull_request", pull(head=Ref("main")), "the payload names no usable head commit"),
    ("short head", "pull_request", pull(head=Ref("a" * 39)), "the payload names no usable head commit"),
    ("number 0", "pull_request", pull(number=0), "the payload names no usable pull request"),
    ("number -1", "pull_request", pull(number=-1), "the payload names no usable pull request"),
    ("edited", "pull_request", pull(action="edited"), "nothing to do for this action"),
    ("assigned", "pull_request", pull(action="assigned"), "nothing to do for this action"),
    ("draft again", "pull_request", pull(action="converted_to_draft"), "nothing to do for this action"),
    ("no action", "pull_request", replace(SCENE, action=None), "nothing to do for this action"),
    ("a bot pushes", "pull_request", replace(pull(action="synchronize"), sender=BOT), "the sender is a bot"),
    ("unknown sender", "pull_request", replace(SCENE, sender=None), "the sender is a bot"),
    ("a bot comments", "issue_comment", replace(COMMENT, sender=BOT), "the sender is a bot"),
    (
        "a bot by name comments",
        "issue_comment",
        replace(COMMENT, sender=Account("octo-reviewer[bot]", "User")),
        "the sender is a bot",
    ),
    ("a bot's comment", "issue_comment", comment(user=BOT), "the comment's author is a bot"),
    ("edited comment", "issue_comment", replace(COMMENT, action="edited"), "only new comments can be commands"),
    ("deleted comment", "issue_comment", replace(COMMENT, action="deleted"), "only new comments can be commands"),
    (
        "on an issue",
        "issue_comment",
        replace(COMMENT, issue=Issue(3, None)),
        "the comment is on an issue, not on a pull request",
    ),
    ("no comment", "issue_comment", replace(COMMENT, comment=None), "the payload names no comment"),
    ("empty comment", "issue_comment", comment(body=None), "the comment holds no command"),
    ("quoted command", "issue_comment", comment(body="> @bot review"), "the comment holds no command"),
    ("header swapped", "issue_comment", SCENE, "only new comments can be commands"),
    ("header swapped", "pull_request", COMMENT, "the payload names no pull request"),
    ("header swapped", "pull_request_review_comment", COMMENT, "the payload names no comment"),
    ("header swapped", "issue_comment", line_comment(), "the payload names no comment"),
    ("header swapped", "pull_request", line_comment(), "nothing to do for this action"),
    ("a line comment is edited", "pull_request_review_comment", replace(line_comment(), action="edited"), CREATED),
    ("a line comment goes", "pull_request_review_comment", replace(line_comment(), action="deleted"), CREATED),
    ("a bot's word", "pull_request_review_comment", replace(line_comment(), sender=BOT), "the sender is a bot"),
    ("our word", "pull_request_review_comment", line_comment(user=BOT), "the comment's author is a bot"),
    ("no line comment", "pull_request_review_comment", line_comment(id=0), "the payload names no comment"),
    ("odd thread", "pull_request_review_comment", line_comment(in_reply_to_id=-3), "the payload names no thread"),
    ("talk", "pull_request_review_comment", line_comment(body="> @bot review"), "the comment holds no command"),
    ("a thread's beginning", "pull_request_review_comment", line_comment(body="what is this for?"), NO_COMMAND),
    ("a bot's reply", "pull_request_review_comment", replace(REPLY, sender=BOT), "the sender is a bot"),
    ("our reply", "pull_request_review_comment", reply(user=BOT), "the comment's author is a bot"),
    ("a short reply", "pull_request_review_comment", reply(body="done, thanks!"), NO_COMMAND),
    ("a reply to another", "pull_request_review_comment", reply(body="@lena what do you think of it?"), NO_COMMAND),
    ("a quote as reply", "pull_request_review_comment", reply(body="> the gateway checks every one"), NO_COMMAND),
    ("code as reply", "pull_request_review_comment", reply(body="```ts\na b c d e\n```"), NO_COMMAND),
    ("a review", "pull_request_review", line_comment(), "nothing to do for this event"),
    ("completed run", "check_run", replace(RERUN, action="completed"), "nothing to do for this action"),
    ("no button", "check_run", replace(RERUN, action="requested_action"), "the check run has no such button"),
    ("another App's button", "check_run", button("lgtm|26764"), "the check run has no such button"),
    ("a bot's press", "check_run", replace(button("review"), sender=BOT), "the sender is a bot"),
    ("a button of another App's run", "check_run", button("review", app=Numbered(8)), "the check run is not ours"),
    ("another App's run", "check_run", run(app=Numbered(8)), "the check run is not ours"),
    ("a run of no App", "check_run", run(app=None), "the check run is not ours"),
    ("a bot re-runs", "check_run", replace(RERUN, sender=BOT), "the sender is a bot"),
    ("no run", "check_run", replace(RERUN, check_run=None), "the check run is not ours"),
    ("run of no pull", "check_run", run(pull_requests=()), "the payload names no usable pull request"),
    *[
        (
            f"identity {text!r}",
            "check_run",
            run(pull_requests=(), external_id=text),
            "the payload names no usable pull request",
        )
        for text in (
            "",
            f"12/22#3@{HEAD}:p:automatic",
            f"11/23#3@{HEAD}:p:automatic",
            f"11/22#3@{'b' * 40}:p:automatic",
            f"11/22#x@{HEAD}:p",
            f"11/22#@{HEAD}:p",
            f"11/22#-3@{HEAD}:p",
            f"11/22#٣@{HEAD}:p",
            f"11/22#{'9' * 5000}@{HEAD}:p",
            "11/22#3",
        )
    ],
    (
        "suite requested",
        "check_suite",
        replace(RERUN, action="requested", check_suite=RUN),
        "nothing to do for this action",
    ),
    (
        "another App's suite",
        "check_suite",
        replace(RERUN, check_suite=replace(RUN, app=Numbered(8))),
        "the check suite is not ours",
    ),
]


@pytest.mark.parametrize(("event", "envelope", "job"), [row[1:] for row in JOBS], ids=[row[0] for row in JOBS])
def test_a_delivery_becomes_the_job_it_asks_for(event: str, envelope: Envelope, job: Job) -> None:
    assert decide(event, "d-1", envelope, OURS) == job


@pytest.mark.parametrize(
    ("updated_at", "known"),
    [("2026-11-23T06:40:01Z", 20261123064001), ("2026-11-23", 0), ("", 0), (None, 0), ("soon", 0)],
)
def test_a_job_knows_when_its_pull_request_was_changed(updated_at: str | None, known: int) -> None:
    job = decide("pull_request", "d-1", pull(updated_at=updated_at), OURS)
    assert isinstance(job, Job)
    assert job.changed_at == known


@pytest.mark.parametrize(("event", "envelope", "reason"), [row[1:] for row in IGNORED], ids=[row[0] for row in IGNORED])
def test_a_delivery_that_is_not_ours_is_ignored_with_its_reason(event: str, envelope: Envelope, reason: str) -> None:
    assert decide(event, "d-1", envelope, OURS) == Ignored(reason)


def identity(envelope: Envelope, delivery: str = "d-1") -> str:
    job = decide("check_run" if envelope.check_run else "pull_request", delivery, envelope, OURS)
    assert isinstance(job, Job)
    return job.identity("plan")


def test_another_base_branch_is_another_diff_and_so_new_work() -> None:
    onto_main = decide("pull_request", "d-1", pull(base=Branch("main")), OURS)
    onto_soft = decide("pull_request", "d-2", replace(pull(base=Branch("soft")), action="edited", changes=MOVED), OURS)
    back = decide("pull_request", "d-3", replace(pull(base=Branch("main")), action="reopened"), OURS)
    assert isinstance(onto_main, Job) and isinstance(onto_soft, Job) and isinstance(back, Job)
    assert onto_main.identity("p") == back.identity("p") != onto_soft.identity("p")


def test_another_title_or_label_is_the_head_s_own_work_and_only_for_what_was_filtered_out() -> None:
    opened = decide("pull_request", "d-1", pull(), OURS)
    assert isinstance(opened, Job)
    for changed in (
        replace(pull(), action="edited", changes=Changes(title=Present())),
        pull(action="labeled"),
        pull(action="unlabeled"),
    ):
        job = decide("pull_request", "d-2", changed, OURS)
        assert isinstance(job, Job)
        assert (job.identity("p"), job.unfilters, opened.unfilters) == (opened.identity("p"), True, False)


def test_an_edited_text_starts_nothing() -> None:
    assert isinstance(decide("pull_request", "d-1", replace(pull(), action="edited", changes=Changes()), OURS), Ignored)


def test_ready_for_review_at_a_draft_s_head_is_new_work() -> None:
    assert identity(pull(draft=True)) != identity(pull(action="ready_for_review"))


def test_a_replay_under_another_delivery_id_is_the_same_work() -> None:
    assert identity(SCENE) == identity(SCENE, "d-2")
    assert identity(RERUN) == identity(RERUN, "d-2")


def test_a_second_press_of_re_run_is_new_work() -> None:
    pressed = run(completed_at="2026-11-22T10:00:00Z")
    assert identity(pressed) != identity(run(completed_at="2026-11-22T10:05:00Z"))


def test_a_run_s_own_identity_leads_back_to_its_pull_request() -> None:
    job = decide("check_run", "d-1", run(pull_requests=(), external_id=JOB.identity("plan")), OURS)
    assert isinstance(job, Job)
    assert job.pull == JOB.pull


@pytest.mark.parametrize("identifier", ["explain-blockers", "ask-lead"])
def test_a_second_press_of_a_button_that_answers_is_work_of_its_own_and_of_the_same_check_run(identifier: str) -> None:
    first, second = (decide("check_run", guid, button(identifier), OURS) for guid in ("d-1", "d-2"))
    assert isinstance(first, Job)
    assert isinstance(second, Job)
    assert (first.pressed, second.pressed) == (55, 55)
    assert first.identity("plan") != second.identity("plan")


def test_a_press_for_a_review_that_is_sent_again_is_the_same_work() -> None:
    first, again = (decide("check_run", guid, button("review"), OURS) for guid in ("d-1", "d-2"))
    assert isinstance(first, Job)
    assert isinstance(again, Job)
    assert first.identity("plan") == again.identity("plan")


@pytest.mark.parametrize("command", list(Command))
def test_every_command_has_a_trigger_of_its_own_that_leads_back_to_it(command: Command) -> None:
    assert command_of(trigger_of(command)) is command
    assert trigger_of(command).by_command


def test_a_comment_on_a_line_is_other_work_than_one_of_the_same_number_in_the_conversation() -> None:
    one, other = decide("issue_comment", "d", COMMENT, OURS), decide("pull_request_review_comment", "d", LINE, OURS)
    assert isinstance(one, Job)
    assert isinstance(other, Job)
    assert (one.comment, other.comment, one.thread, other.thread) == (44, 44, 0, 44)
    assert one.identity("plan") != other.identity("plan")
