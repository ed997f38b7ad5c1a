"""Errors that a handler gives as its answer without a status: Koa's `ctx.body = { error }`, and what a handler of
NestJS or Fastify returns. Both are sent with 200."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, FileFacts
from reviewer.core.project import Project
from reviewer.core.source_paths import is_production
from reviewer.rules._code import handler
from reviewer.rules._decorated_routes import every_route
from reviewer.rules._route_options import is_fastify

_KOA: Final = ("koa", "@koa/")
_KEYS: Final = frozenset(("error", "errors", "errorMessage"))
_BESIDE: Final = frozenset(
    ("message", "code", "details", "success", "ok", "timestamp", "path", "reason", "status", "statusCode", *_KEYS)
)
_TEXTS: Final = (ExprKind.STRING, ExprKind.TEMPLATE)
_STATUS: Final = ("status", "code", "statusCode", "throw")


@dataclass(frozen=True, slots=True)
class GivenError:
    """An error that is answered with no status of its own."""

    path: str
    symbol: str
    binding: Binding


def given_errors(project: Project) -> Iterator[GivenError]:
    """Those of all files that were read."""
    for path, facts in project.head.items():
        if is_production(path) and any(item.module.startswith(_KOA) for item in facts.imports):
            for one in facts.bindings:
                if one.name in ("ctx.body", "context.body", "ctx.response.body") and _is_plain_error(facts, one):
                    yield GivenError(path, one.symbol, one)
    for path, routes in every_route(project).items():
        for route in routes:
            code = handler(project, path, route)
            facts = project.head[code.path] if code is not None else FileFacts()
            if code is None or not (route.method is not None or is_fastify(project, facts)):
                continue
            for one in facts.index.bindings((code.scope,)):
                if one.kind is BindingKind.RETURN and _is_plain_error(facts, one):
                    yield GivenError(code.path, route.symbol, one)


def _is_plain_error(facts: FileFacts, one: Binding) -> bool:
    """Whether it is an object that says it is an error, in a function that nowhere says a status."""
    keys = dict(zip(one.value.keys, one.value.parts, strict=False)) if one.value.kind is ExprKind.OBJECT else {}
    if not _KEYS & keys.keys() or not keys.keys() <= _BESIDE or {"status", "statusCode"} & keys.keys():
        return False
    return any(_tells(keys[key]) for key in _KEYS if key in keys) and not _says_status(facts, one.scope)


def _tells(value: Expr) -> bool:
    return value.kind in _TEXTS and bool(value.text)


def _says_status(facts: FileFacts, scope: int) -> bool:
    inside = facts.index.within(scope)
    named = (item.name.rpartition(".")[2] for item in facts.index.bindings(inside))
    called = (call.callee.rpartition(".")[2] for call in facts.index.calls(inside))
    return any(name in _STATUS for name in (*named, *called))
