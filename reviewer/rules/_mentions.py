"""What tests mention: the requests they send, by verb and path, and the names they use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from reviewer.core.change import is_typescript
from reviewer.core.expr import Expr
from reviewer.core.facts import FileFacts
from reviewer.core.project import Project
from reviewer.core.routes import Route, handler_scope
from reviewer.core.source_paths import is_production, is_test
from reviewer.rules._asked_paths import AskedPath, asked_path, constants, last_step, paths_of, request_of, said
from reviewer.rules._test_files import SIBLINGS_MIN, SIBLINGS_SHARE
from reviewer.rules._testing import Test, subject_stem, tests_of

_HOPS_MAX = 4
"""Calls followed from a handler: controller, service, repository, and one between."""

_ANYWHERE = frozenset(
    ("app", "main", "index", "api", "server", "routes", "e2e", "integration", "all", "smoke", "http", "endpoints", "")
)
"""Stems of tests that may ask for any route."""

_COMMON = frozenset(
    ("create", "findall", "findone", "update", "remove", "delete", "get", "list", "index", "find", "save", "handle",
     "getall", "getone", "getbyid", "findbyid", "show", "store", "destroy", "search", "count")
)  # fmt: skip
"""Names that every controller has: they do not say which route a test means."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A test, and a path that it asks for, if any."""

    facts: FileFacts
    test: Test
    path: AskedPath | None


class Mentions:
    """What the tests that were read mention. Made once for each question to a project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def names(self) -> frozenset[str]:
        """All identifiers that tests use."""
        return self._project.names_in_tests

    @cached_property
    def _paths(self) -> Mapping[str, tuple[AskedPath, ...]]:
        """The paths that tests mention, by each of their steps."""
        found: dict[str, dict[AskedPath, None]] = {}
        for facts in self._project.tests.values():
            for path in paths_of(facts):
                for step in path.steps:
                    found.setdefault(step, {})[path] = None
        return {step: tuple(paths) for step, paths in found.items()}

    def names_route(self, route: Route) -> bool:
        """Whether a test uses the name of a route's method, or asks for its path with its verb."""
        if _is_called(route, self.names):
            return True
        words = _fixed(route)
        if not words:
            return True  # where its router is mounted is not known
        rarest = min((self._paths.get(word, ()) for word in words), key=len)
        return any(_asks_for(path, route, words) or (not path.verb and _fits(path, route, words)) for path in rarest)

    @cached_property
    def _changed_tests(self) -> tuple[Mapping[str, list[_Asked]], Mapping[str, list[_Asked]]]:
        """The tests in files that the change touched, by the names they call and by the steps of the paths they ask
        for."""
        by_name: dict[str, list[_Asked]] = {}
        by_step: dict[str, list[_Asked]] = {}
        for path, facts in self._project.tests.items():
            known = constants(facts)
            for test in tests_of(facts) if self._project.change.file(path) is not None else ():
                calls = list(facts.index.calls(test.within))
                for name in {last_step(call) for call in calls}:
                    by_name.setdefault(name, []).append(_Asked(facts, test, None))
                for verb, value in (request_of(call, known) for call in calls):
                    asked = asked_path(verb, said(value, known)) if value is not None else None
                    for step in asked.steps if asked else ():
                        by_step.setdefault(step, []).append(_Asked(facts, test, asked))
        return by_name, by_step

    def tests_of_route(self, route: Route) -> Iterator[tuple[FileFacts, Test]]:
        """The tests, in files that the change touched, that call a route's method or ask for its path."""
        by_name, by_step = self._changed_tests
        if route.method is not None and route.method.name.lower() not in _COMMON:
            yield from ((one.facts, one.test) for one in by_name.get(route.method.name, ()))
        words = _fixed(route)
        for one in min((by_step.get(word, []) for word in words), key=len) if words else ():
            if one.path is not None and _asks_for(one.path, route, words):
                yield one.facts, one.test

    @cached_property
    def may_be_elsewhere(self) -> bool:
        """Whether a test that was not read may ask for any route of the service."""
        unread = (path for path in self._project.change.tree - self._project.head.keys() if is_test(path))
        return any(is_typescript(path) and subject_stem(path).lower() in _ANYWHERE for path in unread)

    @cached_property
    def known_routes(self) -> tuple[bool, ...]:
        """Of the routes that were there before the change, whether a test mentions each."""
        found: list[bool] = []
        for path, routes in self._project.routes.items():
            new = {route.symbol for route in self._project.new_routes(path)}
            found.extend(self.names_route(route) for route in routes if route.symbol not in new)
        return tuple(found)

    @cached_property
    def are_routes_tested(self) -> bool:
        """Whether tests ask for routes here at all, as far as that can be told."""
        known = self.known_routes
        return len(known) < SIBLINGS_MIN or sum(known) >= SIBLINGS_SHARE * len(known)

    @cached_property
    def reached(self) -> frozenset[str]:
        """Names that tests reach without saying them: what the functions they name call, and what is called on the
        way of a route that they ask for, or that is new itself and said already. Of all routes where nobody can tell
        which ones the tests ask for."""
        calls = _calls_by_function(self._project)
        named = {name for name in self.names & calls.keys() if name.lower() not in _COMMON}
        found = {inner for name in named for inner in calls[name]}
        is_unclear = self.may_be_elsewhere or not self.are_routes_tested
        for path, routes in self._project.routes.items():
            new = {route.symbol for route in self._project.new_routes(path)}
            for route in routes:
                if is_unclear or route.symbol in new or self.names_route(route):
                    found |= _called_by(self._project.head[path], route)
        for _ in range(_HOPS_MAX):
            found |= {name for caller in found & calls.keys() for name in calls[caller]}
        return frozenset(found)


def _fixed(route: Route) -> frozenset[str]:
    """The steps of a route's path that are always the same."""
    return frozenset(step for step in route.path.split("/") if step and not step.startswith((":", "*", "$", "{")))


def _asks_for(path: AskedPath, route: Route, words: frozenset[str]) -> bool:
    return route.verb in (path.verb, "ALL") and _fits(path, route, words)


def _fits(path: AskedPath, route: Route, words: frozenset[str]) -> bool:
    return words <= path.steps and path.count >= sum(1 for step in route.path.split("/") if step)


def _is_called(route: Route, names: frozenset[str]) -> bool:
    return route.method is not None and route.method.name in names and route.method.name.lower() not in _COMMON


def _calls_by_function(project: Project) -> dict[str, set[str]]:
    """The names that the functions of production call, by the name of the function."""
    found: dict[str, set[str]] = {}
    for path, facts in project.head.items():
        if not is_production(path):
            continue
        for call in facts.calls:
            for scope in facts.index.around(call.scope):
                if scope >= 0 and facts.functions[scope].name:
                    found.setdefault(facts.functions[scope].name, set()).add(last_step(call))
                    break
    return found


def _called_by(facts: FileFacts, route: Route) -> set[str]:
    """What a route's handler calls, or the name of the handler where that is written elsewhere."""
    scope = route.method.scope if route.method is not None else handler_scope(route.handler)
    names = {last_step(call) for call in facts.index.calls(facts.index.within(scope))} if scope >= 0 else set()
    return names | {
        value.text.rpartition(".")[2] for value in (*_named(route.handler), *route.middleware) if value.text
    }


def _named(handler: Expr | None) -> Iterator[Expr]:
    if handler is not None:
        yield handler
        yield from handler.parts
