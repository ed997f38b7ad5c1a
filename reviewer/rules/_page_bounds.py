"""What bounds the size of a page: validators of a field, steps of a schema, `Math.min` and comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts, Property
from reviewer.core.routes import original
from reviewer.rules._numbers import names_in
from reviewer.rules._validators import is_silent, is_validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.project import Project
    from reviewer.rules._flow import Flow, Flows

SIZES = frozenset(("limit", "take", "pagesize", "perpage", "page_size", "per_page", "itemsperpage", "maxresults"))
_TAKERS = frozenset(("limit", "take"))
_ROW_READERS = ("findMany", "findAll", "findAndCount", "find", "paginate", "aggregate", "query")
_SCHEMA_MODULES = frozenset(("zod", "zod/v4", "joi", "@hapi/joi", "yup"))
_PAGE_WORDS = frozenset(
    ("page", "offset", "skip", "cursor", "sort", "search", "order", "sortby", "orderby", "q", "after")
)
_NUMERIC = frozenset(("IsInt", "IsNumber", "IsNumberString", "IsPositive", "Min"))
_BOUNDS = frozenset(("Max", "IsIn", "IsEnum", "Equals", "Length", "MaxLength", "Matches", "Validate", "ValidateIf"))
_NUMBER_SCHEMAS = frozenset(("number", "int", "bigint", "Number", "Integer"))
_SCHEMA_BOUNDS = frozenset(
    ("max", "lte", "lt", "less", "transform", "pipe", "refine", "valid", "catch", "custom", "oneOf", "superRefine")
)
_LIMITERS = frozenset(("min", "clamp"))
_COMPARES = frozenset(("<", ">", "<=", ">="))


def is_unbounded(facts: FileFacts, field: Property) -> bool:
    """Whether a number of a request class has validators, and none that bounds it from above."""
    names = set()
    for decorator in field.decorators:
        name = original(facts, decorator.name)[0]
        if not (is_validator(facts, decorator) or is_silent(facts, decorator)) or name in (*_BOUNDS, "Transform"):
            return False
        names.add(name)
    return bool(names & _NUMERIC)


def _is_open_number(value: Expr) -> bool:
    """Whether a schema of a number has no upper bound."""
    steps: set[str] = set()
    at_hand: Expr | None = value
    while at_hand is not None:
        steps |= set(at_hand.text.replace("()", "").split("."))
        at_hand = at_hand.receiver
    return value.kind is ExprKind.CALL and bool(steps & _NUMBER_SCHEMAS) and not steps & _SCHEMA_BOUNDS


def goes_on_unbounded(project: Project, flows: Flows, path: str, call: Call) -> bool:
    """Whether the function that a call names was read and bounds nothing: a service that only passes it on."""
    steps = call.callee.removeprefix("this.").split(".")
    if len(steps) != 2:
        return False
    facts = project.head[path]
    held = next(
        (
            p.type.name
            for item in facts.classes
            if item.constructor
            for p in item.constructor.params
            if p.name == steps[0]
        ),
        "",
    )
    declared = project.declaration(path, held) if held else None
    target = declared.path if declared else project.imported_path(path, steps[0])
    there = project.head.get(target) if target else None
    scopes = there.index.functions(steps[1]) if there else []
    if there is None or target is None or len(scopes) != 1:
        return False
    return not any(True for _ in bounded(there, flows.of(target), there.index.within(scopes[0])))


def bounded(facts: FileFacts, flow: Flow, inside: tuple[int, ...]) -> Iterator[str]:
    """Dotted names that a function compares, or gives to `min` or `clamp`."""
    for call in facts.index.calls(inside):
        if call.callee.rpartition(".")[2] in _LIMITERS:
            for arg in call.args:
                yield from names_in(arg)
    for operation in flow.operations(inside):
        if operation.operator in _COMPARES:
            yield from names_in(operation.left)
            yield from names_in(operation.right)


def reads_rows(call: Call) -> bool:
    """Whether a call reads rows itself."""
    name = call.callee.rpartition(".")[2]
    return name in _TAKERS or name.startswith(_ROW_READERS)


def page_sizes(call: Call) -> Iterator[Expr]:
    """What says how many rows a query reads: `.limit(n)`, `.take(n)`, `{ take: n }`."""
    name = call.callee.rpartition(".")[2]
    if name in _TAKERS and (call.receiver is not None or "." in call.callee) and call.args:
        yield call.args[0]
    for arg in call.args:
        if arg.kind is ExprKind.OBJECT:
            for key, value in zip(arg.keys, arg.parts, strict=False):
                if key.lower() in SIZES:
                    yield value


def open_sizes(facts: FileFacts) -> Iterator[tuple[Call, str, Expr]]:
    """Sizes in the schemas of pages: `z.object({ page: …, limit: z.coerce.number() })`."""
    for call in facts.calls:
        fields = call.args[0] if call.args else None
        if fields is None or fields.kind is not ExprKind.OBJECT or not _PAGE_WORDS & {k.lower() for k in fields.keys}:
            continue
        if original(facts, call.callee)[1] in _SCHEMA_MODULES:
            for key, value in zip(fields.keys, fields.parts, strict=False):
                if key.lower() in SIZES and _is_open_number(value):
                    yield call, key, value
