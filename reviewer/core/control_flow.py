"""What code decides and how it fails, as facts: conditions, switches, comparisons, casts, catches, throws.

Plain data like everything in `core/facts.py`, and of the same conventions: lines are 1-based and inclusive, `scope`
is an index into `FileFacts.functions`, `symbol` the dotted name around, `code` the cut source.
"""

from __future__ import annotations

from reviewer.core.expr import NOWHERE, Expr, TypeRef
from reviewer.core.fact import Fact


class Catch(Fact, frozen=True):
    """A catch clause. `param` is "" where it binds nothing (or takes it apart); `uses_param`: something reads it.

    `statements` counts those of its block; `throws`: a throw stands in it (not inside a nested function).
    `has_comment`: somebody explained it. What is called in it: `call.catch` is its index in `FileFacts.catches`.
    """

    param: str
    statements: int
    uses_param: bool
    throws: bool
    has_comment: bool
    first: int
    last: int
    scope: int
    symbol: str
    code: str


class Throw(Fact, frozen=True):
    """A throw statement; `catch` is the index of the catch clause it stands in, NOWHERE outside of any."""

    value: Expr
    first: int
    last: int
    scope: int
    symbol: str
    code: str
    catch: int = NOWHERE


class Condition(Fact, frozen=True):
    """An if statement or a conditional expression (`is_ternary`).

    `then` and `otherwise` are digests of the branches' source with blanks folded, without the block's braces and the
    last semicolon, "" for a missing else: equal digests are equal branches. `otherwise` of an `else if` is "". `ends`:
    the then-branch ends in return, throw, continue or break. The lines are those of the whole statement.
    """

    test: Expr
    then: str
    otherwise: str
    first: int
    last: int
    scope: int
    symbol: str
    code: str
    is_ternary: bool = False
    ends: bool = False


class Switch(Fact, frozen=True):
    """A switch; `labels` are the values of its cases without default."""

    subject: Expr
    labels: tuple[Expr, ...]
    first: int
    last: int
    scope: int
    symbol: str
    code: str


class Operation(Fact, frozen=True):
    """A comparison (`===`, `<`, `in`, `instanceof`…) or arithmetic (`-`, `*`, `/`, `%`, `**`; `+` is a CONCAT).

    Bit operations are none. `left` and `right` are the two operands of this operator only: of `a - b - c` the outer
    one has `a - b` as its left.
    """

    operator: str
    left: Expr
    right: Expr
    first: int
    last: int
    scope: int
    symbol: str
    code: str


class Cast(Fact, frozen=True):
    """`value as Type` or `<Type>value`; `as const` and `satisfies` are none. `as unknown as T` is two."""

    type: TypeRef
    value: Expr
    first: int
    last: int
    scope: int
    symbol: str
    code: str


class TypeMember(Fact, frozen=True):
    """A member of an interface, of an object type alias or of an enum (then only the name and lines count).

    `type` of a method is what it returns; `is_method` also for a property of a function type.
    """

    name: str
    type: TypeRef
    first: int
    last: int
    is_optional: bool = False
    is_method: bool = False
