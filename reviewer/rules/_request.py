"""What holds request data in a handler: `req.body`, fields taken out of it, names bound to it, decorated
parameters."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind, TypeKind
from reviewer.core.facts import FileFacts, Function
from reviewer.core.routes import nest_name

CLIENT_FIELDS = frozenset(("body", "query", "params", "headers", "cookies"))
_REQUESTS = frozenset(("req", "request", "_req", "_request"))
_RESPONSES = frozenset(("res", "response", "_res", "reply"))


def request_name(function: Function) -> str | None:
    """The name of a handler's request, "" if it is taken apart in the parameters; None for what is no handler.

    `(req, res)`, `(req, res, next)` and `(err, req, res, next)`, by position and either name or type.
    """
    params = function.params[1:] if len(function.params) == 4 else function.params
    if len(params) < 2:
        return None
    first, second = params[0], params[1]
    answers = second.name in _RESPONSES or second.type.name in ("Response", "FastifyReply")
    if first.fields:
        return "" if answers and CLIENT_FIELDS & set(first.fields) else None
    asks = first.name in _REQUESTS or first.type.name in ("Request", "FastifyRequest")
    return first.name if asks and (answers or second.name.startswith("_")) else None


def response_name(function: Function) -> str | None:
    """The name of a handler's response, None when the function is no handler."""
    params = function.params[1:] if len(function.params) == 4 else function.params
    return params[1].name if len(params) > 1 and request_name(function) is not None else None


class RequestData:
    """Which expressions of one function carry what a client sent."""

    def __init__(self, facts: FileFacts, scope: int) -> None:
        self._names: set[str] = set()
        self._prefixes: tuple[str, ...] = ()
        at = scope
        while at >= 0:
            self._look_at(facts, facts.functions[at])
            at = facts.functions[at].parent
        for binding in facts.index.bindings(facts.index.within(scope)):
            taken = binding.fields and self.whole(binding.value)
            if taken or self.holds(binding.value):
                self._names |= {binding.name} if binding.name else set(binding.fields)

    def _look_at(self, facts: FileFacts, function: Function) -> None:
        name = request_name(function)
        if name:
            self._prefixes += tuple(f"{name}.{field}" for field in sorted(CLIENT_FIELDS))
        elif name == "":
            fields = set(function.params[0].fields) & CLIENT_FIELDS
            self._prefixes += tuple(sorted(fields))
        for param in function.params:
            decorated = {nest_name(facts, decorator) for decorator in param.decorators}
            if decorated & {"Query", "Param", "Headers", "Body"}:
                if param.type.kind in (TypeKind.PRIMITIVE, TypeKind.NONE) and param.type.name in ("", "string"):
                    self._names.add(param.name)
                else:
                    self._prefixes += (param.name,)

    def holds(self, value: Expr) -> bool:
        """Whether an expression is text that a client chose: a field of the request, or a name bound to one."""
        if value.kind is ExprKind.NAME:
            return value.text in self._names
        if value.kind is ExprKind.MEMBER:
            return any(value.text.startswith((prefix + ".", prefix + "[")) for prefix in self._prefixes)
        if value.kind is ExprKind.CHOICE:
            return any(self.holds(part) for part in value.parts)
        if value.kind is ExprKind.CALL and value.text in ("String", "decodeURIComponent"):
            return any(self.holds(part) for part in value.parts)
        return False

    def carries(self, value: Expr) -> bool:
        """`holds`, or a template or concatenation with such a piece."""
        if value.kind in (ExprKind.TEMPLATE, ExprKind.CONCAT):
            return any(self.carries(part) for part in value.parts)
        return self.holds(value)

    def whole(self, value: Expr) -> bool:
        """Whether an expression is all of the body or query, not one field."""
        return value.kind in (ExprKind.NAME, ExprKind.MEMBER) and value.text in self._prefixes
