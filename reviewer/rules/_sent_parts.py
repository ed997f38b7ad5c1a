"""Which parts of a request a schema looks at: `validate({ body })` says nothing of the query.

Where it cannot be told, all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.handlers import function_of
from reviewer.core.routes import original
from reviewer.rules._route_options import is_fastify, schema_written
from reviewer.rules._schema_keys import keys_of_schema

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project

ALL: Final = frozenset(("body", "query", "params", "headers", "cookies"))
"""The parts of a request by Express's names."""

_NAMES: Final = {
    "body": "body", "requestbody": "body", "json": "body", "form": "body", "payload": "body", "data": "body",
    "query": "query", "querystring": "query", "queryparams": "query", "searchparams": "query", "reqquery": "query",
    "params": "params", "param": "params", "pathparams": "params", "path": "params", "urlparams": "params",
    "headers": "headers", "header": "headers", "cookies": "cookies", "cookie": "cookies", "reqbody": "body",
}  # fmt: skip
_WORDS: Final = (("body", "body"), ("query", "query"), ("params", "params"))
_SEGMENTS: Final = (
    ("Segments.BODY", "body"), ("Segments.QUERY", "query"), ("Segments.PARAMS", "params"),
    ("Segments.HEADERS", "headers"), ("Segments.COOKIES", "cookies"),
)  # fmt: skip
_CHAINS: Final = {"body": "body", "query": "query", "param": "params", "header": "headers", "cookie": "cookies"}
_OPERATION: Final = frozenset(("responses", "operationId"))
_DEPTH_MAX: Final = 6


def parts_around(
    project: Project, checks: tuple[tuple[str, Expr], ...], scopes: tuple[tuple[FileFacts, int], ...]
) -> frozenset[str]:
    """The parts that a route's schemas look at: those of the checks in front, each with its file, and those in the
    functions that answer."""
    chained = frozenset(part for path, value in checks for part in _chains(project.head[path], value, 0))
    known = [said for path, value in checks if (said := _parts(project, path, value)) is not None]
    if chained:  # express-validator: what runs the chains by name looks at nothing else
        known = [chained, *(one for one in known if one != ALL)]
    # What a middleware does with what it is given says less than how it is asked for: `validate({ query })`.
    within = [(at, _inside(*one)) for at, one in enumerate(scopes)]
    inside = [found for at, found in within if found and not (known and at and found == ALL)]
    return frozenset().union(*known, *inside) if known or inside else ALL


def _inside(facts: FileFacts, scope: int) -> frozenset[str]:
    """The parts that the checks within a function are given: `Schema.parse(req.body)`."""
    found: set[str] = set()
    for call in facts.index.calls(facts.index.within(scope)):
        if is_validation(facts, call.callee):
            named = {part for arg in call.args for part in _named_in(arg, 0)}
            found |= named or ALL
    return frozenset(found)


def _named_in(value: Expr, depth: int) -> Iterator[str]:
    if depth > _DEPTH_MAX:
        return
    if value.kind in (ExprKind.NAME, ExprKind.MEMBER):
        steps = value.text.split(".")
        yield from (step for step in steps[:3] if step in ALL)
    for part in value.parts:
        yield from _named_in(part, depth + 1)


def _parts(project: Project, path: str, value: Expr) -> frozenset[str] | None:
    """The parts that one middleware checks; None where it is no check at all."""
    facts = project.head[path]
    if value.kind is ExprKind.OBJECT:
        return _of_options(project, path, value)
    if value.kind not in (ExprKind.CALL, ExprKind.NAME, ExprKind.MEMBER):
        return None
    inner = [found for part in value.parts if (found := _parts(project, path, part)) is not None]
    if not is_validation(facts, value.text):
        return frozenset().union(*inner) if inner else None
    last = value.text.rpartition(".")[2].lower()
    given = [part for part in value.parts if part.kind is ExprKind.OBJECT]
    texts = [part.text.lower() for part in value.parts if part.kind is ExprKind.STRING]
    said = frozenset(_NAMES[one] for one in texts if one in _NAMES)
    for one in given:
        said |= _keys(facts, one)
        if _OPERATION & set(one.keys):
            return said
    said |= {part for word, part in _WORDS if word in last}
    for part in value.parts:
        if part.kind in (ExprKind.NAME, ExprKind.MEMBER) and not said:
            schema = constant(project, path, part.text)
            said |= _schema_keys(schema) if schema is not None else frozenset()
            said |= {one for word, one in _WORDS if word in part.text.rpartition(".")[2].lower()}
    return said or _read_by(project, path, value) or ALL


def _of_options(project: Project, path: str, value: Expr) -> frozenset[str] | None:
    """A Fastify route's options, or those of a registration of the project's own."""
    if "schema" in value.keys and is_fastify(project, project.head[path]):
        written = schema_written(project, path, value)
        if written is not None:
            return _keys(project.head[path], written)
        put_together = keys_of_schema(project, path, value)
        if put_together is None or not put_together.is_complete:
            return ALL
        return frozenset(_NAMES[key] for key in put_together.names if key in _NAMES)
    said = _keys(project.head[path], value)
    if said or _OPERATION & set(value.keys):
        return said
    return ALL if {"schema", "validate"} & set(value.keys) else None


def _keys(facts: FileFacts, value: Expr) -> frozenset[str]:
    """The parts that the keys of an object name. An operation of OpenAPI names them in its own way."""
    if _OPERATION & set(value.keys):
        said = {"body"} if "requestBody" in value.keys else set()
        return frozenset(said | ({"query", "params", "headers"} if "parameters" in value.keys else set()))
    found = {_NAMES[key.lower()] for key in value.keys if key.lower() in _NAMES}
    for key, part in zip(value.keys, value.parts, strict=False):
        if key in ("schema", "schemas", "request", "validate") and part.kind is ExprKind.OBJECT:
            found |= _keys(facts, part)
    # celebrate's computed keys have no name in an expression; they stand in its text, unless that was cut.
    computed = {part for word, part in _SEGMENTS if f"[{word}]" in value.text}
    return frozenset(found | computed) if value.keys.count("") == len(computed) else frozenset(found)


def _schema_keys(schema: Expr) -> frozenset[str]:
    """The parts that a schema of the whole request names: `z.object({ body: …, query: … })`."""
    at = schema
    for _ in range(_DEPTH_MAX):
        if at.kind is ExprKind.OBJECT:
            named = {_NAMES.get(key.lower(), "") for key in at.keys}
            return frozenset(named) if named and "" not in named else frozenset()
        inner = next((part for part in at.parts if part.kind in (ExprKind.OBJECT, ExprKind.CALL)), None)
        following = inner if inner is not None and inner.kind is ExprKind.OBJECT else at.receiver or inner
        if following is None:
            break
        at = following
    return frozenset()


def constant(project: Project, path: str, name: str) -> Expr | None:
    """The value of a constant, here or in the file of the project that it is imported from."""
    root, _, rest = name.partition(".")
    facts = project.head[path]
    imported = facts.imported(root)
    if imported is not None:
        target = project.imported_path(path, root)
        if target is None or target not in project.head:
            return None
        facts = project.head[target]
        root, rest = (rest, "") if imported.name == "*" else (facts.index.exported(imported.name), rest)
    bound = facts.index.bound(root, NOWHERE)
    value = bound[0].value if bound else None
    if rest and value is not None:
        value = value.parts[value.keys.index(rest)] if value.kind is ExprKind.OBJECT and rest in value.keys else None
    return value


def _read_by(project: Project, path: str, value: Expr) -> frozenset[str]:
    """The parts that the function of a middleware reads, where it was read."""
    place = function_of(project, path, value)
    if place is None:
        return frozenset()
    there = project.head[place[0]]
    names = {read.name for read in there.index.reads(there.index.within(place[1]))}
    return frozenset(part for name in names for part in name.split(".")[1:2] if part in ALL)


def _chains(facts: FileFacts, value: Expr, depth: int) -> Iterator[str]:
    """The parts that chains of express-validator name: `body('email').isEmail()`."""
    if depth > _DEPTH_MAX or value.kind is ExprKind.FUNCTION:
        return
    if value.kind is ExprKind.CALL:
        name, module = original(facts, value.text)
        if module == "express-validator" and value.receiver is None:
            first = name.partition(".")[0]
            yield from (_CHAINS[first],) if first in _CHAINS else ALL
    for part in value.parts if value.receiver is None else (value.receiver, *value.parts):
        yield from _chains(facts, part, depth + 1)
