"""Answers that fit whatever JSON schema a request carries: the emptiest one, or one made of given values."""

from __future__ import annotations

from collections.abc import Mapping

from tests.standin.json_types import JsonObject, as_list, as_object

_DEPTH_MAX = 20


def shaped(schema: JsonObject, values: Mapping[str, object]) -> object:
    """A value that fits the schema; a property named in `values` gets that value where its type allows.

    Lists stay empty unless named: an array of objects takes a list of mappings, one for each item.
    """
    return _value(schema, schema, dict(values), 0)


def _value(root: JsonObject, schema: JsonObject, values: JsonObject, depth: int) -> object:
    schema = _resolved(root, schema)
    if depth > _DEPTH_MAX or schema.get("type") != "object":
        return _plain(schema)
    result: JsonObject = {}
    for name, part in as_object(schema.get("properties", {})).items():
        node = _resolved(root, as_object(part))
        if name in values and _fits(node, values[name]):
            result[name] = _given(root, node, values[name], depth)
        else:
            result[name] = _value(root, node, {}, depth + 1)
    return result


def _given(root: JsonObject, node: JsonObject, value: object, depth: int) -> object:
    item = _resolved(root, as_object(node.get("items", {})))
    if isinstance(value, list) and item.get("type") == "object":
        return [_value(root, item, as_object(one), depth + 1) for one in value]
    return value


def _resolved(root: JsonObject, schema: JsonObject) -> JsonObject:
    """Follow `$ref` and take the first alternative that is not null."""
    while "$ref" in schema:
        found: object = root
        for key in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = as_object(found)[key]
        schema = as_object(found)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            options = [as_object(option) for option in as_list(schema[word])]
            real = next((option for option in options if option.get("type") != "null"), {})
            nullable = len(real) > 0 and any(option.get("type") == "null" for option in options)
            return {**_resolved(root, real), **({"nullable": True} if nullable else {})}
    return schema


def _plain(schema: JsonObject) -> object:
    if schema.get("nullable"):
        return None
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return as_list(schema["enum"])[-1]
    kind = schema.get("type")
    if isinstance(kind, list):
        return None if "null" in kind else _plain({**schema, "type": kind[0]})
    plain: dict[object, object] = {
        "string": "",
        "integer": 1,
        "number": 0.5,
        "boolean": False,
        "array": [],
        "null": None,
    }
    return plain.get(kind)


def _fits(schema: JsonObject, value: object) -> bool:
    if "enum" in schema:
        return value in as_list(schema["enum"])
    kinds: dict[str, type | tuple[type, ...]] = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "array": list,
        "object": dict,
    }
    kind = schema.get("type")
    return (
        isinstance(kind, str)
        and isinstance(value, kinds.get(kind, ()))
        and isinstance(value, bool) == (kind == "boolean")
    )
