"""Money in a floating-point column: cents appear and vanish, as 0.1 + 0.2 is not 0.3.

Sums of thousands of rows drift, comparisons fail, and invoices do not add up. Store cents as an integer, or a decimal
(`numeric(12, 2)`, Prisma's `Decimal`, `Decimal128`) and calculate with it.

Bad::

    @Column('float')
    price: number;

Good::

    @Column('numeric', { precision: 12, scale: 2 })
    price: string;
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts, Property
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._migrations import steps
from reviewer.rules._money import is_money
from reviewer.rules._report import at, report
from reviewer.rules._text import written_lines

_FLOATS = frozenset(("float", "double", "real", "double precision", "float4", "float8", "doublePrecision"))
_SQL_FLOATS = frozenset(("float", "double", "real", "float4", "float8"))
_BUILDS = frozenset(("float", "double", "real", "doublePrecision"))
_COLUMNS = ("typeorm", "@mikro-orm", "sequelize-typescript")


def inspect(project: Project) -> Iterator[Finding]:
    """Columns for money of a floating-point type that the change wrote."""
    for file, facts in project.changed:
        for item in facts.classes:
            before = {field.code for one in project.before(file.path).classes for field in one.properties}
            for field in item.properties:
                kind = _column_type(facts, field) if is_money(field.name) else ""
                if kind and project.wrote(file.path, field.first, field.last) and field.code not in before:
                    yield _finding(file.path, field.first, f"{item.name}.{field.name}", kind, field.code)
        for call in project.new_calls(file.path):
            name = _built(facts, call)
            if name:
                yield _finding(file.path, call.first, f"{call.symbol}.{name}".strip("."), call.callee, call.code)
    yield from _prisma(project)
    yield from _sql(project)


def _finding(path: str, line: int, symbol: str, kind: str, code: str) -> Finding:
    name = symbol.rpartition(".")[2]
    return report(
        RULE,
        at(path, line),
        f"`{name}` keeps money as `{kind}`, which rounds: sums drift and comparisons fail. Use whole cents or a "
        "decimal type with a scale.",
        symbol=symbol,
        quoted=code,
    )


def _column_type(facts: FileFacts, field: Property) -> str:
    """The floating-point type that a decorator gives a column, "" for any other."""
    for decorator in field.decorators:
        module = original(facts, decorator.name)[1]
        if not module.startswith(_COLUMNS):
            continue
        for arg in decorator.args:
            kind = _float_of(arg)
            if kind:
                return kind
    return ""


def _float_of(arg: Expr) -> str:
    if arg.kind is ExprKind.OBJECT:
        pairs = zip(arg.keys, arg.parts, strict=True)
        return next(
            (_float_of(value) for key, value in pairs if key in ("type", "columnType") and _float_of(value)), ""
        )
    if arg.kind is ExprKind.STRING:
        return arg.text if arg.text.lower() in _FLOATS else ""
    last = arg.text.rpartition(".")[2]
    is_type = arg.text.startswith(("DataType.", "DataTypes.", "types."))
    return arg.text if is_type and last.lower() in _FLOATS else ""


def _built(facts: FileFacts, call: Call) -> str:
    """The column of money that a schema builder declares as a float: drizzle's `real('price')`, knex' `table.float`."""
    first = call.args[0] if call.args else None
    if first is None or first.kind is not ExprKind.STRING:
        return ""
    name, module = original(facts, call.callee)
    owner, _, method = call.callee.rpartition(".")
    is_table = owner in ("table", "t", "tbl", "knex.table") and method in ("float", "double")
    is_column = is_table or (module.startswith("drizzle-orm") and name in _BUILDS)
    return first.text if is_column and is_money(first.text) else ""


def _prisma(project: Project) -> Iterator[Finding]:
    """`price Float` in a Prisma schema."""
    for file, line, text in written_lines(project, lambda file: file.path.endswith(".prisma")):
        words = text.split()
        if len(words) > 1 and words[1].rstrip("?[]") == "Float" and is_money(words[0]):
            yield _finding(file.path, line, words[0], "Float", text.strip())


def _sql(project: Project) -> Iterator[Finding]:
    """`ADD COLUMN price double precision` in an SQL migration."""
    for step in steps(project):
        words = (
            "".join(" " if letter in '",();`' else letter for letter in step.code).split() if step.call is None else ()
        )
        for name, kind in pairwise(words):
            if kind.lower() in _SQL_FLOATS and is_money(name):
                yield _finding(step.path, step.line, name, kind, step.code)


RULE = Rule(
    slug="data_money_in_float",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="Money in a floating-point number",
    inspect=inspect,
    references=(
        Reference(
            "CWE-1339: Insufficient precision of a real number", "https://cwe.mitre.org/data/definitions/1339.html"
        ),
    ),
    confidence=0.93,
    page=__doc__ or "",
)
