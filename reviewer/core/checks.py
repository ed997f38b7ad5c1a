"""Which calls check what a client sent, by the module they come from or by what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts

_MODULES = frozenset(
    ("zod", "joi", "yup", "ajv", "celebrate", "express-validator", "class-validator", "superstruct", "io-ts",
     "valibot", "typia",
     "@sinclair/typebox", "arktype", "express-openapi-validator", "fastest-validator", "validator", "@hapi/joi")
)  # fmt: skip
WORDS = ("valid", "schema", "sanitiz", "celebrate", "zod", "ajv", "typebox")
"""Parts of the names of what checks data."""

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


def is_validation(facts: FileFacts, callee: str) -> bool:
    """Whether a call checks what it is given: by the module it comes from, or by what it is called."""
    name, module = facts.index.original(callee)
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
    if last in _METHODS or any(word in lower for word in WORDS):
        return True
    return any(step.startswith("joi") and not step.startswith("join") for step in lower.split("."))
