"""A field of a request class without a validator, while its siblings have one.

With `whitelist: true` the field is silently dropped; without it, anything passes. Only classes that a route really
takes in are looked at, found from `@Body()`, `@Query()` and `@Param()` through imports, nested types and mapped
types.

Bad::

    export class CreateOrderDto {
      @IsUUID()
      customerId: string;

      quantity: number;
    }

Good::

      @IsInt()
      @Min(1)
      quantity: number;
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.change import ChangedFile
from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind, TypeKind
from reviewer.core.facts import Class, FileFacts, Property
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.core.project import Project
from reviewer.core.request_data import Reached, reached_inputs
from reviewer.core.routes import GRAPHQL_MODULES, original
from reviewer.core.rule import Rule
from reviewer.rules._checked_later import is_field_checked_later
from reviewer.rules._report import at, report
from reviewer.rules._validators import is_silent, is_validator

_OUTPUT_OR_STORED = frozenset(("Entity", "Schema", "ObjectType", "Injectable", "Controller", "Module"))
_HIDDEN = frozenset(("Exclude", "ApiHideProperty", "HideField"))
_MECHANICAL = {"string": "IsString", "number": "IsNumber", "boolean": "IsBoolean"}


def inspect(project: Project) -> Iterator[Finding]:
    """Fields without a validator that the change wrote into classes which requests reach."""
    files = {file.path: (file, facts) for file, facts in project.production}
    for reached in reached_inputs(project):
        if reached.path not in files:
            continue
        file, facts = files[reached.path]
        if any(original(facts, decorator.name)[0] in _OUTPUT_OR_STORED for decorator in reached.item.decorators):
            continue
        checked = [field for field in reached.item.properties if _is_checked(facts, field)]
        if not checked:
            continue  # a class without any validator is another rule's
        known = _known_before(project, reached)
        is_graphql = any(original(facts, one.name)[1] in GRAPHQL_MODULES for one in reached.item.decorators)
        for field in reached.item.properties:
            is_told = field in checked and not _is_any_text(facts, field)
            if is_told or field.name in known or not project.wrote(file.path, field.first, field.last):
                continue
            if is_field_checked_later(project, reached.item, reached.path, field.name):
                continue
            if _is_meant_to_be_bare(facts, field) or (is_graphql and not _is_free_text(facts, field)):
                continue
            is_quiet = is_graphql or (not field.decorators and all(_is_documented(facts, one) for one in checked))
            yield replace(
                _finding(reached, field, len(checked), is_optional=field in checked),
                severity=Severity.NOTE if is_quiet else Severity.WARNING,
                suggestion=_with_validator(file, facts, reached.item, field),
            )


def _finding(reached: Reached, field: Property, siblings: int, *, is_optional: bool) -> Finding:
    what = (
        "and all that looks at it is `@IsOptional()`: a value of any type passes"
        if is_optional
        else f"and has no validator, while {siblings} of its siblings do: it is dropped under `whitelist: true`, and "
        "unchecked otherwise"
    )
    return report(
        RULE,
        at(reached.path, field.last),
        f"`{field.name}` arrives with {reached.route} {what}. Add the validators its type needs.",
        symbol=f"{reached.item.name}.{field.name}",
        quoted=field.code,
    )


def _is_checked(facts: FileFacts, field: Property) -> bool:
    """Whether a field has a validator; `@Allow()` says that it wants none."""
    return any(is_validator(facts, one) and original(facts, one.name)[0] != "Allow" for one in field.decorators)


def _is_any_text(facts: FileFacts, field: Property) -> bool:
    """Whether `@IsOptional()` is all that looks at a plain value: it looks only whether there is one."""
    said = {original(facts, one.name)[0] for one in field.decorators if is_validator(facts, one)}
    return said == {"IsOptional"} and field.type.name in _MECHANICAL


def _is_documented(facts: FileFacts, field: Property) -> bool:
    """Whether a field is part of the described interface: where all are, one that is not was left out on purpose."""
    return any(original(facts, decorator.name)[1] == "@nestjs/swagger" for decorator in field.decorators)


def _is_free_text(facts: FileFacts, field: Property) -> bool:
    """Whether GraphQL itself lets any text into a field: it checks numbers, flags and enums, but no length or form."""
    element = field.type.text.removesuffix("[]").strip() if field.type.kind is TypeKind.ARRAY else field.type.name
    if element != "string":
        return False
    named = {part.text for one in field.decorators for arg in one.args for part in (arg, *arg.parts)}
    return not any(facts.index.original(name)[0] in ("ID", "GraphQLISODateTime") for name in named)


def _known_before(project: Project, reached: Reached) -> frozenset[str]:
    """Fields that the class had: bare ones are no news, and what lost its validators is another rule's."""
    facts = project.before(reached.path)
    return frozenset(
        field.name for item in facts.classes if item.name == reached.item.name for field in item.properties
    )


def _is_meant_to_be_bare(facts: FileFacts, field: Property) -> bool:
    if {"static", "declare", "private", "protected"} & set(field.modifiers) or (
        field.value and "readonly" in field.modifiers
    ):
        return True
    if "File" in field.type.text or any("binary" in text for one in field.decorators for text in _texts(one.args)):
        return True  # an upload, which no validator sees
    names = {original(facts, decorator.name)[0] for decorator in field.decorators}
    if "Allow" in names:
        return True
    others = [one for one in field.decorators if not is_validator(facts, one)]
    return bool(names & _HIDDEN) or any(not is_silent(facts, decorator) for decorator in others)


def _texts(args: tuple[Expr, ...]) -> Iterator[str]:
    for arg in args:
        yield from (part.text for part in arg.parts if part.kind is ExprKind.STRING)


def _with_validator(file: ChangedFile, facts: FileFacts, item: Class, field: Property) -> Suggestion | None:
    """The field with the validator of its primitive type, if the file imports that already and the field is one
    line."""
    validator = _MECHANICAL.get(field.type.name) if field.type.kind is TypeKind.PRIMITIVE else None
    wanted = [name for name in (("IsOptional" if field.is_optional else None), validator) if name]
    imported = {
        found.local for found in facts.imports if found.module == "class-validator" and found.name == found.local
    }
    if validator is None or field.first != field.last or not set(wanted) <= imported or item.extends is not None:
        return None
    line = (file.head or "").split("\n")[field.first - 1]
    if line.strip().rstrip(";").strip() != field.code.rstrip(";").strip() or field.decorators:
        return None
    indent = line[: len(line) - len(line.lstrip())]
    ending = "\r" if line.endswith("\r") else ""
    return Suggestion(field.first, field.last, "\n".join([*(f"{indent}@{name}(){ending}" for name in wanted), line]))


RULE = Rule(
    slug="validation_bare_dto_property",
    concern=Concern.VALIDATION,
    severity=Severity.WARNING,
    title="A field of a request has no validator",
    inspect=inspect,
    references=(
        Reference("NestJS: stripping properties", "https://docs.nestjs.com/techniques/validation#stripping-properties"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
