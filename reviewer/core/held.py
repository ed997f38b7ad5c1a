"""The classes of the objects that the names of a file hold, and the methods behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Class, FileFacts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    found = class_behind(project, path, owner) if owner else None
    return _member(project.head[found[0]], *found, dotted.rpartition(".")[2]) if found is not None else None


def class_behind(project: Project, path: str, name: str) -> tuple[str, Class] | None:
    """The class that a type means in a file, with its own file: itself, or of an interface the only class that says
    it implements it."""
    declared = project.declaration(path, name)
    if declared is None:
        return None
    if isinstance(declared.item, Class):
        return declared.path, declared.item
    known = project.once(_implementing).get((declared.path, declared.item.name), ())
    return known[0] if len(known) == 1 else None


def _member(facts: FileFacts, path: str, item: Class, name: str) -> tuple[str, int] | None:
    """A method of a class, or the function that a field is or that its wrapper is given: `create = caught(async …)`."""
    scopes = facts.index.functions(name)
    own = [one for one in scopes if facts.functions[one].symbol == f"{item.name}.{name}"] or scopes
    if own:
        return (path, own[0]) if len(own) == 1 else None
    given = (one.value for one in item.properties if one.name == name)
    scope = next((_wrapped(value) for value in given if value is not None), -1)
    return (path, scope) if scope >= 0 else None


def _wrapped(value: Expr) -> int:
    """The scope of the last function that a wrapper is given, -1 for none."""
    given = value.parts if value.kind is ExprKind.CALL else ()
    return next((part.scope for part in reversed(given) if part.kind is ExprKind.FUNCTION), -1)


def _implementing(project: Project) -> Mapping[tuple[str, str], list[tuple[str, Class]]]:
    """The classes that implement each interface, by its file and name."""
    found: dict[tuple[str, str], list[tuple[str, Class]]] = {}
    for path, facts in project.head.items():
        for item in facts.classes:
            for name in item.implements:
                said = project.declaration(path, name)
                if said is not None:
                    found.setdefault((said.path, said.item.name), []).append((path, item))
    return found
