"""A global `ValidationPipe` that lets undeclared fields through.

Without `whitelist: true` a body keeps every field the client adds to it, and the first `repository.save(dto)` or
`{ ...dto }` stores them. `forbidNonWhitelisted: true` answers 400 instead of dropping them silently.

Bad::

    app.useGlobalPipes(new ValidationPipe({ transform: true }));

Good::

    app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._pipes import Options, is_pipe, pipes
from reviewer.rules._report import at, report


def inspect(project: Project) -> Iterator[Finding]:
    """Global pipes that the change added without a whitelist."""
    modules = {item.module for facts in project.head.values() for item in facts.imports}
    if "zod" in modules and "class-validator" not in modules:
        return  # the pipe has no class to look at
    for file, facts in project.production:
        had = any(True for _ in pipes(project.before(file.path)))
        for first, last, symbol, code in _global(facts):
            if not had and project.wrote(file.path, first, last):
                yield report(
                    RULE,
                    at(file.path, first),
                    "This pipe keeps every field that a client adds to a request, declared or not, and whatever "
                    "stores the DTO stores them too. Give it `whitelist: true` and `forbidNonWhitelisted: true`.",
                    symbol=symbol,
                    quoted=code,
                )


def _global(facts: FileFacts) -> Iterator[tuple[int, int, str, str]]:
    """Lines, symbol and code of the global pipes without a whitelist: `useGlobalPipes(…)`, `provide: APP_PIPE`."""
    found = [pipe for pipe, options in pipes(facts) if _is_open(options)]
    for call in facts.calls:
        if call.callee.rpartition(".")[2] == "useGlobalPipes":
            spans = [(call.first, call.last), *_bound_lines(facts, call)]
            yield from _within(found, spans, call.symbol)
    for provider in _providers(facts):
        yield from _within(found, [(provider.first, provider.last)], "APP_PIPE")
        used = dict(zip(provider.keys, provider.parts, strict=False)).get("useClass")
        if used is not None and is_pipe(facts, used.text):
            yield provider.first, provider.last, "APP_PIPE", "useClass: ValidationPipe"


def _bound_lines(facts: FileFacts, call: Call) -> Iterator[tuple[int, int]]:
    """The lines of the constants that a call is given."""
    for arg in call.args:
        for scope in facts.index.around(call.scope) if arg.kind is ExprKind.NAME else ():
            yield from ((binding.first, binding.last) for binding in facts.index.bound(arg.text, scope))


def _within(found: list[Call], spans: list[tuple[int, int]], symbol: str) -> Iterator[tuple[int, int, str, str]]:
    for pipe in found:
        if any(first <= pipe.first and pipe.last <= last for first, last in spans):
            yield pipe.first, pipe.last, symbol, pipe.code


def _is_open(options: Options) -> bool:
    return options.known and options.values.get("whitelist", "false") == "false"


def _providers(facts: FileFacts) -> Iterator[Expr]:
    """The objects `{ provide: APP_PIPE, … }` of a module's decorator or of a constant."""
    roots = [arg for item in facts.classes for one in item.decorators for arg in one.args]
    roots += [binding.value for binding in facts.bindings if binding.value.kind is ExprKind.ARRAY]
    while roots:
        at_hand = roots.pop()
        if at_hand.kind is ExprKind.OBJECT:
            pairs = dict(zip(at_hand.keys, at_hand.parts, strict=False))
            if "provide" in pairs and original(facts, pairs["provide"].text)[0] == "APP_PIPE":
                yield at_hand
        roots.extend(part for part in at_hand.parts if part.kind in (ExprKind.OBJECT, ExprKind.ARRAY))


RULE = Rule(
    slug="validation_pipe_without_whitelist",
    concern=Concern.VALIDATION,
    severity=Severity.WARNING,
    title="The global pipe keeps undeclared fields",
    inspect=inspect,
    references=(
        Reference("NestJS: stripping properties", "https://docs.nestjs.com/techniques/validation#stripping-properties"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
