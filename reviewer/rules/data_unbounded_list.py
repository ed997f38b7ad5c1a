"""A list route that answers with the whole table: it works until the table grows.

One request then reads, holds and sends every row. Flagged are queries without filter and without limit in a GET route,
or in the method of a service that a GET route calls. Small tables (roles, countries, settings…) are left alone. It is
a warning where the project bounds its other lists, else a note.

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
from reviewer.core.facts import Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import handler_scope
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._database_methods import Effect
from reviewer.rules._promises import type_of_field
from reviewer.rules._report import at, report

_LISTS = frozenset(
    ("find", "findBy", "findAll", "findMany", "getMany", "getRawMany", "select", "selectFrom", "execute")
)
_BOUNDS = (
    "take", "limit", "first", "top", "skip", "offset", "cursor", "page", "paginate", "findAndCount", "getManyAndCount",
    "fetch", "rownum", "perPage", "pageSize", "slice", "chunk", "stream", "count",
)  # fmt: skip
_SHAPES = frozenset(("relations", "order", "orderBy", "include", "select", "attributes", "relationLoadStrategy"))
"""Options that say how rows come, not how many."""

_FILTERS = ("where", "andWhere", "findBy", "whereIn", "having", "innerJoin", "groupBy")
_SMALL = (
    "role", "permission", "country", "countries", "currency", "currencies", "language", "locale", "setting", "config",
    "categor", "plan", "tier", "timezone", "feature", "flag", "type", "status", "region", "state", "unit", "tag",
    "template", "tax", "platform", "provider", "department", "option", "menu", "faq", "instance", "genre", "brand",
    "size", "color",
)  # fmt: skip
"""Words in the names of tables that stay small."""


def inspect(project: Project) -> Iterator[Finding]:
    """Unbounded lists that the change wrote."""
    called: frozenset[tuple[str, str]] | None = None
    bounded: bool | None = None
    for file, facts in project.production:
        for access in accesses(project, file.path, facts):
            if not _is_whole_table(access) or not project.introduced(file.path, access.call):
                continue
            called = _called_by_lists(project) if called is None else called
            if not _serves_list(project, file.path, facts, access, called):
                continue
            bounded = _bounds_elsewhere(project) if bounded is None else bounded
            found = report(
                RULE,
                at(file.path, access.call.first),
                f"`{access.call.symbol}` answers with every row of `{access.table or access.holder.name}`: time, "
                "memory and answer grow with the table. Page it: a limit with an upper bound, and an offset or a "
                "cursor.",
                symbol=access.call.symbol,
                quoted=access.call.code,
            )
            yield found if bounded else replace(found, severity=Severity.NOTE)


def _is_whole_table(access: Access) -> bool:
    if access.effect is not Effect.MANY or access.method not in _LISTS or access.call.loop:
        return False
    if any(word in access.table.lower() for word in _SMALL):
        return False
    steps = [step.removesuffix("()") for step in access.call.callee.split(".")]
    if any(step in _BOUNDS or step in _FILTERS for step in steps):
        return False
    parts: list[Expr] = list(access.call.args)
    receiver = access.call.receiver
    while receiver is not None:
        parts.extend(receiver.parts)
        receiver = receiver.receiver
    return all(_is_open(part) for part in parts)


def _is_open(part: Expr) -> bool:
    """Whether an argument neither filters nor bounds: nothing, relations, an order, a table's name."""
    if part.kind is not ExprKind.OBJECT:
        return part.kind in (ExprKind.STRING, ExprKind.CONSTANT)
    return all(
        key in _SHAPES or (key == "where" and value.kind is ExprKind.OBJECT and not value.parts)
        for key, value in zip(part.keys, part.parts, strict=True)
    )


def _serves_list(
    project: Project, path: str, facts: FileFacts, access: Access, called: frozenset[tuple[str, str]]
) -> bool:
    owner, _, name = access.call.symbol.partition(".")
    if (owner, name) in called:
        return True
    for route in project.routes.get(path, ()):
        if route.verb != "GET":
            continue
        if route.symbol == access.call.symbol:
            return True
        scope = handler_scope(route.handler)
        if scope >= 0 and scope in facts.index.around(access.call.scope):
            return True
        named = route.handler.text if route.handler is not None and route.handler.kind is ExprKind.NAME else ""
        if named and named == access.call.symbol:
            return True
    return ("", access.call.symbol) in called


def _called_by_lists(project: Project) -> frozenset[tuple[str, str]]:
    """Methods of services (class, method) that GET routes call, and handlers ("", name) that are named as one."""
    found: set[tuple[str, str]] = set()
    for path, routes in project.routes.items():
        facts = project.head[path]
        lists = {route.symbol for route in routes if route.verb == "GET" and route.owner is not None}
        owners = {route.owner.name: route.owner for route in routes if route.owner is not None}
        for call in facts.calls:
            steps = call.callee.split(".")
            item = owners.get(call.symbol.partition(".")[0])
            if call.symbol in lists and len(steps) == 3 and steps[0] == "this" and isinstance(item, Class):
                kind = type_of_field(item, steps[1])
                if kind is not None:
                    found.add((kind.name, steps[2]))
        for route in routes:
            if (
                route.verb == "GET"
                and route.handler is not None
                and route.handler.kind in (ExprKind.NAME, ExprKind.MEMBER)
            ):
                found.add(("", route.handler.text.rpartition(".")[2]))
    names = {name for owner, name in found if not owner}
    return frozenset(found) | frozenset(_called_by_handlers(project, names))


def _called_by_handlers(project: Project, names: set[str]) -> Iterator[tuple[str, str]]:
    """What the methods of Express controllers call, where a GET route names them."""
    for facts in project.head.values() if names else ():
        for call in facts.calls:
            owner, _, name = call.symbol.partition(".")
            steps = call.callee.split(".")
            item = facts.index.declared(owner) if name in names and len(steps) == 3 and steps[0] == "this" else None
            kind = type_of_field(item, steps[1]) if isinstance(item, Class) else None
            if kind is not None:
                yield kind.name, steps[2]


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
