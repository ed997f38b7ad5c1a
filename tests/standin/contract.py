"""Every request and every answer of the stand-in, checked against GitHub's own OpenAPI description (a subset of it)."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.standin.json_types import JsonObject, as_list, as_object

SUBSET = Path(__file__).parent / "openapi" / "github-openapi-subset.json"
EXAMPLES = Path(__file__).parent / "openapi" / "github-openapi-examples.json"

SIZES = frozenset({"maxItems", "maxLength", "minLength"})
"""Schema words about sizes: GitHub answers 422 to these, so they are the route's to refuse and no violation."""

NULL_IN_LIFE = (("head", "repo"), ("head", "user"), ("user",), ("position",), ("line",), ("start_line",))
"""Where GitHub answers null though its description forbids it: deleted forks, ghosts, outdated comments."""

_SLASHED = re.compile(r"\{(path|ref|basehead|branch)\}")  # these parameters may hold slashes
_PLAIN = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the description; `template` is its path with `{names}`."""

    id: str
    method: str
    template: str
    pattern: re.Pattern[str]
    node: JsonObject

    @property
    def pointer(self) -> str:
        """JSON pointer to the operation, as a URI fragment."""
        return f"/paths/{_escaped(self.template)}/{self.method.lower()}"


@dataclass(frozen=True, slots=True)
class Match:
    """A request's operation and its path parameters, decoded."""

    operation: Operation
    params: dict[str, str]


class Contract:
    """The description, loaded once; every method is a question about it."""

    def __init__(self, path: Path = SUBSET) -> None:
        # Without discriminators: the validator asks them of arrays too, and a directory's contents are one.
        self._spec: JsonObject = json.loads(path.read_text(encoding="utf-8"), object_hook=_without_discriminator)
        self._registry: Registry[object] = Registry().with_resource(
            "urn:gh", Resource.from_contents(self._spec, default_specification=DRAFT4)
        )
        self._validators: dict[str, OAS30Validator] = {}
        self.operations: dict[str, Operation] = {}
        for template, methods in as_object(self._spec["paths"]).items():
            for method, node in as_object(methods).items():
                if method != "parameters":
                    operation = _operation(template, method, as_object(node))
                    self.operations[operation.id] = operation
        self._ordered = sorted(self.operations.values(), key=lambda o: (o.template.count("{"), -len(o.template)))

    def match(self, method: str, path: str) -> Match | None:
        """The operation that a request is for, or None when the description has none."""
        if (
            method == "GET" and path.endswith("/contents/") and path.count("/") == 5
        ):  # the root directory has an empty {path}
            return Match(self.operations["repos/get-content"], _owner_and_name(path))
        for operation in self._ordered:
            if operation.method == method and (found := operation.pattern.fullmatch(path)):
                return Match(operation, {name: unquote(value) for name, value in found.groupdict().items()})
        return None

    def request_problems(self, operation: Operation, query: str, body: bytes) -> list[str]:
        """What is wrong with a request's query and body, sizes left aside; empty when nothing is."""
        return [*self._query_problems(operation, query), *self._body_problems(operation, body)]

    def answer_problems(self, operation: Operation, status: int, body: object) -> list[str]:
        """What is wrong with an answer; a status >= 400 that the operation does not document passes."""
        responses = as_object(operation.node["responses"])
        if str(status) not in responses:
            return [] if status >= 400 else [f"{operation.id}: undocumented status {status}"]
        node = as_object(responses[str(status)])
        base = f"{operation.pointer}/responses/{status}"
        if "$ref" in node:
            base = str(node["$ref"])[1:]
            node = self._resolved(node)
        for media, content in as_object(node.get("content", {})).items():
            if "json" in media and "schema" in as_object(content):
                pointer = f"{base}/content/{_escaped(media)}/schema"
                return self._errors(pointer, body, f"{operation.id}: answer {status}", leave=frozenset())
        return []

    def schema_problems(self, name: str, value: object) -> list[str]:
        """What is wrong with a value that should be of the named schema of the description."""
        return self._errors(f"/components/schemas/{name}", value, name, leave=frozenset())

    def filled(self, name: str, known: Mapping[str, object]) -> JsonObject:
        """An object of the named schema: `known` as it is, every other required key with the dullest right value.

        Addresses that we do not mean anybody to use lead to `canary.invalid`, so that following one shows.
        """
        value = self._fill(as_object(as_object(as_object(self._spec["components"])["schemas"])[name]), dict(known))
        return as_object(value)

    def _fill(self, schema: JsonObject, known: object) -> object:
        schema = self._chosen(self._resolved(schema))
        if known is not _NOTHING and not isinstance(known, dict):
            return known
        if known is _NOTHING and schema.get("nullable") is True:
            return None
        if schema.get("type") != "object" and "properties" not in schema:
            return _dull(schema) if known is _NOTHING else known
        given = as_object(known) if isinstance(known, dict) else {}
        properties = as_object(schema.get("properties", {}))
        names = [*given, *(n for n in as_list(schema.get("required", [])) if n not in given)]
        return {str(n): self._fill(as_object(properties.get(str(n), {})), given.get(str(n), _NOTHING)) for n in names}

    def _chosen(self, schema: JsonObject) -> JsonObject:
        for word in ("oneOf", "anyOf", "allOf"):
            if word in schema and "properties" not in schema:
                nullable = {"nullable": True} if schema.get("nullable") is True else {}
                return self._chosen({**self._resolved(as_object(as_list(schema[word])[0])), **nullable})
        return schema

    def _query_problems(self, operation: Operation, query: str) -> list[str]:
        shared = as_object(as_object(self._spec["paths"])[operation.template]).get("parameters", [])
        known: dict[str, JsonObject] = {}
        for node in [*as_list(operation.node.get("parameters", [])), *as_list(shared)]:
            parameter = self._resolved(as_object(node))
            if parameter["in"] == "query":
                known[str(parameter["name"])] = self._resolved(as_object(parameter["schema"]))
        problems = []
        for name, text in parse_qsl(query, keep_blank_values=True):
            if name not in known:
                problems.append(f"{operation.id}: unknown query parameter {name!r}")
                continue
            value: object = int(text) if known[name].get("type") == "integer" and text.isdecimal() else text
            found = OAS30Validator(known[name], registry=self._registry).iter_errors(value)
            problems += [f"{operation.id}: query {name}: {error.message}" for error in found]
        return problems

    def _body_problems(self, operation: Operation, body: bytes) -> list[str]:
        node = as_object(operation.node.get("requestBody", {}))
        content = as_object(node.get("content", {}))
        if "application/json" not in content:
            return []
        if not body:
            return [f"{operation.id}: a body is required"] if node.get("required") else []
        value = json.loads(body)
        schema = self._resolved(as_object(as_object(content["application/json"])["schema"]))
        pointer = f"{operation.pointer}/requestBody/content/application~1json/schema"
        problems = self._errors(pointer, value, f"{operation.id}: request body", leave=SIZES)
        # The description leaves additionalProperties open; a misspelt key would pass, so the top level is closed here.
        properties = set(as_object(schema.get("properties", {})))
        if properties and isinstance(value, dict) and (extra := set(value) - properties):
            problems.append(f"{operation.id}: unknown body keys {sorted(extra)}")
        return problems

    def _errors(self, pointer: str, value: object, what: str, leave: frozenset[str]) -> list[str]:
        if pointer not in self._validators:
            schema = {"$ref": "urn:gh#" + pointer}
            self._validators[pointer] = OAS30Validator(schema, registry=self._registry)
        found = [e for e in self._validators[pointer].iter_errors(value) if e.validator not in leave]
        errors = [e for e in found if e.instance is not None or not _may_be_null(e.path)]
        return [f"{what}: at {'/'.join(map(str, e.path)) or '.'}: {e.message[:300]}" for e in errors[:5]]

    def _resolved(self, node: JsonObject) -> JsonObject:
        while "$ref" in node:
            found: object = self._spec
            for key in str(node["$ref"])[2:].split("/"):
                found = as_object(found)[key.replace("~1", "/").replace("~0", "~")]
            node = as_object(found)
        return node


@functools.cache
def contract() -> Contract:
    """The one description of the process; it is read-only."""
    return Contract()


_NOTHING = object()


def _without_discriminator(node: JsonObject) -> JsonObject:
    return {key: value for key, value in node.items() if key != "discriminator"}


def _owner_and_name(path: str) -> dict[str, str]:
    _, _, owner, repo, *_ = path.split("/")
    return {"owner": unquote(owner), "repo": unquote(repo), "path": ""}


def _may_be_null(path: Sequence[object]) -> bool:
    names = tuple(str(part) for part in path)
    return any(names[-len(end) :] == end for end in NULL_IN_LIFE)


def _dull(schema: JsonObject) -> object:
    """The plainest value of a scalar or list schema."""
    if "enum" in schema:
        return as_list(schema["enum"])[0]
    if schema.get("format") == "date-time":
        return "2011-01-26T19:01:12Z"
    if schema.get("format") == "uri":
        return "http://canary.invalid/never-follow"
    plain: dict[object, object] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": []}
    return plain.get(schema.get("type"), "")


def _operation(template: str, method: str, node: JsonObject) -> Operation:
    pattern = _PLAIN.sub(r"(?P<\1>[^/]+)", _SLASHED.sub(r"(?P<\1>.+)", template))
    return Operation(str(node["operationId"]), method.upper(), template, re.compile(pattern), node)


def _escaped(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
