"""Routes of a file: the methods of NestJS controllers and GraphQL resolvers; those of routers: `core/router_routes.py`.

Decorators are known by where they are imported from, never by their name alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core import decorated_frameworks
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Class, Decorator, FileFacts, Method

NEST = decorated_frameworks.NEST
NEST_VERBS = {
    "Get": "GET", "Post": "POST", "Put": "PUT", "Patch": "PATCH", "Delete": "DELETE", "All": "ALL", "Head": "HEAD",
    "Options": "OPTIONS", "Sse": "GET",
}  # fmt: skip

GRAPHQL_MODULES = frozenset(("@nestjs/graphql", "type-graphql"))
_OPERATIONS = {
    "Query": "QUERY", "Mutation": "MUTATION", "Subscription": "SUBSCRIPTION", "ResolveField": "FIELD",
    "ResolveProperty": "FIELD", "FieldResolver": "FIELD",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    """One way into the service. `first` to `last` are its lines, `head` the one to point at.

    `method` and `owner` are set for NestJS; `middleware`, `handler` and `router` (the name it hangs on) for routers.
    `symbol` is stable: `OrdersController.create`, `POST /orders`. The verb of a GraphQL operation is QUERY, MUTATION,
    SUBSCRIPTION or FIELD, its path the name of the field.
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
    router: str = ""


def original(facts: FileFacts, name: str) -> tuple[str, str]:
    """What a dotted local name is in the module it comes from: (name there, module); ("x", "") for a name of this
    file.

    `B` of `import { Body as B }` is ("Body", "@nestjs/common"), `nest.Body` of a namespace import likewise.
    """
    return facts.index.original(name)


def nest_name(facts: FileFacts, decorator: Decorator, module: str = NEST) -> str:
    """The decorator's name in `module`, "" when it comes from elsewhere."""
    name, source = original(facts, decorator.name)
    return name if source == module else ""


def is_controller(facts: FileFacts, item: Class) -> bool:
    """Whether a class is a NestJS controller."""
    return controller_mark(facts, item) is not None


def controller_mark(facts: FileFacts, item: Class) -> Decorator | None:
    """The decorator that makes a class a controller, None for another class.

    It is NestJS's, or a composite of the project's own with the word in its name (`@AdminController('tags')`): that
    the class has methods with NestJS's verbs says what it is, even where the composite was not read.
    """
    composite = None
    for one in item.decorators:
        if nest_name(facts, one) == "Controller":
            return one
        if composite is None and "controller" in one.name.lower() and _is_known(facts, one.name):
            composite = one
    if composite is None or not any(nest_name(facts, d) in NEST_VERBS for m in item.methods for d in m.decorators):
        return None
    return composite


def _is_known(facts: FileFacts, name: str) -> bool:
    """Whether a name is imported, or a function or constant of the file."""
    root = name.partition(".")[0]
    return facts.imported(root) is not None or bool(facts.index.functions(root) or facts.index.bound(root, NOWHERE))


def nest_routes(facts: FileFacts) -> Iterator[Route]:
    """The routes of the NestJS controllers in a file."""
    for item in facts.classes:
        mark = controller_mark(facts, item)
        if mark is None:
            continue
        prefix = _path(mark)
        for method in item.methods:
            for decorator in method.decorators:
                verb = NEST_VERBS.get(nest_name(facts, decorator))
                if verb:
                    yield Route(
                        verb=verb,
                        path=joined(prefix, _path(decorator)),
                        symbol=f"{item.name}.{method.name}",
                        first=method.first,
                        last=method.last,
                        head=method.head,
                        owner=item,
                        method=method,
                    )
                    break


def graphql_routes(facts: FileFacts) -> Iterator[Route]:
    """The operations of the GraphQL resolvers in a file (NestJS code first or schema first, TypeGraphQL)."""
    for item in facts.classes:
        if not any(_graphql_name(facts, decorator) == "Resolver" for decorator in item.decorators):
            continue
        for method in item.methods:
            for decorator in method.decorators:
                verb = _OPERATIONS.get(_graphql_name(facts, decorator))
                if verb:
                    symbol = f"{item.name}.{method.name}"
                    name = _field_name(decorator) or method.name
                    yield Route(verb, name, symbol, method.first, method.last, method.head, item, method)
                    break


def _graphql_name(facts: FileFacts, decorator: Decorator) -> str:
    name, module = original(facts, decorator.name)
    return name if module in GRAPHQL_MODULES else ""


def _field_name(decorator: Decorator) -> str:
    """The name an operation is given: `@Query('orders')`, `@Query(() => [Order], { name: 'orders' })`."""
    for arg in decorator.args:
        if arg.kind is ExprKind.STRING:
            return arg.text
        if arg.kind is ExprKind.OBJECT and "name" in arg.keys:
            return arg.parts[arg.keys.index("name")].text
    return ""


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


def joined(*parts: str) -> str:
    """Pieces of a path as one path with single slashes."""
    return "/" + "/".join(part.strip("/") for part in parts if part.strip("/"))


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
