"""Which symbols a change touches, and whether it touches what others rely on: their contract."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE
from reviewer.core.facts import BindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reviewer.core.change import ChangedFile
    from reviewer.core.facts import Class, FileFacts, Function, TypeDeclaration

SYMBOLS_MAX: Final = 60
"""Changed symbols of one file that context is looked for; a file with more is new or generated."""

_MEMBERS_MAX: Final = 40


class SymbolKind(StrEnum):
    """What a symbol is: it decides how it is used elsewhere."""

    FUNCTION = "function"
    METHOD = "method"
    TYPE = "type"
    MEMBER = "member"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol that the change wrote in. Lines at head; those of one that is gone are where it was missed.

    `owner` is the class or type that it is a member of, "" outside. `contract`: what others rely on is another one
    (parameters, answer, fields, being there at all). `is_new`: it was not there at base.
    """

    kind: SymbolKind
    name: str
    owner: str
    first: int
    last: int
    contract: bool = False
    is_new: bool = False

    @property
    def dotted(self) -> str:
        """As one says it: `Orders.create`."""
        return f"{self.owner}.{self.name}" if self.owner else self.name


def changed_symbols(file: ChangedFile, head: FileFacts, base: FileFacts) -> tuple[Symbol, ...]:
    """The symbols of a file that the change wrote in, those whose contract changed first, then in source order."""
    edited, removed = sorted(file.diff.edited), sorted(file.diff.removed)
    found = [
        *_functions(head, base, edited),
        *_types(head, base, edited),
        *_constants(head, base, edited),
        *_gone(head, base, removed, edited),
    ]
    unique = {(one.kind, one.owner, one.name): one for one in reversed(found)}
    ordered = sorted(unique.values(), key=lambda one: (not one.contract, one.first, one.name))
    return tuple(ordered[:SYMBOLS_MAX])


def touched(lines: Sequence[int], first: int, last: int) -> bool:
    """Whether one of the sorted lines lies within (inclusive)."""
    at = bisect_left(lines, first)
    return at < len(lines) and lines[at] <= last


def owner_of(function: Function) -> str:
    """The class of a method, "" for a function."""
    return function.symbol.rpartition(".")[0].rpartition(".")[2]


def _functions(head: FileFacts, base: FileFacts, edited: Sequence[int]) -> Iterator[Symbol]:
    before = {function.symbol: function for function in reversed(base.functions) if function.name}
    in_class = {method.scope for item in head.classes for method in item.methods}
    for scope, function in enumerate(head.functions):
        if not function.name or not touched(edited, function.first, function.last):
            continue
        kind = SymbolKind.METHOD if scope in in_class else SymbolKind.FUNCTION
        owner = owner_of(function) if kind is SymbolKind.METHOD else ""
        old = before.get(function.symbol)
        is_new = old is None
        changed = old is not None and _signature(old) != _signature(function)
        yield Symbol(kind, function.name, owner, function.first, function.last, changed, is_new)


def _signature(function: Function) -> tuple[object, ...]:
    params = tuple((param.name, param.fields, param.type.text, param.is_optional) for param in function.params)
    return (params, function.return_type.text, function.is_async)


def _types(head: FileFacts, base: FileFacts, edited: Sequence[int]) -> Iterator[Symbol]:
    before = {item.name: item for item in _declared(base)}
    for item in _declared(head):
        if not item.name or not touched(edited, item.first, item.last):
            continue
        old = before.get(item.name)
        fields, was = _fields(item), _fields(old) if old is not None else {}
        yield Symbol(
            SymbolKind.TYPE, item.name, "", item.first, item.last, old is not None and fields != was, old is None
        )
        lost = [name for name in was if name and fields.get(name) != was[name]]
        for name in lost[:_MEMBERS_MAX]:
            yield Symbol(SymbolKind.MEMBER, name, item.name, item.first, item.last, contract=True)


def _fields(item: Class | TypeDeclaration) -> dict[str, str]:
    """What a type promises: its fields with their types, and the methods of an interface."""
    found: dict[str, str] = {}
    for one in getattr(item, "properties", ()):
        found[one.name] = f"{one.type.text}{'?' * one.is_optional}"
    for one in getattr(item, "members", ()):
        found[one.name] = f"{one.type.text}{'?' * one.is_optional}{'()' * one.is_method}"
    return found


def _constants(head: FileFacts, base: FileFacts, edited: Sequence[int]) -> Iterator[Symbol]:
    before = {one.name for one in base.bindings if one.scope == NOWHERE}
    exported = {one.local for one in head.exports}
    for one in head.bindings:
        if (
            one.scope == NOWHERE
            and one.kind is BindingKind.CONST
            and one.name in exported
            and touched(edited, one.first, one.last)
        ):
            yield Symbol(
                SymbolKind.CONSTANT, one.name, "", one.first, one.last, one.name in before, one.name not in before
            )


def _gone(head: FileFacts, base: FileFacts, removed: Sequence[int], edited: Sequence[int]) -> Iterator[Symbol]:
    """What stood at base and does not at head. Where it was missed is not told by line: the whole file's edits."""
    first, last = (edited[0], edited[-1]) if edited else (0, 0)
    there = {function.symbol for function in head.functions}
    in_class = {method.scope for item in base.classes for method in item.methods}
    for scope, function in enumerate(base.functions):
        outer = function.parent == NOWHERE
        if function.name and outer and function.symbol not in there and touched(removed, function.first, function.last):
            kind = SymbolKind.METHOD if scope in in_class else SymbolKind.FUNCTION
            owner = owner_of(function) if kind is SymbolKind.METHOD else ""
            yield Symbol(kind, function.name, owner, first, last, contract=True)
    types = {item.name for item in _declared(head)}
    for item in _declared(base):
        if item.name and item.name not in types and touched(removed, item.first, item.last):
            yield Symbol(SymbolKind.TYPE, item.name, "", first, last, contract=True)


def _declared(facts: FileFacts) -> Iterator[Class | TypeDeclaration]:
    yield from facts.classes
    yield from facts.types
