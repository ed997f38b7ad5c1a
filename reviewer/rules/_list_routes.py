"""The functions that run when somebody asks for something: handlers of GET routes, and what they call."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.handlers import Place
from reviewer.core.project import Project
from reviewer.core.source_paths import is_production
from reviewer.rules._called import called
from reviewer.rules._handlers import passes_on
from reviewer.rules._request import request_name

_CALLS_DEEP = 2
"""Calls followed from a handler: a controller asks a service, and that a repository of the project."""


def asked_by_readers(project: Project) -> frozenset[Place]:
    """The functions that run for a GET request, those of handlers whose route cannot be told among them."""
    found = set(_readers(project))
    fresh = found
    for _ in range(_CALLS_DEEP):
        fresh = {place for path, scope in fresh for place in _called_in(project, path, scope)} - found
        found |= fresh
    return frozenset(found)


def _readers(project: Project) -> Iterator[Place]:
    routed: set[Place] = set()
    for path, routes in project.routes.items():
        for route in routes:
            place = project.handler(path, route)
            if place is None:
                continue
            routed.add(place)
            if route.verb == "GET":
                yield place
    for path, facts in project.head.items():
        if is_production(path):
            for scope, function in enumerate(facts.functions):
                if request_name(function) is not None and (path, scope) not in routed and not passes_on(facts, scope):
                    yield path, scope


def _called_in(project: Project, path: str, scope: int) -> Iterator[Place]:
    facts = project.head[path]
    for call in facts.index.calls(facts.index.within(scope)):
        found = called(project, path, call)
        if found is not None and found.scope >= 0:
            yield found.path, found.scope
