"""A query on the outer connection inside a transaction's callback: it is not part of the transaction.

What the repository or client from outside writes stays when the transaction is rolled back, it does not see the rows
that the transaction wrote, and it can wait for its locks for ever.

Bad::

    await this.dataSource.transaction(async (manager) => {
      await manager.save(Order, order);
      await this.stock.decrement({ sku: order.sku }, 'count', 1);
    });

Good::

    await this.dataSource.transaction(async (manager) => {
      await manager.save(Order, order);
      await manager.decrement(Stock, { sku: order.sku }, 'count', 1);
    });
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._database_types import Library
from reviewer.rules._report import at, report
from reviewer.rules._transactions import Transactions, is_handle

_OPTION_KEYS = frozenset(("session", "transaction", "transacting", "tx", "trx"))


def inspect(project: Project) -> Iterator[Finding]:
    """Queries in a transaction's callback that the change wrote and that do not use its handle."""
    for file, facts in project.production:
        said: set[tuple[int, str]] = set()
        transactions = facts.index.once(Transactions)
        for access in accesses(project, file.path, facts):
            callback = transactions.callback(access.call.scope)
            if callback is None or access.holder.library is Library.CUSTOM:
                continue
            handle = _handle(facts, transactions, callback)
            if not handle or _uses(facts, access, handle) or (callback, access.holder.name) in said:
                continue
            if project.introduced(file.path, access.call):
                said.add((callback, access.holder.name))
                yield _finding(file.path, access, handle)


def _finding(path: str, access: Access, handle: str) -> Finding:
    does = "stays written when the transaction is rolled back" if access.is_write else "does not see its rows"
    found = report(
        RULE,
        at(path, access.call.first),
        f"`{access.holder.name}` is not the transaction's own: this query runs on another connection and {does}. "
        f"Use `{handle}` for every query in here.",
        symbol=access.call.symbol,
        quoted=access.call.code,
    )
    return found if access.is_write else replace(found, severity=Severity.WARNING)


def _handle(facts: FileFacts, transactions: Transactions, callback: int) -> str:
    """The name of the transaction inside its callback, or of the session that was started around it."""
    params = facts.functions[callback].params
    if params and params[0].name:
        return params[0].name
    passed = transactions.starter(callback)
    return passed.rpartition(".")[0] if passed.endswith(".withTransaction") else ""


def _uses(facts: FileFacts, access: Access, handle: str) -> bool:
    """Whether a query belongs to the transaction, as far as one can see; any doubt is a yes."""
    call = access.call
    root = call.callee.partition(".")[0].removesuffix("()")
    if root == handle or is_handle(root) or (root != "this" and _is_made_from(facts, call.scope, root, handle)):
        return True
    parts: list[Expr] = list(call.args)
    receiver = call.receiver
    while receiver is not None:
        parts.extend(receiver.parts)
        receiver = receiver.receiver
    return any(_carries(part, handle, 0) for part in parts)


def _is_made_from(facts: FileFacts, scope: int, name: str, handle: str) -> bool:
    """Whether a local name was made from the handle."""
    for around in facts.index.around(scope):
        for binding in facts.index.bound(name, around):
            return around >= 0 and handle in binding.code
    return False


def _carries(part: Expr, handle: str, depth: int) -> bool:
    if part.kind in (ExprKind.NAME, ExprKind.MEMBER):
        return part.text.partition(".")[0] == handle or is_handle(part.text.rpartition(".")[2])
    if part.kind is ExprKind.OBJECT and any(key in _OPTION_KEYS for key in part.keys):
        return True
    return depth < 4 and any(_carries(inner, handle, depth + 1) for inner in part.parts)


RULE = Rule(
    slug="data_outside_transaction",
    concern=Concern.DATA,
    severity=Severity.BLOCKER,
    title="A query inside a transaction runs outside of it",
    inspect=inspect,
    references=(Reference("NestJS: database transactions", "https://docs.nestjs.com/techniques/database"),),
    confidence=0.93,
    page=__doc__ or "",
)
