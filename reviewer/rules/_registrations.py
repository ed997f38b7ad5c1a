"""Where and on what a router's route is registered: two routes only meet on one router, in one function."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.routes import Route, original
from reviewer.rules._rest import VERBS


@dataclass(frozen=True, slots=True)
class Registration:
    """The call that registers a route: the router's name, the scope it stands in, and whether its path is plain
    text."""

    router: str
    scope: int
    is_literal: bool


class Registrations:
    """The registrations of one file, found once."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._calls: dict[tuple[int, str], Call] = {}
        for call in facts.calls:
            verb = call.callee.rpartition(".")[2]
            if verb in VERBS and call.args:
                self._calls.setdefault((call.last, verb.upper()), call)
        self._conditional = [(item.first, item.last) for item in facts.conditions]
        self._made: dict[str, Expr] = {}
        for binding in facts.bindings:
            value = binding.value.parts[0] if binding.value.kind is ExprKind.AWAIT else binding.value
            if binding.name and value.kind in (ExprKind.CALL, ExprKind.NEW):
                self._made.setdefault(binding.name, value)
                self._made.setdefault("this." + binding.name.removeprefix("this."), value)

    def of(self, route: Route) -> Registration | None:
        """How a route is registered; None for a controller's, and where it cannot be told."""
        call = self._calls.get((route.last, route.verb))
        if call is None or route.method is not None:
            return None
        root = _root(call)
        given = _given_path(call)
        is_literal = given is not None and given.kind is ExprKind.STRING and given.text == route.path
        return Registration(root, call.scope, is_literal)

    def is_conditional(self, route: Route) -> bool:
        """Whether an `if` decides over a route."""
        return any(first <= route.first and route.last <= last for first, last in self._conditional)

    def maker(self, router: str) -> tuple[str, str, Expr] | None:
        """What made a router here: (name, module, the call); None where it comes from elsewhere."""
        value = self._made.get(router)
        return (*original(self._facts, value.text), value) if value is not None else None


def _root(call: Call) -> str:
    at = call.receiver
    if at is None:
        return call.callee.rpartition(".")[0]
    while at.receiver is not None:
        at = at.receiver
    return at.text.rpartition(".")[0]


def _given_path(call: Call) -> Expr | None:
    """The path's expression: the first argument, or that of `route(path)` further up the chain."""
    at = call.receiver
    while at is not None:
        if at.kind is ExprKind.CALL and at.text.rpartition(".")[2] == "route" and at.parts:
            return at.parts[0]
        at = at.receiver
    return call.args[0] if call.args else None
