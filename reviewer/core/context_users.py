"""Who relies on what a change touched: callers, implementers, users of a type, tests that name it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.changed_symbols import Symbol, SymbolKind
from reviewer.core.code_places import receiver_type
from reviewer.core.request_data import parents
from reviewer.core.source_paths import is_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reviewer.core.facts import Call, FileFacts, Function
    from reviewer.core.project import Project

USERS_MAX: Final = 12
"""Places of use that are weighed for one symbol; the nearest first."""

_TITLES_MAX: Final = 6
_AROUND: Final = 2
"""Lines before and after a call."""

_TESTERS: Final = frozenset({"it", "test"})


@dataclass(frozen=True, slots=True)
class Use:
    """Lines of a file (by number) in which a symbol is used."""

    path: str
    lines: tuple[int, ...]


class Users:
    """Uses of the changed symbols in every file that was read. One walk over all calls, made once for a change."""

    def __init__(self, project: Project, rows: Mapping[str, list[str]], symbols: Iterable[Symbol]) -> None:
        self._project = project
        self._rows = rows
        self._names: dict[str, frozenset[str]] = {}
        self._tests = sorted(path for path in project.head if is_test(path))
        self._classes = [(path, item) for path, facts in sorted(project.head.items()) for item in facts.classes]
        wanted = {symbol.name for symbol in symbols}
        self._calls: dict[str, list[tuple[str, Call]]] = defaultdict(list)
        for path, facts in sorted(project.head.items()):
            for call in facts.calls:
                name = call.callee.rpartition(".")[2]
                if name in wanted:
                    self._calls[name].append((path, call))

    def callers(self, path: str, symbol: Symbol) -> Iterator[Use]:
        """Calls of a function or method outside of tests, those nearest to its file first."""
        found = [
            (other, call)
            for other, call in self._calls.get(symbol.name, ())
            if not is_test(other) and self._means(path, symbol, other, call) and not _inside(symbol, path, other, call)
        ]
        found.sort(key=lambda one: (-_shared(path, one[0]), one[0], one[1].first))
        for other, call in found[:USERS_MAX]:
            yield Use(other, self._call_lines(self._project.head[other], call))

    def mentions(self, path: str, symbol: Symbol) -> Iterator[Use]:
        """Lines that name a type, a constant, or a member that is gone, in files that know its file."""
        facts_of = self._project.head
        owner = symbol.owner or symbol.name
        known = [
            other
            for other in facts_of
            if not is_test(other) and symbol.name in self._names_of(other) and owner in self._names_of(other)
        ]
        for other in sorted(known, key=lambda one: (-_shared(path, one), one))[: USERS_MAX * 2]:
            imports = {item.line for item in facts_of[other].imports}
            lines = [
                number
                for number in _lines_with(self._rows.get(other, []), symbol.name)
                if number not in imports and not (other == path and symbol.first <= number <= symbol.last)
            ]
            if lines:
                yield Use(other, tuple(lines[:4]))

    def implementers(self, path: str, symbol: Symbol) -> Iterator[Use]:
        """Classes that implement or extend the owner of a changed member: the same member there, or their heads."""
        owner = symbol.owner or symbol.name
        for other, item in self._classes:
            if item.extends is None and not item.implements:
                continue
            above = {*item.implements, *(parents(item.extends) if item.extends is not None else ())}
            if owner not in {name.partition("<")[0].rpartition(".")[2] for name in above}:
                continue
            same = [method for method in item.methods if symbol.owner and method.name == symbol.name]
            first, last = (same[0].first, min(same[0].last, same[0].first + 11)) if same else (item.head, item.head)
            if other != path or not symbol.first <= first <= symbol.last:
                yield Use(other, tuple(range(first, last + 1)))

    def titles(self, path: str, symbol: Symbol) -> Iterator[Use]:
        """The first lines of the tests that name a symbol, by file: what is held by a test, and what is not."""
        owner = symbol.owner or symbol.name
        naming = [other for other in self._tests if symbol.name in self._names_of(other)]
        for other in sorted(naming, key=lambda one: (-_shared(path, one), one)):
            facts = self._project.head[other]
            if owner not in self._names_of(other) and not _imports(facts, path):
                continue
            cases = [call for call in facts.calls if call.callee.partition(".")[0] in _TESTERS and call.args]
            lines = set(_lines_with(self._rows.get(other, []), symbol.name))
            named = [case.first for case in cases if any(line in lines for line in range(case.first, case.last + 1))]
            if named:
                yield Use(other, tuple(named[:_TITLES_MAX]))

    def _means(self, path: str, symbol: Symbol, other: str, call: Call) -> bool:
        """Whether a call of that name is one of the symbol, as far as can be told."""
        facts = self._project.head[other]
        root = call.callee.partition(".")[0]
        if symbol.kind is not SymbolKind.METHOD:
            if other == path:
                return True
            target = self._project.imported_path(other, root)
            if target is None and path not in self._project.change.tree:  # it was removed: only its name is left
                found = facts.imported(root)
                return found is not None and _names_module(found.module, path)
            return target is not None and (target == path or self._passes_on(target, path))
        holder = receiver_type(facts, call)
        if holder:
            return holder == symbol.owner or holder in self._parents(path, symbol.owner)
        if call.callee == f"this.{symbol.name}":
            return other == path or symbol.owner in self._names_of(other)
        return symbol.owner in self._names_of(other) or (other != path and _imports(facts, path))

    def _passes_on(self, barrel: str, path: str) -> bool:
        facts = self._project.head.get(barrel)
        modules = {item.module for item in facts.exports if item.module} if facts else set()
        return any(self._project.resolver.resolve(barrel, module) == path for module in modules)

    def _parents(self, path: str, owner: str) -> frozenset[str]:
        facts = self._project.head.get(path)
        found = (item for item in facts.classes if item.name == owner) if facts else ()
        return frozenset(
            name.partition("<")[0]
            for item in found
            for name in (*item.implements, *(parents(item.extends) if item.extends is not None else ()))
        )

    def _names_of(self, path: str) -> frozenset[str]:
        if path not in self._names:
            self._names[path] = frozenset(self._project.head[path].names)
        return self._names[path]

    def _call_lines(self, facts: FileFacts, call: Call) -> tuple[int, ...]:
        """A call with the lines around it, within its function, and that function's first line."""
        around = named_function(facts, call.scope)
        low, high = (around.first, around.last) if around else (call.first, call.last)
        last = min(call.last, call.first + 7)
        lines = set(range(max(call.first - _AROUND, low), min(last + _AROUND, high) + 1))
        return tuple(sorted(lines | ({around.first} if around else set())))


def named_function(facts: FileFacts, scope: int) -> Function | None:
    """The named function that a scope lies in, from the inside out."""
    for at in facts.index.around(scope):
        if at >= 0 and facts.functions[at].name:
            return facts.functions[at]
    return None


def _inside(symbol: Symbol, path: str, other: str, call: Call) -> bool:
    """Whether a call stands in the symbol itself: recursion tells nothing new."""
    return other == path and symbol.first <= call.first <= symbol.last


def _imports(facts: FileFacts, path: str) -> bool:
    """Whether a file imports one that is called so, whatever way its module is written."""
    return any(_names_module(item.module, path) for item in facts.imports)


def _names_module(module: str, path: str) -> bool:
    stem = path.rpartition("/")[2].partition(".")[0]
    return "/" in module and module.rpartition("/")[2].partition(".")[0] == stem


def _lines_with(rows: list[str], name: str) -> list[int]:
    """Numbers of the lines that have a name as a word of its own; linear: one escaped word."""
    word = re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])")
    return [number for number, row in enumerate(rows, 1) if name in row and word.search(row)]


def _shared(one: str, other: str) -> int:
    """Folders that two paths share from the top."""
    count = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count
