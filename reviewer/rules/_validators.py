"""What validates input: class-validator's decorators, and the functions and middleware of the schema libraries."""

from __future__ import annotations

from reviewer.core.checks import is_validation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Class, Decorator, FileFacts
from reviewer.core.routes import original

SILENT_MODULES = (
    "@nestjs/swagger", "class-transformer", "typeorm", "@nestjs/graphql", "type-graphql", "@nestjs/mongoose",
    "sequelize-typescript", "@mikro-orm",
)  # fmt: skip
"""Modules whose decorators say nothing about what a client may send."""


def is_validator(facts: FileFacts, decorator: Decorator) -> bool:
    """Whether a decorator comes from class-validator."""
    return original(facts, decorator.name)[1] == "class-validator"


def is_silent(facts: FileFacts, decorator: Decorator) -> bool:
    """Whether a decorator is known to check nothing; one of the project's own may be made of validators."""
    return original(facts, decorator.name)[1].startswith(SILENT_MODULES)


def validated(facts: FileFacts, item: Class) -> bool:
    """Whether any field of a class has a validator."""
    return any(is_validator(facts, decorator) for field in item.properties for decorator in field.decorators)


def mentions_validation(facts: FileFacts, value: Expr) -> bool:
    """Whether a middleware is, makes or carries a check: `validate(schema)`, `OrderSchema`, `{ schema: … }`."""
    if value.kind in (ExprKind.CALL, ExprKind.NAME, ExprKind.MEMBER) and is_validation(facts, value.text):
        return True
    if value.kind is ExprKind.OBJECT and any(
        key in ("schema", "validate", "body", "querystring") for key in value.keys
    ):
        return True
    inner = value.parts if value.receiver is None else (*value.parts, value.receiver)
    return any(part.kind is not ExprKind.FUNCTION and mentions_validation(facts, part) for part in inner)
