"""A client fills a record field by field, whatever it likes: role, owner, balance, verified.

`User.create(req.body)` writes every column that the body names. In NestJS the same happens when a body is typed as
the entity itself, or as something that is gone at run time and is laid over a record behind the controller. A schema
in front, a pick of named fields, or a DTO of its own stops it.

Bad::

    router.post('/users', async (req, res) => res.json(await User.create(req.body)));
    @Post() create(@Body() user: UserEntity) { return this.users.save(user); }

Good::

    const { email, name } = CreateUserSchema.parse(req.body);
    await User.create({ email, name });
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, Expr, ExprKind, TypeKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route
from reviewer.core.rule import Rule
from reviewer.rules._client_data import ClientData, Sent
from reviewer.rules._code import Code
from reviewer.rules._contract_routes import contract_leaves_more
from reviewer.rules._handlers import Handler, handlers
from reviewer.rules._merged_bodies import lets_all_through, merges
from reviewer.rules._open_schemas import written_open
from reviewer.rules._report import at, report
from reviewer.rules._request_methods import request_methods
from reviewer.rules._stored import assigned, is_found_record, is_stored_name
from reviewer.rules._stored_behind import told_behind, wholes, written_by
from reviewer.rules._unchecked_type import is_body_checked, is_pipe_elsewhere, new_inputs, why_unchecked

_MAPPED = frozenset(("Partial", "Omit", "Pick", "Required", "DeepPartial", "PartialType", "InstanceType"))


def inspect(project: Project) -> Iterator[Finding]:
    """Writes of a whole body into a record, and bodies typed as a record, that the change brought."""
    production = {file.path for file, _ in project.production}
    for handler in (*handlers(project), *_unrouted(project)):
        is_closed = handler.has_schema and "body" in handler.parts
        if handler.path in production and (not is_closed or lets_all_through(project, handler)):
            yield from _written(project, handler)
            yield from _merged(project, handler)
            yield from _behind(project, handler)
        elif handler.path in production:
            yield from _let_through(project, handler)
    yield from _entity_bodies(project)
    yield from _nest_written(project, production)
    yield from _nest_behind(project)


def _written(project: Project, handler: Handler) -> Iterator[Finding]:
    facts = project.head[handler.path]
    data = ClientData(facts, handler.scope)
    for call in facts.index.calls(facts.index.within(handler.scope)) if data.names else ():
        value = assigned(facts, data, call)
        if (
            value is not None
            and (handler.is_new or project.introduced(handler.path, call))
            and project.wrote(handler.path, call.first, call.last)
            and not (handler.has_schema and _fills_settings(project, handler, facts, call))
        ):
            yield _finding(handler.path, call, value, handler.symbol)


def _let_through(project: Project, handler: Handler) -> Iterator[Finding]:
    """Writes of what the handler's own schema lets through: `Schema.passthrough().parse(req.body)`."""
    for call, value in written_open(project, handler.path, handler.scope):
        if (handler.is_new or project.introduced(handler.path, call)) and project.wrote(handler.path, call.first):
            yield _finding(handler.path, call, value, handler.symbol)


def _fills_settings(project: Project, handler: Handler, facts: FileFacts, call: Call) -> bool:
    """Whether a body that a committed document describes is laid over what no query found: over settings, which a
    request may replace whole."""
    is_laid = call.callee == "Object.assign" and not is_found_record(facts, call.args[0].text, call)
    return is_laid and contract_leaves_more(project, handler.file, handler.route)


def _unrouted(project: Project) -> Iterator[Handler]:
    """The methods that take a request and that no route is known of, as the handlers they are."""
    for path, item, method in request_methods(project):
        symbol = f"{item.name}.{method.name}"
        is_new = not any(one.symbol == symbol for one in project.before(path).functions)
        route = Route("ALL", "", symbol, method.first, method.last, method.head)
        yield Handler(path, method.scope, route, is_new, has_schema=False, is_checked=False, file=path)


def _behind(project: Project, handler: Handler) -> Iterator[Finding]:
    """Writes in the functions behind a handler, where the change brought the write, or handed the body on."""
    told = told_behind(project, handler)
    if told is not None:
        one, path, line = told
        yield replace(_finding(path, one.call, one.value, handler.symbol), span=at(path, line))


def _merged(project: Project, handler: Handler) -> Iterator[Finding]:
    """`const changed = { ...existing, ...req.body }`, which is saved afterwards."""
    facts = project.head[handler.path]
    data = ClientData(facts, handler.scope)
    for binding, call in merges(facts, data, handler.scope) if data.names else ():
        if project.introduced(handler.path, binding):
            yield report(
                RULE,
                at(handler.path, binding.first),
                f"`{binding.name}` is the stored record with the whole body over it, and `{call.callee}()` keeps it: a "
                f"client of {handler.symbol} can overwrite every field, owner and id included. Name the fields it may "
                "set.",
                symbol=binding.symbol or handler.symbol,
                quoted=binding.code,
            )


def _finding(path: str, call: Call, value: Expr, route: str) -> Finding:
    what = value.text if value.kind in (ExprKind.NAME, ExprKind.MEMBER) else "the body"
    named = f"`{what}`" if what != "the body" else what
    return report(
        RULE,
        at(path, call.first),
        f"`{call.callee}` writes {named} as it came with {route}: a client can set every column, those it must not "
        "set included (role, owner, price). Name the fields it may set, or check the body against a schema that "
        "drops the rest.",
        symbol=call.symbol or route,
        quoted=call.code,
    )


def _nest_written(project: Project, production: set[str]) -> Iterator[Finding]:
    """Controllers that hand `req.body` to a repository themselves, past every pipe."""
    for path, routes in project.routes.items():
        facts = project.head[path]
        for route in routes if path in production else ():
            scope = route.method.scope if route.method else NOWHERE
            data = ClientData(facts, scope, is_routed=False) if scope >= 0 else None
            if data is None or not data.names or is_pipe_elsewhere(facts, route):
                continue
            for call in facts.index.calls(facts.index.within(scope)):
                value = assigned(facts, data, call)
                raw = value is not None and any(part.text.endswith(".body") for part in _named(value))
                if value is not None and raw and project.introduced(path, call):
                    yield _finding(path, call, value, route.symbol)


def _nest_behind(project: Project) -> Iterator[Finding]:
    """New writes in the services behind a controller whose body has a type that is gone at run time."""
    for item in new_inputs(project, "Body"):
        method = item.route.method
        if method is None or method.scope < 0 or is_body_checked(project, item) or not why_unchecked(project, item):
            continue
        names = dict.fromkeys(wholes(item.param), Sent("body"))
        data = ClientData.of(project.head[item.path], method.scope, names)
        for one in written_by(project, Code(item.path, method.scope, item.route.owner), data):
            there, call = project.head[one.path], one.call
            is_laid = call.callee == "Object.assign" and not is_found_record(there, call.args[0].text, call)
            if not is_laid and project.introduced(one.path, call) and project.wrote(one.path, call.first, call.last):
                yield _finding(one.path, call, one.value, item.route.symbol)
                break


def _named(value: Expr) -> Iterator[Expr]:
    if value.kind in (ExprKind.NAME, ExprKind.MEMBER):
        yield value
    for part in value.parts:
        yield from _named(part)


def _entity_bodies(project: Project) -> Iterator[Finding]:
    for item in new_inputs(project, "Body"):
        kind = item.param.type
        if kind.kind not in (TypeKind.NAMED, TypeKind.ARRAY) or item.field:
            continue
        wanted = kind.names if kind.name in _MAPPED else (kind.name,)
        name = next((one for one in wanted if is_stored_name(project, item.path, one)), "")
        if not name or kind.name in ("Pick",) or is_pipe_elsewhere(project.head[item.path], item.route):
            continue
        yield report(
            RULE,
            at(item.path, item.param.first, item.param.last),
            f"The body of `{item.route.symbol}` is the stored record `{name}` itself, so a client can set every "
            "column, those it must not set included (id, role, owner). Take a DTO with only the fields it may set.",
            symbol=item.route.symbol,
            quoted=item.param.code,
        )


RULE = Rule(
    slug="validation_mass_assignment",
    concern=Concern.VALIDATION,
    severity=Severity.BLOCKER,
    title="A client can set every field of this record",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: mass assignment",
            "https://cheatsheetseries.owasp.org/cheatsheets/Mass_Assignment_Cheat_Sheet.html",
        ),
        Reference("CWE-915", "https://cwe.mitre.org/data/definitions/915.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
    serves="standards-never-trust-client-data",
)
