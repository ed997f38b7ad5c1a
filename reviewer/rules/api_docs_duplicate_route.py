"""A route that nobody can reach: an earlier one of the same verb answers every request for it.

Express, and NestJS on it, ask their routes in the order they were registered. The second of two equal routes never
runs, nor does `/search` behind `/:id`. Fastify prefers fixed paths, so only equal ones are looked for there. Routes of
different versions, on different routers, under an `if`, and earlier handlers that call `next` are left alone.

Bad::

    @Get(':id') findOne(@Param('id') id: string) { … }
    @Get('search') search(@Query() query: SearchDto) { … }     // asks for the order called "search"

Good::

    @Get('search') search(@Query() query: SearchDto) { … }
    @Get(':id') findOne(@Param('id') id: string) { … }
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route, nest_name
from reviewer.core.rule import Rule
from reviewer.rules._code import handler
from reviewer.rules._registrations import Registrations
from reviewer.rules._report import at, report
from reviewer.rules._rest import nest_templates

_FASTIFY = ("fastify", "@nestjs/platform-fastify")
_ROUTES_MAX = 300
"""Routes compared with each other in one file; more are a generated table."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One template of a route, and what it shares a router with."""

    route: Route
    group: str
    steps: tuple[str, ...]


def inspect(project: Project) -> Iterator[Finding]:
    """Pairs of routes of which the change wrote one, and the earlier hides the later."""
    for file, facts in project.production:
        before = {
            (one.route.symbol, other.route.symbol, one.steps, other.steps)
            for one, other in _hidden(project, file.path, project.before(file.path), project.routes_before(file.path))
        }
        said: set[int] = set()
        for one, other in _hidden(project, file.path, facts, project.routes.get(file.path, ())):
            is_ours = [project.wrote(file.path, e.route.first, e.route.last) for e in (one, other)]
            known = (one.route.symbol, other.route.symbol, one.steps, other.steps) in before
            if not any(is_ours) or known or other.route.first in said or _passes_on(project, file.path, one.route):
                continue
            said.add(other.route.first)
            yield _finding(file.path, one, other, shown=other if is_ours[1] else one)


def _finding(path: str, one: _Entry, other: _Entry, shown: _Entry) -> Finding:
    first, second = (f"{entry.route.verb} /{'/'.join(entry.steps)}" for entry in (one, other))
    same = _shape(one.steps) == _shape(other.steps)
    mend = "Remove one of them, or give it its own path." if same else f"Register `{second}` before `{first}`."
    reason = "is registered twice" if same else f"is never reached: `{first}` above answers it first"
    named = f"`{other.route.symbol}` can never run: `{second}` {reason}"
    return report(RULE, at(path, shown.route.head), f"{named}. {mend}", symbol=other.route.symbol, quoted=first)


def _hidden(
    project: Project, path: str, facts: FileFacts, routes: tuple[Route, ...]
) -> Iterator[tuple[_Entry, _Entry]]:
    groups: dict[str, list[_Entry]] = defaultdict(list)
    registered = facts.index.once(Registrations)
    fastify = any(project.uses(name) for name in _FASTIFY)
    for route in routes[:_ROUTES_MAX]:
        for entry in _entries(facts, route, registered):
            groups[entry.group].append(entry)
    for entries in groups.values():
        for index, other in enumerate(entries):
            for one in entries[:index]:
                if one.route is not other.route and _hides(one, other, fastify):
                    yield one, other
                    break


def _entries(facts: FileFacts, route: Route, registered: Registrations) -> Iterator[_Entry]:
    if route.owner is not None and route.method is not None:
        decorators = (*route.method.decorators, *route.owner.decorators)
        if any(nest_name(facts, one) in ("Version", "Next") for one in decorators) or len(_verbs(facts, route)) != 1:
            return
        if any("Next" in (nest_name(facts, d) for d in param.decorators) for param in route.method.params):
            return
        for template in nest_templates(facts, route) or ():
            yield _Entry(route, route.owner.name, _steps(template))
        return
    found = registered.of(route)
    if found is not None and found.is_literal and not registered.is_conditional(route):
        yield _Entry(route, f"{found.router} {found.scope}", _steps(route.path))


def _verbs(facts: FileFacts, route: Route) -> list[str]:
    decorators = route.method.decorators if route.method else ()
    verbs = ("Get", "Post", "Put", "Patch", "Delete", "All", "Head", "Options", "Sse")
    return [name for name in (nest_name(facts, one) for one in decorators) if name in verbs]


def _steps(template: str) -> tuple[str, ...]:
    return tuple(step for step in template.split("/") if step)


def _shape(steps: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(":" if _is_parameter(step) else step for step in steps)


def _is_parameter(step: str) -> bool:
    """A step that takes anything: no pattern in brackets, not optional, not half fixed."""
    return step.startswith(":") and all(char.isalnum() or char in "_$" for char in step[1:])


def _is_plain(steps: tuple[str, ...]) -> bool:
    """Steps of fixed text and parameters only: no patterns."""
    return all(_is_parameter(step) or not any(char in ":*?+(){}[]" for char in step) for step in steps)


def _hides(one: _Entry, other: _Entry, fastify: bool) -> bool:
    if len(one.steps) != len(other.steps) or not (_is_plain(one.steps) and _is_plain(other.steps)):
        return False
    if one.route.verb not in (other.route.verb, "ALL") or (one.route.verb == "ALL") != (other.route.verb == "ALL"):
        return False
    pairs = list(zip(_shape(one.steps), _shape(other.steps), strict=True))
    if all(mine == theirs for mine, theirs in pairs):
        return True
    return not fastify and all(mine in (":", theirs) for mine, theirs in pairs)


def _passes_on(project: Project, path: str, route: Route) -> bool:
    """Whether the earlier handler may leave the request to the next one; True where it was not read."""
    code = handler(project, path, route)
    if code is None or code.scope == NOWHERE:
        return True
    if route.method is not None:
        return False
    facts = project.head[code.path]
    params = facts.functions[code.scope].params
    if len(params) < 3 or not params[2].name:
        return False
    calls = facts.index.calls(facts.index.within(code.scope))
    return any(call.callee == params[2].name and (not call.args or call.args[0].text == "route") for call in calls)


RULE = Rule(
    slug="api_docs_duplicate_route",
    concern=Concern.API_DOCS,
    severity=Severity.BLOCKER,
    title="A route can never be reached",
    inspect=inspect,
    references=(
        Reference("NestJS: route parameters", "https://docs.nestjs.com/controllers#route-parameters"),
        Reference("NestJS: route wildcards", "https://docs.nestjs.com/controllers#route-wildcards"),
    ),
    confidence=0.95,
    page=__doc__ or "",
    serves="standards-structure-apis-by-rest",
)
