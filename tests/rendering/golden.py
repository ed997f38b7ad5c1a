"""Every text of the sample review, whole. `python -m tests.rendering.golden` writes them anew; read the difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from reviewer.core.automatic import Automatic
from reviewer.core.command import Command
from reviewer.core.job import Button
from reviewer.core.notice import Notice, Untold
from reviewer.core.publication import AnswerPost, CheckPost
from reviewer.core.review import displaced
from reviewer.rendering import answer, automatic, check_run, explained, pressed
from reviewer.rendering.details import BLOCKERS, NO_PAGES, QUESTIONS, details, part
from reviewer.rendering.json_review import review_json
from reviewer.rendering.page import page
from reviewer.rendering.publication import publish_plan
from reviewer.rendering.sarif import sarif
from reviewer.rendering.summary import summary
from reviewer.rendering.terminal import COLOUR, terminal
from reviewer.rules import all_rules
from tests.rendering.remembering import remembered_texts
from tests.rendering.sample import BASE, FIRST, HEAD, LATER, blind_review, clean_review, sample_change, sample_review

UNTOLD = Notice(
    untold=(
        Untold("damilare", "GitHub does not say whether they belong to octo"),
        Untold("nora-security", "GitHub knows nobody of that name with access to this repository"),
    )
)
REQUESTED = Notice(
    live=("damilare",),
    requested=("ada-backend",),
    told=("damilare", "ada-backend"),
    untold=(
        Untold(
            "nora-security", "GitHub refused to ask for a review: Reviews may only be requested from collaborators."
        ),
    ),
)

FOLDER = Path(__file__).resolve().parent.parent / "golden"


def pages() -> Mapping[str, str]:
    """The pages of the rules."""
    return {rule.slug: rule.page for rule in all_rules()}


def texts() -> Mapping[str, Callable[[], str]]:
    """The name of each golden file and how its text is made."""
    return {
        "summary.md": lambda: summary(sample_review(), notice=FIRST, handle="bot"),
        "summary_later.md": lambda: summary(sample_review(), notice=LATER, handle="bot"),
        "summary_untold.md": lambda: summary(
            replace(sample_review(), author="ada-backend"), notice=UNTOLD, handle="bot"
        ),
        "summary_requested.md": lambda: summary(sample_review(), notice=REQUESTED, handle="bot"),
        "summary_displaced.md": _displaced,
        "summary_clean.md": lambda: summary(clean_review(), notice=FIRST, handle="bot"),
        "summary_blind.md": lambda: summary(blind_review(), notice=FIRST, handle="bot"),
        "summary_local.md": lambda: summary(replace(sample_review(), number=None, head="WORKTREE")),
        "remembered.md": remembered_texts,
        "inline.md": _inline,
        "check_run.md": lambda: _check(check_run.completed(sample_review(), pages())),
        "check_run_others.md": _other_checks,
        "answers.md": _answers,
        "review.json": lambda: review_json(sample_review()),
        "review.sarif": lambda: sarif(sample_review()),
        "review_blind.sarif": lambda: sarif(blind_review()),
        "terminal.txt": lambda: terminal(sample_review(), sample_change()),
        "terminal_colour.txt": lambda: terminal(blind_review(), sample_change(), COLOUR),
        "page.html": lambda: page(sample_review(), sample_change()),
    }


def _displaced() -> str:
    review = sample_review()
    return summary(displaced(review, frozenset({review.findings[0].fingerprint})), notice=LATER, handle="bot")


def _inline() -> str:
    posted = publish_plan(sample_review(), notice=FIRST, handle="bot").review
    if posted is None:
        raise AssertionError("the sample has comments")
    parts = [f"COMMIT {HEAD}\n\n{posted.body}"]
    parts += [f"{one.path} {one.side} {one.start_line or ''}-{one.line}\n\n{one.body}" for one in posted.comments]
    return "\n\n==========\n\n".join(parts) + "\n"


def _check(post: CheckPost) -> str:
    notes = [
        f"{one.path}:{one.start_line}-{one.end_line} {one.level}\n{one.title}\n{one.message}"
        for one in post.annotations
    ]
    buttons = [f"[{one.label}] {one.description} ({one.identifier})" for one in post.actions]
    parts = (f"{post.conclusion}: {post.title}\n\n{post.summary}", post.text, *notes, "\n".join(buttons))
    return "\n\n==========\n\n".join(part for part in parts if part) + "\n"


def _other_checks() -> str:
    notes = (check_run.queued(HEAD), check_run.reading(HEAD), check_run.asking(HEAD, 1), check_run.asking(HEAD, 3))
    posts = (
        check_run.skipped(check_run.Skip.DRAFT, "bot"),
        check_run.skipped(check_run.Skip.BOT, "bot"),
        check_run.paused("bot"),
        check_run.ignored("bot"),
        check_run.superseded(HEAD, BASE, f"https://github.com/octo/shop/commit/{BASE}/checks"),
        check_run.superseded(HEAD, "", None),
        check_run.superseded(HEAD, HEAD, f"https://github.com/octo/shop/commit/{HEAD}/checks"),
        check_run.closed(),
        check_run.failed("GitHub refused to list the files: Resource not accessible by integration", "bot"),
        check_run.completed(clean_review()),
        check_run.completed(blind_review()),
    )
    said = (f"{note.status}: {note.title}\n\n{note.summary}\n" for note in notes)
    return "\n".join((*said, *map(_check, posts)))


def _answers() -> str:
    review = sample_review()
    made: tuple[AnswerPost, ...] = (
        answer.done("101", review, 5001),
        answer.done("102", clean_review()),
        answer.nothing_new("103", review, 5001),
        answer.usage("104", "bot"),
        answer.unknown("105", "@bot deploy", "bot"),
        answer.not_permitted("106", "mallory"),
        answer.skipped("107", "the pull request is closed"),
        answer.failed("108", "the model's server refused the key", "bot"),
    )
    made += _commanded()
    lead = review.plan.team.lead
    if lead is None:
        raise AssertionError("the sample's team has a lead")
    said, page = details(review, NO_PAGES), "https://github.com/octo/shop/pull/7#issuecomment-5002"
    made += (
        pressed.explained(201, HEAD, part(said, BLOCKERS)),
        pressed.asked_lead("check-201-a1", lead, "mona", "3 blockers · 4 of 5 files reviewed", part(said, QUESTIONS)),
        pressed.asked_already(201, page),
        pressed.nobody_to_ask(201, "the Team Lead is who opened this pull request"),
        pressed.nothing_kept(201, Button.EXPLAIN, "bot"),
        pressed.not_done("check-201-a1", "GitHub did not answer in time"),
    )
    return "\n\n==========\n\n".join(one.body for one in made) + "\n"


def _commanded() -> tuple[AnswerPost, ...]:
    review, on, paused, ignored = sample_review(), Automatic.ON, Automatic.PAUSED, Automatic.IGNORED
    found, first = review.findings[0], {rule.slug: rule.page for rule in all_rules()}
    quoted = ("    return this.db.query(`SELECT * FROM orders WHERE status = '${status}'`);",)
    page = "https://github.com/octo/shop/pull/7#discussion_r5003"
    return (
        explained.explained("109", review, found, quoted, first[found.rule]),
        explained.not_seen("110", found.fingerprint, HEAD, page),
        explained.not_seen("111", found.fingerprint, "", None),
        answer.not_named("112", Command.DISMISS, "bot"),
        answer.names_nothing("113", "abcdef"),
        answer.names_several("114", "abcdef", [f"abcdef{number:010}" for number in range(7)]),
        answer.no_answers("115", "No model is configured", "bot"),
        answer.rewritten("116", review, 5001),
        answer.failed("117", "the model's server refused the key", "bot", Command.EXPLAIN),
        automatic.switched("118", on, paused, "bot"),
        automatic.switched("119", paused, paused, "bot"),
        automatic.switched("120", paused, on, "bot"),
        automatic.switched("121", on, on, "bot"),
        automatic.switched("122", on, ignored, "bot"),
        automatic.switched("123", ignored, on, "bot"),
        automatic.switched_elsewhere("line-124", "https://github.com/octo/shop/pull/7#issuecomment-5004"),
        answer.acted("125", "Dismissed `4f5461d1`: it is not shown again."),
    )


def main() -> None:
    """Write every golden file anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in texts().items():
        (FOLDER / name).write_text(make(), encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
