"""A new way to change data that anybody can use, where the ones beside it ask who is calling.

Looked at: methods of NestJS controllers and GraphQL resolvers, and routes of Express and Fastify routers, those of
decorated controllers (Overnight, Inversify) too. A guard on the class, for the whole application, or put in front with
`router.use` counts. Logins, webhooks, health checks and what says `@Public()` are open on purpose. Where the
neighbours have no guard either, a missing one is not news. Also flagged: a function that changes a record and knows
who is calling, and does not compare whose it is, where the ones beside it do.

Bad::

    @UseGuards(JwtAuthGuard)
    @Post()
    create() {}

    @Delete(':id')
    remove() {}

Good::

    @UseGuards(JwtAuthGuard)
    @Delete(':id')
    remove() {}
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._auth_composed import may_guard
from reviewer.rules._auth_entrances import MUTATING, Entrance, entrances
from reviewer.rules._auth_everywhere import guards_everywhere
from reviewer.rules._auth_foreign import new_gates
from reviewer.rules._auth_guards import says_who
from reviewer.rules._auth_lacks import all_lacks
from reviewer.rules._auth_refusing import refusing
from reviewer.rules._auth_routers import Gate, checks_itself, signs_up
from reviewer.rules._auth_siblings import Siblings, hands_on
from reviewer.rules._report import at, report

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts

_SHARE = 0.6
"""Of the neighbours: from here on a guard is how the project does it (a clear majority; one of two is none)."""

_OTHERS_MIN = 2
"""Other classes needed before a new one can be compared with them."""


def inspect(project: Project) -> Iterator[Finding]:
    """New entrances without a guard among guarded ones."""
    found = [*_nest(project)]
    for file, facts in project.production:
        found.extend(_routers(project, file.path, facts))
    yield from found
    said = {(one.path, one.symbol) for one in found} | {(one.path, one.symbol.partition(".")[0]) for one in found}
    for lack in all_lacks(project):
        mark = (lack.path, lack.symbol)
        if mark not in said and (lack.path, lack.symbol.partition(".")[0]) not in said:
            said.add(mark)
            yield replace(
                report(RULE, at(lack.path, lack.line), lack.message, symbol=lack.symbol, quoted=lack.symbol),
                severity=lack.severity,
                title=lack.title,
            )


def _nest(project: Project) -> Iterator[Finding]:
    if guards_everywhere(project):
        return
    every = {path: entrances(project.head[path], path) for path in sorted(project.head) if is_production(path)}
    siblings = Siblings(item for items in every.values() for item in items)
    for file, facts in project.production:
        before = {item.symbol for item in entrances(project.before(file.path), file.path)}
        by_class: dict[str, list[Entrance]] = {}
        for item in every.get(file.path, ()):
            by_class.setdefault(item.owner.name, []).append(item)
        for group in by_class.values():
            labels = frozenset(name for one in group if one.asks_who for name in one.names)
            bare = [item for item in group if _is_bare(project, facts, item, labels)]
            fresh = [item for item in bare if item.symbol not in before]
            if fresh:
                yield from _among(siblings, group, fresh)


def _is_bare(project: Project, facts: FileFacts, item: Entrance, labels: frozenset[str]) -> bool:
    """Whether a method that changes data has no guard, is not open on purpose, and checks nothing itself.

    `@Roles()` alone does nothing where the others of the class put a guard beside it (`labels`).
    """
    if (item.is_guarded and not item.labels & labels) or item.is_open or item.verb not in MUTATING:
        return False
    if not project.wrote(item.path, item.method.first, item.method.last):
        return False
    if any(may_guard(project, item.path, one) for one in (*item.method.decorators, *item.owner.decorators)):
        return False
    return not checks_itself(facts, item.method.scope) and not hands_on(facts, item)


def _among(siblings: Siblings, group: list[Entrance], fresh: list[Entrance]) -> Iterator[Finding]:
    owner = group[0].owner
    if any(item.is_guarded for item in group):
        new = {item.symbol for item in fresh}
        others = [item for item in group if item.symbol not in new and not item.is_open]
        others = [item for item in others if item.verb in MUTATING] or others
        guarded = [item for item in others if item.is_guarded]
        if any(item.asks_who for item in guarded) and len(guarded) >= _SHARE * len(others):
            for item in fresh:
                yield _method_finding(item, len(guarded))
        return
    count, guarded_count = siblings.of(group[0])
    if count < _OTHERS_MIN or guarded_count < _SHARE * count or any(item.is_open for item in group):
        return
    finding = report(
        RULE,
        at(group[0].path, owner.head),
        f"Anybody can call `{owner.name}`, which changes data ({', '.join(item.method.name for item in fresh[:3])}): "
        f"{guarded_count} of {count} others ask for a guard. Add `@UseGuards(…)` to the class.",
        symbol=owner.name,
        quoted=owner.name,
    )
    yield replace(finding, severity=Severity.WARNING)


def _method_finding(item: Entrance, count: int) -> Finding:
    others = "another method" if count == 1 else f"each of {count} other methods"
    return report(
        RULE,
        at(item.path, item.method.head),
        f"Anybody can call `{item.symbol}`, which changes data: {others} of `{item.owner.name}` asks for a guard, and "
        "this one does not. Add the same `@UseGuards(…)`, or `@Public()` if it is meant to be open.",
        symbol=item.symbol,
        quoted=f"{item.verb} {item.route}",
    )


def _routers(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    routes, new = new_gates(project, path, facts)
    if not routes:
        return
    who = refusing(project, path)
    by_router: dict[str, list[Gate]] = {}
    for gate in routes:
        by_router.setdefault(gate.router, []).append(gate)
    for group in by_router.values():
        bare = [gate for gate in group if gate.route.symbol in new and _is_unguarded(path, gate)]
        guard = _way(group, new, who)
        for gate in bare if guard else ():
            yield report(
                RULE,
                at(path, gate.route.head),
                f"Anybody can call `{gate.route.symbol}`, which changes data: `{guard}` stands in front of the other "
                "routes of this router, and not of this one. Put it in front.",
                symbol=gate.route.symbol,
                quoted=gate.route.symbol,
            )


def _is_unguarded(path: str, gate: Gate) -> bool:
    """Whether a route that changes data has nothing in front of it, and is not open on purpose."""
    is_bare = not gate.is_guarded and not gate.is_open and gate.route.verb in MUTATING
    return is_bare and not signs_up(path, gate)


def _way(group: list[Gate], new: frozenset[str], who: frozenset[str]) -> str:
    """The guard that a router's routes have in front of them, "" where that is not how it does it."""
    known = [one for one in group if one.route.symbol not in new and not one.is_open]
    is_old = any(one.is_guarded for one in known)
    known = known if is_old else [one for one in group if not one.is_open]
    others = [one for one in known if one.route.verb in MUTATING] or known
    guarded = [one for one in others if one.is_guarded and not one.by_prefix]
    count = len(others) if is_old else len(others) - 1
    is_asked = any(says_who(one.guard) or one.guard in who for one in guarded)
    if len(guarded) < _SHARE * count or not is_asked:
        return ""  # with a permission alone, who is calling was asked before, and many routes do without
    if len(guarded) == 1 and sum(not one.is_guarded for one in known) > (0 if is_old else 1):
        return ""  # one guarded route among open ones is no way of doing it
    return guarded[0].guard


RULE = Rule(
    slug="security_missing_guard",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="Nothing asks who is calling",
    inspect=inspect,
    references=(
        Reference("NestJS: guards", "https://docs.nestjs.com/guards"),
        Reference(
            "OWASP: authorization", "https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html"
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
