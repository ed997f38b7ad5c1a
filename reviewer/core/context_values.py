"""The constants that written lines read: limits, defaults, tables, static fields, here or in another file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.changed_symbols import touched
from reviewer.core.code_places import Code
from reviewer.core.expr import NOWHERE
from reviewer.core.facts import Class

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project

VALUE_LINES_MAX: Final = 8
_READS_MAX: Final = 300
_GLOBALS: Final = frozenset({"this", "process", "console", "Math", "JSON", "Object", "Promise", "undefined"})


def values_read(
    project: Project, path: str, facts: FileFacts, edited: Sequence[int]
) -> Iterator[tuple[Code, tuple[int, int]]]:
    """Where each constant is given its value, and the line that reads it; each once."""
    seen: set[tuple[str, int]] = set()
    near = [read for read in facts.reads if touched(edited, read.line, read.line)]
    for read in near[:_READS_MAX]:
        steps = read.name.split(".")
        if steps[0] in _GLOBALS:
            continue
        place = _place(project, path, steps)
        if place is not None and (place.path, place.first) not in seen:
            seen.add((place.path, place.first))
            yield place, (read.line, read.line)


def _place(project: Project, path: str, steps: Sequence[str]) -> Code | None:
    facts = project.head[path]
    if (found := facts.imported(steps[0])) is None:
        return _constant(facts, path, steps[0]) or _static(project, path, steps)
    target = project.resolver.resolve(path, found.module)
    there = project.head.get(target) if target is not None else None
    if target is None or there is None:
        return _static(project, path, steps)
    return _constant(there, target, there.index.exported(found.name)) or _static(project, path, steps)


def _constant(facts: FileFacts, path: str, name: str) -> Code | None:
    for one in facts.index.bound(name, NOWHERE):
        return Code(path, name, one.first, min(one.last, one.first + VALUE_LINES_MAX - 1))
    return None


def _static(project: Project, path: str, steps: Sequence[str]) -> Code | None:
    """A static field of a class, or a member of an enum: `Limits.MAX`."""
    declared = project.declaration(path, steps[0]) if len(steps) > 1 and steps[0][:1].isupper() else None
    if declared is None:
        return None
    item = declared.item
    fields = item.properties if isinstance(item, Class) else item.members
    for one in fields:
        if one.name == steps[1]:
            return Code(declared.path, f"{steps[0]}.{steps[1]}", one.first, min(one.last, one.first + VALUE_LINES_MAX))
    return None
