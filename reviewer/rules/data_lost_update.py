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
from reviewer.core.facts import Binding, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._counting import counts
from reviewer.rules._report import at, report
from reviewer.rules._rows import columns_taken, rows_read
from reviewer.rules._transactions import Transactions

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
        transactions = facts.index.once(Transactions)
        said: set[tuple[int, str]] = set()
        for fact, row, field in counts(project, file.path, facts, rows, taken):
            if (fact.scope, field) in said or not project.introduced(file.path, fact):
                continue
            write = _write_of(writes[fact.scope], fact, row)
            if write is None or fact.symbol in guarded or transactions.holds(write.call):
                continue
            said.add((fact.scope, field))
            yield _finding(file.path, fact, field)


def _finding(path: str, fact: Binding | Call, field: str) -> Finding:
    return report(
        RULE,
        at(path, fact.first),
        f"`{field}` is read, changed in memory and written back: of two requests at the same time, one change is "
        "lost. Let the database do the arithmetic (an atomic increment with the condition in the filter), or lock "
        "the row.",
        symbol=fact.symbol,
        quoted=fact.code,
    )


def _write_of(writes: list[Access], binding: Binding | Call, row: str) -> Access | None:
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
