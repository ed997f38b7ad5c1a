"""Committed OpenAPI documents (`openapi.yaml`, `swagger.json`) as far as rules ask: which operations they describe, and
which parameters of those they leave a plain text. YAML is read line by line: a document is often ten thousand of them.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic_core import from_json

from reviewer.core.nearby_routes import is_contract_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reviewer.core.project import Project

_VERBS: Final = frozenset(("get", "put", "post", "delete", "patch", "head", "options"))
_MARKS: Final = ("openapi", "swagger")
_NARROW: Final = frozenset(("enum", "pattern", "format", "const", "$ref", "allOf", "oneOf", "anyOf"))
_ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Document:
    """What one document describes: verb and path (`GET`, `/orders/{}`), the verb `*` where a path stands elsewhere.

    `texts` are the parameters of an operation, as (source, name), that may be any text. `is_closed`: somewhere it
    refuses properties that it does not name.
    """

    path: str
    operations: Mapping[tuple[str, str], frozenset[tuple[str, str]]]
    is_closed: bool

    def has(self, verb: str, path: str) -> bool:
        """Whether an operation is described, here or in a file that this one names."""
        return (verb, path) in self.operations or (_ANY, path) in self.operations


class Documents:
    """The documents of a project that were read, those of the change as they are after it."""

    def __init__(self, project: Project) -> None:
        changed = {file.path: file.head for file in project.change.files}
        texts = {**project.change.neighbours, **{path: text for path, text in changed.items() if text is not None}}
        found = (_read(path, text) for path, text in texts.items() if is_contract_name(path))
        self.all: tuple[Document, ...] = tuple(one for one in found if one is not None and one.operations)


def braced(path: str) -> str:
    """`/orders/:id/` as a document writes it, parameters without their names: `/orders/{}`; "" for `/`."""
    steps = ("{}" if step.startswith((":", "{")) else step for step in path.split("/") if step)
    return "".join(f"/{step}" for step in steps)


def _read(path: str, text: str) -> Document | None:
    if posixpath.splitext(path)[1].lower() == ".json":
        return _of_json(path, text)
    lines = text.split("\n")
    if not any(line.startswith(_MARKS) for line in lines):
        return None
    return Document(path, dict(_of_yaml(lines)), "additionalProperties: false" in text)


# ---------------------------------------------------------------------------------------------------------------- JSON


def _of_json(path: str, text: str) -> Document | None:
    try:
        value = from_json(text)
    except ValueError:
        return None
    if not isinstance(value, dict) or not any(mark in value or f".{mark}." in path.lower() for mark in _MARKS):
        return None
    paths = value.get("paths")
    operations = dict(_in_json(paths)) if isinstance(paths, dict) else {}
    return Document(path, operations, '"additionalProperties":false' in "".join(text.split()))


def _in_json(paths: Mapping[str, object]) -> Iterator[tuple[tuple[str, str], frozenset[tuple[str, str]]]]:
    for path, item in paths.items():
        if not isinstance(item, dict):
            continue
        for verb, operation in item.items():
            if verb == "$ref":
                yield (_ANY, braced(path)), frozenset()
            elif verb in _VERBS and isinstance(operation, dict):
                given = operation.get("parameters")
                yield (verb.upper(), braced(path)), frozenset(_texts(given if isinstance(given, list) else ()))


def _texts(parameters: Iterable[object]) -> Iterator[tuple[str, str]]:
    for one in parameters:
        schema = one.get("schema", one) if isinstance(one, dict) else None
        if not isinstance(one, dict) or not isinstance(schema, dict):
            continue
        place, name = one.get("in"), one.get("name")
        is_free = schema.get("type") == "string" and not _NARROW & set(schema)
        if is_free and isinstance(place, str) and isinstance(name, str):
            yield _source(place), name


def _source(place: str) -> str:
    return {"path": "params", "header": "headers"}.get(place, place)


# ---------------------------------------------------------------------------------------------------------------- YAML


@dataclass(slots=True)
class _Block:
    """The lines of one operation, each with the blanks in front of it."""

    verb: str
    path: str
    lines: list[tuple[int, str]] = field(default_factory=list)


def _of_yaml(lines: Iterable[str]) -> Iterator[tuple[tuple[str, str], frozenset[tuple[str, str]]]]:
    for block in _blocks(lines):
        yield (block.verb, block.path), frozenset(_free(block.lines))


def _blocks(lines: Iterable[str]) -> Iterator[_Block]:
    is_inside, path, path_at, verb_at = False, "", 0, 0
    block: _Block | None = None
    for line in lines:
        said = line.strip()
        blanks = len(line) - len(line.lstrip(" "))
        if not said or said.startswith("#"):
            continue
        if blanks == 0:
            is_inside = said == "paths:"
            path = ""
        elif is_inside and (not path or blanks <= path_at):
            path, path_at, verb_at = _key(said), blanks, 0
        elif is_inside and (not verb_at or blanks <= verb_at):
            verb_at = blanks
            verb = _key(said)
            if block is not None:
                yield block
            is_far = verb in ("$ref", "<<")
            block = _Block(_ANY if is_far else verb.upper(), braced(path)) if is_far or verb in _VERBS else None
            continue
        elif is_inside and block is not None:
            block.lines.append((blanks, said))
            continue
        if block is not None:
            yield block
            block = None
    if block is not None:
        yield block


def _key(said: str) -> str:
    """The key of a line: up to the colon that ends it or has a blank behind it."""
    return said.partition(": ")[0].removesuffix(":").strip("'\"")


def _free(lines: list[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    """The parameters of an operation whose type is a text and that nothing narrows."""
    item: dict[str, str] = {}
    inside = -1
    for blanks, said in [*lines, (0, "end:")]:
        if said == "parameters:" and inside < 0:
            inside = blanks
        elif inside >= 0 and (said.startswith("- ") or blanks <= inside):
            if item.get("type") == "string" and not _NARROW & set(item) and {"name", "in"} <= set(item):
                yield _source(item["in"]), item["name"]
            item = {}
            inside = inside if said.startswith("- ") and blanks >= inside else -2
        if inside >= 0 and ":" in said:
            pair = said.removeprefix("- ")
            item.setdefault(_key(pair), pair.partition(":")[2].strip().strip("'\""))
