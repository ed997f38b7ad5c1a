"""Where a name that is called leads: the function's or method's lines in another file that was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE
from reviewer.core.facts import Class

if TYPE_CHECKING:
    from reviewer.core.facts import Call, FileFacts, TypeDeclaration
    from reviewer.core.project import Project

_HOPS_MAX: Final = 6
"""Re-exports followed from an import to a function."""

_PARENTS_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of a file at head (inclusive), and what stands there."""

    path: str
    name: str
    first: int
    last: int


def receiver_type(facts: FileFacts, call: Call) -> str:
    """The declared type of what a method is called on: `this.orders.create()` → `OrdersService`; "" where none is."""
    steps = call.callee.split(".")
    if steps[0] != "this":
        return facts_type_of(facts, call, steps[0]) if len(steps) == 2 else ""
    if len(steps) != 3:
        return ""
    for item in facts.classes:
        if not item.first <= call.first <= item.last:
            continue
        for one in item.properties:
            if one.name == steps[1]:
                return one.type.name
        for param in item.constructor.params if item.constructor else ():
            if param.name == steps[1]:
                return param.type.name
    return ""


def facts_type_of(facts: FileFacts, call: Call, name: str) -> str:
    """The declared type of a parameter that a call is made on, or the class that a variable is `new` of."""
    for scope in facts.index.around(call.scope):
        if scope == NOWHERE:
            break
        for param in facts.functions[scope].params:
            if param.name == name:
                return param.type.name
        for bound in facts.index.bound(name, scope):
            if bound.value.kind.value == "new":
                return bound.value.text
    return ""


def called(project: Project, path: str, call: Call) -> Code | None:
    """The code that a call runs, as far as it was read: a function, a method of a class, a constructor."""
    facts = project.head[path]
    steps = call.callee.split(".")
    if len(steps) == 1 and not call.is_new:
        return function_of(project, path, steps[0])
    if call.is_new:
        return _member(project, path, steps[-1], "constructor")
    if steps[0] == "this" and len(steps) == 2:
        holder = next((item for item in facts.classes if item.first <= call.first <= item.last), None)
        return _in_class(project, path, holder, steps[1], 0) if holder is not None else None
    owner = receiver_type(facts, call) or (steps[0] if len(steps) == 2 and steps[0][:1].isupper() else "")
    if owner:
        return _member(project, path, owner, steps[-1])
    found = facts.imported(steps[0]) if len(steps) == 2 else None
    if found is None:
        return None
    target = project.resolver.resolve(path, found.module)
    if target is None or target not in project.head:
        return None
    return _own(project.head[target], target, steps[1]) or _in_object(project.head[target], target, steps[1])


def function_of(project: Project, path: str, name: str) -> Code | None:
    """The function that a name means in a file, through imports and re-exports."""
    waiting, seen = [(path, name, True)], set[tuple[str, str]]()
    while waiting and len(seen) < _HOPS_MAX:
        at, wanted, is_local = waiting.pop(0)
        facts = project.head.get(at)
        if facts is None or (at, wanted) in seen:
            continue
        seen.add((at, wanted))
        here = wanted if is_local else facts.index.exported(wanted)
        if (found := _own(facts, at, here)) is not None:
            return found
        if (item := facts.imported(here)) is not None:
            target = project.resolver.resolve(at, item.module)
            waiting += [(target, item.name, False)] if target else []
        for export in facts.exports:
            target = project.resolver.resolve(at, export.module) if export.module else None
            if target is not None and export.name in (wanted, "*"):
                waiting.append((target, wanted if export.name == "*" else export.local, False))
    return None


def _own(facts: FileFacts, path: str, name: str) -> Code | None:
    for scope in facts.index.functions(name):
        function = facts.functions[scope]
        if function.parent == NOWHERE and "." not in function.symbol:
            return Code(path, name, function.first, function.last)
    return None


def _in_object(facts: FileFacts, path: str, name: str) -> Code | None:
    """A function of an object that is exported: `export const orders = { create() {…} }`."""
    for scope in facts.index.functions(name):
        function = facts.functions[scope]
        return Code(path, name, function.first, function.last)
    return None


def _member(project: Project, path: str, owner: str, name: str) -> Code | None:
    declared = project.declaration(path, owner)
    return _in_class(project, declared.path, declared.item, name, 0) if declared is not None else None


def _in_class(project: Project, path: str, item: Class | TypeDeclaration, name: str, depth: int) -> Code | None:
    if not isinstance(item, Class):
        for member in item.members:
            if member.name == name:
                return Code(path, f"{item.name}.{name}", member.first, member.last)
        return None
    bodies = [method for method in item.methods if method.name == name]
    for method in sorted(bodies, key=lambda one: one.scope < 0):
        return Code(path, f"{item.name}.{name}", method.first, method.last)
    if item.extends is not None and depth < _PARENTS_MAX:
        parent = project.declaration(path, item.extends.text)
        if parent is not None:
            return _in_class(project, parent.path, parent.item, name, depth + 1)
    return None
