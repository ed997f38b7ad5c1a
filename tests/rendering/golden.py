"""Every text of the sample review, whole. `python -m tests.rendering.golden` writes them anew; read the difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from reviewer.core.command import Unknown
from reviewer.core.publication import AnswerPost, CheckPost
from reviewer.core.review import displaced
from reviewer.rendering import answer, check_run
from reviewer.rendering.json_review import review_json
from reviewer.rendering.page import page
from reviewer.rendering.publication import publish_plan
from reviewer.rendering.sarif import sarif
from reviewer.rendering.summary import summary
from reviewer.rendering.terminal import COLOUR, terminal
from tests.rendering.sample import HEAD, blind_review, clean_review, sample_change, sample_review

FOLDER = Path(__file__).resolve().parent.parent / "golden"


def texts() -> Mapping[str, Callable[[], str]]:
    """The name of each golden file and how its text is made."""
    return {
        "summary.md": lambda: summary(sample_review(), tag_lead=True, handle="bot"),
        "summary_later.md": lambda: summary(sample_review(), tag_lead=False, handle="bot"),
        "summary_displaced.md": _displaced,
        "summary_clean.md": lambda: summary(clean_review(), tag_lead=True, handle="bot"),
        "summary_blind.md": lambda: summary(blind_review(), tag_lead=True, handle="bot"),
        "summary_local.md": lambda: summary(replace(sample_review(), number=None, head="WORKTREE"), tag_lead=False),
        "inline.md": _inline,
        "check_run.md": lambda: _check(check_run.completed(sample_review())),
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
    return summary(displaced(review, frozenset({review.findings[0].fingerprint})), tag_lead=False, handle="bot")


def _inline() -> str:
    posted = publish_plan(sample_review(), tag_lead=True, handle="bot").review
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
    return "\n\n==========\n\n".join((f"{post.conclusion}: {post.title}\n\n{post.summary}", *notes)) + "\n"


def _other_checks() -> str:
    begun = check_run.in_progress(HEAD)
    posts = (
        check_run.skipped(check_run.Skip.DRAFT, "bot"),
        check_run.skipped(check_run.Skip.BOT, "bot"),
        check_run.superseded(HEAD),
        check_run.closed(),
        check_run.failed("GitHub refused to list the files: Resource not accessible by integration", "bot"),
        check_run.completed(clean_review()),
        check_run.completed(blind_review()),
    )
    return "\n".join((f"{begun.title}\n\n{begun.summary}\n", *map(_check, posts)))


def _answers() -> str:
    review = sample_review()
    made: tuple[AnswerPost, ...] = (
        answer.done("101", review, 5001),
        answer.done("102", clean_review()),
        answer.nothing_new("103", review, 5001),
        answer.usage("104", "bot"),
        answer.unknown("105", Unknown("@bot deploy"), "bot"),
        answer.not_permitted("106", "mallory"),
        answer.skipped("107", "the pull request is closed"),
        answer.failed("108", "the model's server refused the key", "bot"),
    )
    return "\n\n==========\n\n".join(one.body for one in made) + "\n"


def main() -> None:
    """Write every golden file anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in texts().items():
        (FOLDER / name).write_text(make(), encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
