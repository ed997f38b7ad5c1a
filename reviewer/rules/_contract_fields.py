"""The fields of a class, interface or enum that clients depend on, and what each promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reviewer.core.facts import Class, FileFacts, Property, TypeDeclaration
from reviewer.rules._validators import is_silent

_HIDDEN = frozenset(("static", "private", "protected", "declare", "get", "set"))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a contract. `is_required`: a validator refuses a request without it."""

    type: str
    first: int
    last: int
    is_required: bool
    is_optional: bool
    is_deprecated: bool


def fields_of(facts: FileFacts, item: Class | TypeDeclaration) -> Mapping[str, Field]:
    """The fields of a type by name, as clients see them; methods, statics and private ones are none."""
    if isinstance(item, TypeDeclaration):
        return {
            one.name: Field(
                one.type.text, one.first, one.last, not one.is_optional, one.is_optional, _deprecated(facts, one.first)
            )
            for one in item.members
            if not one.is_method
        }
    return {
        one.name: Field(
            one.type.text, one.first, one.last, _is_required(facts, one), _is_optional(one), _is_deprecated(facts, one)
        )
        for one in item.properties
        if not _HIDDEN & set(one.modifiers)
    }


def _is_optional(field: Property) -> bool:
    loose = ("Optional", "ValidateIf", "Allow", "Exclude", "ApiHideProperty")
    if any("nullable" in arg.keys for one in field.decorators if one.name == "Field" for arg in one.args):
        return True
    return (
        field.is_optional or field.value is not None or any(word in d.name for d in field.decorators for word in loose)
    )


def _is_required(facts: FileFacts, field: Property) -> bool:
    return not _is_optional(field) and any(not is_silent(facts, decorator) for decorator in field.decorators)


def _is_deprecated(facts: FileFacts, field: Property) -> bool:
    said = any("deprecated" in (key for arg in d.args for key in arg.keys) for d in field.decorators)
    return said or _deprecated(facts, field.first)


def _deprecated(facts: FileFacts, first: int) -> bool:
    return any("@deprecated" in comment.text for comment in facts.index.comments(first - 1))
