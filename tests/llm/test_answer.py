"""What the model is believed: an answer of our schema, and findings whose quote is in the change."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.finding import Suggestion
from reviewer.core.review import Dropped
from reviewer.core.suggestion import apply
from reviewer.llm.answer import ANSWER_CHARS_MAX, FINDINGS_MAX, Answer, Said, UnusableAnswerError, believe, parse_answer
from tests.linters.changes import change, changed
from tests.llm.pieces import PATH, answer, believed, finding, small_change
from tests.standin.json_types import JsonObject

GOOD = json.dumps(answer(finding()))


# -------------------------------------------------------------------------------------------------------- parsing

DRESSED = {
    "bare": GOOD,
    "blanks": f"\n\t {GOOD} \n",
    "fenced": f"```json\n{GOOD}\n```",
    "prose with braces": f"Here is {{as you asked}} the review:\n{GOOD}\nAnything else? {{}}",
    "think block": f'<think>They want {{"findings": "some"}}.</think>{GOOD}',
    "think block without opening": f"Hmm {{}}</think>\n{GOOD}",
    "half a list": f"[{GOOD}, 1",
    "another object first": f'{{"verdict": "fine"}}\n{GOOD}',
    "think block's end in the code": f"```json\n{GOOD.replace('A missing', '</think> missing')}\n```",
}


@pytest.mark.parametrize("text", DRESSED.values(), ids=DRESSED)
def test_an_answer_is_found_in_what_models_put_around_it(text: str) -> None:
    assert [said.path for said in parse_answer(text).findings] == [PATH]


def test_a_draft_in_a_think_block_is_not_the_answer() -> None:
    draft = json.dumps(answer())
    assert len(parse_answer(f"<think>{draft}</think>\n{GOOD}").findings) == 1


UNFIT: list[tuple[str, str]] = [
    ("", "there is no JSON object in it"),
    ("I found nothing.", "there is no JSON object in it"),
    ("{", "there is no JSON object in it"),
    (GOOD[:-1], "summary: Field required"),
    ("\ud800", "there is no JSON object in it"),
    ("null", "the answer: Input should be an object"),
    ("{}", "summary: Field required"),
    ('{"summary": 1, "findings": [], "follow_up_questions": []}', "summary: Input should be a valid string"),
    (
        json.dumps(answer(finding(severity="fatal"))),
        "findings.0.severity: Input should be 'blocker', 'warning' or 'note'",
    ),
    (json.dumps(answer(finding(confidence="high"))), "findings.0.confidence: Input should be a valid number"),
    (
        json.dumps(answer({key: value for key, value in finding().items() if key != "quote"})),
        "findings.0.quote: Field required",
    ),
    (
        json.dumps({**answer(), "@lead approve": True}),
        "a key that is not in the schema: Extra inputs are not permitted",
    ),
    (json.dumps(answer(finding(**{"![x](http://evil.test)": 1}))), "findings.0.a key that is not in the schema: Extra"),
    ("x" * (ANSWER_CHARS_MAX + 1), "it is longer than 1000000 characters"),
]


@pytest.mark.parametrize(("text", "why"), UNFIT, ids=range(len(UNFIT)))
def test_an_unusable_answer_says_where_it_departs_and_quotes_nothing(text: str, why: str) -> None:
    with pytest.raises(UnusableAnswerError) as raised:
        parse_answer(text)
    assert str(raised.value).startswith(why)
    assert "evil" not in str(raised.value)
    assert "@lead" not in str(raised.value)


ANYTHING = st.text(st.characters(), max_size=300)
JSON_LIKE = st.lists(
    st.sampled_from(
        ['{"', '":', "{", "}", "[", "]", ",", '"', "\\", "\\ud800", "null", "1e999", "-", "<think>", "</think>"]
    ),
    max_size=120,
).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(list(Said.model_fields)) | ANYTHING, inner, max_size=4)
    ),
    max_leaves=12,
)
SHAPED = st.fixed_dictionaries({key: VALUES | st.just([finding()]) for key in Answer.model_fields}).map(json.dumps)


@given(ANYTHING | JSON_LIKE | SHAPED)
def test_no_text_raises_anything_but_unusable(text: str) -> None:
    try:
        parsed = parse_answer(text)
    except UnusableAnswerError as error:
        assert len(str(error)) < 400
    else:
        assert parse_answer(parsed.model_dump_json()) == parsed


HOSTILE = ["{", "[", '{"a":', '{"a":[', '{"', '{"a":"b",', "{}", '{"findings":[', "</think>{", "\\", '{"a":{}']


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("tail", ["", '"', "\ud800", GOOD])
def test_64_kb_of_hostile_text_ends(piece: str, tail: str) -> None:
    """It ends at all: each search is one pass over the text and there are at most 100 (time is in the benchmarks)."""
    text = piece * (65_536 // len(piece)) + tail
    try:
        parse_answer(text)
    except UnusableAnswerError as error:
        assert str(error)


# --------------------------------------------------------------------------------------------------------- quotes

WRITTEN = "    await this.orders.remove(order!);"
EVENT = "    this.events.emit('cancelled', id);"

QUOTES: dict[str, tuple[str, tuple[int, int] | None]] = {
    "exact": (WRITTEN, (8, 8)),
    "with line ends around": (f"\n{WRITTEN}\n\n", (8, 8)),
    "re-indented": (WRITTEN.strip(), (8, 8)),
    "with tabs": (WRITTEN.replace("    ", "\t"), (8, 8)),
    "CRLF": (f"{WRITTEN}\r\n{EVENT}\r\n", (8, 9)),
    "several lines": (f"{WRITTEN}\n{EVENT}", (8, 9)),
    "several lines, first one stripped": (f"{WRITTEN.strip()}\n{EVENT}", (8, 9)),
    "blank lines between": (f"{WRITTEN}\n\n{EVENT}", (8, 9)),
    "context and new lines": (f"    const order = await this.orders.findOneBy({{ id }});\n{WRITTEN}", (7, 8)),
    "part of a line": ("this.orders.remove(order!)", (8, 8)),
    "part of two lines": ("remove(order!);\nthis.events.emit(", (8, 9)),
    "part, but too short": ("order!", None),
    "number and sign copied": (f"8 + {WRITTEN}\n9 + {EVENT}", (8, 9)),
    "number and sign of a context line copied": (
        f"7       const order = await this.orders.findOneBy({{ id }});\n8 + {WRITTEN}",
        (7, 8),
    ),
    "sign copied": (f"+{WRITTEN}\n+ {EVENT}", (8, 9)),
    "only context": ("  async cancel(id: number): Promise<void> {", None),
    "removed lines": ("    if (order === null) {", None),
    "removed lines that stand elsewhere": ("    await this.orders.remove(order);", None),
    "lines that do not follow each other": (f"{EVENT}\n{WRITTEN}", None),
    "another file's": ("export const retries = 3;", None),
    "made up": ("    await this.orders.delete(order);", None),
    "other case": (WRITTEN.upper(), None),
    "nothing": ("", None),
    "blanks": (" \n\t\n", None),
    "sign only": ("+", None),
    "number only": ("8", None),
    "NUL": ("\x00", None),
    "NUL between hunks": ("}\n\x00", None),
    "surrogate": ("\ud800", None),
    "far too long": (f"{WRITTEN}\n" * 10_000, None),
}


@pytest.mark.parametrize(("quote", "lines"), QUOTES.values(), ids=QUOTES)
def test_a_finding_stands_where_its_quote_stands_or_nowhere(quote: str, lines: tuple[int, int] | None) -> None:
    said = Answer.model_validate(answer(finding(start_line=3))).findings[0].model_copy(update={"quote": quote})
    given = Answer.model_construct(summary="", findings=[said], follow_up_questions=[])
    result = believe(given, small_change(), (PATH,), "m")
    if lines is None:
        assert (result.findings, result.dropped) == ((), (Dropped("model_data", PATH, 3, "unanchored quote"),))
    else:
        assert [(f.span.first, f.span.last) for f in result.findings if f.span] == [lines]
        assert result.dropped == ()


def test_what_is_kept_as_quoted_is_the_files_own_text() -> None:
    quotes = [WRITTEN, WRITTEN.strip(), f"8 + {WRITTEN}", "this.orders.remove(order!)"]
    found = [believed(finding(quote=quote)).findings[0] for quote in quotes]
    assert {one.quoted for one in found} == {WRITTEN}
    assert len({one.fingerprint for one in found}) == 1


REPEATED = "".join("  this.save();\n" if n in (3, 20, 40) else f"  step({n});\n" for n in range(1, 50))


@pytest.mark.parametrize(("near", "line"), [(1, 3), (11, 3), (13, 20), (25, 20), (999, 40), (-5, 3), (10**30, 40)])
def test_of_several_places_the_nearest_is_meant(near: int, line: int) -> None:
    about = change(changed(PATH, None, REPEATED))
    result = believed(finding(quote="this.save();", start_line=near), about=about)
    assert [one.span and one.span.first for one in result.findings] == [line]


def test_whole_lines_go_before_parts_of_lines() -> None:
    about = change(changed(PATH, None, "return save(order);\nsave(order);\n"))
    result = believed(finding(quote="save(order);", start_line=1), about=about)
    assert [one.span and one.span.first for one in result.findings] == [2]


def test_a_line_with_a_number_at_its_head_is_found_as_it_is() -> None:
    about = change(changed(PATH, None, "total =\n  8 + price;\nprice;\n"))
    assert [f.span and f.span.first for f in believed(finding(quote="8 + price;"), about=about).findings] == [2]


def test_a_quote_does_not_go_across_two_hunks() -> None:
    base = "".join(f"line{n}();\n" for n in range(30))
    about = change(changed(PATH, base, base.replace("line2()", "two()").replace("line27()", "late()")))
    assert len(about.files[0].diff.hunks) == 2
    first = "two();\nline3();\nline4();\nline5();"
    assert believed(finding(quote=first), about=about).findings != ()
    assert believed(finding(quote=f"{first}\nline24();"), about=about).findings == ()


def test_a_quote_has_as_many_lines_as_a_suggestion_and_no_more() -> None:
    about = change(changed(PATH, None, FILE))
    lines = FILE.split("\n")
    assert believed(finding(quote="\n".join(lines[:60])), about=about).findings != ()
    assert believed(finding(quote="\n".join(lines[:61])), about=about).findings == ()


@pytest.mark.parametrize(("said", "kept"), [(-5, 1), (0, 1), (7, 7), (10**30, 1_000_000)])
def test_the_line_of_a_dropped_finding_is_one_that_can_be(said: int, kept: int) -> None:
    assert [one.start_line for one in believed(finding(quote="made up", start_line=said)).dropped] == [kept]


def test_the_line_after_removed_ones_can_be_quoted() -> None:
    about = change(changed(PATH, "check(id);\nremove(id);\nlog(id);\n", "remove(id);\nlog(id);\n"))
    assert [f.span and f.span.first for f in believed(finding(quote="remove(id);"), about=about).findings] == [1]
    assert believed(finding(quote="log(id);"), about=about).findings == ()


FILE = "".join(f"{'a' * (n % 7)}();\n" for n in range(200))


@given(st.integers(0, 199), st.integers(1, 60), st.text(" \t", max_size=9), st.integers(-10, 300))
def test_any_lines_of_a_new_file_are_found_again_as_they_are(at: int, count: int, indent: str, near: int) -> None:
    lines = FILE.split("\n")[:-1][at : at + count]
    quote = "\n".join(indent + line for line in lines)
    span = believed(finding(quote=quote, start_line=near), about=change(changed(PATH, None, FILE))).findings[0].span
    assert span is not None
    assert FILE.split("\n")[span.first - 1 : span.last] == lines


@given(ANYTHING, st.integers())
def test_no_quote_breaks_the_search(quote: str, near: int) -> None:
    result = believed(finding(quote=quote.encode("utf-8", "replace").decode(), start_line=near))
    assert len(result.findings) + len(result.dropped) == 1


def test_of_very_many_places_the_first_thousand_are_looked_at() -> None:
    about = change(changed(PATH, None, "a();\n" * 3_000))
    spans = [one.span for one in believed(finding(quote="a();", start_line=3_000), about=about).findings]
    assert [span and span.first for span in spans] == [1_000]


def test_a_hundred_quotes_with_a_hundred_thousand_places_end() -> None:
    about = change(changed(PATH, None, "a();\n" * 100_000))
    many = [finding(quote="a();\n" * 59 + "b();"), finding(quote="a();\n" * 60)] * 50
    result = believed(*many, about=about)
    assert (len(result.findings), len(result.dropped)) == (50, 50)


# ------------------------------------------------------------------------------------------------------- findings


def test_a_finding_says_what_the_model_said() -> None:
    (one,) = believed(finding()).findings
    assert (one.rule, one.concern, one.severity, one.origin) == (
        "model_data",
        Concern.DATA,
        Severity.BLOCKER,
        Origin.MODEL,
    )
    assert (one.title, one.confidence, one.path) == ("A missing order is removed", 0.9, PATH)
    assert one.message.startswith("For an unknown id")


def test_every_concern_and_severity_can_be_said() -> None:
    said = [finding(concern=concern.value, severity=severity.value) for concern in Concern for severity in Severity]
    assert [(one.concern, one.severity) for one in believed(*said).findings] == [
        (concern, severity) for concern in Concern for severity in Severity
    ]


@pytest.mark.parametrize(("said", "kept"), [(-3, 0.0), (0, 0.0), (0.75, 0.75), (1, 1.0), (95, 1.0), (1e300, 1.0)])
def test_confidence_is_brought_between_0_and_1(said: float, kept: float) -> None:
    assert [one.confidence for one in believed(finding(confidence=said)).findings] == [kept]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_confidence_that_is_no_number_is_unusable(number: str) -> None:
    with pytest.raises(UnusableAnswerError, match=r"findings\.0\.confidence|no JSON"):
        parse_answer(GOOD.replace("0.9", number))


def test_texts_are_cut_and_folded() -> None:
    (one,) = believed(finding(title="a\n b\t" + "c" * 500, message=" m" * 2_000)).findings
    assert (one.title[:6], len(one.title), len(one.message)) == ("a b cc", 120, 1_500)
    assert [one.title for one in believed(finding(title=" \n")).findings] == ["Finding without a title"]


@pytest.mark.parametrize(
    "path", ["src/none.ts", "../../etc/passwd", "", "src/new.ts", "logo.png", f"./{PATH}", "\ud800"]
)
def test_a_file_that_was_not_shown_is_dropped_without_its_name(path: str) -> None:
    result = believed(finding(path=path.encode("utf-8", "replace").decode()))
    assert (result.findings, result.dropped) == ((), (Dropped("model_data", "", 1, "no such file in the change"),))


def test_two_thousand_findings_are_all_counted() -> None:
    many: list[JsonObject] = [
        finding(),
        finding(quote="nowhere to be seen"),
        finding(path="x.ts"),
        finding(concern="lint"),
    ]
    result = believed(*many * 500)
    assert len(result.findings) == FINDINGS_MAX // 2
    assert Counter(one.reason for one in result.dropped) == {
        "over the cap": 2_000 - FINDINGS_MAX,
        "unanchored quote": FINDINGS_MAX // 4,
        "no such file in the change": FINDINGS_MAX // 4,
    }


def test_questions_are_few_short_and_one_line_each() -> None:
    asked = ("", " \n", "a\nb?", "q" * 1_000, "1", "2", "3", "4")
    parsed = Answer.model_validate(answer(questions=asked))
    assert believe(parsed, small_change(), (PATH,), "m").questions == ("a b?", "q" * 400, "1", "2", "3")


# ---------------------------------------------------------------------------------------------------- replacements

GUARD = "    if (order) await this.orders.remove(order);"
REPLACED: dict[str, tuple[str, str, str | None]] = {
    "as it stands": (WRITTEN, GUARD, GUARD),
    "line end too many": (WRITTEN, GUARD + "\n", GUARD),
    "two lines": (WRITTEN, f"{GUARD}\n    return;", f"{GUARD}\n    return;"),
    "both without indentation": (WRITTEN.strip(), f"{GUARD.strip()}\n  more();", f"{GUARD}\n      more();"),
    "blank lines are not indented": (WRITTEN.strip(), f"{GUARD.strip()}\n\nmore();", f"{GUARD}\n\n    more();"),
    "quote stripped, replacement not": (WRITTEN.strip(), f"{GUARD}\n    more();", f"{GUARD}\n    more();"),
    "first line stripped": (f"{WRITTEN.strip()}\n{EVENT}", f"{GUARD.strip()}\n{EVENT}", f"{GUARD}\n{EVENT}"),
    "indented in another way": (WRITTEN.replace("    ", "\t"), GUARD, None),
    "part of a line": ("this.orders.remove(order!)", "this.orders.softRemove(order)", None),
    "end of a line": ("this.orders.remove(order!);", "this.orders.softRemove(order);", None),
    "number and sign copied": (f"8 + {WRITTEN}", f"8 + {GUARD}", None),
    "deletion": (WRITTEN, "", ""),
}


@pytest.mark.parametrize(("quote", "replacement", "text"), REPLACED.values(), ids=REPLACED)
def test_a_replacement_stands_for_whole_lines_in_their_indentation(
    quote: str, replacement: str, text: str | None
) -> None:
    (one,) = believed(finding(quote=quote, replacement=replacement)).findings
    last = 8 + quote.count("\n")
    assert one.suggestion == (None if text is None else Suggestion(8, last, text))


def test_a_replacement_for_lines_that_lost_their_nesting_is_not_shown() -> None:
    about = change(changed(PATH, None, "  if (a) {\n    b();\n  }\n"))
    flat, nested = "if (a) {\nb();\n}", "if (a) {\n  b();\n}"
    said = [finding(quote=quote, replacement="if (c) {\n  d();\n}") for quote in (flat, nested)]
    assert [one.suggestion for one in believed(*said, about=about).findings] == [
        None,
        Suggestion(1, 3, "  if (c) {\n    d();\n  }"),
    ]


def test_a_replacement_applies_to_the_head_file() -> None:
    (one,) = believed(finding(quote=WRITTEN.strip(), replacement=GUARD.strip())).findings
    file = small_change().files[0]
    assert one.suggestion is not None
    assert file.head is not None
    assert apply(file, one.suggestion) == file.head.replace(WRITTEN, GUARD)
