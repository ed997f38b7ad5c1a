"""A GraphQL field, query or mutation without a description, while its siblings have one.

The schema is the documentation of a GraphQL API: what has no description there has none anywhere. Told only where most
of the siblings (the other fields of the class, the other operations of the resolver) carry one.

Bad::

    @Field({ description: 'When it was paid, UTC' }) paidAt: Date;
    @Field() state: string;

Good::

    @Field({ description: 'open, paid or refunded' }) state: string;
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, Decorator, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._report import at, report
from reviewer.rules._rest import option
from reviewer.rules._schema_text import SchemaField, schema_fields

_MODULES = ("@nestjs/graphql", "type-graphql")
_FIELDS = frozenset(("Field",))
_OPERATIONS = frozenset(("Query", "Mutation", "Subscription", "ResolveField", "FieldResolver"))
_SCHEMAS = (".graphql", ".graphqls", ".gql")
_BESIDE_MIN = 2
"""Described fields of a written schema's type, before one without a description is news."""

_RATE = 0.75
_KNOWN_MIN = 3
"""Described parts that the change wrote itself, or parts of other classes, before their rate says anything; of those
that stood beside it one is enough."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One field or operation of a class."""

    name: str
    kind: str
    decorator: Decorator
    line: int
    is_described: bool


def inspect(project: Project) -> Iterator[Finding]:
    """Parts of the schema that the change added without a description, among described ones."""
    yield from _written_schemas(project)
    if not any(project.uses(module) for module in _MODULES):
        return
    for file, facts in project.production:
        before = {
            f"{item.name}.{part.name}"
            for item in project.before(file.path).classes
            for part in _parts(project.before(file.path), item)
        }
        for item in facts.classes:
            yield from _of_class(project, file.path, item, before)


def _of_class(project: Project, path: str, item: Class, before: set[str]) -> Iterator[Finding]:
    """The new parts of a class without a description. `before` are the parts there were, with their class."""
    parts = list(_parts(project.head[path], item))
    fresh = [one for one in parts if f"{item.name}.{one.name}" not in before and not one.is_described]
    fresh = [one for one in fresh if project.wrote(path, one.decorator.first, one.line)]
    names = {one.name for one in fresh}
    others = [one for one in parts if one.name not in names]
    known = {one.kind for one in others if f"{item.name}.{one.name}" in before}
    by_kind = {kind: [one for one in others if one.kind == kind] for kind in {one.kind for one in fresh}}
    counts = {kind: sum(one.is_described for one in beside) for kind, beside in by_kind.items()}
    for one in fresh:
        beside, described = len(by_kind[one.kind]), counts[one.kind]
        if (one.kind in known or described >= _KNOWN_MIN) and described / beside >= _RATE:
            yield _finding(path, item, one, f"{described} of {beside} beside it do")
        elif not beside and len(elsewhere := _elsewhere(project, path, one.kind)) >= _KNOWN_MIN:
            described = sum(elsewhere)
            if described / len(elsewhere) >= _RATE:
                yield _finding(path, item, one, f"{described} of {len(elsewhere)} others do")


def _written_schemas(project: Project) -> Iterator[Finding]:
    """Fields that the change added to a schema written by hand, beside fields of the same type that are described."""
    for file in project.change.files:
        if not file.path.endswith(_SCHEMAS) or file.head is None or file.base is None or not is_production(file.path):
            continue
        before = {(one.owner, one.name) for one in schema_fields(file.base)}
        by_owner: dict[str, list[SchemaField]] = {}
        for one in schema_fields(file.head):
            by_owner.setdefault(one.owner, []).append(one)
        for owner, fields in by_owner.items():
            known = [one for one in fields if (owner, one.name) in before]
            described = sum(one.is_described for one in known)
            if described < _BESIDE_MIN or described / len(known) < _RATE:
                continue
            for one in fields:
                if (owner, one.name) not in before and not one.is_described:
                    yield report(
                        RULE,
                        at(file.path, one.line),
                        f"`{owner}.{one.name}` does not say what it is in the schema, its only documentation, while "
                        f"{described} of {len(known)} beside it do. Write a description in quotes above it.",
                        symbol=f"{owner}.{one.name}",
                        quoted=one.name,
                    )


def _finding(path: str, item: Class, one: _Part, others: str) -> Finding:
    return report(
        RULE,
        at(path, one.line),
        f"`{item.name}.{one.name}` does not say what it is in the GraphQL schema, its only documentation, while "
        f"{others}. Add `description` to its `@{one.decorator.name}`.",
        symbol=f"{item.name}.{one.name}",
        quoted=one.decorator.name,
    )


def _elsewhere(project: Project, path: str, kind: str) -> list[bool]:
    """Which parts of that kind in all other files are described."""
    every = project.once(_described)
    return [said for at_path, known, said in every if known == kind and at_path != path]


def _described(project: Project) -> tuple[tuple[str, str, bool], ...]:
    return tuple(
        (path, part.kind, part.is_described)
        for path, facts in project.head.items()
        if is_production(path) and facts.index.modules.intersection(_MODULES)
        for item in facts.classes
        for part in _parts(facts, item)
    )


def _parts(facts: FileFacts, item: Class) -> Iterator[_Part]:
    for field in item.properties:
        yield from _part(facts, field.name, field.last, field.decorators)
    for method in item.methods:
        yield from _part(facts, method.name, method.head, method.decorators)


def _part(facts: FileFacts, name: str, line: int, decorators: tuple[Decorator, ...]) -> Iterator[_Part]:
    for one in decorators:
        called, module = original(facts, one.name)
        if module in _MODULES and (called in _FIELDS or called in _OPERATIONS):
            kind = "field" if called in _FIELDS else "operation"
            hidden = {original(facts, other.name)[0] for other in decorators} & {"HideField", "Extensions"}
            said = bool(hidden) or option(one.args, "description") is not None or _is_open(one)
            yield _Part(name, kind, one, line, said)
            return


def _is_open(decorator: Decorator) -> bool:
    """Whether its options are not written out here, so that a description may be among them."""
    return any("" in arg.keys for arg in decorator.args) or any(
        arg.kind.value in ("name", "call") for arg in decorator.args
    )


RULE = Rule(
    slug="api_docs_undescribed_graphql",
    concern=Concern.API_DOCS,
    severity=Severity.NOTE,
    title="The schema does not describe it",
    inspect=inspect,
    references=(Reference("NestJS: GraphQL resolvers", "https://docs.nestjs.com/graphql/resolvers"),),
    confidence=0.9,
    page=__doc__ or "",
)
