"""The response: the one home of what a summary says, whoever fills it, and of what a persona may call its keys."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Resource(BaseModel):
    """A page to read. `url` comes from our own allow-list, never from a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    url: str


class Response(BaseModel):
    """What a review says as a whole. No defaults: whoever builds one has decided every part.

    `code_samples` maps a language or part (`backend`) to a fenced code block in markdown.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    summary: str
    steps: tuple[str, ...]
    code_samples: dict[str, str]
    follow_up_questions: tuple[str, ...]
    resources: tuple[Resource, ...]


FIELDS: Final = tuple(Response.model_fields)
"""The names of the parts, in order."""

ALSO_CALLED: Final = MappingProxyType(
    {
        "summary": ("overview", "solution", "solution_overview"),
        "steps": ("actions", "next_steps", "plan", "recommendations"),
        "code_samples": ("code", "code_examples", "examples", "samples", "snippets"),
        "follow_up_questions": ("clarifications", "followup_questions", "open_questions", "questions"),
        "resources": ("links", "references", "sources"),
    }
)
"""What personas may call a part; `camelCase`, `Capital Words` and `kebab-case` of all of these are understood too."""

SHAPES: Final = MappingProxyType(
    {
        "summary": "a text",
        "steps": "a list of texts",
        "code_samples": "an object of texts",
        "follow_up_questions": "a list of texts",
        "resources": 'a list of {"title", "url"} objects',
    }
)
"""What the value of each part must be, in the words of a message."""


class DifferenceKind(StrEnum):
    """How an example parts from our structure."""

    UNKNOWN = "unknown"  # a key that is none of our parts: nothing fills it
    REPEATED = "repeated"  # a second key for a part that already has one
    SHAPE = "shape"  # the right key with a value we do not produce
    MISSING = "missing"  # a part the example leaves out; reviews have it all the same


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `key` is as the example spells it, or our part's name when it is missing."""

    kind: DifferenceKind
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class ResponseKey:
    """One key of a persona's example, in its spelling, and the part of `Response` it means (None: none of them)."""

    name: str
    part: str | None


@dataclass(frozen=True, slots=True)
class ResponseStructure:
    """A persona's response structure: its keys in order, the keys of its code samples, and what could not be mapped."""

    keys: tuple[ResponseKey, ...]
    code_keys: tuple[str, ...]
    differences: tuple[Difference, ...]


OWN_STRUCTURE: Final = ResponseStructure(tuple(ResponseKey(name, name) for name in FIELDS), ("backend",), ())
"""For a persona without a response section."""


def response_schema(code_keys: tuple[str, ...] = ()) -> dict[str, JsonValue]:
    """The JSON schema of `Response`, every object closed and every key required, as model servers' strict modes ask.

    With `code_keys`, `code_samples` has exactly these keys; without, it is an open mapping of texts.
    """
    schema: dict[str, JsonValue] = Response.model_json_schema()
    properties = schema["properties"]
    if code_keys and isinstance(properties, dict):
        texts: dict[str, JsonValue] = {key: {"type": "string"} for key in code_keys}
        properties["code_samples"] = {
            "title": "Code Samples",
            "type": "object",
            "properties": texts,
            "required": list(code_keys),
            "additionalProperties": False,
        }
    return schema


def read_structure(example: Mapping[str, JsonValue]) -> ResponseStructure:
    """Compare a persona's example with `Response`; what cannot be mapped is in `differences`, in its order."""
    keys: list[ResponseKey] = []
    differences: list[Difference] = []
    taken: dict[str, str] = {}
    for name, value in example.items():
        part = part_called(name)
        if part is None:
            text = f"`{name}` is none of our parts ({', '.join(FIELDS)}); nothing will fill it"
            differences.append(Difference(DifferenceKind.UNKNOWN, name, text))
        elif part in taken:
            text = f"`{name}` means the same part as `{taken[part]}`; keep one"
            differences.append(Difference(DifferenceKind.REPEATED, name, text))
            part = None
        else:
            taken[part] = name
            if not _fits(part, value):
                text = f"`{name}` must be {SHAPES[part]}; reviews will have it so"
                differences.append(Difference(DifferenceKind.SHAPE, name, text))
        keys.append(ResponseKey(name, part))
    for part in FIELDS:
        if part not in taken:
            text = f"`{part}` is not in the example; reviews have it all the same"
            differences.append(Difference(DifferenceKind.MISSING, part, text))
    samples = example.get(taken.get("code_samples", ""))
    code_keys = tuple(samples) if isinstance(samples, dict) else ()
    return ResponseStructure(tuple(keys), code_keys, tuple(differences))


def part_called(name: str) -> str | None:
    """The part of `Response` that a key means: `codeSamples`, `Code Samples` and `samples` are `code_samples`."""
    bare = _bare(name)
    for part, others in ALSO_CALLED.items():
        if any(bare == _bare(known) for known in (part, *others)):
            return part
    return None


def _bare(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


def _fits(part: str, value: JsonValue) -> bool:
    """Whether `Response` takes the value for that part, the other parts being right."""
    filled: dict[str, JsonValue] = {
        "summary": "", "steps": [], "code_samples": {}, "follow_up_questions": [], "resources": []
    }  # fmt: skip
    filled[part] = value
    try:
        Response.model_validate(filled)
    except ValidationError:
        return False
    return True
