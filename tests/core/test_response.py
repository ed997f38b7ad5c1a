from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from reviewer.core.response import (
    ALSO_CALLED,
    FIELDS,
    OWN_STRUCTURE,
    SHAPES,
    Response,
    part_called,
    read_structure,
    response_schema,
)

WHOLE: dict[str, JsonValue] = {
    "summary": "s",
    "steps": ["a"],
    "code_samples": {"backend": "```ts\n```"},
    "follow_up_questions": ["q"],
    "resources": [{"title": "t", "url": "u"}],
}


def test_the_parts_are_those_of_the_contract_in_order() -> None:
    assert FIELDS == ("summary", "steps", "code_samples", "follow_up_questions", "resources")
    assert set(ALSO_CALLED) == set(SHAPES) == set(FIELDS)
    assert tuple(key.part for key in OWN_STRUCTURE.keys) == FIELDS


@pytest.mark.parametrize("missing", FIELDS)
def test_no_part_has_a_default(missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        Response.model_validate({key: value for key, value in WHOLE.items() if key != missing})


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Response.model_validate({**WHOLE, "mood": "glad"})


def test_a_response_cannot_be_changed() -> None:
    response = Response.model_validate(WHOLE)
    with pytest.raises(ValidationError, match="frozen"):
        response.summary = "other"


def test_a_response_survives_json() -> None:
    response = Response.model_validate(WHOLE)
    assert Response.model_validate_json(response.model_dump_json()) == response


def test_the_schema_is_closed_and_requires_every_part() -> None:
    assert response_schema(("backend",)) == {
        "$defs": {
            "Resource": {
                "additionalProperties": False,
                "description": "A page to read. `url` comes from our own allow-list, never from a model.",
                "properties": {
                    "title": {"title": "Title", "type": "string"},
                    "url": {"title": "Url", "type": "string"},
                },
                "required": ["title", "url"],
                "title": "Resource",
                "type": "object",
            }
        },
        "additionalProperties": False,
        "description": (
            "What a review says as a whole. No defaults: whoever builds one has decided every part.\n\n"
            "`code_samples` maps a language or part (`backend`) to a fenced code block in markdown."
        ),
        "properties": {
            "summary": {"title": "Summary", "type": "string"},
            "steps": {"items": {"type": "string"}, "title": "Steps", "type": "array"},
            "code_samples": {
                "title": "Code Samples",
                "type": "object",
                "properties": {"backend": {"type": "string"}},
                "required": ["backend"],
                "additionalProperties": False,
            },
            "follow_up_questions": {"items": {"type": "string"}, "title": "Follow Up Questions", "type": "array"},
            "resources": {"items": {"$ref": "#/$defs/Resource"}, "title": "Resources", "type": "array"},
        },
        "required": list(FIELDS),
        "title": "Response",
        "type": "object",
    }


def test_without_known_languages_the_code_samples_are_open() -> None:
    properties = response_schema()["properties"]
    assert isinstance(properties, dict)
    assert properties["code_samples"] == {
        "additionalProperties": {"type": "string"},
        "title": "Code Samples",
        "type": "object",
    }


def test_our_own_example_has_no_differences() -> None:
    structure = read_structure(WHOLE)
    assert [(key.name, key.part) for key in structure.keys] == [(name, name) for name in FIELDS]
    assert (structure.code_keys, structure.differences) == (("backend",), ())


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("code_samples", "codeSamples"),
        ("code_samples", "Code Samples"),
        ("code_samples", "code-examples"),
        ("follow_up_questions", "Questions"),
        ("resources", "links"),
        ("steps", "NEXT STEPS"),
        ("summary", "overview"),
        (None, "mood"),
        (None, ""),
    ],
)
def test_a_part_goes_by_several_names(part: str | None, name: str) -> None:
    assert part_called(name) == part


def test_a_renamed_key_keeps_its_place_and_name() -> None:
    structure = read_structure({"links": [], "overview": "s", "steps": [], "samples": {}, "questions": []})
    assert [(key.name, key.part) for key in structure.keys] == [
        ("links", "resources"),
        ("overview", "summary"),
        ("steps", "steps"),
        ("samples", "code_samples"),
        ("questions", "follow_up_questions"),
    ]
    assert structure.differences == ()


@pytest.mark.parametrize(
    ("example", "messages"),
    [
        (
            {**WHOLE, "mood": "glad"},
            [
                "`mood` is none of our parts (summary, steps, code_samples, follow_up_questions, resources);"
                " nothing will fill it"
            ],
        ),
        ({**WHOLE, "overview": "s"}, ["`overview` means the same part as `summary`; keep one"]),
        ({**WHOLE, "steps": "one"}, ["`steps` must be a list of texts; reviews will have it so"]),
        ({**WHOLE, "summary": 1}, ["`summary` must be a text; reviews will have it so"]),
        ({**WHOLE, "code_samples": ["x"]}, ["`code_samples` must be an object of texts; reviews will have it so"]),
        (
            {**WHOLE, "resources": [{"title": "t"}]},
            ['`resources` must be a list of {"title", "url"} objects; reviews will have it so'],
        ),
        (
            {key: value for key, value in WHOLE.items() if key != "steps"},
            ["`steps` is not in the example; reviews have it all the same"],
        ),
    ],
)
def test_what_cannot_be_mapped_is_reported(example: dict[str, JsonValue], messages: list[str]) -> None:
    assert [difference.message for difference in read_structure(example).differences] == messages


VALUES = st.one_of(
    st.none(),
    st.integers(),
    st.text(),
    st.lists(st.text(), max_size=2),
    st.dictionaries(st.text(), st.text(), max_size=2),
)
KEYS = st.one_of(st.text(), st.sampled_from([*FIELDS, "overview", "Links", "codeSamples"]))


@given(st.dictionaries(KEYS, VALUES, max_size=8))
def test_each_part_is_mapped_once_or_reported_missing(example: dict[str, JsonValue]) -> None:
    structure = read_structure(example)
    mapped = [key.part for key in structure.keys if key.part]
    missing = [difference.key for difference in structure.differences if difference.kind == "missing"]
    assert sorted(mapped + missing) == sorted(FIELDS)
    assert [key.name for key in structure.keys] == list(example)
