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
from reviewer.rules._report import at, report
from reviewer.rules._rest import option

_MODULES = ("@nestjs/graphql", "type-graphql")
_FIELDS = frozenset(("Field",))
_OPERATIONS = frozenset(("Query", "Mutation", "Subscription", "ResolveField", "FieldResolver"))
_SIBLINGS_MIN = 3
_RATE = 0.75


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
    if not any(project.uses(module) for module in _MODULES):
        return
    for file, facts in project.production:
        before = {
            f"{item.name}.{part.name}"
            for item in project.before(file.path).classes
            for part in _parts(project.before(file.path), item)
        }
        for item in facts.classes:
            parts = list(_parts(facts, item))
            fresh = [one for one in parts if f"{item.name}.{one.name}" not in before and not one.is_described]
            fresh = [one for one in fresh if project.wrote(file.path, one.decorator.first, one.line)]
            for one in fresh:
                others = [other for other in parts if other.kind == one.kind and other not in fresh]
                described = sum(other.is_described for other in others)
                if described >= _SIBLINGS_MIN and described / len(others) >= _RATE:
                    yield _finding(file.path, item, one, described)


def _finding(path: str, item: Class, one: _Part, described: int) -> Finding:
    return report(
        RULE,
        at(path, one.line),
        f"`{item.name}.{one.name}` has no description in the GraphQL schema, which is its only documentation, while "
        f"{described} of its siblings have one. Add `description` to its `@{one.decorator.name}`.",
        symbol=f"{item.name}.{one.name}",
        quoted=one.decorator.name,
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
