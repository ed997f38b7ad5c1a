"""Who calls a function of the project, and with what: for data that takes one step from a handler to a service.

Calls are matched by what the names mean (imports, injected types, the class itself), never by the name alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from reviewer.core.facts import BindingKind, Class, FunctionKind, TypeDeclaration
from reviewer.core.source_paths import is_production
from reviewer.rules._code import Code, function_named
from reviewer.rules._taint_roles import handler_place
from reviewer.rules._unlooked import Unlooked

if TYPE_CHECKING:
    from reviewer.core.expr import Expr
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_CALLERS_MAX: Final = 12
"""Calls of one function that are looked at; one that everybody calls is not one step from a handler."""


_NAMES_MAX: Final = 5
"""Names of one type that are looked at."""

_CANDIDATES_MAX: Final = 200
"""Calls by the same name that are looked at; a stranger's file may hold any number."""


class Place(NamedTuple):
    """A function of the project: its file and its index there."""

    path: str
    scope: int


class Callers:
    """Calls and routes of a project by the function they lead to, made on first use."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._members = MemberTypes()
        self._classes: dict[tuple[str, str], tuple[str, str] | None] = {}
        self._makers: dict[tuple[str, str], Code | None] = {}

    @cached_property
    def _calls(self) -> dict[str, list[tuple[str, Call]]]:
        found: dict[str, list[tuple[str, Call]]] = defaultdict(list)
        for path, facts in self._project.head.items():
            if is_production(path):
                for call in facts.calls:
                    if call.args:
                        found[call.callee.rpartition(".")[2]].append((path, call))
        return found

    @cached_property
    def middleware(self) -> dict[Place, tuple[tuple[str, Expr], ...]]:
        """What stands in front of the handlers of routers: each with the file it is written in."""
        found: dict[Place, tuple[tuple[str, Expr], ...]] = {}
        for path, routes in self._project.routes.items():
            for route in routes:
                place = handler_place(self._project, path, route) if route.middleware else None
                if place is not None:
                    found[Place(*place)] = tuple((path, value) for value in route.middleware)
        return found

    def of(self, place: Place) -> Iterator[tuple[str, Call]]:
        """The calls that surely lead to a function of the project."""
        facts = self._project.head[place.path]
        function = facts.functions[place.scope]
        if not function.name or function.name == "constructor":
            return
        owner = _owner(facts, place.scope)
        named = self._calls.get(function.name, [])
        imported = self._calls.get("default", []) if not owner else []
        found = 0
        if max(len(named), len(imported)) > _CANDIDATES_MAX:
            reason = f"of the calls of `{function.name}` they followed the first {_CANDIDATES_MAX} alone"
            self._project.once(Unlooked).note("security rules", reason)
        for path, call in (*named[:_CANDIDATES_MAX], *imported[:_CANDIDATES_MAX]):
            if found < _CALLERS_MAX and self._leads_to(path, call, place, owner, function.name):
                found += 1
                yield path, call

    def _leads_to(self, path: str, call: Call, place: Place, owner: str, name: str) -> bool:
        root, *steps = call.callee.split(".")
        if not steps:  # `send(…)`
            return not owner and self._means(path, root, place, name)
        if call.receiver is not None and "()" in call.callee:
            return False
        if root == "this" and len(steps) == 1:
            return path == place.path and bool(owner) and call.symbol.partition(".")[0] == owner
        prop = steps[0] if root == "this" else root
        if len(steps) != (2 if root == "this" else 1):
            return False
        if root != "this" and self._project.imported_path(path, root) == place.path:
            return True  # an object, a namespace or a class of that file
        type_name = self._type_of(path, call, prop)
        if not type_name:
            return False
        if (owner and self._class_of(path, type_name) == (place.path, owner)) or self._fulfils(path, type_name, place):
            return True
        made = self._maker(path, type_name)
        if made is None or made.path != place.path or made.scope == place.scope:
            return False
        return made.scope in self._project.head[place.path].index.around(place.scope)  # of what a function makes

    def _maker(self, path: str, type_name: str) -> Code | None:
        """The function that makes what a type means: by its own name, or behind `type X = ReturnType<typeof make>`."""
        key = (path, type_name)
        if key not in self._makers:
            self._makers[key] = self._maker_of(path, type_name)
        return self._makers[key]

    def _maker_of(self, path: str, type_name: str) -> Code | None:
        said = self._project.declaration(path, type_name)
        if said is not None and isinstance(said.item, TypeDeclaration):
            names = (name for name in said.item.names[:_NAMES_MAX] if name != "ReturnType")
            return next((made for one in names if (made := function_named(self._project, said.path, one))), None)
        return function_named(self._project, path, type_name)

    def _fulfils(self, path: str, type_name: str, place: Place) -> bool:
        """Whether a type is an interface that the class of a method says it implements."""
        facts = self._project.head[place.path]
        item = facts.index.declared(_owner(facts, place.scope))
        if not isinstance(item, Class) or not item.implements:
            return False
        wanted = self._project.declaration(path, type_name)
        said = (self._project.declaration(place.path, name) for name in item.implements)
        return wanted is not None and any(one is not None and one.item is wanted.item for one in said)

    def _class_of(self, path: str, type_name: str) -> tuple[str, str] | None:
        """File and name of the class that a type means in a file."""
        key = (path, type_name)
        if key not in self._classes:
            found = self._project.declaration(path, type_name)
            is_class = found is not None and isinstance(found.item, Class)
            self._classes[key] = (found.path, found.item.name) if found is not None and is_class else None
        return self._classes[key]

    def _means(self, path: str, local: str, place: Place, name: str) -> bool:
        if path == place.path:
            return local == name and self._project.head[path].imported(local) is None
        found = self._project.head[path].imported(local)
        if found is None or self._project.imported_path(path, local) != place.path:
            return False
        return self._project.head[place.path].index.exported(found.name) == name

    def _type_of(self, path: str, call: Call, prop: str) -> str:
        """The class an injected or made object has: from the constructor, a property, or `new X()`."""
        facts = self._project.head[path]
        typed = self._members.of(facts, call.symbol).get(prop, "")
        if typed:
            return typed
        for around in facts.index.around(call.scope):
            for binding in facts.index.bound(prop, around):
                if binding.kind not in (BindingKind.PAIR, BindingKind.PROPERTY):
                    return binding.value.text
            for param in facts.functions[around].params if around >= 0 else ():
                if param.name == prop:
                    return meant(param.type.text)
        return ""


_WRAPPERS: Final = ("Pick<", "Omit<", "Partial<", "Readonly<", "Required<", "ReturnType<", "InstanceType<", "Awaited<",
                    "NonNullable<", "Promise<", "typeof ")  # fmt: skip
_TYPE_ENDS: Final = ",<>|&[ "


def meant(text: str) -> str:
    """The name a type is about: `stockRepo` of `Pick<ReturnType<typeof stockRepo>, 'list'>`."""
    found = next((one for one in _WRAPPERS if text.startswith(one)), "")
    for _ in range(len(_WRAPPERS)):
        text = text.removeprefix(found).strip()
        found = next((one for one in _WRAPPERS if text.startswith(one)), "")
    return text[: next((at for at, char in enumerate(text) if char in _TYPE_ENDS), len(text))]


class MemberTypes:
    """The types of the properties and constructor parameters of classes, each class read once."""

    def __init__(self) -> None:
        self._types: dict[tuple[int, str], dict[str, str]] = {}

    def of(self, facts: FileFacts, symbol: str) -> dict[str, str]:
        """By name, for the class that a symbol is in; "" where a property says none."""
        name = symbol.partition(".")[0]
        key = (id(facts), name)
        if key not in self._types:
            item = facts.index.declared(name)
            types: dict[str, str] = {}
            if isinstance(item, Class):
                given = item.constructor.params if item.constructor else ()
                typed = [*((one.name, one.type) for one in item.properties), *((one.name, one.type) for one in given)]
                types = {name: meant(said.text or said.name) for name, said in typed}
            self._types[key] = types
        return self._types[key]


def _owner(facts: FileFacts, scope: int) -> str:
    """The class a function is a method of, "" for none."""
    function = facts.functions[scope]
    owner, _, _ = function.symbol.rpartition(".")
    is_method = function.kind is FunctionKind.METHOD or isinstance(facts.index.declared(owner), Class)
    return owner.rpartition(".")[2] if is_method and owner else ""
