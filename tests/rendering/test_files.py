"""The review as files: JSON, SARIF, the terminal's text, the page."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from openapi_schema_validator import OAS31Validator

from reviewer.core.anchor import Span
from reviewer.core.change import Change
from reviewer.core.concern import Side
from reviewer.core.references import is_reference
from reviewer.core.review import Placed, Review, Where
from reviewer.rendering.json_review import review_document, review_json
from reviewer.rendering.page import page
from reviewer.rendering.sarif import sarif
from reviewer.rendering.terminal import COLOUR, terminal
from tests.rendering.hostile import HOSTILE
from tests.rendering.sample import SERVICE, blind_review, changed, clean_review, sample_change, sample_review
from tests.rendering.test_publication import reviews

SCHEMA = json.loads((Path(__file__).parent / "review.schema.json").read_text(encoding="utf-8"))
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]")


@given(reviews())
@settings(max_examples=40)
def test_the_json_keeps_to_its_schema_whatever_the_texts(review: Review) -> None:
    OAS31Validator(SCHEMA).validate(json.loads(review_json(review)))


def test_a_key_too_many_is_against_the_schema() -> None:
    document = {**review_document(sample_review()), "more": 1}
    assert not OAS31Validator(SCHEMA).is_valid(document)


def test_the_json_names_every_persona_and_whose_each_finding_is() -> None:
    one = sample_review()
    other = replace(one.plan.persona, name="security")
    placed = tuple(replace(item, finding=replace(item.finding, persona="security")) for item in one.placed)
    document = review_document(replace(one, plan=replace(one.plan, others=(other,)), placed=placed))
    OAS31Validator(SCHEMA).validate(document)
    read = json.loads(json.dumps(document))
    assert [who["name"] for who in read["personas"]] == [one.plan.persona.name, "security"]
    assert {item["persona"] for item in read["findings"]} == {"security"}
    assert "personas" not in review_document(one)


def test_the_json_names_what_is_missing_from_the_whole_review() -> None:
    assert review_document(blind_review())["coverage"][-1] == {  # type: ignore[index]  # a list, as the schema says
        "path": "",
        "state": "not_reviewed",
        "reason": "model: the model's server did not answer within 180 seconds",
    }


def run(review: Review) -> dict[str, Any]:
    log = json.loads(sarif(review))
    assert log["version"] == "2.1.0"
    found: dict[str, Any] = log["runs"][0]
    return found


@pytest.mark.parametrize("make", [sample_review, clean_review, blind_review])
def test_the_sarif_log_is_whole_in_itself(make: Any) -> None:
    """What the SARIF 2.1.0 schema asks and cannot ask: known rules, lines from 1, levels, relative addresses."""
    seen = run(make())
    rules = [rule["id"] for rule in seen["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in seen["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        for where in result.get("locations", ()):
            place = where["physicalLocation"]
            assert not re.match(r"[a-z]+:|/", place["artifactLocation"]["uri"])
            assert 1 <= place["region"]["startLine"] <= place["region"]["endLine"]


def test_a_sarif_run_that_missed_something_was_not_successful() -> None:
    invocation = run(blind_review())["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == 3


def test_a_sarif_run_that_saw_everything_was_successful() -> None:
    assert run(clean_review())["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_a_finding_on_a_removed_line_has_a_file_and_no_region_in_sarif() -> None:
    review = sample_review()
    removed = replace(review.findings[0], span=Span(SERVICE, 3, 3, Side.LEFT), suggestion=None)
    result = run(replace(review, placed=(Placed(removed, Where.SUMMARY, None),)))["results"][0]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": SERVICE}}}]


@given(reviews(), HOSTILE)
@settings(max_examples=40)
def test_no_control_character_reaches_the_terminal(review: Review, code: str) -> None:
    assert CONTROL.findall(terminal(review, hostile_change(code))) == []


def test_a_line_of_code_on_the_terminal_shows_what_it_hides() -> None:
    change = hostile_change("\x1b[2J\u202e")
    file = change.file(SERVICE)
    assert file is not None
    last = (file.head or "").count("\n")
    spoken = replace(sample_review().findings[0], span=Span(SERVICE, last, last))
    text = terminal(replace(sample_review(), placed=(Placed(spoken, Where.SUMMARY, None),)), change)
    assert f"{last} | // <U+001B>[2J<U+202E>\n" in text


def test_colour_is_used_only_when_asked_for() -> None:
    plain, coloured = terminal(sample_review(), sample_change()), terminal(sample_review(), sample_change(), COLOUR)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def hostile_change(code: str) -> Change:
    """The sample's change, with a line of a stranger in the reviewed file."""
    change = sample_change()
    files = tuple(
        changed(file.path, file.base, (file.head or "") + f"// {code}\n") if file.path == SERVICE else file
        for file in change.files
        if file.unread is None
    )
    return replace(change, files=files)


@dataclass
class Page(HTMLParser):
    """What a browser would load, follow or run."""

    html: str
    tags: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    hrefs: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    depth: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.hrefs += [value or "" for name, value in attrs if name == "href"]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in ("meta", "br", "col"):
            self.depth.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.depth.pop() == tag


ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "main", "div", "section", "details", "summary", "footer"),
    *("h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "br", "a", "code", "pre", "strong", "b", "span", "blockquote"),
    *("table", "colgroup", "col", "tr", "td"),
}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "rel", "open", "colspan"}


@given(reviews(), HOSTILE)
@settings(max_examples=40)
def test_the_page_loads_nothing_runs_nothing_and_leads_nowhere_strange(review: Review, code: str) -> None:
    html = page(review, hostile_change(code))
    seen = Page(html)
    ours = ("#f-", "https://github.com/octo/shop/blob/")
    assert seen.tags <= ELEMENTS
    assert seen.depth == []
    assert seen.names <= ATTRIBUTES
    assert [href for href in seen.hrefs if not href.startswith(ours) and not is_reference(href)] == []
    assert CONTROL.findall(html) == []


def test_every_comment_stands_once_on_the_page_and_every_jump_lands() -> None:
    seen = Page(page(sample_review(), sample_change()))
    assert sorted(seen.ids) == sorted(f"f-{finding.fingerprint}" for finding in sample_review().findings)
    assert {href[1:] for href in seen.hrefs if href.startswith("#")} <= set(seen.ids)


def test_the_page_names_what_was_not_reviewed() -> None:
    html = page(blind_review(), sample_change())
    for word in ("db/seed/orders.sql", "larger than 512 KB", "the linter crashed on it", "did not answer within 180"):
        assert word in html
