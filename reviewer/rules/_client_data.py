"""Which names of one function hold what a client sent, and which part of the request each is.

Follows names through destructuring, renames, defaults and plain text methods; a call of anything else ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.core.routes import NEST, original
from reviewer.rules._object_patterns import taken
from reviewer.rules._request import request_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts, Function

SOURCES = ("body", "query", "params", "headers", "cookies")
_DECORATED = {"Body": "body", "Query": "query", "Param": "params", "Headers": "headers", "Req": "request",
              "Request": "request"}  # fmt: skip
_TEXT_METHODS = frozenset(
    ("toString", "trim", "toLowerCase", "toUpperCase", "valueOf", "split", "slice", "replace", "at", "normalize")
)
_HEADER_METHODS = frozenset(("get", "header"))
_REQUESTS = ("req", "request")
_CONTEXTS = ("ctx", "context")
_CONTEXT_TYPES = ("Context", "Koa.Context", "RouterContext", "ParameterizedContext")
_REQUEST_TYPES = ("Request", "FastifyRequest", "ExpressRequest", "AuthRequest", "AuthenticatedRequest")
_BOUND = (BindingKind.CONST, BindingKind.LET, BindingKind.ASSIGNMENT)


@dataclass(frozen=True, slots=True)
class Sent:
    """A part of the request: `source` is one of SOURCES, "request" or "context" (Koa's, which has the request and
    shortcuts to parts of it); `field` what follows, "" for all of it.

    `is_text`: it was made a text (`toString()`), so that it is neither an object nor an array any more.
    """

    source: str
    field: str = ""
    is_text: bool = False

    def step(self, steps: str) -> Sent | None:
        """The part that further steps lead to; None for what no client fills (`req.user`)."""
        if not steps:
            return self
        if self.source not in ("request", "context"):
            return replace(self, field=f"{self.field}.{steps}".strip("."))
        first, _, rest = steps.partition(".")
        if self.source == "context":
            if first in _REQUESTS:
                return Sent("request").step(rest)
            return None if first == "body" else Sent("request").step(steps)  # `ctx.body` is the answer
        computed = first.endswith("[]")
        first = first.removesuffix("[]")
        return Sent(first, "[]" * computed + rest) if first in SOURCES else None


_WHOLE = (Sent("request"), Sent("context"))


def is_context(function: Function) -> bool:
    """Whether a handler takes Koa's context: `(ctx)`, `(ctx, next)`."""
    first = function.params[0] if function.params and len(function.params) <= 2 else None
    return first is not None and (first.name in _CONTEXTS or first.type.name in _CONTEXT_TYPES)


def asked_name(function: Function, *, is_routed: bool) -> str | None:
    """The name of a handler's request, "" if it is taken apart in the parameters; None for what is no handler.

    `is_routed`: a route is known to call it, so that `(request) => …` of Fastify is one as well.
    """
    found = request_name(function)
    if found is not None:
        return found
    if not function.params or len(function.params) > 2:
        return None
    first = function.params[0]
    if first.fields:
        return "" if is_routed and set(SOURCES) & set(first.fields) else None
    if first.type.name in _REQUEST_TYPES:
        return first.name
    return first.name if is_routed and (first.name in _REQUESTS or is_context(function)) else None


class ClientData:
    """What one handler's names hold of the request."""

    @classmethod
    def of(cls, facts: FileFacts, scope: int, names: dict[str, Sent]) -> ClientData:
        """The same for a function that is handed parts of a request under these names."""
        made = cls(facts, NOWHERE)
        made.names = dict(names)
        made._follow(scope)
        return made

    def __init__(self, facts: FileFacts, scope: int, *, is_routed: bool = True) -> None:
        self.names: dict[str, Sent] = {}
        self._facts = facts
        for at in reversed([around for around in facts.index.around(scope) if around >= 0]):
            self._look_at(facts.functions[at], is_routed=is_routed and at == scope)
        self._follow(scope)

    def _follow(self, scope: int) -> None:
        facts = self._facts
        if not self.names:
            return
        for binding in facts.index.bindings(facts.index.within(scope)):
            found = self.sent(binding.value) if binding.kind in _BOUND else None
            if found is None:
                continue
            if binding.fields:
                self._take(binding.code, found)
            elif binding.name and "." not in binding.name and binding.kind is not BindingKind.ASSIGNMENT:
                self.names[binding.name] = found

    def _look_at(self, function: Function, *, is_routed: bool) -> None:
        name = asked_name(function, is_routed=is_routed)
        if name:
            self.names[name] = Sent("context" if is_context(function) else "request")
        elif name == "":
            self._take(next(param.code for param in function.params if param.fields), Sent("request"))
        for param in function.params:
            for decorator in param.decorators:
                known, module = original(self._facts, decorator.name)
                source = _DECORATED.get(known) if module == NEST else None
                if source is None:
                    continue
                picked = next((arg.text for arg in decorator.args[:1] if arg.kind is ExprKind.STRING), "")
                whole = Sent(source, picked)
                if param.fields:
                    self._take(param.code[param.code.find(")") + 1 :], whole)
                else:
                    self.names[param.name] = whole

    def _take(self, code: str, whole: Sent) -> None:
        for key, local in taken(code):
            found = whole.step(key)
            if found is not None:
                self.names[local] = found

    def sent(self, value: Expr) -> Sent | None:
        """The part of the request that an expression is; None for anything else, and for what a call made of it."""
        if value.kind in (ExprKind.NAME, ExprKind.MEMBER):
            return self.part(value.text)
        if value.kind in (ExprKind.CHOICE, ExprKind.AWAIT):
            return next((found for found in map(self.sent, value.parts) if found is not None), None)
        if value.kind is ExprKind.CALL:
            return self._called(value)
        return None

    def part(self, text: str) -> Sent | None:
        """The part of the request that a dotted name is."""
        root, _, rest = text.partition(".")
        computed = root.endswith("[]")
        found = self.names.get(root.removesuffix("[]"))
        return found.step("[]" * computed + rest) if found else None

    def _called(self, value: Expr) -> Sent | None:
        owner, _, name = value.text.rpartition(".")
        if name in _HEADER_METHODS and self.part(owner) in _WHOLE and value.parts:
            return Sent("headers", value.parts[0].text)
        found = None
        if owner and name in _TEXT_METHODS:
            found = self.part(owner)
        elif value.text == "String" and value.parts:
            found = self.sent(value.parts[0])
        return replace(found, is_text=True) if found else None

    def inside(self, value: Expr) -> Iterator[tuple[Sent, Expr]]:
        """The parts of the request within an expression: fields of an object, elements, spreads, nested calls not."""
        found = self.sent(value)
        if found is not None:
            yield found, value
        elif value.kind in (ExprKind.OBJECT, ExprKind.ARRAY, ExprKind.SPREAD):
            for part in value.parts:
                yield from self.inside(part)
