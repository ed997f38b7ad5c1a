"""Routes that a project registers through methods of its own, where no router stands in the file.

A controller says `this.route({ method, path, handler })` or `this.get('/orders', this.list)`; its base class does the
rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.router_routes import VERBS, option, said_path
from reviewer.core.routes import Route

if TYPE_CHECKING:
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_PATHS = ("path", "url", "route")
_NO_CHECKS = frozenset(("method", "handler", *_PATHS))
_TEXTS = (ExprKind.STRING, ExprKind.TEMPLATE)


def registered_routes(project: Project, path: str) -> Iterator[Route]:
    """The routes of a file that its own classes or helpers register; those on a router that is known left out."""
    facts = project.head[path]
    routers = project.router_names(path)
    for call in facts.calls:
        root = call.callee.rpartition(".")[0]
        if call.args and root not in routers and call.receiver is None:
            route = _described(call) or _by_verb(facts, call)
            if route is not None:
                yield route


def _described(call: Call) -> Route | None:
    """`this.route({ method: 'post', path: '/orders', handler: this.create, middleware: […] })`."""
    given = call.args[0]
    method, path, handler = option(given, "method"), option(given, *_PATHS), option(given, "handler")
    if method is None or path is None or handler is None or method.kind is not ExprKind.STRING:
        return None
    if method.text.lower() not in VERBS:
        return None
    front = [part for key, part in zip(given.keys, given.parts, strict=False) if key not in _NO_CHECKS]
    return _route(method.text.upper(), said_path(path), given, tuple(_flat(front)), handler)


def _by_verb(facts: FileFacts, call: Call) -> Route | None:
    """`this.get('/orders', this.list)` in a class that takes `get` from its parent."""
    root, _, verb = call.callee.rpartition(".")
    if root != "this" or verb not in VERBS or call.args[0].kind not in _TEXTS or not facts.classes:
        return None
    if not any(item.extends is not None for item in facts.classes):
        return None
    rest = tuple(_flat(call.args[1:]))
    handler = next((one for one in rest if one.kind is ExprKind.FUNCTION or one.text.startswith("this.")), None)
    if handler is None:
        return None
    where = Expr(ExprKind.OTHER, "", call.first, call.last)
    return _route(verb.upper(), call.args[0].text, where, tuple(one for one in rest if one is not handler), handler)


def _route(verb: str, path: str, where: Expr, front: tuple[Expr, ...], handler: Expr) -> Route:
    return Route(verb, path, f"{verb} {path}", where.first, where.last, where.first, middleware=front, handler=handler)


def _flat(values: tuple[Expr, ...] | list[Expr]) -> Iterator[Expr]:
    for value in values:
        yield from value.parts if value.kind is ExprKind.ARRAY else (value,)
