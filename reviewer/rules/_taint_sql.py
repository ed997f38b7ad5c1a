"""A text as it will be when it is used: names, `+=`, `.concat`, `.join`, what `.map` makes of each element, and small
functions of the file put in place.

What cannot be put in place is a hole. Everything is bounded: pieces, depth, and each name is put in once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call
from reviewer.rules._pushed import pushed
from reviewer.rules._taint_passing import receiver_of
from reviewer.rules._taint_sql_values import is_placeholder

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts

PIECES_MAX: Final = 120
"""Pieces of one text; the longest hand-written query of the corpus has 40."""

_DEPTH_MAX: Final = 8
_BINDINGS_MAX: Final = 30
_VARIABLES: Final = (BindingKind.CONST, BindingKind.LET, BindingKind.ASSIGNMENT)
_TEXTS: Final = (ExprKind.STRING, ExprKind.TEMPLATE, ExprKind.CONCAT)
_SAME_TEXT: Final = frozenset(("trim", "trimStart", "trimEnd", "toString", "filter", "flat", "concat"))


@dataclass(frozen=True, slots=True)
class Hole:
    """A piece that is not fixed, the function it is used in, and the line where it is put into the text."""

    value: Expr
    scope: int
    line: int


Piece = str | Hole


@dataclass(slots=True)
class Composed:
    """A text in pieces, and the bindings and calls that were put in place."""

    pieces: list[Piece] = field(default_factory=list)
    through: list[Binding | Call] = field(default_factory=list)

    @property
    def fixed(self) -> str:
        """The fixed text, `${}` at each hole."""
        return "".join(piece if isinstance(piece, str) else "${}" for piece in self.pieces)

    def holes(self) -> Iterator[tuple[Hole, str, str]]:
        """Each hole with the fixed text before it and after it, up to the next hole."""
        before = ""
        for index, piece in enumerate(self.pieces):
            if isinstance(piece, str):
                before += piece
                continue
            rest = self.pieces[index + 1 : index + 3]
            yield piece, before, "".join(part for part in rest[:2] if isinstance(part, str)) if _is_text(rest) else ""
            before += " "


def _is_text(rest: list[Piece]) -> bool:
    return bool(rest) and isinstance(rest[0], str)


def compose(facts: FileFacts, value: Expr, scope: int) -> Composed:
    """The text that a value will be."""
    composer = _Composer(facts)
    composer.add(value, scope, value.first, 0)
    return composer.made


class _Composer:
    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._seen: set[tuple[int, str]] = set()
        self._each: dict[tuple[int, str], tuple[Expr, int]] = {}
        self.made = Composed()

    def add(self, value: Expr, scope: int, line: int, depth: int) -> None:
        if len(self.made.pieces) >= PIECES_MAX:
            return
        if value.kind is ExprKind.STRING:
            self.made.pieces.append(value.text)
        elif value.kind is ExprKind.TEMPLATE and depth <= _DEPTH_MAX:
            self._template(value, scope, line, depth)
        elif depth > _DEPTH_MAX:
            self.made.pieces.append(Hole(value, scope, line))
        elif value.kind is ExprKind.CONCAT:
            is_quoted = self._is_quoted(depth)
            for part in value.parts:
                self.add(part, scope, line if is_quoted else part.first, depth + 1)
        elif value.kind is ExprKind.CHOICE and any(part.kind in _TEXTS for part in value.parts):
            self._all(value.parts[1:] if value.text == "&&" else value.parts, scope, line, depth + 1)
        elif not self._placed(value, scope, line, depth + 1):
            self.made.pieces.append(Hole(value, scope, line))

    def _all(self, values: tuple[Expr, ...], scope: int, line: int, depth: int) -> None:
        for value in values:
            self.add(value, scope, line, depth)

    def _is_quoted(self, depth: int) -> bool:
        """Whether the text that a name stands for goes between quotes that were opened where the name is used."""
        last = self.made.pieces[-1] if depth and self.made.pieces else ""
        return isinstance(last, str) and last.endswith(("'", "'%"))

    def _template(self, value: Expr, scope: int, line: int, depth: int) -> None:
        texts = value.text.split("${}")
        is_quoted = self._is_quoted(depth)
        for index, text in enumerate(texts):
            self.made.pieces.append(text)
            if index < min(len(value.parts), len(texts) - 1):
                self.add(value.parts[index], scope, line if is_quoted else value.parts[index].first, depth + 1)

    def _placed(self, value: Expr, scope: int, line: int, depth: int) -> bool:
        """Whether a name or a call could be put in place."""
        if value.kind is ExprKind.NAME:
            return self._name(value.text, scope, line, depth)
        if value.kind is not ExprKind.CALL:
            return False
        owner, _, last = value.text.rpartition(".")
        receiver = value.receiver or (Expr(ExprKind.NAME, owner, value.first, value.last) if owner else None)
        if receiver is not None and last == "join":
            return self._joined(receiver, value.parts, scope, depth)
        if receiver is not None and last in _SAME_TEXT and receiver.kind in (ExprKind.NAME, ExprKind.CALL, *_TEXTS):
            self.add(receiver, scope, line, depth)
            for part in value.parts if last == "concat" else ():
                self.add(part, scope, line, depth)
            return True
        return (owner in ("", "this")) and self._returned(last, depth)

    def _name(self, name: str, scope: int, line: int, depth: int) -> bool:
        for around in self._facts.index.around(scope):
            if (around, name) in self._each:
                each, there = self._each[around, name]
                self.made.pieces.append(each.text if each.kind is ExprKind.NUMBER else Hole(each, there, line))
                return True
            given = self._facts.index.bound(name, around)[: 2 * _BINDINGS_MAX]
            bound = [one for one in given if one.kind in _VARIABLES]
            if not bound:
                continue
            if (around, name) in self._seen:
                return True  # `sql = sql + …`: what it was stands there already
            if len(bound) > _BINDINGS_MAX or not any(self._is_text(one.value) for one in bound):
                return False
            self._seen.add((around, name))
            inner = self._facts.index.within(around) if around != NOWHERE else (around,)
            every = (one for at in inner for one in self._facts.index.bound(name, at))
            for one in (one for one in every if one.kind in _VARIABLES):
                self.made.through.append(one)
                self.add(one.value, one.scope, line, depth)
            return True
        return False

    def _is_text(self, value: Expr) -> bool:
        if value.kind is ExprKind.CHOICE:
            return any(part.kind in _TEXTS for part in value.parts)
        if value.kind is ExprKind.CALL:
            return value.text.rpartition(".")[2] in ("join", "concat", "trim")
        return value.kind in _TEXTS

    def _joined(self, array: Expr, args: tuple[Expr, ...], scope: int, depth: int) -> bool:
        """`[…].join(' ')`, what is made of each element of a list, and a list of conditions with what is pushed."""
        if array.kind is ExprKind.CALL and array.text.rpartition(".")[2] == "map":
            return self._mapped(array, scope, depth)
        separator = args[0].text if args and args[0].kind is ExprKind.STRING else ","
        elements: Iterable[tuple[Expr, int]] = ()
        while array.kind is ExprKind.CALL and array.text.rpartition(".")[2] == "filter":
            owner = array.text.rpartition(".")[0]
            array = array.receiver or Expr(ExprKind.NAME, owner, array.first, array.last)
        if array.kind is ExprKind.ARRAY:
            elements = [(part, scope) for part in array.parts]
        elif array.kind is ExprKind.NAME:
            elements = self._elements(array.text, scope)
        index = -1
        for index, (part, at) in enumerate(elements):
            if len(self.made.pieces) >= PIECES_MAX:
                break
            if index:
                self.made.pieces.append(f" {separator.strip()} ")
            self.add(part, at, part.first, depth)
        return index >= 0

    def _mapped(self, made: Expr, scope: int, depth: int) -> bool:
        """`ids.map((id) => `'${id}'`)`: the text of one element, where a list stands for the elements it has."""
        items = receiver_of(made)
        callback = made.parts[0] if made.parts else None
        if items is None or callback is None or callback.kind is not ExprKind.FUNCTION or not callback.parts:
            return False
        text = callback.parts[0]
        if text.kind not in (ExprKind.TEMPLATE, ExprKind.CONCAT) or is_placeholder(text):
            return False
        params = self._facts.functions[callback.scope].params
        given = (items, Expr(ExprKind.NUMBER, "0", made.first, made.last))
        for param, each in zip(params, given, strict=False):
            self._each[callback.scope, param.name] = (each, scope)
        self.add(text, callback.scope, text.first, depth)
        return True

    def _elements(self, name: str, scope: int) -> Iterator[tuple[Expr, int]]:
        for around in self._facts.index.around(scope):
            given = self._facts.index.bound(name, around)[: 2 * _BINDINGS_MAX]
            bound = [one for one in given if one.value.kind is ExprKind.ARRAY]
            if not bound or around == NOWHERE:
                continue
            for one in bound[:_BINDINGS_MAX]:
                self.made.through.append(one)
                yield from ((part, one.scope) for part in one.value.parts)
            calls = self._facts.index.once(pushed).get(name, {})
            for call in (one for at in self._facts.index.within(around) if calls for one in calls.get(at, ())):
                self.made.through.append(call)
                yield from ((part, call.scope) for part in call.args)
            return

    def _returned(self, name: str, depth: int) -> bool:
        """A function of the file that returns a text."""
        found = self._facts.index.functions(name)
        if len(found) != 1 or (found[0], "()") in self._seen:
            return False
        bound = [one for one in self._facts.index.bound("", found[0]) if one.kind is BindingKind.RETURN]
        texts = [one for one in bound if one.value.kind in (ExprKind.TEMPLATE, ExprKind.CONCAT)]
        if not texts:
            return False
        self._seen.add((found[0], "()"))
        for one in texts:
            self.made.through.append(one)
            self.add(one.value, one.scope, one.value.first, depth)
        return True
