"""Facts of one file by scope and by name, so that no question walks the whole file for each answer.

Rules run in the service's process on what a stranger wrote: a question inside a loop over calls must not cost as
much as there are calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from reviewer.core.decorated_frameworks import as_known
from reviewer.core.expr import NOWHERE, ExprKind

if TYPE_CHECKING:
    from reviewer.core.control_flow import Cast, Condition, Operation, Switch, Throw
    from reviewer.core.facts import Binding, Call, Class, FileFacts, Read, Text, TypeDeclaration
    from reviewer.core.imports import Import

    Fact = TypeVar("Fact", Condition, Switch, Operation, Throw, Cast)

T = TypeVar("T")


class FactsIndex:
    """Made once for each file's facts, by `FileFacts.index`."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._imports: dict[str, Import] = {}
        self._originals: dict[str, tuple[str, str]] = {}
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
            if not _is_bare(binding):
                self._bound[binding.scope, binding.name].append(binding)

    def once(self, make: Callable[[FileFacts], T]) -> T:
        """What `make` says of this file, asked once however many rules ask. `make` is a class or a function of a
        module (one made on the spot is another one every time), and whatever it made is shared: never change it."""
        if make not in self._made:
            self._made[make] = make(self._facts)
        return cast("T", self._made[make])

    @cached_property
    def _made(self) -> dict[object, object]:
        return {}

    @cached_property
    def modules(self) -> frozenset[str]:
        """All modules that the file imports, as written there."""
        return frozenset(item.module for item in self._facts.imports)

    @cached_property
    def _bare(self) -> dict[tuple[int, str], list[Binding]]:
        found: dict[tuple[int, str], list[Binding]] = defaultdict(list)
        for binding in self._facts.bindings:
            if _is_bare(binding):
                found[binding.scope, binding.name].append(binding)
        return found

    @cached_property
    def _taken(self) -> dict[tuple[int, str], tuple[Binding, str]]:
        found: dict[tuple[int, str], tuple[Binding, str]] = {}
        for binding in self._facts.bindings:
            for local, field in zip(binding.locals, binding.fields, strict=False):
                found.setdefault((binding.scope, local), (binding, field))
        return found

    @cached_property
    def _conditions(self) -> dict[int, list[Condition]]:
        return _by_scope(self._facts.conditions)

    @cached_property
    def _switches(self) -> dict[int, list[Switch]]:
        return _by_scope(self._facts.switches)

    @cached_property
    def _operations(self) -> dict[int, list[Operation]]:
        return _by_scope(self._facts.operations)

    @cached_property
    def _throws(self) -> dict[int, list[Throw]]:
        return _by_scope(self._facts.throws)

    @cached_property
    def _casts(self) -> dict[int, list[Cast]]:
        return _by_scope(self._facts.casts)

    def imported(self, local: str) -> Import | None:
        """The import that a local name comes from."""
        return self._imports.get(local)

    def original(self, name: str) -> tuple[str, str]:
        """What `core.routes.original` says, worked out once for each name: every rule asks it of every decorator."""
        known = self._originals.get(name)
        if known is None:
            known = self._originals[name] = self._original(name)
        return known

    def _original(self, name: str) -> tuple[str, str]:
        root, _, rest = name.partition(".")
        found = self._imports.get(root)
        if found is None:
            return name, ""
        if found.name == "*" or (found.name == "default" and rest):
            return as_known(rest or "*", found.module)
        return as_known(f"{found.name}.{rest}" if rest else found.name, found.module)

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

    def conditions(self, scopes: Iterable[int]) -> Iterator[Condition]:
        """The conditions that stand directly in these scopes."""
        return (one for scope in scopes for one in self._conditions.get(scope, ()))

    def switches(self, scopes: Iterable[int]) -> Iterator[Switch]:
        """The switches that stand directly in these scopes."""
        return (one for scope in scopes for one in self._switches.get(scope, ()))

    def operations(self, scopes: Iterable[int]) -> Iterator[Operation]:
        """The comparisons and arithmetic that stand directly in these scopes."""
        return (one for scope in scopes for one in self._operations.get(scope, ()))

    def throws(self, scopes: Iterable[int]) -> Iterator[Throw]:
        """The throws that stand directly in these scopes."""
        return (one for scope in scopes for one in self._throws.get(scope, ()))

    def casts(self, scopes: Iterable[int]) -> Iterator[Cast]:
        """The casts that stand directly in these scopes."""
        return (one for scope in scopes for one in self._casts.get(scope, ()))

    def bound(self, name: str, scope: int) -> list[Binding]:
        """What a name is given in one scope. Where it is given nothing: the loops whose variable it is, and its
        declaration without a value (else they are only among the `bindings`)."""
        key = scope, name
        return self._bound.get(key) or self._bare.get(key, [])

    def taken(self, name: str, scope: int) -> tuple[Binding, str] | None:
        """The destructuring that makes a name in one scope, and the field that it takes: `const { manager } = db`."""
        return self._taken.get((scope, name))

    def functions(self, name: str) -> list[int]:
        """The scopes of the functions of one name."""
        return self._named.get(name, [])


def _is_bare(binding: Binding) -> bool:
    """Whether a binding makes a name and does not say its value: `let x;`, and the variable of a loop."""
    kind = binding.kind.value
    return kind == "loop" or (
        kind == "let" and binding.value.kind is ExprKind.CONSTANT and binding.value.text == "undefined"
    )


def _by_scope(facts: Iterable[Fact]) -> dict[int, list[Fact]]:
    found: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        found[fact.scope].append(fact)
    return found
