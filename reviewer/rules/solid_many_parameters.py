"""A function that this change gave so many parameters that a call can no longer be read.

Two of one type swapped are no error to the compiler. Reported when the change takes a function over the line of seven
(Sonar's S107); constructors that are given collaborators, and route methods whose parameters carry decorators, have
rules of their own or none, and what a parent or interface may have laid down is not this class's choice.

Bad::

    book(user: string, hotel: string, room: number, from: Date, to: Date, guests: number, meals: boolean, note: string)

Good::

    book(user: string, stay: Stay)
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import FileFacts, Function
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

PARAMETERS_MAX = 7

_GIVEN = ("constructor", "useFactory")
"""Their parameters are collaborators."""


def inspect(project: Project) -> Iterator[Finding]:
    """Functions that crossed the line by this change."""
    for file, facts in project.production:
        bound = {item.name for item in facts.classes if item.extends is not None or item.implements}
        long = [one for one in facts.functions if _counts(one) and one.symbol.partition(".")[0] not in bound]
        if not long:
            continue
        before = _before(project.before(file.path))
        for one in long:
            was = before.get(one.symbol, 0)
            if was > PARAMETERS_MAX or not project.wrote(file.path, one.params[0].first, one.params[-1].last):
                continue
            added = project.added(file.path)
            line = next((param.first for param in reversed(one.params) if param.first in added), one.first)
            yield report(
                RULE,
                at(file.path, line),
                f"`{one.symbol or one.name}` now takes {len(one.params)} parameters: a call can no longer be read, and "
                "two of one type that are swapped are no error. Put what belongs together into one object with names.",
                symbol=one.symbol or one.name,
                quoted=f"{one.name} parameters",
            )


def _counts(one: Function) -> bool:
    if len(one.params) <= PARAMETERS_MAX or one.name in _GIVEN or not one.name or one.passed_to:
        return False
    return not any(param.decorators for param in one.params)


def _before(old: FileFacts) -> dict[str, int]:
    return {one.symbol: len(one.params) for one in old.functions}


RULE = Rule(
    slug="solid_many_parameters",
    concern=Concern.SOLID,
    severity=Severity.NOTE,
    title="A function takes too many parameters",
    inspect=inspect,
    references=(Reference("ESLint: max-params", "https://eslint.org/docs/latest/rules/max-params"),),
    confidence=0.9,
    page=__doc__ or "",
)
