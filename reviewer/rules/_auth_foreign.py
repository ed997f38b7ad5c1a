"""Routers that are none of Express, Fastify and Hapi, as far as their guards go; and procedures of tRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import ExprKind
from reviewer.core.router_routes import router_routes
from reviewer.core.routes import Route, original
from reviewer.rules._auth import step, words
from reviewer.rules._auth_classes import Lack
from reviewer.rules._auth_forbidding import forbidding
from reviewer.rules._auth_guards import AUTH_WORDS
from reviewer.rules._auth_open import is_open_route
from reviewer.rules._auth_refusing import refusing
from reviewer.rules._auth_routers import Gate, gates_of
from reviewer.rules._plugin_routes import all_routes, new_routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.expr import Expr
    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project

_MODULES: Final = frozenset(("koa-joi-router", "hono", "@hono/zod-openapi", "elysia"))
_BESIDE_MIN: Final = 2
_SHARE: Final = 0.8


def new_gates(project: Project, path: str, facts: FileFacts) -> tuple[tuple[Gate, ...], frozenset[str]]:
    """The routes of all routers in a file with their guards, and the symbols of those that the change added."""
    foreign = _routes(facts)
    routes = (*all_routes(project).get(path, ()), *foreign)
    if not routes:
        return (), frozenset()
    before = {route.symbol for route in _routes(project.before(path))}
    new = {route.symbol for route in new_routes(project, path)}
    new |= {one.symbol for one in foreign if one.symbol not in before and project.wrote(path, one.first, one.last)}
    return gates_of(routes, facts, refusing(project, path) | forbidding(project, path)), frozenset(new)


def _routes(facts: FileFacts) -> tuple[Route, ...]:
    if not facts.index.modules & _MODULES:
        return ()
    names = frozenset(
        binding.name
        for binding in facts.bindings
        if binding.value.kind in (ExprKind.NEW, ExprKind.CALL) and original(facts, binding.value.text)[1] in _MODULES
    )
    return tuple(router_routes(facts, names)) if names else ()


def procedure_lacks(project: Project) -> Iterator[Lack]:
    """New mutations of tRPC on a procedure that asks nobody, where those beside them are on one that does."""
    for file, facts in project.production:
        every = _mutations(facts)
        if len(every) <= _BESIDE_MIN:
            continue
        before = {name for name, _, _ in _mutations(project.before(file.path))}
        beside = [root for name, root, _ in every if name in before or not before]
        asking = [root for root in beside if _asks(root)]
        if len(asking) < _BESIDE_MIN or len(asking) < _SHARE * len(beside):
            continue
        for name, root, line in every:
            if name not in before and not _asks(root) and not is_open_route(name) and project.wrote(file.path, line):
                message = (
                    f"Anybody can call `{name}`, which changes data: it is on `{root}`, while {len(asking)} mutations "
                    f"beside it are on `{asking[0]}`. Put it on that one too."
                )
                yield Lack(file.path, line, name, message, "Nothing asks who is calling")


def _mutations(facts: FileFacts) -> list[tuple[str, str, int]]:
    """Name, procedure and line of each `name: procedure.input(…).mutation(…)`."""
    found: list[tuple[str, str, int]] = []
    values = [arg for call in facts.calls if "router" in words(step(call.callee)) for arg in call.args]
    for whole in values:
        if whole.kind is not ExprKind.OBJECT:
            continue
        for key, value in zip(whole.keys, whole.parts, strict=False):
            if value.kind is ExprKind.CALL and step(value.text) == "mutation":
                found.append((key, _root(value), value.first))
    return found


def _root(value: Expr) -> str:
    at = value
    while at.receiver is not None:
        at = at.receiver
    return at.text.partition(".")[0].removesuffix("()")


def _asks(procedure: str) -> bool:
    return bool(set(words(procedure)) & (AUTH_WORDS | {"private", "user", "member", "org", "workspace", "team"}))
