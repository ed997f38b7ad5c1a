"""Routes of Express and Fastify routers with what stands in front of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._auth import step, words
from reviewer.rules._auth_guards import is_middleware_guard
from reviewer.rules._auth_open import is_open_route
from reviewer.rules._auth_refusing import refusing
from reviewer.rules._auth_things import Way, closed_words, opens_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project
    from reviewer.core.routes import Route

_CHECKS = frozenset(
    ("verify", "authenticate", "authorize", "signature", "authorized", "authenticated", "permission", "permissions",
     "guard", "introspect", "ability", "forbidden", "unauthorized", "access")
)  # fmt: skip
"""Words of calls by which a handler asks itself who is calling."""

_HOOKS = ("onRequest", "preHandler", "preValidation")


@dataclass(frozen=True, slots=True)
class Gate:
    """A route, the dotted name of its router, and the guard in front of it ("" for none)."""

    route: Route
    router: str
    guard: str
    is_open: bool
    by_prefix: bool = False
    """The guard stands in front of a part of the router only, so it says nothing of the other routes."""
    own: str = ""
    """The guard among its own middleware, "" where it has none but the router's."""
    stack: frozenset[str] = frozenset()
    """The names of all guards among its own middleware."""

    @property
    def is_guarded(self) -> bool:
        """Whether something in front of it lets only some in."""
        return bool(self.guard)


def gates(project: Project, path: str, facts: FileFacts) -> tuple[Gate, ...]:
    """The routes of the routers in a file."""
    return gates_of(project.routes.get(path, ()), facts, refusing(project, path))


def gates_of(every: tuple[Route, ...], facts: FileFacts, refuse: frozenset[str] = frozenset()) -> tuple[Gate, ...]:
    """The same for routes that are known, as those before the change; `refuse` as of `refusing`."""
    routes = [route for route in every if route.method is None]
    if not routes:
        return ()
    roots = _roots(facts)
    uses = [
        (call.callee.rpartition(".")[0], call.first, _prefix(call), guard)
        for call in facts.calls
        for guard in [_used(call, refuse)]
        if guard
    ]
    found: list[Gate] = []
    for route in routes:
        router = roots.get((route.verb, route.last), route.router)
        guard = own = next((name for part in route.middleware if (name := _guard_in(part, refuse))), "")
        before = [
            (name, prefix)
            for root, line, prefix, name in uses
            if root == router and line < route.first and route.path.startswith(prefix)
        ]
        by_prefix = not guard and bool(before) and all(prefix for _, prefix in before)
        wrapped = route.handler if route.handler is not None and route.handler.kind is ExprKind.CALL else None
        guard = (
            guard
            or next((name for name, _ in before), "")
            or (step(wrapped.text) if wrapped and is_middleware_guard(wrapped) else "")
        )
        stack = frozenset(step(name) for part in route.middleware for name in _guards_in(part, refuse))
        found.append(Gate(route, router, guard.strip("."), False, by_prefix, own, stack))
    return tuple(_opened(facts, found))


def _opened(facts: FileFacts, found: list[Gate]) -> Iterator[Gate]:
    """The gates, with whether each is open on purpose, which those beside it help to tell."""
    ways: dict[str, list[Way]] = {}
    for gate in found:
        way = Way(frozenset(words(_said(gate))), gate.route.verb, gate.route.path, gate.is_guarded)
        ways.setdefault(gate.router, []).append(way)
    closed = {router: closed_words(every) for router, every in ways.items()}
    for gate in found:
        way = Way(frozenset(words(_said(gate))), gate.route.verb, gate.route.path, gate.is_guarded)
        but = opens_nothing(way, closed[gate.router])
        is_open = is_open_route(_said(gate), but) or checks_itself(facts, _scope(gate.route.handler))
        yield replace(gate, is_open=is_open)


def _said(gate: Gate) -> str:
    return f"{gate.route.path} {gate.router} {gate.route.handler.text if gate.route.handler else ''}"


def _guards_in(value: Expr, refuse: frozenset[str]) -> Iterator[str]:
    """The names of all guards in a middleware, a list of some or Fastify's hooks."""
    if value.kind in (ExprKind.ARRAY, ExprKind.SPREAD):
        for part in value.parts:
            yield from _guards_in(part, refuse)
    elif value.kind is ExprKind.OBJECT:
        for key, part in zip(value.keys, value.parts, strict=False):
            if key in _HOOKS:
                yield from _guards_in(part, refuse)
    elif value.text in refuse or is_middleware_guard(value):
        yield value.text


def _guard_in(value: Expr, refuse: frozenset[str]) -> str:
    """The middleware that lets only some in, by its name or by what it does: itself, of a list, of Fastify's hooks."""
    parts = value.parts if value.kind in (ExprKind.ARRAY, ExprKind.SPREAD) else ()
    if value.kind is ExprKind.OBJECT:
        parts = tuple(part for key, part in zip(value.keys, value.parts, strict=False) if key in _HOOKS)
    inner = next((name for part in parts if (name := _guard_in(part, refuse))), "")
    return inner or (value.text or "guard" if value.text in refuse or is_middleware_guard(value) else "")


def _used(call: Call, refuse: frozenset[str]) -> str:
    """The guard that `router.use(guard)` or `app.addHook('onRequest', guard)` puts in front, "" for none."""
    last = step(call.callee)
    if last == "addHook" and call.args and call.args[0].text not in _HOOKS:
        return ""
    if last not in ("use", "addHook", "all"):
        return ""
    return next((name for arg in call.args if (name := _guard_in(arg, refuse))), "")


def _prefix(call: Call) -> str:
    first = call.args[0]
    return first.text.rstrip("*/") if first.kind is ExprKind.STRING and step(call.callee) != "addHook" else ""


def _roots(facts: FileFacts) -> dict[tuple[str, int], str]:
    """The dotted name of the router by verb and last line of a registering call."""
    found: dict[tuple[str, int], str] = {}
    for call in facts.calls:
        root, _, verb = call.callee.rpartition(".")
        at_call = call.receiver
        while at_call is not None:
            root = at_call.text.rpartition(".")[0]
            at_call = at_call.receiver
        found.setdefault((verb.upper(), call.last), root.replace("()", "").partition(".route")[0])
    return found


def _scope(handler: Expr | None) -> int:
    at_handler = handler
    for _ in range(3):
        if at_handler is None:
            return -1
        if at_handler.kind is ExprKind.FUNCTION:
            return at_handler.scope
        at_handler = next((part for part in at_handler.parts if part.kind is ExprKind.FUNCTION), None)
    return -1


def checks_itself(facts: FileFacts, scope: int) -> bool:
    """Whether a handler asks itself who is calling: it verifies a signature, a token or a permission."""
    if scope < 0:
        return False
    return any(_CHECKS & set(words(step(call.callee))) for call in facts.index.calls(facts.index.within(scope)))


def signs_up(path: str, gate: Gate) -> bool:
    """`POST /users` in a file about signing in: that is how accounts begin."""
    is_account = gate.route.path.rstrip("/").rpartition("/")[2] in ("users", "user", "accounts", "account", "")
    return gate.route.verb == "POST" and is_account and "auth" in words(path)
