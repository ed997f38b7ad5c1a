"""A path parameter that the path does not have: it is undefined in every request.

`@Param('userId')` on `/users/:id`, `req.params.userId` in a handler of `/users/:id`. With a pipe or a validator every
request is refused; without, the query runs with undefined. Paths that are put together elsewhere (constants,
`RouterModule`, routers with `mergeParams`, plugin prefixes) are left alone.

Bad::

    @Get(':id') one(@Param('userId') userId: string) { … }

Good::

    @Get(':id') one(@Param('id') userId: string) { … }
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Class, FileFacts, Method
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import Input, inputs
from reviewer.core.routes import Route, nest_name, nest_routes
from reviewer.core.rule import Rule
from reviewer.rules._code import Code, handler
from reviewer.rules._registrations import Registrations
from reviewer.rules._report import at, report
from reviewer.rules._request import request_name
from reviewer.rules._rest import nest_templates, parameters


def inspect(project: Project) -> Iterator[Finding]:
    """Reads of path parameters that no template of the route names."""
    yield from _nest(project)
    yield from _routers(project)


def _nest(project: Project) -> Iterator[Finding]:
    production = {file.path for file, _ in project.production}
    outer = _outer_parameters(project)
    for item in inputs(project):
        method = item.route.method
        if item.source != "Param" or item.path not in production or method is None or item.route.owner is None:
            continue
        facts = project.head[item.path]
        templates = nest_templates(facts, item.route)
        if templates is None or item.route.owner.is_abstract or not _wrote(project, item, method):
            continue
        known = {name for template in templates for name in parameters(template)} | outer
        for name in _names(project, item):
            if name not in known and not _was_there(project, item, name):
                yield _finding(item.path, item.param.first, item.route, name, templates[0])


def _wrote(project: Project, item: Input, method: Method) -> bool:
    owner = item.route.owner
    head = owner.decorators if owner else ()
    return project.wrote(item.path, method.first, method.head) or any(
        project.wrote(item.path, first, last)
        for first, last in [(item.param.first, item.param.last), *((one.first, one.last) for one in head)]
    )


def _names(project: Project, item: Input) -> tuple[str, ...]:
    """The parameter a decorator picks, or the fields that its class asks for."""
    if item.field:
        return (item.field,)
    picked = [d for d in item.param.decorators if nest_name(project.head[item.path], d) == "Param"]
    if any(arg.kind is ExprKind.STRING or arg.parts or arg.text for d in picked for arg in d.args):
        return ()
    declared = project.declaration(item.path, item.param.type.name) if item.param.type.name else None
    if declared is None or not isinstance(declared.item, Class) or declared.item.extends is not None:
        return ()
    return tuple(
        field.name
        for field in declared.item.properties
        if field.decorators
        and not field.is_optional
        and field.value is None
        and not any(one.name.rpartition(".")[2] in _NOT_ASKED for one in field.decorators)
    )


_NOT_ASKED = ("IsOptional", "Exclude", "Transform", "Expose", "ValidateIf")


def _was_there(project: Project, item: Input, name: str) -> bool:
    before = project.before(item.path)
    for route in nest_routes(before):
        if route.symbol == item.route.symbol and route.method is not None:
            codes = {param.code for param in route.method.params}
            known = {one for template in nest_templates(before, route) or () for one in parameters(template)}
            return item.param.code in codes and name not in known
    return False


def _outer_parameters(project: Project) -> set[str]:
    """Parameters in prefixes that modules and `setGlobalPrefix` put before the controllers' paths."""
    found: set[str] = set()
    for facts in project.head.values():
        if "RouterModule" in facts.names or "setGlobalPrefix" in facts.names:
            for text in facts.strings:
                if ":" in text.text:
                    found.update(parameters(text.text))
    return found


def _routers(project: Project) -> Iterator[Finding]:
    production = {file.path for file, _ in project.production}
    served: dict[tuple[str, int], list[tuple[str, Route]]] = {}
    codes: dict[tuple[str, int], Code] = {}
    for path, routes in project.routes.items():
        for route in routes:
            code = handler(project, path, route) if route.method is None else None
            if code is not None:
                served.setdefault((code.path, code.scope), []).append((path, route))
                codes[code.path, code.scope] = code
    registered = {path: project.head[path].index.once(Registrations) for path in project.routes}
    for where, users in served.items():
        involved = {where[0], *(path for path, _ in users)}
        if not involved & production or not all(_is_whole(registered[path], route) for path, route in users):
            continue
        known = {name for _, route in users for name in parameters(route.path)}
        for name, line in _reads(project.head[where[0]], where[1]):
            path, route = users[0]
            is_new = project.wrote(where[0], line) or project.wrote(path, route.first, route.last)
            if name not in known and is_new and not _read_before(project, codes[where], name, route):
                yield _finding(where[0], line, route, name, route.path)


def _is_whole(registered: Registrations, route: Route) -> bool:
    """Whether the route's text is all of its parameters: a router made here, which takes none from its parent."""
    found = registered.of(route)
    if found is None or not found.is_literal or any(char in route.path for char in "(*{"):
        return False
    made = registered.maker(found.router)
    if made is None:
        return False
    name, module, call = made
    is_app = module == "express" and name in ("default", "*", "express")
    is_router = module in ("express", "express-promise-router") and name.rpartition(".")[2] in ("Router", "default")
    given = [key for part in call.parts for key in (part.keys or (part.text,))]
    return is_app or (is_router and not given) or (is_router and all(k in ("strict", "caseSensitive") for k in given))


def _reads(facts: FileFacts, scope: int) -> Iterator[tuple[str, int]]:
    """The path parameters that a handler reads by name, each once, with the line."""
    name = request_name(facts.functions[scope])
    if name is None:
        return
    whole = f"{name}.params" if name else "params"
    if not name and "params" not in facts.functions[scope].params[0].fields:
        return
    found: dict[str, int] = {}
    inside = facts.index.within(scope)
    for binding in facts.index.bindings(inside):
        if binding.fields and binding.value.text == whole:
            for field in binding.fields:
                found.setdefault(field, binding.first)
    for read in facts.index.reads(inside):
        if read.name.startswith(whole + "."):
            found.setdefault(read.name[len(whole) + 1 :].partition(".")[0].partition("[")[0], read.line)
    yield from ((key, line) for key, line in found.items() if key and not key.startswith("...") and key != "hasOwn")


def _read_before(project: Project, code: Code, name: str, route: Route) -> bool:
    symbol = project.head[code.path].functions[code.scope].symbol
    return route.symbol in {old.symbol for old in project.routes_before(code.path)} and any(
        read.name.endswith(f".params.{name}") and read.symbol == symbol for read in project.before(code.path).reads
    )


def _finding(path: str, line: int, route: Route, name: str, template: str) -> Finding:
    known = list(parameters(template))
    has = f"its parameters are {', '.join(f'`{one}`' for one in known)}" if known else "it has no parameter at all"
    return report(
        RULE,
        at(path, line),
        f"`{route.symbol}` reads the path parameter `{name}`, but the path is `{template}` and {has}, so `{name}` is "
        "undefined in every request. Use one name in both places.",
        symbol=route.symbol,
        quoted=name,
    )


RULE = Rule(
    slug="api_docs_unknown_path_parameter",
    concern=Concern.API_DOCS,
    severity=Severity.BLOCKER,
    title="The path has no such parameter",
    inspect=inspect,
    references=(Reference("NestJS: route parameters", "https://docs.nestjs.com/controllers#route-parameters"),),
    confidence=0.95,
    page=__doc__ or "",
    serves="standards-structure-apis-by-rest",
)
