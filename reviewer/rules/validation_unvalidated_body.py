"""A request body that nothing checks: any shape, any size, any type reaches the code behind it.

NestJS checks a body only against a class with validators: `any`, an interface, an inline type or a class without
decorators pass everything. In Express nothing is checked unless a schema does it, in the handler or in front of it.

Bad::

    @Post() create(@Body() order: { customerId: string }) {}
    router.post('/orders', (req, res) => orders.create(req.body));

Good::

    @Post() create(@Body() order: CreateOrderDto) {}          // a class with @IsUUID(), @IsInt() …
    router.post('/orders', validate(OrderSchema), (req, res) => orders.create(req.body));
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.anchor import Span
from reviewer.core.concern import Concern, Severity
from reviewer.core.decorated_frameworks import converts_by_type
from reviewer.core.expr import NOWHERE, ExprKind, TypeKind
from reviewer.core.facts import FileFacts, Function
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import Input
from reviewer.core.routes import handler_scope, nest_name
from reviewer.core.rule import Rule
from reviewer.rules._asked_by_hand import is_asked_by_hand
from reviewer.rules._body_checks import is_body_open, raw_after_parse, schema_files, takes_more
from reviewer.rules._client_data import ClientData, asked_name, is_context
from reviewer.rules._flow import Flow, Flows
from reviewer.rules._handlers import Handler, handlers, passes_on
from reviewer.rules._numbers import names_in
from reviewer.rules._receivers import is_receiver
from reviewer.rules._report import at, report
from reviewer.rules._stored import assigned
from reviewer.rules._stored_behind import told_behind
from reviewer.rules._unchecked_type import bare_class, checker, is_body_checked, new_inputs, why_unchecked

_LINES_MAX = 12
"""Lines from a route to where it reads the body that one comment still covers at a glance."""

_EQUALS = frozenset(("===", "!==", "==", "!="))


def inspect(project: Project) -> Iterator[Finding]:
    """Bodies that the change wrote a handler for, and that nothing checks."""
    yield from _nest(project)
    yield from _express(project)


# ------------------------------------------------------------------------------------------------------------ NestJS


def _nest(project: Project) -> Iterator[Finding]:
    said: set[tuple[str, str]] = set()
    for item in new_inputs(project, "Body"):
        if (item.path, item.route.symbol) in said or is_body_checked(project, item) or _is_asked(project, item):
            continue
        why, severity = why_unchecked(project, item), Severity.BLOCKER
        if not why and _is_bare_primitive(item) and not converts_by_type(project.head[item.path]):
            why, severity = (
                f"`{item.field}` is a plain `{item.param.type.name}`, which no validator looks at",
                Severity.WARNING,
            )
        bare = bare_class(project, item) if why else None
        if why and (bare is None or (bare.path, str(bare.first)) not in said):
            said |= {(item.path, item.route.symbol), *(((bare.path, str(bare.first)),) if bare else ())}
            cure = "Take the body as a class whose fields have class-validator decorators."
            if bare is not None:
                cure = f"`{item.route.symbol}` takes it: give each field the class-validator decorators of its type."
            finding = report(
                RULE,
                bare or at(item.path, item.param.first, item.param.last),
                f"{why}, so {checker(project, item)} lets everything through. {cure}",
                symbol=item.route.symbol,
                quoted=item.param.code,
            )
            yield replace(finding, severity=severity)


def _is_asked(project: Project, item: Input) -> bool:
    """Whether the method asks what it takes of the body for its types itself."""
    method, facts = item.route.method, project.head[item.path]
    return method is not None and bool(item.param.name) and is_asked_by_hand(facts, method.scope, item.param.name)


def _is_bare_primitive(item: Input) -> bool:
    """`@Body('email') email: string`: a client may send an object there, and the type says otherwise."""
    return bool(item.field) and item.param.type.kind is TypeKind.PRIMITIVE


# ------------------------------------------------------------------------------------------------------------ Express


def _express(project: Project) -> Iterator[Finding]:
    production = {file.path for file, _ in project.production}
    flows = Flows(project)
    files = schema_files(handlers(project))
    for handler in handlers(project):
        if handler.path not in production or is_receiver(handler.route):
            continue
        facts = project.head[handler.path]
        if not is_body_open(facts, flows.of(handler.path), handler, files):
            yield from _raw(project, handler)
            continue
        if passes_on(facts, handler.scope) or _is_mass_assignment(facts, handler) or told_behind(project, handler):
            continue
        function = facts.functions[handler.scope]
        if is_asked_by_hand(facts, handler.scope, f"{_request(function)}.body"):
            continue
        symbol = function.symbol
        for name, line in _reads(facts, flows.of(handler.path), handler):
            new = handler.is_new or not project.had_read(handler.path, name, symbol)
            if project.wrote(handler.path, line) and (new or takes_more(project, handler, name)):
                finding = report(
                    RULE,
                    _span(project, handler, line, has_siblings=handler.file in files),
                    f"`{name}` is used as the client sent it; nothing checks its shape, types or size. Check it "
                    "against a schema (zod, Joi, express-validator …) in front of the handler or at its start.",
                    symbol=symbol or handler.symbol,
                    quoted=f"{handler.symbol} {name}",
                )
                yield replace(finding, severity=Severity.WARNING)
                break


def _span(project: Project, handler: Handler, line: int, *, has_siblings: bool) -> Span:
    """The lines a finding points at: from the route or the function to the read, if they are near and new. Where the
    function stands apart from a new route whose siblings have a schema, it is the route that lacks one."""
    route = handler.route
    apart = handler_scope(route.handler) < 0 and handler.file in project.head
    if has_siblings and apart and all(project.wrote(handler.file, one) for one in (route.first, route.last)):
        return at(handler.file, route.first, min(route.last, route.first + _LINES_MAX))
    first = route.head if handler.file == handler.path else NOWHERE
    if not line - _LINES_MAX <= first <= line:
        first = project.head[handler.path].functions[handler.scope].first
    is_near = line - _LINES_MAX <= first <= line
    all_new = is_near and all(project.wrote(handler.path, one) for one in range(first, line + 1))
    return at(handler.path, first if all_new else line, line)


def _raw(project: Project, handler: Handler) -> Iterator[Finding]:
    for call, value in raw_after_parse(project, handler.path, handler.scope):
        if project.introduced(handler.path, call) and project.wrote(handler.path, value.first):
            finding = report(
                RULE,
                at(handler.path, value.first),
                f"`{call.callee}()` gets the body as it came, not what the schema made of it: fields that the schema "
                "does not name are still there, and what it converts is not converted. Hand on its result.",
                symbol=call.symbol or handler.symbol,
                quoted=call.code,
            )
            yield replace(finding, severity=Severity.WARNING)
            return


def _is_mass_assignment(facts: FileFacts, handler: Handler) -> bool:
    """Whether the body becomes a record as it is, which another rule says."""
    data = ClientData(facts, handler.scope)
    calls = facts.index.calls(facts.index.within(handler.scope))
    return bool(data.names) and any(assigned(facts, data, call) is not None for call in calls)


def _reads(facts: FileFacts, flow: Flow, handler: Handler) -> Iterator[tuple[str, int]]:
    """Where a handler uses the body: its name and the line; not where it writes to it or only compares it."""
    function = facts.functions[handler.scope]
    name = asked_name(function, is_routed=True)
    yield from _handed(facts, function)
    if not name:
        yield from (("body", param.first) for param in function.params if name == "" and "body" in param.fields)
        return
    inside = facts.index.within(handler.scope)
    idle = {(binding.name, binding.first) for binding in facts.index.bindings(inside)}
    negated = (one.value for one in facts.index.bindings(inside) if one.value.text.startswith("!"))
    idle |= {(name, value.first) for value in negated for name in names_in(value)}  # true or false, whatever was sent
    for operation in flow.operations(inside):
        if operation.operator in _EQUALS:
            idle |= {(one.text, one.first) for one in (operation.left, operation.right)}
    for condition in flow.conditions(inside):
        idle |= {(one, condition.test.first) for one in names_in(condition.test)}  # `if (!req.body) …`
    asked = _request(function)
    whole = f"{asked}.body"
    for read in sorted(facts.index.reads(inside), key=lambda read: read.line):
        is_body = read.name == whole or read.name.startswith((whole + ".", whole + "["))
        if is_body and (read.name, read.line) not in idle and read.name.removeprefix(f"{asked}.") not in handler.filled:
            yield whole, read.line
    for binding in facts.index.bindings(inside):
        is_whole = binding.value.kind in (ExprKind.NAME, ExprKind.MEMBER) and binding.value.text == asked
        if is_whole and "body" in binding.fields:
            yield whole, binding.first


def _request(function: Function) -> str:
    """How a handler calls the request."""
    name = asked_name(function, is_routed=True) or ""
    return f"{name}.request" if is_context(function) else name


def _handed(facts: FileFacts, function: Function) -> Iterator[tuple[str, int]]:
    """The body as a parameter of a handler: `@requestBody() order`."""
    for param in function.params:
        if param.name and any(nest_name(facts, one) == "Body" for one in param.decorators):
            yield param.name, param.first


RULE = Rule(
    slug="validation_unvalidated_body",
    concern=Concern.VALIDATION,
    severity=Severity.BLOCKER,
    title="Nothing checks this request body",
    inspect=inspect,
    references=(
        Reference("NestJS: validation", "https://docs.nestjs.com/techniques/validation"),
        Reference(
            "OWASP: input validation",
            "https://cheatsheetseries.owasp.org/cheatsheets/Input_Validation_Cheat_Sheet.html",
        ),
    ),
    confidence=0.93,
    page=__doc__ or "",
)
