"""What a migration does to the database: statements in SQL, and the calls of schema builders, in its `up`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.change import ChangedFile
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.rules._text import written_lines


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a migration: SQL in upper case with folded blanks, or a builder's call (`sql` is "")."""

    path: str
    line: int
    sql: str
    call: Call | None
    code: str
    symbol: str
    has_copy: bool
    """Whether the same migration moves rows somewhere else first."""
    makes: frozenset[str]
    """Tables that the same migration creates, in upper case, without quotes."""


_COPIES = ("INSERT INTO", "UPDATE ", "MERGE INTO", "SELECT INTO")


def is_migration(path: str) -> bool:
    """Whether a file is a migration, by its folder or name."""
    lower = path.lower()
    folders = lower.split("/")
    return any("migration" in folder for folder in folders[:-1]) or ".migration." in folders[-1]


def steps(project: Project) -> Iterator[Step]:
    """The statements that the change adds to migrations, those of `down` not."""
    for file, facts in project.changed:
        if is_migration(file.path):
            yield from _of_code(project, file.path, facts)
    yield from _of_sql(project)


def _of_code(project: Project, path: str, facts: FileFacts) -> Iterator[Step]:
    calls = [call for call in facts.calls if _is_up(facts, call)]
    forward = [call for call in facts.calls if "down" not in call.symbol.split(".")]
    texts = [folded(text) for call in forward for text in _texts(call)]
    has_copy = any(word in text for text in texts for word in _COPIES)
    makes = frozenset(_table_after(text, "CREATE TABLE") for text in texts if "CREATE TABLE" in text)
    makes |= frozenset(
        call.args[0].text.upper() for call in calls if call.callee.endswith(".createTable") and call.args
    )
    for call in calls:
        if not project.introduced(path, call):
            continue
        found = [folded(text) for text in _texts(call)]
        for sql in found or [""]:
            yield Step(path, call.first, sql, call, call.code, call.symbol, has_copy, makes)


def _is_up(facts: FileFacts, call: Call) -> bool:
    if "down" in call.symbol.split("."):
        return False
    names = [facts.functions[around].name for around in facts.index.around(call.scope) if around >= 0]
    return "up" in names or "up" in call.symbol.split(".")


def _texts(call: Call) -> Iterator[str]:
    """SQL that a call is given as a literal."""
    if call.callee.rpartition(".")[2] in ("query", "raw", "execute", "addSql", "sql", "unsafe", "runSql",
                                            "$executeRawUnsafe"):  # fmt: skip
        for arg in call.args[:1]:
            if arg.kind in (ExprKind.STRING, ExprKind.TEMPLATE):
                yield arg.text
            elif arg.kind is ExprKind.CONCAT:
                yield " ".join(_pieces(arg))


def _pieces(arg: Expr) -> Iterator[str]:
    return (part.text for part in arg.parts if part.kind in (ExprKind.STRING, ExprKind.TEMPLATE))


def _of_sql(project: Project) -> Iterator[Step]:
    """The statements of `.sql` migrations, each at the line where it starts."""
    whole: dict[str, tuple[bool, frozenset[str]]] = {}
    for file, line, text in written_lines(project, _is_sql):
        if file.path not in whole:
            sql = folded(file.head or "")
            makes = frozenset(_table_after(part, "CREATE TABLE") for part in sql.split(";") if "CREATE TABLE" in part)
            whole[file.path] = (any(word in sql for word in _COPIES), makes)
        if text.strip() and not text.strip().startswith(("--", "/*", "*")):
            has_copy, makes = whole[file.path]
            code = text.strip()
            yield Step(file.path, line, folded(code), None, code, "", has_copy, makes)


def _is_sql(file: ChangedFile) -> bool:
    lower = file.path.lower()
    return lower.endswith(".sql") and is_migration(file.path) and "down" not in lower


def folded(sql: str) -> str:
    """SQL in upper case, with single blanks and without quotes around names."""
    return " ".join(sql.upper().replace('"', "").replace("`", "").split())


def _table_after(sql: str, words: str) -> str:
    rest = sql.partition(words)[2].replace("IF NOT EXISTS", "").split()
    return rest[0].rstrip("(").rpartition(".")[2] if rest else ""


def table_of(sql: str) -> str:
    """The table that an ALTER TABLE changes, "" where it is said elsewhere."""
    rest = sql.partition("ALTER TABLE")[2].replace("IF EXISTS", "").replace("ONLY", "").split()
    return rest[0].rpartition(".")[2] if rest else ""
