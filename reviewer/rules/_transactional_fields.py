"""Services that a class calls in transactions (`this.orders.transactional((service) => …)`), and calls past them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reviewer.core.facts import Call, FileFacts
from reviewer.rules._transactions import Transactions

_RUNS = frozenset(("transactional", "withTransaction", "inTransaction", "runInTransaction", "transaction"))
_STEPS = 3  # `this`, the field, the method
_WRITES = (
    "create", "save", "update", "delete", "remove", "insert", "add", "set", "move", "copy", "clone", "import",
    "replace", "archive", "revive", "restore", "apply", "change", "assign", "approve", "merge", "rename", "toggle",
    "transfer", "upsert", "patch", "enable", "disable", "publish", "cancel", "reorder", "bulk",
)  # fmt: skip
"""How the names of methods start that write."""


def past_transactions(facts: FileFacts) -> Iterator[tuple[Call, str]]:
    """Calls of methods that write, on a field whose other writes the class runs in transactions, with what runs them;
    none where the class calls the field both ways."""
    runs: dict[tuple[str, str], str] = {}
    direct: list[tuple[tuple[str, str], Call]] = []
    for call in facts.calls:
        steps = call.callee.split(".")
        if len(steps) != _STEPS or steps[0] != "this":
            continue
        key = call.symbol.partition(".")[0], steps[1]
        if steps[2] in _RUNS:
            runs[key] = call.callee
        elif steps[2].lower().startswith(_WRITES) and (call.awaited or call.is_statement):
            direct.append((key, call))
    often = Counter(key for key, _ in direct)
    transactions = facts.index.once(Transactions)
    for key, call in direct:
        if key in runs and often[key] == 1 and transactions.callback(call.scope) is None:
            yield call, runs[key]
