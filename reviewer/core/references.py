"""The pages that findings may point to. A link that a model or a pull request wrote is never one of them."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

REFERENCE_HOSTS: Final = frozenset(
    {
        "cheatsheetseries.owasp.org",
        "owasp.org",
        "cwe.mitre.org",
        "docs.nestjs.com",
        "expressjs.com",
        "fastify.dev",
        "nodejs.org",
        "developer.mozilla.org",
        "www.typescriptlang.org",
        "typescript-eslint.io",
        "eslint.org",
        "oxc.rs",
        "prettier.io",
        "jestjs.io",
        "vitest.dev",
        "swagger.io",
        "spec.openapis.org",
        "graphql.org",
        "www.rfc-editor.org",
        "typeorm.io",
        "orkhan.gitbook.io",
        "www.prisma.io",
        "sequelize.org",
        "mongoosejs.com",
        "mikro-orm.io",
        "knexjs.org",
        "node-postgres.com",
        "zod.dev",
        "joi.dev",
        "martinfowler.com",
        "refactoring.guru",
        "docs.github.com",
        "en.wikipedia.org",
    }
)
"""Hosts of standards and of the documentation of what TypeScript backends are made of."""

_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/#%?=&+:,")
"""Characters of a URL that mean nothing in markdown or HTML attributes."""


def is_reference(url: str) -> bool:
    """Whether a finding may point there: https, a host of the list, and plain characters only."""
    if not url.startswith("https://") or not _PLAIN.issuperset(url):
        return False
    return urlsplit(url).netloc in REFERENCE_HOSTS
