"""The words of a schema that open or close it: `.strict()`, `.passthrough()`, `additionalProperties`, `z.any()`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, FileFacts
from reviewer.core.routes import original
from reviewer.rules._auth import words

_LIBRARIES = frozenset(
    ("zod", "zod/v4", "zod/v3", "zod/mini", "nestjs-zod", "joi", "@hapi/joi", "celebrate", "yup", "valibot",
     "@sinclair/typebox", "fluent-json-schema")
)  # fmt: skip
_ANYTHING = frozenset(("any", "Any", "unknown", "Unknown", "mixed"))
_OPEN_CHAINS = frozenset(("passthrough", "loose", "nonstrict", "unknown"))
_OPEN_MAKERS = frozenset(("looseObject",))
_OPEN_OPTIONS = {"additionalProperties": "true", "allowUnknown": "true", "unevaluatedProperties": "true"}
_STRICT_CHAINS = frozenset(("strict", "noUnknown"))
_STRICT_MAKERS = frozenset(("strictObject",))
_STRICT_OPTIONS = {"additionalProperties": "false", "stripUnknown": "true", "unevaluatedProperties": "false"}

_ANSWERS = frozenset(("response", "responses", "reply", "output", "result", "results", "view"))
"""Words in the names of schemas that describe what goes out, and check no request."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A word of a schema that opens or closes it, and the constant it stands in."""

    owner: str
    word: str
    opens: bool
    first: int
    last: int


def tops_of(facts: FileFacts) -> list[Binding]:
    """The constants and fields at the top of a file, in source order."""
    kinds = (BindingKind.CONST, BindingKind.LET, BindingKind.PROPERTY)
    return [binding for binding in facts.bindings if binding.scope < 0 and binding.kind in kinds and binding.name]


def is_answer(name: str) -> bool:
    """Whether a schema of that name describes what goes out."""
    return not _ANSWERS.isdisjoint(words(name))


def marks(facts: FileFacts) -> Iterator[Mark]:
    """The marks of a file's schemas, each with the constant at the top that it stands in; none of answers."""
    answers = _answer_lines(facts)
    for mark in _all_marks(facts):
        if not is_answer(mark.owner) and not any(first <= mark.first and mark.last <= last for first, last in answers):
            yield mark


def _answer_lines(facts: FileFacts) -> list[tuple[int, int]]:
    """The lines of schemas that are handed on as what goes out: `tool({ outputSchema: z.object({ … }) })`."""
    return [
        (part.first, part.last)
        for call in facts.calls
        for arg in call.args
        if arg.kind is ExprKind.OBJECT
        for key, part in zip(arg.keys, arg.parts, strict=False)
        if is_answer(key)
    ]


def _all_marks(facts: FileFacts) -> Iterator[Mark]:
    modules = {item.module for item in facts.imports}
    has_library = bool(modules & _LIBRARIES) or any("ajv" in one or "fastify" in one for one in modules)
    if not has_library and not {"additionalProperties", "allowUnknown", "stripUnknown"} & set(facts.names):
        return
    tops = tops_of(facts)
    starts = [binding.first for binding in tops]

    def owner(line: int, symbol: str) -> str:
        index = bisect_right(starts, line) - 1
        return tops[index].name if index >= 0 and line <= tops[index].last else symbol

    for call in facts.calls:
        word = call.callee.rpartition(".")[2]
        made = _made(facts, call.callee, word, chained=call.receiver is not None, args=call.args)
        if made is not None:
            yield Mark(
                owner(call.last, call.symbol),
                f".{word}()" if call.receiver else call.callee + "()",
                made,
                call.last if call.receiver else call.first,
                call.last,
            )
        if original(facts, call.callee)[1] == "@nestjs/swagger":
            continue  # describes what is answered or sent, and checks nothing
        for arg in call.args:
            for part, opens, text in _options(arg):
                yield Mark(owner(part.first, call.symbol), text, opens, part.first, part.last)
    for binding in tops:
        for part, opens, text in _options(binding.value):
            yield Mark(binding.name, text, opens, part.first, part.last)


def _made(facts: FileFacts, callee: str, word: str, *, chained: bool, args: tuple[Expr, ...]) -> bool | None:
    """True for a call that opens a schema, False for one that closes it, None for another."""
    if original(facts, callee)[1] not in _LIBRARIES:
        return None
    if chained or callee.count(".") > 1:
        closed = bool(args) and args[0].text == "false"
        if word in _OPEN_CHAINS:
            return None if closed else True
        return False if word in _STRICT_CHAINS and not closed else None
    if word in _OPEN_MAKERS:
        return True
    if word in _STRICT_MAKERS:
        return False
    return True if word in _ANYTHING and not args else None


def _options(value: Expr) -> Iterator[tuple[Expr, bool, str]]:
    """The options inside an expression that open or close a schema."""
    waiting = [value]
    while waiting:
        at_hand = waiting.pop()
        if at_hand.kind is ExprKind.OBJECT:
            for key, part in zip(at_hand.keys, at_hand.parts, strict=False):
                if _OPEN_OPTIONS.get(key) == part.text:
                    yield part, True, f"{key}: {part.text}"
                elif _STRICT_OPTIONS.get(key) == part.text:
                    yield part, False, f"{key}: {part.text}"
        if at_hand.kind in (ExprKind.OBJECT, ExprKind.ARRAY):
            waiting.extend(at_hand.parts)


def roots(value: Expr) -> Iterator[str]:
    """The first steps of all names in an expression."""
    waiting = [value]
    while waiting:
        at_hand = waiting.pop()
        if at_hand.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL):
            yield at_hand.text.partition(".")[0].removesuffix("()")
        waiting.extend(at_hand.parts)
        if at_hand.receiver is not None:
            waiting.append(at_hand.receiver)
