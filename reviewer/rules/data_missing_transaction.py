"""Several writes that belong together, and no transaction: a failure between them leaves half of the work.

Flagged are two writes to different tables, or the same write to two rows, one after the other in one function. Writes
in branches that exclude each other, in a transaction, with a transaction's handle passed in, or after an error are left
alone; so are logs, tokens and notifications, unless tokens or sessions are to end with another write.
With Mongoose it is a note where the project never starts a session.

Bad::

    await this.accounts.save(account);
    await this.payments.insert({ accountId: account.id, amount });

Good::

    await this.dataSource.transaction(async (manager) => {
      await manager.save(Account, account);
      await manager.insert(Payment, { accountId: account.id, amount });
    });
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._branches import branches_of, excludes, may_exclude
from reviewer.rules._callbacks import Callbacks
from reviewer.rules._database_methods import Effect
from reviewer.rules._database_types import Library
from reviewer.rules._raw_sql import begins
from reviewer.rules._report import at, report
from reviewer.rules._transactional_fields import apart, past_transactions
from reviewer.rules._transactions import Transactions

_SIDE_TABLES = (
    "log", "audit", "analytic", "metric", "session", "token", "notification", "cache", "event", "outbox", "history",
    "activity", "webhook", "otp", "verification", "queue", "job", "lock", "telemetry", "usage",
)  # fmt: skip
"""Words in the names of tables that may lag behind: losing such a row does not break the others. A table and its parts
(`notification`, `notificationDelivery`) do not lag behind each other."""

_CREDENTIALS = ("session", "token", "otp", "verification")
"""Side tables that may not lag behind where rows are taken back: what was to end stays good."""

_ENDS = ("revok", "invalid", "expire", "blacklist", "isused", "used:", "consumed", "isactive", "active: false")
"""Words of an update that ends what a row allows."""

_STEPS = frozenset(("map", "forEach", "flatMap", "then", "switchMap", "mergeMap", "concatMap", "exhaustMap", "tap"))
"""What hands a callback on to the same work: iterators, promises, and the operators of RxJS."""

_STARTS = ("startTransaction", "beginTransaction", "startSession", "$transaction", "transaction", "withTransaction")
_SETUP = frozenset(("onModuleInit", "onApplicationBootstrap", "bootstrap", "main", "seed", "up", "down"))
_TRACES = ("log", "logs", "audit", "audits", "cache", "metric", "metrics", "history", "usage", "event", "events")
"""How the names of tables end that only tell what happened to another."""

_STEM_MIN = 4
"""Letters of a table's name that other names do not start with by chance."""

_APART_MAX = 4
"""Lines between two writes of one table that belong together: a blank line, a comment, a name for the second row."""

_MANY = frozenset(("updateMany", "bulkWrite"))
_MAKES = ("create", "insert", "save", "bulkCreate", "add", "upsert")
"""How the names of methods start that put rows where others were."""

_SPAN_MAX = 30
"""Lines from the first write to the second that are pointed at; of more, the first write."""

_WRITES_MAX = 40
"""Writes of one function that are compared with each other."""


def inspect(project: Project) -> Iterator[Finding]:
    """Pairs of writes that the change wrote (or made a pair), one finding for each function."""
    has_sessions = _has_transactions(project)
    is_sql = any(map(project.uses, ("sequelize", "sequelize-typescript")))  # a MongoDB may be no replica set
    for file, facts in project.production:
        for writes in _by_function(project, file.path, facts, has_sessions):
            pair = _pair(facts, writes)
            if pair is None or not any(project.introduced(file.path, one.call) for one in pair):
                continue
            if all(project.edited(file.path, one.call) for one in pair) and not _was_safe(project, file.path, pair):
                continue
            found = _finding(project, file.path, *pair)
            is_sure = has_sessions or is_sql or pair[0].holder.library is not Library.MODEL
            yield found if is_sure else replace(found, severity=Severity.NOTE)
        for call, runs in past_transactions(facts):
            if project.introduced(file.path, call):
                yield _past(file.path, call, runs)
        for first, second, runs in apart(facts):
            if project.introduced(file.path, second) and not may_exclude(facts, first, second):
                yield _apart(file.path, first, second, runs)


def _was_safe(project: Project, path: str, pair: tuple[Access, Access]) -> bool:
    """Whether a transaction was near these writes at base, which the change may have taken away."""
    facts = project.before(path)
    transactions = facts.index.once(Transactions)
    symbols = {one.call.symbol for one in pair}
    callees = {one.call.callee for one in pair}
    calls = [call for call in facts.calls if call.symbol in symbols]
    return any(
        call.callee.rpartition(".")[2] in _STARTS
        or begins(call)
        or (call.callee in callees and transactions.holds(call))
        for call in calls
    )


def _past(path: str, call: Call, runs: str) -> Finding:
    return report(
        RULE,
        at(path, call.first),
        f"`{call.callee}(…)` writes without a transaction, while the other writes of this class run in `{runs}(…)`: if "
        "it fails in the middle, half of its work stays. Run it there too.",
        symbol=call.symbol,
        quoted=call.code,
    )


def _apart(path: str, first: Call, second: Call, runs: str) -> Finding:
    names = (first.callee.rpartition(".")[2], second.callee.rpartition(".")[2])
    return report(
        RULE,
        at(path, first.first, min(second.first, first.first + _SPAN_MAX)),
        f"`{names[0]}` and then `{names[1]}` write without a transaction, while other methods of this class run such "
        f"writes in `{runs}(…)` and hand them its handle: if the second fails, the first stays. Do so here too.",
        symbol=second.symbol,
        quoted=f"{first.code} {second.code}",
    )


def _finding(project: Project, path: str, first: Access, second: Access) -> Finding:
    start = first.call.first if project.wrote(path, first.call.first) else second.call.first
    end = second.call.first if second.call.first - start < _SPAN_MAX else start
    tables = f"`{first.table}` and then `{second.table}`" if first.table != second.table else f"`{first.table}` twice"
    symbol = second.call.symbol
    return report(
        RULE,
        at(path, start, end),
        f"`{symbol}` writes {tables} without a transaction: if the second write fails, the first stays and the data "
        "contradict each other. Run both in one transaction.",
        symbol=symbol,
        quoted=f"{first.call.code} {second.call.code}",
    )


def _by_function(project: Project, path: str, facts: FileFacts, has_sessions: bool) -> Iterator[list[Access]]:
    """The writes outside of transactions, grouped by the function that a caller calls."""
    found: dict[int, list[Access]] = defaultdict(list)
    transactions, callbacks = facts.index.once(Transactions), facts.index.once(Callbacks)
    listed = transactions.listed()
    is_wrapped = project.once(_wraps)
    manual = {call.scope for call in facts.calls if call.callee.rpartition(".")[2] in _STARTS or begins(call)}
    for access in accesses(project, path, facts):
        if not access.is_write or not access.table or "skipDuplicates" in access.call.code:
            continue
        if (access.call.first, access.call.callee) in listed:
            continue
        scope = _outer(facts, callbacks, access.call.scope)
        if scope < 0 or access.call.catch >= 0 or facts.functions[scope].name in _SETUP:
            continue
        if access.holder.library is Library.CUSTOM and (not has_sessions or access.table.endswith("Store")):
            continue  # a store of the project's own may hold the transaction of its caller
        if is_wrapped and access.holder.name.startswith("this.") and access.holder.library is Library.BUILDER:
            continue
        if manual & set(facts.index.around(access.call.scope)) or transactions.holds(access.call):
            continue
        found[scope].append(access)
    groups = (sorted(writes, key=lambda one: one.call.first) for writes in found.values())
    return iter([writes for writes in groups if len(writes) > 1])


def _outer(facts: FileFacts, callbacks: Callbacks, scope: int) -> int:
    """The function that a step of its work belongs to; other callbacks are functions of their own."""
    while scope >= 0 and callbacks.passed_to(scope).rpartition(".")[2] in _STEPS:
        scope = facts.functions[scope].parent
    return scope


def _pair(facts: FileFacts, writes: list[Access]) -> tuple[Access, Access] | None:
    scopes = {write.call.scope for write in writes}
    branches = branches_of([one for one in facts.conditions if one.scope in scopes and not one.is_ternary])
    branches += [(one.first, one.last, True, False) for one in facts.switches if one.scope in scopes]
    branches += [(one.first, one.last, True, False) for one in facts.conditions if one.is_ternary]
    for index, first in enumerate(writes[:_WRITES_MAX]):
        for second in writes[index + 1 : _WRITES_MAX]:
            if not _belong_together(first, second) or _is_tried_apart(facts, first.call, second.call):
                continue
            if not excludes(branches, first.call.first, second.call.first):
                return first, second
    return None


def _belong_together(first: Access, second: Access) -> bool:
    if _takes_back(first, second):
        return True
    if _is_side(first) or _is_side(second):
        return _is_part(first.table.lower(), second.table.lower())
    if first.table != second.table:
        return True
    near = second.call.first - first.call.last <= _APART_MAX and first.call.scope == second.call.scope
    if first.call.loop or not near:
        return False
    if first.method != second.method:
        return _replaces(first, second)
    if not first.call.args or not second.call.args:  # `from.save(); to.save();`
        return first.call.callee != second.call.callee
    return first.call.args != second.call.args


def _is_side(access: Access) -> bool:
    return any(word in access.table.lower() for word in _SIDE_TABLES)


def _takes_back(first: Access, second: Access) -> bool:
    """Whether rows of a side table that let somebody in end after the write that they should end with."""
    if _is_side(first) or not any(word in second.table.lower() for word in _CREDENTIALS):
        return False
    lower = second.call.code.lower()
    return second.effect is Effect.REMOVE or (
        second.method not in _MAKES and any(word in lower for word in _ENDS) and "update" in second.method.lower()
    )


def _is_part(one: str, other: str) -> bool:
    """Whether one table holds the parts of another: the name of one goes on from that of the other."""
    whole, part = sorted((one, other), key=len)
    stem = whole.rstrip("s")
    return whole != part and len(stem) >= _STEM_MIN and part.startswith(stem) and not part.endswith(_TRACES)


def _replaces(first: Access, second: Access) -> bool:
    """Whether rows are taken away, or all are reset, before one gets their place: `deleteMany` and then `createMany`,
    `updateMany({ isDefault: false })` and then `update`."""
    if first.effect is Effect.REMOVE:
        return second.effect is Effect.WRITE and second.method.startswith(_MAKES)
    is_many = first.method in _MANY or (first.method == "update" and second.method in ("save", *_MAKES))
    return is_many and second.effect is Effect.WRITE and second.method not in _MANY


def _is_tried_apart(facts: FileFacts, first: Call, second: Call) -> bool:
    """Whether each is an attempt of its own: one in a try and the other not, or a catch between them."""
    if first.in_try != second.in_try:
        return True
    return any(first.last <= one.first and one.last <= second.first for one in facts.catches)


def _wraps(project: Project) -> bool:
    """Whether the project makes its services anew for each transaction: then what they hold may be one."""
    return any(
        call.callee.rpartition(".")[2].lower() in ("transactional", "withtransactional", "withfaketransactional")
        for facts in project.head.values()
        for call in facts.calls
    )


def _has_transactions(project: Project) -> bool:
    """Whether the project starts transactions anywhere that was read."""
    return any(call.callee.rpartition(".")[2] in _STARTS for facts in project.head.values() for call in facts.calls)


RULE = Rule(
    slug="data_missing_transaction",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="Writes that belong together without a transaction",
    inspect=inspect,
    references=(Reference("NestJS: database transactions", "https://docs.nestjs.com/techniques/database"),),
    confidence=0.9,
    page=__doc__ or "",
)
