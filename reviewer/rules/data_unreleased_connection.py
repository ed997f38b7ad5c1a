"""A connection that is taken and not given back, or a transaction that nobody rolls back.

A query runner, a pool's client or a session that is never released stays taken: after as many requests as the pool has
connections, the service waits for ever. A transaction without a roll-back keeps its locks after an error. What is
returned or handed on is left alone: somebody else gives it back.

Bad::

    const client = await this.pool.connect();
    await client.query('DELETE FROM carts WHERE id = $1', [id]);

Good::

    const client = await this.pool.connect();
    try {
      await client.query('DELETE FROM carts WHERE id = $1', [id]);
    } finally {
      client.release();
    }
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
from reviewer.rules._report import at, report

_GIVES_BACK = {
    "createQueryRunner": frozenset(("release",)),
    "connect": frozenset(("release", "end")),
    "getConnection": frozenset(("release", "end", "destroy")),
    "startSession": frozenset(("endSession",)),
    "acquire": frozenset(("release",)),
}
"""What takes a connection, and what gives it back: TypeORM, pg, mysql2, Mongoose."""

_POOLS = ("pool", "db", "pg")
_ROLLS_BACK = frozenset(("rollbackTransaction", "rollback", "abortTransaction", "abort"))
_MAKES = ("get", "create", "open", "connect", "acquire", "make", "new", "build", "init", "start", "begin", "provide")


def inspect(project: Project) -> Iterator[Finding]:
    """Connections that the change takes and does not give back, and transactions that it does not roll back."""
    for file, facts in project.production:
        for binding in facts.bindings:
            taken = _taken(binding)
            if not taken or binding.scope < 0 or not project.introduced(file.path, binding):
                continue
            calls = _calls_on(facts, binding)
            names = {call.callee.rpartition(".")[2] for call in calls}
            if _is_handed_on(facts, binding):
                continue
            if not names & _GIVES_BACK[taken]:
                yield _leak(file.path, binding, taken)
            elif _is_left_open(calls, names):
                yield _open(file.path, binding)


def _leak(path: str, binding: Binding, taken: str) -> Finding:
    way = sorted(_GIVES_BACK[taken])[-1]
    return report(
        RULE,
        at(path, binding.first),
        f"`{binding.name}` is taken here and never given back: after as many calls as the pool has connections, every "
        f"request waits. Call `{binding.name}.{way}()` in a `finally`.",
        symbol=binding.symbol,
        quoted=binding.code,
    )


def _open(path: str, binding: Binding) -> Finding:
    return report(
        RULE,
        at(path, binding.first),
        f"The transaction of `{binding.name}` is committed but never rolled back: after an error it stays open and "
        "keeps its locks. Roll it back in a `catch`.",
        symbol=binding.symbol,
        quoted=binding.code,
    )


def _taken(binding: Binding) -> str:
    """The method by which a local name takes a connection, "" for any other."""
    value = binding.value
    if value.kind is ExprKind.AWAIT and value.parts:
        value = value.parts[0]
    owner, _, method = value.text.rpartition(".")
    if value.kind is not ExprKind.CALL or not binding.name or binding.kind not in (BindingKind.CONST, BindingKind.LET):
        return ""
    if method in ("connect", "getConnection", "acquire"):
        return method if owner.rpartition(".")[2].lower().endswith(_POOLS) and not value.parts else ""
    return method if method in _GIVES_BACK and owner else ""


def _calls_on(facts: FileFacts, binding: Binding) -> list[Call]:
    """The calls of the function whose receiver is the connection."""
    found = facts.index.once(_by_receiver).get(binding.name, {})
    return [call for scope in facts.index.within(binding.scope) for call in found.get(scope, ())] if found else []


def _by_receiver(facts: FileFacts) -> dict[str, dict[int, list[Call]]]:
    """The calls by the name they begin with, and by scope."""
    found: dict[str, dict[int, list[Call]]] = defaultdict(lambda: defaultdict(list))
    for call in facts.calls:
        root, sep, _ = call.callee.partition(".")
        if sep:
            found[root][call.scope].append(call)
    return found


def _is_handed_on(facts: FileFacts, binding: Binding) -> bool:
    """Whether somebody else may give it back: the function makes it for others, or gives it away whole."""
    function = facts.functions[binding.scope]
    if function.name.lower().startswith(_MAKES) and binding.value.kind is not ExprKind.OTHER:
        return True
    named, inside = facts.index.once(_Named), facts.index.within(binding.scope)
    given = named.given.get(binding.name, {})
    for call in (given[scope] for scope in inside if scope in given):
        return not call.callee.startswith(f"{binding.name}.")
    assigned = named.assigned.get(binding.name, {})
    return any(one is not binding for scope in inside for one in assigned.get(scope, ()))


class _Named:
    """By name and scope: the first call that takes a name whole, and the bindings that do."""

    def __init__(self, facts: FileFacts) -> None:
        self.given: dict[str, dict[int, Call]] = defaultdict(dict)
        self.assigned: dict[str, dict[int, list[Binding]]] = defaultdict(lambda: defaultdict(list))
        for call in facts.calls:
            for name in (name for arg in call.args for name in _names(arg)):
                self.given[name].setdefault(call.scope, call)
        for binding in facts.bindings:
            for name in _names(binding.value):
                self.assigned[name][binding.scope].append(binding)


def _names(arg: Expr) -> Iterator[str]:
    if arg.kind is ExprKind.NAME:
        yield arg.text
    for part in arg.parts if arg.kind is ExprKind.ARRAY else ():
        yield from _names(part)


def _is_left_open(calls: list[Call], names: set[str]) -> bool:
    """Whether a transaction is started and committed by hand, and nothing rolls it back."""
    texts = {arg.text.upper() for call in calls for arg in call.args[:1] if arg.kind is ExprKind.STRING}
    starts = "startTransaction" in names or "beginTransaction" in names or "BEGIN" in texts
    return starts and not names & _ROLLS_BACK and "ROLLBACK" not in texts and "withTransaction" not in names


RULE = Rule(
    slug="data_unreleased_connection",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A connection or transaction is left open",
    inspect=inspect,
    references=(
        Reference(
            "CWE-772: Missing release of resource after effective lifetime",
            "https://cwe.mitre.org/data/definitions/772.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
