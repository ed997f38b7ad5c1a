"""A number that is read, changed in memory and written back: of two requests at once, one is lost.

Both read the same stock, both subtract one, and the second write undoes the first. Let the database count
(`increment`, `$inc`, `SET stock = stock - 1`, with the condition in the `WHERE`), or lock the row, or check a version.
A transaction alone does not help: as databases run it, both read before either writes. Code with a lock, a version or
the old value in its filter is left alone, and so is what is given a transaction by its caller. The same goes for a
number in Redis or a shared cache that is read, counted and set again: `INCR` counts there.

Bad::

    const product = await this.products.findOneBy({ id });
    product.stock = product.stock - quantity;
    await this.products.save(product);

Good::

    await this.products.decrement({ id, stock: MoreThanOrEqual(quantity) }, 'stock', quantity);
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import TEXT_CHARS_MAX, Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._counting import STEPS, Counting, counted_by_method, is_self, pairs, written
from reviewer.rules._filters import Chains, filters
from reviewer.rules._kept_counts import kept_counts
from reviewer.rules._locks import guarded
from reviewer.rules._report import at, report
from reviewer.rules._rows import columns_taken, rows_read
from reviewer.rules._transactions import Transactions

_MAKES = frozenset(
    ("create", "createMany", "createManyAndReturn", "insert", "insertMany", "insertOne", "bulkCreate", "insertInto")
)
"""Methods that make new rows: a number computed for one is not written back."""

_SHOWN_MAX = 12
"""Lines from the arithmetic to the write that a comment may span."""

_MERGES = ("Object.assign", "_.merge", "_.assign")


@dataclass(frozen=True, slots=True)
class _Count:
    """A column that is computed from its own value, with the write that takes it back and what the change wrote."""

    field: str
    write: Access
    fact: Binding | Call
    place: Expr | Binding | Call
    last: int
    """The line that takes the value to the database, where it is computed before."""


def inspect(project: Project) -> Iterator[Finding]:
    """Columns that the change computes from a row read before, and writes back."""
    yield from _kept(project)
    for file, facts in project.production:
        queries = list(accesses(project, file.path, facts))
        if not any(access.is_write for access in queries):
            continue
        calls = {(one.call.callee, one.call.first): one for one in queries}
        counting = Counting(project, file.path, rows_read(facts, calls), columns_taken(facts, calls))
        safe = guarded(project, file.path, facts)
        said: set[tuple[str, str]] = set()
        for one in (*_set(counting, queries), *_assigned(counting, queries)):
            key = one.fact.symbol, one.field
            if key in said or one.fact.symbol in safe or not _is_new(project, file.path, one):
                continue
            if _is_isolated(project, facts, one.write.call) or _compares(facts, one):
                continue
            said.add(key)
            yield _finding(file.path, one)


def _kept(project: Project) -> Iterator[Finding]:
    """Counts in Redis and the like that the change sets again."""
    for file, facts in project.production:
        for one in kept_counts(project, file.path, facts):
            if project.introduced(file.path, one.call):
                last = one.call.first if 0 <= one.call.first - one.first <= _SHOWN_MAX else None
                yield report(
                    RULE,
                    at(file.path, one.first if last else one.call.first, last),
                    f"What `{one.key}` holds is read, counted in memory and set again: of two requests at the same "
                    "time, one change is lost. Let the store count (`INCR`, `HINCRBY`), or lock it.",
                    symbol=one.call.symbol,
                    quoted=one.call.code,
                )


def _finding(path: str, count: _Count) -> Finding:
    return report(
        RULE,
        at(path, count.place.first, count.last if count.last - count.place.first <= _SHOWN_MAX else None),
        f"`{count.field}` is read, changed in memory and written back: of two requests at the same time, one change is "
        "lost. Let the database do the arithmetic (an atomic increment with the condition in the filter), or lock "
        "the row.",
        symbol=count.fact.symbol,
        quoted=count.fact.code,
    )


def _set(counting: Counting, queries: list[Access]) -> Iterator[_Count]:
    """Writes that are given a computed column: `update(id, { stock: row.stock - 1 })`."""
    facts = counting.facts
    for access in queries:
        call = access.call
        if not access.is_write or access.method in _MAKES:
            continue
        for field, value in (*written(call), *_constants(facts, call)):
            place = counting.computed(value, field, call.scope)
            if place is not None and _is_of_table(counting, place, access):
                same = (one for one in facts.bindings if one.value is place or one.value == place)
                yield _Count(field, access, next(same, call), place, value.first)


def _constants(facts: FileFacts, call: Call) -> Iterator[tuple[str, Expr]]:
    """The columns of an object that a write is given by name: `const next = { … }; save(next)`."""
    given = [arg for arg in call.args if arg.kind is ExprKind.NAME]
    for arg in call.args:
        if arg.kind is ExprKind.OBJECT:
            given += [part for key, part in zip(arg.keys, arg.parts, strict=True) if key in ("data", "update", "$set")]
    for arg in given:
        for around in facts.index.around(call.scope) if arg.kind is ExprKind.NAME else ():
            for binding in facts.index.bound(arg.text, around):
                yield from pairs(binding.value)


def _is_of_table(counting: Counting, place: Expr, write: Access) -> bool:
    """Whether the row that was read is of the table that is written, as far as one can see."""
    reads = (counting.row(part.text.partition(".")[0], write.call.scope) for part in _parts(place))
    return all(not read.table or not write.table or read.table == write.table for read in reads if read is not None)


def _parts(value: Expr) -> Iterator[Expr]:
    yield value
    for part in value.parts:
        yield from _parts(part)


def _assigned(counting: Counting, queries: list[Access]) -> Iterator[_Count]:
    """Rows whose column is computed anew, and that are saved after: `row.stock -= 1`, `wallet.withdraw(5)`."""
    writes: dict[str, list[Access]] = defaultdict(list)
    for access in queries:
        if access.is_write:
            writes[access.call.symbol].append(access)
    for row, field, fact in _changes(counting):
        write = next((one for one in writes[fact.symbol] if _saves(one, fact, row)), None)
        if write is not None and counting.row(row, fact.scope) is not None:
            yield _Count(field, write, fact, fact, fact.first)


def _changes(counting: Counting) -> Iterator[tuple[str, str, Binding | Call]]:
    """Name of the row, column, and what computes it."""
    facts = counting.facts
    for binding in facts.bindings:
        row, _, field = binding.name.partition(".")
        if binding.kind is BindingKind.ASSIGNMENT and field and "." not in field:
            is_step = binding.operator in STEPS and binding.value.kind not in (ExprKind.STRING, ExprKind.TEMPLATE)
            is_step = is_step or is_self(binding.value, binding.name)
            if is_step or counting.computed(binding.value, field, binding.scope) is not None:
                yield row, field, binding
    for call in facts.calls:
        row, _, name = call.callee.partition(".")
        if call.callee in _MERGES or (name in ("merge", "set", "assign") and call.args):
            target = call.args[0].text if call.callee in _MERGES or name == "merge" else row
            for field, value in written(call):
                if counting.computed(value, field, call.scope) is not None:
                    yield target, field, call
        read = counting.row(row, call.scope) if call.is_statement and name and "." not in name else None
        field = counted_by_method(counting.project, counting.path, call, read) if read is not None else ""
        if field:
            yield row, field, call


def _saves(access: Access, fact: Binding | Call, row: str) -> bool:
    """Whether a write takes a row to the database after it was changed."""
    call = access.call
    if call.last < fact.first or call is fact:
        return False
    return call.callee.startswith(f"{row}.") or any(_mentions(arg, row, 0) for arg in call.args)


def _mentions(arg: Expr, row: str, depth: int) -> bool:
    if arg.kind in (ExprKind.NAME, ExprKind.MEMBER):
        return arg.text.partition(".")[0] == row
    return depth < 4 and any(_mentions(part, row, depth + 1) for part in arg.parts)


def _is_new(project: Project, path: str, count: _Count) -> bool:
    fact = count.fact
    is_cut = len(fact.code) >= TEXT_CHARS_MAX  # what is behind the cut may be new
    return project.introduced(path, fact) or (is_cut and project.wrote(path, count.place.first, count.place.last))


def _is_isolated(project: Project, facts: FileFacts, call: Call) -> bool:
    """Whether the write is in a transaction that somebody else began, or in one of MongoDB, which refuses the second
    write."""
    transactions = facts.index.once(Transactions)
    if not transactions.holds(call):
        return False
    return transactions.callback(call.scope) is None or project.uses("mongoose") or project.uses("mongodb")


def _compares(facts: FileFacts, count: _Count) -> bool:
    """Whether the filter of the write holds the old value: then the second write finds no row."""
    chain = facts.index.once(Chains).whole(count.write.call)
    compared = filters(count.write, chain) or []
    call = count.write.call
    options = any(arg.kind is ExprKind.OBJECT and "where" in arg.keys for arg in call.args)
    is_first = len(call.args) > 1 and call.args[0].kind is ExprKind.OBJECT and not options
    filter_ = call.args[0] if is_first else None
    keys = {name for name, _ in compared} | set(filter_.keys if filter_ is not None else ())
    for arg in call.args:
        if arg.kind is ExprKind.OBJECT and "where" in arg.keys:
            keys |= _keys(arg.parts[arg.keys.index("where")], 0)
    receiver = call.receiver
    while receiver is not None:
        if "where" in receiver.text.rpartition(".")[2].lower():
            keys |= {part.text.rpartition(".")[2] for arg in receiver.parts for part in _parts(arg) if not part.parts}
            keys |= {key for arg in receiver.parts for key in _keys(arg, 0)}
        receiver = receiver.receiver
    return count.field in keys


def _keys(value: Expr, depth: int) -> set[str]:
    own = set(value.keys) if value.kind is ExprKind.OBJECT else set()
    return own.union(*(_keys(part, depth + 1) for part in value.parts)) if depth < 4 else own


RULE = Rule(
    slug="data_lost_update",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A counted value is read, changed and written back",
    inspect=inspect,
    references=(
        Reference(
            "CWE-362: Concurrent execution using a shared resource", "https://cwe.mitre.org/data/definitions/362.html"
        ),
    ),
    confidence=0.92,
    page=__doc__ or "",
)
