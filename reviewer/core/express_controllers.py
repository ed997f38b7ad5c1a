"""Controllers of libraries that hang decorated methods on an Express router: their methods take `(req, res)`.

`@overnightjs/core`, `inversify-express-utils` and `@decorators/express` differ in the names of their decorators only;
what they register is a router's route, with middleware in front and a handler, so every rule for routers knows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.routes import Route, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Class, Decorator, FileFacts, Method

OVERNIGHT: Final = "@overnightjs/core"
EXPRESS_CONTROLLERS: Final = frozenset((OVERNIGHT, "inversify-express-utils", "@decorators/express"))
"""The libraries whose decorated methods are handlers of Express."""

_VERBS: Final = frozenset(("get", "post", "put", "patch", "delete", "all", "head", "options"))
_FRONT: Final = frozenset(("middleware", "classmiddleware", "withmiddleware"))
"""Decorators that put middleware in front of one method, or of all of a class."""

_WRAPPERS: Final = frozenset(("wrapper", "classwrapper"))
_TEXTS: Final = (ExprKind.STRING, ExprKind.TEMPLATE)
_HELD_MAX: Final = 50
"""Children of one controller, or controllers of one application; a hand-written list has up to thirty."""


@dataclass(frozen=True, slots=True)
class Hung:
    """A controller given to another (`@ChildControllers`) or to the application (`addControllers`): the class as its
    file names it, what it hangs on there, the prefix and middleware in between, and the line."""

    name: str
    parent: str
    prefix: str
    middleware: tuple[Expr, ...]
    line: int


def controller_routes(facts: FileFacts) -> Iterator[Route]:
    """The routes that the decorated methods of a file's classes are."""
    if not facts.index.modules & EXPRESS_CONTROLLERS:
        return
    for item in facts.classes:
        mark = _controller(facts, item)
        if mark is None:
            continue
        outer = (*_front(facts, item.decorators), *_flat(mark.args[1:]))
        for method in item.methods:
            inner = tuple(_front(facts, method.decorators))
            for one in method.decorators:
                verb, args = _verb(facts, one)
                if verb:
                    url = joined(_path(mark.args), _path(args))
                    front = (*outer, *inner, *_flat(args[1:]))
                    yield Route(
                        verb, url, f"{verb} {url}", method.first, method.last, method.head,
                        middleware=front, handler=_handler(facts, item, method), router=item.name,
                    )  # fmt: skip


def hung_controllers(facts: FileFacts) -> Iterator[Hung]:
    """What a file hangs controllers on: other controllers, or Overnight's application."""
    if OVERNIGHT not in facts.index.modules:
        return
    for item in facts.classes:
        mark = _controller(facts, item)
        for one in item.decorators if mark is not None else ():
            if _name(facts, one.name) in ("childcontrollers", "children") and mark is not None:
                front = tuple(_front(facts, item.decorators))
                for name in _made(facts, one.args):
                    yield Hung(name, item.name, _path(mark.args), front, one.first)
    for call in facts.calls:
        if call.callee in ("this.addControllers", "super.addControllers"):
            for name in _made(facts, call.args[:1]):
                yield Hung(name, APPLICATION, "", (), call.first)


APPLICATION: Final = "this.app"
"""What a class that extends Overnight's `Server` calls its Express application."""


def extends_server(facts: FileFacts) -> bool:
    """Whether a file makes an application of Overnight's `Server`."""
    return OVERNIGHT in facts.index.modules and any(
        item.extends is not None and facts.index.original(item.extends.text) == ("Server", OVERNIGHT)
        for item in facts.classes
    )


def _made(facts: FileFacts, args: tuple[Expr, ...]) -> Iterator[str]:
    """The classes whose objects are given, made in place or held in a name: `new Orders()`, `orders`."""
    for value in [*_flat(args)][:_HELD_MAX]:
        if value.kind is ExprKind.NEW:
            yield value.text
        elif value.kind is ExprKind.NAME:
            bound = (item.value for item in facts.bindings if item.name == value.text)
            yield from (made.text for made in bound if made.kind is ExprKind.NEW)


def _controller(facts: FileFacts, item: Class) -> Decorator | None:
    """The decorator that makes a class a controller of one of these libraries."""
    return next((one for one in item.decorators if _name(facts, one.name) == "controller"), None)


def _name(facts: FileFacts, dotted: str) -> str:
    """A decorator's own name in lower case, "" where it comes from elsewhere."""
    name, module = facts.index.original(dotted)
    return name.lower() if module in EXPRESS_CONTROLLERS else ""


def _verb(facts: FileFacts, one: Decorator) -> tuple[str, tuple[Expr, ...]]:
    """The verb of `@Get('/x')`, `@httpGet('/x', guard)` or `@httpMethod('get', '/x')`, and what follows it."""
    name = _name(facts, one.name)
    if name == "httpmethod" and one.args:
        return one.args[0].text.upper(), one.args[1:]
    verb = name.removeprefix("http")
    return (verb.upper(), one.args) if verb in _VERBS else ("", ())


def _front(facts: FileFacts, decorators: tuple[Decorator, ...]) -> Iterator[Expr]:
    for one in decorators:
        if _name(facts, one.name) in _FRONT:
            yield from _flat(one.args)


def _flat(values: tuple[Expr, ...]) -> Iterator[Expr]:
    for value in values:
        yield from value.parts if value.kind is ExprKind.ARRAY else (value,)


def _path(args: tuple[Expr, ...]) -> str:
    return args[0].text if args and args[0].kind in _TEXTS else ""


def _handler(facts: FileFacts, item: Class, method: Method) -> Expr | None:
    """The method as a function; inside of a call where something catches what it throws: a wrapper, or the library."""
    if method.scope == NOWHERE:
        return None
    given = Expr(ExprKind.FUNCTION, method.name, method.first, method.last, scope=method.scope)
    decorators = (*method.decorators, *item.decorators)
    by_hand = next((one for one in decorators if _name(facts, one.name) in _WRAPPERS), None)
    is_caught = any(facts.index.original(one.name)[1] == "inversify-express-utils" for one in item.decorators)
    if by_hand is None and not is_caught:
        return given
    name = by_hand.args[0].text if by_hand is not None and by_hand.args else "handled"
    return Expr(ExprKind.CALL, name, method.first, method.last, parts=(given,))
