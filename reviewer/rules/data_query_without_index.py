"""A query by a column that the change adds without an index: each one reads the whole table.

It is fast on a developer's hundred rows, and holds a connection for seconds on production's million. Flagged are
columns that the change adds to an entity, to a Prisma model or by a schema builder (Knex, Kysely) and asks for by an
equal value, where neither the entity nor a migration of the change indexes them, and nothing else in the filter is
indexed or the key of another table, or where the new column names one row within such a key (`{ shopId, slug }`).
Columns of few values (booleans, enums) are left alone.

Bad::

    await runner.addColumn('parcel', new TableColumn({ name: 'barcode', type: 'text' }));
    // …
    await this.parcels.findOneBy({ barcode });

Good::

    await runner.addColumn('parcel', new TableColumn({ name: 'barcode', type: 'text' }));
    await runner.createIndex('parcel', new TableIndex({ columnNames: ['barcode'], isUnique: true }));
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.entities import Entity, Stored, prisma_models
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, Class
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._auth import inside
from reviewer.rules._built_columns import Column, built, written_columns
from reviewer.rules._filters import Chains, filters, said_equal
from reviewer.rules._migrations import Step, is_migration, steps
from reviewer.rules._report import at, report

_ORMS = frozenset(("typeorm", "mikro-orm", "sequelize", "prisma"))
_SELECTIVE = ("string", "number", "date", "bigint", "int", "datetime", "decimal", "")
"""Types whose values are many; enums and booleans have few, and an index on them helps little."""

_KINDS = frozenset(("boolean", "bool", "enum", "simple-enum", "json", "jsonb"))
_INDEXES = ("INDEX", "UNIQUE", "PRIMARY", "CONSTRAINT")
_INDEX_CALLS = (
    "createIndex", "createIndices", "createUniqueConstraint", "addIndex", "addConstraint", "index", "unique", "primary",
    "references",
)  # fmt: skip
_KEYED = frozenset(("primaryKey", "unique"))
_INDEX_KEYS = ("mysql", "mysql2", "mariadb")
_IDENTIFIERS = frozenset(
    ("externalid", "externalref", "externalkey", "externalreference", "remoteid", "slug", "handle", "sku", "barcode",
     "referencenumber", "ordernumber", "invoicenumber", "serialnumber", "idempotencykey")
)  # fmt: skip
_OF_ONE = ("findFirst", "findOne", "findUnique", "first", "getOne")
_VALUES = (ExprKind.NAME, ExprKind.MEMBER, ExprKind.STRING, ExprKind.NUMBER, ExprKind.CALL)


def inspect(project: Project) -> Iterator[Finding]:
    """Columns that the change adds, asks for, and does not index; each once."""
    migrated = list(steps(project))
    found = (*built(project, migrated), *written_columns(project), *_added(project))
    added = {(one.entity.name.lower(), one.field.name): one for one in found}
    if not added:
        return
    said: set[tuple[str, str]] = set()
    for file, facts in project.production:
        for access in accesses(project, file.path, facts):
            if access.is_write or not project.introduced(file.path, access.call):
                continue
            chain = facts.index.once(Chains).whole(access.call)
            compared = filters(access, chain) or said_equal(chain)
            for name, value in compared:
                key = _table(access), name
                column = added.get(key)
                if column is None or key in said or value.kind not in _VALUES or _is_served(access, column, compared):
                    continue
                if any(_indexes(step, column.names) for step in migrated) or _is_indexed_apart(project, column):
                    continue
                said.add(key)
                yield _finding(column, access, _place(project, column, migrated))


def _table(access: Access) -> str:
    """What a query is of, as entities are called: that of a repository of the project's own is in its type's name."""
    table = access.table.lower()
    return table.removesuffix("repository").removesuffix("repo") or table


def _is_indexed_apart(project: Project, column: Column) -> bool:
    """Whether a file of the change makes the index as a value that a migration is given (`index = new TableIndex(…)`);
    MySQL indexes every foreign key by itself."""
    keys = ("TableForeignKey",) if any(map(project.uses, _INDEX_KEYS)) else ()
    return any(_made_apart(project, column, ("TableIndex", "TableUnique", *keys)))


def _made_apart(project: Project, column: Column, names: tuple[str, ...]) -> Iterator[str]:
    """The migrations that make an object of TypeORM's about a column."""
    for file, facts in project.changed:
        for call in facts.calls if is_migration(file.path) else ():
            is_wanted = call.is_new and call.callee.rpartition(".")[2] in names
            if is_wanted and any(part.text.lower() in column.names for arg in call.args for part in inside(arg)):
                yield file.path


def _finding(column: Column, access: Access, place: tuple[str, int]) -> Finding:
    name = f"{column.entity.name}.{column.field.name}"
    return report(
        RULE,
        at(*place),
        f"`{access.call.symbol}` looks rows up by the new column `{name}`, which has no index: each call reads the "
        "whole table. Add an index (unique where the value is) in the migration and on the entity.",
        symbol=name,
        quoted=f"{name} without an index",
    )


def _added(project: Project) -> Iterator[Column]:
    for entity in project.entities.values():
        file = project.change.file(entity.path)
        if file is None or entity.orm not in _ORMS:
            continue
        old = _names_before(project, entity)
        for field in entity.fields:
            if field.name in old or field.is_indexed or not project.wrote(entity.path, field.line):
                continue
            kind, column = _declared(project, entity, field)
            if field.type.partition(" ")[0].rstrip("?").lower() in _SELECTIVE and kind not in _KINDS:
                yield Column(entity, field, frozenset((field.name.lower(), column.lower(), _snake(field.name))))


def _snake(name: str) -> str:
    """A field as naming strategies call its column: `userId` is `user_id`."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def _names_before(project: Project, entity: Entity) -> frozenset[str]:
    if entity.orm == "prisma":
        file = project.change.file(entity.path)
        models = prisma_models(entity.path, (file.base or "") if file else "")
        return next((one.names for one in models if one.name == entity.name), frozenset())
    before = next((one for one in project.before(entity.path).classes if one.name == entity.name), None)
    return frozenset(field.name for field in before.properties) if before else frozenset()


def _declared(project: Project, entity: Entity, field: Stored) -> tuple[str, str]:
    """The type and the name that a decorator gives the column, the field's own name where it gives none."""
    facts = project.head.get(entity.path)
    item = facts.index.declared(entity.name) if facts else None
    own = (one for one in item.properties if one.name == field.name) if isinstance(item, Class) else ()
    kind, name = "", field.name
    for arg in (arg for one in own for decorator in one.decorators for arg in decorator.args):
        if arg.kind is ExprKind.STRING:
            kind = arg.text.lower()
        elif arg.kind is ExprKind.OBJECT:
            given = dict(zip(arg.keys, arg.parts, strict=True))
            kind = given["type"].text.lower() if "type" in given else "enum" if "enum" in given else kind
            name = next((given[key].text for key in ("name", "fieldName", "field") if key in given), name)
    return kind, name


def _narrows(entity: Entity, compared: list[tuple[str, Expr]]) -> bool:
    """Whether another column of the filter has an index."""
    indexed = {field.name for field in entity.fields if field.is_indexed} | {"id", "_id", "uuid"}
    return any(name in indexed for name, _ in compared)


def _is_served(access: Access, column: Column, compared: list[tuple[str, Expr]]) -> bool:
    """Whether another column of the filter leaves few rows to read: one with an index, or the key of another table,
    whose index such a query wants."""
    if _names_one(access, column, compared):
        return False
    other_key = not _is_key(column.field.name) and any(_is_key(other) for other, _ in compared)
    return other_key or _narrows(column.entity, compared)


def _names_one(access: Access, column: Column, compared: list[tuple[str, Expr]]) -> bool:
    """Whether a query looks for the one row of an owner that a new name means: `{ shopId, externalId }`. The index of
    the owner's key leaves all rows of that owner to read, and nothing keeps a name from being given twice."""
    is_named = column.field.name.replace("_", "").lower() in _IDENTIFIERS and access.method.startswith(_OF_ONE)
    indexed = {field.name for field in column.entity.fields if field.is_indexed} | {"id", "_id", "uuid"}
    others = [name for name, _ in compared if name != column.field.name]
    if not is_named or not others or set(others) & set(column.field.behind):
        return False
    return all(_is_key(name) for name in others if name in indexed)


def _is_key(name: str) -> bool:
    """Whether a column is called like the key of another table: `ownerId`, `owner_id`."""
    return name.endswith(("Id", "_id"))


def _indexes(step: Step, names: frozenset[str]) -> bool:
    """Whether a statement of a migration makes an index on a column."""
    code = f" {step.sql or step.code} ".lower()
    words = set("".join(letter if letter.isalnum() or letter == "_" else " " for letter in code).split())
    if not words & names:
        return False
    if step.call is not None and not step.sql:
        is_made = step.call.callee.rpartition(".")[2] in _INDEX_CALLS
        return is_made or "isunique: true" in code or "unique: true" in code or _makes_keys(step.call, names)
    return any(word in step.sql for word in _INDEXES)


def _makes_keys(call: Call, names: frozenset[str]) -> bool:
    """Whether a table is made with a key on a column: `createTable('berths', { plate: { primaryKey: true } })`."""
    return any(
        key.lower() in names and _KEYED & set(value.keys)
        for arg in call.args
        for part in inside(arg)
        if part.kind is ExprKind.OBJECT
        for key, value in zip(part.keys, part.parts, strict=True)
    )


def _place(project: Project, column: Column, migrated: list[Step]) -> tuple[str, int]:
    """Where a migration adds the column, else where the entity does."""
    if column.entity.orm == "builder":
        return column.entity.path, column.field.line
    for step in migrated:
        code = (step.sql or step.code).lower()
        adds = " add " in f" {code} " or "create table" in code or "addcolumn" in code or "table." in code
        if adds and any(name in code for name in column.names):
            return step.path, step.line
    apart = set(_made_apart(project, column, ("TableColumn",)))
    adds_it = (step for step in migrated if step.path in apart and "addcolumn" in step.code.lower())
    return next(((step.path, step.line) for step in adds_it), (column.entity.path, column.field.line))


RULE = Rule(
    slug="data_query_without_index",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A query by a new column without an index",
    inspect=inspect,
    references=(Reference("NestJS: database, migrations", "https://docs.nestjs.com/techniques/database"),),
    confidence=0.88,
    page=__doc__ or "",
)
