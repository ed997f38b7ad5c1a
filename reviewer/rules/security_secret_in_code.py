"""A secret in the source: whoever reads the repository, or a built image, has it, and it stays in the history for
ever.

A default behind `process.env.X ??` counts too: it is what production runs with when the variable is forgotten.

Bad::

    secret: process.env.JWT_SECRET ?? 'b3st-k3pt-s3cret',

Good::

    secret: config.getOrThrow('JWT_SECRET'),
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.issued_keys import is_issued_key, is_placeholder
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_WORDS = (
    "secret", "password", "passwd", "pwd", "apikey", "accesskey", "privatekey", "authtoken", "accesstoken",
    "clientsecret",
    "encryptionkey", "jwtkey", "signingkey", "bearertoken", "passphrase", "sessionkey", "apitoken",
)  # fmt: skip
_NOT_THE_SECRET = (
    "name", "header", "field", "url", "uri", "path", "label", "message", "error", "regex", "pattern", "type", "param",
    "prefix", "suffix", "format", "column", "event", "id", "hint", "placeholder", "length", "rule", "policy",
    "selector",
    "title", "description", "text", "strategy", "route", "hash", "algorithm", "template", "region", "scope", "expires",
    "ttl", "expiresin", "expiration", "metadata", "symbol", "property", "provider", "reset", "subject", "guard",
)  # fmt: skip
_CHARS_MIN = 8
_ENTROPY_MIN = 2.8
"""Bits per character: words and repetitions are below (28 hits on 24 backends: 7 of 7 right above it, 0 of 21
below)."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    value: str
    first: int
    symbol: str
    is_fallback: bool


def inspect(project: Project) -> Iterator[Finding]:
    """Literals that the change wrote and that are, or stand in for, a secret. What is found is never quoted."""
    for file, facts in project.production:
        before = {(item.name, item.value) for item in _candidates(project.before(file.path))}
        lines_said: set[int] = set()
        for item in _candidates(facts):
            if (
                (item.name, item.value) in before
                or not project.wrote(file.path, item.first)
                or item.first in lines_said
            ):
                continue
            if is_issued_key(item.value) or (_names_secret(item.name) and _looks_secret(item)):
                lines_said.add(item.first)
                yield report(
                    RULE,
                    at(file.path, item.first),
                    _FALLBACK if item.is_fallback else _LITERAL,
                    symbol=f"{item.symbol}:{item.name}" if item.symbol else item.name,
                    quoted=item.name,
                )


_LITERAL = (
    "This looks like a real secret. Everybody with access to the repository or the image has it, also after it "
    "is removed. "
    "Read it from the configuration, and replace the one that was committed."
)
_FALLBACK = (
    "When the variable is not set, production runs with this value, which everybody with access to the "
    "repository knows. "
    "Fail at start instead of falling back."
)


def _candidates(facts: FileFacts) -> Iterator[_Candidate]:
    for binding in facts.bindings:
        for value, is_fallback, hint in _literals(binding.value):
            name = binding.name.rpartition(".")[2] or hint
            names_both = name if _names_secret(name) or not hint else hint
            yield _Candidate(names_both, value.text, value.first, binding.symbol, is_fallback)
    for call in facts.calls:
        name, module = original(facts, call.callee)
        signs = module == "jsonwebtoken" and name in ("sign", "verify")
        if signs and len(call.args) > 1 and call.args[1].kind is ExprKind.STRING:
            yield _Candidate("secret", call.args[1].text, call.args[1].first, call.symbol, is_fallback=True)
        for arg in call.args:
            for value, is_fallback, hint in _literals(arg):
                yield _Candidate(hint, value.text, value.first, call.symbol, is_fallback)
    for text in facts.strings:
        if is_issued_key(text.text):
            yield _Candidate("key", text.text, text.first, "", is_fallback=False)


def _literals(value: Expr) -> Iterator[tuple[Expr, bool, str]]:
    """The literal an expression is or falls back to, with the name of the variable it falls back from."""
    if value.kind is ExprKind.STRING:
        yield value, False, ""
    elif value.kind is ExprKind.TEMPLATE and not value.parts:
        yield Expr(ExprKind.STRING, value.text, value.first, value.last), False, ""
    elif value.kind is ExprKind.CHOICE and value.text in ("??", "||") and value.parts[-1].kind is ExprKind.STRING:
        source = next((part.text for part in value.parts if part.text.startswith("process.env.")), "")
        yield value.parts[-1], bool(source), source.rpartition(".")[2]


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace("#", "")


def _names_secret(name: str) -> bool:
    folded = _folded(name)
    return any(word in folded for word in _WORDS) and not folded.endswith(_NOT_THE_SECRET)


def _looks_secret(item: _Candidate) -> bool:
    value = item.value
    if item.is_fallback and "password" not in _folded(item.name):
        return len(value) > 3 and " " not in value and not value.startswith(("/", "http"))
    if len(value) < _CHARS_MIN or " " in value or is_placeholder(value) or _entropy(value) < _ENTROPY_MIN:
        return False
    if value.startswith(("/", "http://", "https://", "phc_", "pk_", "$2a$", "$2b$", "$2y$", "./", "@")):
        return False
    words = value.replace("_", " ").replace("-", " ").replace(".", " ").replace(":", " ").replace("/", " ").split()
    return not all(word.isalpha() for word in words)


def _entropy(value: str) -> float:
    """Shannon entropy in bits per character."""
    counts = Counter(value)
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values()) if value else 0.0


RULE = Rule(
    slug="security_secret_in_code",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="A secret stands in the code",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: secrets management",
            "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
