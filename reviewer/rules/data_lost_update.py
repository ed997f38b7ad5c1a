"""A number that is read, changed in memory and written back: of two requests at once, one is lost.

Both read the same stock, both subtract one, and the second write undoes the first. Let the database count
(`increment`, `$inc`, `SET stock = stock - 1`, with the condition in the `WHERE`), or lock the row, or check a version.
Code with a lock or a version, and code in a transaction, is left alone.

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

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._report import at, report
from reviewer.rules._rows import columns_taken, rows_read
from reviewer.rules._transactions import Transactions

_COUNTED = (
    "count", "balance", "stock", "quantity", "qty", "amount", "total", "point", "credit", "view", "like", "inventory",
    "available", "remaining", "used", "usage", "score", "vote", "seat", "capacity", "copies", "reserved", "sold",
    "clicks", "hits", "downloads", "coins", "attempts", "visits", "redeemed", "uses", "spots", "tickets", "wallet",
)  # fmt: skip
"""Words in the names of columns that several requests count at once."""

_STEPS = frozenset(("+=", "-=", "++", "--"))
_GUARDS = (
    "lock", "pessimistic", "forupdate", "for update", "version", "mutex", "redlock", "semaphore", "isolation",
    "serializable", "acquire",
)  # fmt: skip
"""What code says that does not lose an update."""


def inspect(project: Project) -> Iterator[Finding]:
    """Columns that the change computes from a row read before, and writes back."""
    for file, facts in project.production:
        queries = list(accesses(project, file.path, facts))
        if not any(access.is_write for access in queries):
            continue
        calls = {(one.call.callee, one.call.first): one for one in queries}
        rows, taken = rows_read(facts, calls), columns_taken(facts, calls)
        writes: dict[int, list[Access]] = defaultdict(list)
        for access in queries:
            if access.is_write:
                writes[access.call.scope].append(access)
        guarded = _guarded(facts)
        transactions = Transactions(facts)
        said: set[tuple[int, str]] = set()
        for binding in facts.bindings:
            row, _, field = (_counted(binding, rows) or _computed_aside(binding, rows, taken)).rpartition(".")
            if not row or (binding.scope, field) in said or not project.introduced(file.path, binding):
                continue
            write = _write_of(writes[binding.scope], binding, row)
            if write is None or binding.symbol in guarded or transactions.holds(write.call):
                continue
            said.add((binding.scope, field))
            yield report(
                RULE,
                at(file.path, binding.first),
                f"`{field}` is read, changed in memory and written back: of two requests at the same time, one "
                "change is lost. Let the database do the arithmetic (an atomic increment with the condition in the "
                "filter), or lock the row.",
                symbol=binding.symbol,
                quoted=binding.code,
            )


def _counted(binding: Binding, rows: dict[int, set[str]]) -> str:
    """`row.column`, where a binding computes the column from its own value of before; "" for any other."""
    if binding.kind is BindingKind.ASSIGNMENT and binding.name.count(".") == 1:
        row, _, field = binding.name.partition(".")
        is_step = binding.operator in _STEPS or _computes(binding.value, binding.name)
        return binding.name if is_step and row in rows.get(binding.scope, ()) and _is_counted(field) else ""
    if binding.kind is not BindingKind.PAIR or not _is_counted(binding.name):
        return ""
    named = (f"{row}.{binding.name}" for row in _roots(binding.value) if row in rows.get(binding.scope, ()))
    return next((name for name in named if _computes(binding.value, name)), "")


def _roots(value: Expr) -> list[str]:
    """The names that a computed value may start from."""
    if value.kind is ExprKind.OTHER:
        return [value.text.removeprefix("Number(").partition(".")[0]]
    inner = [
        part.parts[0] if part.kind in (ExprKind.CHOICE, ExprKind.CALL) and part.parts else part for part in value.parts
    ]
    found = [part.text.partition(".")[0] for part in inner if part.kind is ExprKind.MEMBER]
    return found or [root for part in value.parts if value.kind is ExprKind.CALL for root in _roots(part)]


def _computed_aside(binding: Binding, rows: dict[int, set[str]], taken: dict[int, set[str]]) -> str:
    """`row.column`, where a name of its own gets the new value: `const left = row.stock - quantity`.

    For a column that was taken out of its row (`const { stock } = await …`), the row is called by the column's name.
    """
    value = binding.value
    if binding.kind is BindingKind.PAIR and _is_counted(binding.name):
        is_old = binding.name in taken.get(binding.scope, ()) and _computes(value, binding.name)
        return f"{binding.name}.{binding.name}" if is_old else ""
    if binding.kind not in (BindingKind.CONST, BindingKind.LET) or not binding.name or value.kind is ExprKind.CALL:
        return ""
    old = value.text.partition(" -")[0] if value.kind is ExprKind.OTHER else ""
    olds = [old] if old else [part.text for part in value.parts if value.kind is ExprKind.CONCAT]
    for name in olds:
        row, _, field = name.partition(".")
        if row in rows.get(binding.scope, ()) and "." not in field and _is_counted(field) and _computes(value, name):
            return f"{binding.name}.{field}"
    return ""


def _is_counted(field: str) -> bool:
    return any(word in field.lower() for word in _COUNTED)


def _computes(value: Expr, name: str) -> bool:
    """Whether a value is the old one plus or minus something."""
    if value.kind is ExprKind.CONCAT:
        return any(_is_old(part, name) for part in value.parts)
    if value.kind is ExprKind.CALL and value.text in ("Number", "Math.max", "Math.round", "parseFloat"):
        return any(_computes(part, name) for part in value.parts)
    return value.kind is ExprKind.OTHER and value.text.startswith((f"{name} -", f"Number({name}) -"))


def _is_old(part: Expr, name: str) -> bool:
    inner = part.parts[0] if part.kind in (ExprKind.CHOICE, ExprKind.CALL) and part.parts else part
    return inner.kind in (ExprKind.MEMBER, ExprKind.NAME) and inner.text == name


def _write_of(writes: list[Access], binding: Binding, row: str) -> Access | None:
    """The write that takes the computed value to the database."""
    for access in writes:
        call = access.call
        if call.last < binding.first:
            continue
        holds = call.first <= binding.first <= call.last
        if holds or call.callee.startswith(f"{row}.") or any(_mentions(arg, row, 0) for arg in call.args):
            return access
    return None


def _mentions(arg: Expr, row: str, depth: int) -> bool:
    if arg.kind in (ExprKind.NAME, ExprKind.MEMBER):
        return arg.text.partition(".")[0] == row
    return depth < 4 and any(_mentions(part, row, depth + 1) for part in arg.parts)


def _guarded(facts: FileFacts) -> set[str]:
    """Symbols of the functions that lock or check a version somewhere."""
    return {call.symbol for call in facts.calls if _is_guard(call)}


def _is_guard(call: Call) -> bool:
    lower = call.code.lower()
    return any(word in lower for word in _GUARDS)


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
