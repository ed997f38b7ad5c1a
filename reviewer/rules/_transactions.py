"""Whether code runs inside a database transaction: a callback of one, a decorated method, or a handle passed along."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, Class, FileFacts, Function
from reviewer.rules._callbacks import Callbacks

_STARTS = frozenset(
    ("transaction", "withTransaction", "runInTransaction", "transactional", "inTransaction",
     "executeTransaction", "executeTx", "execute", "tx", "withTx", "doInTransaction", "useTransaction", "atomic")
)  # fmt: skip
_HANDLES = frozenset(
    ("tx", "trx", "txn", "manager", "entitymanager", "transactionmanager", "em", "transaction", "session",
     "transactionalentitymanager", "queryrunner", "t", "dbtx", "managerintransaction", "qr", "uow")
)  # fmt: skip
_HANDLE_TYPES = frozenset(
    ("EntityManager", "QueryRunner", "ClientSession", "Transaction", "TransactionClient", "Prisma.TransactionClient",
     "KyselyTransaction", "PoolClient", "DbTransaction", "SqlEntityManager", "TransactionSession")
)  # fmt: skip
_OPTION_KEYS = frozenset(("session", "transaction", "transacting", "tx", "trx", "ctx"))


def _is_start(name: str) -> bool:
    return name in _STARTS or name.lower().endswith("transaction")


def is_handle(name: str) -> bool:
    """Whether a name is one that people give to a transaction's handle."""
    return name.lower().lstrip("_") in _HANDLES


class Transactions:
    """Answers for one file."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._callbacks = facts.index.once(Callbacks)

    def callback(self, scope: int) -> int | None:
        """The scope of the transaction's callback that code stands in; None outside of any."""
        for around in self._facts.index.around(scope):
            passed = self._callbacks.passed_to(around)
            name = passed.rpartition(".")[2].lstrip("$_")
            if _is_start(name) and (name != "execute" or "transaction()" in passed or "setIsolation" in passed):
                return around
        return None

    def starter(self, callback: int) -> str:
        """The dotted name of what started the transaction with this callback."""
        return self._callbacks.passed_to(callback)

    def holds(self, call: Call) -> bool:
        """Whether a call runs in a transaction, or is given a handle that may belong to one."""
        if self.callback(call.scope) is not None or self._takes_handle(call.scope):
            return True
        root = call.callee.partition(".")[0]
        if (is_handle(root) and not self._is_shared(root, call.scope)) or any(map(_carries_handle, call.args)):
            return True
        if any(_carries_handle(arg) for receiver in _chain(call) for arg in receiver.parts):
            return True
        return _is_decorated(self._facts, call.symbol)

    def listed(self) -> frozenset[tuple[int, str]]:
        """Calls (line, callee) that are handed to a transaction as a list."""
        lists = [arg for call in self._facts.calls if call.callee.endswith("transaction") for arg in call.args[:1]]
        return frozenset((part.first, part.text) for arg in lists if arg.kind is ExprKind.ARRAY for part in arg.parts)

    def _is_shared(self, name: str, scope: int) -> bool:
        """Whether a name is the manager that everybody uses: `const { manager } = this.orders`, `= this.db.manager`."""
        index = self._facts.index
        for around in index.around(scope):
            taken = index.taken(name, around)
            given = [taken[0].value.text] if taken else [one.value.text for one in index.bound(name, around)]
            if given:
                field = given[0].removeprefix("this.").removesuffix(".manager")
                is_own = is_handle(field) or field.lower().endswith(("runner", "tx", "transaction"))
                return len(given) == 1 and given[0].startswith("this.") and "." not in field and not is_own
        return False

    def _takes_handle(self, scope: int) -> bool:
        """Whether a function around is given a handle: its caller decides where the transaction ends."""
        functions = self._facts.functions
        return any(_is_given(functions[around]) for around in self._facts.index.around(scope) if around >= 0)


def _is_given(function: Function) -> bool:
    return any(
        is_handle(param.name) or param.type.name in _HANDLE_TYPES or any(is_handle(one) for one in param.fields)
        for param in function.params
    )


def _carries_handle(arg: Expr) -> bool:
    if arg.kind is ExprKind.NAME:
        return is_handle(arg.text)
    if arg.kind is ExprKind.OBJECT:
        return any(key in _OPTION_KEYS for key in arg.keys)
    return arg.kind is ExprKind.MEMBER and arg.text.rpartition(".")[2] in ("manager", "session", "transaction")


def _chain(call: Call) -> Iterator[Expr]:
    at = call.receiver
    while at is not None:
        yield at
        at = at.receiver


def _is_decorated(facts: FileFacts, symbol: str) -> bool:
    owner, _, rest = symbol.partition(".")
    item = facts.index.declared(owner)
    if not isinstance(item, Class):
        return False
    name = rest.partition(".")[0]
    decorators = [one for method in item.methods if method.name == name for one in method.decorators]
    return any("transaction" in one.name.lower() for one in decorators)
