"""A regular expression made of a client's text: a pattern such as `(a+)+$` keeps the process busy for minutes.

Node.js runs one request at a time, so one such request stops the service for all. Escaped text is left alone.

Bad::

    const pattern = new RegExp(req.query.search as string, 'i');

Good::

    const pattern = new RegExp(escapeRegExp(String(req.query.search)), 'i');
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._taint_report import flows, resolved, tell

_FILTERED: Final = frozenset(("find", "findOne", "countDocuments", "aggregate", "deleteMany", "updateMany", "where"))
_DEPTH_MAX: Final = 6
"""Objects in objects of a filter that are looked at."""


def inspect(project: Project) -> Iterator[Finding]:
    """Regular expressions that the change makes of a client's text."""
    for flow in flows(project, _patterns):
        message = (
            f"`{flow.origin.text}` comes from the client and becomes a regular expression; one pattern that backtracks "
            "stops the whole process. Escape it first, or search with `includes`."
        )
        yield tell(project, RULE, flow, message)


def _patterns(facts: FileFacts, call: Call) -> Iterator[Expr]:
    if call.callee.rpartition(".")[2] in _FILTERED:
        for arg in call.args[:1]:
            yield from _in_filter(resolved(facts, arg, call.scope), 0)
    if call.callee == "RegExp" and facts.imported("RegExp") is None:
        yield from call.args[:1]


def _in_filter(value: Expr, depth: int) -> Iterator[Expr]:
    """What stands under `$regex` in a filter of MongoDB."""
    if depth > _DEPTH_MAX or value.kind not in (ExprKind.OBJECT, ExprKind.ARRAY):
        return
    keys = value.keys or ("",) * len(value.parts)
    for key, part in zip(keys, value.parts, strict=False):
        if key == "$regex":
            yield part
        else:
            yield from _in_filter(part, depth + 1)


RULE = Rule(
    slug="security_regex_from_client",
    concern=Concern.SECURITY,
    severity=Severity.WARNING,
    title="A client's text becomes a regular expression",
    inspect=inspect,
    references=(
        Reference("CWE-1333: inefficient regular expression", "https://cwe.mitre.org/data/definitions/1333.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
