"""A route whose documentation leaves out a parameter or the answer that its siblings describe.

It has a summary, so it looks documented; but its answer has no type in the document, or one of its parameters has no
meaning there, while the other routes of the controller (or, where it has none, most of the project) say both. Query
classes describe themselves, the compiler plugin of @nestjs/swagger finds the answer's type by itself, and composites
that were not read may say anything: all of those are left alone.

Bad::

    @Get(':id')
    @ApiOperation({ summary: 'One order' })
    one(@Param('id') id: string): Promise<OrderDto> { … }          // the siblings have @ApiParam and @ApiOkResponse

Good::

    @Get(':id')
    @ApiOperation({ summary: 'One order' })
    @ApiParam({ name: 'id', description: 'Number on the invoice' })
    @ApiOkResponse({ type: OrderDto })
    one(@Param('id') id: string): Promise<OrderDto> { … }
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.facts import FileFacts, Param
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route, nest_name
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._answers import status_of
from reviewer.rules._report import at, report
from reviewer.rules._rest import decorator, is_technical, option
from reviewer.rules._router_docs import unsaid_answers, untold
from reviewer.rules._swagger import SWAGGER, Docs, owner_docs, plugin_options, route_docs, siblings_say

_DOCUMENTS = {"Param": "ApiParam", "Query": "ApiQuery", "Headers": "ApiHeader"}
_OWN_ANSWER = frozenset(("Res", "Response", "Next"))
_DECIDED = frozenset(("Redirect", "Sse", "Render", "Head"))
_ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class _Part:
    """What a document should say of a route: its answer, or a parameter of one kind, with the line to point at."""

    kind: str
    name: str
    line: int
    code: str
    is_said: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """A documented route with its parts. `group`: its controller."""

    path: str
    route: Route
    group: str
    parts: tuple[_Part, ...]


def inspect(project: Project) -> Iterator[Finding]:
    """Answers and parameters that the change left undocumented on documented routes, unlike their siblings."""
    for path, route, schema, count in untold(project):
        yield report(
            RULE,
            at(path, schema.first, schema.last),
            f"The schema of `{route.verb} {route.path}` only checks: it has no `summary`, `description` or `response`, "
            f"while each of the {count} routes in the files beside it has. Readers of the document learn neither what "
            "it does nor what it answers. Describe it there.",
            symbol=route.symbol,
            quoted="summary",
        )
    for path, route, schema, count in unsaid_answers(project):
        yield report(
            RULE,
            at(path, schema.first, schema.last),
            f"The schema of `{route.verb} {route.path}` has no `response`, while {count} of {count} beside it have: "
            "the document says nothing of its answer, and Fastify sends every field there is. Describe it there.",
            symbol=route.symbol,
            quoted="response",
        )
    if project.uses(SWAGGER):
        yield from _nest(project)


def _nest(project: Project) -> Iterator[Finding]:
    every = [one for known in _known(project) for one in _left_out(project, known)]
    own = Counter((one.group, part.kind, part.is_said) for one, part, is_fresh in every if not is_fresh)
    all_kinds: Counter[tuple[str, bool]] = Counter()
    for (_, kind, is_said), count in own.items():
        all_kinds[kind, is_said] += count
    for one, part, is_fresh in every:
        if is_fresh:
            beside = own[one.group, part.kind, True], own[one.group, part.kind, False]
            known = all_kinds[part.kind, True], all_kinds[part.kind, False]
            said = siblings_say(*beside, *known) or _said_by_all(beside, known)
            if said:
                yield _finding(one, part, said)


def _said_by_all(beside: tuple[int, int], every: tuple[int, int]) -> str:
    """The few others that are known, in words, where a controller is new and each of them says it; "" otherwise."""
    return f"{every[0]} of {every[0]} others are" if not any(beside) and every[0] and not every[1] else ""


def _left_out(project: Project, one: _Known) -> Iterator[tuple[_Known, _Part, bool]]:
    """The parts of a route, and which of them the change left out."""
    changed = project.change.file(one.path) is not None and is_production(one.path) and not is_technical(one.route)
    is_new = changed and one.route.symbol in {route.symbol for route in project.new_routes(one.path)}
    old = project.before(one.path).index.once(_codes).get(one.route.symbol, frozenset()) if changed else frozenset()
    for part in one.parts:
        is_fresh = changed and (is_new or (part.kind != _ANSWER and part.code not in old))
        yield one, part, is_fresh and not part.is_said and project.wrote(one.path, part.line)


def _codes(facts: FileFacts) -> dict[str, frozenset[str]]:
    """The parameters of each method of a file."""
    return {
        f"{item.name}.{method.name}": frozenset(param.code for param in method.params)
        for item in facts.classes
        for method in item.methods
    }


def _finding(one: _Known, part: _Part, said: str) -> Finding:
    route = one.route
    if part.kind == _ANSWER:
        what = f"`{route.verb} {route.path}` documents no answer, while {said}: clients made from the document get no "
        mend = "type for it. Add `@ApiOkResponse({ type: … })` or its kin."
    else:
        what = f"`{part.name}` of `{route.verb} {route.path}` is not described in the document, while {said}: readers "
        mend = f"cannot tell what to send. Add `@{part.kind}({{ name: '{part.name}', description: … }})`."
    return report(RULE, at(one.path, part.line), what + mend, route.symbol, f"{part.kind} {part.name}".strip())


def _known(project: Project) -> Iterator[_Known]:
    """The controllers' routes that are documented in words; those of which that cannot be told, left out."""
    options = plugin_options(project)
    for path, routes in project.routes.items():
        for route in routes:
            own, outer = route_docs(project, path, route), owner_docs(project, path, route)
            is_hidden = own.named("ApiExcludeEndpoint") or outer.named("ApiExcludeController")
            if route.owner is None or is_hidden or not own.is_complete or not outer.is_complete:
                continue
            if own.items:
                facts = project.head[path]
                group = f"{path} {route.owner.name}"
                yield _Known(path, route, group, tuple(_parts(facts, route, (own, outer), is_bare=options is None)))


def _parts(facts: FileFacts, route: Route, docs: tuple[Docs, Docs], *, is_bare: bool) -> Iterator[_Part]:
    """The parts of a route that its decorators alone can describe. `is_bare`: no compiler plugin helps."""
    own, outer = docs
    if is_bare and own.named("ApiOperation") and not _answers_nothing(facts, route):
        is_said = bool(own.responses or outer.responses)
        yield _Part(_ANSWER, "", route.head, "", is_said)
    for param in route.method.params if route.method and is_bare else ():
        for kind, name in _asked(facts, param):
            given = [option(doc.args, "name") for doc in (*own.named(kind), *outer.named(kind))]
            is_said = any(value is None or value.kind is not ExprKind.STRING or value.text == name for value in given)
            yield _Part(kind, name, param.first, param.code, is_said)


def _asked(facts: FileFacts, param: Param) -> Iterator[tuple[str, str]]:
    """The decorator that would describe a parameter, and the name of what it takes."""
    for one in param.decorators:
        kind = _DOCUMENTS.get(nest_name(facts, one))
        if kind and one.args and one.args[0].kind is ExprKind.STRING:
            yield kind, one.args[0].text


def _answers_nothing(facts: FileFacts, route: Route) -> bool:
    """Whether there is no answer to describe, or the method answers through the response object."""
    method = route.method
    if method is None or method.return_type.text in ("void", "Promise<void>"):
        return True
    code = decorator(facts, method.decorators, "HttpCode")
    if code is not None and code.args and status_of(code.args[0]) == 204:
        return True
    if any(nest_name(facts, one) in _DECIDED for one in method.decorators):
        return True
    return any(nest_name(facts, one) in _OWN_ANSWER for param in method.params for one in param.decorators)


RULE = Rule(
    slug="api_docs_incomplete_route",
    concern=Concern.API_DOCS,
    severity=Severity.NOTE,
    title="The route's documentation leaves something out",
    inspect=inspect,
    references=(
        Reference("NestJS: OpenAPI operations", "https://docs.nestjs.com/openapi/operations"),
        Reference("NestJS: OpenAPI parameters", "https://docs.nestjs.com/openapi/types-and-parameters"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
