"""Routes that Express, Fastify and hapi applications and routers are given, however it is written.

A router is known by where it is imported from or by its type, never by its name alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.express_controllers import APPLICATION, extends_server
from reviewer.core.facts import Call, FileFacts
from reviewer.core.routes import Route, original

ROUTER_MODULES = frozenset(("express", "express-promise-router", "fastify", "@hapi/hapi", "router"))
_MAKERS = frozenset(("default", "*", "Router", "fastify", "Fastify", "express", "server", "Server"))
_ROUTER_TYPES = frozenset(
    ("Router", "IRouter", "Express", "Application", "FastifyInstance", "Express.Application", "express.Router",
     "express.Application", "express.Express", "fastify.FastifyInstance")
)  # fmt: skip
_PLUGIN_PARAMS = frozenset(("fastify", "app", "server", "instance", "api"))
"""What the first parameter of a Fastify plugin is called where only the plugin itself has a type."""

VERBS = frozenset(("get", "post", "put", "patch", "delete", "all", "head", "options"))
_LINKS = VERBS | {"use", "register", "withTypeProvider", "after", "addHook"}
"""Methods that give the router back, so that a chain may go on."""

_TEXTS = (ExprKind.STRING, ExprKind.TEMPLATE)


def router_names(facts: FileFacts, is_router_import: Callable[[str], bool]) -> frozenset[str]:
    """Dotted names that hold an application or a router in a file.

    `is_router_import(local)` says whether an imported name is one that another file of the project exports.
    """
    names = {item.local for item in facts.imports if item.local and is_router_import(item.local)}
    for binding in facts.bindings:
        value = binding.value
        if value.kind is ExprKind.AWAIT and value.parts:
            value = value.parts[0]
        if binding.name and value.kind in (ExprKind.CALL, ExprKind.NEW) and makes_router(facts, value):
            names |= {binding.name, "this." + binding.name.removeprefix("this.")}
    for item in facts.classes:
        names |= {f"this.{field.name}" for field in item.properties if _is_router_type(facts, field.type.name)}
    names |= set(_param_names(facts))
    names |= set(_chained_names(facts))
    names |= {APPLICATION} if extends_server(facts) else set()
    for binding in facts.bindings:  # `const api = app.withTypeProvider<…>()`
        root, _, link = binding.value.text.rpartition(".")
        if binding.value.kind is ExprKind.CALL and link == "withTypeProvider" and root in names:
            names.add(binding.name)
    return frozenset(names - {""})


def _chained_names(facts: FileFacts) -> Iterator[str]:
    """`const api = Router().use(…)`: the chain gives the router back."""
    for binding in facts.bindings:
        value = binding.value
        is_link = value.kind is ExprKind.CALL and value.text.rpartition(".")[2] in _LINKS
        if is_link and starts_at_router(facts, value.receiver):
            yield binding.name


def starts_at_router(facts: FileFacts, receiver: Expr | None) -> bool:
    """Whether a chain starts at a router that has no name: `Router()` of `Router().use(a).use(b)`."""
    at = receiver
    while at is not None:
        if at.kind in (ExprKind.CALL, ExprKind.NEW) and makes_router(facts, at):
            return True
        at = at.receiver
    return False


def _param_names(facts: FileFacts) -> Iterator[str]:
    is_plugin_file = any(item.module == "fastify" or item.module.startswith("@fastify/") for item in facts.imports)
    for function in facts.functions:
        for param in function.params:
            if _is_router_type(facts, param.type.name):
                yield from (param.name, f"this.{param.name}") if param.is_property else (param.name,)
        first = function.params[0] if function.params else None
        if is_plugin_file and first and not first.type.text and first.name in _PLUGIN_PARAMS:
            yield first.name


def _is_router_type(facts: FileFacts, name: str) -> bool:
    return name in _ROUTER_TYPES and original(facts, name)[1] in ROUTER_MODULES


def makes_router(facts: FileFacts, value: Expr) -> bool:
    """Whether a call makes an application or a router: `express()`, `express.Router()`, `new Router()`,
    `fastify({…})`, `require('express').Router()`."""
    if value.text in ("require()", "require().Router", "require().server") and value.receiver is not None:
        return any(part.text in ROUTER_MODULES for part in value.receiver.parts)
    name, module = original(facts, value.text)
    return module in ROUTER_MODULES and name in _MAKERS


def router_routes(facts: FileFacts, routers: frozenset[str]) -> Iterator[Route]:
    """The routes that a file registers on the routers it knows: by verb, in chains, on `route(path)`, and as objects
    with `method` and `url` or `path`."""
    for call in facts.calls:
        root, _, verb = call.callee.rpartition(".")
        if not call.args or (verb not in VERBS and verb != "route"):
            continue
        router = root if root in routers and call.receiver is None else _chain_root(call.receiver, routers)
        if not router and not starts_at_router(facts, call.receiver):
            continue
        if verb == "route":
            yield from _described(call, router)
            continue
        path = _chained_path(call.receiver)
        if path is not None:
            yield _route(call, verb, path, call.args, router)
        elif len(call.args) > 1:
            yield _route(call, verb, said_path(call.args[0]), call.args[1:], router)


def _chain_root(receiver: Expr | None, routers: frozenset[str]) -> str:
    """The router that a chain such as `router.use(…).get(…)` or `router.route('/x').get(…)` starts at; "" if none."""
    at = receiver
    while at is not None:
        root, _, name = at.text.rpartition(".")
        if at.kind is ExprKind.CALL and root in routers:
            return root if name in _LINKS or (name == "route" and at.parts) else ""
        at = at.receiver
    return ""


def _chained_path(receiver: Expr | None) -> str | None:
    """The path of `router.route(path).get(…).post(…)`; None for another chain."""
    at = receiver
    while at is not None:
        if at.kind is ExprKind.CALL and at.text.rpartition(".")[2] == "route" and at.parts:
            return said_path(at.parts[0])
        at = at.receiver
    return None


def said_path(arg: Expr) -> str:
    """The path in the first argument: a text, or the last text that a helper such as `this.path('create')` is
    given."""
    if arg.kind in _TEXTS:
        return arg.text
    texts = [part.text for part in arg.parts if part.kind in _TEXTS]
    return texts[-1] if texts else ""


def option(value: Expr, *keys: str) -> Expr | None:
    """What an object literal gives the first of these keys that it has."""
    found = (value.parts[value.keys.index(key)] for key in keys if key in value.keys)
    return next(found, None) if value.kind is ExprKind.OBJECT else None


def _described(call: Call, router: str) -> Iterator[Route]:
    """`fastify.route({ method, url, handler, schema })`, hapi's `server.route([{ method, path, handler }])`.

    The whole object counts as middleware: its other keys are schemas and hooks.
    """
    given = call.args[0]
    for item in given.parts if given.kind is ExprKind.ARRAY else (given,):
        method, path = option(item, "method"), option(item, "url", "path")
        if method is None or path is None:
            continue
        handler = option(item, "handler") or option(option(item, "options", "config") or item, "handler")
        for verb in method.parts if method.kind is ExprKind.ARRAY else (method,):
            name = verb.text.upper() if verb.kind is ExprKind.STRING else "ALL"
            url = said_path(path)
            yield Route(
                "ALL" if name == "*" else name,
                url,
                f"{name} {url}",
                item.first,
                item.last,
                item.first,
                middleware=(item,),
                handler=handler,
                router=router,
            )


def _route(call: Call, verb: str, path: str, rest: tuple[Expr, ...], router: str) -> Route:
    flat: list[Expr] = []
    for arg in rest:
        flat.extend(arg.parts if arg.kind is ExprKind.ARRAY else (arg,))
    last = flat[-1] if flat else None
    first = min(flat[0].first if flat and call.receiver is not None else call.first, call.last)
    handler = (option(last, "handler") or last) if last is not None else None
    return Route(
        verb=verb.upper(),
        path=path,
        symbol=f"{verb.upper()} {path}",
        first=first,
        last=call.last,
        head=first,
        middleware=tuple(flat if handler is not last else flat[:-1]),
        handler=handler,
        router=router,
    )
