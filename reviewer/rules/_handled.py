"""The functions that answer a route, and whether a test calls them itself, without a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Class, FileFacts, Function
from reviewer.core.project import Project
from reviewer.core.routes import Route
from reviewer.rules._asked_paths import is_path, last_step
from reviewer.rules._web_tests import VERBS

COMMON = frozenset(
    ("create", "findall", "findone", "update", "remove", "delete", "get", "list", "index", "find", "save", "handle",
     "getall", "getone", "getbyid", "findbyid", "show", "store", "destroy", "search", "count")
) | VERBS  # fmt: skip
"""Names, in lower case, that every controller has: they do not say which route a test means."""

_DEPTH_MAX = 4
"""Wrappers around a handler that are looked through: `auth(catcher(orders.create.bind(orders)))`."""


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that answers a route: its name, the class or object it belongs to ("" for none), the file it is
    known to stand in ("" for unknown)."""

    owner: str
    name: str
    path: str


class Handled:
    """Which handlers of routes the tests that were read call. Made once for each question to a project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def _users(self) -> Mapping[str, Mapping[str, None]]:
        """The test files that mention each name, in their order."""
        found: dict[str, dict[str, None]] = {}
        for path, facts in self._project.tests.items():
            for name in facts.names:
                found.setdefault(name, {})[path] = None
        return found

    def is_called(self, path: str, route: Route) -> bool:
        """Whether a test calls what answers a route of a file."""
        return any(self.is_used(one) for one in _handlers(self._project, path, route))

    def is_used(self, handler: Handler) -> bool:
        """Whether a test calls a function: as a method of its class, or imported from its file."""
        for test in self._users.get(handler.name, ()) if handler.name else ():
            facts = self._project.tests[test]
            if handler.owner:
                if test in self._users.get(handler.owner, ()) and handler.name in facts.index.once(_called):
                    return True
            elif self._imports(test, facts, handler):
                return True
        return bool(handler.path) and not handler.owner and self._is_default(handler)

    def _imports(self, test: str, facts: FileFacts, handler: Handler) -> bool:
        for item in facts.imports:
            if item.name == handler.name and handler.name.lower() not in COMMON:
                return True  # a barrel may stand between
            if item.name in (handler.name, "*", "default") and handler.path:
                called = item.name == handler.name or handler.name in facts.index.once(_called)
                if called and self._project.resolver.resolve(test, item.module) == handler.path:
                    return True
        return False

    def _is_default(self, handler: Handler) -> bool:
        """Whether a test imports the default export of a file, which is this function, under any name."""
        facts = self._project.head.get(handler.path, FileFacts())
        is_it = any(one.name == "default" and one.local == handler.name for one in facts.exports)
        return is_it and handler.path in self._defaults

    @cached_property
    def _defaults(self) -> frozenset[str]:
        """The files whose default export a test imports."""
        found = (
            self._project.resolver.resolve(path, item.module)
            for path, facts in self._project.tests.items()
            for item in facts.imports
            if item.name == "default"
        )
        return frozenset(path for path in found if path is not None)


_LOOKS = ("expect", "spyOn", "mocked", "mock", "fn")
"""Calls of a test that look at a function they are given, and do not run it."""


def _called(facts: FileFacts) -> frozenset[str]:
    """The names that a test file calls, requests to a path left out, and the methods that it hands to a helper of its
    own: `answer(orders.create, request)`."""
    found = {last_step(call) for call in facts.calls if not (call.args and is_path(call.args[0]))}
    for call in facts.calls:
        if last_step(call) not in _LOOKS:
            found.update(arg.text.rpartition(".")[2] for arg in call.args if arg.kind is ExprKind.MEMBER)
    return frozenset(found)


def _handlers(project: Project, path: str, route: Route) -> Iterator[Handler]:
    """The functions that answer a route, however they are handed to it, as far as they have names."""
    if route.method is not None:
        yield Handler(route.owner.name if route.owner else "", route.method.name, path)
        return
    place = project.handler(path, route)
    if place is not None:
        there = project.head[place[0]]
        function = there.functions[place[1]]
        is_field = isinstance(there.index.declared(_owner(function)), Class)  # `create = caught(async …)`
        name = function.name or (function.symbol.rpartition(".")[2] if is_field else "")
        yield Handler(_owner(function), name, place[0])
    facts = project.head[path]
    for name in _names(facts, route.handler, 0):
        root, _, last = name.rpartition(".")
        if root:
            yield Handler(_type_of(facts, root), last, "")
            continue
        item = facts.imported(name)
        target = project.resolver.resolve(path, item.module) if item is not None else path
        yield Handler("", item.name if item is not None and item.name != "default" else name, target or "")


def _owner(function: Function) -> str:
    """The class, object or factory that a function stands in."""
    return function.symbol.rpartition(".")[0].rpartition(".")[2]


def _names(facts: FileFacts, value: Expr | None, depth: int) -> Iterator[str]:
    """The dotted names that a handler is, or hands the whole request on to."""
    if value is None or depth > _DEPTH_MAX:
        return
    if value.kind in (ExprKind.NAME, ExprKind.MEMBER):
        yield value.text
    elif value.kind is ExprKind.CALL:
        if value.text.endswith(".bind"):
            yield value.text.removesuffix(".bind")
        for part in value.parts:
            yield from _names(facts, part, depth + 1)
    elif value.kind is ExprKind.FUNCTION and value.scope >= 0:
        function = facts.functions[value.scope]
        given = function.params[0].name if function.params else ""
        for call in facts.index.calls((value.scope,)) if given and function.statements <= 1 else ():
            if call.args and call.args[0].kind is ExprKind.NAME and call.args[0].text == given:
                yield call.callee


def _type_of(facts: FileFacts, root: str) -> str:
    """The class that a name of a file has, by its type, or what makes it (`makeOrders()`); else the name itself."""
    name = root.removeprefix("this.")
    for function in facts.functions:
        for param in function.params:
            if param.name == name and param.type.name:
                return param.type.name
    for item in facts.classes:
        for field in item.properties:
            if field.name == name and field.type.name:
                return field.type.name
    made = (one.value for one in facts.bindings if one.name == name)
    return next((value.text for value in made if value.kind in (ExprKind.NEW, ExprKind.CALL)), name)
