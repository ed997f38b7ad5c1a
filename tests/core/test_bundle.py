"""A bundle holds a review whole, within its bound and without secrets; what is none is told apart in a sentence."""

from __future__ import annotations

import gzip
import json
import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from reviewer.core.anchor import Span
from reviewer.core.bundle import (
    BYTES_MAX,
    FORMAT,
    READ_BYTES_MAX,
    Bundle,
    Circumstances,
    Event,
    LeftOut,
    Published,
    UnreadableBundleError,
    decode,
    encode,
)
from reviewer.core.bundle_change import RecordedChange
from reviewer.core.bundle_seal import SEAL, sealed
from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.concern import Concern, Origin, Severity, Side
from reviewer.core.coverage import Coverage, Gap, take_stock
from reviewer.core.diff import parse_patch
from reviewer.core.errors import UserError
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.core.notice import SILENT, Notice
from reviewer.core.plan import Limits, Plan
from reviewer.core.question import Question
from reviewer.core.redaction import PLACEHOLDER, Redactor
from reviewer.core.review import Candidates, Dropped, Usage
from reviewer.core.untrusted import Untrusted
from reviewer.operator_plan import operator_plan
from reviewer.rendering.as_posted import rebuild
from reviewer.rendering.replayed import unequal
from reviewer.settings import load
from reviewer.workflow.recorded import Recorded, pages, recorded_inputs
from reviewer.workflow.records import Weighed

PLAN = operator_plan(load({}))
PATH = "src/orders.ts"
PATCH = """\
@@ -1,3 +1,4 @@
 import a
-const b = 1;
+const b = 2;
+const c = 3;
 export {}
@@ -20,2 +21,2 @@
-old
+new
 end
"""


def change() -> Change:
    return Change("octo/shop", 3, "b" * 40, "a" * 40, (ChangedFile(PATH, FileStatus.MODIFIED, parse_patch(PATCH)),))


def finding(line: int = 2, **changes: object) -> Finding:
    made = Finding("data_lost_update", Concern.DATA, Severity.WARNING, Span(PATH, line, line), "A title", "It fails.")
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def recorded(
    found: Candidates, how: Circumstances | None = None, texts: dict[str, str] | None = None, plan: Plan = PLAN
) -> Recorded:
    """What a service would have collected, with the publication that it would have posted."""
    read = change()
    inputs = recorded_inputs(read, plan, Weighed(found, take_stock(read, {}, ()), ()))
    circumstances = how or Circumstances("bot", notice=Notice(live=("damilare",), told=("damilare",)), requests=11)
    posted = rebuild(inputs, circumstances, pages()).published
    return Recorded(Event("automatic", 7, 8, "guid", "", "7/8#3@a"), inputs, circumstances, posted, texts or {})


def untouched(text: str) -> str:
    return text


def bundle(texts: dict[str, str] | None = None, *findings: Finding) -> Bundle:
    return recorded(Candidates(findings or (finding(),)), texts=texts).bundle(untouched, "review-2")


# ------------------------------------------------------------------------------------------- what comes back

LINES = some.integers(min_value=1, max_value=30)
TEXTS = some.text(some.characters(exclude_categories=()), max_size=60)
FINDINGS = some.builds(
    Finding,
    rule=some.sampled_from(["data_lost_update", "security_sql_from_strings", "model_data", "lint_no_empty"]),
    concern=some.sampled_from(Concern),
    severity=some.sampled_from(Severity),
    span=some.none()
    | some.builds(
        lambda path, first, more, side: Span(path, first, first + more, side),
        some.sampled_from([PATH, "src/other.ts"]),
        LINES,
        some.integers(min_value=0, max_value=3),
        some.sampled_from(Side),
    ),
    title=TEXTS,
    message=TEXTS,
    confidence=some.floats(min_value=0, max_value=1),
    origin=some.sampled_from(Origin),
    symbol=TEXTS,
    quoted=TEXTS,
    suggestion=some.none() | some.builds(Suggestion, LINES, LINES, TEXTS),
    references=some.just(()) | some.just((Reference("A page", "https://nestjs.com/"),)),
    question=some.none() | TEXTS,
)
FOUND = some.builds(
    Candidates,
    findings=some.lists(FINDINGS, max_size=6).map(tuple),
    dropped=some.lists(some.builds(Dropped, TEXTS, TEXTS, LINES, TEXTS), max_size=2).map(tuple),
    questions=some.lists(some.builds(Question, TEXTS, TEXTS), max_size=2).map(tuple),
    usage=some.builds(Usage, LINES, LINES, LINES, seconds=some.just((("rules", 0.1), ("model", 1e-9)))),
)
PLANS = some.builds(
    lambda gate, comments, model: replace(
        PLAN, gate=gate, limits=Limits(comments_max=comments), model=model, rules_only=None if model else "No model"
    ),
    some.none() | some.sampled_from(Severity),
    some.integers(min_value=0, max_value=3),
    some.none() | some.just("a-model"),
)
HOW = some.builds(
    Circumstances,
    handle=some.just("bot"),
    notice=some.just(SILENT) | some.just(Notice(live=("damilare",), told=("damilare",))),
    unsaid=some.just("") | some.just("the conversation is locked"),
    requests=LINES,
    annotated=some.booleans(),
)


@given(FOUND, PLANS, HOW, some.sets(LINES, max_size=2))
def test_any_review_is_rebuilt_byte_for_byte_from_its_file(
    found: Candidates, plan: Plan, how: Circumstances, refused: set[int]
) -> None:
    lost = tuple(one.fingerprint for number, one in enumerate(found.findings, 1) if number in refused)
    made = recorded(found, replace(how, displaced=lost), plan=plan)
    kept = decode(encode(made.bundle(untouched, "review-2")))
    assert kept.inputs is not None
    rebuilt = rebuild(kept.inputs, kept.how, pages())
    assert unequal(kept, rebuilt) == ()
    assert (rebuilt.published, rebuilt.document) == (kept.published, kept.review)
    if is_whole(repr(made)):
        assert kept.published == made.published


def is_whole(text: str) -> bool:
    """Whether it holds no half of a character, which neither a request nor a file can hold."""
    return "\\ud" not in text


def test_of_a_change_the_hunks_are_kept_and_nothing_else_of_its_texts() -> None:
    read = change()
    whole = replace(
        read,
        files=(replace(read.files[0], head="import a\nCANARY\n", base="CANARY"),),
        title=Untrusted("CANARY"),
        body=Untrusted("CANARY"),
        tree=frozenset((PATH, "src/asked.ts", "src/CANARY.ts")),
        neighbours={"src/other.ts": "CANARY"},
    )
    again = RecordedChange.of(whole, ["src/asked.ts", "src/not-there.ts"]).change()
    assert again.files[0].diff == read.files[0].diff
    assert again.tree == {PATH, "src/asked.ts"}
    assert "CANARY" not in repr(again) + again.title.reveal() + again.body.reveal()


PATCHES = some.lists(
    some.lists(some.tuples(some.sampled_from("+- "), some.text("ab \r", max_size=4)), min_size=1, max_size=5),
    max_size=3,
)


@given(PATCHES)
def test_any_hunks_come_back_as_they_were(hunks: list[list[tuple[str, str]]]) -> None:
    patch, old, new = "", 1, 1
    for hunk in hunks:
        olds, news = (sum(sign in signs for sign, _ in hunk) for signs in ("- ", "+ "))
        patch += f"@@ -{old if olds else old - 1},{olds} +{new if news else new - 1},{news} @@\n"
        patch += "".join(f"{sign}{text}\n" for sign, text in hunk)
        old, new = old + olds + 3, new + news + 3
    diff = parse_patch(patch)
    read = replace(change(), files=(ChangedFile(PATH, FileStatus.MODIFIED, diff),))
    assert RecordedChange.of(read).change().files[0].diff == diff


def test_equal_bundles_are_equal_files() -> None:
    one = bundle()
    assert encode(one) == encode(decode(encode(one)))


def test_a_difference_is_shown_where_it_is() -> None:
    one = bundle()
    assert one.inputs is not None
    rebuilt = rebuild(one.inputs, one.how, pages())
    assert unequal(one, rebuilt) == ()
    assert one.published.summary is not None
    body = one.published.summary.body.replace("A title", "Another title")
    other = replace(one.published, summary=replace(one.published.summary, body=body))
    (shown,) = unequal(one.model_copy(update={"published": other}), rebuilt)
    assert shown.startswith("the summary\n  line ")
    assert "- " in shown
    assert "Another title" in shown


# --------------------------------------------------------------------------------------------------- secrets

SECRETS = some.text(string.ascii_letters + string.digits + "-_=+/\"'\\é\n", min_size=12, max_size=60).filter(
    lambda text: len(text.strip()) >= 12 and not any(part.startswith("-----") for part in text.split("\n"))
)


@given(SECRETS, FOUND, some.integers(min_value=0, max_value=6))
def test_no_secret_is_ever_in_a_bundle(secret: str, found: Candidates, where: int) -> None:
    secret = f"K3y{secret.strip()}"
    said = f"before {secret} after"
    leaky = finding(title=said, message=said, quoted=said, suggestion=Suggestion(2, 2, said))
    found = replace(found, findings=(*found.findings[:where], leaky), questions=(Question(said),))
    made = recorded(found, texts={"prompt answer 0": said, "answer 0": json.dumps({"text": said}, ensure_ascii=False)})
    kept = made.bundle(Redactor([secret]), "review-2")
    text = gzip.decompress(encode(kept)).decode()
    for written in (secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3]):
        assert written not in text
    assert PLACEHOLDER in text
    assert kept.redacted > 0
    assert kept.inputs is not None
    assert unequal(kept, rebuild(kept.inputs, kept.how, pages())) == ()


@pytest.mark.parametrize(
    "token",
    ["ghs_" + "a1B2" * 9, "github_pat_" + "a1B2" * 9, "sk-" + "a1B2" * 9, "eyJhbGciOiJ9.eyJpc3MiOiJ9.c2lnbmF0dXJl"],
)
def test_what_looks_like_a_token_is_taken_out_of_what_the_change_says(token: str) -> None:
    made = recorded(Candidates((finding(message=f"It holds `{token}`."),)), texts={"prompt answer 0": f"12 + {token}"})
    kept = made.bundle(Redactor([]), "review-2")
    assert token not in gzip.decompress(encode(kept)).decode()
    assert kept.redacted >= 3


def test_refused_lines_stay_refused_when_a_secret_is_taken_out_of_their_finding() -> None:
    leaky = finding(quoted="const key = 'hunter2hunter2'", message="Says hunter2hunter2.")
    how = Circumstances("bot", displaced=(leaky.fingerprint,), requests=3)
    kept = recorded(Candidates((leaky, finding(22))), how).bundle(Redactor(["hunter2hunter2"]), "review-2")
    assert kept.inputs is not None
    assert kept.how.displaced != how.displaced
    assert kept.published.review is not None
    review = rebuild(kept.inputs, kept.how, pages()).review
    assert [item.where.value for item in review.placed] == ["summary", "inline"]


# --------------------------------------------------------------------------------------------------- the bound


def test_what_is_over_the_bound_is_left_out_and_named_prompts_first() -> None:
    texts = {"prompt answer 0": "p" * 50_000, "answer 0": "a" * 20_000}
    whole = len(gzip.decompress(encode(bundle(texts))))
    without_prompts = decode(encode(bundle(texts), whole - 1))
    assert without_prompts.left_out == (LeftOut("prompts", 50_000),)
    assert list(without_prompts.texts) == ["answer 0"]
    assert without_prompts.inputs is not None
    without_texts = decode(encode(bundle(texts), whole - 50_001))
    assert [part.part for part in without_texts.left_out] == ["prompts", "answers"]
    least = len(gzip.decompress(encode(without_texts))) - 1
    bare = decode(encode(bundle(texts), least))
    assert [part.part for part in bare.left_out] == ["prompts", "answers", "inputs"]
    assert bare.inputs is None
    assert bare.published == bundle(texts).published


def test_what_was_posted_is_never_left_out() -> None:
    with pytest.raises(ValueError, match="larger than 100 bytes"):
        encode(bundle(), 100)


def test_a_bundle_of_a_large_review_stays_within_the_bound() -> None:
    texts = {f"prompt answer {number}": "é" * 100_000 for number in range(100)}
    data = gzip.decompress(encode(bundle(texts, *(finding(line) for line in range(1, 400)))))
    assert len(data) <= BYTES_MAX


# --------------------------------------------------------------------------------------------- what is no bundle


def packed(value: object) -> bytes:
    """A file of these parts, as we would have sealed it."""
    parts = {name: part for name, part in value.items() if name != SEAL} if isinstance(value, dict) else value
    return gzip.compress(sealed(parts) if isinstance(parts, dict) else json.dumps(parts).encode())


def plain() -> dict[str, object]:
    read: dict[str, object] = json.loads(gzip.decompress(encode(bundle())))
    return read


NOT_BUNDLES = {
    "nothing": (b"", "cut off"),
    "text": (b"hello", "not gzip data"),
    "JSON that is not packed": (json.dumps({"format": FORMAT}).encode(), "not gzip data"),
    "another file": (gzip.compress(b"hello"), "not JSON"),
    "another JSON": (packed({"schema": "reviewer.review/1"}), "does not say that it is one"),
    "a list": (packed([1, 2]), "does not say that it is one"),
    "a number as its format": (packed({"format": 1}), "does not say that it is one"),
    "another version": (packed({"format": "reviewer.bundle/9"}), "'reviewer.bundle/9', and this version reads"),
    "no parts": (packed({"format": FORMAT}), "damaged"),
    "too deep": (gzip.compress(b"[" * 100_000), "not JSON"),
    "not UTF-8": (gzip.compress(b'{"format": "\xff"}'), "not JSON"),
    "half a character": (gzip.compress(b'{"format": "\\ud800"}'), "not JSON"),
    "too large": (gzip.compress(b" " * (READ_BYTES_MAX + 1)), "unpacks to more than 32 MB"),
    "larger than any": (b"\x1f\x8b" + b"0" * READ_BYTES_MAX, "larger than 32 MB"),
}


@pytest.mark.parametrize("name", NOT_BUNDLES)
def test_what_is_no_bundle_is_one_sentence(name: str) -> None:
    data, why = NOT_BUNDLES[name]
    with pytest.raises(UnreadableBundleError) as caught:
        decode(data)
    assert isinstance(caught.value, UserError)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bundle_that_was_cut_anywhere_is_refused() -> None:
    data = encode(bundle())
    for end in range(0, len(data), 97):
        with pytest.raises(UnreadableBundleError):
            decode(data[:end])
    with pytest.raises(UnreadableBundleError, match="put behind it"):
        decode(data + b"more")


@settings(max_examples=200)
@given(some.data())
def test_a_bundle_with_a_changed_part_is_read_or_refused_and_never_more(data: some.DataObject) -> None:
    """One value somewhere in it becomes any other JSON value."""
    read = plain()
    at: object = read
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at))) if isinstance(at, list) else []
        key = data.draw(some.sampled_from(keys))
        below = at[key]  # type: ignore[index]  # a dict or a list, as its keys say
        if not below or not isinstance(below, dict | list) or data.draw(some.booleans()):
            break
        at = below
    at[key] = data.draw(  # type: ignore[index]  # as above
        some.none() | some.booleans() | some.integers() | some.text(max_size=5) | some.just([]) | some.just({})
    )
    try:
        decode(packed(read))
    except UnreadableBundleError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("part", "value"), [("texts", {"answer 0": "{}"}), (SEAL, ""), (SEAL, None), ("recorded_at", "now")]
)
def test_what_was_edited_after_it_was_recorded_is_no_record(part: str, value: object) -> None:
    read = {**plain(), part: value}
    with pytest.raises(UnreadableBundleError, match="it was changed after it was recorded"):
        decode(gzip.compress(json.dumps(read).encode()))
    bare = {name: one for name, one in plain().items() if name != SEAL}
    with pytest.raises(UnreadableBundleError, match="it was changed after it was recorded"):
        decode(gzip.compress(json.dumps(bare).encode()))


def test_a_record_that_was_only_laid_out_anew_is_still_one() -> None:
    assert decode(gzip.compress(json.dumps(plain(), indent=4, ensure_ascii=True).encode())) == decode(encode(bundle()))


def test_an_unknown_part_is_refused_not_ignored() -> None:
    with pytest.raises(UnreadableBundleError, match="more: Extra inputs"):
        decode(packed({**plain(), "more": 1}))
    inner = plain()
    inner["how"] = {**inner["how"], "more": 1}  # type: ignore[dict-item]  # the part is an object
    with pytest.raises(UnreadableBundleError, match=r"how\.more"):
        decode(packed(inner))


def test_a_bundle_without_inputs_says_so() -> None:
    empty = bundle().model_copy(update={"inputs": None, "left_out": (LeftOut("inputs", 9),)})
    assert decode(encode(empty)).left_out == (LeftOut("inputs", 9),)


def test_an_unsaid_summary_is_a_gap_of_what_is_rebuilt() -> None:
    how = Circumstances("bot", unsaid="it is locked")
    made = recorded(Candidates(()), how)
    assert made.published == Published(None, None, made.published.check)
    assert "it is locked" in made.published.check.summary
    review = rebuild(made.inputs, how, pages()).review
    assert review.coverage == Coverage(
        review.coverage.entries, (Gap("summary", "GitHub did not take the summary comment: it is locked"),)
    )
