"""What a query compares its rows with: the columns of its filter, in the ways of the libraries."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts
from reviewer.rules._accesses import Access
from reviewer.rules._database_types import Library

_STEPS = frozenset(("where", "andWhere"))
_EQUATION = ("column", "=", ":value")
_MODEL_FILTERS = frozenset(("find", "findOne", "exists", "countDocuments", "findOneAndUpdate", "findOneAndDelete"))
_BY_OBJECT = frozenset((Library.TYPEORM, Library.MODEL, Library.CUSTOM))


class Chains:
    """The calls of a file by what they are called on."""

    def __init__(self, facts: FileFacts) -> None:
        self._by_receiver = {
            (call.receiver.text, call.receiver.first, call.receiver.last): call for call in facts.calls if call.receiver
        }

    def whole(self, call: Call) -> tuple[Call, ...]:
        """A call and those that go on from it: `find()`, `find().sort()`, `find().sort().lean()`."""
        found = [call]
        while (further := self._by_receiver.get((found[-1].callee, call.first, found[-1].last))) is not None:
            found.append(further)
        return tuple(found)


def filters(access: Access, chain: tuple[Call, ...], facts: FileFacts | None = None) -> list[tuple[str, Expr]] | None:
    """The columns that a query compares, with the values; None where that cannot be told. `chain` is that of its
    call; with the `facts` of its file, an object that stands in a constant above is looked into."""
    compared: list[tuple[str, Expr]] = []
    for step, args in _steps(chain):
        found: list[tuple[str, Expr]] | None = []
        if step in _STEPS:
            found = _compared(args) if access.holder.library is Library.BUILDER else None
        elif step == access.method and args:
            found = _given(access, args if facts is None else tuple(_meant(facts, access.call, arg) for arg in args))
        if found is None:
            return None
        compared.extend(found)
    return compared


def _meant(facts: FileFacts, call: Call, arg: Expr) -> Expr:
    """An argument with its filter in the place of the constant that holds it: `{ where }`, `find(where)`."""
    if arg.kind is ExprKind.NAME:
        return _object(facts, call, arg)
    if arg.kind is not ExprKind.OBJECT or "where" not in arg.keys:
        return arg
    at = arg.keys.index("where")
    return replace(arg, parts=(*arg.parts[:at], _object(facts, call, arg.parts[at]), *arg.parts[at + 1 :]))


def _object(facts: FileFacts, call: Call, value: Expr) -> Expr:
    """The object that a constant above holds and nobody adds to; else the value itself."""
    if value.kind is not ExprKind.NAME:
        return value
    for around in facts.index.around(call.scope):
        for bound in facts.index.bound(value.text, around):
            is_whole = bound.kind is BindingKind.CONST and bound.value.kind is ExprKind.OBJECT and bound.value.parts
            grows = any(one.name.startswith(f"{value.text}.") for one in facts.bindings)
            return bound.value if is_whole and not grows else value
    return value


def options(access: Access) -> tuple[Expr, ...]:
    """The arguments of a query that are no filter as a whole."""
    args = access.call.args
    return args[1:] if _takes_filter(access, args) else args


def said_equal(chain: tuple[Call, ...]) -> list[tuple[str, Expr]]:
    """The columns that TypeORM's query builder compares in words: `where('parcel.barcode = :barcode', { barcode })`."""
    found: list[tuple[str, Expr]] = []
    for step, args in _steps(chain):
        words = args[0].text.split() if step in _STEPS and args and args[0].kind is ExprKind.STRING else []
        if len(words) == len(_EQUATION) and words[1] == "=" and words[2].startswith(":"):
            found.append((words[0].rpartition(".")[2].strip('"`'), args[0]))
    return found


def _steps(chain: tuple[Call, ...]) -> Iterator[tuple[str, tuple[Expr, ...]]]:
    for call in chain:
        yield call.callee.rpartition(".")[2], call.args
    receiver = chain[0].receiver
    while receiver is not None:
        yield receiver.text.rpartition(".")[2], receiver.parts
        receiver = receiver.receiver


def _given(access: Access, args: tuple[Expr, ...]) -> list[tuple[str, Expr]] | None:
    if _takes_filter(access, args):
        return _pairs(args[0])
    for arg in args:
        if arg.kind is ExprKind.OBJECT and "where" in arg.keys:
            return _pairs(arg.parts[arg.keys.index("where")])
    return []


def _takes_filter(access: Access, args: tuple[Expr, ...]) -> bool:
    """Whether the first argument of a query is what its rows are compared with."""
    if not args or args[0].kind is not ExprKind.OBJECT or "where" in args[0].keys:
        return False
    if access.holder.library not in _BY_OBJECT:
        return False
    is_model = access.holder.library is Library.MODEL and access.method in _MODEL_FILTERS
    return is_model or "By" in access.method


def _pairs(value: Expr) -> list[tuple[str, Expr]] | None:
    if value.kind is not ExprKind.OBJECT or "" in value.keys:
        return None
    return list(zip(value.keys, value.parts, strict=True))


def _compared(args: tuple[Expr, ...]) -> list[tuple[str, Expr]] | None:
    """`where({ a: 1 })`, `where('a', 1)`, `where('a', '=', 1)`, `where(eq(orders.a, 1))`."""
    if len(args) == 1 and args[0].kind is ExprKind.OBJECT:
        return _pairs(args[0])
    if len(args) == 1 and args[0].kind is ExprKind.CALL and args[0].text == "eq" and len(args[0].parts) == 2:
        return [(args[0].parts[0].text.rpartition(".")[2], args[0].parts[1])]
    if len(args) == 1 and args[0].kind is ExprKind.CALL and args[0].text == "and":
        found = [_compared((part,)) for part in args[0].parts]
        return None if None in found else [one for each in found for one in each or ()]
    is_equal = len(args) == 2 or (len(args) == 3 and args[1].text == "=")
    if is_equal and args[0].kind is ExprKind.STRING:
        return [(args[0].text.rpartition(".")[2], args[-1])]
    return None
