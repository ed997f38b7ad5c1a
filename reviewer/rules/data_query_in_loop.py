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
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._database_methods import Effect
from reviewer.rules._database_types import Library
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
_AT_NIGHT = ("cron", "cleanup", "clean-up", "scheduler", "backfill")
"""Words in the paths of what runs when nobody waits, often for one tenant after the other on purpose."""

_RAW = frozenset(("query", "$queryRawUnsafe", "raw", "execute", "executeQuery"))
_BULK_WRITES = frozenset(("save", "create", "insert", "insertOne", "insertInto"))


def inspect(project: Project) -> Iterator[Finding]:
    """Queries in loops that the change wrote, at most one for each function."""
    methods = Methods(project)
    for file, facts in project.production:
        if any(word in file.path.lower() for word in _AT_NIGHT):
            continue
        said: set[str] = set()
        direct = {id(access.call): access for access in accesses(project, file.path, facts)}
        for call in facts.calls:
            is_mapped = call.loop.endswith((".map", ".flatMap")) and id(call) in direct
            if not _is_rows_loop(call) or not (call.awaited or is_mapped) or call.catch >= 0 or call.symbol in said:
                continue
            access = direct.get(id(call)) or _behind(methods.queries(file.path, facts, call), call)
            if access is None or not _is_mendable(access) or _is_put_together(facts, access):
                continue
            if not project.introduced(file.path, call):
                continue
            said.add(call.symbol)
            yield _finding(file.path, call, access, is_direct=access.call is call)


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


def _behind(queries: list[Access], call: Call) -> Access | None:
    """The one read of a method that only gets something: what does more is not mended by one query."""
    name = call.callee.rpartition(".")[2].lower()
    is_getter = name.startswith(_GETTERS) and "cache" not in call.callee.lower()
    return queries[0] if is_getter and len(queries) == 1 and not queries[0].is_write else None


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
