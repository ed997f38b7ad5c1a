"""What the service pays for: ceilings that hold over reviews and restarts, and hunks that are not paid for twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.standin.model import verdicts
from tests.workflow.changes import CLEAN, SERVICE
from tests.workflow.model_words import finding, said
from tests.workflow.nursery import Nursery
from tests.workflow.stage import model_of, stage

EXTRA = "src/extra.ts"
TWO = {**CLEAN, EXTRA: "export const retries = 3;\n"}
CLAIM = finding(SERVICE, "WHERE name = $1", "Searches by name")


async def test_a_push_asks_about_what_it_changed_and_keeps_the_rest_also_after_a_restart(
    nursery: Nursery, tmp_path: Path
) -> None:
    with stage(nursery, tmp_path, model=True, environment={"REVIEWER_DEBOUNCE_SECONDS": "0"}) as play:
        model = model_of(play)
        model.say(said(CLAIM), said())
        pull = play.pull(TWO)
        await play.review(pull)
        assert (len(model.examinations), len(model.checks)) == (1, 1)
        play.service.stop()
        play.service.start()
        play.github.push(pull, {**TWO, EXTRA: "export const retries = 4;\n"})
        play.send(pull, "synchronize")
        await play.reviewed(pull)
        again = model.examinations[-1].said_by("user")
        assert (len(model.examinations), len(model.checks)) == (2, 1)
        assert f'FILE "{EXTRA}"' in again
        assert f'FILE "{SERVICE}"' not in again
        assert "Searches by name" in play.summary(pull)


async def test_what_is_left_undecided_is_asked_under_an_id_and_claims_nothing(nursery: Nursery, tmp_path: Path) -> None:
    with stage(nursery, tmp_path, model=True) as play:
        model = model_of(play)
        model.say(said(CLAIM))
        model.judge = lambda request, _: verdicts(request, "undecided", "May names repeat?")
        pull = play.pull(CLEAN)
        page = await play.review(pull)
        assert page.comments == ()
        assert "` May names repeat? (" in play.summary(pull)
        assert "1 undecided, asked instead" in play.summary(pull)


CEILINGS = {
    "review": ({"REVIEWER_REVIEW_TOKENS_MAX": "100"}, "the ceiling of 100 tokens for one review is reached"),
    "money": (
        {"REVIEWER_REVIEW_COST_MAX": "0.0001", "REVIEWER_MODEL_PRICES": "standin=5/25"},
        "the ceiling of 0.0001 in money for one review is reached",
    ),
}


@pytest.mark.parametrize("name", CEILINGS)
async def test_at_a_ceiling_the_rules_review_alone_and_the_check_and_the_summary_say_so(
    nursery: Nursery, tmp_path: Path, name: str
) -> None:
    environment, words = CEILINGS[name]
    with stage(nursery, tmp_path, model=True, environment=environment) as play:
        pull = play.pull(CLEAN)
        await play.review(pull)
        assert model_of(play).requests == []
        (check,) = play.github.check_runs(pull)
        assert (check.conclusion, words in str(check.summary)) == ("neutral", True)
        assert words in play.summary(pull)


async def test_a_pull_request_s_day_is_counted_over_its_reviews_and_restarts(nursery: Nursery, tmp_path: Path) -> None:
    environment = {"REVIEWER_PULL_DAY_TOKENS_MAX": "9000", "REVIEWER_DEBOUNCE_SECONDS": "0"}
    with stage(nursery, tmp_path, model=True, environment=environment) as play:
        model = model_of(play)
        pull = play.pull(CLEAN)
        await play.review(pull)
        asked = 1
        assert len(model.requests) == asked
        for number in range(8):
            play.service.stop()
            play.service.start()
            play.github.push(pull, {**CLEAN, EXTRA: f"export const retries = {number};\n"})
            play.send(pull, "synchronize")
            await play.reviewed(pull)
            if len(model.requests) == asked:
                break
            asked += 1
        assert 1 < asked < 8
        assert "tokens for one pull request and day is reached" in play.summary(pull)
        other = play.pull(CLEAN)
        await play.review(other)
        assert "is reached" not in play.summary(other)


async def test_a_file_larger_than_a_question_is_reviewed_and_paid_once(nursery: Nursery, tmp_path: Path) -> None:
    environment = {"REVIEWER_MODEL_PROMPT_TOKENS_MAX": "6000", "REVIEWER_DEBOUNCE_SECONDS": "0"}
    large = "".join(f"export const retries{number} = {number};\n" for number in range(2_000))
    with stage(nursery, tmp_path, model=True, environment=environment) as play:
        model = model_of(play)
        model.script = lambda _, __: said()
        pull = play.pull({**CLEAN, EXTRA: large})
        await play.review(pull)
        asked = len(model.requests)
        (check,) = play.github.check_runs(pull)
        assert (asked > 2, check.conclusion, "Not reviewed" in play.summary(pull)) == (True, "success", False)
        play.github.push(pull, {**CLEAN, EXTRA: large, "src/one.ts": "export const one = 1;\n"})
        play.send(pull, "synchronize")
        await play.reviewed(pull)
        assert len(model.requests) == asked + 1
