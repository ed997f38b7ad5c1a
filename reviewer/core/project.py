"""The project as far as a review sees it: facts of the changed files and their neighbours, joined.

What a rule may ask: what did the change write, where does a name lead, which routes are there, what do requests
reach, what does the project use, what do its tests name. Everything is computed once, on first use, and never
changes.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.facts import Class, FileFacts, TypeDeclaration
from reviewer.core.jsonc import parse_jsonc, table
from reviewer.core.resolution import Resolver, resolver
from reviewer.core.routes import Route, makes_router, nest_routes, router_names, router_routes
from reviewer.core.source_paths import is_production, is_test

if TYPE_CHECKING:
    from reviewer.core.facts import Binding, Call

_HOPS_MAX = 8
"""Re-exports followed from an import to its declaration; barrels of barrels exist, rings too."""


@dataclass(frozen=True, slots=True)
class Declared:
    """Where a name was declared: a class or another type, and the file it stands in."""

    path: str
    item: Class | TypeDeclaration


class Project:
    """Facts joined. `head` and `base` hold facts by path at head (neighbours too) and by path at base (changed
    files)."""

    def __init__(self, change: Change, head: Mapping[str, FileFacts], base: Mapping[str, FileFacts]) -> None:
        self.change = change
        self.head = head
        self.base = base

    # ------------------------------------------------------------------------------------------ what the change wrote

    @cached_property
    def changed(self) -> tuple[tuple[ChangedFile, FileFacts], ...]:
        """The changed files that exist at head and were read, with their facts."""
        pairs = (
            (file, self.head.get(file.path)) for file in self.change.files if file.status is not FileStatus.REMOVED
        )
        return tuple((file, facts) for file, facts in pairs if facts is not None)

    @cached_property
    def production(self) -> tuple[tuple[ChangedFile, FileFacts], ...]:
        """`changed` without tests, migrations, seeds, fixtures, mocks, scripts and generated code."""
        return tuple((file, facts) for file, facts in self.changed if is_production(file.path))

    @cached_property
    def _added(self) -> dict[str, frozenset[int]]:
        return {file.path: file.diff.added for file in self.change.files}

    def added(self, path: str) -> frozenset[int]:
        """Lines at head that the change wrote."""
        return self._added.get(path, frozenset())

    def wrote(self, path: str, first: int, last: int | None = None) -> bool:
        """Whether the change wrote one of these lines (inclusive; one line when `last` is None)."""
        lines = self.added(path)
        return any(number in lines for number in range(first, (first if last is None else last) + 1))

    def before(self, path: str) -> FileFacts:
        """Facts of the same file at base, under its old name if it was renamed; empty facts for a new file."""
        file = self.change.file(path)
        return self.base.get((file.old_path if file else None) or path) or FileFacts()

    def introduced(self, path: str, fact: Call | Binding) -> bool:
        """Whether the change wrote this fact: on its lines, and the same code did not stand in the same symbol
        before."""
        if not self.wrote(path, fact.first, fact.last):
            return False
        return not self.was_there(path, fact)

    def was_there(self, path: str, fact: Call | Binding) -> bool:
        """Whether the same code stood in the same symbol at base."""
        return (fact.symbol, fact.code) in self._codes_before(path)

    def had_function(self, path: str, symbol: str) -> bool:
        """Whether the file had a function of that symbol at base."""
        if path not in self._functions:
            self._functions[path] = frozenset(function.symbol for function in self.before(path).functions)
        return symbol in self._functions[path]

    def had_read(self, path: str, name: str, symbol: str) -> bool:
        """Whether the name was read in that symbol at base."""
        if path not in self._reads:
            self._reads[path] = frozenset((read.name, read.symbol) for read in self.before(path).reads)
        return (name, symbol) in self._reads[path]

    @cached_property
    def _functions(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def _reads(self) -> dict[str, frozenset[tuple[str, str]]]:
        return {}

    def _codes_before(self, path: str) -> frozenset[tuple[str, str]]:
        if path not in self._codes:
            facts = self.before(path)
            calls = ((call.symbol, call.code) for call in facts.calls)
            bindings = ((binding.symbol, binding.code) for binding in facts.bindings)
            self._codes[path] = frozenset(calls) | frozenset(bindings)
        return self._codes[path]

    @cached_property
    def _codes(self) -> dict[str, frozenset[tuple[str, str]]]:
        return {}

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

    def routes_before(self, path: str) -> tuple[Route, ...]:
        """The routes that the same file had at base. Its routers are known by what it made or imported itself."""
        facts = self.before(path)
        known = self.router_names(path)
        return (*nest_routes(facts), *router_routes(facts, router_names(facts, lambda local: local in known)))

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
        yield from router_routes(facts, self.router_names(path))

    def router_names(self, path: str) -> frozenset[str]:
        """Names that hold an Express or Fastify application or router in a file."""
        facts = self.head.get(path, FileFacts())
        return router_names(facts, lambda local: self._imports_router(path, local))

    def _imports_router(self, path: str, local: str) -> bool:
        target = self.imported_path(path, local)
        facts = self.head.get(target) if target else None
        found = self.head[path].imported(local)
        if facts is None or found is None:
            return False
        name = facts.index.exported(found.name)
        return any(item.name == name and makes_router(facts, item.value) for item in facts.bindings)

    # ------------------------------------------------------------------------------------------ the project's own ways

    @cached_property
    def packages(self) -> Mapping[str, str]:
        """What the package.json files ask for: package → version range. Empty when none was read."""
        texts = dict(self.change.neighbours)
        texts |= {file.path: file.head for file in self.change.files if file.head is not None}
        found: dict[str, str] = {}
        for path in sorted(path for path in texts if posixpath.basename(path) == "package.json"):
            data = table(parse_jsonc(texts[path]))
            for key in ("peerDependencies", "devDependencies", "dependencies"):
                found |= {name: value for name, value in table(data.get(key)).items() if isinstance(value, str)}
        return found

    def uses(self, package: str) -> bool:
        """Whether the project uses a package: a package.json asks for it, or a file that was read imports it."""
        return package in self.packages or package in self._imported_packages

    @cached_property
    def _imported_packages(self) -> frozenset[str]:
        modules = {item.module for facts in self.head.values() for item in facts.imports}
        return frozenset("/".join(module.split("/")[: 2 if module.startswith("@") else 1]) for module in modules)

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
