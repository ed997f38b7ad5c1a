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
from reviewer.core.expr import Expr
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._taint import Taint
from reviewer.rules._taint_params import is_text_parameter
from reviewer.rules._taint_report import Flow, handed_on, lines_to, sources, tell
from reviewer.rules._taint_sql import Composed, Hole, compose
from reviewer.rules._taint_sql_calls import BUILDERS, PIECES, is_sent, is_sql, text_of
from reviewer.rules._taint_sql_values import is_harmless, is_quoted, is_value_place
from reviewer.rules._unlooked import Unlooked

_HOPS_MAX = 3
"""Calls between a handler and a piece of a query; the service and the repository are two."""

_QUERIES_MAX = 500
"""Queries of one file that are looked at: ten times the most of any hand-written one of the corpus."""


def inspect(project: Project) -> Iterator[Finding]:
    """Queries that the change wrote and that put a value into their text, and orders that a client names."""
    taint = project.once(Taint)
    has_builder = any(map(project.uses, BUILDERS))
    for path, facts, is_changed in sources(project):
        said: set[int] = set()
        composed = 0
        for call in facts.calls:
            if _is_order(project, call):
                yield from _order(project, taint, path, call) if is_changed else ()
                continue
            value = text_of(facts, call)
            if value is None:
                continue
            if composed > _QUERIES_MAX:
                project.once(Unlooked).note(
                    RULE.slug, f"it looked at the first {_QUERIES_MAX} queries of `{path}` alone"
                )
                continue
            composed += 1
            text = compose(facts, value, call.scope)
            if is_sql(call, text.fixed) or (has_builder and _quotes(call, text.fixed)):
                found = next(_open_holes(taint, facts, path, text), None)
            else:
                found = _client_hole(taint, path, call, value, text) if has_builder or is_sent(call, value) else None
            if found is None:
                continue
            if not is_changed or not _is_new(project, path, call, text):
                yield from _handed_on(project, taint, path, call, text)
                continue
            line = found.line if project.wrote(path, found.line) else call.first
            if line not in said:
                said.add(line)
                message = (
                    f"`{found.value.text[:60]}` is put into the text of the query. Whoever controls it can read or "
                    "change other data. Write a placeholder and pass the value as a parameter."
                )
                yield report(RULE, lines_to(project, path, line, value.first), message, call.symbol, call.code)


def _quotes(call: Call, text: str) -> bool:
    """Whether a piece of SQL has something in quotes put into it: `raw(`similarity(city, '${city}')`)`."""
    return call.callee.rpartition(".")[2] in PIECES and "'${}" in text


def _is_new(project: Project, path: str, call: Call, text: Composed) -> bool:
    return any(project.introduced(path, fact) for fact in (call, *text.through))


def _handed_on(project: Project, taint: Taint, path: str, call: Call, text: Composed) -> Iterator[Finding]:
    """A new call that gives a client's data to a function that already put its argument into a query."""
    for hole, _, _ in text.holes():
        origin = taint.origin(path, hole.value, hole.scope)
        flow = handed_on(project, Flow(path, call, hole.value, origin)) if origin is not None else None
        if flow is not None:
            message = (
                f"`{flow.origin.text}` comes from the client, and `{flow.call.callee}` puts it into the text of a "
                "query. Whoever sends it can read or change other data. Write a placeholder there, or check it here."
            )
            yield tell(project, RULE, flow, message)
            return


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
            root = hole.value.text.partition(".")[0]
            is_given = is_quoted(before, hole.value) and is_text_parameter(facts, root, hole.scope)
            if is_given or not is_harmless(facts, hole.value, hole.scope, 0):
                yield hole


def _client_hole(taint: Taint, path: str, call: Call, value: Expr, text: Composed) -> Hole | None:
    """The first hole that carries a client's text, in a piece of a query or in a whole one that is not written here."""
    if call.callee.rpartition(".")[2] in PIECES:
        return next(_clients(taint, path, text, hops=_HOPS_MAX), None)
    # What a caller puts together is told there.
    return next(_clients(taint, path, text, hops=0), None) if is_sent(call, value) else None


def _clients(taint: Taint, path: str, text: Composed, hops: int) -> Iterator[Hole]:
    """The holes that carry a client's text, at most some calls away, where it is not known what stands around them."""
    for hole, _, _ in text.holes():
        origin = taint.origin(path, hole.value, hole.scope)
        if origin is not None and origin.hops <= hops:
            yield hole


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
