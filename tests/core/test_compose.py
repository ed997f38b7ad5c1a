from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.core.anchor import Span
from reviewer.core.compose import RESOURCES_MAX, SAMPLES_MAX, STEPS_MAX, compose, mend_of
from reviewer.core.concern import Concern, Severity
from reviewer.core.coverage import Coverage, Entry, Gap, State
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.core.references import is_reference
from tests.rendering.sample import sample_plan

PLAN = sample_plan()
WHOLE = Coverage((Entry("a.ts", State.REVIEWED, None),))
A = Finding(
    rule="lint_debugger", concern=Concern.LINT, severity=Severity.WARNING, span=Span("a.ts", 3, 3),
    title="A debugger statement", message="The process stops here. Remove the statement.",
)  # fmt: skip
B = replace(A, rule="security_secret", severity=Severity.BLOCKER, span=Span("b.ts", 1, 2), title="A secret in code.")


def test_the_gravest_comes_first() -> None:
    made = compose((A, B), WHOLE, PLAN)
    assert made.summary == "1 blocker and 1 warning in 2 files. First to mend: a secret in code (`b.ts:1-2`)."
    assert made.steps == (
        "Blocker at `b.ts:1-2`: A secret in code. Remove the statement.",
        "Warning at `a.ts:3`: A debugger statement. Remove the statement.",
    )


def test_one_cause_is_one_step_with_its_places() -> None:
    alike = [replace(A, span=Span("a.ts", line, line)) for line in range(1, 7)]
    assert compose(alike, WHOLE, PLAN).steps == (
        "Warning at 6 places (`a.ts:1`, `a.ts:2`, `a.ts:3`, `a.ts:4` and 2 more): "
        "A debugger statement. Remove the statement.",
    )


def test_more_causes_than_a_person_keeps_in_mind_are_counted() -> None:
    many = [replace(A, rule=f"lint_r{number:02}") for number in range(STEPS_MAX + 3)]
    steps = compose(many, WHOLE, PLAN).steps
    assert len(steps) == STEPS_MAX + 1
    assert steps[-1] == "Then mend the remaining 3 causes, listed with the findings."


@pytest.mark.parametrize(
    ("coverage", "summary"),
    [
        (Coverage(()), "There was no file to review."),
        (WHOLE, "Nothing to report in the 1 file that was reviewed."),
        (
            Coverage((*WHOLE.entries, Entry("x.bin", State.NOT_REVIEWED, "binary"))),
            "Nothing to report in the 1 file that was reviewed. 1 of 2 files was not reviewed: `x.bin`.",
        ),
        (
            Coverage((Entry("x.bin", State.NOT_REVIEWED, "binary"),), (Gap("model", "no answer"),)),
            "Nothing was reviewed. 1 of 1 file was not reviewed: `x.bin`. The review has a gap (model): no answer.",
        ),
    ],
)
def test_nothing_found_says_where_and_what_was_not_looked_at(coverage: Coverage, summary: str) -> None:
    made = compose((), coverage, PLAN)
    assert made.summary == summary
    assert (made.steps, made.code_samples, made.follow_up_questions, made.resources) == ((), {}, (), ())


@pytest.mark.parametrize(
    ("message", "mend"),
    [
        ("It breaks. Mend it.", "Mend it."),
        ("It breaks, e.g. here. `await` it.", "`await` it."),
        ("It breaks `a. B`. Use `x. Y` or z.", "Use `x. Y` or z."),
        ("What goes wrong.\n\nHow to mend it.", "How to mend it."),
        ("Only one sentence", "Only one sentence"),
        ("See:\n\n```ts\nx. Y\n```", "See:"),
        ("", ""),
    ],
)
def test_the_mend_is_a_message_s_last_sentence(message: str, mend: str) -> None:
    assert mend_of(message) == mend


def test_code_samples_are_the_suggestions_that_fit_on_a_screen() -> None:
    long = Suggestion(1, 1, "x\n" * 99)
    found = [replace(A, span=Span("a.ts", at, at), suggestion=Suggestion(at, at, "  f();")) for at in range(1, 6)]
    samples = compose((replace(B, suggestion=long), *found), WHOLE, PLAN).code_samples
    assert list(samples) == ["backend"]
    assert samples["backend"].count("// a.ts, line") == SAMPLES_MAX
    assert samples["backend"].startswith("```ts\n// a.ts, line 1\nf();\n\n// a.ts, line 2\n")


def test_a_question_is_asked_once_with_its_places() -> None:
    asked = [replace(A, span=Span("a.ts", line, line), question="Is it meant?") for line in (1, 2)]
    assert compose(asked, WHOLE, PLAN).follow_up_questions == ("Is it meant? (`a.ts:1` and `a.ts:2`)",)


def test_resources_are_each_page_of_the_list_once_the_gravest_first() -> None:
    one, two = Reference("One", "https://docs.nestjs.com/one"), Reference("Two", "https://docs.nestjs.com/two")
    strange = Reference("Strange", "https://evil.example/")
    made = compose((replace(A, references=(one, strange)), replace(B, references=(two, one))), WHOLE, PLAN)
    assert [(page.title, page.url) for page in made.resources] == [("Two", two.url), ("One", one.url)]
    assert len(made.resources) <= RESOURCES_MAX


def test_a_path_with_backticks_stays_one_piece_of_code() -> None:
    odd = replace(A, span=Span("a`b.ts", 1, 1))
    assert "``a`b.ts:1``" in compose((odd,), WHOLE, PLAN).summary


@pytest.mark.parametrize(
    "url", ["http://docs.nestjs.com/", "https://docs.nestjs.com@evil.example/", "https://docs.nestjs.com/)"]
)
def test_a_page_that_is_not_of_the_list_is_no_reference(url: str) -> None:
    assert not is_reference(url)
