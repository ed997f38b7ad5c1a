"""How rules about a client's data ask and tell: sinks in, flows out, the same severities for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from reviewer.core.concern import Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.core.project import Project
from reviewer.core.source_paths import is_production
from reviewer.rules._report import at, report
from reviewer.rules._taint import Taint
from reviewer.rules._taint_origin import Origin, Via

if TYPE_CHECKING:
    from reviewer.core.anchor import Span
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.finding import Finding
    from reviewer.core.rule import Rule

_BOUND_MAX: Final = 20
"""Values of one name that are looked at; a name with more has no one value."""

_LINES_MAX: Final = 8
"""Lines between where a text is put together and its use that are shown as one piece."""

_VARIABLES: Final = (BindingKind.CONST, BindingKind.LET, BindingKind.ASSIGNMENT)

Sinks = Callable[["FileFacts", "Call"], Iterable[Expr]]
"""The values of a call that must not be a client's."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A client's data in a place where it must not be."""

    path: str
    call: Call
    value: Expr
    origin: Origin


def flows(project: Project, sinks: Sinks, is_address: bool = False) -> Iterator[Flow]:
    """The flows that the change made: by the call, by what the data comes through, or by taking a check away.

    One for each call. `is_address`: the sinks are addresses, and only their start matters.
    """
    taint, before = project.once(Taint), _Before(project, sinks)
    told: set[tuple[str, int, str]] = set()
    for path, facts, is_changed in sources(project):
        for call in facts.calls:
            for value in sinks(facts, call):
                origin = taint.origin(path, value, call.scope, is_address)
                if origin is None:
                    continue
                flow = Flow(path, call, value, origin)
                is_new = project.introduced(path, call) or taint.is_new(path, origin)
                if is_changed and (is_new or before.was_closed(path, call)):
                    yield flow
                    break
                handed = handed_on(project, flow)
                place = (handed.path, handed.call.first, handed.call.callee) if handed is not None else ("", 0, "")
                if handed is not None and place not in told:
                    told.add(place)
                    yield handed
                    break


def sources(project: Project) -> Iterator[tuple[str, FileFacts, bool]]:
    """The production files that a client's data may end in, with whether the change touches them."""
    yield from ((file.path, facts, True) for file, facts in project.production)
    changed = {file.path for file, _ in project.changed}
    for path, facts in project.head.items():
        if path not in changed and is_production(path):
            yield path, facts, False


def handed_on(project: Project, flow: Flow) -> Flow | None:
    """The flow as a new call makes it, which gives a client's data to a function that was there before."""
    via = flow.origin.via
    if via is None or not project.introduced(via.path, via.call) or _was_handed(project, via):
        return None
    return Flow(via.path, via.call, via.value, flow.origin)


def _was_handed(project: Project, via: Via) -> bool:
    """Whether the function gave the same to the same before, and the change only touched the rest of the call."""
    taken = [one for one in project.head[via.path].bindings if via.value.text in (one.name, *one.locals)]
    if via.value.kind is not ExprKind.MEMBER and any(project.introduced(via.path, one) for one in taken):
        return False
    return any(
        (one.symbol, one.callee) == (via.call.symbol, via.call.callee)
        and any((arg.kind, arg.text) == (via.value.kind, via.value.text) for arg in one.args)
        for one in project.before(via.path).calls
        if via.value.kind in (ExprKind.NAME, ExprKind.MEMBER)
    )


class _Before:
    """The same question, asked of the files as they were."""

    def __init__(self, project: Project, sinks: Sinks) -> None:
        self._project = project
        self._sinks = sinks

    @cached_property
    def _taint(self) -> Taint:
        return Taint(Project(self._project.change, self._facts, {}))

    @cached_property
    def _facts(self) -> dict[str, FileFacts]:
        changed = {file.path: self._project.before(file.path) for file, _ in self._project.changed}
        return {**self._project.head, **changed}

    def was_closed(self, path: str, call: Call) -> bool:
        """Whether the same call stood in the same function, and no client's data reached it."""
        facts = self._facts.get(path)
        same = [one for one in facts.calls if (one.symbol, one.code) == (call.symbol, call.code)] if facts else []
        if facts is None or not same:
            return False
        values = [(value, one.scope) for one in same for value in self._sinks(facts, one)]
        return not any(self._taint.origin(path, value, scope) for value, scope in values)


def tell(project: Project, rule: Rule, flow: Flow, message: str, severity: Severity | None = None) -> Finding:
    """The finding of a flow. `severity` stands in for the rule's own; one call away, a blocker is a warning."""
    severity = severity or rule.severity
    if flow.origin.hops and severity is Severity.BLOCKER:
        severity = Severity.WARNING
    finding = report(rule, at(flow.path, line_of(project, flow)), message, flow.call.symbol, flow.call.code)
    return finding if severity is rule.severity else replace(finding, severity=severity)


def lines_to(project: Project, path: str, first: int, last: int) -> Span:
    """Where a text is put together, with the lines down to its use where those are few and the change wrote both."""
    is_near = first < last <= first + _LINES_MAX
    together = is_near and project.wrote(path, first) and project.wrote(path, last)
    return at(path, first, last if together else first)


def line_of(project: Project, flow: Flow) -> int:
    """The line to speak at: that of the call, of the value in a chain of calls, or of what the change wrote of both."""
    first = flow.value.first if flow.call.receiver is not None else flow.call.first
    lines = (first, flow.call.first, flow.value.first, *(binding.first for binding in flow.origin.made_by))
    return next((line for line in lines if project.wrote(flow.path, line)), first)


def option(value: Expr, *keys: str) -> Expr | None:
    """The value of the first of some keys in an object literal."""
    pairs = list(zip(value.keys, value.parts, strict=True)) if value.kind is ExprKind.OBJECT else []
    return next((part for wanted in keys for key, part in pairs if key == wanted), None)


def resolved(facts: FileFacts, value: Expr, scope: int) -> Expr:
    """What a name stands for, where the functions around give it exactly one value; else the expression itself."""
    if value.kind is not ExprKind.NAME:
        return value
    for around in facts.index.around(scope):
        bound = facts.index.bound(value.text, around)[:_BOUND_MAX]
        found = [item for item in bound if item.kind in _VARIABLES]
        if found:
            return found[0].value if len(found) == 1 else value
    return value
