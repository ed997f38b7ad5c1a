"""New behaviour that no test names: a route, an exported function or a public method of a service.

One finding for the whole change, which lists the names. A route counts as named when a test mentions its method or
all words of its path; a function or method when a test mentions it. What a test of this change touches is left alone.

Bad::

    + @Post(':id/refund') refund(@Param('id') id: string) { … }      // and no test says "refund"

Good::

    + it('refunds once', () => request(app).post('/orders/7/refund').expect(201));
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewer.core.change import is_typescript
from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts, FunctionKind, Method
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route, nest_name
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_test
from reviewer.rules._report import report

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

_SPARSE_FILES_MIN = 40
_SPARSE_RATIO = 25
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
    names: list[str] = []
    is_sparse = _has_few_tests(project)
    tested = _tested(project)
    for file, facts in project.production:
        if tested.covers(file.path) or _is_frontend(facts):
            continue
        names.extend(route.symbol for route in project.new_routes(file.path) if not _is_route_named(project, route))
        if not is_sparse and not _is_wiring(file.path):
            names.extend(_new_behaviour(project, file.path, facts))
    names = list(dict.fromkeys(names))
    if names:
        listed = ", ".join(f"`{name}`" for name in names[:_NAMES_MAX])
        more = f" and {len(names) - _NAMES_MAX} more" if len(names) > _NAMES_MAX else ""
        yield replace(
            report(
                RULE,
                None,
                f"No test names {listed}{more}, which this change adds. Add a test for what each promises, and "
                f"for how it refuses.",
                symbol=" ".join(sorted(names)),
                quoted="",
            ),
            title="New behaviour without a test" if len(names) > 1 else f"{names[0]} has no test",
            severity=Severity.NOTE if is_sparse else RULE.severity,
        )


def _is_frontend(facts: FileFacts) -> bool:
    """Whether a file belongs to a page: what a browser does is tested in other ways, and by others."""
    return any(item.module in _FRONTENDS for item in facts.imports)


def _has_few_tests(project: Project) -> bool:
    """Whether tests are so rare here that a missing one is not news: fewer than one for 25 files of code."""
    code = [path for path in project.change.tree if is_typescript(path)]
    tests = sum(1 for path in code if is_test(path))
    return len(code) >= _SPARSE_FILES_MIN and tests * _SPARSE_RATIO < len(code) - tests


def _is_wiring(path: str) -> bool:
    if _PAGES & set(path.lower().split("/")[:-1]):
        return True
    stem, *marks = posixpath.basename(path).lower().split(".")
    return stem in _SILENT_STEMS or bool(_SILENT_MARKS & set(marks))


def _stem(path: str) -> str:
    """A file's name without what says that it is a test: `orders.service` of `orders.service.spec.ts`."""
    words = posixpath.basename(path).lower().split(".")[:-1]
    return ".".join(word for word in words if word not in ("spec", "test", "e2e", "e2e-spec", "int-spec", "it"))


@dataclass(frozen=True, slots=True)
class _Tested:
    """What is known of the tests around the changed files, found once for the whole change."""

    stems: frozenset[str]
    """Of tests that the change touches, and of those that exist and were not read: nobody can say they name
    nothing."""
    imported: frozenset[str]
    """Files that a test of the change imports."""

    def covers(self, path: str) -> bool:
        """Whether nothing is to be said about a file."""
        return path in self.imported or _stem(path) in self.stems


def _tested(project: Project) -> _Tested:
    changed = [file.path for file in project.change.files if is_test(file.path)]
    unread = [path for path in project.change.tree - project.head.keys() if is_test(path)]
    imports = ((path, item.module) for path in changed for item in project.head.get(path, FileFacts()).imports)
    targets = (project.resolver.resolve(path, module) for path, module in imports)
    return _Tested(frozenset(map(_stem, [*changed, *unread])), frozenset(target for target in targets if target))


def _is_route_named(project: Project, route: Route) -> bool:
    if route.method is not None and route.method.name in project.names_in_tests and _is_telling(route.method.name):
        return True
    words = [word for word in route.path.split("/") if word and not word.startswith((":", "*", "$"))]
    if not words:
        return False
    tested = [set(text.replace("?", "/").split("/")) for text in project.texts_in_tests if "/" in text]
    return any(set(words) <= pieces and _has_as_many_steps(route.path, pieces) for pieces in tested)


def _has_as_many_steps(path: str, pieces: set[str]) -> bool:
    """`/orders` in a test does not speak of `/orders/:id`."""
    return len([word for word in path.split("/") if word]) <= len([piece for piece in pieces if piece])


def _is_telling(name: str) -> bool:
    """Whether a method's name says which route it is; every controller has a `create`."""
    return name not in (
        "create",
        "findAll",
        "findOne",
        "update",
        "remove",
        "delete",
        "get",
        "list",
        "index",
        "find",
        "save",
    )


def _new_behaviour(project: Project, path: str, facts: FileFacts) -> Iterator[str]:
    before = {function.symbol for function in project.before(path).functions}
    named = project.names_in_tests
    exported = {export.local for export in facts.exports}
    for function in facts.functions:
        is_free = (
            _is_plain_name(function.name)
            and "." not in function.symbol
            and function.parent < 0
            and function.kind is not FunctionKind.METHOD
        )
        long_enough = function.last - function.first + 1 >= _LINES_MIN
        is_new = function.symbol not in before and project.wrote(path, function.first)
        is_unnamed = function.name in exported and function.name not in named
        if is_free and is_new and is_unnamed and long_enough and not _is_made_for_wiring(facts, function.name):
            yield function.name
    for item in facts.classes:
        if not item.is_exported or item.is_abstract or _is_plain(facts, item):
            continue
        for method in item.methods:
            symbol = f"{item.name}.{method.name}"
            is_new = symbol not in before and project.wrote(path, method.head)
            telling = item.name if method.name in _GENERIC else method.name
            if is_new and _is_public_behaviour(method) and telling not in named:
                yield symbol


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
