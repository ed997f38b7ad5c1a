"""A public request or answer changed in a way that breaks the clients there are.

A new required field, a field that became required, a field or enum value that is gone, another type: clients that were
written against the old contract are refused, or read undefined. Base and head are compared, for classes, interfaces and
enums that existed and that a route which existed takes in or gives out. Deprecated fields may go.

Bad::

    export class CreateOrderDto {
      @IsUUID() customerId: string;
    + @IsString() channel: string;              // every client there is gets 400
    }

Good::

    + @IsOptional() @IsString() channel?: string;
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts, Property, TypeDeclaration
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import reached_classes
from reviewer.core.rule import Rule
from reviewer.rules._contract import Contract, answered_types
from reviewer.rules._report import at, report
from reviewer.rules._validators import is_silent

_HIDDEN = frozenset(("static", "private", "protected", "declare", "get", "set"))


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a contract. `is_required`: a validator refuses a request without it."""

    type: str
    first: int
    is_required: bool
    is_optional: bool
    is_deprecated: bool


def inspect(project: Project) -> Iterator[Finding]:
    """Fields and enum values of public contracts that the change added as required, removed, or gave another type."""
    for contract in _contracts(project):
        before = project.before(contract.path)
        old = before.index.declared(contract.item.name)
        if old is None or project.change.file(contract.path) is None or not _comparable(old, contract.item):
            continue
        olds = _fields(before, old)
        news = _fields(project.head[contract.path], contract.item)
        broken = list(_differences(olds, news, contract.is_request, contract.item))
        if broken:
            line = broken[0][1] or (contract.item.head if isinstance(contract.item, Class) else contract.item.first)
            yield _finding(contract, line, tuple(text for text, _ in broken))


def _finding(contract: Contract, line: int, broken: tuple[str, ...]) -> Finding:
    who = "sends" if contract.is_request else "reads"
    said = "; ".join(broken[:4]) + ("; …" if len(broken) > 4 else "")
    return report(
        RULE,
        at(contract.path, line),
        f"This breaks every client that {who} `{contract.item.name}` with `{contract.route}`: {said}. Keep the old "
        "form working beside the new one (optional, or under a new version) until the clients have moved.",
        symbol=contract.item.name,
        quoted=" ".join(broken),
    )


def _contracts(project: Project) -> Iterator[Contract]:
    """What routes that existed take in and give out, each type once."""
    fresh = {route.symbol for path in project.routes for route in project.new_routes(path)}
    changed = {file.path for file, _ in project.production}
    seen: set[tuple[str, str]] = set()
    requests = (Contract(one.path, one.item, one.route, True) for one in reached_classes(project))
    for one in (*requests, *answered_types(project)):
        if one.route in fresh or one.path not in changed or (one.path, one.item.name) in seen:
            continue
        seen.add((one.path, one.item.name))
        yield one


def _comparable(old: Class | TypeDeclaration, new: Class | TypeDeclaration) -> bool:
    if isinstance(old, Class) and isinstance(new, Class):
        return (old.extends and old.extends.text) == (new.extends and new.extends.text)
    if isinstance(old, TypeDeclaration) and isinstance(new, TypeDeclaration):
        return old.keyword == new.keyword and old.extends == new.extends
    return False


def _fields(facts: FileFacts, item: Class | TypeDeclaration) -> Mapping[str, _Field]:
    if isinstance(item, TypeDeclaration):
        return {
            one.name: _Field(
                one.type.text, one.first, not one.is_optional, one.is_optional, _deprecated(facts, one.first)
            )
            for one in item.members
            if not one.is_method
        }
    return {
        one.name: _Field(
            one.type.text, one.first, _is_required(facts, one), _is_optional(one), _is_deprecated(facts, one)
        )
        for one in item.properties
        if not _HIDDEN & set(one.modifiers)
    }


def _is_optional(field: Property) -> bool:
    loose = ("Optional", "ValidateIf", "Allow", "Exclude", "ApiHideProperty")
    return (
        field.is_optional or field.value is not None or any(word in d.name for d in field.decorators for word in loose)
    )


def _is_required(facts: FileFacts, field: Property) -> bool:
    return not _is_optional(field) and any(not is_silent(facts, decorator) for decorator in field.decorators)


def _is_deprecated(facts: FileFacts, field: Property) -> bool:
    said = any("deprecated" in (key for arg in d.args for key in arg.keys) for d in field.decorators)
    return said or _deprecated(facts, field.first)


def _deprecated(facts: FileFacts, first: int) -> bool:
    return any("@deprecated" in comment.text for comment in facts.index.comments(first - 1))


def _differences(
    olds: Mapping[str, _Field], news: Mapping[str, _Field], is_request: bool, item: Class | TypeDeclaration
) -> Iterator[tuple[str, int]]:
    """What breaks, in words, with the line at head (0 for what is gone)."""
    is_enum = isinstance(item, TypeDeclaration) and item.keyword == "enum"
    for name, new in news.items():
        old = olds.get(name)
        if is_enum:
            continue
        if old is None:
            if is_request and new.is_required:
                yield f"`{name}` is new and required", new.first
        elif is_request and new.is_required and old.is_optional:
            yield f"`{name}` became required", new.first
        elif old.type and new.type and _plain(old.type) != _plain(new.type) and _is_narrower(old.type, new.type):
            yield f"`{name}` was `{old.type}` and is `{new.type}`", new.first
    for name, old in olds.items():
        if name not in news and not old.is_deprecated and name:
            yield f"`{name}` is gone", 0


def _plain(text: str) -> str:
    """A type without `null` and `undefined`, its alternatives in order."""
    parts = (part.strip() for part in text.split("|"))
    return "|".join(sorted(part for part in parts if part not in ("null", "undefined", "")))


_SHAPES = frozenset(("string", "number", "boolean", "Date", "bigint"))


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
