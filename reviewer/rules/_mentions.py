"""What tests mention: the requests they send, by verb and path, and the names they use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from reviewer.core.change import is_typescript
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.project import Project
from reviewer.core.routes import Route
from reviewer.core.source_paths import is_test
from reviewer.rules._asked_paths import AskedPath, asked_path, constants, paths_of, request_of, said
from reviewer.rules._decorated_routes import every_new_route, every_route
from reviewer.rules._handled import COMMON, Handled
from reviewer.rules._reached import called_by_route, called_by_tests, calls_by_function
from reviewer.rules._test_files import SIBLINGS_MIN, SIBLINGS_SHARE
from reviewer.rules._testing import Test, subject_stem, tests_of

_HOPS_MAX = 4
"""Calls followed from a handler: controller, service, repository, and one between."""

_ANYWHERE = frozenset(
    ("app", "main", "index", "api", "server", "routes", "e2e", "integration", "all", "smoke", "http", "endpoints", "")
)
"""Stems of tests that may ask for any route."""


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
    def _said(self) -> frozenset[str]:
        """The same without those that are only keys of objects there, as of a mock: `{ leave: jest.fn() }`."""
        keys: set[str] = set()
        used: set[str] = set()
        for facts in self._project.tests.values():
            keys.update(key for binding in facts.bindings for key in _keys(binding.value))
            keys.update(key for call in facts.calls for arg in call.args for key in _keys(arg))
            used.update(step for call in facts.calls for step in call.callee.replace("()", "").split("."))
            used.update(step for read in facts.reads for step in read.name.replace("()", "").split("."))
            used.update(text.text for text in facts.strings)
            used.update(name for item in facts.imports for name in (item.name, item.local))
            used.update(field for binding in facts.bindings for field in (*binding.fields, *binding.locals))
        return self.names - (keys - used)

    @cached_property
    def _paths(self) -> Mapping[str, tuple[AskedPath, ...]]:
        """The paths that tests mention, by each of their steps."""
        found: dict[str, dict[AskedPath, None]] = {}
        for facts in self._project.tests.values():
            for path in paths_of(facts):
                for step in path.steps:
                    found.setdefault(step, {})[path] = None
        return {step: tuple(paths) for step, paths in found.items()}

    @cached_property
    def _handled(self) -> Handled:
        return self._project.once(Handled)

    @cached_property
    def titles(self) -> frozenset[str]:
        """The words in the titles of tests that can only be names of code: `listOrders`, `OrdersController.list`."""
        words = {
            word.strip("()[]#\"'`,;:.!?")
            for facts in self._project.tests.values()
            for title in {test.title for test in tests_of(facts)}
            for word in title.split()
        }
        return frozenset(word for word in words if not word.islower() and word.replace(".", "").isidentifier())

    def names_route(self, path: str, route: Route) -> bool:
        """Whether a test uses the name of a method or function that answers a route of a file, or asks for its path
        with its verb."""
        if _is_called(route, self._said) or route.symbol in self.titles or self._handled.is_called(path, route):
            return True
        words = _fixed(route)
        if not words:
            return True  # where its router is mounted is not known
        rarest = min((self._paths.get(word, ()) for word in words), key=len)
        return any(_asks_for(one, route, words) or (not one.verb and _fits(one, route, words)) for one in rarest)

    @cached_property
    def _requests(self) -> Mapping[str, list[_Asked]]:
        """The tests in files that the change touched that send requests, by the steps of the paths they ask for."""
        found: dict[str, list[_Asked]] = {}
        for path, facts in self._project.tests.items():
            known = constants(facts)
            for test in tests_of(facts) if self._project.change.file(path) is not None else ():
                for verb, value in (request_of(call, known) for call in facts.index.calls(test.within)):
                    asked = asked_path(verb, said(value, known)) if value is not None else None
                    for step in asked.steps if asked else ():
                        found.setdefault(step, []).append(_Asked(facts, test, asked))
        return found

    def requests_of_route(self, route: Route) -> Iterator[tuple[FileFacts, Test]]:
        """The tests, in files that the change touched, that ask for a route's path: only those meet what stands in
        front of its method."""
        words = _fixed(route)
        for one in min((self._requests.get(word, []) for word in words), key=len) if words else ():
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
            found.extend(self.names_route(path, route) for route in routes if route.symbol not in new)
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
        return self._reached(is_unclear=self.may_be_elsewhere or not self.are_routes_tested)

    @cached_property
    def surely_reached(self) -> frozenset[str]:
        """The same of the routes alone that tests are known to ask for."""
        return self._reached(is_unclear=False)

    def _reached(self, *, is_unclear: bool) -> frozenset[str]:
        calls = self._project.once(calls_by_function)
        found = called_by_tests(self._project, calls)
        are_said = is_unclear or (self.are_routes_tested and not self.may_be_elsewhere)
        for path, routes in every_route(self._project).items():
            new = {route.symbol for route in every_new_route(self._project, path)} if are_said else set[str]()
            for route in routes:
                if is_unclear or route.symbol in new or self.names_route(path, route):
                    found |= called_by_route(self._project.head[path], route)
        for _ in range(_HOPS_MAX):
            found |= {name for caller in found & calls.keys() for name in calls[caller]}
        return frozenset(found)


def _keys(value: Expr) -> Iterator[str]:
    yield from value.keys if value.kind is ExprKind.OBJECT else ()
    for part in value.parts:
        yield from _keys(part)


def _fixed(route: Route) -> frozenset[str]:
    """The steps of a route's path that are always the same."""
    return frozenset(step for step in route.path.split("/") if step and not step.startswith((":", "*", "$", "{")))


def _asks_for(path: AskedPath, route: Route, words: frozenset[str]) -> bool:
    return route.verb in (path.verb, "ALL") and _fits(path, route, words)


def _fits(path: AskedPath, route: Route, words: frozenset[str]) -> bool:
    return words <= path.steps and path.count >= sum(1 for step in route.path.split("/") if step)


def _is_called(route: Route, names: frozenset[str]) -> bool:
    return route.method is not None and route.method.name in names and route.method.name.lower() not in COMMON
