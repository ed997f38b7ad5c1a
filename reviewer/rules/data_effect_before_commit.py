"""A mail, an event or a job sent inside a transaction: it leaves before the commit, and stays sent after a roll-back.

The customer gets a mail for an order that does not exist, or a worker looks for a row that it cannot see yet. Send
after the commit, or write to an outbox in the same transaction.

Bad::

    await this.dataSource.transaction(async (manager) => {
      await manager.save(Order, order);
      await this.mailer.sendConfirmation(order);
    });

Good::

    await this.dataSource.transaction((manager) => manager.save(Order, order));
    await this.mailer.sendConfirmation(order);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._database import holder_of
from reviewer.rules._report import at, report
from reviewer.rules._transactions import Transactions, is_handle

_SENDERS = (
    "mail", "sms", "queue", "emitter", "eventbus", "notification", "push", "kafka", "producer", "publisher", "webhook",
    "slack", "stripe", "twilio", "sns", "sqs", "rabbit", "pubsub", "http", "notifier", "amqp", "events", "broker",
)  # fmt: skip
"""Words in the names of what reaches out of the process."""

_SENDS = (
    "send", "emit", "publish", "notify", "enqueue", "dispatch", "add", "post", "charge", "push", "trigger", "produce",
    "broadcast",
)  # fmt: skip
"""How the names of methods start that tell others."""

_LATER = ("outbox", "aftercommit", "oncommit", "transactional", "hook")


def inspect(project: Project) -> Iterator[Finding]:
    """Calls inside transactions that the change wrote and that tell others."""
    for file, facts in project.production:
        transactions = facts.index.once(Transactions)
        manual = _manual(facts)
        said: set[tuple[int, str]] = set()
        for call in project.new_calls(file.path):
            if call.is_new or not _tells(facts, call) or _takes_handle(call):
                continue
            callback = transactions.callback(call.scope)
            if callback is None and not any(
                scope == call.scope and start < call.first < end for scope, start, end in manual
            ):
                continue
            root = ".".join(call.callee.split(".")[:2])
            if holder_of(project, file.path, root, call.scope, call.symbol) or (call.scope, root) in said:
                continue
            said.add((call.scope, root))
            yield report(
                RULE,
                at(file.path, call.first),
                f"`{call.callee}(…)` runs before the transaction is committed: after a roll-back it cannot be "
                "called back, and whoever gets it may not see the rows yet. Send it after the commit.",
                symbol=call.symbol,
                quoted=call.code,
            )


def _manual(facts: FileFacts) -> list[tuple[int, int, int]]:
    """Lines between `startTransaction` and the commit of one function."""
    starts = {call.scope: call.last for call in facts.calls if call.callee.endswith(".startTransaction")}
    commits = (call for call in facts.calls if call.callee.endswith((".commitTransaction", ".commit")))
    return [(call.scope, starts[call.scope], call.first) for call in commits if call.scope in starts]


def _tells(facts: FileFacts, call: Call) -> bool:
    owner, _, name = call.callee.rpartition(".")
    lower = owner.lower()
    if any(word in call.callee.lower() for word in _LATER) or not name.lower().startswith(_SENDS):
        return False
    if original(facts, call.callee)[1] == "axios" and name == "post":
        return True
    last = lower.replace("()", "").rpartition(".")[2]
    return any(word in last for word in _SENDERS) and call.catch < 0


def _takes_handle(call: Call) -> bool:
    return any(_is_handle(arg) for arg in call.args)


def _is_handle(arg: Expr) -> bool:
    if arg.kind is ExprKind.NAME:
        return is_handle(arg.text)
    return arg.kind is ExprKind.OBJECT and any(
        key in ("session", "transaction", "tx", "trx", "manager") for key in arg.keys
    )


RULE = Rule(
    slug="data_effect_before_commit",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A message is sent before the commit",
    inspect=inspect,
    references=(Reference("NestJS: database transactions", "https://docs.nestjs.com/techniques/database"),),
    confidence=0.9,
    page=__doc__ or "",
)
