"""What the fields of schemas demand, word by word (`.email()`, `.max(50)`, `pattern:`), and what a change took away."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.routes import original
from reviewer.rules._schema_marks import is_answer, tops_of

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts

_MODULES: Final = (
    "zod", "nestjs-zod", "joi", "@hapi/joi", "celebrate", "yup", "valibot", "@sinclair/typebox", "superstruct",
)  # fmt: skip
_DEMANDS: Final = frozenset(
    ("min", "max", "length", "email", "uuid", "url", "uri", "regex", "pattern", "matches", "integer", "int", "positive",
     "nonnegative", "enum", "nativeEnum", "valid", "oneOf", "guid", "cuid", "datetime", "isoDate", "alphanum", "hex",
     "refine", "superRefine", "custom", "test", "startsWith", "endsWith", "ip", "lte", "gte", "lt", "gt", "less",
     "greater", "nonempty", "minLength", "maxLength", "minimum", "maximum", "format", "maxItems", "minItems",
     "multipleOf", "const", "literal", "base64", "hostname", "port", "creditCard", "objectId", "isoDateTime")
)  # fmt: skip
_REPLACES: Final = frozenset(("transform", "pipe", "check", "preprocess", "when", "and", "external", "lazy", "ref"))
_CHOICES: Final = ("or", "union", "alternatives", "try")
"""Methods whose arguments widen what a field takes: one less of them demands more."""

_DEPTH_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Demand:
    """What one field of a schema demands; `owner` is the constant at the top that it stands in."""

    owner: str
    key: str
    words: frozenset[str]
    first: int
    last: int


def lost_demands(facts: FileFacts, before: FileFacts) -> Iterator[tuple[Demand, tuple[str, ...]]]:
    """The fields of a file's schemas that demand less than before and got nothing instead, each with what it lost."""
    olds = _by_field(before)
    news = _by_field(facts)
    for place, one in news.items():
        old = olds.get(place)
        if old is None or old.words == one.words or one.words & _REPLACES - old.words:
            continue
        lost = (old.words - one.words) & _DEMANDS
        if lost and not (one.words - old.words) & _DEMANDS:
            yield one, tuple(sorted(lost))


def _by_field(facts: FileFacts) -> dict[tuple[str, str], Demand]:
    """The demands by owner and key; those of a key that an owner has twice cannot be told apart."""
    found: dict[tuple[str, str], Demand] = {}
    twice: set[tuple[str, str]] = set()
    if not any(module.startswith(_MODULES) for module in facts.index.modules) and "properties" not in facts.names:
        return found
    for one in _demands(facts):
        place = (one.owner, one.key)
        if place in found and (found[place].first, found[place].last) != (one.first, one.last):
            twice.add(place)
        found.setdefault(place, one)
    return {place: one for place, one in found.items() if place not in twice}


def _demands(facts: FileFacts) -> Iterator[Demand]:
    tops = [one for one in tops_of(facts) if not is_answer(one.name)]
    starts = [one.first for one in tops]
    for top in tops:
        yield from _json_fields(top.name, top.value, 0)
    for call in facts.calls:
        index = bisect_right(starts, call.last) - 1
        owner = tops[index].name if index >= 0 and call.last <= tops[index].last else ""
        if not owner or not (original(facts, call.callee)[1].startswith(_MODULES) or call.receiver is not None):
            continue
        for arg in call.args[:1]:
            for key, value in zip(arg.keys, arg.parts, strict=False) if arg.kind is ExprKind.OBJECT else ():
                if key and value.kind is ExprKind.CALL:
                    yield Demand(owner, key, frozenset(_words(value, 0)), value.first, value.last)


def _json_fields(owner: str, value: Expr, depth: int) -> Iterator[Demand]:
    """The fields under `properties` of a JSON schema."""
    if depth > _DEPTH_MAX or value.kind is not ExprKind.OBJECT:
        return
    for key, part in zip(value.keys, value.parts, strict=False):
        if key == "properties" and part.kind is ExprKind.OBJECT:
            for name, field in zip(part.keys, part.parts, strict=False):
                if name and field.kind is ExprKind.OBJECT:
                    yield Demand(owner, name, frozenset(field.keys), field.first, field.last)
        yield from _json_fields(owner, part, depth + 1)


def _words(value: Expr, depth: int) -> Iterator[str]:
    """The methods of a chain, and the keys of the options it is given."""
    at: Expr | None = value
    for _ in range(_DEPTH_MAX * 3):
        if at is None or depth > _DEPTH_MAX:
            return
        steps = at.text.replace("()", "").split(".")
        yield from steps
        for part in at.parts if steps[-1] not in _CHOICES else ():
            if part.kind is ExprKind.OBJECT:
                yield from part.keys
            elif part.kind is ExprKind.CALL:
                yield from _words(part, depth + 1)
        at = at.receiver
