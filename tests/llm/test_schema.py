"""The schema that servers with constrained decoding take: OpenAI's strict dialect, without what others refuse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openapi_schema_validator import OAS31Validator
from pydantic import BaseModel, Field

from reviewer.core.concern import Concern, Severity
from reviewer.llm.answer import Answer
from reviewer.llm.schema import strict_schema
from tests.llm.pieces import answer, finding
from tests.standin.json_types import JsonObject, as_list, as_object

KEYWORDS = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "$ref", "$defs"}
"""All that we use; OpenAI's strict mode, llama.cpp's, xgrammar's and Ollama's converters each know these."""

DEPTH_MAX = 5
"""Levels of nesting that strict mode takes."""


def answer_schema() -> JsonObject:
    return as_object(strict_schema(Answer))


def nodes(schema: JsonObject, depth: int = 1) -> Iterator[tuple[JsonObject, int]]:
    """Every schema in a schema, and how deep it stands."""
    yield schema, depth
    for key in ("properties", "$defs"):
        for part in as_object(schema.get(key, {})).values():
            yield from nodes(as_object(part), depth + 1)
    for part in (*as_list(schema.get("anyOf", [])), *([schema["items"]] if "items" in schema else [])):
        yield from nodes(as_object(part), depth + 1)


def test_every_keyword_is_one_that_all_servers_know() -> None:
    assert {key for node, _ in nodes(answer_schema()) for key in node} == KEYWORDS


def test_every_object_is_closed_and_has_all_its_keys_required() -> None:
    objects = [node for node, _ in nodes(answer_schema()) if node.get("type") == "object"]
    assert len(objects) == 3
    for node in objects:
        assert node["additionalProperties"] is False
        assert node["required"] == list(as_object(node["properties"]))


def test_every_node_has_a_type_a_reference_or_alternatives() -> None:
    assert [node for node, _ in nodes(answer_schema()) if not {"type", "$ref", "anyOf"} & set(node)] == []


def test_the_root_is_an_object_and_the_nesting_is_shallow() -> None:
    schema = answer_schema()
    assert (schema["type"], "anyOf" in schema) == ("object", False)
    assert max(depth for _, depth in nodes(schema)) <= DEPTH_MAX


def test_references_stay_inside() -> None:
    schema = answer_schema()
    names = [str(node["$ref"]) for node, _ in nodes(schema) if "$ref" in node]
    assert names == ["#/$defs/Said", "#/$defs/Wished"]
    assert list(as_object(schema["$defs"])) == ["Said", "Wished"]


def test_concerns_and_severities_are_ours() -> None:
    said = as_object(as_object(answer_schema()["$defs"])["Said"])
    properties = {name: as_object(part) for name, part in as_object(said["properties"]).items()}
    assert properties["concern"]["enum"] == [concern.value for concern in Concern]
    assert properties["severity"]["enum"] == [severity.value for severity in Severity]


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        (answer(), True),
        (answer(finding(), finding(replacement="x")), True),
        (answer(finding(severity="fatal")), False),
        (answer({"path": "a"}), False),
        ({**answer(), "verdict": "approve"}, False),
        ({"findings": []}, False),
    ],
)
def test_what_fits_the_schema_is_what_is_parsed(given: JsonObject, fits: bool) -> None:
    assert OAS31Validator(answer_schema()).is_valid(given) is fits
    assert is_parsed(given) is fits


def is_parsed(given: JsonObject) -> bool:
    try:
        Answer.model_validate(given)
    except ValueError:
        return False
    return True


class Odd(BaseModel):
    """A class with all that the strict dialect does not know."""

    title: str = Field(description="a key named as the keyword is")
    description: str
    inner: list[Odd]


def test_titles_and_descriptions_go_but_keys_of_these_names_stay() -> None:
    schema = strict_schema(Odd)
    odd = as_object(as_object(schema["$defs"])["Odd"])
    assert odd == {
        "additionalProperties": False,
        "properties": {
            "title": {"type": "string"},
            "description": {"type": "string"},
            "inner": {"type": "array", "items": {"$ref": "#/$defs/Odd"}},
        },
        "required": ["title", "description", "inner"],
        "type": "object",
    }
