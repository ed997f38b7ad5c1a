"""JSON schemas from our types, in the strict dialect that servers with constrained decoding take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel, JsonValue


def strict_schema(shape: type[BaseModel]) -> dict[str, JsonValue]:
    """The schema of a pydantic class without titles; every object is closed and all its keys required.

    Also those with a default: it is for servers that enforce nothing.
    """
    schema: dict[str, JsonValue] = shape.model_json_schema()
    plain = _plain(schema)
    if not isinstance(plain, dict):
        raise TypeError("a class has an object as schema")
    return plain


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    named = value.get("type") == "object"
    kept: dict[str, JsonValue] = {}
    for key, item in value.items():
        if key in ("properties", "$defs") and isinstance(item, dict):
            kept[key] = {name: _plain(part) for name, part in item.items()}
        elif key in ("description", "title", "default"):
            continue
        else:
            kept[key] = _plain(item)
    if named:
        kept["additionalProperties"] = False
        properties = kept.get("properties")
        if isinstance(properties, dict):
            kept["required"] = list(properties)
    return kept
