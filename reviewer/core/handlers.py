"""Where the function stands that answers a route, however it is passed: in place, by name, imported, bound, wrapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.held import delegated, method_held

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project
    from reviewer.core.routes import Route

_HOPS_MAX = 6
"""Steps from a route to its function: a wrapper, an import, a barrel, a delegate."""

_ARGUMENTS_MAX = 3
"""Arguments of a wrapper that are looked at, the last first: more would branch without end in a stranger's file."""

Place = tuple[str, int]
"""A file and the index of a function in its facts."""


def handler_of(project: Project, path: str, route: Route) -> Place | None:
    """The function that answers a route of a file; None when it was not read, or cannot be told."""
    if route.method is not None:
        return (path, route.method.scope) if route.method.scope >= 0 else None
    return resolve_handler(project, path, route.handler)


_NAMED_KINDS = (ExprKind.CALL, ExprKind.NAME, ExprKind.MEMBER)


def resolve_handler(project: Project, path: str, value: Expr | None) -> Place | None:
    """The file and scope of the function that a route is given, also that of a class whose object the file only
    holds: `container.get(Orders).create`, `this.orders.create`."""
    wrapped = value.parts if value is not None and value.kind is ExprKind.CALL else ()
    for part in reversed(wrapped):  # `asyncHandler(orders.create)`: not the function that `asyncHandler` makes
        method = method_held(project, path, part.text) if part.kind is ExprKind.MEMBER else None
        if method is not None:
            return method
    found = function_of(project, path, value)
    if found is not None:
        return delegated(project, *found) or found
    if value is None or value.kind not in _NAMED_KINDS:
        return None
    named = value
    if named.kind is ExprKind.CALL and not named.text.endswith(".bind"):
        named = next((part for part in named.parts if part.kind in _NAMED_KINDS), named)
    text = named.text.removesuffix(".bind").removesuffix("()")
    return method_held(project, path, text)


def function_of(project: Project, path: str, value: Expr | None, hops: int = _HOPS_MAX) -> Place | None:
    """The function that a value is, or that a wrapper is given: `create`, `orders.create.bind(orders)`,
    `asyncHandler(create)`, `(req, res) => orders.create(req, res)`."""
    facts = project.head.get(path)
    if value is None or facts is None or hops <= 0:
        return None
    if value.kind is ExprKind.FUNCTION:
        return _delegate(project, path, value.scope, hops) or (path, value.scope)
    if value.kind is ExprKind.CALL:
        return _of_call(project, path, value, hops)
    if value.kind in (ExprKind.NAME, ExprKind.MEMBER):
        return _named(project, path, value.text, hops)
    if value.kind is ExprKind.AWAIT and value.parts:
        return function_of(project, path, value.parts[0], hops - 1)
    return None


def _delegate(project: Project, path: str, scope: int, hops: int) -> Place | None:
    """Where a function that only hands the whole request on hands it to."""
    facts = project.head[path]
    function = facts.functions[scope]
    name = function.params[0].name if function.params else ""
    if not name or function.statements > 1:
        return None
    for call in facts.index.calls((scope,)):
        if call.args and call.args[0].kind is ExprKind.NAME and call.args[0].text == name:
            return _named(project, path, call.callee, hops - 1)
    return None


def _of_call(project: Project, path: str, value: Expr, hops: int) -> Place | None:
    if value.text.endswith((".bind", ".bind()")):
        return _named(project, path, value.text.rpartition(".")[0], hops - 1)
    for part in reversed(value.parts[-_ARGUMENTS_MAX:]):
        if part.kind in (ExprKind.FUNCTION, ExprKind.CALL, ExprKind.NAME, ExprKind.MEMBER):
            found = function_of(project, path, part, hops - 1)
            if found is not None:
                return found
    made = _named(project, path, value.text.removesuffix("()"), hops - 1)
    if made is None:
        return None
    inside = project.head[made[0]].index.within(made[1])
    return (made[0], inside[1]) if len(inside) > 1 else made  # `create()`, which makes the handler


def _named(project: Project, path: str, name: str, hops: int) -> Place | None:
    """The function behind a dotted name as a file knows it."""
    facts = project.head.get(path)
    if facts is None or hops <= 0:
        return None
    root, _, rest = name.partition(".")
    last = name.rpartition(".")[2]
    if facts.imported(root) is not None:
        return _imported(project, path, facts, name, hops)
    if root not in ("this", "self") and rest:
        owner = _class_of(facts, root)
        if facts.imported(owner.partition(".")[0]) is not None:
            return _imported(project, path, facts, f"{owner}.{rest}", hops)
        wrapped = _wrapped(facts, root)
        if wrapped:
            return _named(project, path, f"{wrapped}.{rest}", hops - 1)
        return _only(facts, path, last, owner)
    for binding in facts.index.bound(root, NOWHERE) if not rest else ():
        if binding.value.kind in (ExprKind.CALL, ExprKind.NAME, ExprKind.MEMBER):
            return function_of(project, path, binding.value, hops - 1)
    return _only(facts, path, last, "")


def _class_of(facts: FileFacts, root: str) -> str:
    """The class that a constant is an instance of (`const orders = new Orders()`), else the name itself."""
    made = (binding.value for binding in facts.index.bound(root, NOWHERE))
    return next((value.text for value in made if value.kind is ExprKind.NEW), root)


def _wrapped(facts: FileFacts, root: str) -> str:
    """The imported object that a constant wraps: `const orders = withErrors(rawOrders)` has the same methods."""
    for binding in facts.index.bound(root, NOWHERE):
        given = binding.value.parts if binding.value.kind is ExprKind.CALL else ()
        if len(given) == 1 and given[0].kind is ExprKind.NAME and facts.imported(given[0].text) is not None:
            return given[0].text
    return ""


def _imported(project: Project, path: str, facts: FileFacts, name: str, hops: int) -> Place | None:
    root, _, rest = name.partition(".")
    found = facts.imported(root)
    target = project.resolver.resolve(path, found.module) if found else None
    there = project.head.get(target) if target else None
    if found is None or target is None or there is None:
        return None
    local = rest if found.name == "*" else f"{there.index.exported(found.name)}.{rest}".rstrip(".")
    if found.name == "*" or not local.partition(".")[0] or local.startswith("default"):
        place = _only(there, target, local.rpartition(".")[2], "")
    else:
        place = _named(project, target, local.replace("()", ""), hops - 1)
    return place or _re_exported(project, target, there, local, hops)


def _re_exported(project: Project, path: str, facts: FileFacts, name: str, hops: int) -> Place | None:
    """The same through a barrel: `export * from './create'`."""
    root, _, rest = name.partition(".")
    for export in dict.fromkeys(replace(one, line=0) for one in facts.exports) if hops > 0 else ():
        target = project.resolver.resolve(path, export.module) if export.module else None
        if target is not None and export.name in (root, "*") and target in project.head:
            wanted = root if export.name == "*" else export.local
            there = project.head[target]
            local = f"{there.index.exported(wanted)}.{rest}".rstrip(".")
            found = _named(project, target, local, hops - 1) or _re_exported(project, target, there, local, hops - 1)
            if found is not None:
                return found
    return None


def _only(facts: FileFacts, path: str, name: str, owner: str) -> Place | None:
    """The function of that name in a file, in the class or object `owner` where several have it."""
    scopes = facts.index.functions(name)
    if len(scopes) > 1:
        scopes = [scope for scope in scopes if facts.functions[scope].symbol == (f"{owner}.{name}" if owner else name)]
    return (path, scopes[0]) if len(scopes) == 1 else None
