"""A delete or update of every row: no filter, or an empty one.

One call empties the table for all users. If all rows are meant, a comment above the call says so, and this is silent;
scripts, seeds, migrations and tests are left alone.

Bad::

    await this.prisma.session.deleteMany({});

Good::

    await this.prisma.session.deleteMany({ where: { expiresAt: { lt: now } } });
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import TEXT_CHARS_MAX, Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import Access, accesses, innermost
from reviewer.rules._database_methods import Effect
from reviewer.rules._database_types import Library
from reviewer.rules._raw_sql import text_of
from reviewer.rules._report import at, report

_MEANT = ("reset", "clear", "truncate", "purge", "wipe", "flush", "teardown", "drop", "seed", "deleteall", "removeall",
          "emptyall", "all", "rebuild", "resync", "import")  # fmt: skip
"""Words in the name of a function that is meant to reach every row."""

_NARROWS = frozenset(
    ("where", "whereIn", "andWhere", "orWhere", "whereNot", "whereRaw", "whereNull", "whereNotNull", "whereExists",
     "whereBetween", "using", "innerJoin", "join", "limit", "whereRef", "whereId", "match", "values", "whereNotIn",
     "insert", "insertInto", "into", "having", "modify", "whereColumn", "returningAll", "onConflict", "if", "$if")
)  # fmt: skip


def inspect(project: Project) -> Iterator[Finding]:
    """Writes without a filter that the change wrote."""
    for file, facts in project.production:
        for access in accesses(project, file.path, facts):
            if not access.is_write or not _is_whole_table(access) or _is_meant(facts, access):
                continue
            if project.introduced(file.path, access.call):
                does = "deletes" if access.effect is Effect.REMOVE else "changes"
                yield report(
                    RULE,
                    at(file.path, access.call.first),
                    f"This call {does} every row of `{access.table or access.holder.name}`, as nothing says which. "
                    "Give it a filter; if all rows are meant, say so in a comment.",
                    symbol=access.call.symbol,
                    quoted=access.call.code,
                )


def _is_whole_table(access: Access) -> bool:
    args = access.call.args
    match access.holder.library:
        case Library.PRISMA:
            return access.method in ("deleteMany", "updateMany") and (not args or _is_unfiltered(args[0]))
        case Library.MODEL:
            if access.method == "destroy":
                return len(args) == 1 and _is_unfiltered(args[0]) and _asks_all(args[0])
            return access.method in ("deleteMany", "updateMany") and (not args or _is_empty(args[0]))
        case Library.TYPEORM:
            if access.call.callee.endswith((".execute",)):
                steps = {step.removesuffix("()") for step in access.call.callee.split(".")}
                return bool(steps & {"delete", "update"}) and not steps & _NARROWS and not _has_where(access)
            first = args[1:2] if args and args[0].kind is ExprKind.NAME and args[0].text[:1].isupper() else args[:1]
            return access.method in ("delete", "update", "softDelete") and bool(first) and _is_empty(first[0])
        case Library.BUILDER:
            return _is_whole_builder(access)
        case Library.SQL:
            text = text_of(args[0]).upper() if args else ""
            is_known = len(text) < TEXT_CHARS_MAX and "${" not in text and "INSERT" not in text
            return access.is_write and is_known and "WHERE" not in text
        case Library.CUSTOM:
            return access.method in ("deleteMany", "updateMany") and bool(args) and _is_empty(args[0])


def _has_where(access: Access) -> bool:
    return "where" in access.call.code.lower()


def _is_whole_builder(access: Access) -> bool:
    steps = {step.removesuffix("()") for step in access.call.callee.split(".")}
    ends = steps & {"del", "delete", "deleteFrom", "update", "updateTable"}
    is_statement = access.call.awaited or access.call.is_statement
    known = access.call.callee.split(".")[-1] in ("del", "delete", "execute", "update", "set", "executeTakeFirst",
                                                  "returning")  # fmt: skip
    given = innermost(access.call)
    return bool(ends) and known and is_statement and not steps & _NARROWS and given is not None


def _is_empty(part: Expr) -> bool:
    return part.kind is ExprKind.OBJECT and not part.parts


def _is_unfiltered(part: Expr) -> bool:
    """Options without a `where`, or with an empty one."""
    if part.kind is not ExprKind.OBJECT or "" in part.keys:
        return False
    where = next((value for key, value in zip(part.keys, part.parts, strict=True) if key == "where"), None)
    return where is None or _is_empty(where)


def _asks_all(part: Expr) -> bool:
    return "where" in part.keys and "truncate" not in part.keys


def _is_meant(facts: FileFacts, access: Access) -> bool:
    name = access.call.symbol.rpartition(".")[2].lower()
    comments = [one for line in (access.call.first - 1, access.call.first) for one in facts.index.comments(line)]
    return bool(comments) or any(word in name for word in _MEANT)


RULE = Rule(
    slug="data_write_without_filter",
    concern=Concern.DATA,
    severity=Severity.BLOCKER,
    title="A write reaches every row",
    inspect=inspect,
    references=(
        Reference(
            "CWE-1284: Improper validation of specified quantity", "https://cwe.mitre.org/data/definitions/1284.html"
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
