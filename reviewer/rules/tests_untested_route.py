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
from dataclasses import replace

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
    ("module", "entity", "dto", "decorator", "constants", "constant", "types", "type", "interface", "enum", "config", "schema",
     "model", "routes", "router", "route", "subscriber", "command", "event", "vo")
)  # fmt: skip
_SPARSE_FILES_MIN = 40
_SPARSE_RATIO = 25
_GENERIC = frozenset(
    ("execute", "handle", "validate", "run", "canActivate", "process", "perform", "defaultMessage", "call")
)
"""Methods that an interface asks for: only the class's name tells which one a test means."""

_NAMES_MAX = 12
_LINES_MIN = 3
"""Lines of a function or method that does something; below are getters and one call passed on."""


def inspect(project: Project) -> Iterator[Finding]:
    """One finding that lists what is new and named by no test; none when all is."""
    names: list[str] = []
    is_sparse = _has_few_tests(project)
    for file, facts in project.production:
        if _has_changed_test(project, file.path) or _has_unread_test(project, file.path):
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
                f"No test names {listed}{more}, which this change adds. Add a test for what each promises, and for how it refuses.",
                symbol=" ".join(sorted(names)),
                quoted="",
            ),
            title="New behaviour without a test" if len(names) > 1 else f"{names[0]} has no test",
            severity=Severity.NOTE if is_sparse else RULE.severity,
        )


def _has_few_tests(project: Project) -> bool:
    """Whether tests are so rare here that a missing one is not news: fewer than one for 25 files of code."""
    code = [path for path in project.change.tree if is_typescript(path)]
    tests = sum(1 for path in code if is_test(path))
    return len(code) >= _SPARSE_FILES_MIN and tests * _SPARSE_RATIO < len(code) - tests


def _is_wiring(path: str) -> bool:
    stem, *marks = posixpath.basename(path).lower().split(".")
    return stem in _SILENT_STEMS or bool(_SILENT_MARKS & set(marks))


def _stem(path: str) -> str:
    """A file's name without what says that it is a test: `orders.service` of `orders.service.spec.ts`."""
    words = posixpath.basename(path).lower().split(".")[:-1]
    return ".".join(word for word in words if word not in ("spec", "test", "e2e", "e2e-spec", "int-spec", "it"))


def _has_changed_test(project: Project, path: str) -> bool:
    """Whether the change touches a test called like the file, or one that imports it."""
    for file in project.change.files:
        if not is_test(file.path):
            continue
        if _stem(file.path) == _stem(path):
            return True
        imports = project.head.get(file.path, FileFacts()).imports
        if any(project.resolver.resolve(file.path, item.module) == path for item in imports):
            return True
    return False


def _has_unread_test(project: Project, path: str) -> bool:
    """Whether a test called like the file exists and was not read: then nobody can say that it names nothing."""
    return any(_stem(one) == _stem(path) and is_test(one) and one not in project.head for one in project.change.tree)


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
            function.name[:1].islower()
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
