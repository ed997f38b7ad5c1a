"""`process.env` read in the middle of the code, where the project has one place for its configuration.

There a missing variable stops the start; here it is `undefined` at the first request, unchecked and untyped, and
nobody who sets up the service finds its name.

Bad::

    const url = process.env.PAYMENT_URL;

Good::

    const url = this.config.getOrThrow<string>('PAYMENT_URL');
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import FileFacts, Read
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._lint_settings import (
    HARMLESS,
    STAGES,
    declaring_place,
    is_configuration,
    is_given,
    only_place,
    own_place,
    usual_place,
    variables,
)
from reviewer.rules._report import at, report

_INJECTED = frozenset(("@nestjs/config", "nestjs-config", "nestjs-typed-config", "nest-typed-config"))
"""Modules whose configuration is injected, and out of reach where a decorator stands; a constant is not."""


def inspect(project: Project) -> Iterator[Finding]:
    """The first variable that each file reads newly, past the project's configuration."""
    found = [
        (file.path, first)
        for file, facts in project.production
        if facts.exports and (not is_configuration(file.path) or is_given(file.path, facts))
        if (first := _first(project, file.path, facts)) is not None
    ]
    if not found:
        return
    usual = usual_place(project)
    for path, (name, read) in found:
        place = own_place(project, path) or usual or declaring_place(project, name) or project.once(only_place)
        if not place:
            continue
        yield report(
            RULE,
            at(path, read.line),
            f"`process.env.{name}` is read here, past {place}: nothing checks that it is set, and a missing one shows "
            f"as `undefined` at run time. Declare `{name}` there and take it from there.",
            symbol=read.symbol,
            quoted=read.name,
        )


def _first(project: Project, path: str, facts: FileFacts) -> tuple[str, Read] | None:
    """The first variable that the change reads in a file, with the read."""
    is_injected = project.once(_is_injected) and not path.endswith(".module.ts")
    fixed = set(_decorated(facts)) if is_injected else set()
    harmless = HARMLESS - STAGES if is_given(path, facts) else HARMLESS
    before = {name for name, _ in variables(project.before(path))}
    for name, read in variables(facts):
        is_new = project.wrote(path, read.line) and read.line not in fixed
        if is_new and name not in harmless and name not in before:
            return name, read
    return None


def _is_injected(project: Project) -> bool:
    return any(_INJECTED & facts.index.modules for facts in project.head.values())


def _decorated(facts: FileFacts) -> Iterator[int]:
    """Lines of decorators: what they are given is fixed before anything can be injected."""
    for item in facts.classes:
        for one in (*item.decorators, *(one for method in item.methods for one in method.decorators)):
            yield from range(one.first, one.last + 1)


RULE = Rule(
    slug="lint_env_outside_configuration",
    concern=Concern.LINT,
    severity=Severity.NOTE,
    title="A variable is read past the configuration",
    inspect=inspect,
    references=(Reference("NestJS: configuration", "https://docs.nestjs.com/techniques/configuration"),),
    confidence=0.8,
    page=__doc__ or "",
)
