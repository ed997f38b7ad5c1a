"""Routes of a file: NestJS controller methods, and what Express and Fastify routers are given, however it is written.

Decorators and routers are known by where they are imported from, never by their name alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Call, Class, Decorator, FileFacts, Method

NEST = "@nestjs/common"
NEST_VERBS = {
    "Get": "GET", "Post": "POST", "Put": "PUT", "Patch": "PATCH", "Delete": "DELETE", "All": "ALL", "Head": "HEAD",
    "Options": "OPTIONS", "Sse": "GET",
}  # fmt: skip

ROUTER_MODULES = frozenset(("express", "express-promise-router", "fastify", "@hapi/hapi", "router"))
_ROUTER_TYPES = frozenset(("Router", "IRouter", "Express", "Application", "FastifyInstance", "Express.Application"))
_VERBS = frozenset(("get", "post", "put", "patch", "delete", "all", "head", "options"))


@dataclass(frozen=True, slots=True)
class Route:
    """One way into the service. `first` to `last` are its lines, `head` the one to point at.

    `method` and `owner` are set for NestJS; `middleware` and `handler` for routers. `symbol` is stable:
    `OrdersController.create`, `POST /orders`.
    """

    verb: str
    path: str
    symbol: str
    first: int
    last: int
    head: int
    owner: Class | None = None
    method: Method | None = None
    middleware: tuple[Expr, ...] = ()
    handler: Expr | None = None


def original(facts: FileFacts, name: str) -> tuple[str, str]:
    """What a dotted local name is in the module it comes from: (name there, module); ("x", "") for a name of this
    file.

    `B` of `import { Body as B }` is ("Body", "@nestjs/common"), `nest.Body` of a namespace import likewise.
    """
    root, _, rest = name.partition(".")
    found = facts.imported(root)
    if found is None:
        return name, ""
    if found.name == "*" or (found.name == "default" and rest):
        return rest or "*", found.module
    return (f"{found.name}.{rest}" if rest else found.name), found.module


def nest_name(facts: FileFacts, decorator: Decorator, module: str = NEST) -> str:
    """The decorator's name in `module`, "" when it comes from elsewhere."""
    name, source = original(facts, decorator.name)
    return name if source == module else ""


def is_controller(facts: FileFacts, item: Class) -> bool:
    """Whether a class is a NestJS controller."""
    return any(nest_name(facts, decorator) == "Controller" for decorator in item.decorators)


def nest_routes(facts: FileFacts) -> Iterator[Route]:
    """The routes of the NestJS controllers in a file."""
    for item in facts.classes:
        prefix = next((_path(d) for d in item.decorators if nest_name(facts, d) == "Controller"), None)
        if prefix is None:
            continue
        for method in item.methods:
            for decorator in method.decorators:
                verb = NEST_VERBS.get(nest_name(facts, decorator))
                if verb:
                    yield Route(
                        verb=verb,
                        path=_joined(prefix, _path(decorator)),
                        symbol=f"{item.name}.{method.name}",
                        first=method.first,
                        last=method.last,
                        head=method.head,
                        owner=item,
                        method=method,
                    )
                    break


def _path(decorator: Decorator) -> str:
    """The path a decorator is given: a text, the first of several, or the `path` of its options."""
    if not decorator.args:
        return ""
    arg = decorator.args[0]
    if arg.kind is ExprKind.OBJECT:
        arg = next((value for key, value in zip(arg.keys, arg.parts, strict=True) if key == "path"), arg)
    if arg.kind is ExprKind.ARRAY and arg.parts:
        arg = arg.parts[0]
    return arg.text if arg.kind in (ExprKind.STRING, ExprKind.TEMPLATE) else ""


def _joined(*parts: str) -> str:
    return "/" + "/".join(part.strip("/") for part in parts if part.strip("/"))


def router_names(facts: FileFacts, is_router_import: Callable[[str], bool]) -> frozenset[str]:
    """Dotted names that hold an Express or Fastify application or router in a file.

    `is_router_import(local)` says whether an imported name is one that another file of the project exports.
    """
    names = {item.local for item in facts.imports if item.local and is_router_import(item.local)}
    for binding in facts.bindings:
        value = binding.value
        if value.kind is ExprKind.AWAIT and value.parts:
            value = value.parts[0]
        if value.kind in (ExprKind.CALL, ExprKind.NEW) and makes_router(facts, value) and binding.name:
            names.add(binding.name)
            names.add("this." + binding.name.removeprefix("this."))
    for function in facts.functions:
        for param in function.params:
            if param.type.name in _ROUTER_TYPES and original(facts, param.type.name)[1] in ROUTER_MODULES:
                names.add(param.name)
    return frozenset(names)


def makes_router(facts: FileFacts, value: Expr) -> bool:
    """Whether a call makes an application or a router: `express()`, `express.Router()`, `new Router()`,
    `fastify({…})`."""
    name, module = original(facts, value.text)
    return module in ROUTER_MODULES and name in ("default", "*", "Router", "fastify", "Fastify", "express")


def router_routes(facts: FileFacts, routers: frozenset[str]) -> Iterator[Route]:
    """The routes that a file registers on the routers it knows, fluent chains and `route(path)` included."""
    for call in facts.calls:
        root, _, verb = call.callee.rpartition(".")
        if verb not in _VERBS or not call.args:
            continue
        path: str | None = None
        if call.receiver is not None:
            path = _chained_path(call.receiver, routers)
        elif root not in routers:
            continue
        if path is not None:
            yield _route(call, verb, path, call.args)
        elif len(call.args) > 1 and (root in routers or _hangs_on(call.receiver, routers)):
            yield _route(call, verb, _said_path(call.args[0]), call.args[1:])


def _said_path(arg: Expr) -> str:
    """The path in the first argument: a text, or the last text that a helper such as `this.path('create')` is
    given."""
    if arg.kind in (ExprKind.STRING, ExprKind.TEMPLATE):
        return arg.text
    texts = [part.text for part in arg.parts if part.kind in (ExprKind.STRING, ExprKind.TEMPLATE)]
    return texts[-1] if texts else ""


def _hangs_on(receiver: Expr | None, routers: frozenset[str]) -> bool:
    """Whether a chain such as `router.use(…).get(…)` starts at a router."""
    at = receiver
    while at is not None:
        root, _, name = at.text.rpartition(".")
        if at.kind is ExprKind.CALL and root in routers:
            return name in _VERBS or name == "use"
        at = at.receiver
    return False


def _chained_path(receiver: Expr, routers: frozenset[str]) -> str | None:
    """The path of `router.route(path).get(…).post(…)`; None for another chain."""
    at: Expr | None = receiver
    while at is not None:
        root, _, name = at.text.rpartition(".")
        if at.kind is ExprKind.CALL and name == "route" and root in routers and at.parts:
            return _said_path(at.parts[0])
        at = at.receiver
    return None


def _route(call: Call, verb: str, path: str, rest: tuple[Expr, ...]) -> Route:
    flat: list[Expr] = []
    for arg in rest:
        flat.extend(arg.parts if arg.kind is ExprKind.ARRAY else (arg,))
    first = flat[0].first if flat and call.receiver is not None else call.first
    return Route(
        verb=verb.upper(),
        path=path,
        symbol=f"{verb.upper()} {path}",
        first=min(first, call.last),
        last=call.last,
        head=min(first, call.last),
        middleware=tuple(flat[:-1]),
        handler=flat[-1] if flat else None,
    )


def handler_scope(handler: Expr | None) -> int:
    """The function inside a handler: itself, or the one a wrapper such as `asyncHandler(…)` is given; NOWHERE if
    named elsewhere."""
    at = handler
    for _ in range(3):
        if at is None:
            return NOWHERE
        if at.kind is ExprKind.FUNCTION:
            return at.scope
        at = next((part for part in at.parts if part.kind in (ExprKind.FUNCTION, ExprKind.CALL)), None)
    return NOWHERE
