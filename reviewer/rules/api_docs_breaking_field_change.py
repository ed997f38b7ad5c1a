"""A public request or answer changed in a way that breaks the clients there are.

A field that became required, a field or enum value that is gone or renamed, another type: clients that were written
against the old contract are refused, or read undefined. A new required field counts where the route has a version.
Base and head are compared, for classes, interfaces and enums that existed and that a route which existed takes in or
gives out. Deprecated fields may go, and so may those of a request, which are just not read any more, unless a pipe
forbids what it does not know.

Bad::

    export class CreateOrderDto {
      @IsUUID() customerId: string;
    - @IsOptional() @IsString() channel?: string;
    + @IsString() channel: string;              // every client that leaves it out gets 400
    }

Good::

    + @IsOptional() @IsIn(CHANNELS) channel?: string;
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts, TypeDeclaration
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import reached_inputs
from reviewer.core.routes import Route, nest_name
from reviewer.core.rule import Rule
from reviewer.rules._contract import Contract, answered_types
from reviewer.rules._contract_fields import Field, fields_of
from reviewer.rules._graphql_contract import graphql_fields_gone
from reviewer.rules._pipes import option_objects, pipes
from reviewer.rules._report import at, report
from reviewer.rules._schema_contract import Broken, broken_schemas
from reviewer.rules._schema_text_contract import schema_text_broken

_SHAPES = frozenset(("string", "number", "boolean", "Date", "bigint"))


def inspect(project: Project) -> Iterator[Finding]:
    """Fields and enum values of public contracts that the change made required, removed, or gave another type."""
    for contract in _contracts(project):
        before = project.before(contract.path)
        old = before.index.declared(contract.item.name)
        if old is None or project.change.file(contract.path) is None or not _comparable(old, contract.item):
            continue
        olds = fields_of(before, old)
        news = fields_of(project.head[contract.path], contract.item)
        is_promised = contract.is_request and contract.route in project.once(_versioned)
        broken = list(_differences(olds, news, contract, is_promised=is_promised))
        is_enum = isinstance(old, TypeDeclaration) and old.keyword == "enum"
        if not contract.is_request or is_enum or project.once(_forbids_unknown):
            broken += _gone(olds, news)
        if broken:
            line = broken[0][1] or (contract.item.head if isinstance(contract.item, Class) else contract.item.first)
            yield _finding(contract, line, tuple(text for text, _ in broken))
    yield from _graphql(project)
    yield from (_said(one, "the routes that use it") for one in broken_schemas(project))


def _graphql(project: Project) -> Iterator[Finding]:
    """Fields of GraphQL types that clients can no longer ask for: of classes, and of schemas not printed from them."""
    gone = list(graphql_fields_gone(project))
    for one in gone:
        names = tuple(f"`{name}` is gone" for name in one.names)
        yield _finding(Contract(one.path, one.item, "the GraphQL schema", False), one.line, names)
    known = {one.item.name for one in gone}
    yield from (_said(one, "the schema") for one in schema_text_broken(project) if one.name not in known)


def _finding(contract: Contract, line: int, what: tuple[str, ...]) -> Finding:
    return _said(Broken(contract.path, contract.item.name, contract.is_request, what, line), f"`{contract.route}`")


def _said(broken: Broken, where: str) -> Finding:
    who = "sends" if broken.is_request else "reads"
    said = "; ".join(broken.what[:4]) + ("; …" if len(broken.what) > 4 else "")
    return report(
        RULE,
        at(broken.path, broken.line),
        f"This breaks every client that {who} `{broken.name}` with {where}: {said}. Keep the old form working "
        "beside the new one (optional, or under a new version) until the clients have moved.",
        symbol=broken.name,
        quoted=" ".join(broken.what),
    )


def _contracts(project: Project) -> Iterator[Contract]:
    """What routes that existed take in and give out, each type once."""
    fresh = {route.symbol for path in project.routes for route in project.new_routes(path)}
    changed = {file.path for file, _ in project.production}
    seen: set[tuple[str, str]] = set()
    requests = (Contract(one.path, one.item, one.route, True) for one in reached_inputs(project))
    for one in (*requests, *answered_types(project)):
        if one.route in fresh or one.path not in changed or (one.path, one.item.name) in seen:
            continue
        seen.add((one.path, one.item.name))
        yield one


def _versioned(project: Project) -> frozenset[str]:
    """The symbols of routes that belong to a version of the API: by path, controller or a decorator."""
    return frozenset(
        route.symbol
        for path, routes in project.routes.items()
        for route in routes
        if _is_versioned(project.head[path], route)
    )


def _is_versioned(facts: FileFacts, route: Route) -> bool:
    if any(step[:1] == "v" and step[1:].isdigit() for step in route.path.split("/")):
        return True
    owner = route.owner.decorators if route.owner else ()
    own = route.method.decorators if route.method else ()
    return any(nest_name(facts, one) == "Version" for one in (*owner, *own)) or any(
        "version" in arg.keys for one in owner for arg in one.args
    )


def _comparable(old: Class | TypeDeclaration, new: Class | TypeDeclaration) -> bool:
    if isinstance(old, Class) and isinstance(new, Class):
        return (old.extends and old.extends.text) == (new.extends and new.extends.text)
    if isinstance(old, TypeDeclaration) and isinstance(new, TypeDeclaration):
        return old.keyword == new.keyword and old.extends == new.extends
    return False


def _differences(
    olds: Mapping[str, Field], news: Mapping[str, Field], contract: Contract, *, is_promised: bool
) -> Iterator[tuple[str, int]]:
    """What breaks by what is there now, in words, with the line at head. `is_promised`: a version of the API promises
    that what a client sends today is accepted."""
    item, is_request = contract.item, contract.is_request
    is_enum = isinstance(item, TypeDeclaration) and item.keyword == "enum"
    for name, new in news.items():
        old = olds.get(name)
        if is_enum:
            continue
        if old is None:
            if is_promised and new.is_required:
                yield f"`{name}` is new and required", new.first
        elif is_request and new.is_required and old.is_optional:
            yield f"`{name}` became required", new.first
        elif old.type and new.type and _plain(old.type) != _plain(new.type) and _is_narrower(old.type, new.type):
            yield f"`{name}` was `{old.type}` and is `{new.type}`", new.first


def _gone(olds: Mapping[str, Field], news: Mapping[str, Field]) -> list[tuple[str, int]]:
    """The fields that are gone, each with the line of what took its place, or of what it stood behind (0: of none)."""
    found: list[tuple[str, int]] = []
    order = list(news)
    kept, line = -1, 0
    for name, old in olds.items():
        if name in news:
            kept, line = order.index(name), news[name].last
        elif not old.is_deprecated and name:
            kept += 1
            is_replaced = kept < len(order) and order[kept] not in olds
            found.append((f"`{name}` is gone", news[order[kept]].last if is_replaced else line))
            kept -= not is_replaced
    return found


def _forbids_unknown(project: Project) -> bool:
    """Whether a pipe that was read refuses fields that no class names; else a field that is gone is just dropped."""
    for facts in project.head.values():
        for options in (*(options for _, options in pipes(facts)), *option_objects(facts)):
            if options.values.get("forbidNonWhitelisted") == "true":
                return True
    return False


def _plain(text: str) -> str:
    """A type without `null` and `undefined`, its alternatives in order."""
    return "|".join(sorted(part for part in map(str.strip, text.split("|")) if part not in ("null", "undefined", "")))


def _is_narrower(old: str, new: str) -> bool:
    """Whether two types surely differ on the wire: both plain, or one a list and the other not."""
    one, other = _plain(old), _plain(new)
    if {one, other} == {"string", "Date"}:
        return False
    return (one in _SHAPES and other in _SHAPES) or one.endswith("[]") != other.endswith("[]")


RULE = Rule(
    slug="api_docs_breaking_field_change",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="A public contract breaks its clients",
    inspect=inspect,
    references=(Reference("OpenAPI specification", "https://swagger.io/specification/"),),
    confidence=0.85,
    page=__doc__ or "",
)
