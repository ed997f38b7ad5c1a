"""A query string or header that nothing checks goes on into a service, a filter or a database.

Express parses `?status[$ne]=x` into an object and `?id=1&id=2` into an array, whatever the code behind it expects;
NestJS checks a query only against a class with validators. A value that is only compared, converted to a number or
looked up in a list of allowed ones is left alone.

Bad::

    router.get('/orders', async (req, res) => res.json(await orders.find({ status: req.query.status })));
    @Get() list(@Query() filter: { status: string }) {}

Good::

    router.get('/orders', validate(ListOrdersSchema), async (req, res) => …);
    @Get() list(@Query() filter: ListOrdersDto) {}            // a class with @IsIn(), @IsInt() …
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._client_data import ClientData, Sent
from reviewer.rules._decided import decided_names
from reviewer.rules._flow import Flow, Flows
from reviewer.rules._handlers import Handler, handlers, passes_on
from reviewer.rules._nest_headers import raw_headers
from reviewer.rules._receivers import is_receiver
from reviewer.rules._report import at, report
from reviewer.rules._unchecked_type import checker, is_body_checked, new_inputs, why_unchecked

_TAKERS = frozenset(
    ("where", "andwhere", "orwhere", "aggregate", "paginate", "destroy", "distinct", "exists", "sort", "orderby",
     "execute", "select")
)  # fmt: skip
_TAKER_STARTS = (
    "find", "list", "search", "get", "fetch", "query", "create", "update", "delete", "remove", "export", "count",
    "load", "report", "filter",
)  # fmt: skip
_STANDARD_HEADERS = frozenset(
    ("authorization", "user-agent", "cookie", "host", "origin", "referer", "accept", "accept-language", "content-type",
     "content-length", "x-forwarded-for", "x-real-ip", "x-request-id", "x-correlation-id", "range", "if-none-match",
     "if-modified-since", "x-forwarded-proto", "x-forwarded-host", "upgrade", "connection")
)  # fmt: skip
_PLAIN_OWNERS = frozenset(
    ("res", "response", "reply", "console", "logger", "log", "app", "req", "request", "cookies", "headers", "cache",
     "session", "metrics", "i18n", "Object", "Array", "JSON", "Math", "url", "path")
)  # fmt: skip

_FILTERS = ("where", "filter", "query", "criteria", "condition", "option", "sort", "order")
_HANDLERS_MIN = 10
"""Handlers that must be known before a rate means anything."""
_SCHEMA_RATE = 0.2
"""Below this share of handlers with a schema the project has decided to live without (Flowise: 12 %)."""


def inspect(project: Project) -> Iterator[Finding]:
    """Queries and headers that the change hands on unchecked."""
    for item in new_inputs(project, "Query"):
        why = "" if item.field else why_unchecked(project, item)
        if why and not is_body_checked(project, item):
            yield report(
                RULE,
                at(item.path, item.param.first, item.param.last),
                f"{why}, so {checker(project, item)} lets every parameter through, arrays and objects too. "
                "Take the query as a class whose fields have class-validator decorators.",
                symbol=item.route.symbol,
                quoted=item.param.code,
            )
    for file, _ in project.production:
        for route, param, name in raw_headers(project, file.path):
            said = report(
                RULE,
                at(file.path, param.first, param.last),
                f"The header `{name}` goes on as the client sent it: it can be missing, of any length, or anything. "
                "Check it with a pipe, such as `ParseUUIDPipe`, or a schema of its own.",
                symbol=route.symbol,
                quoted=param.code,
            )
            yield replace(said, severity=Severity.NOTE)
    flows = Flows(project)
    production = {file.path for file, _ in project.production}
    known = list(handlers(project))
    is_rare = len(known) >= _HANDLERS_MIN and sum(one.has_schema for one in known) < len(known) * _SCHEMA_RATE
    for handler in known:
        is_open = handler.is_open("query") or handler.is_query_open
        if handler.path in production and is_open and not is_receiver(handler.route):
            for finding in _express(project, flows, handler):
                # Where hardly any route has a schema, one more field without is no news, but worth knowing.
                whole = finding.quoted.endswith(".query")
                yield replace(finding, severity=Severity.NOTE) if is_rare and not whole else finding


def _express(project: Project, flows: Flows, handler: Handler) -> Iterator[Finding]:
    facts = project.head[handler.path]
    data = ClientData(facts, handler.scope)
    if not data.names or passes_on(facts, handler.scope):
        return
    inside = facts.index.within(handler.scope)
    names = decided_names(facts, flows.of(handler.path), inside)
    decided = {(part.source, part.field) for part in map(data.part, names) if part}
    for sent, value in sorted(_handed_on(facts, data, inside), key=lambda pair: pair[1].first):
        if _is_plain(sent) or (sent.source, sent.field) in decided:
            continue
        name = value.text if value.kind in (ExprKind.NAME, ExprKind.MEMBER) else f"{sent.source}.{sent.field}"
        symbol = facts.functions[handler.scope].symbol
        new = handler.is_new or not project.had_read(handler.path, value.text, symbol)
        if project.wrote(handler.path, value.first, value.last) and new:
            kind = "header" if sent.source == "headers" else "query"
            yield report(
                RULE,
                at(handler.path, value.first),
                f"`{name}` goes on as the client sent it; a {kind} can be missing, repeated or an object. Check it "
                "against a schema in front of the handler or at its start.",
                symbol=symbol or handler.symbol,
                quoted=f"{handler.symbol} {value.text}",
            )
            return


def _is_plain(sent: Sent) -> bool:
    if sent.is_text:
        return True
    if sent.source == "headers":
        return not sent.field or sent.field.lower() in _STANDARD_HEADERS
    return sent.source != "query"


def _handed_on(facts: FileFacts, data: ClientData, inside: tuple[int, ...]) -> Iterator[tuple[Sent, Expr]]:
    """Parts of the request that a call takes to find or write something, or that a filter is made of."""
    for call in facts.index.calls(inside):
        owner, _, name = call.callee.rpartition(".")
        if owner.partition(".")[0] in _PLAIN_OWNERS or not (_takes(name) or _is_collaborator(facts, call)):
            continue
        if owner == "this" and _decides_itself(facts, name):
            continue
        for arg in call.args:
            yield from data.inside(arg)
    for binding in facts.index.bindings(inside):
        place = binding.name
        if (binding.kind is BindingKind.ASSIGNMENT and "." in place and _is_filter(place.partition(".")[0])) or (
            binding.kind in (BindingKind.CONST, BindingKind.LET)
            and binding.value.kind is ExprKind.OBJECT
            and _is_filter(place)
        ):
            yield from data.inside(binding.value)


def _decides_itself(facts: FileFacts, name: str) -> bool:
    """Whether a method of the same class compares what it is given, or looks it up."""
    scopes = facts.index.functions(name)
    if len(scopes) != 1:
        return False
    names = {param.name for param in facts.functions[scopes[0]].params}
    inside = facts.index.within(scopes[0])
    sides = (side.text for one in facts.index.operations(inside) for side in (one.left, one.right))
    return bool(names & {*sides, *decided_names(facts, facts.index.once(Flow), inside)})


def _is_collaborator(facts: FileFacts, call: Call) -> bool:
    """Whether a call awaits a method of an object that the code around was handed: a service, a store."""
    owner, _, name = call.callee.rpartition(".")
    if not owner or not name or not call.awaited or call.receiver is not None:
        return False
    if owner.startswith("this."):
        return owner.count(".") == 1
    around = (facts.functions[at] for at in facts.index.around(facts.functions[call.scope].parent) if at >= 0)
    return any(param.name == owner for one in around for param in one.params)


def _takes(name: str) -> bool:
    lower = name.lower()
    return lower in _TAKERS or lower.startswith(_TAKER_STARTS)


def _is_filter(name: str) -> bool:
    return any(word in name.lower() for word in _FILTERS)


RULE = Rule(
    slug="validation_unvalidated_query",
    concern=Concern.VALIDATION,
    severity=Severity.WARNING,
    title="Nothing checks this query or header",
    inspect=inspect,
    references=(
        Reference("NestJS: validation", "https://docs.nestjs.com/techniques/validation"),
        Reference(
            "OWASP: input validation",
            "https://cheatsheetseries.owasp.org/cheatsheets/Input_Validation_Cheat_Sheet.html",
        ),
    ),
    confidence=0.87,
    page=__doc__ or "",
)
