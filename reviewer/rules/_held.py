"""The classes of the objects that the names of a file hold."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import ExprKind
from reviewer.core.facts import Class, FileFacts
from reviewer.core.project import Project


def class_held(facts: FileFacts, name: str) -> str:
    """The class of an object by its name in a file, "" when it cannot be told: `new Orders()`,
    `container.get(Orders)`, a parameter or field of that type."""
    return facts.index.once(_names).get(name.removeprefix("this."), "")


def _names(facts: FileFacts) -> dict[str, str]:
    return dict(_held(facts))


def _held(facts: FileFacts) -> Iterator[tuple[str, str]]:
    for function in facts.functions:
        yield from ((param.name, param.type.name) for param in function.params if param.name and param.type.name)
    for item in facts.classes:
        yield from ((field.name, field.type.name) for field in item.properties if field.type.name)
    for binding in facts.bindings:
        value = binding.value
        if value.kind is ExprKind.NEW:
            yield binding.name.removeprefix("this."), value.text
        elif value.kind is ExprKind.CALL and value.parts and value.parts[0].kind is ExprKind.NAME:
            yield binding.name.removeprefix("this."), value.parts[0].text


def delegated(project: Project, path: str, scope: int) -> tuple[str, int] | None:
    """The method that a handler only hands the whole request to: `(req, res) => orders.create(req, res)`, where
    `orders` is an object whose class is known."""
    facts = project.head[path]
    function = facts.functions[scope]
    name = function.params[0].name if function.params else ""
    if not name or function.statements > 1:
        return None
    calls = [call for call in facts.index.calls((scope,)) if call.args and call.args[0].text == name]
    if len(calls) != 1 or "." not in calls[0].callee:
        return None
    call = calls[0]
    return method_held(project, path, call.callee)


def method_held(project: Project, path: str, dotted: str) -> tuple[str, int] | None:
    """The method behind a dotted name, of the class of the object that a file only holds."""
    owner = class_held(project.head[path], dotted.rpartition(".")[0])
    declared = project.declaration(path, owner) if owner else None
    if declared is None or not isinstance(declared.item, Class):
        return None
    wanted, facts = dotted.rpartition(".")[2], project.head[declared.path]
    scopes = facts.index.functions(wanted)
    own = [one for one in scopes if facts.functions[one].symbol == f"{declared.item.name}.{wanted}"] or scopes
    return (declared.path, own[0]) if len(own) == 1 else None
