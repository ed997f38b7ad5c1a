"""Facts of one file by scope and by name, so that no question walks the whole file for each answer.

Rules run in the service's process on what a stranger wrote: a question inside a loop over calls must not cost as
much as there are calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from reviewer.core.expr import NOWHERE

if TYPE_CHECKING:
    from reviewer.core.facts import Binding, Call, Class, FileFacts, Read, Text, TypeDeclaration
    from reviewer.core.imports import Import


class FactsIndex:
    """Made once for each file's facts, by `FileFacts.index`."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._imports: dict[str, Import] = {}
        self._children: dict[int, list[int]] = defaultdict(list)
        self._calls: dict[int, list[Call]] = defaultdict(list)
        self._reads: dict[int, list[Read]] = defaultdict(list)
        self._bindings: dict[int, list[Binding]] = defaultdict(list)
        self._bound: dict[tuple[int, str], list[Binding]] = defaultdict(list)
        self._named: dict[str, list[int]] = defaultdict(list)
        self._comments: dict[int, list[Text]] = defaultdict(list)
        for comment in facts.comments:
            self._comments[comment.last].append(comment)
        self._declared: dict[str, Class | TypeDeclaration] = {item.name: item for item in reversed(facts.types)}
        self._declared |= {item.name: item for item in reversed(facts.classes)}
        self._exported = {item.name: item.local for item in reversed(facts.exports) if not item.module}
        for item in facts.imports:
            self._imports.setdefault(item.local, item)
        for scope, function in enumerate(facts.functions):
            self._children[function.parent].append(scope)
            self._named[function.name].append(scope)
        for call in facts.calls:
            self._calls[call.scope].append(call)
        for read in facts.reads:
            self._reads[read.scope].append(read)
        for binding in facts.bindings:
            self._bindings[binding.scope].append(binding)
            self._bound[binding.scope, binding.name].append(binding)

    def imported(self, local: str) -> Import | None:
        """The import that a local name comes from."""
        return self._imports.get(local)

    def declared(self, name: str) -> Class | TypeDeclaration | None:
        """The class or type of that name in the file itself."""
        return self._declared.get(name)

    def exported(self, name: str) -> str:
        """The local name of an export; the same name where the file exports none."""
        return self._exported.get(name, name)

    def comments(self, line: int) -> list[Text]:
        """The comments that end on a line."""
        return self._comments.get(line, [])

    def within(self, scope: int) -> tuple[int, ...]:
        """A function's scope and those of all functions inside it."""
        found = [scope]
        for at in found:
            found.extend(self._children.get(at, ()))
        return tuple(found)

    def around(self, scope: int) -> Iterator[int]:
        """A scope and those around it, from the inside out, the file's own last."""
        while scope >= 0:
            yield scope
            scope = self._facts.functions[scope].parent
        yield NOWHERE

    def calls(self, scopes: Iterable[int]) -> Iterator[Call]:
        """The calls that stand directly in these scopes."""
        return (call for scope in scopes for call in self._calls.get(scope, ()))

    def reads(self, scopes: Iterable[int]) -> Iterator[Read]:
        """The reads that stand directly in these scopes."""
        return (read for scope in scopes for read in self._reads.get(scope, ()))

    def bindings(self, scopes: Iterable[int]) -> Iterator[Binding]:
        """The bindings that stand directly in these scopes."""
        return (binding for scope in scopes for binding in self._bindings.get(scope, ()))

    def bound(self, name: str, scope: int) -> list[Binding]:
        """What a name is given in one scope."""
        return self._bound.get((scope, name), [])

    def functions(self, name: str) -> list[int]:
        """The scopes of the functions of one name."""
        return self._named.get(name, [])
