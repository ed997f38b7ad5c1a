"""Every block that could be shown with a changed file, each with what it is worth. What fits: `context_pack.py`."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.changed_symbols import Symbol, SymbolKind, touched
from reviewer.core.code_places import called
from reviewer.core.context import Block, Role
from reviewer.core.context_values import values_read
from reviewer.core.facts import Class
from reviewer.core.source_paths import is_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reviewer.core.change import ChangedFile
    from reviewer.core.context_users import Use, Users
    from reviewer.core.facts import FileFacts, Function, TypeDeclaration
    from reviewer.core.project import Project

_TYPE_LINES_MAX: Final = 30
_CODE_LINES_MAX: Final = 30
_SIBLING_LINES_MAX: Final = 14
_SCHEMA_LINES_MAX: Final = 40
"""Lines of a block; of something longer the first are shown, as they say most."""

_CALLS_MAX: Final = 200
"""Calls on the written lines of one file that are followed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A block and its worth. Worths are relative: a user of something that is gone is worth 12, a test's title 2."""

    block: Block
    worth: float


@dataclass(frozen=True, slots=True)
class Sight:
    """What blocks are made from: the project, the lines of every file that was read, and who uses what."""

    project: Project
    rows: Mapping[str, list[str]]
    users: Users
    shown: Mapping[str, frozenset[int]]
    """Lines at head that the hunks of changed files show."""


def offers(sight: Sight, file: ChangedFile, symbols: Sequence[Symbol]) -> Iterator[Offer]:
    """All that could be shown with a file. Some lines may be offered twice, for several symbols."""
    for symbol in symbols:
        yield from _users(sight, file, symbol)
    facts = sight.project.head.get(file.path)
    if facts is None or is_test(file.path):
        return
    edited = sorted(file.diff.edited)
    yield from _called(sight, file, facts, edited)
    yield from _types(sight, file, facts, symbols, edited)
    yield from _schemas(sight, file, facts, edited)
    for place, span in values_read(sight.project, file.path, facts, edited):
        block = _block(sight, (Role.VALUE, place.name), place.path, range(place.first, place.last + 1), span)
        if block is not None:
            yield Offer(block, 3.0)
    yield from _siblings(sight, file, facts, symbols)


def _users(sight: Sight, file: ChangedFile, symbol: Symbol) -> Iterator[Offer]:
    users, path = sight.users, file.path
    if is_test(path):
        return
    if symbol.kind in (SymbolKind.FUNCTION, SymbolKind.METHOD):
        worth = 12.0 if symbol.contract else 2.0 if symbol.is_new else 5.0
        yield from _used(sight, users.callers(path, symbol), symbol, Role.CALLER, worth)
        yield from _used(sight, users.titles(path, symbol), symbol, Role.TEST, 2.5)
    else:
        worth = 8.0 if symbol.contract else 1.0
        if symbol.contract or symbol.kind is SymbolKind.CONSTANT:
            yield from _used(sight, users.mentions(path, symbol), symbol, Role.CALLER, worth)
    if symbol.contract or symbol.is_new or symbol.kind is SymbolKind.METHOD:
        yield from _used(sight, users.implementers(path, symbol), symbol, Role.IMPLEMENTER, 9.0)


def _used(sight: Sight, uses: Iterable[Use], symbol: Symbol, role: Role, worth: float) -> Iterator[Offer]:
    """Each further place is worth a little less: the first tells most."""
    for at, use in enumerate(uses):
        block = _block(sight, (role, symbol.dotted), use.path, use.lines, (symbol.first, symbol.last))
        if block is not None:
            yield Offer(block, worth / (1 + at * 0.5))


def _called(sight: Sight, file: ChangedFile, facts: FileFacts, edited: Sequence[int]) -> Iterator[Offer]:
    """What the written lines call, and what is called beside them in the same function."""
    near = [call for call in facts.calls if touched(edited, call.first, call.last)]
    for call in near[:_CALLS_MAX]:
        place = called(sight.project, file.path, call)
        if place is None:
            continue
        last = min(place.last, place.first + _CODE_LINES_MAX - 1)
        lines = range(place.first, last + 1)
        block = _block(sight, (Role.CALLED, place.name), place.path, lines, (call.first, call.last))
        if block is not None:
            yield Offer(block, 7.0 if place.last == last else 5.0)


def _types(
    sight: Sight, file: ChangedFile, facts: FileFacts, symbols: Sequence[Symbol], edited: Sequence[int]
) -> Iterator[Offer]:
    """The types that changed functions take and return, and those that the written lines name."""
    names: dict[str, tuple[float, int, int]] = {}
    for name, worth, first, last in (*_signature_types(facts, symbols), *_written_types(facts, edited)):
        names.setdefault(name, (worth, first, last))
    for name, (worth, first, last) in names.items():
        declared = sight.project.declaration(file.path, name)
        if declared is None or _is_service(declared.item):
            continue  # what of a service is called is shown by itself
        item = declared.item
        lines = range(item.first, min(item.last, item.first + _TYPE_LINES_MAX - 1) + 1)
        block = _block(sight, (Role.TYPE, name), declared.path, lines, (first, last))
        if block is not None:
            yield Offer(block, worth)


def _is_service(item: Class | TypeDeclaration) -> bool:
    return isinstance(item, Class) and len(item.methods) > len(item.properties)


def _signature_types(facts: FileFacts, symbols: Sequence[Symbol]) -> Iterator[tuple[str, float, int, int]]:
    for function in _changed_functions(facts, symbols):
        for ref in (*(param.type for param in function.params), function.return_type):
            for name in ref.names:
                yield name, 5.0, function.first, function.last


def _written_types(facts: FileFacts, edited: Sequence[int]) -> Iterator[tuple[str, float, int, int]]:
    for item in facts.classes:
        for one in item.properties:
            if touched(edited, one.first, one.last):
                yield from ((name, 4.0, one.first, one.last) for name in one.type.names)
    for cast in facts.casts:
        if touched(edited, cast.first, cast.last):
            yield from ((name, 5.0, cast.first, cast.last) for name in cast.type.names)
    for made in facts.calls:
        if made.is_new and touched(edited, made.first, made.last):
            yield made.callee, 3.0, made.first, made.last


def _changed_functions(facts: FileFacts, symbols: Sequence[Symbol]) -> Iterator[Function]:
    spans = {(one.first, one.last) for one in symbols if one.kind in (SymbolKind.FUNCTION, SymbolKind.METHOD)}
    return (function for function in facts.functions if (function.first, function.last) in spans)


def _schemas(sight: Sight, file: ChangedFile, facts: FileFacts, edited: Sequence[int]) -> Iterator[Offer]:
    """The stored shape behind the written lines: an entity that they name, or the Prisma model that they query."""
    stored = sight.project.entities
    by_lower = {name.lower(): entity for name, entity in stored.items()}
    wanted: dict[str, tuple[int, int]] = {}
    for name, first, last in _spoken(facts):
        if not touched(edited, first, last):
            continue
        for step in name.split("."):
            word = step.removesuffix("Repository").removesuffix("Repo").removesuffix("Model")
            if word.lower() in by_lower:
                wanted.setdefault(word.lower(), (first, last))
    for word, span in wanted.items():
        entity = by_lower[word]
        lines = range(entity.first, min(entity.last, entity.first + _SCHEMA_LINES_MAX - 1) + 1)
        block = _block(sight, (Role.SCHEMA, entity.name), entity.path, lines, span)
        if block is not None:
            yield Offer(block, 6.0)


def _spoken(facts: FileFacts) -> Iterator[tuple[str, int, int]]:
    """Every dotted name that is called or read, with its lines."""
    yield from ((call.callee, call.first, call.last) for call in facts.calls)
    yield from ((read.name, read.line, read.line) for read in facts.reads)


def _siblings(sight: Sight, file: ChangedFile, facts: FileFacts, symbols: Sequence[Symbol]) -> Iterator[Offer]:
    """The method beside a changed one that does nearly the same, or one of its name in a file of the same kind."""
    changed = {(one.first, one.last) for one in symbols}
    for symbol in symbols:
        if symbol.kind is not SymbolKind.METHOD or symbol.name == "constructor":
            continue
        owner = next((item for item in facts.classes if item.name == symbol.owner), None)
        mine = next((one for one in owner.methods if one.name == symbol.name), None) if owner else None
        if owner is None or mine is None:
            continue
        others = [
            one
            for one in owner.methods
            if one.name not in (symbol.name, "constructor")
            and (one.head, one.last) not in changed
            and bool(one.decorators) == bool(mine.decorators)
            and one.head not in sight.shown.get(file.path, ())
        ]
        near = min(others, key=lambda one: (-_alike(one.name, symbol.name), abs(one.first - mine.first)), default=None)
        if near is not None:
            lines = range(near.first, min(near.last, near.first + _SIBLING_LINES_MAX - 1) + 1)
            about = f"{owner.name}.{near.name}"
            block = _block(sight, (Role.SIBLING, about), file.path, lines, (symbol.first, symbol.last))
            if block is not None:
                yield Offer(block, 2.5)
        yield from _same_elsewhere(sight, file.path, symbol)


def _same_elsewhere(sight: Sight, path: str, symbol: Symbol) -> Iterator[Offer]:
    kind = posixpath.basename(path).partition(".")[2]
    for other, facts in sorted(sight.project.head.items()):
        if other == path or other in sight.shown or "." not in kind or not other.endswith(f".{kind}"):
            continue
        for item in facts.classes:
            for method in item.methods:
                if method.name == symbol.name and method.scope >= 0:
                    lines = range(method.first, min(method.last, method.first + _SIBLING_LINES_MAX - 1) + 1)
                    about = f"{item.name}.{method.name}"
                    block = _block(sight, (Role.SIBLING, about), other, lines, (symbol.first, symbol.last))
                    if block is not None:
                        yield Offer(block, 2.5)
                    return


def _alike(one: str, other: str) -> int:
    """Characters that two names share at their beginning or end."""
    start = len(posixpath.commonprefix([one, other]))
    return max(start, len(posixpath.commonprefix([one[::-1], other[::-1]])))


def _block(sight: Sight, why: tuple[Role, str], path: str, lines: Iterable[int], span: tuple[int, int]) -> Block | None:
    """A block of these lines without those that the hunks of the change show anyway; None when nothing is left."""
    rows, shown = sight.rows.get(path, []), sight.shown.get(path, frozenset())
    kept = tuple((at, rows[at - 1]) for at in lines if at not in shown and 1 <= at <= len(rows))
    if not any(text.strip() for _, text in kept):
        return None
    return Block(*why, path, kept, *span, changed=path in sight.shown)
