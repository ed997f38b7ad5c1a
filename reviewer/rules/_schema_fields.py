"""The fields of a schema that is written out: Zod, TypeBox, yup, Joi, Valibot, Elysia, and JSON Schema as an object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from reviewer.core.expr import Expr, ExprKind

_ROOTS: Final = frozenset(
    ("z", "zod", "t", "Type", "yup", "Joi", "joi", "v", "vine", "s", "S", "Yup", "object", "array", "optional")
)
_OBJECTS: Final = frozenset(("object", "strictObject", "looseObject", "Object", "interface", "keys"))
_LISTS: Final = frozenset(("array", "Array", "items", "of", "set", "Set"))
_TOGETHER: Final = frozenset(("intersection", "intersect", "Intersect", "Composite", "and", "merge", "allOf"))
_ADDING: Final = frozenset(("extend", "safeExtend", "augment", "append", "keys", "shape", "concat"))
_LOOSE: Final = frozenset(("optional", "nullish", "default", "Optional", "exactOptional", "notRequired", "catch",
                           "prefault", "optionalWith", "undefinedable", "fallback"))  # fmt: skip
_DEMANDING: Final = frozenset(("Joi", "joi", "yup", "Yup"))
"""Libraries whose fields may be left out unless they say `required()`."""

_KINDS: Final = {
    "string": "string", "String": "string", "number": "number", "Number": "number", "int": "number",
    "integer": "number", "Integer": "number", "boolean": "boolean", "bool": "boolean", "Boolean": "boolean",
    "array": "array", "Array": "array", "object": "object", "Object": "object",
}  # fmt: skip
_ENUMS: Final = frozenset(("enum", "valid", "oneOf", "picklist"))
_DEPTH_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class SchemaField:
    """One field: `kind` is "" where it does not say a plain one."""

    kind: str
    is_optional: bool
    is_deprecated: bool
    first: int
    last: int
    values: frozenset[str] = frozenset()


@dataclass(slots=True)
class Shape:
    """The fields of an object, and what else it is made of (spreads, other schemas), as text."""

    first: int
    fields: dict[str, SchemaField] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)


def shapes(value: Expr) -> dict[str, Shape]:
    """The objects inside a schema by the dotted place they stand at, "" for the outermost."""
    found: dict[str, Shape] = {}
    _walk(value, "", found, 0)
    return found


def _walk(value: Expr, place: str, found: dict[str, Shape], depth: int) -> None:
    if depth > _DEPTH_MAX:
        return
    if value.kind is ExprKind.OBJECT:
        _json(value, place, found, depth)
        return
    for call in _chain(value):
        root = call.text.replace("()", "").partition(".")[0]
        _link(call, root if root in _ROOTS else "", place, found, depth)


def _link(call: Expr, library: str, place: str, found: dict[str, Shape], depth: int) -> None:
    """One call of a chain; `library` is the name of what makes schemas, "" where it starts at another."""
    root, _, word = call.text.replace("()", "").rpartition(".")
    given = next((part for part in call.parts if part.kind is ExprKind.OBJECT), None)
    if word in ("omit", "pick") and given is not None:
        _shape(found, place, call).others.update(f"{word} {key}" for key in given.keys)
    elif word in _LISTS and call.parts:
        _walk(call.parts[0], f"{place}[]", found, depth + 1)
    elif given is not None and (word in _ADDING or (word in _OBJECTS and library)):
        if word in _ADDING and call.receiver is None and not library:
            _shape(found, place, call).others.add(root)
        _object(given, place, found, depth, is_demanding=library in _DEMANDING)
    elif word in _TOGETHER or not library:  # `registry.register('Parcel', z.object({ … }))`
        _parts(call, place, found, depth)
    elif word in _LOOSE and call.parts:
        _walk(call.parts[0], place, found, depth + 1)


def _parts(call: Expr, place: str, found: dict[str, Shape], depth: int) -> None:
    """What a schema is put together of, or wrapped by a function of the project."""
    for part in call.parts:
        if part.kind is ExprKind.CALL:
            _walk(part, place, found, depth + 1)
        elif part.kind in (ExprKind.NAME, ExprKind.MEMBER):
            _shape(found, place, call).others.add(part.text)


def _shape(found: dict[str, Shape], place: str, at: Expr) -> Shape:
    return found.setdefault(place, Shape(at.first))


def _chain(value: Expr) -> Iterator[Expr]:
    """The calls of a chain: `z.object({ … }).strict()` has two."""
    at: Expr | None = value
    while at is not None:
        if at.kind is ExprKind.CALL:
            yield at
        at = at.receiver


def _object(value: Expr, place: str, found: dict[str, Shape], depth: int, *, is_demanding: bool) -> None:
    shape = _shape(found, place, value)
    for key, part in zip(value.keys, value.parts, strict=False):
        if not key:
            shape.others.add(part.text)
            continue
        steps = [step for call in _chain(part) for step in call.text.replace("()", "").split(".")]
        steps += [inner.text.rpartition(".")[2] for call in _chain(part) for inner in call.parts]
        told = is_demanding and part.kind is ExprKind.CALL
        loose = bool(_LOOSE & set(steps)) or (told and "required" not in steps) or part.kind is not ExprKind.CALL
        given = (_kind(steps), loose, _is_deprecated(part), part.first, part.last, frozenset(_values(part)))
        shape.fields[key] = SchemaField(*given)
        _walk(part, f"{place}.{key}", found, depth + 1)


def _json(value: Expr, place: str, found: dict[str, Shape], depth: int) -> None:
    given = dict(zip(value.keys, value.parts, strict=False))
    if "items" in given and given["items"].kind is ExprKind.OBJECT:
        _json(given["items"], f"{place}[]", found, depth + 1)
    properties = given.get("properties")
    if properties is None or properties.kind is not ExprKind.OBJECT:
        return
    shape = _shape(found, place, properties)
    required = {part.text for part in given["required"].parts} if "required" in given else set()
    for key, part in zip(properties.keys, properties.parts, strict=False):
        if not key:
            shape.others.add(part.text)
            continue
        said = dict(zip(part.keys, part.parts, strict=False)) if part.kind is ExprKind.OBJECT else {}
        kind = _KINDS.get(said["type"].text, "") if "type" in said else ""
        old = "deprecated" in said
        values = frozenset(one.text for one in said["enum"].parts) if "enum" in said else frozenset[str]()
        shape.fields[key] = SchemaField(kind, key not in required, old, part.first, part.last, values)
        if part.kind is ExprKind.OBJECT and depth < _DEPTH_MAX:
            _json(part, f"{place}.{key}", found, depth + 1)


def _values(value: Expr) -> Iterator[str]:
    """The texts that an enum lists: `z.enum(['open', 'closed'])`, `Joi.valid('open')`."""
    for call in _chain(value):
        if call.text.rpartition(".")[2] in _ENUMS:
            for part in call.parts:
                yield from (one.text for one in (*part.parts, part) if one.kind is ExprKind.STRING)


def _kind(steps: list[str]) -> str:
    if {"coerce", "preprocess", "transform", "pipe", "union", "Union", "or", "codec"} & set(steps):
        return ""
    kinds = [_KINDS[step] for step in steps if step in _KINDS]
    return kinds[-1] if kinds else ""


def _is_deprecated(value: Expr) -> bool:
    for call in _chain(value):
        for part in call.parts:
            if "deprecated" in part.keys or (part.kind is ExprKind.STRING and "deprecated" in part.text.lower()):
                return True
    return False
