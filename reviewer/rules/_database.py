"""What holds a database in a file: repositories, clients, models and query builders, and the library they are of.

Known by type, decorator, or the value a name is given; by name alone only where the name says it (`prisma`,
`userRepository`). Imports are followed into the files of the project that were read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewer.core.expr import Expr, ExprKind, TypeRef
from reviewer.core.facts import Binding, BindingKind, Class, Decorator, FileFacts
from reviewer.core.project import Project
from reviewer.rules._database_types import (
    BUILDER_MODULES,
    TYPEORM_MODULES,
    Holder,
    Library,
    by_name,
    by_project,
    makes_model,
    of_parent,
    of_type,
    of_value,
)
from reviewer.rules._props import type_in_props

_HOPS_MAX = 4
"""Aliases and re-exports followed from a name to what it holds."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a name is looked for; `hops` counts the aliases and re-exports on the way."""

    project: Project
    path: str
    scope: int
    symbol: str
    hops: int = 0

    @property
    def facts(self) -> FileFacts:
        return self.project.head[self.path]


def holder_of(project: Project, path: str, name: str, scope: int, symbol: str) -> Holder | None:
    """What a dotted name (`this.users`, `prisma`, `tx`) holds in a scope of a file; None for anything else."""
    return _held(_Place(project, path, scope, symbol), name)


def _held(place: _Place, name: str) -> Holder | None:
    if place.path not in place.project.head or place.hops > _HOPS_MAX or not name:
        return None
    root, _, rest = name.partition(".")
    if root == "this":
        return _member(place, rest) if rest and "." not in rest else None
    return None if rest else _local(place, name)


def _member(place: _Place, field: str) -> Holder | None:
    item = place.facts.index.declared(place.symbol.partition(".")[0])
    if isinstance(item, Class):
        for kind, decorators, value in _fields(item, field):
            found = of_type(place.project, place.path, kind, decorators, f"this.{field}")
            if found is None and value is not None:
                found = of_value(place.facts, value, f"this.{field}")
            if found is not None:
                return found
            if kind.name and value is None:
                return None  # it has a type, and that is no database
        given = type_in_props(place.project, place.path, item, field)
        if given is not None:
            return of_type(place.project, given[0], given[1], (), f"this.{field}")
    return by_name(f"this.{field}", field) or by_project(place.project, f"this.{field}", field)


def _fields(item: Class, field: str) -> Iterator[tuple[TypeRef, tuple[Decorator, ...], Expr | None]]:
    constructor = item.constructor
    for param in constructor.params if constructor else ():
        if param.name == field:
            yield param.type, param.decorators, None
    for one in item.properties:
        if one.name == field:
            yield one.type, one.decorators, one.value


def _local(place: _Place, name: str) -> Holder | None:
    facts = place.facts
    for around in facts.index.around(place.scope):
        for binding in facts.index.bound(name, around):
            if binding.kind in (BindingKind.CONST, BindingKind.LET):
                return _of_binding(place, binding)
        taken = facts.index.taken(name, around)
        if taken is not None:
            return _of_taken(place, name, *taken)
        if around < 0:
            continue
        function = facts.functions[around]
        for param in function.params:
            if param.name == name:
                return _of_param(place, name, param.type, function.passed_to)
            if name in param.locals:
                field = dict(zip(param.locals, param.fields, strict=False)).get(name, "")
                return by_name(name, field) or _handle(place.project, field)
    item = facts.index.declared(name)
    if isinstance(item, Class):
        library = of_parent(facts, item)
        return Holder(name, library, name) if library is Library.MODEL else None
    return _imported(place, name)


def _of_param(place: _Place, name: str, kind: TypeRef, passed_to: str) -> Holder | None:
    project, facts = place.project, place.facts
    method = passed_to.rpartition(".")[2]
    if method == "$transaction":
        return Holder(name, Library.PRISMA)
    if method == "transaction":
        is_chain = any(item.module.startswith(BUILDER_MODULES) for item in facts.imports)
        is_typeorm = any(item.module.startswith(TYPEORM_MODULES) for item in facts.imports)
        is_builder = is_chain or (not is_typeorm and any(project.uses(module) for module in BUILDER_MODULES))
        return Holder(name, Library.BUILDER if is_builder else Library.TYPEORM)
    return of_type(project, place.path, kind, (), name) if kind.name else by_name(name, name) or _handle(project, name)


def _handle(project: Project, name: str) -> Holder | None:
    """A parameter without a type that is called like a transaction."""
    lower = name.lower()
    if lower == "tx" and project.uses("@prisma/client"):
        return Holder(name, Library.PRISMA)
    if lower == "trx" and any(project.uses(module) for module in BUILDER_MODULES):
        return Holder(name, Library.BUILDER)
    is_manager = lower in ("manager", "entitymanager", "em", "queryrunner", "transactionalentitymanager")
    return Holder(name, Library.TYPEORM) if is_manager and project.uses("typeorm") else None


def _of_binding(place: _Place, binding: Binding) -> Holder | None:
    value = binding.value
    if value.kind is ExprKind.AWAIT and value.parts:
        value = value.parts[0]
    found = next((one for part in _choices(value) if (one := of_value(place.facts, part, binding.name))), None)
    if found is None and value.kind in (ExprKind.NAME, ExprKind.MEMBER):
        there = replace(place, scope=binding.scope, symbol=binding.symbol, hops=place.hops + 1)
        found = _aliased(there, binding.name, value.text)
    return found


def _of_taken(place: _Place, name: str, binding: Binding, field: str) -> Holder | None:
    """What `const { manager } = this.repository` or `const { prisma } = context` takes out."""
    value = binding.value
    if value.kind not in (ExprKind.NAME, ExprKind.MEMBER):
        return by_name(name, field)
    there = replace(place, scope=binding.scope, symbol=binding.symbol, hops=place.hops + 1)
    return _aliased(there, name, f"{value.text}.{field}") or by_name(name, field)


def _aliased(place: _Place, name: str, dotted: str) -> Holder | None:
    """What a name holds that stands for a dotted one; the manager behind a repository is one of all tables."""
    inner = _held(place, dotted.removesuffix(".manager"))
    if inner is None:
        return None
    return Holder(name, inner.library, "" if dotted.endswith(".manager") else inner.entity)


def _choices(value: Expr) -> tuple[Expr, ...]:
    """What a value may be: `global.prisma ?? new PrismaClient()` is either."""
    return value.parts if value.kind is ExprKind.CHOICE else (value,)


def _imported(place: _Place, name: str) -> Holder | None:
    project = place.project
    found = place.facts.imported(name)
    if found is None:
        return None
    target = project.resolver.resolve(place.path, found.module)
    there = project.head.get(target) if target else None
    if target is None or there is None:
        is_class = name[:1].isupper() and "model" in found.module.lower() and not found.is_type
        uses = project.uses("mongoose") or project.uses("sequelize")
        if is_class and uses:
            return Holder(name, Library.MODEL, name)
        return by_name(name, name) or by_project(project, name, name)
    inner = _held(_Place(project, target, -1, "", place.hops + 1), there.index.exported(found.name))
    if inner is None and found.name == "default" and any(makes_model(there, call) for call in there.calls):
        return Holder(name, Library.MODEL, name)
    return Holder(name, inner.library, inner.entity) if inner else by_name(name, name)
