"""SQL put together from strings: whoever controls a part of the text controls the query.

Values belong into parameters, which the driver sends apart from the text. Tagged templates (`sql`, `$queryRaw`) do
that; a template handed to `query()` does not, however it is put together (`+=`, `.concat`, `.join`, a list of
conditions). Constants, numbers, placeholders, checked values and names of tables or columns are left alone; a client's
data is not, wherever it stands.

Bad::

    this.dataSource.query(`SELECT * FROM orders WHERE email = '${email}'`);

Good::

    this.dataSource.query('SELECT * FROM orders WHERE email = $1', [email]);
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._taint import Taint
from reviewer.rules._taint_sql import Composed, Hole, compose
from reviewer.rules._taint_sql_values import is_harmless, is_value_place

_WHOLE_QUERY = frozenset(
    ("query", "raw", "execute", "$queryRawUnsafe", "$executeRawUnsafe", "rawQuery", "unsafe", "run", "all", "exec",
     "prepare", "each", "get", "one", "none", "oneOrNone", "many", "manyOrNone", "any", "queryOne", "executeSql",
     "executeQuery", "queryArray", "batch")
)  # fmt: skip
_CONDITION = frozenset(
    ("where", "andWhere", "orWhere", "whereRaw", "andWhereRaw", "orWhereRaw", "having", "havingRaw", "andHaving",
     "joinRaw", "literal", "selectRaw", "fromRaw", "orderByRaw")
)  # fmt: skip
_STATEMENTS = frozenset(("select", "insert", "update", "delete", "with", "call", "replace", "merge", "exec", "execute"))
_CLAUSES = frozenset(("from", "into", "set", "where", "values", "table", "as"))
_OPERATORS = ("=", "<", ">", " like ", " ilike ", " in ", " in(", " between ")
_QUERIES_MAX = 500
"""Queries of one file that are looked at: ten times the most of any hand-written one of the corpus."""

_COMPOSED = (ExprKind.NAME, ExprKind.CALL, ExprKind.TEMPLATE, ExprKind.CONCAT, ExprKind.CHOICE)


def inspect(project: Project) -> Iterator[Finding]:
    """Queries that the change wrote and that put a value into their text, and orders that a client names."""
    taint = Taint(project)
    for file, facts in project.production:
        said: set[int] = set()
        composed = 0
        for call in facts.calls:
            if _is_order(project, call):
                yield from _order(project, taint, file.path, call)
                continue
            value = _text_of(facts, call)
            if value is None or composed > _QUERIES_MAX:
                continue
            composed += 1
            text = compose(facts, value, call.scope)
            if not _is_sql(call, text.fixed):
                continue
            found = next(_open_holes(taint, facts, file.path, text), None)
            if found is None or not _is_new(project, file.path, call, text):
                continue
            line = found.line if project.wrote(file.path, found.line) else call.first
            if line not in said:
                said.add(line)
                message = (
                    f"`{found.value.text[:60]}` is put into the text of the query. Whoever controls it can read or "
                    "change other data. Write a placeholder and pass the value as a parameter."
                )
                yield report(RULE, at(file.path, line), message, call.symbol, call.code)


def _is_new(project: Project, path: str, call: Call, text: Composed) -> bool:
    return any(project.introduced(path, fact) for fact in (call, *text.through))


def _open_holes(taint: Taint, facts: FileFacts, path: str, text: Composed) -> Iterator[Hole]:
    """The holes that may carry somebody's text: a client's anywhere, anything unknown at the place of a value.

    At the place of a table or column no parameter could stand anyway.
    """
    for hole, before, after in text.holes():
        if taint.origin(path, hole.value, hole.scope) is not None:
            yield hole
            continue
        is_value = is_value_place(before.lower(), after.lower())
        if is_value and not taint.is_checked(path, hole.value, hole.scope):
            yield from () if is_harmless(facts, hole.value, hole.scope, 0) else (hole,)


def _is_order(project: Project, call: Call) -> bool:
    """Whether a call gives TypeORM's query builder the name of a column, which it writes into the text as it is."""
    owner, _, name = call.callee.rpartition(".")
    if name not in ("orderBy", "addOrderBy", "groupBy", "addGroupBy") or not call.args or not project.uses("typeorm"):
        return False
    words = owner.lower()
    return any(word in words for word in ("createquerybuilder", "qb", "builder"))


def _order(project: Project, taint: Taint, path: str, call: Call) -> Iterator[Finding]:
    origin = taint.origin(path, call.args[0], call.scope)
    if origin is not None and (project.introduced(path, call) or taint.is_new(path, origin)):
        line = call.args[0].first if project.wrote(path, call.args[0].first) else call.first
        message = (
            f"`{origin.text}` comes from the client and is written into the query as it is. Look the column up in a "
            "list of those that may be sorted by."
        )
        yield replace(report(RULE, at(path, line), message, call.symbol, call.code), severity=Severity.WARNING)


def _text_of(facts: FileFacts, call: Call) -> Expr | None:
    """The text a query method is given."""
    owner, _, name = call.callee.rpartition(".")
    is_bare = not owner and name == "literal" and original(facts, name)[1].startswith("sequelize")
    if not (owner or is_bare) or call.is_tagged or not call.args or name not in _WHOLE_QUERY | _CONDITION:
        return None
    value = call.args[0]
    if value.kind is ExprKind.OBJECT:
        pairs = zip(value.keys, value.parts, strict=False)
        value = next((part for key, part in pairs if key in ("text", "sql", "query")), value)
    return value if value.kind in _COMPOSED else None


def _is_sql(call: Call, text: str) -> bool:
    words = text.lower().replace("(", " ").split()
    name = call.callee.rpartition(".")[2]
    if name in _CONDITION or (name == "raw" and words and words[0] not in _STATEMENTS):
        return any(operator in f" {text.lower()} " for operator in _OPERATORS)
    return bool(words) and words[0] in _STATEMENTS and any(word in _CLAUSES for word in words[1:])


RULE = Rule(
    slug="security_sql_from_strings",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="SQL is put together from strings",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: SQL injection prevention",
            "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",
        ),
    ),
    confidence=0.85,
    page=__doc__ or "",
)
