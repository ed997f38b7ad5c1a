"""A required column without a default, added to a table that has rows: the migration fails where it matters.

On an empty development database it works. In production every row that exists would need a value, so the statement is
refused and the roll-out stops. Give it a default, or add it as optional, fill it, and then make it required. Tables
that the same migration made, and migrations that fill the column, are left alone.

Bad::

    await queryRunner.query(`ALTER TABLE "users" ADD COLUMN "plan" varchar NOT NULL`);

Good::

    await queryRunner.query(`ALTER TABLE "users" ADD COLUMN "plan" varchar NOT NULL DEFAULT 'free'`);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._callbacks import Callbacks
from reviewer.rules._migrations import Step, steps, table_of
from reviewer.rules._report import at, report

_FILLED = ("DEFAULT", "GENERATED", "SERIAL", "IDENTITY", "AUTO_INCREMENT")


def inspect(project: Project) -> Iterator[Finding]:
    """Required columns that the change adds to tables with rows."""
    for step in steps(project):
        is_added = _adds_required(step) or _adds_required_by_call(step) or _adds_required_by_chain(project, step)
        if step.has_copy or not (is_added or "SET NOT NULL" in step.sql):
            continue
        yield report(
            RULE,
            at(step.path, step.line),
            "This makes a column required and gives the rows that exist no value: the statement is refused, and the "
            "roll-out stops. Give it a default, or add it as optional, fill it and make it required afterwards.",
            symbol=step.symbol,
            quoted=step.code,
        )


def _adds_required(step: Step) -> bool:
    """`ADD [COLUMN] name type NOT NULL` without a default, on a table that was there."""
    added = step.sql.partition(" ADD ")[2] if " ADD " in step.sql else step.sql.partition("ADD COLUMN ")[2]
    words = added.split()
    if "NOT NULL" not in added or any(word in added for word in _FILLED) or not words:
        return False
    if words[0] in ("CONSTRAINT", "PRIMARY", "INDEX", "UNIQUE", "FOREIGN", "CHECK", "KEY"):
        return False
    table = table_of(step.sql)
    return table not in step.makes if table else not step.makes


def _adds_required_by_call(step: Step) -> bool:
    """`queryRunner.addColumn(table, new TableColumn({ isNullable: false }))`, `queryInterface.addColumn(…)`."""
    call = step.call
    if call is None or call.callee.rpartition(".")[2] != "addColumn" or len(call.args) < 2:
        return False
    table = call.args[0]
    if table.kind is ExprKind.STRING and table.text.upper() in step.makes:
        return False
    column = call.args[-1]
    options = column.parts[0] if column.kind is ExprKind.NEW and column.parts else column
    return options.kind is ExprKind.OBJECT and _is_required(options)


def _adds_required_by_chain(project: Project, step: Step) -> bool:
    """`table.string('plan').notNullable()` of knex in an existing table, `(col) => col.notNull()` of Kysely."""
    call = step.call
    if call is None:
        return False
    name = call.callee.rpartition(".")[2]
    facts = project.head[step.path]
    if name == "addColumn" and call.callee.count("alterTable()") == 1:
        body = call.args[-1].parts[0] if call.args[-1:] and call.args[-1].parts else None
        return body is not None and "notNull" in body.text and "default" not in body.text.lower()
    made = facts.index.once(Callbacks).passed_to(call.scope).rpartition(".")[2] if name == "notNullable" else ""
    if made not in ("table", "alterTable") or "default" in call.callee.lower():
        return False
    chains = (other for other in facts.index.calls([call.scope]) if other.first == call.first)
    return not any("default" in other.callee.lower() or other.callee.endswith(".alter") for other in chains)


def _is_required(options: Expr) -> bool:
    given = dict(zip(options.keys, options.parts, strict=True))
    if "default" in given or "defaultValue" in given or "isGenerated" in given or "autoIncrement" in given:
        return False
    typeorm, sequelize = given.get("isNullable"), given.get("allowNull")
    if typeorm is not None:
        return typeorm.text == "false"
    return sequelize is not None and sequelize.text == "false"


RULE = Rule(
    slug="data_failing_migration",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A required column without a default",
    inspect=inspect,
    references=(Reference("NestJS: database, migrations", "https://docs.nestjs.com/techniques/database"),),
    confidence=0.92,
    page=__doc__ or "",
)
