from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.core.anchor import Span, place
from reviewer.core.change import Change
from reviewer.core.concern import Concern, Origin, Severity, Side
from reviewer.core.coverage import Coverage, Entry, Gap, State
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.core.job import Button
from reviewer.core.notice import Notice, Untold
from reviewer.core.publication import CHECK_BYTES_MAX, COMMENT_CHARS_MAX, AnnotationLevel, Conclusion
from reviewer.core.response import Resource, Response
from reviewer.core.review import Candidates, Dropped, Placed, Review, Where, assemble
from reviewer.core.team import NO_TEAM, load_team
from reviewer.rendering.check_run import TITLE_CHARS_MAX, Skip, completed, failed, skipped
from reviewer.rendering.comment import comment
from reviewer.rendering.details import BLOCKERS, END, QUESTIONS, part
from reviewer.rendering.markdown import is_command
from reviewer.rendering.publication import publish_plan
from reviewer.rendering.remembered import earlier
from reviewer.rendering.summary import CHARS_MAX, summary
from tests.rendering.golden import pages
from tests.rendering.hostile import HOSTILE
from tests.rendering.remembering import later_review
from tests.rendering.rendered import OUR_TAGS, Rendered
from tests.rendering.sample import (
    FIRST,
    LATER,
    SERVICE,
    changed,
    clean_review,
    sample_change,
    sample_plan,
    sample_review,
)

PAGES = pages()
PATHS = st.sampled_from((SERVICE, "a`b\n@mallory.ts", "../x", "[a](http://e.x).ts", "<img>.ts", "a|b.ts", "\u202e.ts"))


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """A finding whose every text is a stranger's."""
    first = draw(st.integers(1, 30))
    text = draw(HOSTILE)
    return Finding(
        rule=draw(HOSTILE | st.just("lint_x")),
        concern=draw(st.sampled_from(Concern)),
        severity=draw(st.sampled_from(Severity)),
        span=draw(st.none() | st.builds(Span, PATHS, st.just(first), st.just(first), st.sampled_from(Side))),
        title=draw(HOSTILE),
        message=text,
        origin=draw(st.sampled_from(Origin)),
        quoted=text,
        suggestion=draw(st.none() | st.builds(Suggestion, st.just(first), st.just(first), HOSTILE)),
        references=(Reference(draw(HOSTILE), draw(HOSTILE | st.just("https://docs.nestjs.com/x"))),),
        persona_rule=draw(HOSTILE),
        question=draw(st.none() | HOSTILE),
    )


@st.composite
def reviews(draw: st.DrawFn) -> Review:
    """A review of the sample's change in which a model and a pull request wrote every text."""
    change = sample_change()
    gap = Gap(draw(HOSTILE), draw(HOSTILE))
    entries = (Entry(SERVICE, State.REVIEWED, None), Entry(draw(PATHS), State.NOT_REVIEWED, draw(HOSTILE)))
    plan = replace(sample_plan(), notes=(draw(HOSTILE),), model=draw(HOSTILE))
    made = assemble(change, Candidates(tuple(draw(st.lists(findings(), max_size=4)))), Coverage(entries, (gap,)), plan)
    said = draw(st.none() | st.builds(_response, HOSTILE, HOSTILE))
    return replace(made, response=said or made.response, dropped=(Dropped("r", "p", 1, draw(HOSTILE)),))


def _response(text: str, other: str) -> Response:
    return Response(
        summary=text,
        steps=(other, text),
        code_samples={other: text},
        follow_up_questions=(text,),
        resources=(Resource(title=text, url=other), Resource(title=other, url="https://evil.example/")),
    )


HANDLES = st.sampled_from(("damilare", "ada-backend", "nora-security", "mallory", "Mona"))


@given(reviews(), st.frozensets(HANDLES), st.frozensets(HANDLES), st.lists(HANDLES, max_size=6))
@settings(max_examples=60)
def test_the_summary_calls_nobody_but_those_whom_the_notice_names(
    review: Review, live: frozenset[str], requested: frozenset[str], told: list[str]
) -> None:
    untold = tuple(Untold(handle, "`@mallory` <b>@mallory</b>") for handle in told)
    body = summary(review, notice=Notice(tuple(live), tuple(requested), tuple(told), untold), handle="bot")
    seen = Rendered(body)
    body.encode()
    assert set(seen.tags) <= OUR_TAGS
    told_line = [f" reviewer:told {' '.join(told)} "] if told else []
    findings = {f" reviewer:finding {one.finding.fingerprint} " for one in review.placed if one.where is Where.SUMMARY}
    assert (seen.foreign, seen.references) == ([], [])
    hidden = [one for one in seen.comments if one not in findings]
    assert hidden == [*told_line, " reviewer:summary "]
    assert set(seen.mentions) <= live & {"damilare", "ada-backend", "nora-security"}
    assert len(set(seen.mentions)) == len(seen.mentions)
    assert not {"suggestion", "mermaid"} & set(seen.infos)
    assert not any(map(is_command, body.split("\n")))
    assert body.split("\n").count("<!-- reviewer:summary -->") == 1


@given(reviews())
@settings(max_examples=60)
def test_a_comment_on_a_line_calls_nobody_and_offers_only_its_own_suggestion(review: Review) -> None:
    posted = publish_plan(review, notice=FIRST, handle="bot").review
    for one in posted.comments if posted else ():
        seen = Rendered(one.body)
        assert set(seen.tags) <= OUR_TAGS
        assert (seen.foreign, seen.acted_on) == ([], [])
        assert seen.comments == [f" reviewer:finding {one.fingerprint} "]
        assert seen.infos.count("suggestion") <= 1
        assert not any(map(is_command, one.body.split("\n")))


@given(reviews())
@settings(max_examples=40)
def test_the_check_run_calls_nobody_and_fits(review: Review) -> None:
    post = completed(review)
    seen = Rendered(post.summary)
    assert (seen.foreign, seen.acted_on, seen.comments) == ([], [], [])
    assert len(post.summary.encode()) <= CHECK_BYTES_MAX
    assert 0 < len(post.title) <= TITLE_CHARS_MAX
    assert all(0 < len(note.title) <= TITLE_CHARS_MAX for note in post.annotations)


@given(reviews(), st.sampled_from((None, Severity.WARNING)))
@settings(max_examples=40)
def test_the_details_call_nobody_fit_and_fall_into_the_parts_we_made(review: Review, gate: Severity | None) -> None:
    text = completed(replace(review, plan=replace(review.plan, gate=gate)), PAGES).text
    seen = Rendered(text)
    assert set(seen.tags) <= OUR_TAGS
    assert (seen.foreign, seen.acted_on, seen.mentions) == ([], [], [])
    assert seen.comments == [" reviewer:blockers ", " reviewer:questions ", " reviewer:end "]
    assert len(text.encode()) <= CHECK_BYTES_MAX
    halves = (part(text, BLOCKERS), part(text, QUESTIONS))
    assert text == "\n\n".join((BLOCKERS, halves[0], QUESTIONS, halves[1], END))


@pytest.mark.parametrize(
    ("gate", "severity", "origin", "said"),
    [
        (None, Severity.BLOCKER, Origin.CODE, "### The blockers"),
        (Severity.BLOCKER, Severity.BLOCKER, Origin.CODE, "### What fails the check"),
        (Severity.BLOCKER, Severity.BLOCKER, Origin.MODEL, "### The blockers"),
        (Severity.WARNING, Severity.WARNING, Origin.BOTH, "### What fails the check"),
        (Severity.BLOCKER, Severity.WARNING, Origin.CODE, "No finding fails the check, and none is a blocker."),
    ],
)
def test_what_fails_the_check_is_explained_else_the_blockers(
    gate: Severity | None, severity: Severity, origin: Origin, said: str
) -> None:
    one = replace(sample_review().findings[0], severity=severity, origin=origin)
    plan = replace(sample_plan(), gate=gate)
    review = assemble(sample_change(), Candidates((one,)), clean_review().coverage, plan)
    assert said in part(completed(review, PAGES).text, BLOCKERS)
    assert completed(review).title.startswith("1 finding fails the gate · ") is (said == "### What fails the check")


def test_nothing_to_explain_in_a_review_with_gaps_is_no_all_clear() -> None:
    text = part(completed(replace(sample_review(), placed=())).text, BLOCKERS)
    assert "But not everything was reviewed" in text


def test_a_rule_s_page_is_shown_once_and_a_fold_is_never_left_open() -> None:
    one = sample_review().findings[0]
    many_of_it = tuple(
        replace(one, span=Span(SERVICE, 17, 17), title=f"fault {at}", message="@a `x` " * 300) for at in range(60)
    )
    text = completed(
        replace(sample_review(), placed=tuple(Placed(x, Where.SUMMARY, None) for x in many_of_it)), PAGES
    ).text
    assert (text.count("<details>"), text.count("</details>")) == (1, 1)
    assert "is explained above." in text
    assert "more, in the annotations and the summary." in text
    assert len(text.encode()) <= CHECK_BYTES_MAX


def many(number: int, length: int) -> Review:
    """A review with so many findings, each with texts of that length."""
    made = tuple(
        Finding(
            f"lint_r{at}", Concern.LINT, Severity.WARNING, Span(SERVICE, 17, 17), "`x` " * length, "@a [b](c) " * length
        )
        for at in range(number)
    )
    unread = tuple(Entry(f"src/{at}/{'d' * 200}.ts", State.NOT_REVIEWED, "binary " * 40) for at in range(number))
    coverage = Coverage(unread, (Gap("model", "late " * length),))
    return assemble(sample_change(), Candidates(made), coverage, sample_plan())


@pytest.mark.parametrize(("number", "length"), [(1, 20_000), (40, 400), (900, 5)])
def test_every_text_fits_however_much_there_is_to_say(number: int, length: int) -> None:
    review = many(number, length)
    planned = publish_plan(review, notice=FIRST, handle="bot")
    assert planned.summary is not None
    assert planned.review is not None
    assert len(planned.summary.body) <= CHARS_MAX
    assert planned.summary.body.endswith("\n<!-- reviewer:summary -->")
    assert len(planned.check.summary.encode()) <= CHECK_BYTES_MAX
    assert all(len(one.body) <= COMMENT_CHARS_MAX for one in planned.review.comments)
    assert len(planned.check.annotations) == number


def test_what_is_left_out_of_the_summary_is_counted() -> None:
    body = summary(many(900, 5))
    assert "more in the check run" in body
    assert "900 of 900 files were not reviewed" in body


def test_few_unreviewed_files_are_not_folded_away() -> None:
    assert "<details><summary>1 of" not in summary(sample_review())


def test_the_first_summary_tags_the_lead_and_each_owner_once_and_later_ones_nobody() -> None:
    first = Rendered(summary(sample_review(), notice=FIRST, handle="bot"))
    later = Rendered(summary(sample_review(), notice=LATER, handle="bot"))
    assert first.mentions == ["damilare", "ada-backend", "nora-security"]
    assert later.mentions == []
    assert "Damilare (Team Lead / Architect)" in later.text


def test_a_review_without_a_team_tags_nobody_and_says_so() -> None:
    alone = replace(sample_review(), plan=replace(sample_plan(), team=NO_TEAM))
    seen = Rendered(summary(alone, notice=FIRST))
    assert seen.mentions == []
    assert "nobody is tagged" in seen.text


def test_one_person_with_two_roles_is_asked_once() -> None:
    team = load_team(
        "members:\n  - {role: Team Lead / Backend Lead, areas: [], name: Damilare, handle: damilare}\n", "team.yml"
    )
    review = replace(sample_review(), plan=replace(sample_plan(), team=team))
    assert Rendered(summary(review, notice=FIRST)).mentions == ["damilare"]


def test_nothing_inline_means_no_review() -> None:
    assert publish_plan(clean_review(), notice=FIRST, handle="bot").review is None


def test_the_review_is_marked_with_its_head_and_each_comment_with_its_finding() -> None:
    posted = publish_plan(sample_review(), notice=FIRST, handle="bot").review
    assert posted is not None
    assert posted.marker == "<!-- reviewer:review 3f2a91c7d05be4418c6a2f9e7b1d0853a64cf9e2 -->"
    assert posted.body.split("\n")[-1] == posted.marker
    assert [one.body.split("\n")[-1] for one in posted.comments] == [
        f"<!-- reviewer:finding {one.fingerprint} -->" for one in posted.comments
    ]


def suggested(first: int, last: int, text: str = "x;") -> str:
    """The comment on line 17 of a suggestion for some lines."""
    change: Change = sample_change()
    file = change.file(SERVICE)
    anchor = place(file.diff, Span(SERVICE, 17, 17)) if file else None
    assert anchor is not None
    finding = replace(sample_review().findings[0], span=Span(SERVICE, 17, 17), suggestion=Suggestion(first, last, text))
    return comment(finding, anchor, "backend")


def test_a_suggestion_for_exactly_the_anchored_lines_can_be_committed() -> None:
    assert "```suggestion\nx;\n```" in suggested(17, 17)


@pytest.mark.parametrize(("first", "last"), [(17, 18), (16, 17), (18, 18)])
def test_a_suggestion_for_other_lines_is_only_shown(first: int, last: int) -> None:
    assert "suggestion" not in suggested(first, last)
    assert "would read:\n\n```ts\nx;\n```" in suggested(first, last)


def test_a_suggestion_beside_a_removed_line_is_only_shown() -> None:
    """GitHub refuses to apply one there, and the numbers are those of another file."""
    diff = changed("a.ts", "one\ntwo\n", "one\n2\n").diff
    span = Span("a.ts", 2, 2, Side.LEFT)
    anchor = place(diff, span)
    assert anchor is not None
    finding = replace(sample_review().findings[0], span=span, suggestion=Suggestion(2, 2, "x;"))
    assert "```suggestion" not in comment(finding, anchor, "backend")


def test_a_suggestion_that_deletes_is_an_empty_block() -> None:
    assert "```suggestion\n```" in suggested(17, 17, "")


def test_a_suggestion_that_hides_something_is_shown_and_not_offered() -> None:
    body = suggested(17, 17, "a\u202eb")
    assert "```suggestion" not in body
    assert "a<U+202E>b" in body


def test_a_finding_on_a_removed_line_of_a_file_that_is_gone_has_no_annotation() -> None:
    review = sample_review()
    removed = replace(review.findings[0], span=Span(SERVICE, 3, 3, Side.LEFT))
    only = replace(review, placed=(Placed(removed, Where.SUMMARY, None),))
    assert completed(only).annotations == ()


def test_a_finding_on_removed_lines_is_annotated_beside_them() -> None:
    review = sample_review()
    removed = replace(review.findings[0], span=Span(SERVICE, 3, 4, Side.LEFT))
    (note,) = completed(replace(review, placed=(Placed(removed, Where.SUMMARY, None, 2),))).annotations
    assert (note.start_line, note.end_line) == (2, 2)
    assert "about lines that are removed here" in note.message


def test_severities_become_levels() -> None:
    levels = {note.title.split(" ", 1)[0]: note.level for note in completed(sample_review()).annotations}
    assert levels == {
        "Blocker": AnnotationLevel.FAILURE,
        "Warning": AnnotationLevel.WARNING,
        "Note": AnnotationLevel.NOTICE,
    }


@pytest.mark.parametrize("post", [*(skipped(skip, "bot") for skip in Skip), failed("x" * 999, "bot")])
def test_what_was_not_reviewed_is_never_a_success(post: object) -> None:
    assert getattr(post, "conclusion", None) is Conclusion.NEUTRAL
    assert "ot reviewed" in str(getattr(post, "title", ""))


@given(HOSTILE)
def test_an_error_s_text_calls_nobody(reason: str) -> None:
    seen = Rendered(failed(reason, "bot").summary)
    assert (seen.foreign, seen.acted_on, seen.comments) == ([], [], [])


def test_the_buttons_fit_what_github_takes() -> None:
    buttons = completed(sample_review()).actions
    assert [one.identifier for one in buttons] == list(Button)
    for one in buttons:
        assert (len(one.label) <= 20, len(one.description) <= 40, len(one.identifier) <= 20) == (True, True, True)


def test_lists_of_earlier_findings_are_left_out_by_whole_lines_and_counted() -> None:
    review = later_review()
    many = replace(review.recalled, gone=review.recalled.gone * 60, dismissed=review.recalled.dismissed * 60)
    told = earlier(replace(review, recalled=many))
    assert len(told) < 6_000
    assert told.count("- … and ") == 3
    assert told.endswith("more.\n\n</details>")
