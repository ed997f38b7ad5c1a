"""Checks in front of a route that look at the fields they name and leave those they do not: JSON Schema without
`additionalProperties: false`, and express-validator's chains, unless the handler takes `matchedData()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.routes import original
from reviewer.rules._route_options import schema_written
from reviewer.rules._sent_parts import constant

if TYPE_CHECKING:
    from reviewer.core.project import Project
    from reviewer.core.routes import Route

_BODY_CHAINS: Final = frozenset(("body", "check", "checkSchema"))
_REMOVES: Final = "removeAdditional"
"""Ajv's switch that drops undeclared fields; where a project sets it, its schemas are not judged."""
_COMPOSED: Final = frozenset(("", "$ref", "allOf", "anyOf", "oneOf", "unevaluatedProperties", "additionalProperties"))
_TYPEBOX: Final = ("@sinclair/typebox", "typebox", "@fastify/type-provider-typebox")
_DEPTH_MAX: Final = 6


def keeps_undeclared(project: Project, path: str, route: Route, front: tuple[tuple[str, Expr], ...]) -> bool:
    """Whether what checks the body in front of a route surely lets fields through that it does not name."""
    if not project.once(removes_undeclared) and any(_is_open_json(project, path, value) for value in route.middleware):
        return True
    return not project.once(_is_exact) and _only_chains(project, front)


def removes_undeclared(project: Project) -> bool:
    """Whether the project tells its validator to drop the fields that a schema does not name."""
    return any(_REMOVES in facts.names for facts in project.head.values())


def _is_exact(project: Project) -> bool:
    """Whether a middleware refuses undeclared fields, or puts what the chains name in the body's place."""
    for facts in project.head.values():
        if "checkExact" in facts.names:
            return True
        if "matchedData" in facts.names and any(
            one.name.endswith(".body") and "matchedData" in one.value.text for one in facts.bindings
        ):
            return True
    return False


def _is_open_json(project: Project, path: str, options: Expr) -> bool:
    """Whether a Fastify route's options have a schema of the body that is written out and open."""
    schema = schema_written(project, path, options) if options.kind is not ExprKind.FUNCTION else None
    if schema is None or "body" not in schema.keys:
        return False
    body: Expr | None = schema.parts[schema.keys.index("body")]
    if body is not None and body.kind in (ExprKind.NAME, ExprKind.MEMBER):
        body = constant(project, path, body.text)
    if body is None:
        return False
    if body.kind is ExprKind.CALL:
        name, module = original(project.head[path], body.text)
        is_object = module in _TYPEBOX and name.endswith("Type.Object") and body.receiver is None
        closed = any({"additionalProperties", ""} & set(part.keys) for part in body.parts[1:])
        return is_object and not closed and all(part.kind is ExprKind.OBJECT for part in body.parts)
    return body.kind is ExprKind.OBJECT and "properties" in body.keys and not _is_closed(body)


def _is_closed(schema: Expr) -> bool:
    values = dict(zip(schema.keys, schema.parts, strict=False))
    said = values.get("additionalProperties")
    return bool(_COMPOSED & set(schema.keys)) and not (said is not None and said.text == "true")


def _only_chains(project: Project, front: tuple[tuple[str, Expr], ...]) -> bool:
    """Whether express-validator's chains are all that checks the body: what runs them is told nothing else."""
    found = False
    for path, value in front:
        if _has_chain(project, path, value, 0):
            found = True
        elif value.kind is ExprKind.CALL and value.parts and is_validation(project.head[path], value.text):
            return False
    return found


def _has_chain(project: Project, path: str, value: Expr, depth: int) -> bool:
    if depth > _DEPTH_MAX or value.kind is ExprKind.FUNCTION:
        return False
    facts = project.head[path]
    if value.kind is ExprKind.CALL and value.receiver is None:
        name, module = original(facts, value.text)
        if module == "express-validator" and name.partition(".")[0] in _BODY_CHAINS:
            return True
    if value.kind in (ExprKind.NAME, ExprKind.MEMBER) and depth <= 1:
        bound = constant(project, path, value.text)
        there = project.imported_path(path, value.text.partition(".")[0]) or path
        return bound is not None and there in project.head and _has_chain(project, there, bound, _DEPTH_MAX - 2)
    inner = value.parts if value.receiver is None else (value.receiver, *value.parts)
    return any(_has_chain(project, path, part, depth + 1) for part in inner)
