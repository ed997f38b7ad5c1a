"""Which calls return a promise: by what the called function says of itself, wherever the project declares it."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind, TypeRef
from reviewer.core.facts import Call, Class, FileFacts, Function
from reviewer.core.project import Project
from reviewer.core.routes import original

_HTTP_VERBS = frozenset(("post", "put", "patch", "delete", "get", "request", "head"))
_HOPS_MAX = 3


def returns_promise(project: Project, path: str, facts: FileFacts, call: Call) -> bool:
    """Whether a call is known to return a promise: an async function of the project, `fetch`, axios, `fs/promises`."""
    steps = call.callee.split(".")
    if call.is_new or any(step.endswith(("()", "[]")) for step in steps):
        return False
    if _is_library(facts, call.callee):
        return True
    if steps[0] == "this":
        owner = call.symbol.partition(".")[0]
        if len(steps) == 2:
            return _method_is_async(project, path, owner, steps[1])
        return len(steps) == 3 and _field_is_async(project, path, owner, steps[1], steps[2])
    if len(steps) == 1:
        return _function_is_async(project, path, steps[0], call.scope)
    return len(steps) == 2 and _object_is_async(project, path, facts, call, steps)


def _is_library(facts: FileFacts, callee: str) -> bool:
    if callee == "fetch" and facts.imported("fetch") is None:
        return True
    name, module = original(facts, callee)
    verb = name.rpartition(".")[2]
    if module == "axios":
        return verb in _HTTP_VERBS or name in ("default", "*")
    if module in ("got", "ky", "node-fetch", "undici"):
        return True
    return module in ("fs/promises", "node:fs/promises") or (module in ("fs", "node:fs") and "promises." in name)


def is_async(function: Function) -> bool:
    """Whether a function says that it returns a promise."""
    return function.is_async or _is_promise(function.return_type)


def _is_promise(kind: TypeRef) -> bool:
    return kind.name == "Promise"


def _method_is_async(project: Project, path: str, owner: str, name: str, hops: int = 0) -> bool:
    declared = project.declaration(path, owner)
    if declared is None:
        return False
    item, facts = declared.item, project.head[declared.path]
    if not isinstance(item, Class):
        return any(member.name == name and _is_promise(member.type) for member in item.members)
    for method in item.methods:
        if method.name == name:
            inside = method.scope >= 0 and is_async(facts.functions[method.scope])
            return inside or "async" in method.modifiers or _is_promise(method.return_type)
    if item.extends is not None and hops < _HOPS_MAX:
        return _method_is_async(project, declared.path, item.extends.text, name, hops + 1)
    return False


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


def _field_is_async(project: Project, path: str, owner: str, field: str, name: str) -> bool:
    item = project.head[path].index.declared(owner)
    kind = type_of_field(item, field) if isinstance(item, Class) else None
    return bool(kind and kind.name) and _method_is_async(project, path, kind.name if kind else "", name)


def _function_is_async(project: Project, path: str, name: str, scope: int, hops: int = 0) -> bool:
    facts = project.head.get(path)
    if facts is None or hops > _HOPS_MAX:
        return False
    for around in facts.index.around(scope):
        found = [facts.functions[at] for at in facts.index.functions(name) if facts.functions[at].parent == around]
        free = [function for function in found if function.symbol.rpartition(".")[2] == name]
        free = [function for function in free if "." not in function.symbol or around >= 0]
        if free:
            return is_async(free[-1])
        if around >= 0 and any(param.name == name for param in facts.functions[around].params):
            return False
    imported = facts.imported(name)
    target = project.resolver.resolve(path, imported.module) if imported else None
    if imported is None or target is None or target not in project.head:
        return False
    there = project.head[target]
    local = there.index.exported(imported.name)
    again = next((one for one in there.exports if one.module and one.name == imported.name), None)
    if again is not None:
        further = project.resolver.resolve(target, again.module)
        return bool(further) and _function_is_async(project, further or "", again.local, -1, hops + 1)
    return _function_is_async(project, target, local, -1, hops + 1)


def _object_is_async(project: Project, path: str, facts: FileFacts, call: Call, steps: list[str]) -> bool:
    """`service.create()`, where a local or imported name holds an object of the project, or all of a module."""
    imported = facts.imported(steps[0])
    if imported is not None:
        target = project.resolver.resolve(path, imported.module)
        there = project.head.get(target) if target else None
        if target is None or there is None:
            return False
        if imported.name == "*":
            return _function_is_async(project, target, there.index.exported(steps[1]), -1)
        local = there.index.exported(imported.name)
        return _value_is_async(project, target, local, steps[1], -1)
    return _value_is_async(project, path, steps[0], steps[1], call.scope)


def _value_is_async(project: Project, path: str, name: str, method: str, scope: int) -> bool:
    facts = project.head[path]
    for around in facts.index.around(scope):
        function = facts.functions[around] if around >= 0 else None
        for param in function.params if function else ():
            if param.name == name:
                return bool(param.type.name) and _method_is_async(project, path, param.type.name, method)
        for binding in facts.index.bound(name, around):
            return _is_made_async(project, path, binding.value, name, method)
    return False


def _is_made_async(project: Project, path: str, value: Expr, name: str, method: str) -> bool:
    facts = project.head[path]
    if value.kind is ExprKind.NEW:
        return _method_is_async(project, path, value.text, method)
    if value.kind is not ExprKind.OBJECT:
        return False
    scopes = facts.index.functions(method)
    return any(is_async(facts.functions[at]) for at in scopes if facts.functions[at].symbol == f"{name}.{method}")
