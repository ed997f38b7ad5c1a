"""A column that the code knows and the database does not: an entity changed, and no migration came with it.

The service starts, and fails at the first query that names the column. Said once for a change, in projects that keep
migrations and do not let the schema be synchronized: TypeORM entities, and the models of a Prisma schema.

Bad::

    + @Column({ nullable: true }) phone?: string;      // and nothing under src/migrations

Good::

    + @Column({ nullable: true }) phone?: string;
    + await queryRunner.query(`ALTER TABLE "users" ADD "phone" character varying`);
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.diff import LineKind
from reviewer.core.facts import Class, FileFacts, Property
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._migrations import is_migration
from reviewer.rules._report import at, report

_STORED = frozenset(
    ("Column", "PrimaryColumn", "PrimaryGeneratedColumn", "CreateDateColumn", "UpdateDateColumn", "DeleteDateColumn",
     "VersionColumn", "ManyToOne", "JoinColumn", "JoinTable")
)  # fmt: skip
"""Decorators of TypeORM that make a column or a table."""

_SCALARS = frozenset(("String", "Int", "BigInt", "Float", "Decimal", "Boolean", "DateTime", "Json", "Bytes"))
_NAMES_MAX = 6
_DIGITS_MIN = 3
"""Digits of a number or date that puts migrations in order: `001_orders.sql`."""


@dataclass(frozen=True, slots=True)
class _Drift:
    """Columns of one entity that came or went, and where."""

    path: str
    line: int
    entity: str
    columns: tuple[str, ...]


def inspect(project: Project) -> Iterator[Finding]:
    """One finding for a change that alters entities and brings no migration."""
    if any(is_migration(file.path) for file in project.change.files):
        return
    if not any(is_migration(path) and _is_dated(path) for path in project.change.tree):
        return
    drifts = [*_typeorm(project), *_prisma(project)]
    if not drifts or _is_synchronized(project):
        return
    columns = [f"{drift.entity}.{column}" for drift in drifts for column in drift.columns]
    listed = ", ".join(f"`{column}`" for column in columns[:_NAMES_MAX])
    more = f" and {len(columns) - _NAMES_MAX} more" if len(columns) > _NAMES_MAX else ""
    yield report(
        RULE,
        at(drifts[0].path, drifts[0].line),
        f"This change alters {listed}{more}, and brings no migration: the database keeps its old columns, and the "
        "first query fails. Generate the migration and add it to this change.",
        symbol=drifts[0].entity,
        quoted=" ".join(columns),
    )


def _is_dated(path: str) -> bool:
    """Whether a migration has a number in its name or its folder's (`1700000000000-AddPhone.ts`), as those have that
    are run; the code that runs them stands in folders of that name, too."""
    name = "".join(path.split("/")[-2:])
    return path.endswith((".ts", ".js", ".sql")) and sum(map(str.isdigit, name)) >= _DIGITS_MIN


def _typeorm(project: Project) -> Iterator[_Drift]:
    for file, facts in project.production:
        before = {item.name: item for item in project.before(file.path).classes}
        for item in facts.classes:
            if not _is_entity(facts, item):
                continue
            old = _columns(project.before(file.path), before.get(item.name))
            new = _columns(facts, item)
            came = [name for name in new if name not in old and _wrote(project, file.path, new[name])]
            gone = [name for name in old if name not in new]
            if came or gone:
                line = new[came[0]].first if came else item.head
                yield _Drift(file.path, line, item.name, (*came, *gone))


def _wrote(project: Project, path: str, field: Property) -> bool:
    return project.wrote(path, field.first, field.last)


def _is_entity(facts: FileFacts, item: Class) -> bool:
    return any(original(facts, one.name) == ("Entity", "typeorm") for one in item.decorators)


def _columns(facts: FileFacts, item: Class | None) -> dict[str, Property]:
    found: dict[str, Property] = {}
    for field in item.properties if item else ():
        kinds = {original(facts, one.name)[0] for one in field.decorators}
        if kinds & _STORED:
            found[field.name] = field
    return found


def _prisma(project: Project) -> Iterator[_Drift]:
    """Columns of scalar types that came to or left a Prisma schema."""
    for file in project.change.files:
        if not file.path.endswith(".prisma") or file.head is None or '"mongodb"' in file.head:
            continue
        lines = [line for hunk in file.diff.hunks for line in hunk.lines]
        came = {key: line.new or 1 for line in lines if line.kind is LineKind.ADDED and (key := _field(line.text))}
        gone = {key for line in lines if line.kind is LineKind.REMOVED and (key := _field(line.text))}
        fresh = [key for key in came if key not in gone]
        lost = [key for key in gone if key not in came]
        if fresh or lost:
            line = came[fresh[0]] if fresh else 1
            yield _Drift(file.path, line, "schema", tuple(name for name, _ in (*fresh, *lost)))


def _field(text: str) -> tuple[str, str] | None:
    words = text.split()
    is_field = len(words) > 1 and words[1].rstrip("?[]") in _SCALARS and not words[0].startswith(("//", "@"))
    return (words[0], words[1]) if is_field else None


def _is_synchronized(project: Project) -> bool:
    """Whether a file that was read lets TypeORM change the schema by itself."""
    heads = (file.head or "" for file in project.change.files)
    texts = (*project.change.neighbours.values(), *heads)
    return any("synchronize: true" in text or '"synchronize": true' in text for text in texts)


RULE = Rule(
    slug="data_entity_without_migration",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="An entity changed without a migration",
    inspect=inspect,
    references=(Reference("NestJS: database, migrations", "https://docs.nestjs.com/techniques/database"),),
    confidence=0.9,
    page=__doc__ or "",
)
