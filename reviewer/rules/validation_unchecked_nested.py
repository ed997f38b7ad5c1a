"""A nested object of a request that class-validator does not look into.

Without `@ValidateNested()` the validators of the nested class never run; without `@Type(() => …)` a plain object
arrives, which has none. A list should say `@ValidateNested({ each: true })`. GraphQL checks types and nothing else: a
field of an `@ArgsType()` or `@InputType()` is looked at where the nested class asks for more than a type.

Bad::

    @IsArray()
    lines: LineDto[];

Good::

    @IsArray()
    @ValidateNested({ each: true })
    @Type(() => LineDto)
    lines: LineDto[];
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind, TypeKind
from reviewer.core.facts import Class, Decorator, FileFacts, Property
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import reached_inputs
from reviewer.core.routes import GRAPHQL_MODULES, original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._validators import is_silent, is_validator, validated

_OFF_MARKS = frozenset(("Exclude", "ApiHideProperty", "HideField", "Allow", "Transform", "IsInstance", "IsJSON"))
_LOOSE_CHECKS = frozenset(
    ("IsArray", "IsObject", "IsNotEmptyObject", "IsNotEmpty", "IsDefined", "IsOptional", "ArrayNotEmpty",
     "ArrayMinSize", "ArrayMaxSize", "ArrayUnique", "ValidateIf")
)  # fmt: skip
"""Checks that a nested object passes whatever is in it."""
_TYPE_CHECKS = frozenset(
    ("IsString", "IsInt", "IsNumber", "IsBoolean", "IsEnum", "IsIn", "IsArray", "IsObject", "IsNotEmptyObject",
     "IsDate", "IsOptional", "IsDefined", "IsNotEmpty", "Allow", "ValidateIf", "ValidateNested", "IsInstance")
)  # fmt: skip
"""Validators that find little which the schema of a GraphQL API has not refused before."""
_EACH = "`each: true` to `@ValidateNested()`"
"""class-validator looks into the elements without it too (`ValidationExecutor.nestedValidations`): a note then."""


def inspect(project: Project) -> Iterator[Finding]:
    """Fields of request classes that the change wrote, whose type is a class with validators that never run."""
    files = {file.path for file, _ in project.production}
    transforms = _transforms_by_itself(project)
    for reached in reached_inputs(project):
        if reached.path not in files:
            continue
        facts = project.head[reached.path]
        before = _codes_before(project.before(reached.path), reached.item.name)
        for field in reached.item.properties:
            if field.code in before or not project.wrote(reached.path, field.first, field.last):
                continue
            missing = _missing(project, reached.path, facts, field, is_typed=transforms)
            if missing:
                only_each = missing == _EACH
                what = (
                    f"`{field.name}` is a list, but `@ValidateNested()` alone takes one object as well and its message "
                    "does not name the element."
                    if only_each
                    else f"The validators of `{field.type.name}` never run for `{field.name}`, so anything passes."
                )
                finding = report(
                    RULE,
                    at(reached.path, field.last),
                    f"{what} Add {missing}.",
                    symbol=f"{reached.item.name}.{field.name}",
                    quoted=field.code,
                )
                yield replace(finding, severity=Severity.NOTE) if only_each else finding


def _codes_before(facts: FileFacts, name: str) -> frozenset[str]:
    return frozenset(field.code for item in facts.classes if item.name == name for field in item.properties)


def _transforms_by_itself(project: Project) -> bool:
    """Whether `enableImplicitConversion` stands anywhere: then class-transformer takes the type of a lone object."""
    return any({"enableImplicitConversion", "ValidationPipe"} <= set(facts.names) for facts in project.head.values())


def _missing(project: Project, path: str, facts: FileFacts, field: Property, *, is_typed: bool) -> str:
    """The decorators that a field lacks, as one would write them; "" when nothing is wrong or one cannot tell."""
    if field.type.kind not in (TypeKind.NAMED, TypeKind.ARRAY) or {"static", "private"} & set(field.modifiers):
        return ""
    names = {original(facts, decorator.name)[0]: decorator for decorator in field.decorators}
    if _OFF_MARKS & set(names) or not _has_validators(project, path, field.type.name):
        return ""
    validators = {name for name, decorator in names.items() if is_validator(facts, decorator)}
    others = [one for one in field.decorators if not is_validator(facts, one) and not is_silent(facts, one)]
    if others or (not validators and not _is_graphql(project, path, field)):
        return ""  # a bare field is another rule's; a decorator of the project's own may be made of both
    if not validators <= _LOOSE_CHECKS | {"ValidateNested"}:
        return ""
    is_array = field.type.kind is TypeKind.ARRAY
    nested = names.get("ValidateNested")
    wanted = []
    if nested is None:
        wanted.append("`@ValidateNested({ each: true })`" if is_array else "`@ValidateNested()`")
    elif is_array and not _each(nested):
        wanted.append(_EACH)
    if "Type" not in names and (is_array or not is_typed) and not _makes_instances(facts, field):
        wanted.append(f"`@Type(() => {field.type.name})`")
    return " and ".join(wanted)


def _is_graphql(project: Project, path: str, field: Property) -> bool:
    """Whether a field without validators is an argument of GraphQL whose class asks for more than types."""
    facts = project.head[path]
    if not any(original(facts, one.name)[1] in GRAPHQL_MODULES for one in field.decorators):
        return False
    return any(
        original(there, decorator.name)[0] not in _TYPE_CHECKS
        for there, item in _nested(project, path, field.type.name)
        for one in item.properties
        for decorator in one.decorators
        if is_validator(there, decorator)
    )


def _makes_instances(facts: FileFacts, field: Property) -> bool:
    """Whether the library makes objects of their classes by itself: type-graphql does, by `@Field(() => …)`."""
    return any(original(facts, one.name)[1] == "type-graphql" for one in field.decorators)


def _each(decorator: Decorator) -> bool:
    def says(arg: Expr) -> bool:
        return arg.kind is not ExprKind.OBJECT or "each" in arg.keys or "" in arg.keys

    return any(says(arg) for arg in decorator.args)


def _has_validators(project: Project, path: str, name: str) -> bool:
    """Whether a type is a class of the project with validators, its own or its parent's."""
    return any(validated(facts, item) for facts, item in _nested(project, path, name))


def _nested(project: Project, path: str, name: str) -> Iterator[tuple[FileFacts, Class]]:
    """The class of the project that a type is, and its parent."""
    declared = project.declaration(path, name)
    if declared is None or not isinstance(declared.item, Class):
        return
    item = declared.item
    yield project.head[declared.path], item
    parent = item.extends.text if item.extends is not None and item.extends.kind is ExprKind.NAME else ""
    above = project.declaration(declared.path, parent) if parent else None
    if above is not None and isinstance(above.item, Class):
        yield project.head[above.path], above.item


RULE = Rule(
    slug="validation_unchecked_nested",
    concern=Concern.VALIDATION,
    severity=Severity.WARNING,
    title="A nested object is not validated",
    inspect=inspect,
    references=(
        Reference("NestJS: validation", "https://docs.nestjs.com/techniques/validation"),
        Reference(
            "OWASP: input validation",
            "https://cheatsheetseries.owasp.org/cheatsheets/Input_Validation_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
