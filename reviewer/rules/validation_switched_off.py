"""A check of requests that was there before the change and is gone after it, or that is told to check nothing.

The pipe in `main.ts`, the schema in front of a route, the decorators of a field: each of them is a line, and taking
it away breaks no test of the good case.

Bad::

    -  app.useGlobalPipes(new ValidationPipe({ whitelist: true }));
    -  router.post('/orders', validate(OrderSchema), create);
    +  router.post('/orders', create);

Good::

    router.post('/orders', validate(OrderSchema), create);
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.checks import is_validation
from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import reached_inputs
from reviewer.core.routes import Route, handler_scope, nest_name
from reviewer.core.rule import Rule
from reviewer.rules._front_checks import looks_elsewhere
from reviewer.rules._handlers import handlers
from reviewer.rules._lost_checks import checks_of, is_rewritten, lost_checks
from reviewer.rules._pipes import LENIENT, STRICT, Options, is_pipe, option_objects, pipes
from reviewer.rules._report import at, report
from reviewer.rules._route_options import is_of_answer
from reviewer.rules._told_nothing import told_nothing
from reviewer.rules._validators import mentions_validation

_SAID = 4
"""Fields of one class that are named; the others are counted."""

_WHY = "Requests that it refused now reach the code behind it, which still relies on it. Keep the check."

_GIVE = "Its other calls say what they check. Give it a schema of what this route takes."


def inspect(project: Project) -> Iterator[Finding]:
    """Pipes, schemas and decorators that the change took away or told to look away."""
    for file, facts in project.production:
        before = project.before(file.path)
        yield from _options(project, file.path, facts, before)
        yield from _global_pipe(project, file.path, facts, before)
        yield from _nest_pipes(file.path, facts, before)
        yield from _fields(project, file.path, facts, before)
        for call, schema in told_nothing(project, file.path):
            said = f"`{call.callee}` is given no schema here, and what the client sent goes on unchecked."
            yield replace(_finding(file.path, schema.first, said, call.symbol, call.code), message=f"{said} {_GIVE}")
    yield from _routes(project)


def _finding(path: str, line: int, said: str, symbol: str, quoted: str) -> Finding:
    return report(RULE, at(path, line), f"{said} {_WHY}", symbol=symbol, quoted=quoted)


# --------------------------------------------------------------------------------------------------- ValidationPipe


def _options(project: Project, path: str, facts: FileFacts, before: FileFacts) -> Iterator[Finding]:
    old = [options for _, options in pipes(before)] + list(option_objects(before))
    new = [options for _, options in pipes(facts)] + list(option_objects(facts))
    for index, options in enumerate(new):
        was = old[index] if len(old) == len(new) else None
        word = _looser(options, was)
        if word and (was is not None or project.wrote(path, options.first, options.last)):
            yield _finding(path, options.first, f"The pipe {word}.", "ValidationPipe", word)


def _looser(options: Options, was: Options | None) -> str:
    for key in LENIENT:
        if options.values.get(key) == "true" and (was is None or was.values.get(key) != "true"):
            return f"now says `{key}: true`, which checks no field that is left out"
    for key in STRICT if was is not None and options.known else ():
        if was is not None and was.values.get(key) == "true" and options.values.get(key, "false") == "false":
            return f"no longer says `{key}: true`"
    return ""


def _global_pipe(project: Project, path: str, facts: FileFacts, before: FileFacts) -> Iterator[Finding]:
    if not _has_global(before) or _has_global(facts):
        return
    if any(_has_global(there) for there in project.head.values()):
        return  # it moved
    function = next((one for one in facts.functions if one.name == "bootstrap"), None)
    line = function.first if function else min(project.added(path), default=1)
    said = "The global validation pipe is gone: every `@Body()` and `@Query()` arrives unchecked."
    yield replace(_finding(path, line, said, "ValidationPipe", "useGlobalPipes"), severity=Severity.BLOCKER)


def _has_global(facts: FileFacts) -> bool:
    if {"APP_PIPE", "ValidationPipe"} <= set(facts.names):
        return True
    calls = (call for call in facts.calls if call.callee.rpartition(".")[2] == "useGlobalPipes")
    return any(
        is_validation(facts, arg.text) or is_pipe(facts, arg.text) or mentions_validation(facts, arg)
        for call in calls
        for arg in call.args
    ) or any(
        True
        for call in facts.calls
        if call.callee.endswith(".useGlobalPipes") and any("ipe" in a.text for a in call.args)
    )


def _nest_pipes(path: str, facts: FileFacts, before: FileFacts) -> Iterator[Finding]:
    """`@UsePipes(…)` that stood on a controller or on one of its methods."""
    old = {item.name: item for item in before.classes}
    for item in facts.classes:
        was = old.get(item.name)
        if was is None or _uses_pipes(facts, item):
            continue
        if _uses_pipes(before, was):
            yield _finding(path, item.head, f"`@UsePipes()` of `{item.name}` is gone.", item.name, "UsePipes")
        methods = {method.name: method for method in was.methods}
        for method in item.methods:
            earlier = methods.get(method.name)
            if earlier is None or any(nest_name(facts, one) == "UsePipes" for one in method.decorators):
                continue
            bare = not any(len(one.args) > 0 and nest_name(facts, one) for p in method.params for one in p.decorators)
            if bare and any(nest_name(before, one) == "UsePipes" for one in earlier.decorators):
                symbol = f"{item.name}.{method.name}"
                yield _finding(path, method.head, f"`@UsePipes()` of `{symbol}` is gone.", symbol, "UsePipes")


def _uses_pipes(facts: FileFacts, item: Class) -> bool:
    return any(nest_name(facts, decorator) == "UsePipes" for decorator in item.decorators)


# --------------------------------------------------------------------------------------------------- fields of DTOs


def _fields(project: Project, path: str, facts: FileFacts, before: FileFacts) -> Iterator[Finding]:
    """Fields that requests fill and that lost validators, one finding for each class."""
    reached = {one.item.name for one in reached_inputs(project) if one.path == path}
    olds = {item.name: item for item in before.classes}
    for item in facts.classes:
        was = olds.get(item.name)
        if was is None or item.name not in reached:
            continue
        lost = list(lost_checks(facts, before, item, was))
        bare = [(field, names) for field, names in lost if not checks_of(facts, field)]
        if not lost or is_rewritten(item, was):
            continue
        field, names = (bare or lost)[0]
        said = "; ".join(
            f"`{one.name}` lost {', '.join(f'`@{name}()`' for name in each)}" for one, each in lost[:_SAID]
        )
        more = f" and {len(lost) - _SAID} more" if len(lost) > _SAID else ""
        symbol = f"{item.name}.{field.name}" if len(lost) == 1 else item.name
        finding = _finding(path, field.last, f"In `{item.name}`, {said}{more}.", symbol, " ".join(names))
        yield finding if bare else replace(finding, severity=Severity.NOTE)


# --------------------------------------------------------------------------------------------------- Express


def _routes(project: Project) -> Iterator[Finding]:
    production = {file.path for file, _ in project.production}
    open_now = {(one.route.symbol, one.route.first): one for one in handlers(project) if not one.is_checked}
    for path in sorted(project.routes.keys() & production):
        before = project.before(path)
        checked = {route.symbol for route in project.routes_before(path) if _had_schema(project, path, before, route)}
        for route in project.routes[path]:
            if route.symbol in checked and (route.symbol, route.first) in open_now:
                said = f"Nothing checks `{route.symbol}` by a schema any more."
                yield _finding(path, route.head, said, route.symbol, "schema")


def _had_schema(project: Project, path: str, before: FileFacts, route: Route) -> bool:
    if route.method is not None:
        return False
    checks = (one for one in route.middleware if mentions_validation(before, one) and not is_of_answer(one))
    if any(not looks_elsewhere(project, path, one) for one in checks):
        return True
    scope = handler_scope(route.handler)
    inside = before.index.within(scope) if scope >= 0 else ()
    return any(is_validation(before, call.callee) for call in before.index.calls(inside))


RULE = Rule(
    slug="validation_switched_off",
    concern=Concern.VALIDATION,
    severity=Severity.WARNING,
    title="A check of requests is switched off",
    inspect=inspect,
    references=(
        Reference("NestJS: validation", "https://docs.nestjs.com/techniques/validation"),
        Reference(
            "OWASP: input validation",
            "https://cheatsheetseries.owasp.org/cheatsheets/Input_Validation_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
