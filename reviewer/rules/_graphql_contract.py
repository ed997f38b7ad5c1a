"""GraphQL types written as classes: which fields clients could ask for before the change, and no longer can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.routes import GRAPHQL_MODULES, original

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Class, FileFacts, Property
    from reviewer.core.project import Project

_TYPES: Final = frozenset(("ObjectType", "InterfaceType"))


@dataclass(frozen=True, slots=True)
class Gone:
    """The fields of one type that are gone, and the line at head to point at."""

    path: str
    item: Class
    names: tuple[str, ...]
    line: int


def graphql_fields_gone(project: Project) -> Iterator[Gone]:
    """The types of changed files that lost fields which were not deprecated."""
    resolved = {one.path for routes in project.resolvers.values() for one in routes if one.verb == "FIELD"}
    for file, facts in project.production:
        before = project.before(file.path)
        for item in facts.classes:
            old = next((one for one in before.classes if one.name == item.name), None)
            if old is None or not _is_type(before, old) or not _is_type(facts, item):
                continue
            shown = {field.name for field in item.properties if _is_shown(facts, field)}
            shown |= {method.name for method in item.methods} | resolved
            names = tuple(
                field.name for field in old.properties if _is_promised(before, field) and field.name not in shown
            )
            if names:
                yield Gone(file.path, item, names, _line(old, item, names[0]))


def _is_type(facts: FileFacts, item: Class) -> bool:
    found = (original(facts, one.name) for one in item.decorators)
    return any(name in _TYPES and module in GRAPHQL_MODULES for name, module in found)


def _is_shown(facts: FileFacts, field: Property) -> bool:
    """Whether a field of a type is in the schema; without `@Field` it may be, by the plugin."""
    return not any(original(facts, one.name)[0] == "HideField" for one in field.decorators)


def _is_promised(facts: FileFacts, field: Property) -> bool:
    """Whether clients could ask for a field and were not told that it would go."""
    for one in field.decorators:
        name, module = original(facts, one.name)
        if name == "Field" and module in GRAPHQL_MODULES:
            return not any("deprecationReason" in arg.keys for arg in one.args)
    return False


def _line(old: Class, new: Class, name: str) -> int:
    """Where the field is hidden now, else where it stood: behind the last field before it that is still there."""
    line = new.head
    kept = {field.name: field for field in new.properties}
    for field in old.properties:
        if field.name == name:
            return kept[name].first if name in kept else line
        line = kept[field.name].last if field.name in kept else line
    return line
