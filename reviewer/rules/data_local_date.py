"""A point in time without a zone: it means another moment on every machine.

`new Date('2024-01-01 10:00')` is ten o'clock where the process runs: on a laptop, in the container and after the move
to another region it is three different moments. Say the zone (`Z`, `+02:00`), or build it with `Date.UTC`. Dates
without a time are UTC by the standard and left alone. A `timestamp` column is named where the other entities of the
project use `timestamptz`.

Bad::

    const start = new Date(`${day}T00:00:00`);

Good::

    const start = new Date(`${day}T00:00:00Z`);
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, Property
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_ZONED = ("timestamptz", "timestamp with time zone")
_LOCAL = ("timestamp", "timestamp without time zone")
_SIBLINGS_MIN = 2
"""Columns of the project with a zone from which on one without is news."""


def inspect(project: Project) -> Iterator[Finding]:
    """Moments without a zone that the change wrote."""
    for file, facts in project.production:
        for call in facts.calls:
            if not call.is_new or call.callee != "Date" or not project.introduced(file.path, call):
                continue
            local = _local_text(call)
            if local:
                yield _finding(file.path, call, f"`{local}` names no time zone")
            elif len(call.args) > 2 and all(_is_plain(arg) for arg in call.args):
                yield replace(_finding(file.path, call, "A date made of its parts"), severity=Severity.NOTE)
    yield from _columns(project)


def _finding(path: str, call: Call, what: str) -> Finding:
    return report(
        RULE,
        at(path, call.first),
        f"{what}, so it is read in the zone of the machine: another moment on every server, and twice or never at the "
        "change of the clocks. Write the zone (`Z`) or use `Date.UTC(…)`.",
        symbol=call.symbol,
        quoted=call.code,
    )


def _local_text(call: Call) -> str:
    """The text of a moment with a time and without a zone, "" for any other."""
    if len(call.args) != 1:
        return ""
    arg = call.args[0]
    if arg.kind is ExprKind.STRING:
        return arg.text if _is_local(arg.text) and arg.text[:4].isdigit() else ""
    if arg.kind is ExprKind.TEMPLATE:
        tail = arg.text.rpartition("${}")[2]
        return arg.text if _is_local(tail) and tail[:1] in ("T", " ") else ""
    last = arg.parts[-1] if arg.kind is ExprKind.CONCAT and arg.parts else None
    if last is not None and last.kind is ExprKind.STRING:
        return last.text if _is_local(last.text) and last.text[:1] in ("T", " ") else ""
    return ""


def _is_local(text: str) -> bool:
    """Whether a text ends in a time of day: `10:00`, `T23:59:59.999`."""
    clock = text.replace("T", " ").rpartition(" ")[2]
    return clock.count(":") in (1, 2) and clock.replace(":", "").replace(".", "").isdigit()


def _is_plain(arg: Expr) -> bool:
    return arg.kind is ExprKind.NUMBER


def _columns(project: Project) -> Iterator[Finding]:
    """Columns without a zone that the change wrote, where the others have one."""
    zoned = sum(
        _has_type(field, _ZONED) for facts in project.head.values() for one in facts.classes for field in one.properties
    )
    if zoned < _SIBLINGS_MIN:
        return
    for file, facts in project.production:
        before = {field.code for item in project.before(file.path).classes for field in item.properties}
        for item in facts.classes:
            for field in item.properties:
                if not _has_type(field, _LOCAL) or field.code in before:
                    continue
                if project.wrote(file.path, field.first, field.last):
                    yield report(
                        RULE,
                        at(file.path, field.first),
                        f"`{field.name}` is a `timestamp` without a zone, while the other entities use `timestamptz`: "
                        "its moments shift with the zone of the session. Make it `timestamptz`.",
                        symbol=f"{item.name}.{field.name}",
                        quoted=field.code,
                    )


def _has_type(field: Property, wanted: tuple[str, ...]) -> bool:
    for decorator in field.decorators:
        for arg in decorator.args:
            values = [arg] if arg.kind is ExprKind.STRING else []
            if arg.kind is ExprKind.OBJECT:
                values = [value for key, value in zip(arg.keys, arg.parts, strict=True) if key == "type"]
            if any(value.kind is ExprKind.STRING and value.text.lower() in wanted for value in values):
                return True
    return False


RULE = Rule(
    slug="data_local_date",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A moment without a time zone",
    inspect=inspect,
    references=(
        Reference(
            "MDN: Date, time zone of date strings",
            "https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Date",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
