"""What validates input: class-validator's decorators, and the functions and middleware of the schema libraries."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Class, Decorator, FileFacts
from reviewer.core.routes import original

SILENT_MODULES = (
    "@nestjs/swagger", "class-transformer", "typeorm", "@nestjs/graphql", "type-graphql", "@nestjs/mongoose",
    "sequelize-typescript", "@mikro-orm",
)  # fmt: skip
"""Modules whose decorators say nothing about what a client may send."""

_MODULES = frozenset(
    ("zod", "joi", "yup", "ajv", "celebrate", "express-validator", "class-validator", "superstruct", "io-ts",
     "valibot", "typia",
     "@sinclair/typebox", "arktype", "express-openapi-validator", "fastest-validator", "validator", "@hapi/joi")
)  # fmt: skip
_WORDS = ("valid", "schema", "sanitiz", "celebrate", "zod", "ajv", "typebox")
_OTHER_CHECKS = (
    "token", "jwt", "session", "auth", "apikey", "api_key", "csrf", "permission", "invalidate", "mongosanitize", "xss",
    "signature", "password", "credential", "captcha", "ability", "policy", "license", "buffer", "access", "ratelimit",
    "respond",
)  # fmt: skip
"""Words of checks that look at who asks or at what is answered, not at what is sent: `validateToken`,
`respondWithValidation`."""

_OTHER_PARSERS = frozenset(
    ("json", "date", "path", "url", "querystring", "qs", "marked", "csv", "yaml", "moment", "dayjs", "cookie", "semver",
     "ms", "bytes", "papa", "mustache", "number", "uuid", "superjson", "useragent", "xml", "ical", "cronparser")
)  # fmt: skip
_METHODS = frozenset(
    ("parse", "safeparse", "parseasync", "safeparseasync", "assert", "validate", "check", "matcheddata", "decode",
     "plaintoinstance", "plaintoclass", "transformandvalidate")
)  # fmt: skip


_CLEANERS = frozenset(("sanitize", "sanitizehtml", "sanitizetext", "sanitizestring", "sanitizename"))
"""Functions that clean one text and say nothing about the shape of what holds it."""


def is_validator(facts: FileFacts, decorator: Decorator) -> bool:
    """Whether a decorator comes from class-validator."""
    return original(facts, decorator.name)[1] == "class-validator"


def is_silent(facts: FileFacts, decorator: Decorator) -> bool:
    """Whether a decorator is known to check nothing; one of the project's own may be made of validators."""
    return original(facts, decorator.name)[1].startswith(SILENT_MODULES)


def validated(facts: FileFacts, item: Class) -> bool:
    """Whether any field of a class has a validator."""
    return any(is_validator(facts, decorator) for field in item.properties for decorator in field.decorators)


def is_validation(facts: FileFacts, callee: str) -> bool:
    """Whether a call checks what it is given: by the module it comes from, or by what it is called."""
    name, module = original(facts, callee)
    if module in _MODULES:
        return True
    lower = name.lower()
    owner, _, last = lower.rpartition(".")
    if (
        _CLEANERS.intersection(lower.replace("()", "").split("."))
        or any(word in lower for word in _OTHER_CHECKS)
        or owner.rpartition(".")[2] in _OTHER_PARSERS
    ):
        return False
    if last in _METHODS or any(word in lower for word in _WORDS):
        return True
    return any(step.startswith("joi") and not step.startswith("join") for step in lower.split("."))


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
