"""Routes that a project's own list leaves out: of Fastify plugins typed by a type provider, whose parameter has no type
itself, of Koa's routers, and handlers that the change adds and that only its tests mount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts, Function
from reviewer.core.project import Project
from reviewer.core.router_routes import VERBS, router_routes
from reviewer.core.routes import Route, original
from reviewer.core.source_paths import is_production
from reviewer.rules._request import request_name

_PARAMS = frozenset(("fastify", "app", "server", "instance", "api", "scope", "f"))
_KOA_ROUTERS = frozenset(("@koa/router", "koa-router"))
_KOA_CONTEXTS = frozenset(("Context", "ParameterizedContext", "RouterContext", "Koa.Context", "DefaultContext"))
_TAKES_CONTEXT = (("ctx",), ("ctx", "next"), ("context", "next"))
_PARAMS_MAX = 3
"""A handler takes at most request, response and next; with four it is Express's error middleware."""


def all_routes(project: Project) -> Mapping[str, tuple[Route, ...]]:
    """The routes by path, those that the project's own list leaves out too; made once."""
    return project.once(_all_routes)


def _all_routes(project: Project) -> Mapping[str, tuple[Route, ...]]:
    found = dict(project.routes)
    for path, facts in project.head.items():
        names = _names(project, path) if is_production(path) else frozenset()
        said = {route.symbol for route in found.get(path, ())}
        fresh = tuple(one for one in _more(facts, names) if one.symbol not in said) if names else ()
        if fresh:
            found[path] = (*found.get(path, ()), *fresh)
    return found


def new_routes(project: Project, path: str) -> tuple[Route, ...]:
    """The routes that the change gave a file, those that the project's own list leaves out too; each once."""
    known = project.new_routes(path)
    names = _names(project, path)
    if not names:
        return known
    said = {route.symbol for route in (*known, *router_routes(project.before(path), names))}
    fresh = {route.symbol: route for route in _more(project.head[path], names) if route.symbol not in said}
    return (*known, *(one for one in fresh.values() if project.wrote(path, one.first, one.last)))


def routes_before(project: Project, path: str) -> tuple[Route, ...]:
    """The routes that a file of the change had, also where nothing of it is left that says what holds a router."""
    facts = project.before(path)
    names = _names(project, path) | frozenset((*_plugin_params(facts), *_koa_routers(facts), *_by_context(facts)))
    return (*project.routes_before(path), *router_routes(facts, names))


def names_of_routers(project: Project, path: str) -> frozenset[str]:
    """All names that hold a router in a file."""
    return project.router_names(path) | _names(project, path)


def _names(project: Project, path: str) -> frozenset[str]:
    facts = project.head[path]
    found = (*_plugin_params(facts), *_koa_routers(facts), *facts.index.once(_by_context))
    return frozenset(found) - project.router_names(path)


def _more(facts: FileFacts, names: frozenset[str]) -> Iterator[Route]:
    """The routes on those names, each with what `use` gives its router as middleware in front."""
    used: dict[str, list[Expr]] = {}
    for call in facts.calls:
        root, _, verb = call.callee.rpartition(".")
        if verb == "use" and root in names:
            used.setdefault(root, []).extend(call.args)
    for route in router_routes(facts, names):
        yield replace(route, middleware=(*used.get(route.router, ()), *route.middleware))


def _plugin_params(facts: FileFacts) -> Iterator[str]:
    """`app` of `const plugin: FastifyPluginAsyncTypebox = async (app) => …`."""
    if not any(item.module.startswith(("@fastify/", "fastify")) for item in facts.imports):
        return
    for function in facts.functions:
        first = function.params[0] if function.params else None
        if first is not None and not first.type.text and first.name in _PARAMS:
            yield first.name


def _koa_routers(facts: FileFacts) -> Iterator[str]:
    """`router` of `const router = new Router({ prefix })`, and of a parameter or field of that type."""
    if not any(item.module in _KOA_ROUTERS for item in facts.imports):
        return
    for binding in facts.bindings:
        if binding.value.kind in (ExprKind.NEW, ExprKind.CALL) and _is_koa(facts, binding.value.text):
            yield from (binding.name, "this." + binding.name.removeprefix("this."))
    for function in facts.functions:
        yield from (param.name for param in function.params if _is_koa(facts, param.type.name))
    for item in facts.classes:
        yield from (f"this.{field.name}" for field in item.properties if _is_koa(facts, field.type.name))


def _by_context(facts: FileFacts) -> frozenset[str]:
    """`router` that a file is given with a type of the project's own, known by what it hands over: a path, and a
    function of Koa's context and the next one."""
    return frozenset(
        root
        for call in facts.calls
        for root, _, verb in (call.callee.rpartition("."),)
        if verb in VERBS and root.rpartition(".")[2].lower().endswith("router") and _answers_context(facts, call)
    )


def _answers_context(facts: FileFacts, call: Call) -> bool:
    last = call.args[-1] if len(call.args) > 1 else None
    is_path = bool(call.args) and call.args[0].kind is ExprKind.STRING and call.args[0].text.startswith("/")
    if last is None or last.scope < 0 or not is_path:
        return False
    return tuple(param.name for param in facts.functions[last.scope].params) in _TAKES_CONTEXT


def _is_koa(facts: FileFacts, name: str) -> bool:
    return bool(name) and original(facts, name)[1] in _KOA_ROUTERS


# --------------------------------------------------------------------------------------------------- not yet mounted


def unmounted(project: Project) -> Iterator[tuple[str, int, Route]]:
    """Handlers that the change adds and that no code that was read mounts, with a route called like each: what is new
    can only be mounted by what the change touches, so nothing stands in front of it."""
    imported = project.once(_imported)
    for file, facts in project.production:
        if file.path in imported:
            continue
        for scope, function in enumerate(facts.functions):
            is_new = bool(function.name) and not project.had_function(file.path, function.symbol)
            if is_new and _is_handler(facts, function) and not _is_given(facts, function.name):
                span = function.first, function.last, function.first
                yield file.path, scope, Route("ALL", "", function.symbol, *span)


def _imported(project: Project) -> frozenset[str]:
    """The files that other files of production import."""
    found = (
        project.resolver.resolve(path, item.module)
        for path, facts in project.head.items()
        if is_production(path)
        for item in facts.imports
    )
    return frozenset(target for target in found if target is not None)


def _is_handler(facts: FileFacts, function: Function) -> bool:
    """Whether a function outside of others takes a request: Express's, by what the file imports, or Koa's context."""
    if function.parent >= 0 or not 1 <= len(function.params) <= _PARAMS_MAX:
        return False
    first = function.params[0].type.name
    if first in _KOA_CONTEXTS and original(facts, first)[1] in ("koa", *_KOA_ROUTERS):
        return True
    return bool(request_name(function)) and any(item.module == "express" for item in facts.imports)


def _is_given(facts: FileFacts, name: str) -> bool:
    """Whether the file itself hands the function to something: a router, or a wrapper that may check."""
    return name in facts.index.once(_given)


def _given(facts: FileFacts) -> frozenset[str]:
    """The last names of everything that a file hands to calls."""
    return frozenset(arg.text.rpartition(".")[2] for call in facts.calls for arg in call.args)
