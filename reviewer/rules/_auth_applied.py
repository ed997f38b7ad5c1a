"""Middleware that modules of NestJS put in front of routes (`consumer.apply(Auth).forRoutes(…)`): new methods of
controllers that change data and that no such middleware covers, where nearly all others are covered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.concern import Severity
from reviewer.core.expr import ExprKind
from reviewer.core.guards import is_applied
from reviewer.rules._auth import entry, step
from reviewer.rules._auth_classes import Lack
from reviewer.rules._auth_composed import may_guard
from reviewer.rules._auth_entrances import MUTATING, Entrance, entrances
from reviewer.rules._auth_routers import checks_itself
from reviewer.rules._auth_siblings import hands_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project

_COVERED_MIN: Final = 2
_ACCOUNTS: Final = ("user", "users", "account", "accounts", "customers", "members", "subscribers")
_SHARE: Final = 0.6
"""Of the other methods that change data: from here on middleware is how the project asks who is calling."""


def applied(project: Project) -> frozenset[tuple[str, str]]:
    """Path and symbol of the methods of controllers that applied middleware stands in front of."""
    return project.once(_applied)


def _applied(project: Project) -> frozenset[tuple[str, str]]:
    if not project.global_guards.applied:
        return frozenset()
    return frozenset(
        (path, f"{route.owner.name}.{route.method.name}")
        for path, routes in project.routes.items()
        for route in routes
        if route.owner is not None and route.method is not None and is_applied(project, route)
    )


def applied_lacks(project: Project) -> Iterator[Lack]:
    """New methods that change data, without the middleware of the others."""
    covered = applied(project)
    if not covered:
        return
    every = [one for path in sorted(project.head) for one in entrances(project.head[path], path)]
    others = [one for one in every if one.verb in MUTATING and not one.is_open]
    name = next((name for name, _ in project.global_guards.applied), "")
    read = _registered(project)
    for file, facts in project.production:
        before = {item.symbol for item in entrances(project.before(file.path), file.path)}
        fresh = [one for one in others if one.path == file.path and one.symbol not in before]
        known = [one for one in others if one not in fresh]
        asked = [one for one in known if one.is_guarded or (one.path, one.symbol) in covered]
        if len(asked) < _COVERED_MIN or len(asked) < _SHARE * len(known):
            continue
        for item in fresh:
            if (item.path, item.symbol) not in covered and item.owner.name in read and _is_bare(project, facts, item):
                yield _lack(item, name, len(asked))


def _lack(item: Entrance, name: str, count: int) -> Lack:
    message = (
        f"Anybody can call `{item.symbol}`, which changes data: modules put `{name}` in front of {count} other methods "
        "that do, and none in front of this one. Name its route in `forRoutes(…)` of its module."
    )
    return Lack(item.path, item.method.head, item.symbol, message, "Nothing asks who is calling", Severity.BLOCKER)


def _is_bare(project: Project, facts: FileFacts, item: Entrance) -> bool:
    if item.is_guarded or not project.wrote(item.path, item.method.first, item.method.last):
        return False
    if any(may_guard(project, item.path, one) for one in (*item.method.decorators, *item.owner.decorators)):
        return False
    return not _signs_up(item) and not checks_itself(facts, item.method.scope) and not hands_on(facts, item)


def _signs_up(item: Entrance) -> bool:
    """`POST /users`: that is how accounts begin."""
    given = (arg.text for one in item.owner.decorators for arg in one.args[:1] if arg.kind is ExprKind.STRING)
    path = "/".join((*given, item.route)).strip("/").rpartition("/")[2]
    return item.verb == "POST" and path in _ACCOUNTS


def _registered(project: Project) -> frozenset[str]:
    """The controllers whose modules were read."""
    found: set[str] = set()
    for facts in project.head.values():
        for item in facts.classes:
            for one in item.decorators:
                listed = entry(one.args[0], "controllers") if step(one.name) == "Module" and one.args else None
                if listed is not None and listed.kind is ExprKind.ARRAY:
                    found |= {part.text for part in listed.parts}
    return frozenset(found)
