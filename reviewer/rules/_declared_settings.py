"""Secrets in what is no stored record: settings and accounts of other services, told by the types that code declares.

An administrator's page shows them on purpose. So they count only where the same file (or a type of the project) leaves
them out elsewhere: then who may see them was thought about.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import BindingKind, Class
from reviewer.core.mounts import in_front
from reviewer.rules._auth import inside
from reviewer.rules._code import function_named
from reviewer.rules._secret_fields import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reviewer.core.expr import TypeRef
    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Declared, Project
    from reviewer.rules._handlers import Handler

_ENDS: Final = ("apikey", "apitoken", "secret", "secretkey", "password", "privatekey", "accesstoken", "authtoken",
                "authpass")  # fmt: skip
_ONE_OF: Final = frozenset(("find", "findLast", "at", "pop", "shift", "filter", "slice", "sort", "reverse", "toSorted"))
_WRAPPERS: Final = frozenset(("Promise", "Array", "ReadonlyArray", "Readonly", "NonNullable"))
_PICKED_MIN: Final = 3
"""Fields that an object takes from another one, none of them secret, before it is a choice."""

_DEPTH_MAX: Final = 4


def settings_secret(project: Project, handler: Handler, value: Expr) -> str:
    """The secret field of the settings that a handler answers whole, "" when there is none or they are meant to be
    seen whole."""
    where = _type_of(project, handler.path, handler.scope, value, 0)
    members = dict(_members(project, where, 0)) if where is not None else {}
    secret = next((name for name in members if _is_secret(name)), "")
    if where is None or not secret or _is_for_admins(project, handler):
        return ""
    return secret if _is_left_out(project, project.head[handler.path], where.item.name, members) else ""


def _is_secret(name: str) -> bool:
    return is_secret(name) or name.replace("_", "").lower().endswith(_ENDS)


def _is_for_admins(project: Project, handler: Handler) -> bool:
    front = in_front(project, handler.file, handler.route).middleware
    said = (part.text for _, value in front for part in inside(value))
    return any("admin" in text.lower() for text in said)


# ------------------------------------------------------------------------------------------------------- what it is


def _type_of(project: Project, path: str, scope: int, value: Expr, depth: int) -> Declared | None:
    """The class or type that a value is of, as far as declarations tell."""
    if value.kind is ExprKind.AWAIT and value.parts:
        value = value.parts[0]
    if value.kind not in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL) or depth > _DEPTH_MAX or "[]" in value.text:
        return None
    steps = value.text.split(".")
    if value.kind is ExprKind.CALL:
        steps[-1] += "()"
    at = _root(project, path, scope, steps[0], depth)
    for step in steps[1:]:
        if at is not None and step.removesuffix("()") not in _ONE_OF:
            kind = dict(_members(project, at, 0)).get(step.removesuffix("()"))
            at = _named(project, at.path, kind) if kind is not None else None
    return at


def _root(project: Project, path: str, scope: int, step: str, depth: int) -> Declared | None:
    name = step.removesuffix("()")
    if step != name:
        code = function_named(project, path, name)
        made = project.head[code.path].functions[code.scope].return_type if code is not None else None
        return _named(project, code.path, made) if code is not None and made is not None else None
    facts = project.head[path]
    for around in facts.index.around(scope):
        for bound in facts.index.bound(name, around):
            if bound.kind in (BindingKind.CONST, BindingKind.LET):
                return _type_of(project, path, around, bound.value, depth + 1) or _made(project, path, bound.value)
    there = project.imported_path(path, name)
    found = facts.imported(name)
    if there is None or there not in project.head or found is None:
        return None
    local = project.head[there].index.exported(found.name) if found.name != "default" else name
    kept = next((one.value for one in project.head[there].index.bound(local, NOWHERE)), None)
    return _made(project, there, kept) if kept is not None else None


def _made(project: Project, path: str, value: Expr) -> Declared | None:
    return project.declaration(path, value.text) if value.kind is ExprKind.NEW else None


def _named(project: Project, path: str, kind: TypeRef) -> Declared | None:
    name = next((one for one in (kind.name, *kind.names) if one and one not in _WRAPPERS), "")
    return project.declaration(path, name) if name else None


def _members(project: Project, at: Declared, depth: int) -> Iterator[tuple[str, TypeRef]]:
    """The members of a class or type with their types, those of what it extends too."""
    above: tuple[str, ...]
    if isinstance(at.item, Class):
        hidden = ("private", "protected", "static", "set")
        yield from ((one.name, one.type) for one in at.item.properties if not set(hidden) & set(one.modifiers))
        yield from ((one.name, one.return_type) for one in at.item.methods if not set(hidden) & set(one.modifiers))
        above = (at.item.extends.text,) if at.item.extends is not None else ()
    else:
        yield from ((one.name, one.type) for one in at.item.members)
        above = at.item.extends
    for name in above if depth < _DEPTH_MAX else ():
        declared = project.declaration(at.path, name)
        if declared is not None:
            yield from _members(project, declared, depth + 1)


# ------------------------------------------------------------------------------------------------- where it is left out


def _is_left_out(project: Project, facts: FileFacts, name: str, members: Mapping[str, TypeRef]) -> bool:
    """Whether the file builds objects of the other fields, or a type of the project is the same without some."""
    if any(
        {"Omit", name} <= set(one.names) for there in project.head.values() for one in there.types if one.name != name
    ):
        return True
    return any(_chooses(value, members) for value in facts.index.once(_objects))


def _objects(facts: FileFacts) -> tuple[Expr, ...]:
    values = [one.value for one in facts.bindings]
    values.extend(arg for call in facts.calls for arg in call.args)
    return tuple(part for value in values for part in inside(value) if part.kind is ExprKind.OBJECT)


def _chooses(value: Expr, members: Mapping[str, TypeRef]) -> bool:
    """Whether an object takes fields of one other object and none that is secret: `{ id: it.id, name: it.name, … }`."""
    picked: dict[str, set[str]] = defaultdict(set)
    for part in value.parts:
        root, _, field = part.text.rpartition(".")
        if part.kind is ExprKind.MEMBER and field in members:
            picked[root].add(field)
    return any(len(fields) >= _PICKED_MIN and not any(map(_is_secret, fields)) for fields in picked.values())
