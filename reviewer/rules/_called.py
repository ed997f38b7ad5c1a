"""The function of the project that a call runs: a method of a field, an imported helper, an object's member."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.core.expr import NOWHERE, Expr, ExprKind, TypeRef
from reviewer.core.facts import Call, Class, FileFacts, Function, FunctionKind
from reviewer.core.held import class_behind
from reviewer.core.project import Project

_HOPS_MAX = 3
"""Parents and re-exports followed from a name to the function."""


@dataclass(frozen=True, slots=True)
class Called:
    """A function of the project. `scope` is NOWHERE where it has no body: a method of an interface."""

    path: str
    scope: int
    is_async: bool


def called(project: Project, path: str, call: Call) -> Called | None:
    """The function that a call runs; None where it was not read, or cannot be told."""
    steps = call.callee.split(".")
    if call.is_new or any(step.endswith(("()", "[]")) for step in steps):
        return None
    if steps[0] == "this":
        owner = call.symbol.partition(".")[0]
        if len(steps) == 2:
            return _method(project, path, owner, steps[1])
        return _of_field(project, path, owner, steps[1], steps[2]) if len(steps) == 3 else None
    if len(steps) == 1:
        return _function(project, path, steps[0], call.scope)
    return _of_object(project, path, call, steps) if len(steps) == 2 else None


def type_of_field(item: Class, field: str) -> TypeRef | None:
    """The type a class gives to one of its fields, by constructor injection or declaration."""
    constructor = item.constructor
    for param in constructor.params if constructor else ():
        if param.name == field:
            return param.type
    found = next((one for one in item.properties if one.name == field), None)
    if found is not None and not found.type.name and found.value is not None and found.value.kind is ExprKind.NEW:
        return TypeRef(name=found.value.text)
    return found.type if found is not None else None


def is_async(function: Function) -> bool:
    """Whether a function says that it returns a promise."""
    return function.is_async or _is_promise(function.return_type)


def _is_promise(kind: TypeRef) -> bool:
    return kind.name == "Promise"


def _method(project: Project, path: str, owner: str, name: str, hops: int = 0) -> Called | None:
    declared = project.declaration(path, owner)
    if declared is None:
        return None
    item, at = declared.item, declared.path
    behind = class_behind(project, path, owner) if not isinstance(item, Class) else None
    if behind is not None and any(one.name == name and one.scope >= 0 for one in behind[1].methods):
        at, item = behind
    facts = project.head[at]
    if not isinstance(item, Class):
        member = next((one for one in item.members if one.name == name), None)
        if member is None and "ReturnType" in item.names:
            return _of_factory(project, declared.path, item.names[-1], name)
        return Called(declared.path, NOWHERE, _is_promise(member.type)) if member is not None else None
    for method in item.methods:
        if method.name == name:
            inside = method.scope >= 0 and is_async(facts.functions[method.scope])
            says = inside or "async" in method.modifiers or _is_promise(method.return_type)
            return Called(at, method.scope, says)
    if item.extends is not None and hops < _HOPS_MAX:
        return _method(project, at, item.extends.text, name, hops + 1)
    return None


def _of_factory(project: Project, path: str, factory: str, name: str) -> Called | None:
    """A function of the object that a function makes: `const orders = (db) => ({ find() { … } })`."""
    made = _function(project, path, factory, NOWHERE)
    if made is None or made.scope == NOWHERE:
        return None
    facts = project.head[made.path]
    inside = (at for at in facts.index.functions(name) if facts.functions[at].parent == made.scope)
    scope = next(inside, NOWHERE)
    return Called(made.path, scope, is_async(facts.functions[scope])) if scope >= 0 else None


def _of_field(project: Project, path: str, owner: str, field: str, name: str) -> Called | None:
    item = project.head[path].index.declared(owner)
    kind = type_of_field(item, field) if isinstance(item, Class) else None
    return _method(project, path, kind.name, name) if kind is not None and kind.name else None


def _function(project: Project, path: str, name: str, scope: int, hops: int = 0) -> Called | None:
    facts = project.head.get(path)
    if facts is None or hops > _HOPS_MAX:
        return None
    for around in facts.index.around(scope):
        free = facts.index.once(_free).get((name, around))
        if free is not None:
            return Called(path, free, is_async(facts.functions[free]))
        if around >= 0 and any(param.name == name for param in facts.functions[around].params):
            return None
    imported = facts.imported(name)
    target = project.resolver.resolve(path, imported.module) if imported else None
    return _exported(project, target, imported.name, hops) if imported is not None and target is not None else None


def _free(facts: FileFacts) -> dict[tuple[str, int], int]:
    """The functions that a bare name can mean, by that name and the scope around them: of several the last."""
    return {
        (function.name, function.parent): at
        for at, function in enumerate(facts.functions)
        if function.symbol.rpartition(".")[2] == function.name and ("." not in function.symbol or function.parent >= 0)
    }


def _exported(project: Project, path: str, name: str, hops: int) -> Called | None:
    """The function that a file exports under a name, itself or from another file."""
    facts = project.head.get(path)
    if facts is None:
        return None
    found = _function(project, path, facts.index.exported(name), NOWHERE, hops + 1)
    passed_on = (one for one in facts.exports if one.module and one.name in (name, "*")) if found is None else ()
    for again in passed_on:
        further = project.resolver.resolve(path, again.module)
        wanted = name if again.local == "*" or again.name == "*" else again.local
        found = _exported(project, further, wanted, hops + 1) if further and hops < _HOPS_MAX else None
        if found is not None:
            break
    return found


def _of_object(project: Project, path: str, call: Call, steps: list[str]) -> Called | None:
    """`service.create()`, where a local or imported name holds an object of the project, or all of a module."""
    imported = project.head[path].imported(steps[0])
    if imported is None:
        return _of_value(project, path, steps, call.scope)
    target = project.resolver.resolve(path, imported.module)
    there = project.head.get(target) if target else None
    if target is None or there is None:
        return None
    if imported.name == "*":
        return _exported(project, target, steps[1], 0)
    return _of_value(project, target, [there.index.exported(imported.name), steps[1]], NOWHERE)


def _of_value(project: Project, path: str, steps: list[str], scope: int) -> Called | None:
    name, method = steps
    facts = project.head[path]
    for around in facts.index.around(scope):
        function = facts.functions[around] if around >= 0 else None
        for param in function.params if function else ():
            if param.name == name:
                return _method(project, path, param.type.name, method) if param.type.name else None
        for binding in facts.index.bound(name, around):
            return _of_made(project, path, binding.value, steps)
    return _method(project, path, name, method) if name[:1].isupper() else None


def _of_made(project: Project, path: str, value: Expr, steps: list[str]) -> Called | None:
    method = steps[1]
    facts = project.head[path]
    if value.kind is ExprKind.NEW:
        return _method(project, path, value.text, method)
    if value.kind is ExprKind.CALL and "." not in value.text:
        return _of_factory(project, path, value.text, method)
    if value.kind is not ExprKind.OBJECT:
        return None
    if method in value.keys:
        given = value.parts[value.keys.index(method)]
        if given.kind is ExprKind.NAME:
            return _function(project, path, given.text, NOWHERE)
        if given.kind is ExprKind.FUNCTION and given.scope >= 0:
            return Called(path, given.scope, is_async(facts.functions[given.scope]))
    inside = (at for at in facts.index.functions(method) if facts.functions[at].kind is FunctionKind.METHOD)
    scope = next((at for at in inside if value.first <= facts.functions[at].first <= value.last), NOWHERE)
    return Called(path, scope, is_async(facts.functions[scope])) if scope >= 0 else None
