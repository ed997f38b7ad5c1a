"""The passes over real HTTP: rounds, second questions, ceilings, what is kept and what is paid."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import pytest

from reviewer.core.budget import Budget, Ceiling, Price, Scope, Spent
from reviewer.core.change import Change
from reviewer.core.errors import RefusedError, TransientError
from reviewer.core.verification import Verification
from reviewer.core.wanted import ROUNDS_MAX, Want
from reviewer.llm.answer import JUDGED_BEFORE
from reviewer.llm.pace import Pace
from reviewer.metrics import Metrics
from reviewer.workflow.buying import Resolve
from reviewer.workflow.passes import VERIFIED_MAX, Passes
from tests.linters.changes import change, changed
from tests.llm.pieces import PATH, answer, finding
from tests.standin import model_faults
from tests.standin.model import ModelRequest, ModelStandIn, Said, Scripted, verdicts
from tests.workflow.passing import Case, Shelf


@pytest.fixture
def model() -> Iterator[ModelStandIn]:
    with ModelStandIn() as standing:
        yield standing


# --------------------------------------------------------------------------------------------- second questions


async def test_a_confirmed_finding_is_published_and_says_so(model: ModelStandIn) -> None:
    model.say(answer(finding()))
    told = await Case(model).told()
    assert [(one.title, one.verification) for one in told.findings] == [
        ("A missing order is removed", Verification.CONFIRMED)
    ]
    assert (told.dropped, told.gaps, len(model.examinations), len(model.checks)) == ((), (), 1, 1)


async def test_a_refuted_finding_is_dropped_with_its_reason(model: ModelStandIn) -> None:
    model.say(answer(finding()))
    model.judge = lambda request, _: verdicts(request, "refuted")
    told = await Case(model).told()
    assert told.findings == ()
    (dropped,) = told.dropped
    assert (dropped.reason, dropped.because, dropped.path) == ("not confirmed", "Line 1 decides.", PATH)


async def test_an_undecided_finding_becomes_a_question_and_claims_nothing(model: ModelStandIn) -> None:
    model.say(answer(finding(), questions=("Who may cancel?",)))
    model.judge = lambda request, _: verdicts(request, "undecided", "Is the order known to exist here?")
    told = await Case(model).told()
    assert (told.findings, [one.reason for one in told.dropped]) == ((), ["undecided, asked instead"])
    general, hanging = told.questions
    assert (general.text, general.finding) == ("Who may cancel?", "")
    assert (hanging.text, hanging.places) == ("Is the order known to exist here?", (f"{PATH}:8",))
    assert len(hanging.finding) == 16


async def test_an_undecided_finding_without_a_question_is_asked_about_all_the_same(model: ModelStandIn) -> None:
    model.say(answer(finding()))
    model.judge = lambda request, _: verdicts(request, "undecided")
    (only,) = (await Case(model).told()).questions
    assert only.text == "Is “A missing order is removed” what happens here, and is it meant?"


BROKEN: dict[str, Scripted] = {
    "refusal": model_faults.refusal(),
    "html": model_faults.html(),
    "500": model_faults.failed(500),
    "wrong shape": answer(),
    "empty": model_faults.no_content(),
    "no verdict": {"verdicts": []},
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_verification_that_fails_leaves_findings_that_say_so_and_a_gap(model: ModelStandIn, name: str) -> None:
    model.say(answer(finding()))
    model.judge = lambda _, __: BROKEN[name]
    told = await Case(model).told()
    assert [one.verification for one in told.findings] == [Verification.UNVERIFIED]
    (gap,) = told.gaps
    assert gap.part == "verification"
    assert gap.reason.startswith("1 finding of the model could not be verified: ")


async def test_what_nobody_would_be_shown_is_not_worth_a_second_question(model: ModelStandIn) -> None:
    model.say(answer(finding(confidence=0.2)))
    told = await Case(model).told()
    assert (len(told.findings), model.checks) == (1, [])


async def test_no_more_are_verified_than_are_worth_it_and_the_others_say_so(model: ModelStandIn) -> None:
    text = "".join(f"export const value{n} = make({n});\n" for n in range(300))
    about = change(*(changed(f"src/f{at}.ts", "", text) for at in range(4)))
    model.script = lambda request, _: answer(
        *(
            finding(path=f"src/f{at}.ts", quote=f"export const value{n} = make({n});", title=f"T{at} {n}")
            for at in range(4)
            for n in range(50)
            if f"src/f{at}.ts" in request.said_by("user")
        )
    )
    told = await Case(model, about, prompt_tokens_max=8_000).told()
    verified = [one.verification for one in told.findings]
    assert verified.count(Verification.CONFIRMED) == VERIFIED_MAX
    assert 0 < verified.count(Verification.UNVERIFIED) == len(verified) - VERIFIED_MAX
    assert f"only the {VERIFIED_MAX} gravest are put to it" in told.gaps[0].reason


# --------------------------------------------------------------------------------------------------------- wants


def resolver(found: str, asked: list[Sequence[Want]]) -> Resolve:
    async def resolve(wants: Sequence[Want]) -> str:
        asked.append(tuple(wants))
        return found

    return resolve


def wanting(*wants: str, findings: tuple[Mapping[str, object], ...] = ()) -> dict[str, object]:
    return {**answer(*map(dict, findings)), "wants": [{"path": "", "symbol": want} for want in wants]}


async def test_the_model_is_shown_what_it_wants_of_the_same_commit_and_answers_again(model: ModelStandIn) -> None:
    asked: list[Sequence[Want]] = []
    model.say(wanting("OrdersModule", findings=(finding(title="Hasty"),)), answer(finding(title="Considered")))
    told = await Case(model, resolve=resolver("module text\n", asked)).told()
    first, second = model.examinations
    assert asked[0] == (Want(symbol="OrdersModule"),)
    assert second.said_by("user").startswith(first.said_by("user"))
    assert "\nmodule text\nEND " in second.said_by("user")
    assert [one.title for one in told.findings] == ["Considered"]


async def test_wants_are_bounded_in_rounds_and_never_shown_twice(model: ModelStandIn) -> None:
    asked: list[Sequence[Want]] = []
    model.script = lambda _, __: wanting("A", f"B{len(asked)}", "", "  ")
    await Case(model, resolve=resolver("text", asked)).told()
    assert (asked, len(model.examinations)) == ([(Want("", "A"), Want("", "B0")), (Want("", "B1"),)], ROUNDS_MAX + 1)


@pytest.mark.parametrize("found", ["", "text"])
async def test_a_model_that_wants_the_same_for_ever_is_asked_no_more(model: ModelStandIn, found: str) -> None:
    asked: list[Sequence[Want]] = []
    model.script = lambda _, __: wanting("A")
    told = await Case(model, resolve=resolver(found, asked)).told()
    assert (len(asked), len(model.examinations), told.gaps) == (1, 2 if found else 1, ())


async def test_an_answer_stands_when_the_next_round_fails_and_the_gap_is_named(model: ModelStandIn) -> None:
    model.say(wanting("A", findings=(finding(),)), model_faults.refusal())
    told = await Case(model, resolve=resolver("text", [])).told()
    assert len(told.findings) == 1
    assert "it asked to see more, and then: the model refused to answer" in told.gaps[0].reason


# ------------------------------------------------------------------------------------------------------ ceilings


async def test_the_operator_s_counters_hear_every_call_failed_ones_too_and_every_refusal(model: ModelStandIn) -> None:
    metrics, prices = Metrics(), {"m": Price(1.0, 5.0)}
    model.say(answer(finding()))
    told = await Case(model, budget=Budget(prices=prices), meter=metrics).told()
    model.say(model_faults.failed(500))
    await Case(model, budget=Budget(prices=prices), meter=metrics).told()
    await Case(model, budget=Budget((Ceiling(Scope.REVIEW, 1),)), meter=metrics).told()
    usage, counted = told.usage, metrics.registry.get_sample_value
    assert counted("reviewer_model_calls_total") == usage.model_calls + 1
    assert counted("reviewer_model_tokens_total", {"kind": "prompt"}) == usage.prompt_tokens
    assert counted("reviewer_model_tokens_total", {"kind": "completion"}) == usage.completion_tokens
    assert counted("reviewer_model_cost_total") == pytest.approx(usage.micros / 1_000_000)
    assert counted("reviewer_model_refused_total") == 1


def long_change(files: int, hunks: int = 1) -> Change:
    """Files with so many hunks each."""
    gap = "".join(f"const kept{n} = {n};\n" for n in range(10))
    base = "".join(f"let old{n} = 0;\n{gap}" for n in range(hunks))
    head = "".join(f"let new{n} = {n};\n{gap}" for n in range(hunks))
    return change(*(changed(f"src/f{n}.ts", base, head) for n in range(files)))


async def test_more_parts_than_the_cap_are_not_asked_about_and_their_files_are_named(model: ModelStandIn) -> None:
    model.script = lambda _, __: answer()
    case = Case(model, long_change(40, 4), Budget(batches_max=2), prompt_tokens_max=2_500)
    told = await case.told()
    (gap,) = told.gaps
    assert len(model.examinations) == 2
    assert "more than 2 parts of a change are not put to it (REVIEWER_MODEL_BATCHES_MAX)" in gap.reason
    assert "`src/f39.ts`" in gap.reason or "more" in gap.reason


async def test_at_the_ceiling_no_call_is_made_and_what_was_not_judged_is_named(model: ModelStandIn) -> None:
    model.script = lambda _, __: answer()
    first = await Case(model, budget=Budget((Ceiling(Scope.REVIEW, 100),))).told()
    assert (len(model.requests), first.usage.model_calls) == (0, 0)
    assert [gap.reason for gap in first.gaps] == ["the ceiling of 100 tokens for one review is reached"]
    case = Case(model, long_change(40, 4), Budget((Ceiling(Scope.REVIEW, 9_000),)), prompt_tokens_max=2_500)
    second = await case.told()
    assert 1 <= len(model.requests) < 20
    assert second.gaps[0].reason.startswith("the ceiling of 9,000 tokens for one review is reached; it has not judged ")
    assert case.pad.spent.tokens <= 9_000


async def test_what_is_spent_is_what_the_server_says_in_tokens_and_in_money(model: ModelStandIn) -> None:
    model.say(answer(finding()))
    case = Case(model, budget=Budget(prices={"m": Price(1.0, 2.0)}))
    told = await case.told()
    usage = told.usage
    assert case.pad.spent.tokens == usage.prompt_tokens + usage.completion_tokens > 0
    assert case.pad.spent.micros == usage.micros == usage.prompt_tokens + 2 * usage.completion_tokens


async def test_calls_that_fail_are_counted_too(model: ModelStandIn) -> None:
    model.say(model_faults.wrong_shape(), model_faults.wrong_shape())
    case = Case(model)
    told = await case.told()
    assert told.usage.model_calls == 2
    assert told.usage.prompt_tokens > 0
    assert case.pad.spent.tokens == told.usage.prompt_tokens + told.usage.completion_tokens


async def test_a_call_whose_cost_nobody_tells_is_charged_by_our_own_count(model: ModelStandIn) -> None:
    model.say(Said("cut", choices=[]))
    broken = model_faults.endless()
    model.judge = lambda _, __: broken
    model.say(answer(finding()))
    case = Case(model, models=("away", "m"))
    told = await case.told()
    assert case.pad.spent.tokens > told.usage.prompt_tokens + told.usage.completion_tokens


async def test_an_error_of_the_server_costs_nothing(model: ModelStandIn) -> None:
    model.say(model_faults.failed(500), model_faults.rate_limited("20"))
    case = Case(model)
    await case.told()
    assert case.pad.spent == Spent()


async def test_an_answer_is_not_bought_twice(model: ModelStandIn) -> None:
    model.say(answer(finding()))
    case = Case(model)
    assert await case.told() == await case.told()
    assert len(model.requests) == 2


# ------------------------------------------------------------------------------------------------------ the pace


async def test_the_pace_waits_for_its_turn_and_tells_a_long_wait_as_a_rate_limit() -> None:
    now, waits = [0.0], list[float]()

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    pace = Pace(60_000, lambda: now[0], wait)
    await pace.turn(60_000)
    await pace.turn(10_000)
    await pace.turn(20_000)
    assert waits == [10.0, 20.0]
    pace = Pace(1_000, lambda: now[0], wait)
    await pace.turn(500_000)  # larger than a minute's worth: it goes with a full bucket
    with pytest.raises(TransientError) as raised:
        await pace.turn(10)
    assert raised.value.retry_after_s is not None
    assert raised.value.retry_after_s > 60


# ------------------------------------------------------------------------------------------- verdicts of earlier


def shown(request: ModelRequest) -> int:
    """Hunks that a request shows: each changes one line."""
    return sum(line.startswith("+let new") for line in request.said_by("user").split("\n"))


def edited(about: Change, path: str, before: str, after: str) -> Change:
    files = [
        changed(file.path, file.base, (file.head or "").replace(before, after)) if file.path == path else file
        for file in about.files
    ]
    return change(*files)


async def test_a_push_that_changes_one_hunk_of_thirty_sends_about_that_hunk(model: ModelStandIn) -> None:
    model.script = lambda _, __: answer()
    shelf, about = Shelf(), long_change(3, 10)
    await Case(model, about, shelf=shelf).told()
    assert [shown(one) for one in model.requests] == [30]
    await Case(model, edited(about, "src/f1.ts", "new4 = 4", "new4 = 44"), shelf=shelf).told()
    assert [shown(one) for one in model.requests] == [30, 1]


async def test_a_head_that_was_judged_costs_nothing_and_says_the_same(model: ModelStandIn) -> None:
    model.say(answer(finding(), finding(quote="this.events.emit('cancelled', id);", title="T"), questions=("Why?",)))
    model.judge = lambda request, _: {
        "verdicts": [
            {"id": "c1", "reason": "a", "verdict": "confirmed", "question": None},
            {"id": "c2", "reason": "b", "verdict": "undecided", "question": "Is it heard?"},
        ]
    }
    shelf = Shelf()
    first = await Case(model, shelf=shelf).told()
    second = await Case(model, shelf=shelf).told()
    assert len(model.requests) == 2
    assert second.usage.model_calls == 0
    assert (second.findings, set(second.questions), second.gaps) == (first.findings, set(first.questions), ())


async def test_a_hunk_that_moved_keeps_its_verdict_on_its_new_lines(model: ModelStandIn) -> None:
    about = long_change(1, 3)
    model.say(answer(finding(path="src/f0.ts", quote="let new2 = 2;")))
    shelf = Shelf()
    (before,) = (await Case(model, about, shelf=shelf).told()).findings
    moved = edited(about, "src/f0.ts", "let new0 = 0;", "let new0 = 0;\nlet new9 = 9;")
    model.say(answer())
    (after,) = (await Case(model, moved, shelf=shelf).told()).findings
    assert before.span is not None
    assert after.span is not None
    assert (after.fingerprint, after.span.first) == (before.fingerprint, before.span.first + 1)


async def test_a_push_cannot_raise_a_new_finding_in_a_hunk_that_was_judged(model: ModelStandIn) -> None:
    about, shelf = long_change(1, 3), Shelf()
    model.say(answer())
    await Case(model, about, shelf=shelf).told()
    model.say(answer(finding(path="src/f0.ts", quote="let new2 = 2;", title="Late")))
    told = await Case(model, edited(about, "src/f0.ts", "new0 = 0", "new0 = 7"), shelf=shelf).told()
    assert (told.findings, [one.reason for one in told.dropped]) == ((), [JUDGED_BEFORE])


async def test_a_part_whose_findings_were_not_verified_is_asked_about_again(model: ModelStandIn) -> None:
    shelf = Shelf()
    model.say(answer(finding()))
    model.judge = lambda _, __: model_faults.refusal()
    await Case(model, shelf=shelf).told()
    model.say(answer())
    await Case(model, shelf=shelf).told()
    first, second = model.examinations
    assert PATH in first.said_by("user")
    assert PATH in second.said_by("user")


async def test_an_unanswered_batch_leaves_no_verdict(model: ModelStandIn) -> None:
    shelf = Shelf()
    model.say(model_faults.refusal())
    await Case(model, shelf=shelf).told()
    assert shelf.texts == {}


@pytest.mark.parametrize("fault", [model_faults.refusal(), model_faults.failed(500)])
async def test_an_answer_whose_next_round_failed_is_no_verdict_for_the_next_push(
    model: ModelStandIn, fault: Scripted
) -> None:
    shelf, resolve = Shelf(), resolver("text", [])
    model.say(wanting("A"), fault, answer(finding()))
    first = await Case(model, shelf=shelf, resolve=resolve).told()
    second = await Case(model, shelf=shelf, resolve=resolve).told()
    assert (len(first.gaps), first.findings) == (1, ())
    assert (len(model.examinations), second.gaps) == (3, ())
    assert len(second.findings) == 1


def whole_file(lines: int, end: str = "") -> Change:
    """A new file, which is one hunk."""
    return change(changed("src/large.ts", "", "".join(f"export const new{n} = {n};\n" for n in range(lines)) + end))


async def test_a_hunk_that_fills_several_batches_is_judged_once_all_of_them_are_answered(model: ModelStandIn) -> None:
    shelf, about = Shelf(), whole_file(2_000)
    case = partial(Case, model, about, shelf=shelf, prompt_tokens_max=6_000)
    model.script = lambda _, __: answer()
    first = await case().told()
    batches = len(model.examinations)
    assert (batches > 2, first.gaps) == (True, ())
    assert (await case().told()).usage.model_calls == 0
    assert len(model.examinations) == batches


@pytest.mark.parametrize("name", ["unanswered", "over the limit of parts", "a line too long"])
async def test_a_hunk_of_which_a_piece_was_not_judged_is_asked_about_again(model: ModelStandIn, name: str) -> None:
    shelf = Shelf()
    about = whole_file(2_000, "x" * 40_000 + "\n" if name == "a line too long" else "")
    most = 2 if name == "over the limit of parts" else 30
    case = partial(Case, model, about, shelf=shelf, prompt_tokens_max=6_000, budget=Budget(batches_max=most))
    if name == "unanswered":
        model.say(answer(), model_faults.refusal())
    model.script = lambda _, __: answer()
    first = await case().told()
    asked = len(model.examinations)
    second = await case().told()
    assert (len(first.gaps), shelf.texts == {}) == (1, name != "unanswered")
    assert (len(model.examinations), second.gaps) == (2 * asked, first.gaps if name != "unanswered" else ())


async def test_another_model_or_another_reader_of_the_code_judges_anew(model: ModelStandIn) -> None:
    model.script = lambda _, __: answer()
    shelf = Shelf()
    await Case(model, shelf=shelf).told()
    await Case(model, shelf=shelf, models=("other",)).told()
    assert len(model.examinations) == 2


async def test_a_verdict_of_another_version_is_none(model: ModelStandIn) -> None:
    model.script = lambda _, __: answer()
    shelf = Shelf()
    await Case(model, shelf=shelf).told()
    shelf.texts = dict.fromkeys(shelf.texts, json.dumps({"findings": []}))
    await Case(model, shelf=shelf).told()
    assert len(model.examinations) == 2


async def test_the_time_for_a_review_ends_its_questions(model: ModelStandIn) -> None:
    case = Case(model)
    async with case.passes() as passes:
        late = replace(passes._around, deadline=0.0)
        with pytest.raises(RefusedError, match="the time for one review was over"):
            await Passes(passes._subject, passes._means, late).examine(0)
    assert model.requests == []
