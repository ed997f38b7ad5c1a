"""A point in time without a zone: it means another moment on every machine.

`new Date('2024-01-01 10:00')` is ten o'clock where the process runs: on a laptop, in the container and after the move
to another region it is three different moments. Say the zone (`Z`, `+02:00`), or build it with `Date.UTC`. Dates
without a time are UTC by the standard and left alone. A `timestamp` column is named where the project's other columns
are `timestamptz`, in the same entity or in most of the others, and so is one that keeps a moment as text.

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
from reviewer.core.facts import Call, Decorator, FileFacts, Property
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._local_text import local_text
from reviewer.rules._report import at, report
from reviewer.rules._zoned_columns import moments

_ZONED = ("timestamptz", "timestamp with time zone")
_LOCAL = ("timestamp", "timestamp without time zone")
_TEXTS = ("varchar", "text", "character varying", "char", "string")
_MOMENTS = ("At", "_at")
"""How the names of columns end that keep a moment."""
_COLUMNS = ("typeorm", "@mikro-orm", "sequelize-typescript")


def inspect(project: Project) -> Iterator[Finding]:
    """Moments without a zone that the change wrote."""
    for file, _ in project.production:
        for call in project.new_calls(file.path):
            if not call.is_new or call.callee != "Date":
                continue
            local = local_text(call)
            if local:
                yield _finding(file.path, call, f"`{local}` names no time zone")
            elif len(call.args) > 2 and all(_is_plain(arg) for arg in call.args):
                yield replace(_finding(file.path, call, "A date made of its parts"), severity=Severity.NOTE)
    yield from _columns(project)
    yield from _declared(project)


def _finding(path: str, call: Call, what: str) -> Finding:
    return report(
        RULE,
        at(path, call.first),
        f"{what}, so it is read in the zone of the machine: another moment on every server, and twice or never at the "
        "change of the clocks. Write the zone (`Z`) or use `Date.UTC(…)`.",
        symbol=call.symbol,
        quoted=call.code,
    )


def _is_plain(arg: Expr) -> bool:
    return arg.kind is ExprKind.NUMBER


def _columns(project: Project) -> Iterator[Finding]:
    """Columns without a zone that the change wrote, where the others have one."""
    for file, facts in project.production:
        before = {field.code for item in project.before(file.path).classes for field in item.properties}
        for item in facts.classes:
            for field in item.properties:
                what = "" if field.code in before else _unzoned(facts, field)
                if not what or not project.wrote(file.path, field.first, field.last):
                    continue
                if any(_has_type(facts, one, _ZONED) for one in item.properties) or project.once(_Zones).are_usual:
                    yield report(
                        RULE,
                        at(file.path, field.first),
                        f"`{field.name}` {what}, while its siblings are `timestamptz`. Make it `timestamptz`.",
                        symbol=f"{item.name}.{field.name}",
                        quoted=field.code,
                    )


def _declared(project: Project) -> Iterator[Finding]:
    """Columns without a zone that calls of the change declare, where others of the project have one."""
    for file, facts in project.changed:
        for one in moments(facts):
            if one.is_zoned or not project.introduced(file.path, one.call):
                continue
            is_odd = any(other.is_zoned for other in moments(facts))
            if is_odd or project.once(_Zones).are_usual:
                yield report(
                    RULE,
                    at(file.path, one.call.first),
                    f"`{one.name}` is a timestamp without a zone, while its siblings have one: its moments shift with "
                    "the zone of the session. Declare it with its time zone, like them.",
                    symbol=one.name,
                    quoted=one.call.code,
                )


def _unzoned(facts: FileFacts, field: Property) -> str:
    """What is wrong with a column that keeps a moment, "" where nothing is."""
    if _has_type(facts, field, _LOCAL):
        return "is a `timestamp` without a zone: its moments shift with the zone of the session"
    if _has_type(facts, field, _TEXTS) and field.name.endswith(_MOMENTS):
        return "keeps a moment as text: it is compared by letters, and nobody knows its zone"
    return ""


class _Zones:
    """How the project keeps its moments."""

    def __init__(self, project: Project) -> None:
        zoned = local = 0
        for path, facts in project.head.items():
            is_new = (file := project.change.file(path)) is not None and file.base is None
            for field in (one for item in facts.classes for one in item.properties if one.decorators):
                zoned += _has_type(facts, field, _ZONED)
                local += not is_new and _has_type(facts, field, _LOCAL)
            for moment in moments(facts):
                zoned += moment.is_zoned
                local += not is_new and not moment.is_zoned
        self.are_usual = zoned > local
        """Whether most of the columns with a moment have a zone."""


def _is_column(facts: FileFacts, decorator: Decorator) -> bool:
    name, module = original(facts, decorator.name)
    return name.endswith(("Column", "Property")) and module.startswith(_COLUMNS)


def _has_type(facts: FileFacts, field: Property, wanted: tuple[str, ...]) -> bool:
    for decorator in field.decorators:
        for arg in decorator.args if _is_column(facts, decorator) else ():
            values = [arg] if arg.kind is ExprKind.STRING else []
            if arg.kind is ExprKind.OBJECT:
                given = zip(arg.keys, arg.parts, strict=True)
                values = [value for key, value in given if key in ("type", "columnType")]
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
