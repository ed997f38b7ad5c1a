"""The ways into the classes of a service, with the guards in front: controllers and GraphQL resolvers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.routes import GRAPHQL_MODULES, NEST, NEST_VERBS, nest_name, original
from reviewer.rules._auth import words
from reviewer.rules._auth_guards import TSOA, asks_who, is_guard, labels_of
from reviewer.rules._auth_open import asked_for, is_open_by, is_public
from reviewer.rules._auth_things import Way, closed_words, opens_nothing, thing_of

if TYPE_CHECKING:
    from reviewer.core.facts import Class, Decorator, FileFacts, Method

MUTATING: Final = frozenset(("POST", "PUT", "PATCH", "DELETE", "MUTATION"))
_TSED: Final = ("@tsed/common", "@tsed/schema", "@tsed/di")
_CONTROLLER_MODULES: Final = frozenset((NEST, *TSOA, *_TSED))
_CONTROLLERS: Final = frozenset(
    (("Controller", NEST), *(("Route", one) for one in TSOA), *(("Controller", one) for one in _TSED))
)
_GUARDED_MIN: Final = 2
_READ: Final = frozenset(("version",))
"""Words of what is open to be read; nobody changes it before a sign-in, and things are called after it."""

_RESOLVERS: Final = frozenset(("Resolver", module) for module in GRAPHQL_MODULES)


@dataclass(frozen=True, slots=True)
class Entrance:
    """A method of a NestJS controller or GraphQL resolver. `verb` is MUTATION or QUERY for the latter."""

    path: str
    owner: Class
    method: Method
    verb: str
    symbol: str
    route: str
    is_guarded: bool
    asks_who: bool
    """A guard on it says who is calling, not only what they may do."""
    is_open: bool
    """Open on purpose, by its name, its route or a decorator such as `@Public()`."""
    labels: frozenset[str] = frozenset()
    """Decorators that only say who may (`@Roles`), which some guard must read, where it has no guard itself."""
    names: frozenset[str] = frozenset()


def entrances(facts: FileFacts, path: str) -> tuple[Entrance, ...]:
    """The ways into a file's classes: NestJS, type-graphql, routing-controllers, tsoa, Ts.ED."""
    return tuple(replace(item, path=path) for item in facts.index.once(_entrances))


def _entrances(facts: FileFacts) -> tuple[Entrance, ...]:
    by_class: dict[int, list[Entrance]] = {}
    for item in _all_entrances(facts):
        by_class.setdefault(item.owner.head, []).append(item)
    return tuple(one for every in by_class.values() for one in _closed(facts, every))


def _closed(facts: FileFacts, every: list[Entrance]) -> Iterator[Entrance]:
    """The ways into one class, none open for a word alone that those beside it do not mean so."""
    ways = [Way(_words_of(one), one.verb, one.route, one.asks_who) for one in every]
    closed = closed_words(ways)
    for item, way in zip(every, ways, strict=True):
        but = opens_nothing(way, closed) if item.is_open else frozenset[str]()
        if item.is_open and _is_of_closed(item, every):
            but |= way.said - frozenset((*words(item.method.name), *words(item.route)))
        decorators = (*item.method.decorators, *item.owner.decorators)
        if not but or is_open_by(way.said - but, _given(item.route, item.method)):
            yield item
        else:
            yield replace(item, is_open=any(_opens(facts, one) for one in decorators))


def _is_of_closed(item: Entrance, every: list[Entrance]) -> bool:
    """Whether a way in is about one of the things that all others about it ask for a guard: then the name of the class
    (`AuthController`, which has more than logins) does not open it."""
    thing = thing_of(_rooted(item))
    others = [one.asks_who for one in every if one is not item and thing and thing_of(_rooted(one)) == thing]
    return len(others) >= _GUARDED_MIN and all(others)


def _rooted(item: Entrance) -> str:
    return f"/{item.route.strip('/')}"


def _words_of(item: Entrance) -> frozenset[str]:
    said = (text for one in item.owner.decorators for arg in one.args[:1] for text in _texts(arg))
    return frozenset((*words(item.method.name), *words(item.route), *words(" ".join(said)), *words(item.owner.name)))


def _given(route: str, method: Method) -> frozenset[str]:
    return frozenset(word for text in asked_for(route, method) for word in words(text))


def _all_entrances(facts: FileFacts) -> Iterator[Entrance]:
    """Without their path: files of one content share their facts."""
    for owner in facts.classes:
        kinds = [original(facts, item.name) for item in owner.decorators]
        is_resolver = any(kind in _RESOLVERS for kind in kinds)
        if not is_resolver and not any(kind in _CONTROLLERS for kind in kinds):
            continue
        said = " ".join(text for item in owner.decorators for arg in item.args[:1] for text in _texts(arg))
        for method in owner.methods:
            found = next((one for one in (_verb(facts, item, is_resolver) for item in method.decorators) if one), None)
            if found is None:
                continue
            verb, route = found
            names = {*words(method.name), *words(route), *words(said), *words(owner.name)}
            decorators = (*method.decorators, *owner.decorators)
            given = _given(route, method)
            yield Entrance(
                path="",
                owner=owner,
                method=method,
                verb=verb,
                symbol=f"{owner.name}.{method.name}",
                route=route,
                is_guarded=any(is_guard(facts, item) for item in decorators),
                asks_who=any(asks_who(facts, item) for item in decorators),
                labels=labels_of(facts, decorators),
                names=frozenset(item.name for item in decorators),
                is_open=is_open_by(names - _READ if verb in MUTATING else names, given)
                or any(_opens(facts, item) for item in decorators),
            )


def _opens(facts: FileFacts, decorator: Decorator) -> bool:
    """`@Public()`, and `@UseGuards(OptionalJwtGuard)`, which lets anybody in."""
    if nest_name(facts, decorator) == "UseGuards":
        return bool(decorator.args) and all("optional" in words(arg.text) for arg in decorator.args)
    return is_public(decorator.name)


def _texts(value: Expr) -> Iterator[str]:
    for part in (value, *value.parts):
        if part.kind is ExprKind.STRING:
            yield part.text


def _verb(facts: FileFacts, decorator: Decorator, is_resolver: bool) -> tuple[str, str] | None:
    name, module = original(facts, decorator.name)
    if is_resolver:
        return (name.upper(), "") if module in GRAPHQL_MODULES and name in ("Mutation", "Query") else None
    verb = NEST_VERBS.get(name) if module in _CONTROLLER_MODULES else None
    return None if verb is None else (verb, decorator.args[0].text if decorator.args else "")
