"""New behaviour that no test names: a route, an exported function or a public method of a service.

One finding for the whole change, which lists the names. A route counts as named when a test uses the name of its
method, or asks for its path with its verb; a function or method when a test mentions it, or a route that reaches it.
Left alone: what a test of this change touches, and code whose siblings have no tests.

Bad::

    + @Post(':id/refund') refund(@Param('id') id: string) { … }      // and no test says "refund"

Good::

    + it('refunds once', () => request(app).post('/orders/7/refund').expect(201));
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts, FunctionKind, Method
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import nest_name
from reviewer.core.rule import Rule
from reviewer.rules._decorated_routes import decorated_routes, every_new_route
from reviewer.rules._handled import COMMON
from reviewer.rules._mentions import Mentions
from reviewer.rules._moved_code import fresh_functions
from reviewer.rules._own_route_tests import lacks_in_own_test
from reviewer.rules._plugin_routes import new_routes
from reviewer.rules._report import report
from reviewer.rules._test_files import TestFiles

_HOOKS = frozenset(
    ("constructor", "onModuleInit", "onModuleDestroy", "onApplicationBootstrap", "onApplicationShutdown", "configure",
     "beforeApplicationShutdown", "toString", "toJSON", "intercept", "use", "catch", "transform", "afterInit",
     "handleConnection", "handleDisconnect", "resolve", "serialize", "deserialize")
)  # fmt: skip
_SILENT_STEMS = frozenset(
    ("index", "main", "app", "server", "constants", "types", "config", "data-source", "bootstrap", "instrument")
)
_SILENT_MARKS = frozenset(
    ("module", "entity", "dto", "decorator", "constants", "constant", "types", "type", "interface", "enum", "config",
     "schema",
     "model", "routes", "router", "route", "subscriber", "command", "event", "vo")
)  # fmt: skip
_PAGES = frozenset(
    ("client", "frontend", "web", "webapp", "ui", "components", "composables", "hooks", "pages", "views")
)
"""Folders of what runs in a browser: not a backend's."""

_GENERIC = frozenset(
    ("execute", "handle", "validate", "run", "canActivate", "process", "perform", "defaultMessage", "call")
)
"""Methods that an interface asks for: only the class's name tells which one a test means."""

_FRONTENDS = frozenset(("vue", "react", "preact", "svelte", "solid-js", "@angular/core"))

_NAMES_MAX = 12
_LINES_MIN = 3
"""Lines of a function or method that does something; below are getters and one call passed on."""


def inspect(project: Project) -> Iterator[Finding]:
    """One finding that lists what is new and named by no test; none when all is."""
    tests = project.once(TestFiles)
    if tests.are_rare:
        return
    names: list[str] = []
    mentions = project.once(Mentions)
    for file, facts in project.production:
        if _is_frontend(facts) or not tests.are_near(file.path):
            continue
        if not tests.may_cover_routes(file.path):
            names.extend(_untested_routes(project, file.path, mentions))
        names.extend(route.symbol for route in lacks_in_own_test(project, file.path, mentions))
        is_judged = not tests.may_cover(file.path) and tests.have_siblings(file.path)
        if is_judged and not _is_wiring(file.path):
            fresh = list(_new_behaviour(project, file.path, facts))
            known = mentions.surely_reached if tests.have_own_tests(file.path) else mentions.reached
            unsaid = [name for name in fresh if not {name, name.rpartition(".")[2]} & mentions.titles]
            names.extend(name for name in unsaid if not {name, name.rpartition(".")[2]} & known)
            if tests.are_custom(file.path) and not tests.are_touched:
                names.extend(fresh_functions(project, file.path, unsaid))
    names = list(dict.fromkeys(names))
    if names:
        yield _finding(names)


def _finding(names: list[str]) -> Finding:
    listed = ", ".join(f"`{name}`" for name in names[:_NAMES_MAX])
    more = f" and {len(names) - _NAMES_MAX} more" if len(names) > _NAMES_MAX else ""
    finding = report(
        RULE,
        None,
        f"No test names {listed}{more}, which this change adds. Add a test for what each promises, and "
        f"for how it refuses.",
        symbol=" ".join(sorted(names)),
        quoted="",
    )
    title = "New behaviour without a test" if len(names) > 1 else f"{names[0]} has no test"
    return replace(finding, title=title)


def _untested_routes(project: Project, path: str, mentions: Mentions) -> Iterator[str]:
    """New routes that no test names, where routes are tested and no unread test may do it."""
    fresh = [route for route in every_new_route(project, path) if not mentions.names_route(path, route)]
    if not fresh or mentions.may_be_elsewhere:
        return
    if mentions.are_routes_tested:
        yield from (route.symbol for route in fresh)


def _is_frontend(facts: FileFacts) -> bool:
    """Whether a file belongs to a page: what a browser does is tested in other ways, and by others."""
    return any(item.module in _FRONTENDS for item in facts.imports)


def _is_wiring(path: str) -> bool:
    if _PAGES & set(path.lower().split("/")[:-1]):
        return True
    stem, *marks = posixpath.basename(path).lower().split(".")
    return stem in _SILENT_STEMS or bool(_SILENT_MARKS & set(marks))


def _new_behaviour(project: Project, path: str, facts: FileFacts) -> Iterator[str]:
    before = {function.symbol for function in project.before(path).functions}
    named = project.names_in_tests
    exported = {export.local for export in facts.exports}
    routes = (*project.routes.get(path, ()), *new_routes(project, path))  # judged themselves, with what adds them
    for at, function in enumerate(facts.functions):
        is_free = (
            not any(function.first <= route.first and route.last <= function.last for route in routes)
            and _is_plain_name(function.name)
            and "." not in function.symbol
            and function.parent < 0
            and function.kind is not FunctionKind.METHOD
        )
        long_enough = function.last - function.first + 1 >= _LINES_MIN
        is_new = function.symbol not in before and project.wrote(path, function.first)
        is_unnamed = function.name in exported and function.name not in named and not _makes_named(facts, at, named)
        if is_free and is_new and is_unnamed and long_enough and not _is_made_for_wiring(facts, function.name):
            yield function.name
    answered = {route.symbol for route in decorated_routes(project).get(path, ())}
    for item in facts.classes:
        if not item.is_exported or item.is_abstract or _is_plain(facts, item):
            continue
        for method in item.methods:
            symbol = f"{item.name}.{method.name}"
            is_new = symbol not in before and project.wrote(path, method.head)
            telling = item.name if method.name in _GENERIC else method.name
            if is_new and symbol not in answered and _is_public_behaviour(method) and telling not in named:
                yield symbol


def _makes_named(facts: FileFacts, at: int, named: frozenset[str]) -> bool:
    """Whether a function makes an object of which tests name a method: `permits(db)` with its `ofZone`."""
    made = (one for one in facts.functions if one.parent == at and one.kind is FunctionKind.METHOD)
    return any(one.name in named and one.name.lower() not in COMMON for one in made)


def _is_plain_name(name: str) -> bool:
    """No decorator or component, and no hook of a page (`useOrders`)."""
    return name[:1].islower() and not (name.startswith("use") and name[3:4].isupper())


def _is_made_for_wiring(facts: FileFacts, name: str) -> bool:
    """React-like hooks, decorators and factories of decorators: named by use, not by tests."""
    return any(
        call.callee in ("applyDecorators", "createParamDecorator", "SetMetadata") and call.symbol == name
        for call in facts.calls
    )


def _is_plain(facts: FileFacts, item: Class) -> bool:
    """Modules, and controllers, whose routes are looked at already."""
    return any(nest_name(facts, decorator) in ("Module", "Controller", "Catch") for decorator in item.decorators)


def _is_public_behaviour(method: Method) -> bool:
    hidden = {"private", "protected", "get", "set", "abstract"} & set(method.modifiers)
    inside = method.scope >= 0 and method.last - method.head + 1 >= _LINES_MIN
    return not hidden and inside and method.name not in _HOOKS and not method.name.startswith(("_", "#"))


RULE = Rule(
    slug="tests_untested_route",
    concern=Concern.TESTS,
    severity=Severity.WARNING,
    title="New behaviour without a test",
    inspect=inspect,
    references=(Reference("NestJS: testing", "https://docs.nestjs.com/fundamentals/testing"),),
    confidence=0.85,
    page=__doc__ or "",
)
