"""What a schema or a DTO leaves of a client's text: nothing that can harm, a text, or unknown.

zod, Joi, yup, valibot, TypeBox, JSON schema and express-validator are read from their declarations by the words of
the chain; class-validator from the decorators of the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind, TypeKind
from reviewer.core.facts import Class
from reviewer.core.request_data import parents
from reviewer.rules._auth import inside, words
from reviewer.rules._validators import is_validator

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts, Property
    from reviewer.core.project import Project

_DEPTH_MAX: Final = 4


class Left(Enum):
    """What is left of a client's freedom over a field."""

    HARMLESS = "harmless"
    TEXT = "text"
    """Surely a string, of any content."""
    ANYTHING = "anything"
    """Whatever JSON can hold."""
    UNKNOWN = "unknown"


_TEXT_WORDS: Final = frozenset(
    ("string", "str", "String", "isString", "trim", "nonempty", "notEmpty", "exists", "isURL", "isUrl", "url", "uri",
     "min", "max", "isLength", "optional", "nullable", "required", "default", "z", "Joi", "joi", "yup", "v", "t",
     "Type",
     "body", "query", "param", "check", "bail", "withMessage", "describe", "nullish", "not", "length", "Optional",
     "messages", "message", "label", "openapi", "isEmpty", "coerce", "allow", "empty", "catch", "lowercase",
     "httpUrl", "prefault", "toLowerCase", "meta")
)  # fmt: skip
"""Words of a schema's chain that leave a text as free as it was; any other word (`uuid`, `regex`, `refine`) may not."""

_OF_TEXT: Final = frozenset(("string", "str", "String", "isString", "url", "httpUrl"))
_LOOSE_CHECKS: Final = frozenset(
    ("IsString", "IsNotEmpty", "IsOptional", "IsDefined", "MaxLength", "MinLength", "Length", "IsUrl", "IsArray",
     "ArrayMinSize", "ArrayMaxSize", "ArrayNotEmpty", "IsNotEmptyObject", "IsObject", "Allow", "ValidateIf",
     "ValidateNested")
)  # fmt: skip
_ADDRESSES: Final = frozenset(("url", "uri", "href", "webhook", "callback", "endpoint"))
"""Last words of fields that hold a whole address; checks of its host stand in services, hardly ever in a DTO."""

_WHOLE: Final = frozenset(("IsObject", "IsArray", "ValidateNested", "IsOptional", "IsNotEmpty", "IsDefined", "Allow"))


def dto_field(project: Project, path: str, type_name: str, steps: tuple[str, ...]) -> Left:
    """What the class of a DTO leaves of a field, through its parents and nested classes."""
    at = [(path, type_name, steps)]
    for _ in range(_DEPTH_MAX):
        if not at:
            break
        path, type_name, steps = at.pop()
        declared = project.declaration(path, type_name)
        if declared is None:  # one of a package, or not read
            return Left.TEXT if words(steps[-1])[-1:] and words(steps[-1])[-1] in _ADDRESSES else Left.UNKNOWN
        if not isinstance(declared.item, Class):
            return Left.ANYTHING if declared.item.keyword in ("interface", "type") else Left.HARMLESS
        field = next((one for one in declared.item.properties if one.name == steps[0]), None)
        made = declared.item.extends
        if field is None and made is not None and made.kind is ExprKind.CALL and made.parts:
            return schema_field(project, declared.path, made.parts[0], NOWHERE, steps[-1])  # `createZodDto(schema)`
        if field is None:
            names = list(parents(declared.item.extends)) if declared.item.extends is not None else []
            at.extend((declared.path, name, steps) for name in names[:1])
        elif len(steps) > 1 and field.type.kind is TypeKind.NAMED:
            at.append((declared.path, field.type.name, steps[1:]))
        else:
            return _field(project, declared.path, field)
    return Left.UNKNOWN


def _field(project: Project, path: str, field: Property) -> Left:
    facts = project.head[path]
    checks = {d.name.rpartition(".")[2] for d in field.decorators if is_validator(facts, d)}
    if any(_names_hosts(arg) for d in field.decorators for arg in d.args):
        return Left.HARMLESS
    if checks - _LOOSE_CHECKS or field.type.text in ("number", "boolean", "Date", "bigint"):
        return Left.HARMLESS
    if field.type.kind is TypeKind.NAMED:
        return Left.UNKNOWN
    if field.type.kind is TypeKind.OTHER:
        return Left.HARMLESS  # a union of literals
    return Left.TEXT if checks - _WHOLE else Left.ANYTHING if not field.decorators else Left.UNKNOWN


def schema_field(project: Project, path: str, schema: Expr, scope: int, field: str) -> Left:
    """What a schema leaves of a field; UNKNOWN when its declaration was not read or is not understood."""
    found = _declared(project, path, schema, scope)
    if found is None:
        return Left.UNKNOWN
    if _is_open(found):
        return Left.ANYTHING
    value = next(_fields(found, field, 0), None) if field else None
    return _kind(value) if value is not None else Left.UNKNOWN


_OPEN: Final = frozenset(("record", "any", "unknown", "map", "Record", "Any", "Unknown"))
"""What schema libraries call an object of any keys."""

_OPENS: Final = frozenset(("z", "v", "t", "Type", "s"))


def _is_open(schema: Expr) -> bool:
    """Whether a schema lets through any keys: `z.record(z.number())`, unless it says which."""
    root, _, last = schema.text.partition(".")
    if schema.kind is not ExprKind.CALL or root not in _OPENS or last not in _OPEN:
        return False
    keys = schema.parts[0] if len(schema.parts) > 1 else None
    return keys is None or _kind(keys) is Left.TEXT


def _declared(project: Project, path: str, schema: Expr, scope: int) -> Expr | None:
    """The expression a schema's name stands for, here or in the file it is imported from."""
    if schema.kind in (ExprKind.CALL, ExprKind.OBJECT, ExprKind.ARRAY):
        return schema
    root, _, rest = schema.text.partition(".")
    facts = project.head[path]
    around: Iterator[int] = facts.index.around(scope)
    imported = facts.imported(root)
    if imported is not None:
        target = project.imported_path(path, root)
        if target is None or target not in project.head:
            return None
        facts, around = project.head[target], iter((NOWHERE,))
        root = rest if imported.name == "*" else facts.index.exported(imported.name)
    return _bound(facts, around, root)


def _bound(facts: FileFacts, around: Iterator[int], name: str) -> Expr | None:
    for at in around:
        bound = facts.index.bound(name, at)
        if bound:
            return bound[0].value
    return None


def _fields(value: Expr, field: str, depth: int) -> Iterator[Expr]:
    """The values of a key anywhere in a schema, and express-validator's chains that name it."""
    if depth > 2 * _DEPTH_MAX:
        return
    if value.kind is ExprKind.OBJECT:
        yield from (part for key, part in zip(value.keys, value.parts, strict=True) if key == field)
    if value.kind is ExprKind.CALL and value.parts and value.parts[0].kind is ExprKind.STRING:
        if value.parts[0].text == field:
            yield value
    elif value.kind is ExprKind.CALL and value.receiver is not None and _names_field(value.receiver, field):
        yield value
    for part in value.parts if value.receiver is None else (value.receiver, *value.parts):
        yield from _fields(part, field, depth + 1)


def _names_field(value: Expr, field: str) -> bool:
    at: Expr | None = value
    while at is not None:
        if at.receiver is None and at.parts and at.parts[0].kind is ExprKind.STRING:
            return at.parts[0].text == field
        at = at.receiver
    return False


def _kind(value: Expr) -> Left:
    if value.kind is ExprKind.OBJECT:  # JSON schema
        said = {key: part.text for key, part in zip(value.keys, value.parts, strict=True)}
        if said.get("type") != "string":
            return Left.HARMLESS if said.get("type") in ("integer", "number", "boolean") else Left.UNKNOWN
        return Left.HARMLESS if {"enum", "pattern", "const"} & set(said) else Left.TEXT
    if value.kind is not ExprKind.CALL:
        return Left.UNKNOWN
    if _is_open(value):
        return Left.ANYTHING
    said_words = set(value.text.replace("()", "").split("."))
    if said_words & _ADDRESSES and _says_hosts(value):
        return Left.HARMLESS
    return Left.TEXT if said_words <= _TEXT_WORDS and said_words & _OF_TEXT else Left.HARMLESS


def _names_hosts(value: Expr) -> bool:
    """Whether options say which hosts an address may have: `@IsUrl({ host_whitelist: […] })`, `z.url({ hostname })`."""
    return value.kind is ExprKind.OBJECT and bool({"host_whitelist", "hostname"} & set(value.keys))


def _says_hosts(value: Expr) -> bool:
    return any(_names_hosts(part) for part in inside(value))
