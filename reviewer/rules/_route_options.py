"""The options that a Fastify route is given: an object in place, a constant, or what a function of the project makes.

`fastify.get(path, options, handler)` takes its schema in `options`, which often stand in another file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._code import function_named

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project

_HOPS_MAX = 5
"""Steps from a route to the object of its options: a constant, an import, a spread, a function."""

_CONSTANTS = (BindingKind.CONST, BindingKind.LET)
_FASTIFY = "fastify"
_SENT = frozenset(("body", "querystring", "query", "params", "headers", ""))
"""Parts of a schema that check what a client sends; "" is a spread, which may be any."""


def is_fastify(project: Project, facts: FileFacts) -> bool:
    """Whether the routes of a file are Fastify's: it says so, or the project knows no Express."""
    if any(module == _FASTIFY or module.startswith("@fastify/") for module in facts.index.modules):
        return True
    return project.uses(_FASTIFY) and not project.uses("express")


def may_have_schema(project: Project, path: str, value: Expr, *keys: str) -> bool:
    """Whether the options of a Fastify route have a schema, with one of `keys` in it where some are named; True also
    where they come from what was not read."""
    if value.kind is ExprKind.FUNCTION or not is_fastify(project, project.head[path]):
        return False
    found = list(_schemas(project, path, value, _HOPS_MAX))
    if None in found or not keys:
        return bool(found)
    return any(_may_say(one, keys) for one in found if one is not None)


def schema_written(project: Project, path: str, value: Expr) -> Expr | None:
    """The one schema that options have and that is written out, object by object; None where that cannot be told."""
    if value.kind is ExprKind.FUNCTION or not is_fastify(project, project.head[path]):
        return None
    found = list(_schemas(project, path, value, _HOPS_MAX))
    one = found[0] if len(found) == 1 else None
    return one if one is not None and one.kind is ExprKind.OBJECT and "" not in one.keys else None


def is_of_answer(value: Expr) -> bool:
    """Whether the options of a Fastify route have a schema that is written out and names nothing that clients send."""
    if value.kind is not ExprKind.OBJECT or "schema" not in value.keys:
        return False
    schema = value.parts[value.keys.index("schema")]
    return schema.kind is ExprKind.OBJECT and not _SENT & set(schema.keys)


def _may_say(schema: Expr, keys: tuple[str, ...]) -> bool:
    """Whether a schema says one of the keys; True for one that is not written out in its options."""
    return schema.kind is not ExprKind.OBJECT or "" in schema.keys or bool(set(keys) & set(schema.keys))


def _schemas(project: Project, path: str, value: Expr, hops: int) -> Iterator[Expr | None]:
    """The schemas in options; None for what was not read."""
    if hops <= 0:
        yield None
    elif value.kind is ExprKind.OBJECT:
        for key, part in zip(value.keys, value.parts, strict=True):
            if key == "schema":
                yield part
            elif key == "":
                inner = part.parts[0] if part.kind is ExprKind.SPREAD and part.parts else part
                yield from _schemas(project, path, inner, hops - 1)
    elif value.kind is ExprKind.CALL:
        yield from _made(project, path, value, hops)
    elif value.kind in (ExprKind.NAME, ExprKind.MEMBER):
        yield from _named(project, path, value.text, hops)
    elif value.kind is ExprKind.CHOICE:
        for part in value.parts:
            yield from _schemas(project, path, part, hops - 1)


def _made(project: Project, path: str, value: Expr, hops: int) -> Iterator[Expr | None]:
    """The schemas in what a function of the project gives back: every object that it writes out."""
    code = function_named(project, path, value.text)
    if code is None:
        yield None
        return
    facts = project.head[code.path]
    given = [one for one in facts.index.bindings((code.scope,)) if one.kind is BindingKind.RETURN]
    if not given:
        yield None
    for one in given:
        yield from _schemas(project, code.path, one.value, hops - 1)


def _named(project: Project, path: str, name: str, hops: int) -> Iterator[Expr | None]:
    """The schemas in a constant of this file or of another one, or in a field of it: `options.create`."""
    root, _, rest = name.partition(".")
    facts = project.head[path]
    imported = facts.imported(root)
    if imported is not None:
        target = project.resolver.resolve(path, imported.module)
        there = project.head.get(target) if target else None
        if target is None or there is None:
            yield None
        elif imported.name != "*" or rest:
            wanted = rest if imported.name == "*" else f"{there.index.exported(imported.name)}.{rest}".rstrip(".")
            yield from _named(project, target, wanted, hops - 1)
        return
    found = [one for one in facts.bindings if one.name == root and one.kind in _CONSTANTS]
    if not found or hops <= 0:
        yield None  # a barrel, or a parameter
        return
    value: Expr | None = found[0].value
    for step in filter(None, rest.split(".")):
        is_there = value is not None and value.kind is ExprKind.OBJECT and step in value.keys
        value = value.parts[value.keys.index(step)] if value is not None and is_there else None
    if value is None:
        yield None
    else:
        yield from _schemas(project, path, value, hops - 1)
