"""What the change wrote: its files at head and at base, its lines, and what stood there before."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.facts import Call, FileFacts
from reviewer.core.meaning import Meaning, of_binding, of_call
from reviewer.core.source_paths import is_production

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from reviewer.core.facts import Binding

T = TypeVar("T")

_Kind = tuple[str, str, str, bool, bool, bool]
"""Symbol and callee of a call, the loop it stands in, whether somebody waits for it, its try and its catch."""


class Written:
    """Facts at head and at base, compared. `head` and `base` hold facts by path at head (neighbours too) and by path
    at base (changed files)."""

    def __init__(self, change: Change, head: Mapping[str, FileFacts], base: Mapping[str, FileFacts]) -> None:
        self.change = change
        self.head = head
        self.base = base

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

    def once(self, make: Callable[[Self], T]) -> T:
        """What `make` says of these files, asked once however many rules ask. `make` is a class or a function of a
        module (one made on the spot is another one every time), and whatever it made is shared: never change it."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])

    @cached_property
    def _made(self) -> dict[object, object]:
        return {}

    @cached_property
    def _files(self) -> dict[str, ChangedFile]:
        return {file.path: file for file in reversed(self.change.files)}

    @cached_property
    def _added(self) -> dict[str, frozenset[int]]:
        return {file.path: file.diff.added for file in self.change.files}

    def added(self, path: str) -> frozenset[int]:
        """Lines at head that the change wrote."""
        return self._added.get(path, frozenset())

    def wrote(self, path: str, first: int, last: int | None = None) -> bool:
        """Whether the change wrote one of these lines (inclusive; one line when `last` is None)."""
        lines = self.added(path)
        if last is None or last == first:
            return first in lines
        return not lines.isdisjoint(range(first, last + 1))

    def before(self, path: str) -> FileFacts:
        """Facts of the same file at base, under its old name if it was renamed; empty facts for a new file."""
        file = self._files.get(path)
        return self.base.get((file.old_path if file else None) or path) or self._nothing

    @cached_property
    def _nothing(self) -> FileFacts:
        return FileFacts()

    def introduced(self, path: str, fact: Call | Binding) -> bool:
        """Whether the change wrote this fact: on its lines, and the same code did not stand in the same symbol
        before."""
        if not self.wrote(path, fact.first, fact.last):
            return False
        return not self.was_there(path, fact)

    def new_calls(self, path: str) -> tuple[Call, ...]:
        """The calls of a file that the change `introduced`, in source order: found once, as most rules ask."""
        if path not in self._new_calls:
            facts = self.head.get(path)
            found = (call for call in facts.calls if self.introduced(path, call)) if facts is not None else ()
            self._new_calls[path] = tuple(found)
        return self._new_calls[path]

    @cached_property
    def _new_calls(self) -> dict[str, tuple[Call, ...]]:
        return {}

    def was_there(self, path: str, fact: Call | Binding) -> bool:
        """Whether the same code stood in the same symbol at base, other casts, quotes and blanks left out."""
        if (fact.symbol, fact.code) in self._codes_before(path):
            return True
        said = of_call(fact) if isinstance(fact, Call) else of_binding(fact)
        return said is not None and (fact.symbol, said) in self._meanings_before(path)

    def edited(self, path: str, call: Call) -> bool:
        """Whether the call stood in the same symbol at base, as it is now in all but its arguments: the change wrote
        what it says, and not that it is there. False where a call of that kind was added beside it."""
        if path not in self._kinds:
            now, before = (Counter(map(_kind, facts.calls)) for facts in (self.head[path], self.before(path)))
            self._kinds[path] = frozenset(kind for kind, count in before.items() if count >= now[kind])
        return _kind(call) in self._kinds[path]

    @cached_property
    def _kinds(self) -> dict[str, frozenset[_Kind]]:
        return {}

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

    def _meanings_before(self, path: str) -> frozenset[tuple[str, Meaning | None]]:
        if path not in self._meanings:
            facts = self.before(path)
            calls = ((call.symbol, of_call(call)) for call in facts.calls)
            bindings = ((binding.symbol, of_binding(binding)) for binding in facts.bindings)
            self._meanings[path] = frozenset(calls) | frozenset(bindings)
        return self._meanings[path]

    @cached_property
    def _meanings(self) -> dict[str, frozenset[tuple[str, Meaning | None]]]:
        return {}

    @cached_property
    def _codes(self) -> dict[str, frozenset[tuple[str, str]]]:
        return {}


def _kind(call: Call) -> _Kind:
    return call.symbol, call.callee, call.loop, call.awaited, call.in_try, call.catch >= 0
