"""A list route that answers with the whole table: it works until the table grows.

One request then reads, holds and sends every row. Flagged are queries without limit in a GET route, or in what it
calls: without a filter, or (as a note) filtered by what they belong to, as the comments of an article are. Small tables
(roles, countries, settings…) are left alone, and so is what somebody owns. A list of the whole table is a warning where
the project bounds its other lists, else a note.

Bad::

    @Get()
    findAll() {
      return this.orders.find();
    }

Good::

    @Get()
    findAll(@Query() page: PageDto) {
      return this.orders.find({ take: page.limit, skip: page.offset });
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._database_methods import Effect
from reviewer.rules._database_types import Library
from reviewer.rules._filters import Chains, filters, options
from reviewer.rules._list_routes import asked_by_readers
from reviewer.rules._report import at, report

_LISTS = frozenset(
    ("find", "findBy", "findAll", "findMany", "getMany", "getRawMany", "select", "selectFrom", "execute")
)
_BOUNDS = (
    "take", "limit", "first", "top", "skip", "offset", "cursor", "page", "paginate", "findAndCount", "getManyAndCount",
    "fetch", "rownum", "perPage", "pageSize", "slice", "chunk", "stream", "count",
)  # fmt: skip
_ALL = " there is"
_SHAPES = frozenset(("relations", "order", "orderBy", "include", "select", "attributes", "relationLoadStrategy"))
"""Options that say how rows come, not how many."""

_SHAPING = frozenset(("orderBy", "select", "from", "where", "leftJoin", "columns"))
"""Last steps of a chain that bound nothing."""

_NARROWED = frozenset(
    ("whereIn", "having", "innerJoin", "groupBy", "distinct", "raw", "sum", "min", "max", "avg", "countDistinct",
     "orWhere", "whereRaw", "whereBetween", "cursor", "aggregate")
)  # fmt: skip
"""Steps of a chain after which nobody knows how many rows come."""

_UNIQUE = ("id", "_id", "uuid", "slug", "email", "code", "token", "key", "hash", "ids", "name", "date", "day")
_OWNERS = (
    "user", "owner", "member", "customer", "author", "creator", "createdby", "account", "profile", "me", "session",
    "device", "date", "day",
)  # fmt: skip
"""Words in the names of columns that say whose a row is: what one person owns is seldom much."""

_GROWING = (
    "log", "history", "histories", "activit", "audit", "event", "notification", "message", "transaction", "movement",
    "visit", "login", "reading", "measurement", "ledger", "entry", "entries", "order", "payment", "invoice", "comment",
)  # fmt: skip
"""Words in the names of tables that get a row for each thing that happens: of one person's there is no end either."""

_PAST = ("history", "histories", "activit", "pastlist", "timeline")
"""Words in the names of functions that give back all that ever was: even of things of which few are there at a time."""

_FILTERS_MAX = 2
"""Columns of a filter; with more, few rows are left."""

_WHOLE = ("export", "tree", "backup", "children")
"""Words in the names of functions that are for all of something, or for one level of it."""

_MOMENTS = ("At", "_at", "timestamp", "Time", "occurredOn")
"""How the names of columns end that say when something happened."""

_FEW = (
    "key", "token", "session", "address", "device", "card", "webhook", "integration", "domain", "invit", "secret",
    "step", "field", "column", "variant", "image", "photo", "membership", "subscription", "preference", "credential",
    "policy", "policies", "schedule", "slot", "rule", "group", "section", "relation", "identity", "identities",
    "dashboard", "widget", "plugin", "install", "workspace", "share",
)  # fmt: skip
"""Words in the names of tables of which few rows belong to one thing."""

_ANSWERS = frozenset(
    ("json", "send", "render", "end", "write", "jsonp", "reply", "resolve", "callback", "cb", "done", "next", "push")
)
"""Calls by which a callback gives away what it got."""

_KINDS = ("methods", "types", "kinds", "options", "modes")
"""How the names of functions end that list what there is to choose from."""

_SMALL = (
    "role", "permission", "country", "countries", "currency", "currencies", "language", "locale", "setting", "config",
    "categor", "plan", "tier", "timezone", "feature", "flag", "type", "status", "region", "state", "unit", "tag",
    "template", "tax", "platform", "provider", "department", "option", "menu", "faq", "instance", "genre", "brand",
    "size", "color",
)  # fmt: skip
"""Words in the names of tables that stay small."""


def inspect(project: Project) -> Iterator[Finding]:
    """Unbounded lists that the change wrote."""
    for file, facts in project.production:
        chains = None
        for access in accesses(project, file.path, facts):
            if not _is_list(access) or not project.introduced(file.path, access.call):
                continue
            chains = chains or facts.index.once(Chains)
            chain = chains.whole(access.call)
            reach = _reach(facts, access, chain)
            if not reach or _stays_inside(facts, chain):
                continue
            is_history = reach != _ALL and _is_history(facts, access)
            if not is_history and not _serves_list(project, file.path, facts, access):
                continue
            found = _finding(file.path, access, reach)
            is_warning = reach == _ALL and project.once(_bounds_elsewhere)
            yield found if is_warning else replace(found, severity=Severity.NOTE)


def _finding(path: str, access: Access, reach: str) -> Finding:
    return report(
        RULE,
        at(path, access.call.first),
        f"`{access.call.symbol}` answers with every row of `{access.table or access.holder.name}`{reach}: time, memory "
        "and answer grow with the table. Page it: a limit with an upper bound, and an offset or a cursor.",
        symbol=access.call.symbol,
        quoted=access.call.code,
    )


def _is_list(access: Access) -> bool:
    is_listing = access.method in _LISTS or access.holder.library is Library.BUILDER
    if access.effect is not Effect.MANY or not is_listing or access.call.loop:
        return False
    if access.call.symbol.lower().endswith(_KINDS):
        return False
    return not any(word in access.table.lower() for word in _SMALL)


def _reach(facts: FileFacts, access: Access, chain: tuple[Call, ...]) -> str:
    """Which rows a query reads that bounds nothing: `_ALL`, or those of one parent; "" for any other."""
    steps = {step.removesuffix("()") for step in chain[-1].callee.split(".")}
    is_shaped = access.holder.library is Library.BUILDER and access.method in _SHAPING
    is_open = is_shaped or all(_is_open(arg) for arg in options(access))
    if steps & (frozenset(_BOUNDS) | _NARROWED) or not is_open:
        return ""
    compared = filters(access, chain, facts)
    if not compared:
        return "" if compared is None else _ALL
    function = access.call.symbol.rpartition(".")[2].lower()
    named = f"{access.table} {function}".lower()
    is_told = any(word in function for word in _PAST) and bool(list(_orders(access)))
    is_few = not is_told and any(word in access.table.lower() for word in _FEW)
    is_few = is_few or any(word in named for word in _WHOLE)
    grows = is_told or (any(word in access.table.lower() for word in _GROWING) and bool(list(_orders(access))))
    if is_few or len(compared) > _FILTERS_MAX or not all(_is_parent(*one, grows) for one in compared):
        return ""
    return f" with one `{compared[0][0]}`"


def _is_parent(column: str, value: Expr, grows: bool) -> bool:
    """Whether a filter compares a column with one value, and the column neither finds one row nor says whose it is
    (unless the rows grow in number without anybody's doing)."""
    lower = column.lower().replace("_", "")
    if column in _UNIQUE or (not grows and any(word in lower for word in _OWNERS)):
        return False
    return value.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.STRING, ExprKind.CONSTANT, ExprKind.NUMBER)


def _is_open(part: Expr) -> bool:
    """Whether an argument neither filters nor bounds: nothing, relations, an order, a table's name."""
    if part.kind is not ExprKind.OBJECT:
        return part.kind in (ExprKind.STRING, ExprKind.CONSTANT)
    return all(key in _SHAPES or key == "where" for key in part.keys)


def _is_history(facts: FileFacts, access: Access) -> bool:
    """Whether a method of a service returns all that happened to one thing, as it is, by its moment: it only grows."""
    item = facts.index.declared(access.call.symbol.partition(".")[0])
    if not access.call.is_returned or not isinstance(item, Class) or not item.decorators:
        return False
    return any(column.endswith(_MOMENTS) for order in _orders(access) for column in order.keys)


def _orders(access: Access) -> Iterator[Expr]:
    """By what the rows of a query are sorted."""
    for arg in access.call.args:
        for key in ("order", "orderBy"):
            if arg.kind is ExprKind.OBJECT and key in arg.keys:
                order = arg.parts[arg.keys.index(key)]
                yield from order.parts if order.kind is ExprKind.ARRAY else (order,)


def _stays_inside(facts: FileFacts, chain: tuple[Call, ...]) -> bool:
    """Whether the rows go to a callback of `then`, and none of it answers or hands them on."""
    thens = [call for call in chain if call.callee.endswith("then")]
    scopes = [arg.scope for call in thens for arg in call.args if arg.kind is ExprKind.FUNCTION]
    if not scopes or not chain[-1].is_statement:
        return False
    inner = (call for scope in scopes for call in facts.index.calls(facts.index.within(scope)))
    return not any(call.callee.rpartition(".")[2] in _ANSWERS for call in inner)


def _serves_list(project: Project, path: str, facts: FileFacts, access: Access) -> bool:
    readers = project.once(asked_by_readers)
    return any((path, scope) in readers for scope in facts.index.around(access.call.scope))


def _bounds_elsewhere(project: Project) -> bool:
    """Whether other queries of the project are bounded."""
    return any(
        any(word in call.code for word in ("take:", "limit:", ".limit(", ".take(", "paginate("))
        for path, facts in project.head.items()
        if is_production(path)
        for call in facts.calls
    )


RULE = Rule(
    slug="data_unbounded_list",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A list without a limit",
    inspect=inspect,
    references=(
        Reference("CWE-770: Allocation of resources without limits", "https://cwe.mitre.org/data/definitions/770.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
