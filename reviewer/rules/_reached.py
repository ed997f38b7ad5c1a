"""What is reached from a function or a file without being named: calls, and functions that are handed over."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.core.routes import Route, handler_scope
from reviewer.core.source_paths import is_production
from reviewer.rules._asked_paths import last_step
from reviewer.rules._handled import COMMON, Handled, Handler

_NAMES = (ExprKind.NAME, ExprKind.MEMBER)

Calls = dict[str, set[str]]
"""The names that functions call or mention, by the name of the function; those at the top of a file by its path."""


def calls_by_function(project: Project) -> Calls:
    """What the functions and files of production call, and which functions they mention. Asked once a project."""
    found: Calls = {}
    for path, facts in project.head.items():
        if not is_production(path):
            continue
        for call in facts.calls:
            found.setdefault(_owner(facts, call.scope, call.symbol) or path, set()).update(_given(call))
        for value, owner in _defaults(facts):
            found.setdefault(owner, set()).add(value.text.rpartition(".")[2])
    return found


def _given(call: Call) -> Iterator[str]:
    """The name that is called, and the names that it is given: `listOrders` of `router.get('/', auth, listOrders)`."""
    yield last_step(call)
    for arg in call.args:
        for value in arg.parts if arg.kind in (ExprKind.ARRAY, ExprKind.OBJECT) else (arg,):
            if value.kind in _NAMES:
                yield value.text.rpartition(".")[2]


def _defaults(facts: FileFacts) -> Iterator[tuple[Expr, str]]:
    """What parameters and fields are when nothing is given, with the function or class they belong to."""
    for at, function in enumerate(facts.functions):
        for param in function.params:
            if param.default is not None and param.default.kind in _NAMES:
                yield param.default, _owner(facts, at, function.symbol)
    for item in facts.classes:
        for field in item.properties:
            if field.value is not None and field.value.kind in _NAMES:
                yield field.value, item.name


def _owner(facts: FileFacts, scope: int, symbol: str) -> str:
    """The function that a place stands in; for the fields and the constructor of a class that class; "" for none."""
    around = (facts.functions[at].name for at in facts.index.around(scope) if at != NOWHERE)
    name = next(filter(None, around), "")
    return name if name and name != "constructor" else symbol.partition(".")[0]


def called_by_tests(project: Project, calls: Calls) -> set[str]:
    """What stands in the functions that tests name, and at the top of the files that they import."""
    named = {name for name in project.names_in_tests & calls.keys() if name.lower() not in COMMON}
    named |= {one.name for one in _common_functions(project) if project.once(Handled).is_used(one)}
    modules = ((path, item.module) for path, facts in project.tests.items() for item in facts.imports)
    files = {project.resolver.resolve(path, module) for path, module in modules}
    return {inner for name in named | files if name is not None for inner in calls.get(name, ())}


def _common_functions(project: Project) -> Iterator[Handler]:
    """The functions of production whose name many have, with their class: `list` of `OrdersService`."""
    for path, facts in project.head.items():
        for function in facts.functions if is_production(path) else ():
            if function.name.lower() in COMMON:
                yield Handler(function.symbol.rpartition(".")[0].rpartition(".")[2], function.name, path)


def called_by_route(facts: FileFacts, route: Route) -> set[str]:
    """What a route's handler calls, what stands in front of it, and the name of the handler where that is written
    elsewhere."""
    scope = route.method.scope if route.method is not None else handler_scope(route.handler)
    names = {last_step(call) for call in facts.index.calls(facts.index.within(scope))} if scope >= 0 else set()
    given = (*_named(route.handler), *route.middleware)
    listed = (part for value in given if value.kind is ExprKind.NAME for part in _bound(facts, value.text))
    return names | {value.text.rpartition(".")[2] for value in (*given, *listed) if value.text}


def _bound(facts: FileFacts, name: str) -> Iterator[Expr]:
    """What a list of middleware holds that has a name of its own: `const adminOnly = [isSignedIn, isAdmin]`."""
    for binding in facts.bindings:
        if binding.name == name and binding.value.kind in (ExprKind.ARRAY, ExprKind.CALL):
            yield from binding.value.parts


def _named(handler: Expr | None) -> Iterator[Expr]:
    if handler is not None:
        yield handler
        yield from handler.parts
