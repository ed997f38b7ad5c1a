"""Which calls hand a client's text on: conversions, paths, parsing without checking, methods of texts and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.core.routes import original

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Binding, Call, FileFacts

_KEEPS: Final = frozenset(
    ("trim", "trimStart", "trimEnd", "toString", "toLowerCase", "toUpperCase", "slice", "substring", "substr", "concat",
     "split", "join", "padStart", "padEnd", "normalize", "at", "pop", "shift", "valueOf", "flat", "reverse", "href",
     "filter", "sort")
)  # fmt: skip
"""Methods of a text or a list that leave a client's text in it."""

_PASSES: Final = frozenset(
    ("String", "decodeURIComponent", "decodeURI", "unescape", "atob", "Buffer.from", "JSON.parse", "JSON.stringify",
     "Object.values", "Object.assign", "Object.entries", "Object.keys", "Array.from", "structuredClone", "URL",
     "String.raw")
)  # fmt: skip
_PASSES_OF: Final = {
    "path": frozenset(("join", "resolve", "normalize")), "url": frozenset(("parse", "resolve", "fileURLToPath", "URL")),
    "util": frozenset(("format",)), "querystring": frozenset(("parse", "unescape")), "qs": frozenset(("parse",)),
    "buffer": frozenset(("Buffer.from",)),
}  # fmt: skip
"""Functions that hand on what they are given, by the module they come from."""

_OBJECTS: Final = frozenset(("JSON.parse", "Object.assign", "structuredClone", "qs.parse", "querystring.parse"))

CHECKED_BY: Final = frozenset(
    ("parse", "parseAsync", "safeParse", "safeParseAsync", "validate", "validateSync", "cast", "validateAsync",
     "attempt")
)  # fmt: skip
"""Methods of schemas that let through what they check."""


RESULTS: Final = (("data",), ("value",), ("output",))
"""Under what the safe methods of schemas hand out what they let through."""

_EACH: Final = frozenset(("map", "forEach", "flatMap", "filter", "some", "every", "find"))
"""Methods of lists that hand one element after the other to a function."""

_RETURNED: Final = (ExprKind.NAME, ExprKind.TEMPLATE, ExprKind.CONCAT, ExprKind.CALL, ExprKind.NEW)
_RETURNS_MAX: Final = 20
"""Ways out of one function that are looked at."""


@dataclass(frozen=True, slots=True)
class Passed:
    """The values that a call hands on. `is_text`: as a text; `keeps_steps`: a field of the result is one of theirs."""

    values: tuple[Expr, ...]
    is_text: bool
    keeps_steps: bool = False


def receiver_of(value: Expr) -> Expr | None:
    """The object a method is called on."""
    owner = value.text.rpartition(".")[0]
    return value.receiver or (Expr(ExprKind.MEMBER, owner, value.first, value.last) if owner else None)


def each_of(call: Call) -> Expr | None:
    """The list whose elements a call hands to a function, one after the other; None for other calls."""
    items = receiver_of(Expr(ExprKind.CALL, call.callee, call.first, call.last, receiver=call.receiver))
    return items if call.callee.rpartition(".")[2] in _EACH else None


def passed(facts: FileFacts, value: Expr) -> Passed | None:
    """What a call hands on, None for one that is not known to."""
    receiver, last = receiver_of(value), value.text.rpartition(".")[2]
    if last in ("replace", "replaceAll") and receiver is not None:
        is_plain = bool(value.parts) and value.parts[0].kind is ExprKind.STRING
        return Passed((receiver,), is_text=True) if is_plain else None
    name, module = original(facts, value.text)
    of_module = _PASSES_OF.get(module.removeprefix("node:"), frozenset())
    if (not module and value.text in _PASSES) or {name, name.rpartition(".")[2]} & of_module:
        is_object = bool({name, value.text} & _OBJECTS)
        return Passed(value.parts, not is_object, keeps_steps=value.text != "URL")
    if last in _KEEPS and receiver is not None:
        return Passed((receiver, *value.parts), is_text=last not in _LISTS)
    return None


_LISTS: Final = ("filter", "flat", "reverse", "sort", "at", "pop", "shift", "split", "slice")
"""Methods whose results may be whatever the list holds."""


def schema_of(value: Expr) -> Expr | None:
    """What a call of a schema's library checks by: `Schema.parse(x)`, `Joi.attempt(x, Schema)`, `v.parse(…)`."""
    if value.text.partition(".")[0] in ("Joi", "joi", "v") and len(value.parts) > 1:
        return value.parts[1] if value.text.startswith(("J", "j")) else value.parts[0]
    return receiver_of(value)


def returned_by(facts: FileFacts, value: Expr) -> Iterator[Binding]:
    """What the one function of the file that a call means returns: `pathOf(name)`, `this.pathOf(name)`."""
    scopes = facts.index.functions(value.text.removeprefix("this.")) if value.parts else []
    if len(scopes) == 1 and not facts.functions[scopes[0]].is_async:
        for one in facts.index.bound("", scopes[0])[:_RETURNS_MAX]:
            if one.kind is BindingKind.RETURN and one.value.kind in _RETURNED:
                yield one


def remakes(value: Expr, name: str) -> bool:
    """Whether a name is given a new value by a call on itself that keeps no text: `page = parseInt(page)`."""
    if value.kind is not ExprKind.CALL or value.text in _PASSES or value.text.rpartition(".")[2] in _KEEPS:
        return False
    return value.text.startswith(f"{name}.") or any(part.text == name for part in value.parts)
