"""Types of what a class takes out of the one object that its constructor is given: `constructor({ db }: Props)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import TypeKind, TypeRef
from reviewer.core.facts import Class

if TYPE_CHECKING:
    from reviewer.core.project import Project


def type_in_props(project: Project, path: str, owner: Class, field: str) -> tuple[str, TypeRef] | None:
    """The type that such an object gives to a field of a class, and the file that says so; None where the field has a
    type of its own, or the object's was not read.

    The field may say `OrdersProps["db"]`, or nothing: then it goes by what the constructor takes apart.
    """
    kind = next((one.type for one in owner.properties if one.name == field), TypeRef())
    found = _indexed(kind) if kind.kind is not TypeKind.NONE else _taken(owner, field)
    declared = project.declaration(path, found[0]) if found is not None else None
    if declared is None or found is None:
        return None
    members = declared.item.properties if isinstance(declared.item, Class) else declared.item.members
    return next(((declared.path, one.type) for one in members if one.name == found[1]), None)


def _indexed(kind: TypeRef) -> tuple[str, str] | None:
    """The type and the key of `OrdersProps["db"]`."""
    whole, bracket, rest = kind.text.partition("[")
    key = rest.removesuffix("]").strip("'\"`")
    return (whole, key) if bracket and whole in kind.names and key.isidentifier() else None


def _taken(owner: Class, field: str) -> tuple[str, str] | None:
    for param in owner.constructor.params if owner.constructor else ():
        for key, local in zip(param.fields, param.locals, strict=False):
            if local == field and param.type.name:
                return param.type.name, key
    return None
