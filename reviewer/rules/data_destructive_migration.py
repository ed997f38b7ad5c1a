"""A migration that drops a column or table with its rows: there is no way back, and the running version still reads it.

During the roll-out the old version of the service asks for the column and fails, and a roll-back finds no data. Deploy
code that no longer uses it first, copy what is worth keeping, and drop in a later release. A new name that nothing else
in the change takes up is a note.
Migrations that copy rows in the same step, and tables that the same migration made, are left alone.

Bad::

    await queryRunner.query(`ALTER TABLE "users" DROP COLUMN "phone"`);

Good::

    await queryRunner.query(`UPDATE "contacts" SET "phone" = u."phone" FROM "users" u WHERE u."id" = "userId"`);
    await queryRunner.query(`ALTER TABLE "users" DROP COLUMN "phone"`);
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._migrations import Step, is_migration, steps, table_of
from reviewer.rules._report import at, report

_DROPS = {
    "dropColumn": "a column", "dropColumns": "columns", "dropTable": "a table", "removeColumn": "a column",
    "dropTableIfExists": "a table", "dropCollection": "a collection", "truncate": "all rows", "dropSchema": "a schema",
}  # fmt: skip
_SQL = (("DROP TABLE", "a table"), ("DROP COLUMN", "a column"), ("TRUNCATE", "all rows"), ("DROP SCHEMA", "a schema"))


def inspect(project: Project) -> Iterator[Finding]:
    """Statements that the change adds to a migration and that throw data away, one finding for each table."""
    said: set[tuple[str, str]] = set()
    for step in steps(project):
        what, table = _thrown_away(step)
        if _renames(step) and not step.makes and not step.has_copy and not _is_followed(project, step):
            yield _renamed(step)
        if not what or step.has_copy or (step.path, table) in said:
            continue
        said.add((step.path, table))
        yield report(
            RULE,
            at(step.path, step.line),
            f"This migration drops {what}{f' of `{table.lower()}`' if table else ''} with its data: the version that "
            "still runs fails on it, and a roll-back finds nothing. Drop it in a later release, after the code stopped "
            "using it and what matters was copied.",
            symbol=step.symbol,
            quoted=step.code,
        )


def _renames(step: Step) -> bool:
    method = step.call.callee.rpartition(".")[2] if step.call is not None else ""
    return method in ("renameColumn", "renameTable") or "RENAME COLUMN" in step.sql or " RENAME TO " in step.sql


def _is_followed(project: Project, step: Step) -> bool:
    """Whether the same change takes the new name into the schema or the code: then it is done in one go on purpose."""
    last = step.call.args[-1].text if step.call is not None and step.call.args else ""
    name = _plain(step.sql.rpartition(" TO ")[2] or last)
    others = (file for file in project.change.files if not is_migration(file.path) and file.head is not None)
    return bool(name) and any(
        name in _plain(line)
        for file in others
        for number, line in enumerate((file.head or "").split("\n"), 1)
        if number in project.added(file.path)
    )


def _plain(name: str) -> str:
    return name.lower().replace("_", "").strip(" ;")


def _renamed(step: Step) -> Finding:
    found = report(
        RULE,
        at(step.path, step.line),
        "The version that still runs during the roll-out asks for the old name and fails. Add the new one beside it, "
        "copy, switch the code, and drop the old one in a later release.",
        symbol=step.symbol,
        quoted=step.code,
    )
    return replace(found, severity=Severity.NOTE, title="A migration renames what running code uses")


def _thrown_away(step: Step) -> tuple[str, str]:
    """What is dropped, and of which table; ("", "") for a harmless step."""
    if step.sql:
        what = next((word for words, word in _SQL if words in step.sql), "")
        dropped = step.sql.partition("DROP TABLE")[2].replace("IF EXISTS", "").split()
        table = table_of(step.sql) or (dropped[0].rstrip(";") if dropped else "")
        return (what, table) if table not in step.makes else ("", "")
    call = step.call
    what = _DROPS.get(call.callee.rpartition(".")[2], "") if call is not None else ""
    if call is None or not what:
        return "", ""
    first = call.args[0] if call.args else None
    is_table = first is not None and first.kind is ExprKind.STRING and (len(call.args) > 1 or "Table" in call.callee)
    table = first.text.upper() if is_table and first is not None else ""
    return ("", "") if table in step.makes else (what, table)


RULE = Rule(
    slug="data_destructive_migration",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A migration throws data away",
    inspect=inspect,
    references=(Reference("NestJS: database, migrations", "https://docs.nestjs.com/techniques/database"),),
    confidence=0.9,
    page=__doc__ or "",
)
