"""A way in that the change opened: a guard taken off, or `@Public()` put on what changes data.

A guard that moved to the class, to the router or in front of the whole application is still there. Logins, webhooks
and health checks are open on purpose.

Bad::

    - @UseGuards(JwtAuthGuard)
      @Controller('orders')
      export class OrdersController {

Good::

      @UseGuards(JwtAuthGuard)
      @Controller('orders')
      export class OrdersController {
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth_entrances import MUTATING, Entrance, entrances
from reviewer.rules._auth_everywhere import guards_everywhere
from reviewer.rules._auth_open import is_public
from reviewer.rules._auth_refusing import refusing
from reviewer.rules._auth_routers import checks_itself, gates, gates_of
from reviewer.rules._report import at, report


def inspect(project: Project) -> Iterator[Finding]:
    """Ways in that asked who is calling before the change, and no longer do."""
    is_guarded = guards_everywhere(project)
    for file, facts in project.production:
        if not is_guarded:
            yield from _taken_off(project, file.path, facts)
            yield from _routers(project, file.path, facts)
        yield from _declared_public(project, file.path, facts)


def _taken_off(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """NestJS: the guard of a class or of a method is gone."""
    before = {item.symbol: item for item in entrances(project.before(path), path) if item.is_guarded}
    said: set[str] = set()
    for item in entrances(facts, path):
        old = before.get(item.symbol)
        if old is None or item.is_guarded or item.is_open or checks_itself(facts, item.method.scope):
            continue
        was_on_class = len(old.owner.decorators) > len(item.owner.decorators) and len(old.method.decorators) == len(
            item.method.decorators
        )
        if was_on_class and item.owner.name in said:
            continue
        said.add(item.owner.name if was_on_class else item.symbol)
        what = item.owner.name if was_on_class else item.symbol
        yield report(
            RULE,
            at(path, item.owner.head if was_on_class else item.method.head),
            f"The guard of `{what}` is gone: whoever finds the address can call it. Put it back, or say `@Public()` "
            "where that is meant.",
            symbol=what,
            quoted=f"guard of {what}",
        )


def _routers(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """Express and Fastify: the middleware in front of a route is gone."""
    before = {
        gate.route.symbol: gate
        for gate in gates_of(project.routes_before(path), project.before(path), refusing(project, path))
    }
    for gate in gates(project, path, facts):
        old = before.get(gate.route.symbol)
        if old is not None and old.is_guarded and not gate.is_guarded and not gate.is_open:
            yield report(
                RULE,
                at(path, gate.route.head),
                f"`{old.guard}` no longer stands in front of `{gate.route.symbol}`: whoever finds the address can "
                "call it. Put it back.",
                symbol=gate.route.symbol,
                quoted=f"{old.guard} of {gate.route.symbol}",
            )


def _declared_public(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """NestJS: what changes data was there before, and is declared public now."""
    before = {item.symbol: item for item in entrances(project.before(path), path)}
    for item in entrances(facts, path):
        old = before.get(item.symbol)
        if old is None or item.verb not in MUTATING or checks_itself(facts, item.method.scope):
            continue
        if _says_public(item) and not _says_public(old) and not old.is_open:
            finding = report(
                RULE,
                at(path, item.method.head),
                f"`{item.symbol}` changes data and is open to anybody from now on. Make sure that nothing in it "
                "depends on who is calling.",
                symbol=item.symbol,
                quoted=f"public {item.symbol}",
            )
            yield replace(finding, severity=Severity.WARNING, title="This way in is public now")


def _says_public(item: Entrance) -> bool:
    return any(is_public(one.name) for one in (*item.method.decorators, *item.owner.decorators))


RULE = Rule(
    slug="security_public_route",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="A guard was taken off",
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
