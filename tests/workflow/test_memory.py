"""What a pull request remembers: over pushes no comment is made twice, and each finding is told as what it is now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from reviewer.rendering.remembered import fingerprint_in
from tests.deliveries.signed import retargeted
from tests.standin.door import Request, When
from tests.standin.faults import answered, bad_gateway
from tests.standin.state import Pull, ReviewComment
from tests.workflow.changes import BASE, CONTROLLER, HEAD, SERVICE, pushed
from tests.workflow.nursery import Nursery
from tests.workflow.stage import LEAD, Stage, stage


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


def fingerprint_of(comment: ReviewComment) -> str:
    """The fingerprint in the marker of a comment."""
    return fingerprint_in(comment.body)


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


# ------------------------------------------------------------------------------------------------------- people


async def test_a_thread_in_which_a_person_wrote_is_left_alone_and_reported(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    (comment,) = said(play, pull, SERVICE)
    before = comment.body
    play.github.review_reply(pull, comment, "We know. It goes away next week.")
    await push(play, pull, FIXED_SERVICE)
    assert (comment.body, comment.resolved) == (before, False)
    assert "Mended, and left for you to resolve, as people have written there:" in play.summary(pull)
    assert f"#discussion_r{comment.id})" in play.summary(pull)


async def test_a_thread_that_a_person_resolved_is_a_dismissal_and_taken_back_when_it_is_opened(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    (comment,) = said(play, pull, SERVICE)
    play.github.resolve(comment, "mona")
    await push(play, pull, pushed(1))
    assert "1 finding dismissed on this pull request" in play.summary(pull)
    assert "Dismissed by `mona`, who resolved the thread." in play.summary(pull)
    assert "🔴" not in play.summary(pull).split("<details>")[0].split("\n")[0]
    play.github.resolve(comment, resolved=False)
    await push(play, pull, pushed(2))
    assert "dismissed on this pull request" not in play.summary(pull)
    assert len(said(play, pull, SERVICE)) == 1


GATED = {".github/reviewer.yml": "gate: blocker\n"}


@pytest.mark.parametrize("fork", [False, True])
async def test_an_author_who_may_not_write_dismisses_nothing_by_resolving_a_thread(play: Stage, fork: bool) -> None:
    pull = play.pull({**HEAD, **GATED}, {**BASE, **GATED}, author="stranger", fork=fork)
    await play.review(pull)
    (comment,) = said(play, pull, SERVICE)
    play.github.resolve(comment, "Stranger")
    before = (comment.body, comment.resolved)
    await push(play, pull, {**pushed(1), **GATED})
    (run,) = play.github.check_runs(pull)
    assert run.conclusion == "failure"
    assert "dismissed on this pull request" not in play.summary(pull)
    assert line_since(play, pull).endswith(": 2 still open.")
    assert ((comment.body, comment.resolved), len(said(play, pull, SERVICE))) == (before, 1)
    play.github.resolve(comment, "mona")
    await push(play, pull, {**pushed(2), **GATED})
    (run,) = play.github.check_runs(pull)
    assert run.conclusion == "neutral"
    assert "Dismissed by `mona`, who resolved the thread." in play.summary(pull)


async def test_a_fix_whose_thread_a_person_resolved_and_that_is_reverted_is_reported_without_a_word_there(
    play: Stage,
) -> None:
    pull = play.pull()
    await play.review(pull)
    (comment,) = said(play, pull, SERVICE)
    await push(play, pull, FIXED_SERVICE)
    marked = comment.body
    play.github.resolve(comment, "mona")
    await push(play, pull, {**FIXED_SERVICE, "src/other.ts": "export const other = 1;\n"})
    await push(play, pull, HEAD)
    assert (comment.body, comment.resolved, len(said(play, pull, SERVICE))) == (marked, True, 1)
    assert "1 back again" in line_since(play, pull)
    assert play.summary(pull).startswith("### 🔴 1 blocker")


# --------------------------------------------------------------------------------------------- moves and rewrites


async def test_a_renamed_file_keeps_its_comments(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    count = len(said(play, pull))
    renamed = {path: text for path, text in HEAD.items() if path != SERVICE}
    renamed["src/orders/search.service.ts"] = HEAD[SERVICE]
    await push(play, pull, renamed)
    assert len(said(play, pull)) == count
    assert line_since(play, pull).endswith(f": {count} still open.")
    renamed["src/orders/search.service.ts"] = BASE[SERVICE]
    await push(play, pull, renamed)
    assert len(said(play, pull)) == count
    assert [one.body.split("\n")[0][:11] for one in said(play, pull, SERVICE)] == ["✅ **Fixed**"]


async def test_a_method_that_goes_to_another_class_keeps_its_comment_and_its_dismissal(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    (comment,), count = said(play, pull, SERVICE), len(said(play, pull))
    gone = HEAD[SERVICE].replace("OrdersService", "ReportsService")
    moved = {**HEAD, SERVICE: "export class OrdersService {}\n", "src/reports/reports.service.ts": gone}
    await push(play, pull, moved)
    assert (len(said(play, pull)), "Fixed" in comment.body) == (count, False)
    assert line_since(play, pull).endswith(f": {count} still open.")
    await play.answer(pull, play.say(pull, f"@bot dismiss {fingerprint_of(comment)[:8]} the text is an enum"))
    await push(play, pull, {**moved, "src/reports/reports.service.ts": "export class ReportsService {}\n"})
    await push(play, pull, moved)
    assert len(said(play, pull)) == count
    assert "the text is an enum" in play.summary(pull)
    assert "🔴" not in play.summary(pull).split("\n")[0]


async def test_a_force_push_back_to_an_older_head_repeats_nothing(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    before = [(one.id, one.body) for one in said(play, pull)]
    await push(play, pull, FIXED_SERVICE)
    await push(play, pull, HEAD, force=True)
    assert [(one.id, one.body) for one in said(play, pull)] == before
    assert len(play.summaries(pull)) == 1


async def test_a_force_push_back_to_the_very_commit_that_was_reviewed_is_reviewed_as_it_stands(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    first, before = pull.head_sha, [(one.id, one.body) for one in said(play, pull)]
    for _ in range(2):  # there and back, and once more
        await push(play, pull, FIXED_SERVICE)
        assert said(play, pull, SERVICE)[0].body.startswith("✅ **Fixed**")
        play.github.switches.clock_ahead_s += 2
        play.github.push_back(pull, first)
        play.send(pull, "synchronize")
        await play.until(lambda: "1 back again" in line_since(play, pull))
        await play.settled(pull)
        assert [(one.id, one.body) for one in said(play, pull)] == before
        assert first[:7] in play.summary(pull)
        assert {run.status for run in play.github.check_runs(pull)} == {"completed"}
    play.send(pull, "reopened")
    await play.settled(pull)
    assert "1 back again" in line_since(play, pull)


async def test_a_commit_that_is_the_head_again_has_a_check_run_with_what_is_so_now(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    first = pull.head_sha
    await push(play, pull, {**FIXED_SERVICE, "src/token.ts": "export const id = Math.random().toString(36);\n"})
    await play.answer(pull, play.say(pull, "@bot resolve"))
    play.github.switches.clock_ahead_s += 2
    play.github.push_back(pull, first)
    play.send(pull, "synchronize")
    await play.reviewed(pull, 2)
    await play.settled(pull)
    told = [[str(one["path"]) for one in run.annotations] for run in play.github.check_runs(pull)]
    assert [sorted(one) for one in told] == [[CONTROLLER, SERVICE], [SERVICE]]


async def test_another_base_and_back_is_reviewed_as_it_stands(play: Stage) -> None:
    pull = play.pull()
    play.github.repository_of(pull).git.set_ref("refs/heads/next", pull.head_sha)
    play.github.push(pull, pushed(1))
    await play.review(pull)
    before = [(one.id, one.body) for one in said(play, pull)]
    for name, told in (("next", "2 fixed."), ("main", "2 back again.")):
        play.github.switches.clock_ahead_s += 2
        old = pull.base_ref
        play.github.retarget(pull, name)
        pull.updated = play.github.world.now()
        play.service.accept(retargeted(play.github, pull, old))
        await play.until(partial(lambda told: told in line_since(play, pull), told))
        await play.settled(pull)
    assert [(one.id, one.body) for one in said(play, pull)] == before


async def test_two_lines_of_one_fingerprint_get_one_comment_and_two_annotations(play: Stage) -> None:
    twice = "export function f(): void {\n  debugger;\n  void 0;\n  debugger;\n}\n"
    pull = play.pull({**BASE, "src/twice.ts": twice})
    await play.review(pull)
    debuggers = [one for one in said(play, pull, "src/twice.ts") if "debugger" in one.body]
    (run,) = play.github.check_runs(pull)
    told = [one for one in run.annotations if "debugger" in str(one["message"])]
    assert (len(debuggers), len(told)) == (1, 2)


# -------------------------------------------------------------------------------------------------- what is lost


def lose_database(folder: Path) -> None:
    files = list(folder.glob("reviewer.db*"))
    assert files
    for file in files:
        file.unlink()


async def test_a_lost_database_repeats_nothing(nursery: Nursery, tmp_path: Path) -> None:
    with stage(nursery, tmp_path) as play:
        pull = play.pull()
        await play.review(pull)
        before = [(one.id, one.body) for one in said(play, pull)]
        play.service.stop()
        lose_database(tmp_path)
        play.service.start()
        await push(play, pull, pushed(1))
        assert [(one.id, one.body) for one in said(play, pull)] == before
        assert (len(play.summaries(pull)), play.told(LEAD)) == (1, 1)
        assert line_since(play, pull).endswith(f": {len(before)} still open.")


async def test_a_head_that_was_reviewed_before_the_loss_is_reviewed_again(nursery: Nursery, tmp_path: Path) -> None:
    with stage(nursery, tmp_path) as play:
        pull = play.pull()
        await play.review(pull)
        before, checks = said(play, pull), play.github.check_runs(pull)
        play.service.stop()
        lose_database(tmp_path)  # and not the engine's, which knows the run by its name
        play.service.start()
        play.send(pull, "reopened")
        await play.reviewed(pull, len(checks) + 1)
        assert (said(play, pull), len(play.summaries(pull))) == (before, 1)
        assert play.github.check_runs(pull)[-1].conclusion == checks[0].conclusion


async def test_a_deleted_summary_is_written_again_and_no_comment_with_it(play: Stage) -> None:
    pull = play.pull()
    await play.review(pull)
    count = len(said(play, pull))
    (summary,) = play.summaries(pull)
    del play.github.repository_of(pull).issue_comments[summary.id]
    await push(play, pull, pushed(1))
    assert (len(said(play, pull)), len(play.summaries(pull))) == (count, 1)


async def test_comments_of_other_accounts_with_our_marker_are_nobody_s_memory(play: Stage) -> None:
    first = play.pull()
    await play.review(first)
    words = [one.body for one in said(play, first)]
    pull = play.pull()
    for body in words:
        play.github.comment(pull, body, "mallory")
    await play.review(pull)
    assert len(said(play, pull)) == len(words)


# ------------------------------------------------------------------------------------------------ permissions, cost


@pytest.fixture
def resolving(nursery: Nursery, tmp_path: Path) -> Iterator[Stage]:
    with stage(nursery, tmp_path, environment={"REVIEWER_RESOLVE_THREADS": "true"}) as play:
        yield play


def granted(play: Stage, level: str) -> Pull:
    """A reviewed pull request whose installation has granted that much of the contents."""
    pull = play.pull()
    play.github.installation(play.github.repository_of(pull).owner).permissions["contents"] = level
    return pull


def lines(play: Stage, pull: Pull, root: ReviewComment) -> list[str]:
    """What we answered in the thread of a comment of ours, without its marker."""
    return [one.body.split("\n")[0] for one in said(play, pull) if one.reply_to == root.id]


async def test_a_fixed_finding_s_thread_gets_one_line_with_the_commit_and_is_resolved(resolving: Stage) -> None:
    play = resolving
    pull = granted(play, "write")
    await play.review(pull)
    (comment,) = said(play, pull, SERVICE)
    text = comment.body
    head = await push(play, pull, FIXED_SERVICE)
    assert (comment.resolved, lines(play, pull, comment)) == (True, [f"✅ **Fixed** at `{head[:7]}`."])
    assert comment.body == f"<!-- reviewer:fixed -->\n<!-- reviewer:was -->\n\n{text}"
    await push(play, pull, {**FIXED_SERVICE, "src/other.ts": "export const other = 1;\n"})
    assert lines(play, pull, comment) == [f"✅ **Fixed** at `{head[:7]}`."]
    head = await push(play, pull, pushed(1))
    assert (comment.resolved, comment.body) == (False, text)
    assert lines(play, pull, comment) == [f"↩️ **Back** at `{head[:7]}`: it is found again."]
    head = await push(play, pull, {**pushed(2), SERVICE: BASE[SERVICE]})
    assert (comment.resolved, lines(play, pull, comment)) == (True, [f"✅ **Fixed** at `{head[:7]}`."])
    wide = [token for token in play.github.world.tokens.values() if token.permissions.get("contents") == "write"]
    assert all(set(token.permissions) == {"metadata", "contents", "pull_requests"} for token in wide)


async def test_without_the_permission_the_comment_itself_is_marked(resolving: Stage) -> None:
    play = resolving
    pull = granted(play, "read")
    await play.review(pull)
    (comment,) = said(play, pull, SERVICE)
    head = await push(play, pull, FIXED_SERVICE)
    assert comment.body.startswith(f"✅ **Fixed** at `{head[:7]}`.")
    assert (comment.resolved, lines(play, pull, comment)) == (False, [])
    await push(play, pull, HEAD)
    assert (comment.resolved, "Fixed" in comment.body) == (False, False)
    assert not any(token.permissions.get("contents") == "write" for token in play.github.world.tokens.values())


async def test_no_line_is_written_where_a_person_wrote(resolving: Stage) -> None:
    play = resolving
    pull = granted(play, "write")
    await play.review(pull)
    (comment,) = said(play, pull, SERVICE)
    before = comment.body
    play.github.review_reply(pull, comment, "We know. It goes away next week.")
    await push(play, pull, FIXED_SERVICE)
    assert (comment.body, comment.resolved, lines(play, pull, comment)) == (before, False, [])


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_line_whose_answer_was_lost_is_written_once(resolving: Stage, after_effect: bool) -> None:
    play = resolving
    pull = granted(play, "write")
    await play.review(pull)
    (comment,) = said(play, pull, SERVICE)
    with play.fault("pulls/create-reply-for-review-comment", bad_gateway(after_effect=after_effect)):
        head = await push(play, pull, FIXED_SERVICE)
    assert (comment.resolved, lines(play, pull, comment)) == (True, [f"✅ **Fixed** at `{head[:7]}`."])


async def test_a_later_push_costs_nine_requests_and_one_more_for_each_finding_that_is_mended(play: Stage) -> None:
    await play.review(play.pull())
    pull = play.pull()

    async def cost(files: Mapping[str, str] | None) -> int:
        before = len(play.github.requests)
        if files is None:
            await play.review(pull)
        else:
            await push(play, pull, files)
        return len(play.github.requests) - before

    assert await cost(None) <= 12
    assert await cost(pushed(1)) == 9  # nothing new: no draft, no submission, and the repository has its token
    assert await cost({**pushed(2), SERVICE: BASE[SERVICE]}) == 10
    assert await cost(HEAD) == 10  # back again
    assert await cost({**HEAD, "src/more.ts": "export function more(): void {\n  debugger;\n}\n"}) == 11


@pytest.mark.parametrize("when", list(When), ids=["before it takes effect", "after its effect"])
async def test_a_kill_while_a_comment_is_told_as_fixed_tells_it_once(
    nursery: Nursery, tmp_path: Path, when: When
) -> None:
    with stage(nursery, tmp_path) as play:
        pull = play.pull()
        await play.review(pull)
        (comment,) = said(play, pull, SERVICE)
        killed: list[str] = []

        def kill(request: Request) -> None:
            killed.append(request.operation)
            play.service.kill()

        play.github.on("pulls/update-review-comment", kill, when=when, times=1)
        if when is When.BEFORE:
            play.github.fault("pulls/update-review-comment", bad_gateway())
        head = play.github.push(pull, FIXED_SERVICE)
        play.send(pull, "synchronize")
        await play.until(lambda: bool(killed))
        play.service.start()
        await play.reviewed(pull)
        assert comment.body.startswith(f"✅ **Fixed** at `{head[:7]}`.")
        assert comment.body.count("<!-- reviewer:was -->") == 1
        assert " 1 fixed" in line_since(play, pull)
        assert (len(said(play, pull, SERVICE)), len(play.summaries(pull))) == (1, 1)


async def test_a_comment_that_cannot_be_edited_costs_no_verdict_and_is_told_with_the_next_push(
    play: Stage,
) -> None:
    pull = play.pull()
    await play.review(pull)
    (comment,) = said(play, pull, SERVICE)
    before = comment.body
    with play.fault(
        "pulls/update-review-comment", answered(403, {"message": "Resource not accessible by integration"})
    ):
        await push(play, pull, FIXED_SERVICE)
    assert (comment.body, play.completed(pull)) == (before, 1)
    assert " 1 fixed" in line_since(play, pull)
    head = await push(play, pull, {**FIXED_SERVICE, "src/other.ts": "export const other = 1;\n"})
    assert comment.body.startswith(f"✅ **Fixed** at `{head[:7]}`.")
    assert "fixed" not in line_since(play, pull)
