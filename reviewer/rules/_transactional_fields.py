"""Services that a class calls in transactions (`this.orders.transactional((service) => …)`), and calls past them; and
stores whose writes it hands a transaction that they start themselves (`this.store.transaction((trx) => …)`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reviewer.core.expr import ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.rules._transactions import Transactions, is_handle

_RUNS = frozenset(("transactional", "withTransaction", "inTransaction", "runInTransaction", "transaction"))
_STEPS = 3  # `this`, the field, the method
_WRITES = (
    "create", "save", "update", "delete", "remove", "insert", "add", "set", "move", "copy", "clone", "import",
    "replace", "archive", "revive", "restore", "apply", "change", "assign", "approve", "merge", "rename", "toggle",
    "transfer", "upsert", "patch", "enable", "disable", "publish", "cancel", "reorder", "bulk",
)  # fmt: skip
"""How the names of methods start that write."""


_Key = tuple[str, str]  # the class and its field


def past_transactions(facts: FileFacts) -> Iterator[tuple[Call, str]]:
    """Calls of methods that write, on a field whose other writes the class runs in transactions, with what runs them;
    none where the class calls the field both ways."""
    runs: dict[_Key, str] = {}
    direct: list[tuple[_Key, Call]] = []
    for key, method, call in _on_fields(facts):
        if method in _RUNS:
            runs[key] = call.callee
        elif method.lower().startswith(_WRITES) and (call.awaited or call.is_statement):
            direct.append((key, call))
    often = Counter(key for key, _ in direct)
    transactions = facts.index.once(Transactions)
    for key, call in direct:
        if key in runs and often[key] == 1 and transactions.callback(call.scope) is None:
            yield call, runs[key]


def apart(facts: FileFacts) -> Iterator[tuple[Call, Call, str]]:
    """Two different writes of one function through one store, in no transaction, where the class elsewhere hands its
    writes the transaction that the store runs; with what runs it."""
    runs: dict[_Key, str] = {}
    joined: set[_Key] = set()
    alone: dict[tuple[_Key, int], list[Call]] = {}
    transactions = facts.index.once(Transactions)
    for key, method, call in _on_fields(facts):
        if method in _RUNS:
            runs[key] = call.callee
        elif not method.lower().startswith(_WRITES):
            continue
        elif any(arg.kind is ExprKind.NAME and is_handle(arg.text) for arg in call.args):
            joined.add(key)
        elif call.awaited and call.catch < 0 and not transactions.holds(call):
            alone.setdefault((key, call.scope), []).append(call)
    for (key, _), calls in alone.items():
        if key not in runs or key not in joined:
            continue
        second = next((one for one in calls if one.callee != calls[0].callee), None)
        if second is not None and second.in_try == calls[0].in_try:
            yield calls[0], second, runs[key]


def _on_fields(facts: FileFacts) -> Iterator[tuple[_Key, str, Call]]:
    """The calls of methods on fields (`this.store.insert()`): the class with the field, the method, the call."""
    for call in facts.calls:
        steps = call.callee.split(".")
        if len(steps) == _STEPS and steps[0] == "this":
            yield (call.symbol.partition(".")[0], steps[1]), steps[2], call
