from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import combinations

import pytest

from reviewer.core.concern import Side
from reviewer.core.errors import RefusedError, TransientError
from reviewer.core.publication import (
    COMMENT_CHARS_MAX,
    Annotation,
    AnnotationLevel,
    AnswerPost,
    CheckNote,
    CheckPost,
    CheckStatus,
    Conclusion,
    InlineComment,
    ReviewPost,
    SummaryPost,
)
from reviewer.github.checks import Wanted, cut_bytes
from reviewer.github.client import Repository
from reviewer.github.failures import HttpRefusedError
from reviewer.github.publishing import (
    WRITES_MAX,
    ReviewOutcome,
    ReviewState,
    close_check,
    may_command,
    open_check,
    post_review,
    put_answer,
    put_summary,
    react,
    standing,
)
from tests.github.one_pull import BOT, FOREIGN, HEAD, OnePull
from tests.github.scripted import Outgoing, gateway, said, scripted_github, shop

NOTE = CheckNote(CheckStatus.IN_PROGRESS, "Reading", "The change is being read.")
MARKER = "<!-- reviewer:review a -->"
BODY = f"{MARKER}\nLooked at 3 files."


@pytest.fixture
def pull() -> OnePull:
    return OnePull()


@pytest.fixture
async def repo(pull: OnePull) -> AsyncIterator[Repository]:
    async with scripted_github() as script, gateway(script) as app:
        script.otherwise = pull
        yield await shop(app)


def comment(line: int, start: int | None = None) -> InlineComment:
    return InlineComment("src/a.ts", f"finding at {line}", line, Side.RIGHT, start, f"print-{line}")


def review(comments_count: int = 2) -> ReviewPost:
    return ReviewPost(MARKER, BODY, tuple(comment(line) for line in range(1, comments_count + 1)))


async def post(repo: Repository, what: ReviewPost) -> ReviewOutcome:
    return await post_review(repo, BOT, 3, HEAD, what)


# ------------------------------------------------------------------------------------------------ the review


async def test_a_review_is_drafted_looked_at_and_submitted(pull: OnePull, repo: Repository) -> None:
    outcome = await post(repo, ReviewPost(MARKER, BODY, (comment(4), comment(9, 7), comment(5, 5))))
    (stands,) = pull.reviews.values()
    assert outcome == ReviewOutcome(ReviewState.POSTED, stands["id"], ())
    assert stands["state"] == "COMMENTED"
    assert stands["comments"] == [
        {"path": "src/a.ts", "body": "finding at 4", "line": 4, "side": "RIGHT"},
        {
            "path": "src/a.ts",
            "body": "finding at 9",
            "line": 9,
            "side": "RIGHT",
            "start_line": 7,
            "start_side": "RIGHT",
        },
        {"path": "src/a.ts", "body": "finding at 5", "line": 5, "side": "RIGHT"},
    ]
    assert [one.method for one in pull.log] == ["POST", "POST", "POST"]  # draft, look, submit


async def test_posting_again_posts_nothing(pull: OnePull, repo: Repository) -> None:
    first = await post(repo, review())
    again = await post(repo, review())
    assert again == ReviewOutcome(ReviewState.STOOD_ALREADY, first.review_id, ())
    assert len(pull.reviews) == 1


@pytest.mark.parametrize("moved", [{"head": "b" * 40}, {"state": "closed"}])
async def test_a_head_that_moved_or_a_closed_pull_request_gets_no_review(
    pull: OnePull, repo: Repository, moved: dict[str, str]
) -> None:
    for name, value in moved.items():
        setattr(pull, name, value)
    assert await post(repo, review()) == ReviewOutcome(ReviewState.SUPERSEDED, None, ())
    assert pull.reviews == {}


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("left", [0, 1])
async def test_a_superseded_review_leaves_no_draft(pull: OnePull, repo: Repository, hidden: bool, left: int) -> None:
    pull.head, pull.graphql_hides_drafts = "b" * 40, hidden
    for _ in range(left):
        pull.add_review(BODY, "PENDING")
    assert (await post(repo, review())).state is ReviewState.SUPERSEDED
    assert pull.reviews == {}


@pytest.mark.parametrize("hidden", [False, True])
async def test_a_stale_draft_of_ours_is_removed(pull: OnePull, repo: Repository, hidden: bool) -> None:
    pull.graphql_hides_drafts = hidden
    pull.add_review("<!-- reviewer:review of another head -->", "PENDING")
    assert (await post(repo, review())).state is ReviewState.POSTED
    assert [one["body"] for one in pull.reviews.values()] == [BODY]


async def test_a_draft_that_an_earlier_attempt_left_is_adopted(pull: OnePull, repo: Repository) -> None:
    held = [{"path": "src/a.ts", "body": "finding at 1"}]
    left = pull.add_review(BODY, "PENDING", held)
    assert await post(repo, review()) == ReviewOutcome(ReviewState.POSTED, left, ("print-2",))


async def test_a_review_that_stands_tells_again_what_it_displaced(pull: OnePull, repo: Repository) -> None:
    pull.bad = {2}
    first = await post(repo, review(3))
    again = await post(repo, review(3))
    assert (first.displaced, again.displaced) == (("print-2",), ("print-2",))
    assert len(pull.reviews) == 1


@pytest.mark.parametrize("author", [FOREIGN, 9002])
async def test_a_forged_marker_is_only_text(pull: OnePull, repo: Repository, author: int) -> None:
    forged = pull.add_review(BODY, "COMMENTED", author=author)
    outcome = await post(repo, review())
    assert outcome.state is ReviewState.POSTED
    assert outcome.review_id != forged


@pytest.mark.parametrize("fault", ["before", "after"])
@pytest.mark.parametrize("at", range(1, 9))
@pytest.mark.parametrize("bad", [set(), {2}])
async def test_a_lost_answer_at_any_request_ends_in_one_review(
    pull: OnePull, repo: Repository, at: int, fault: str, bad: set[int]
) -> None:
    pull.bad = set(bad)
    pull.lost = {at: fault}
    try:
        outcome = await post(repo, review(4))
    except TransientError:
        outcome = await post(repo, review(4))
    (stands,) = pull.reviews.values()
    assert (stands["id"], stands["state"]) == (outcome.review_id, "COMMENTED")
    there = {f"print-{one['line']}" for one in stands["comments"]}
    assert there | set(outcome.displaced) == {"print-1", "print-2", "print-3", "print-4"}
    assert there.isdisjoint(outcome.displaced)


@pytest.mark.parametrize("bad", [set(some) for size in (1, 2) for some in combinations(range(1, 11), size)], ids=str)
async def test_bad_comments_cost_their_places_and_never_the_review(
    pull: OnePull, repo: Repository, bad: set[int]
) -> None:
    pull.bad = bad
    outcome = await post(repo, review(10))
    (stands,) = pull.posted()
    there = {one["line"] for one in stands["comments"]}
    assert outcome.displaced == tuple(f"print-{line}" for line in range(1, 11) if line not in there)
    assert there.isdisjoint(bad)
    assert pull.drafts() == []
    assert pull.writes <= WRITES_MAX
    if len(bad) == 1:
        assert len(outcome.displaced) <= 3


async def test_the_last_bad_comment_is_known_without_being_tried(pull: OnePull, repo: Repository) -> None:
    pull.bad = {2}
    assert (await post(repo, review(2))).displaced == ("print-2",)
    assert pull.writes == 3  # both, the first one alone, submit


@pytest.mark.parametrize("count", [1, 2, 3, 10, 40])
@pytest.mark.parametrize("stale", [0, 1])
async def test_a_review_stands_even_when_every_comment_is_refused(
    pull: OnePull, repo: Repository, count: int, stale: int
) -> None:
    pull.bad = set(range(1, count + 1))
    for _ in range(stale):
        pull.add_review("<!-- reviewer:review of another head -->", "PENDING")
    outcome = await post(repo, review(count))
    (stands,) = pull.reviews.values()
    assert (stands["state"], stands["comments"]) == ("COMMENTED", [])
    assert len(outcome.displaced) == count
    assert pull.writes <= WRITES_MAX


async def test_a_body_that_github_would_refuse_is_not_sent(pull: OnePull, repo: Repository) -> None:
    long = "x" * (COMMENT_CHARS_MAX + 1)
    with pytest.raises(RefusedError, match="65537 characters"):
        await post(repo, ReviewPost(MARKER, long, ()))
    with pytest.raises(RefusedError, match="65537 characters"):
        await put_summary(repo, BOT, 3, SummaryPost(MARKER, long))
    assert pull.log == []


# ------------------------------------------------------------------------------------------------ standing


@pytest.mark.parametrize(
    "graphql",
    [
        None,
        said({"data": None, "errors": [{"type": "FORBIDDEN", "message": "no"}]}),
        said({"message": "Not Found"}, 404),
        said({"message": "Server Error"}, 502),
        said({"data": {"repository": {"pullRequest": {"headRefOid": HEAD}}}, "errors": [{"message": "half"}]}),
    ],
    ids=["graphql", "forbidden", "absent", "fault", "half"],
)
async def test_what_stands_is_the_same_by_graphql_and_by_rest(
    pull: OnePull, repo: Repository, graphql: Outgoing | None
) -> None:
    pull.graphql = graphql
    draft = pull.add_review(f"text\n{MARKER}\r\nmore", "PENDING")
    pull.add_review(BODY, "COMMENTED", author=FOREIGN)
    pull.add_review(f"> {MARKER}", "COMMENTED")
    said_id = pull.add_comment(BODY)
    pull.add_comment(BODY)
    pull.add_comment(BODY, author=FOREIGN)
    now = await standing(repo, BOT, 3)
    assert (now.head, now.is_open, now.is_past(HEAD), now.is_past("b" * 40)) == (HEAD, True, False, True)
    assert (now.draft(MARKER), now.review(MARKER), len(now.submitted)) == (draft, None, 1)
    found = now.comment(MARKER)
    assert found is not None
    assert (found.id, len(now.comments)) == (said_id, 2)
    assert graphql is not None or len(pull.log) == 1


async def test_a_limit_of_graphql_is_not_gone_around(pull: OnePull, repo: Repository) -> None:
    pull.graphql = said({"errors": [{"type": "RATE_LIMITED", "message": "limit"}]})
    with pytest.raises(TransientError):
        await standing(repo, BOT, 3)
    assert len(pull.log) == 1


async def test_a_full_list_is_paged_by_rest(pull: OnePull, repo: Repository) -> None:
    oldest = pull.add_comment(BODY)
    for _ in range(100):
        pull.add_comment("chatter", author=FOREIGN)
    assert await put_summary(repo, BOT, 3, SummaryPost(MARKER, BODY)) == oldest
    assert len(pull.comments) == 101


# ------------------------------------------------------------------------------------------------ comments


async def test_the_summary_is_written_once_and_edited_in_place(pull: OnePull, repo: Repository) -> None:
    pull.add_comment(BODY, author=FOREIGN)
    made = await put_summary(repo, BOT, 3, SummaryPost(MARKER, BODY))
    assert await put_summary(repo, BOT, 3, SummaryPost(MARKER, BODY + "\nnew"), made) == made
    assert await put_summary(repo, BOT, 3, SummaryPost(MARKER, BODY + "\nnewer")) == made
    assert [one["body"] for one in pull.comments.values()] == [BODY, BODY + "\nnewer"]


async def test_a_deleted_summary_is_written_anew(pull: OnePull, repo: Repository) -> None:
    made = await put_summary(repo, BOT, 3, SummaryPost(MARKER, BODY), 77)
    assert list(pull.comments) == [made]


@pytest.mark.parametrize("fault", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
async def test_a_lost_answer_never_doubles_a_comment(pull: OnePull, repo: Repository, at: int, fault: str) -> None:
    pull.lost = {at: fault}
    answer = AnswerPost("<!-- reviewer:answer 1 -->", "<!-- reviewer:answer 1 -->\nhere")
    try:
        await put_answer(repo, BOT, 3, answer)
    except TransientError:
        await put_answer(repo, BOT, 3, answer)
    assert len(pull.comments) == 1


async def test_two_answers_are_two_comments(pull: OnePull, repo: Repository) -> None:
    for number in (1, 2, 1):
        marker = f"<!-- reviewer:answer {number} -->"
        await put_answer(repo, BOT, 3, AnswerPost(marker, f"{marker}\nhere"))
    assert len(pull.comments) == 2


async def test_a_reaction_may_be_there_already(pull: OnePull, repo: Repository) -> None:
    await react(repo, 12)
    await react(repo, 12)
    assert pull.reactions == 2


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        (said({"permission": "admin"}), True),
        (said({"permission": "write", "role_name": "maintain"}), True),
        (said({"permission": "maintain"}), True),
        (said({"permission": "read", "role_name": "triage"}), False),
        (said({"permission": "none"}), False),
        (said({"message": "Not Found"}, 404), False),
    ],
)
async def test_only_write_access_commands(pull: OnePull, repo: Repository, answer: Outgoing, allowed: bool) -> None:
    pull.permissions["mallory"] = answer
    assert await may_command(repo, "mallory") is allowed


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (said({}, 502), TransientError),
        (said({}), TransientError),
        (said({"message": "no"}, 403), HttpRefusedError),
        (said({"message": "gone"}, 410), HttpRefusedError),
    ],
)
async def test_without_a_clear_answer_nobody_commands(
    pull: OnePull, repo: Repository, answer: Outgoing, kind: type[Exception]
) -> None:
    pull.permissions["mallory"] = answer
    with pytest.raises(kind):
        await may_command(repo, "mallory")


async def test_a_hostile_login_is_refused(pull: OnePull, repo: Repository) -> None:
    with pytest.raises(RefusedError):
        await may_command(repo, "../../x")
    assert pull.log == []


# ------------------------------------------------------------------------------------------------ check runs


def check(annotations: int, summary: str = "all") -> CheckPost:
    notes = (Annotation("a.ts", n + 1, n + 1, AnnotationLevel.WARNING, "t" * 300, "m") for n in range(annotations))
    return CheckPost(Conclusion.NEUTRAL, "Reviewed", summary, tuple(notes))


async def test_a_check_run_is_opened_once_for_an_external_id(pull: OnePull, repo: Repository) -> None:
    made = await open_check(repo, BOT, Wanted(HEAD, "reviewer / backend", "job-1"), NOTE)
    assert await open_check(repo, BOT, Wanted(HEAD, "reviewer / backend", "job-1"), NOTE) == made
    assert await open_check(repo, BOT, Wanted(HEAD, "reviewer / backend", "job-2"), NOTE) != made
    assert pull.runs[made]["status"] == "in_progress"
    assert pull.log[0].query == "check_name=reviewer+%2F+backend&filter=all&app_id=42&per_page=100&page=1"


async def test_another_apps_check_run_is_never_taken(pull: OnePull, repo: Repository) -> None:
    made = await open_check(repo, BOT, Wanted(HEAD, "reviewer / backend", "job-1"), NOTE)
    pull.runs[made]["app"] = {"id": 1}
    assert await open_check(repo, BOT, Wanted(HEAD, "reviewer / backend", "job-1"), NOTE) != made


@pytest.mark.parametrize(("annotations", "patches"), [(0, 1), (1, 1), (50, 1), (51, 2), (120, 3)])
async def test_the_conclusion_goes_with_the_last_lot(
    pull: OnePull, repo: Repository, annotations: int, patches: int
) -> None:
    run = await open_check(repo, BOT, Wanted(HEAD, "reviewer / backend", "job-1"), NOTE)
    await close_check(repo, run, check(annotations))
    bodies = [one.body for one in pull.log if one.method == "PATCH"]
    assert [b'"conclusion": "neutral"' in body for body in bodies] == [False] * (patches - 1) + [True]
    assert len(pull.runs[run]["annotations"]) == annotations
    assert {len(one["title"]) for one in pull.runs[run]["annotations"]} <= {255}


@pytest.mark.parametrize("fault", ["before", "after"])
@pytest.mark.parametrize("at", range(3, 7))
async def test_a_lost_answer_never_doubles_an_annotation(pull: OnePull, repo: Repository, at: int, fault: str) -> None:
    run = await open_check(repo, BOT, Wanted(HEAD, "reviewer / backend", "job-1"), NOTE)
    pull.lost = {at: fault}
    with pytest.raises(TransientError):
        await close_check(repo, run, check(120))
    await close_check(repo, run, check(120))
    assert [one["start_line"] for one in pull.runs[run]["annotations"]] == list(range(1, 121))
    assert pull.runs[run]["conclusion"] == "neutral"


async def test_a_long_summary_is_cut_in_bytes_on_a_character(pull: OnePull, repo: Repository) -> None:
    run = await open_check(repo, BOT, Wanted(HEAD, "reviewer / backend", "job-1"), NOTE)
    await close_check(repo, run, check(0, "é" * 40_000))
    assert pull.runs[run]["summary"] == "é" * 32_767


@pytest.mark.parametrize(
    ("text", "bytes_max", "cut"),
    [("", 3, ""), ("abc", 3, "abc"), ("aé", 2, "a"), ("😀", 3, ""), ("a\ud800b", 9, "a?b")],
)
def test_bytes_are_cut_between_characters(text: str, bytes_max: int, cut: str) -> None:
    assert cut_bytes(text, bytes_max) == cut
