"""A query for each row of a loop: ten rows are fine, ten thousand take the service down.

Each turn waits for the database once more (the N+1 problem). One query for all rows (`IN`, a join, a relation, a
data loader) or one bulk write does the same. Loops over batches, pages, cursors and attempts are left alone, and so
are scripts, seeds and migrations. A method of the project that makes one query counts where it was read.

Bad::

    for (const order of orders) {
      order.customer = await this.customers.findOneBy({ id: order.customerId });
    }

Good::

    const customers = await this.customers.findBy({ id: In(orders.map((order) => order.customerId)) });
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._called import called
from reviewer.rules._database_methods import Effect
from reviewer.rules._database_types import Library
from reviewer.rules._mapped_by_name import turns
from reviewer.rules._methods import Methods
from reviewer.rules._report import at, report

_BATCH_WORDS = (
    "chunk", "batch", "offset", "slice(", "attempt", "retr", "cursor", "skip:", "take:", "nexttoken", "lastid",
    "pagenumber", "pageindex",
)  # fmt: skip
"""What the query of a loop over batches, pages or attempts says somewhere."""

_SMALL = ("Object.", "[", "(", ".", "Array.")
"""Loops over the keys of an object, over literals and counted ones: as long as somebody wrote them."""

_GETTERS = ("find", "get", "load", "fetch", "count", "exist", "lookup", "resolve", "has", "is")
_STATEMENTS_MAX = 2
"""Statements of a function that asks the database and does little else, whatever it is called."""

_AT_NIGHT = ("cron", "cleanup", "clean-up", "scheduler", "backfill")
"""Words in the paths of what runs when nobody waits, often for one tenant after the other on purpose."""

_LISTED = ("In([", "In(", "{in:", ",in:", "{$in:", "inArray(", "findByIds(", "=ANY(", "'in',")
"""How the filter of a query says that it takes a list."""

_RAW = frozenset(("query", "$queryRawUnsafe", "raw", "execute", "executeQuery"))
_BULK_WRITES = frozenset(("save", "create", "insert", "insertOne", "insertInto"))


def inspect(project: Project) -> Iterator[Finding]:
    """Queries in loops that the change wrote, at most one for each function."""
    methods = project.once(Methods)
    for file, facts in project.production:
        if any(word in file.path.lower() for word in _AT_NIGHT):
            continue
        said: set[str] = set()
        direct = {id(access.call): access for access in accesses(project, file.path, facts)}
        heads = _heads(facts)
        for call in project.new_calls(file.path):
            if (call.callee, call.first, call.scope) in heads and not _asks_per_turn(facts, call):
                continue
            if _turns_over_literals(facts, call):
                continue
            is_mapped = call.loop.endswith((".map", ".flatMap")) and id(call) in direct
            if not _is_rows_loop(call) or not (call.awaited or is_mapped) or call.catch >= 0 or call.symbol in said:
                continue
            access = direct.get(id(call)) or _behind(project, file.path, methods.queries(file.path, facts, call), call)
            if access is None or not _is_mendable(access):
                continue
            if access.call is call and _is_put_together(facts, access):
                continue
            if project.edited(file.path, call):
                continue
            said.add(call.symbol)
            yield _finding(file.path, call, access, is_direct=access.call is call)
        yield from _by_name(project, file.path, facts, said)


def _by_name(project: Project, path: str, facts: FileFacts, said: set[str]) -> Iterator[Finding]:
    """Functions that a list is handed by name, and that ask the database: `rows.map(this.withOwner)`."""
    methods = project.once(Methods)
    for turn in turns(project, path, facts):
        if turn.symbol in said or turn.catch >= 0 or not _is_rows_loop(turn):
            continue
        access = _behind(project, path, methods.queries(path, facts, turn), turn)
        if access is not None and _is_mendable(access):
            said.add(turn.symbol)
            yield _finding(path, turn, access, is_direct=False)


def _heads(facts: FileFacts) -> frozenset[tuple[str, int, int]]:
    """The calls in the heads of loops (`for (const row of await rows(ids))`): they run once."""
    found: set[tuple[str, int, int]] = set()
    for binding in facts.bindings:
        at_call: Expr | None = binding.value if binding.kind is BindingKind.LOOP else None
        while at_call is not None:
            if at_call.kind is ExprKind.CALL:
                found.add((at_call.text, at_call.first, binding.scope))
            inner = at_call.parts[0] if at_call.kind in (ExprKind.AWAIT, ExprKind.CHOICE) and at_call.parts else None
            at_call = inner or at_call.receiver
    return frozenset(found)


def _asks_per_turn(facts: FileFacts, call: Call) -> bool:
    """Whether a call in the head of a loop stands in another loop: it is given what that one turns over."""
    turned = {
        name
        for one in facts.index.bindings((call.scope,))
        if one.kind is BindingKind.LOOP and one.first < call.first
        for name in (one.name, *one.locals)
        if name
    }
    return any(_names(arg) & turned for arg in call.args)


def _turns_over_literals(facts: FileFacts, call: Call) -> bool:
    """Whether the loop that a call stands in goes over a list that is written out: as long as somebody wrote it."""
    heads = [one for one in facts.index.bindings((call.scope,)) if one.kind is BindingKind.LOOP]
    around = [one.value for one in heads if one.first <= call.first] if call.loop == "for" else []
    return bool(around) and _is_written_out(facts, around[-1], call.scope)


def _is_written_out(facts: FileFacts, value: Expr, scope: int) -> bool:
    if value.kind is ExprKind.ARRAY:
        return all(part.kind in (ExprKind.STRING, ExprKind.NUMBER) for part in value.parts)
    if value.kind is not ExprKind.NAME:
        return False
    bound = next((one for at in facts.index.around(scope) for one in facts.index.bound(value.text, at)), None)
    if bound is None or bound.kind is not BindingKind.CONST or bound.value.kind is not ExprKind.ARRAY:
        return False
    return bool(bound.value.parts) and _is_written_out(facts, bound.value, scope)


def _names(value: Expr) -> set[str]:
    own = {value.text.partition(".")[0]} if value.kind in (ExprKind.NAME, ExprKind.MEMBER) else set()
    return own.union(*(_names(part) for part in value.parts))


def _finding(path: str, call: Call, access: Access, *, is_direct: bool) -> Finding:
    does = "writes" if access.is_write else "queries"
    through = "" if is_direct else f" through `{call.callee}`"
    mend = (
        "Collect the rows and write them with one bulk call."
        if access.is_write
        else "Load what all turns need with one query before the loop (`IN`, a join or a relation)."
    )
    found = report(
        RULE,
        at(path, call.first),
        f"Each turn of this loop {does} `{access.table or access.holder.name}`{through}, so the time and the load on "
        f"the database grow with every row. {mend}",
        symbol=call.symbol,
        quoted=call.code,
    )
    return replace(found, severity=Severity.NOTE) if access.is_write else found


def _is_rows_loop(call: Call) -> bool:
    if not call.loop or call.loop == "while" or call.loop.startswith(_SMALL):
        return False
    root = call.loop.partition(".")[0]
    lower = f"{call.loop} {call.code}".lower()
    return not (root.isupper() and root) and not any(word in lower for word in _BATCH_WORDS)


def _is_put_together(facts: FileFacts, access: Access) -> bool:
    """Whether a builder is only returned by a synchronous callback: somebody may join the texts to one query."""
    if access.holder.library is not Library.BUILDER or access.call.scope < 0:
        return False
    return not facts.functions[access.call.scope].is_async and not access.method.startswith("execute")


def _is_mendable(access: Access) -> bool:
    """Whether one query could do it: every read, and inserts; updates of rows that differ often cannot."""
    if access.method in _RAW and access.call.args and access.call.args[0].kind is ExprKind.NAME:
        return False  # a list of queries is run
    if access.is_write:
        return access.effect is Effect.WRITE and access.method in _BULK_WRITES
    return True


def _is_batch(access: Access) -> bool:
    """Whether a query is given a list of keys: it is the one query for all rows."""
    code = "".join(access.call.code.split())
    return any(word in code for word in _LISTED)


def _behind(project: Project, path: str, queries: list[Access], call: Call) -> Access | None:
    """The one read of a function that only gets something: what does more is not mended by one query."""
    if len(queries) != 1 or queries[0].is_write or "cache" in call.callee.lower() or _is_batch(queries[0]):
        return None
    found = called(project, path, call)
    if found is None or _is_put_together(project.head[found.path], queries[0]):
        return None
    if call.callee.rpartition(".")[2].lower().startswith(_GETTERS):
        return queries[0]
    is_short = found.scope >= 0 and project.head[found.path].functions[found.scope].statements <= _STATEMENTS_MAX
    return queries[0] if is_short else None


RULE = Rule(
    slug="data_query_in_loop",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A query for each row of a loop",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: Denial of Service Cheat Sheet",
            "https://cheatsheetseries.owasp.org/cheatsheets/Denial_of_Service_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
