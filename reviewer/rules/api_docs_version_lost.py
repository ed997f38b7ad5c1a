"""A controller, route or mounted router without a version, in an API whose others have one, or that had one itself.

`/v1/orders` and `/users` beside each other: clients cannot tell what the new one promises, and its first breaking
change has nowhere to go. Told only where nearly all other controllers (or the routes of the same router) carry a
version, and no default version is set.

Bad::

    @Controller('refunds') export class RefundsController { … }            // the others: { version: '1' }

Good::

    @Controller({ path: 'refunds', version: '1' }) export class RefundsController { … }
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route, is_controller, nest_name, original
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._registrations import Registrations
from reviewer.rules._report import at, report
from reviewer.rules._rest import decorator, is_technical, option
from reviewer.rules._version_mounts import has_version, mounted_without_version

_SIBLINGS_MIN = 3
_RATE = 0.85


def inspect(project: Project) -> Iterator[Finding]:
    """New controllers and routes without a version among versioned ones."""
    yield from _controllers(project)
    yield from _routers(project)
    yield from mounted_without_version(project, _finding)


def _controllers(project: Project) -> Iterator[Finding]:
    if any("defaultVersion" in facts.names or "RouterModule" in facts.names for facts in project.head.values()):
        return
    fresh: list[tuple[str, Class]] = []
    lost: list[tuple[str, Class]] = []
    known: list[bool] = []
    for path, item, versioned in _versions(project):
        had = _had_version(project, path, item)
        if had and versioned is False:
            lost.append((path, item))
        elif project.change.file(path) is None or had is not None:
            known.extend(() if versioned is None else (versioned,))
        elif versioned is False and project.wrote(path, item.first, item.head):
            fresh.append((path, item))
    is_one_decision = len(lost) > max(sum(known), 1) or (known and not any(known))
    yield from (_lost(path, item) for path, item in lost if not is_one_decision)
    if len(known) < _SIBLINGS_MIN or sum(known) / len(known) < _RATE:
        return
    for path, item in fresh:
        routes = [route for route in project.routes.get(path, ()) if route.owner is item]
        if routes and not any(is_technical(route) for route in routes):
            yield _finding(path, item.head, item.name, f"{sum(known)} of {len(known)} other controllers have one")


def _finding(path: str, line: int, symbol: str, others: str) -> Finding:
    return report(
        RULE,
        at(path, line),
        f"`{symbol}` has no version, while {others}: its first breaking change has nowhere to go, and clients cannot "
        "tell what it promises. Give it the version of its siblings.",
        symbol=symbol,
        quoted="version",
    )


def _versions(project: Project) -> Iterator[tuple[str, Class, bool | None]]:
    """The controllers that were read, and whether they have a version."""
    for path, facts in project.head.items():
        for item in facts.classes if is_production(path) else ():
            if is_controller(facts, item):
                yield path, item, _version(facts, item)


def _had_version(project: Project, path: str, item: Class) -> bool | None:
    """Whether a controller had a version at base; None where it was not there."""
    base = project.before(path)
    old = base.index.declared(item.name)
    if not isinstance(old, Class):
        return None
    return is_controller(base, old) and bool(_version(base, old))


def _lost(path: str, item: Class) -> Finding:
    return report(
        RULE,
        at(path, item.first, item.head),
        f"`{item.name}` had a version and has none any more: every client that asks for the old one gets 404. Keep it, "
        "or serve both until the clients have moved.",
        symbol=item.name,
        quoted="version lost",
    )


def _version(facts: FileFacts, item: Class) -> bool | None:
    """Whether a controller has a version, on itself, in its path or on a method; None where it cannot be told."""
    found = decorator(facts, item.decorators, "Controller")
    if found is None or any(nest_name(facts, one) == "Version" for one in item.decorators):
        return found is not None
    if option(found.args, "version") is not None or any(
        nest_name(facts, one) == "Version" for method in item.methods for one in method.decorators
    ):
        return True
    if not found.args:
        return False
    given = option(found.args, "path") or found.args[0]
    if given.kind is ExprKind.OBJECT:
        return False if all(given.keys) else None
    if given.kind is not ExprKind.STRING:
        return None
    strange = [one for one in item.decorators if not original(facts, one.name)[1].startswith("@nestjs/")]
    return has_version(given.text) or (None if any("version" in one.name.lower() for one in strange) else False)


def _routers(project: Project) -> Iterator[Finding]:
    """Routes and mounted routers beside versioned ones of the same application."""
    for file, facts in project.production:
        registered = facts.index.once(Registrations)
        groups: dict[str, list[Route]] = defaultdict(list)
        new = {route.symbol for route in project.new_routes(file.path)}
        for route in project.routes.get(file.path, ()):
            found = registered.of(route)
            if found is not None and found.is_literal and not is_technical(route):
                groups[found.router].append(route)
        for routes in groups.values():
            known = [has_version(route.path) for route in routes if route.symbol not in new]
            if len(known) < _SIBLINGS_MIN or sum(known) / len(known) < _RATE:
                continue
            for route in routes:
                if route.symbol in new and not has_version(route.path):
                    others = f"{sum(known)} of {len(known)} other routes of the router have one"
                    yield _finding(file.path, route.head, route.symbol, others)


RULE = Rule(
    slug="api_docs_version_lost",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="The version is missing",
    inspect=inspect,
    references=(Reference("NestJS: versioning", "https://docs.nestjs.com/techniques/versioning"),),
    confidence=0.88,
    page=__doc__ or "",
    serves="standards-structure-apis-by-rest",
)
