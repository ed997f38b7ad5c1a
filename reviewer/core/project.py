"""The project as far as a review sees it: facts of the changed files and their neighbours, joined.

What a rule may ask: what did the change write, where does a name lead, which routes are there, what do requests
reach, what does the project use, what do its tests name. Everything is computed once, on first use, and never
changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reviewer.core.conventions import Rate, rate
from reviewer.core.decorations import Decorations, decorations
from reviewer.core.documentation import documents_by_comment
from reviewer.core.endpoints import Endpoint, endpoints, guards_by_decorator, nest_prefix
from reviewer.core.entities import Entity, entities
from reviewer.core.express_controllers import controller_routes
from reviewer.core.facts import Class, FileFacts, TypeDeclaration
from reviewer.core.guards import GlobalGuards, global_guards
from reviewer.core.handlers import Place, handler_of
from reviewer.core.mounts import Wiring, wiring
from reviewer.core.packages import Version, asked, package_of, version
from reviewer.core.resolution import Resolver, resolver
from reviewer.core.router_routes import makes_router, router_names, router_routes
from reviewer.core.routes import Route, graphql_routes, nest_routes
from reviewer.core.source_paths import is_production, is_test
from reviewer.core.tested import paths_in_tests, test_stem
from reviewer.core.written import Written

if TYPE_CHECKING:
    from reviewer.core.facts import Decorator

_HOPS_MAX = 8
"""Re-exports followed from an import to its declaration; barrels of barrels exist, rings too."""


@dataclass(frozen=True, slots=True)
class Declared:
    """Where a name was declared: a class or another type, and the file it stands in."""

    path: str
    item: Class | TypeDeclaration


class Project(Written):
    """Facts joined."""

    # ------------------------------------------------------------------------------------------ where a name leads

    @cached_property
    def resolver(self) -> Resolver:
        """Resolves imports in the tree at head, by the configuration files that were read."""
        changed = {
            file.path: file.head for file in self.change.files if file.head is not None and file.path.endswith(".json")
        }
        return resolver(self.change.tree | frozenset(self.head), {**self.change.neighbours, **changed})

    def imported_path(self, path: str, local: str) -> str | None:
        """The file of the project that a local name is imported from; None for libraries, and for names of the
        file itself."""
        facts = self.head.get(path)
        found = facts.imported(local) if facts else None
        return self.resolver.resolve(path, found.module) if found else None

    def declaration(self, path: str, name: str) -> Declared | None:
        """The class or type that a name means in a file, through imports and re-exports. None when that file was
        not read."""
        seen: set[tuple[str, str]] = set()
        waiting = [(path, name, True)]
        while waiting and len(seen) < _HOPS_MAX * 4:
            at, wanted, is_local = waiting.pop(0)
            facts = self.head.get(at)
            if facts is None or (at, wanted) in seen:
                continue
            seen.add((at, wanted))
            here = wanted if is_local else facts.index.exported(wanted)
            item = facts.index.declared(here)
            if item is not None:
                return Declared(at, item)
            waiting.extend(self._next_hops(at, facts, wanted, here))
        return None

    def _next_hops(self, path: str, facts: FileFacts, wanted: str, here: str) -> Iterator[tuple[str, str, bool]]:
        found = facts.imported(here.partition(".")[0])
        if found is not None:
            target = self.resolver.resolve(path, found.module)
            if target is not None:
                yield target, here.partition(".")[2] or here if found.name == "*" else found.name, False
        for export in facts.exports:
            if export.module and (export.name in (wanted, "*")):
                target = self.resolver.resolve(path, export.module)
                if target is not None:
                    yield target, wanted if export.local == "*" else export.local, False

    # ------------------------------------------------------------------------------------------ routes

    @cached_property
    def routes(self) -> Mapping[str, tuple[Route, ...]]:
        """Routes by path, of all files that were read and serve users."""
        found = {path: tuple(self._routes_of(path, facts)) for path, facts in self.head.items() if is_production(path)}
        return {path: routes for path, routes in found.items() if routes}

    @cached_property
    def resolvers(self) -> Mapping[str, tuple[Route, ...]]:
        """The GraphQL operations by path, of all files that were read and serve users."""
        found = {path: tuple(graphql_routes(facts)) for path, facts in self.head.items() if is_production(path)}
        return {path: routes for path, routes in found.items() if routes}

    def routes_before(self, path: str) -> tuple[Route, ...]:
        """The routes that the same file had at base. Its routers are known by what it made or imported itself."""
        if path not in self._routes_before:
            facts = self.before(path)
            known = self.router_names(path)
            routed = router_routes(facts, router_names(facts, lambda local: local in known))
            self._routes_before[path] = (*nest_routes(facts), *controller_routes(facts), *routed)
        return self._routes_before[path]

    @cached_property
    def _routes_before(self) -> dict[str, tuple[Route, ...]]:
        return {}

    def new_routes(self, path: str) -> tuple[Route, ...]:
        """The routes of a changed file that were not there at base: by symbol, so that moving one is not adding
        it."""
        if path not in self._new_routes:
            before = {route.symbol for route in self.routes_before(path)}
            fresh = (route for route in self.routes.get(path, ()) if route.symbol not in before)
            self._new_routes[path] = tuple(route for route in fresh if self.wrote(path, route.first, route.last))
        return self._new_routes[path]

    @cached_property
    def _new_routes(self) -> dict[str, tuple[Route, ...]]:
        return {}

    def _routes_of(self, path: str, facts: FileFacts) -> Iterator[Route]:
        yield from nest_routes(facts)
        yield from controller_routes(facts)
        yield from router_routes(facts, self.router_names(path))

    def router_names(self, path: str) -> frozenset[str]:
        """Names that hold an Express or Fastify application or router in a file."""
        if path not in self._router_names:
            facts = self.head.get(path, FileFacts())
            self._router_names[path] = router_names(facts, lambda local: self._imports_router(path, local))
        return self._router_names[path]

    @cached_property
    def _router_names(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def wiring(self) -> Wiring:
        """How the routers hang together; ask `core/mounts.py` what stands in front of a route."""
        return wiring(self)

    def _imports_router(self, path: str, local: str) -> bool:
        target = self.imported_path(path, local)
        facts = self.head.get(target) if target else None
        found = self.head[path].imported(local)
        if facts is None or found is None:
            return False
        name = facts.index.exported(found.name)
        return any(item.name == name and makes_router(facts, item.value) for item in facts.bindings)

    # ------------------------------------------------------------------------------------------ endpoints

    def handler(self, path: str, route: Route) -> Place | None:
        """The file and function that answer a route of a file; None when it was not read, or cannot be told."""
        return handler_of(self, path, route)

    def decorators(self, path: str, found: Iterable[Decorator]) -> Decorations:
        """All decorators of a place in a file, the project's composites taken apart through imports."""
        return decorations(self, path, found)

    def endpoints(self, path: str) -> tuple[Endpoint, ...]:
        """The endpoints of a file with what was found out about each."""
        if path not in self._endpoints:
            self._endpoints[path] = tuple(endpoints(self, path))
        return self._endpoints[path]

    @cached_property
    def _endpoints(self) -> dict[str, tuple[Endpoint, ...]]:
        return {}

    @cached_property
    def documents_by_comment(self) -> bool:
        """Whether routes of the project are described in comments (`@openapi`)."""
        return documents_by_comment(self)

    @cached_property
    def global_guards(self) -> GlobalGuards:
        """What guards every route of a NestJS application."""
        return global_guards(self)

    @cached_property
    def guards_by_decorator(self) -> bool:
        """Whether controllers of the project name their guards themselves."""
        return guards_by_decorator(self)

    @cached_property
    def nest_prefix(self) -> tuple[str, bool]:
        """The prefix of all controllers' paths, and whether versions stand in them."""
        return nest_prefix(self)

    # ------------------------------------------------------------------------------------------ the project's own ways

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The files that are no code and were read (package.json, lock files, tsconfig, …), at head, by path."""
        changed = {file.path: file.head for file in self.change.files if file.head is not None}
        return {**self.change.neighbours, **changed}

    @cached_property
    def packages(self) -> Mapping[str, str]:
        """What the package.json files ask for: package → version range. Empty when none was read."""
        return asked(self.texts)

    def uses(self, package: str) -> bool:
        """Whether the project uses a package: a package.json asks for it, or a file that was read imports it."""
        return package in self.packages or package in self._imported_packages

    def version(self, package: str) -> Version | None:
        """Major and minor version of a package: the locked one, else the least that package.json allows."""
        return version(package, self.packages, self.texts)

    @cached_property
    def _imported_packages(self) -> frozenset[str]:
        return frozenset(package_of(item.module) for facts in self.head.values() for item in facts.imports)

    @cached_property
    def entities(self) -> Mapping[str, Entity]:
        """What the project stores, by name: TypeORM and MikroORM entities, Mongoose schemas, Prisma models."""
        return entities(self)

    def rate(self, item: Callable[[Route], bool], routes: Iterable[Route]) -> Rate:
        """How many of these routes have something: the project's own rate for a convention."""
        return rate(map(item, routes))

    @cached_property
    def tests(self) -> Mapping[str, FileFacts]:
        """The test files that were read, changed or not."""
        return {path: facts for path, facts in self.head.items() if is_test(path)}

    @cached_property
    def names_in_tests(self) -> frozenset[str]:
        """All identifiers that the tests which were read mention."""
        return frozenset(name for facts in self.tests.values() for name in facts.names)

    @cached_property
    def texts_in_tests(self) -> tuple[str, ...]:
        """All string literals of the tests which were read."""
        return tuple(text.text for facts in self.tests.values() for text in facts.strings)

    @cached_property
    def paths_in_tests(self) -> tuple[tuple[str, ...], ...]:
        """The steps of every path that the tests mention."""
        return paths_in_tests(self.texts_in_tests)

    @cached_property
    def unread_tests(self) -> frozenset[str]:
        """The first words of the names of tests that exist and were not read."""
        return frozenset(test_stem(path) for path in self.change.tree - self.head.keys() if is_test(path))
