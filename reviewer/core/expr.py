"""Expressions and types inside the facts of a file: small bounded trees, plain data."""

from __future__ import annotations

from enum import StrEnum

from reviewer.core.fact import Fact

TEXT_CHARS_MAX = 240
"""Characters kept of a piece of source: enough to tell it from its neighbours, and it bounds memory per fact."""

NOWHERE = -1
"""The scope of code that stands in no function: the top level of the file, or a class body."""


class ExprKind(StrEnum):
    """What an expression is, as far as rules care. Parentheses, `as`, `satisfies`, `!` and `<T>` are looked
    through."""

    STRING = "string"
    TEMPLATE = "template"
    NUMBER = "number"
    CONSTANT = "constant"
    """true, false, null or undefined."""
    NAME = "name"
    MEMBER = "member"
    CALL = "call"
    NEW = "new"
    TAGGED = "tagged"
    OBJECT = "object"
    ARRAY = "array"
    FUNCTION = "function"
    CONCAT = "concat"
    CHOICE = "choice"
    """`a ?? b`, `a || b`, `a && b` or `c ? a : b`: the value is one of the parts."""
    AWAIT = "await"
    SPREAD = "spread"
    ASSIGN = "assign"
    OTHER = "other"


class Expr(Fact, frozen=True):
    """An expression, at most eight levels deep.

    | kind | text | parts | keys |
    | --- | --- | --- | --- |
    | STRING | its value | | |
    | TEMPLATE | the fixed text, `${}` at each hole | the holes | |
    | NAME, MEMBER | dotted name, `[]` for a computed step, `()` for a call in between | computed steps | |
    | CALL, NEW | dotted name of what is called | the arguments | |
    | TAGGED | dotted name of the tag | the holes | |
    | OBJECT | | the values | their keys, "" for a spread |
    | FUNCTION | | the body, if it is one expression | |
    | CONCAT | `+` | the operands, from left to right | |
    | CHOICE | the operator, `?:` for a conditional | the alternatives | |
    | ARRAY, AWAIT, SPREAD, ASSIGN, OTHER | the source | elements, operand(s), value | |

    `receiver` is the object of a CALL or MEMBER whose object is itself no plain dotted name. `scope` is the index
    of a FUNCTION.
    """

    kind: ExprKind
    text: str
    first: int
    last: int
    parts: tuple[Expr, ...] = ()
    keys: tuple[str, ...] = ()
    receiver: Expr | None = None
    scope: int = NOWHERE


class TypeKind(StrEnum):
    """The shape of a type annotation, `| null` and `| undefined` left out."""

    NONE = "none"
    ANY = "any"
    """any, unknown, object, Object or `{}`: nothing is said."""
    PRIMITIVE = "primitive"
    NAMED = "named"
    ARRAY = "array"
    INLINE = "inline"
    """An object type written in place: `{ a: string }`."""
    OTHER = "other"
    """Unions, tuples, functions, literals."""


class TypeRef(Fact, frozen=True):
    """A type annotation. `name` is the outer name (`Promise` of `Promise<Order>`, the element's for an array),
    `names` all in it."""

    kind: TypeKind = TypeKind.NONE
    text: str = ""
    name: str = ""
    names: tuple[str, ...] = ()
