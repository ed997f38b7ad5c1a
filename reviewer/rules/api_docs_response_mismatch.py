"""A documented answer that the route never gives: another status, or another class.

`@ApiOkResponse` on a POST route that answers 201, `@ApiNoContentResponse` without `@HttpCode(204)`, `type: UserDto` on
a method that returns `OrderDto`: clients made from the document wait for what never comes. Routes that answer through
the response object, generic answers, entities and domain classes that something serializes are left alone.

Bad::

    @Post()
    @ApiOkResponse({ type: OrderDto })
    create(): Promise<OrderDto> { … }           // answers 201

Good::

    @Post()
    @ApiCreatedResponse({ type: OrderDto })
    create(): Promise<OrderDto> { … }
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import parents
from reviewer.core.routes import Route, nest_name, nest_routes, original
from reviewer.core.rule import Rule
from reviewer.rules._answers import status_of
from reviewer.rules._contract import type_names
from reviewer.rules._report import at, report
from reviewer.rules._rest import decorator, option
from reviewer.rules._swagger import SWAGGER, Doc, route_docs

_STATUSES = {"ApiOkResponse": 200, "ApiCreatedResponse": 201, "ApiAcceptedResponse": 202, "ApiNoContentResponse": 204}
_WRAPPERS = frozenset(("Promise", "Array", "Observable", "ReadonlyArray", "Partial", "Readonly"))
_OWN_STATUS = frozenset(("Redirect", "Sse", "Render", "All", "HttpStatus"))


def inspect(project: Project) -> Iterator[Finding]:
    """Documented answers that do not fit, on routes whose decorators or head the change wrote."""
    if not project.uses(SWAGGER):
        return
    for file, facts in project.production:
        before = {route.symbol: _signature(route) for route in nest_routes(project.before(file.path))}
        for route in project.routes.get(file.path, ()):
            method = route.method
            if method is None or not project.wrote(file.path, route.first, method.head):
                continue
            if before.get(route.symbol) == _signature(route) or _answers_itself(facts, route):
                continue
            said = route_docs(project, file.path, route)
            if said.is_complete:
                yield from _status(facts, file.path, route, said.responses)
                yield from _type(project, file.path, route, said.responses)


def _signature(route: Route) -> tuple[str, ...]:
    """What of a route decides about its answer: decorators and return type."""
    method = route.method
    if method is None:
        return ()
    args = (f"{d.name}({','.join(arg.text for arg in d.args)})" for d in method.decorators)
    return (route.verb, *args, method.return_type.text)


def _answers_itself(facts: FileFacts, route: Route) -> bool:
    """Whether the method answers through the response object, or a decorator decides the status."""
    if route.method is None or any(nest_name(facts, one) in _OWN_STATUS for one in route.method.decorators):
        return True
    return any(
        nest_name(facts, one) in ("Res", "Response") for param in route.method.params for one in param.decorators
    )


def _status(facts: FileFacts, path: str, route: Route, responses: tuple[Doc, ...]) -> Iterator[Finding]:
    said = [(doc, status) for doc in responses if (status := _said(doc)) is not None and 200 <= status < 300]
    if any(doc.name == "ApiDefaultResponse" or _is_wide(doc) for doc in responses):
        return
    code = decorator(facts, route.method.decorators if route.method else (), "HttpCode")
    actual = status_of(code.args[0]) if code is not None and code.args else 201 if route.verb == "POST" else 200
    if actual is None or not said or any(status == actual for _, status in said):
        return
    doc, status = said[0]
    yield report(
        RULE,
        at(path, doc.first if doc.is_direct else route.head),
        f"`{route.symbol}` is documented to answer {status} and answers {actual}: clients made from the document take "
        f"that for an error. {'Document' if code or route.verb != 'POST' else 'Add `@HttpCode` or document'} {actual}.",
        symbol=route.symbol,
        quoted=f"{doc.name} {status} {actual}",
    )


def _said(doc: Doc) -> int | None:
    return status_of(option(doc.args, "status")) if doc.name == "ApiResponse" else _STATUSES.get(doc.name)


def _is_wide(doc: Doc) -> bool:
    """`status: 'default'`, `'2XX'`, or one that is not written out."""
    return doc.name == "ApiResponse" and status_of(option(doc.args, "status")) is None


def _type(project: Project, path: str, route: Route, responses: tuple[Doc, ...]) -> Iterator[Finding]:
    """A documented class that is not the one the method says it returns, where both are classes that were read."""
    method = route.method
    names = [name for name in (method.return_type.names if method else ()) if name not in _WRAPPERS]
    success = [doc for doc in responses if (status := _said(doc)) is not None and 200 <= status < 300]
    if len(names) != 1 or not success:
        return
    returned = project.declaration(path, names[0])
    said = [(doc, name) for doc in success for name in type_names(option(doc.args, "type"))]
    if returned is None or not isinstance(returned.item, Class) or len(said) != 1:
        return
    doc, name = said[0]
    documented = project.declaration(doc.path, name)
    if documented is None or not isinstance(documented.item, Class) or not doc.is_direct:
        return
    if documented == returned or _related(project, documented.path, documented.item, returned.item.name):
        return
    if _related(project, returned.path, returned.item, documented.item.name) or _is_stored(returned.item):
        return
    yield report(
        RULE,
        at(path, doc.first),
        f"`{route.symbol}` is documented to answer `{name}` and returns `{names[0]}`: clients made from the document "
        "read fields that never come. Document the class that is returned.",
        symbol=route.symbol,
        quoted=f"{name} {names[0]}",
    )


def _is_stored(item: Class) -> bool:
    """An entity or domain class, which an interceptor or serializer may turn into the documented one."""
    names = {one.name.rpartition(".")[2] for one in item.decorators}
    return bool(names & {"Entity", "Schema", "Table"}) or not item.name.endswith(("Dto", "DTO", "Response", "Output"))


def _related(project: Project, path: str, item: Class, name: str) -> bool:
    """Whether a class is made from another, directly or over a few steps."""
    waiting = [(path, item)]
    for _ in range(8):
        if not waiting:
            return False
        at_path, one = waiting.pop()
        for parent in parents(one.extends) if one.extends is not None else ():
            if parent == name:
                return True
            declared = project.declaration(at_path, parent)
            if declared is not None and isinstance(declared.item, Class):
                waiting.append((declared.path, declared.item))
        if any(original(project.head[at_path], field.type.name)[0] == name for field in one.properties):
            return True
    return False


RULE = Rule(
    slug="api_docs_response_mismatch",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="The documented answer is not what comes",
    inspect=inspect,
    references=(
        Reference("NestJS: OpenAPI responses", "https://docs.nestjs.com/openapi/operations#responses"),
        Reference("NestJS: status code", "https://docs.nestjs.com/controllers#status-code"),
    ),
    confidence=0.92,
    page=__doc__ or "",
)
