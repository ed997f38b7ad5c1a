"""A public method with a boolean parameter that makes it two methods: one for true, one for false.

At the call, `send(order, true)` says nothing, and each side changes for reasons of its own. Only a method that is
divided by the flag from its first statement to its last counts; options that switch a detail are left alone.

Bad::

    send(order: Order, urgent: boolean) { if (urgent) { … } else { … } }

Good::

    send(order: Order) { … }   sendUrgently(order: Order) { … }
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Condition
from reviewer.core.facts import FileFacts, Function, Param
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_LINES_MIN = 6
"""Lines of a condition that is two methods; a shorter one is a detail."""


def inspect(project: Project) -> Iterator[Finding]:
    """Public methods and exported functions whose only statement decides over a boolean parameter, by the change."""
    for file, facts in project.production:
        public = _public_scopes(facts)
        by_scope = {one.scope: one for one in facts.conditions if not one.is_ternary}
        for scope in public & by_scope.keys():
            function, condition = facts.functions[scope], by_scope[scope]
            param = _flag(function, condition)
            if param is None or not project.wrote(file.path, param.first, param.last):
                continue
            if not _had(project.before(file.path), function, param):
                yield report(
                    RULE,
                    at(file.path, param.first),
                    f"`{function.symbol}` is two methods: `{param.name}` decides from its first statement to its last "
                    "which one runs, and a call says only `true` or `false`. Write a method for each.",
                    symbol=function.symbol,
                    quoted=param.code,
                )


def _public_scopes(facts: FileFacts) -> set[int]:
    found = {scope for scope, one in enumerate(facts.functions) if one.is_exported}
    for item in facts.classes:
        for method in item.methods:
            hidden = {"private", "protected", "set"} & set(method.modifiers)
            if method.scope >= 0 and method.name != "constructor" and not hidden and not method.decorators:
                found.add(method.scope)
    return found


def _flag(function: Function, condition: Condition) -> Param | None:
    """The boolean parameter over which the one statement of a function decides."""
    if function.statements != 1 or not condition.otherwise or condition.last - condition.first < _LINES_MIN:
        return None
    name = condition.test.text.lstrip("!")
    found = next((param for param in function.params if param.name == name), None)
    if found is None or found.decorators:
        return None
    is_boolean = found.type.name == "boolean" or (found.default is not None and found.default.text in ("true", "false"))
    return found if is_boolean else None


def _had(old: FileFacts, function: Function, param: Param) -> bool:
    return any(
        one.symbol == function.symbol and any(there.name == param.name for there in one.params) for one in old.functions
    )


RULE = Rule(
    slug="solid_boolean_flag",
    concern=Concern.SOLID,
    severity=Severity.NOTE,
    title="A boolean parameter makes two methods of one",
    inspect=inspect,
    references=(Reference("TypeScript: functions", "https://www.typescriptlang.org/docs/handbook/2/functions.html"),),
    confidence=0.9,
    page=__doc__ or "",
)
