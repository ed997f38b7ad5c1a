"""What the schema of a Fastify route says, through constants, spreads and the functions that put schemas together:
`{ schema: { ...orderSchema, tags } }`, `{ schema: describe(answer, { params }) }`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._code import function_named
from reviewer.rules._route_options import is_fastify

if TYPE_CHECKING:
    from reviewer.core.project import Project

_HOPS_MAX: Final = 6
"""Steps from a route to an object of its schema: a constant, an import, a spread, a function and its argument."""

_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)


@dataclass(frozen=True, slots=True)
class SchemaKeys:
    """Keys that a schema has. `is_complete`: it has no others."""

    names: frozenset[str]
    is_complete: bool


_UNKNOWN: Final = SchemaKeys(frozenset(), is_complete=False)
_Given = Mapping[str, SchemaKeys]  # what the parameters of a function are given


def keys_of_schema(project: Project, path: str, options: Expr) -> SchemaKeys | None:
    """The keys of the schema in the options of a Fastify route; None where they have none in place."""
    if options.kind is not ExprKind.OBJECT or options.keys.count("schema") != 1 or "" in options.keys:
        return None
    if not is_fastify(project, project.head[path]):
        return None
    return _keys(project, path, options.parts[options.keys.index("schema")], {}, _HOPS_MAX)


def _keys(project: Project, path: str, value: Expr, given: _Given, hops: int) -> SchemaKeys:
    if hops <= 0:
        return _UNKNOWN
    if value.kind is ExprKind.SPREAD and value.parts:
        return _keys(project, path, value.parts[0], given, hops)
    if value.kind is ExprKind.OBJECT:
        pairs = zip(value.keys, value.parts, strict=False)
        spread = [_keys(project, path, part, given, hops - 1) for key, part in pairs if not key]
        return _together((SchemaKeys(frozenset(filter(None, value.keys)), is_complete=True), *spread))
    if value.kind is ExprKind.CALL:
        return _made(project, path, value, given, hops)
    if value.kind in _NAMED:
        return given[value.text] if value.text in given else _named(project, path, value.text, hops)
    return _UNKNOWN


def _together(parts: Iterable[SchemaKeys]) -> SchemaKeys:
    every = tuple(parts)
    names = frozenset[str]().union(*(one.names for one in every))
    return SchemaKeys(names, all(one.is_complete for one in every))


def _made(project: Project, path: str, value: Expr, given: _Given, hops: int) -> SchemaKeys:
    """The keys of what a function of the project gives back, where it does so in one place."""
    code = function_named(project, path, value.text)
    if code is None:
        return _UNKNOWN
    facts = project.head[code.path]
    back = [one for one in facts.index.bindings((code.scope,)) if one.kind is BindingKind.RETURN]
    if len(back) != 1:
        return _UNKNOWN
    pairs = zip(facts.functions[code.scope].params, value.parts, strict=False)
    inside = {param.name: _keys(project, path, arg, given, hops - 1) for param, arg in pairs if param.name}
    return _keys(project, code.path, back[0].value, inside, hops - 1)


def _named(project: Project, path: str, dotted: str, hops: int) -> SchemaKeys:
    """The keys of a constant of the file or of another one, or of a field of it."""
    found = _constant(project, path, dotted)
    return _keys(project, found[0], found[1], {}, hops - 1) if found is not None else _UNKNOWN


def _constant(project: Project, path: str, dotted: str) -> tuple[str, Expr] | None:
    root, _, rest = dotted.partition(".")
    imported = project.head[path].imported(root)
    if imported is not None:
        target = project.imported_path(path, root)
        if target is None or target not in project.head or imported.name == "*":
            return None
        path, root = target, project.head[target].index.exported(imported.name)
    values = [one.value for one in project.head[path].bindings if one.name == root and one.kind is BindingKind.CONST]
    if len(values) != 1:
        return None
    value = values[0]
    for step in filter(None, rest.split(".")):
        if value.kind is not ExprKind.OBJECT or step not in value.keys:
            return None
        value = value.parts[value.keys.index(step)]
    return path, value


def told_readers(project: Project, path: str, options: Expr, words: frozenset[str]) -> bool:
    """Whether the schema of a route has one of these words for those who read the document: a key of it, or, where a
    function that was not read makes the schema, of what that one is given."""
    keys = keys_of_schema(project, path, options)
    if keys is None or keys.names & words:
        return keys is not None
    schema = options.parts[options.keys.index("schema")]
    found = _constant(project, path, schema.text) if schema.kind in _NAMED else (path, schema)
    if found is None or found[1].kind is not ExprKind.CALL or keys.is_complete:
        return False
    return any(bool(_keys(project, found[0], arg, {}, _HOPS_MAX).names & words) for arg in found[1].parts)
