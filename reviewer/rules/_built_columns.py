"""Columns that migrations add by the calls of a schema builder, for projects without entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reviewer.core.entities import Entity, Stored
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.rules._accesses import innermost
from reviewer.rules._migrations import Step, is_migration

_TYPES = frozenset(
    ("string", "text", "varchar", "integer", "bigInteger", "bigint", "uuid", "date", "dateTime", "timestamp", "decimal")
)
"""Types of a schema builder whose values are many."""
_FEW = ("status", "state", "role", "type", "kind", "locale", "currency", "country", "language", "level", "mode")
"""How the names of columns end that have few values: an index on them helps little."""
_SQL_TYPES = frozenset(
    ("text", "varchar", "character", "integer", "int", "int4", "int8", "bigint", "uuid", "date", "timestamp",
     "timestamptz", "datetime", "numeric", "decimal", "citext")
)  # fmt: skip
_FILLERS = frozenset(("column", "if", "not", "exists", "only"))
_KEYS = frozenset(("unique", "primary", "references", "constraint", "index", "key"))
_TABLES = ("alterTable", "table", "createTable")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that the change adds. `names` are what code and SQL call it, in lower case."""

    entity: Entity
    field: Stored
    names: frozenset[str]


def built(project: Project, steps: Iterable[Step]) -> Iterator[Column]:
    """The columns that Knex (`table.string('barcode')`) and Kysely (`addColumn('barcode', 'text')`) add to tables."""
    for step in steps:
        call = step.call
        if call is None or step.sql or not call.args or call.args[0].kind is not ExprKind.STRING:
            continue
        name, kind = call.args[0].text, _kind(call)
        table = _table(project, step.path, call) if kind.partition("(")[0] in _TYPES else ""
        if table and not name.lower().endswith(_FEW):
            field = Stored(name, kind, step.line)
            entity = Entity(table, step.path, "builder", (field,), step.line, step.line)
            yield Column(entity, field, frozenset((name.lower(),)))


def written_columns(project: Project) -> Iterator[Column]:
    """The columns that SQL in migrations adds (`ALTER TABLE orders ADD COLUMN barcode text`), in files of any kind, and
    that the same file does not index."""
    for file in project.change.files:
        if file.head is None or not is_migration(file.path) or "down" in file.path.rpartition("/")[2].lower():
            continue
        bare = file.head.lower().replace('"', "").replace("`", "")
        packed = "".join(bare.split())
        for line, table, name, kind in _alters(bare):
            is_indexed = f"({name})" in packed or f"({name}," in packed
            if kind in _SQL_TYPES and not is_indexed and not name.endswith(_FEW) and project.wrote(file.path, line):
                field = Stored(name, kind, line)
                entity = Entity(table, file.path, "builder", (field,), line, line)
                yield Column(entity, field, frozenset((name,)))


def _alters(sql: str) -> Iterator[tuple[int, str, str, str]]:
    """Line, table, name and type of each column that statements in lower case add; what holds a key is left out."""
    table = ""
    for number, line in enumerate(sql.split("\n"), start=1):
        words = "".join(" " if letter in "(),;'" else letter for letter in line).split()
        words = [word for word in words if word not in _FILLERS]
        for at, word in enumerate(words[:-1]):
            if word == "table" and words[at - 1 : at] == ["alter"]:
                table = words[at + 1].rpartition(".")[2]
            elif word == "add" and table and len(words) > at + 2 and not _KEYS & set(words):
                yield number, table, words[at + 1], words[at + 2]


def _kind(call: Call) -> str:
    method = call.callee.rpartition(".")[2]
    if method != "addColumn":
        return method if call.callee.count(".") == 1 else ""
    return call.args[1].text if len(call.args) > 1 and call.args[1].kind is ExprKind.STRING else ""


def _table(project: Project, path: str, call: Call) -> str:
    """The table whose definition a call stands in, "" where it stands in none."""
    facts = project.head[path]
    root = innermost(call)
    if root is not None:
        is_table = root.text.rpartition(".")[2] in _TABLES and root.parts
        return root.parts[0].text if is_table else ""
    return facts.index.once(_tables).get(call.scope, "")


def _tables(facts: FileFacts) -> dict[int, str]:
    """The tables that callbacks define, by the scope of the callback."""
    return {
        arg.scope: call.args[0].text
        for call in facts.calls
        if call.callee.rpartition(".")[2] in _TABLES and len(call.args) > 1
        for arg in call.args[1:]
        if arg.kind is ExprKind.FUNCTION
    }
