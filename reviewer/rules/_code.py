"""The function behind a route, and the functions of the project that it calls."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Call, Class, FileFacts, FunctionKind, Method
from reviewer.core.handlers import resolve_handler
from reviewer.core.held import class_behind
from reviewer.core.project import Project
from reviewer.core.routes import Route, handler_scope
from reviewer.rules._props import type_in_props

_NAMED = (ExprKind.NAME, ExprKind.MEMBER)
_REEXPORTS_MAX = 4


@dataclass(frozen=True, slots=True)
class Code:
    """A function of the project: its file and its scope there. `owner` is its class, if it is a method."""

    path: str
    scope: int
    owner: Class | None = None


def handler(project: Project, path: str, route: Route) -> Code | None:
    """The function that serves a route: a controller's method, one written in place, or one named elsewhere."""
    if route.method is not None:
        return Code(path, route.method.scope, route.owner) if route.method.scope >= 0 else None
    scope = handler_scope(route.handler)
    if scope >= 0:
        return Code(path, scope, _owner(project.head[path], scope))
    named = route.handler
    if named is not None and named.kind is ExprKind.CALL:  # `asyncHandler(create)`, `orders.list.bind(orders)`
        if named.text.endswith(".bind"):
            return function_named(project, path, named.text.removesuffix(".bind"))
        inner = next((part for part in named.parts if part.kind is ExprKind.CALL), None)
        named = inner or named  # `asyncHandler(create())`
        given = next((part for part in named.parts if part.kind in _NAMED), None)
        if given is None:
            return _made(project, function_named(project, path, named.text))
        named = given
    found = function_named(project, path, named.text) if named is not None and named.kind in _NAMED else None
    return found or _held(project, path, route)


def _held(project: Project, path: str, route: Route) -> Code | None:
    """The method of an object that the file only holds: `(orders: Orders) => router.get('/', orders.list)`."""
    place = resolve_handler(project, path, route.handler)
    if place is None:
        return None
    facts = project.head[place[0]]
    first = facts.functions[place[1]].first
    return Code(*place, next((item for item in facts.classes if item.first <= first <= item.last), None))


def _owner(facts: FileFacts, scope: int) -> Class | None:
    """The class whose method a handler is: a decorated one of Express's."""
    is_method = facts.functions[scope].kind is FunctionKind.METHOD
    owners = (item for item in facts.classes if any(one.scope == scope for one in item.methods))
    return next(owners, None) if is_method else None


def _made(project: Project, maker: Code | None) -> Code | None:
    """The handler that a function of the project makes: `list()` for `const list = () => (req, res) => …`."""
    if maker is None:
        return None
    facts = project.head[maker.path]
    inner = [scope for scope in facts.index.within(maker.scope) if facts.functions[scope].parent == maker.scope]
    made = [
        scope for scope in inner if len(facts.functions[scope].params) >= 2 and not facts.functions[scope].passed_to
    ]
    return Code(maker.path, made[0]) if len(made) == 1 else None


def function_named(project: Project, path: str, dotted: str, depth: int = 0) -> Code | None:
    """The one function a dotted name means in a file (`create`, `orders.create`), through imports and re-exports.

    None where it is ambiguous, of a library, or in a file that was not read.
    """
    facts = project.head.get(path)
    if facts is None or "[]" in dotted or "()" in dotted or depth > _REEXPORTS_MAX:
        return None
    root, _, rest = dotted.partition(".")
    found = facts.imported(root)
    if found is None:
        return _here(project, path, facts, dotted)
    target = project.resolver.resolve(path, found.module)
    if target is None or target not in project.head:
        return None
    if found.name in ("*", "default"):
        return _here(project, target, project.head[target], rest or root, is_default=not rest)
    wanted = f"{found.name}.{rest}" if rest else found.name
    return _exported(project, target, wanted, depth)


def _exported(project: Project, path: str, wanted: str, depth: int) -> Code | None:
    facts = project.head[path]
    here = _here(project, path, facts, wanted)
    if here is not None:
        return here
    root = wanted.partition(".")[0]
    for export in dict.fromkeys(replace(one, line=0) for one in facts.exports):
        if export.module and export.name in (root, "*"):
            target = project.resolver.resolve(path, export.module)
            if target is not None and target in project.head and depth < _REEXPORTS_MAX:
                found = _exported(project, target, wanted, depth + 1)
                if found is not None:
                    return found
    return None


def _here(project: Project, path: str, facts: FileFacts, dotted: str, is_default: bool = False) -> Code | None:
    """A function of the file: by its name; for `a.b` by the last name, if the class behind `a` has it or only one is
    called so."""
    owner, _, name = dotted.rpartition(".")
    if is_default:
        name = next((export.local for export in facts.exports if export.name == "default"), name)
    found = instance_of(project, path, owner.removeprefix("this.")) if owner not in ("", "this") else None
    if found is not None:
        return _method(found[0], found[1], name)
    scopes = [scope for scope in facts.index.functions(name) if owner or "." not in facts.functions[scope].symbol]
    if not scopes:
        wrapped = [handler_scope(one.value) for one in facts.index.bound(name, NOWHERE)]  # `asyncHandler(async …)`
        scopes = [scope for scope in wrapped if scope >= 0]
    return Code(path, scopes[0]) if len(scopes) == 1 else None


def instance_of(project: Project, path: str, name: str) -> tuple[str, Class] | None:
    """The class a name is in a file: itself (static methods), or what `const name = new Class()` made; with its
    file."""
    facts = project.head[path]
    made = next((one.value.text for one in facts.index.bound(name, NOWHERE) if one.value.kind is ExprKind.NEW), name)
    declared = project.declaration(path, made)
    return (declared.path, declared.item) if declared is not None and isinstance(declared.item, Class) else None


def called(project: Project, code: Code, call: Call) -> Code | None:
    """The function of the project that a call in `code` runs: `this.orders.create()` by the injected type, else by
    name."""
    steps = call.callee.split(".")
    if code.owner is not None and steps[0] == "this" and len(steps) in (2, 3):
        if len(steps) == 2:
            return _method(code.path, code.owner, steps[1])
        wanted = collaborator(code.owner, steps[1])
        given = None if wanted else type_in_props(project, code.path, code.owner, steps[1])
        path, wanted = (given[0], given[1].name) if given is not None else (code.path, wanted)
        found = class_behind(project, path, wanted) if wanted else None
        return _method(*found, steps[2]) if found is not None else None
    return function_named(project, code.path, call.callee)


def collaborator(owner: Class, name: str) -> str:
    """The type's name of what a class holds under a name, by its constructor or its fields; "" when it says none."""
    constructor = owner.constructor
    for param in constructor.params if constructor else ():
        if param.name == name and param.is_property:
            return param.type.name
    return next((field.type.name for field in owner.properties if field.name == name), "")


def _method(path: str, item: Class, name: str) -> Code | None:
    found: Method | None = next((one for one in item.methods if one.name == name and one.scope >= 0), None)
    return Code(path, found.scope, item) if found is not None else None


class Decisions:
    """What functions decide: the tests of their conditions, and which throw outside of a catch; once for each file."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._tests: dict[str, dict[int, list[Expr]]] = {}
        self._throws: dict[str, frozenset[int]] = {}

    def tests(self, code: Code) -> list[Expr]:
        """The tests of a function's own conditions."""
        if code.path not in self._tests:
            found: dict[int, list[Expr]] = {}
            for one in self._project.head[code.path].conditions:
                found.setdefault(one.scope, []).append(one.test)
            self._tests[code.path] = found
        return self._tests[code.path].get(code.scope, [])

    def throws(self, code: Code) -> bool:
        """Whether a function throws by itself, outside of a catch."""
        if code.path not in self._throws:
            throws = self._project.head[code.path].throws
            self._throws[code.path] = frozenset(one.scope for one in throws if one.catch == NOWHERE)
        return code.scope in self._throws[code.path]
