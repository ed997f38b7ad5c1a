"""The options of NestJS's `ValidationPipe`, wherever they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call
from reviewer.core.routes import NEST, original

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts

STRICT = ("whitelist", "forbidNonWhitelisted", "forbidUnknownValues")
LENIENT = ("skipMissingProperties", "skipNullProperties", "skipUndefinedProperties")
_CONSTANTS = (BindingKind.CONST, BindingKind.LET, BindingKind.PROPERTY)


@dataclass(frozen=True, slots=True)
class Options:
    """What a pipe is told. `known` is False where it is told by another file, or by a spread. `values` holds the
    written ones: "true", "false", or the source."""

    first: int
    last: int
    known: bool
    values: dict[str, str]
    code: str


def is_pipe(facts: FileFacts, name: str) -> bool:
    """Whether a name is NestJS's own ValidationPipe."""
    return original(facts, name) == ("ValidationPipe", NEST)


def pipes(facts: FileFacts) -> Iterator[tuple[Call, Options]]:
    """Every `new ValidationPipe(…)` of a file."""
    for call in facts.calls:
        if call.is_new and is_pipe(facts, call.callee):
            yield call, _options(facts, call)


def option_objects(facts: FileFacts) -> Iterator[Options]:
    """The options that a file only declares: `const options: ValidationPipeOptions = { … }`."""
    if "ValidationPipeOptions" not in facts.names:
        return
    for binding in facts.bindings:
        is_object = binding.kind in _CONSTANTS and binding.value.kind is ExprKind.OBJECT
        if is_object and set(binding.value.keys) & {*STRICT, *LENIENT, "transform"}:
            yield _from_object(binding.value, binding.code)


def _options(facts: FileFacts, call: Call) -> Options:
    if not call.args:
        return Options(call.first, call.last, True, {}, call.code)
    value = call.args[0]
    if value.kind is ExprKind.NAME:
        bound = [one for scope in facts.index.around(call.scope) for one in facts.index.bound(value.text, scope)]
        found = [binding for binding in bound if binding.kind in _CONSTANTS]
        if len(found) == 1 and found[0].value.kind is ExprKind.OBJECT:
            return _from_object(found[0].value, call.code)
    if value.kind is not ExprKind.OBJECT:
        return Options(call.first, call.last, False, {}, call.code)
    return _from_object(value, call.code, call)


def _from_object(value: Expr, code: str, call: Call | None = None) -> Options:
    values = {key: part.text for key, part in zip(value.keys, value.parts, strict=False) if key}
    first, last = (call.first, call.last) if call else (value.first, value.last)
    return Options(first, last, "" not in value.keys, values, code)
