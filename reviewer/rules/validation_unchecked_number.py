"""`NaN` goes on into a query: a client's text is converted to a number and nobody looks at the result.

`Number('abc')`, `parseInt('abc')` and `+'abc'` fail silently. The database answers with an error (a 500 instead of a
400), finds nothing, or sees no limit at all. A default (`|| 10`), a test or a schema is enough; `Math.min` and
`Math.max` are not, they answer NaN for NaN.

Bad::

    router.get('/orders/:id', async (req, res) => res.json(await orders.findOne(Number(req.params.id))));
    @Get(':id') one(@Param('id') id: string) { return this.orders.findOne(+id); }

Good::

    const id = Number(req.params.id);
    if (!Number.isInteger(id)) return res.status(400).json({ error: 'id' });
    @Get(':id') one(@Param('id', ParseIntPipe) id: number) { return this.orders.findOne(id); }
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from msgspec.structs import replace

from reviewer.core.checks import is_validation
from reviewer.core.concern import Concern, Severity
from reviewer.core.decorated_frameworks import converts_by_type
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route
from reviewer.core.rule import Rule
from reviewer.rules._asked_functions import Asked, handed_whole
from reviewer.rules._checked_later import left_open
from reviewer.rules._client_data import ClientData, Sent
from reviewer.rules._code import Code, called
from reviewer.rules._contract_routes import contract_leaves_text
from reviewer.rules._flow import Flow, Flows
from reviewer.rules._handlers import Handler, handlers
from reviewer.rules._json_schemas import names_nothing
from reviewer.rules._number_sinks import goes_on, reaches_query, tests_given
from reviewer.rules._numbers import converted, is_sum, keeps_nan, number_names, tested
from reviewer.rules._report import at, report
from reviewer.rules._request_methods import class_of, request_methods
from reviewer.rules._schema_texts import left_a_text, plain_texts, texts_of_classes
from reviewer.rules._sent_parts import ALL
from reviewer.rules._unchecked_type import is_pipe_elsewhere

_SENT = ("params", "query", "body", "headers")
_LINES_MAX = 12
"""Lines from where a number is made to where it is used that a reader still sees at a glance."""

_FAR_MAX = 60
"""The same where the change wrote every line of them."""

_DIGITS = ("\\d", "([0-9")
"""A path that only matches digits."""


def inspect(project: Project) -> Iterator[Finding]:
    """Numbers made of the request that the change hands on untested."""
    flows = Flows(project)
    told: set[tuple[str, int]] = set()
    for routed in _asked(project, {file.path for file, _ in project.production}):
        for asked in (routed, *handed_whole(project, routed)) if routed.data.names else ():
            for finding in _handed_on(project, flows.of(asked.path), asked):
                place = (finding.span.path, finding.span.first) if finding.span else ("", 0)
                if place not in told:
                    told.add(place)
                    yield finding


def _asked(project: Project, production: set[str]) -> Iterator[Asked]:
    for one in handlers(project):
        if one.path in production and not _only_digits(one.route):
            data = ClientData(project.head[one.path], one.scope)
            is_open = partial(_is_open, project, one)
            owner = class_of(project.head[one.path], one.scope)
            yield Asked(one.path, one.scope, one.symbol, data, is_open, "a test and a 400", owner)
    for path, item, method in request_methods(project):
        data = ClientData(project.head[path], method.scope)
        yield Asked(path, method.scope, f"{item.name}.{method.name}", data, lambda _: True, "a test and a 400", item)
    for path, routes in project.routes.items():
        facts = project.head[path]
        for route in routes if path in production else ():
            if route.method is None or route.method.scope < 0 or is_pipe_elsewhere(facts, route):
                continue
            data = ClientData(facts, route.method.scope, is_routed=False)
            texts = {part for name in plain_texts(facts, route.method) if (part := data.names.get(name))}
            texts |= {Sent(source, field) for source, field in texts_of_classes(project, path, route.method)}
            yield Asked(
                path, route.method.scope, route.symbol, data, frozenset(texts).__contains__, _cure(facts),
                route.owner,
            )  # fmt: skip


def _cure(facts: FileFacts) -> str:
    return "a test and a 400" if converts_by_type(facts) else "`ParseIntPipe`"


def _is_open(project: Project, handler: Handler, sent: Sent) -> bool:
    """Whether no schema looks at a part of the request, or one that lets any text through."""
    if not handler.has_schema or sent.source not in handler.parts:
        return True
    is_open = handler.parts != ALL and left_a_text(project, handler, sent)
    return is_open or contract_leaves_text(project, handler, sent) or names_nothing(project, handler, sent)


def _only_digits(route: Route) -> bool:
    return any(mark in route.path for mark in _DIGITS)


def _handed_on(project: Project, flow: Flow, asked: Asked) -> Iterator[Finding]:
    facts, data = project.head[asked.path], asked.data
    inside = facts.index.within(asked.scope)
    names = number_names(facts, data, inside)
    looked_at = tested(facts, flow, inside)
    said = {part for name in looked_at if (part := data.part(name) or names.get(name))}
    objects = _objects(facts, inside, looked_at)
    for call in facts.index.calls(inside):
        is_new = project.introduced(asked.path, call)
        if not is_new and not any(arg.text in objects for arg in call.args):
            continue
        behind = list(_behind(project, asked, names, call))
        if not goes_on(call) and not behind:
            continue
        given = [objects.get(arg.text, arg) for arg in left_open(project, asked.path, call)]
        found = behind or [pair for arg in given for pair in _numbers(data, names, arg)]
        fresh = [pair for pair in found if pair[0] not in said and asked.is_open(pair[0])]
        fresh = [pair for pair in fresh if is_new or project.wrote(asked.path, pair[1].first, pair[1].last)]
        target = called(project, Code(asked.path, asked.scope, asked.owner), call) if fresh and not behind else None
        if target is not None and target.scope >= 0:
            whole = replace(call, args=tuple(objects.get(arg.text, arg) for arg in call.args))
            fresh = [pair for pair in fresh if not tests_given(project, target, whole, pair[1])]
        said |= {part for part, _ in fresh}
        if fresh and fresh[0][0].source in _SENT:
            part, value = fresh[0]
            name = value.text if value.kind is ExprKind.NAME else part.field
            line = value.first if project.wrote(asked.path, value.first) else call.first
            yield report(
                RULE,
                at(asked.path, _made_at(project, asked, inside, value) or line),
                f"`{name}` of {asked.route} goes into `{call.callee}()` as NaN when the client sends no number. "
                f"Put {asked.cure} in front.",
                symbol=call.symbol or asked.route,
                quoted=f"{asked.route} {part.source}.{part.field}",
            )


def _objects(facts: FileFacts, inside: tuple[int, ...], looked_at: frozenset[str]) -> dict[str, Expr]:
    """The objects written in place that constants hold, where no field of them is tested or set afterwards."""
    changed = {one.name.partition(".")[0] for one in facts.index.bindings(inside) if "." in one.name}
    changed |= {name.partition(".")[0] for name in looked_at}
    return {
        one.name: one.value
        for one in facts.index.bindings(inside)
        if one.kind is BindingKind.CONST and one.value.kind is ExprKind.OBJECT and one.name not in changed
    }


def _made_at(project: Project, asked: Asked, inside: tuple[int, ...], value: Expr) -> int:
    """The line where a constant becomes the number, if the change wrote it not far above the use; else 0."""
    bound = (one for scope in inside for one in project.head[asked.path].index.bound(value.text, scope))
    first = next((one.first for one in bound if value.kind is ExprKind.NAME), 0)
    if not 0 < first <= value.first <= first + _FAR_MAX:
        return 0
    is_near = value.first <= first + _LINES_MAX
    written = (first,) if is_near else range(first, value.first + 1)
    return first if all(project.wrote(asked.path, line) for line in written) else 0


def _behind(project: Project, asked: Asked, names: dict[str, Sent], call: Call) -> Iterator[tuple[Sent, Expr]]:
    """The arguments that the function of the project behind a call hands on as numbers, untested: a number that is
    handed on as it is, or a text of the URL that is converted there."""
    facts = project.head[asked.path]
    target = called(project, Code(asked.path, asked.scope, asked.owner), call) if call.args else None
    if target is None or target.scope < 0:
        return
    there = project.head[target.path]
    inside = there.index.within(target.scope)
    for param, value in zip(there.functions[target.scope].params, call.args, strict=False):
        number = converted(asked.data, value) or (names.get(value.text) if value.kind is ExprKind.NAME else None)
        text = None if number else asked.data.sent(value)
        part = number or text
        if part is None or not param.name or param.default is not None or call.in_try:
            continue
        said = there.index.once(Flow)
        if param.name in tested(there, said, inside) or is_validation(facts, call.callee):
            continue
        if reaches_query(there, inside, param.name, is_number=number is not None):
            yield part, value


def _numbers(data: ClientData, names: dict[str, Sent], value: Expr) -> Iterator[tuple[Sent, Expr]]:
    """The untested numbers in an argument: as it is, or as a value of its object."""
    part = converted(data, value)
    if part is not None:
        yield part, value
    elif value.kind is ExprKind.NAME and value.text in names:
        yield names[value.text], value
    elif (
        value.kind is ExprKind.OBJECT
        or is_sum(value)
        or keeps_nan(value)
        or (value.kind is ExprKind.CHOICE and value.text == "?:")
    ):
        for inner in value.parts:
            yield from _numbers(data, names, inner)


RULE = Rule(
    slug="validation_unchecked_number",
    concern=Concern.VALIDATION,
    severity=Severity.WARNING,
    title="NaN goes on when the client sends no number",
    inspect=inspect,
    references=(
        Reference(
            "MDN: Number() and NaN",
            "https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/NaN",
        ),
        Reference("NestJS: pipes", "https://docs.nestjs.com/pipes#binding-pipes"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
