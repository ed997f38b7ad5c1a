"""A signature or key compared with `===`, which stops at the first difference: how long it takes tells how much of a
guess was right.

`timingSafeEqual` takes the same time for every guess. Looked at: signatures and digests, and keys and tokens held
against a configured secret. Passwords are another rule's; kinds, names and lengths are no secrets.

Bad::

    if (signature !== expectedSignature) {

Good::

    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expectedSignature))) {
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Operation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth import constant, inside, secret_kind, step, words
from reviewer.rules._report import at, report

_EQUALS = frozenset(("===", "!==", "==", "!="))
_SIGNATURES = frozenset(("signature", "hmac", "mac", "sig", "digest", "checksum", "hash"))
_KEYS = frozenset(("apikey", "api key", "secret", "secret key", "access key"))
_CERTAIN = frozenset(("signature", "hmac", "sig"))
_CONFIGURED = ("process.env.", "env.", "config.", "this.config.", "this.configService.get", "configService.get",
               "this.config.get", "config.get", "this.env.", "settings.")  # fmt: skip


def inspect(project: Project) -> Iterator[Finding]:
    """Comparisons that the change wrote and whose time tells a secret."""
    for file, facts in project.production:
        before = {(item.symbol, item.code) for item in project.before(file.path).operations}
        for item in facts.operations:
            if item.operator not in _EQUALS or not project.wrote(file.path, item.first, item.last):
                continue
            secret = _secret(facts, item)
            if secret and (item.symbol, item.code) not in before:
                yield report(
                    RULE,
                    at(file.path, item.first),
                    f"`{item.operator}` stops at the first character that differs, so the time tells how much of "
                    f"`{secret}` was guessed right. Compare with `timingSafeEqual` of `node:crypto`.",
                    symbol=item.symbol,
                    quoted=item.code,
                )


def _secret(facts: FileFacts, item: Operation) -> str:
    """The secret whose value is compared, "" for other comparisons."""
    left, right = item.left, item.right
    if not _is_value(left) or not _is_value(right):
        return ""
    if _is_made(facts, left, item.scope) or _is_made(facts, right, item.scope):
        return _shown(right if _is_made(facts, left, item.scope) else left)
    names = (step(left.text), step(right.text))
    kinds = [_SIGNATURES & set(words(name)[-1:]) for name in names]
    if any(kind & _CERTAIN for kind in kinds) and all(kinds):
        return _shown(left)
    for value, other in ((left, right), (right, left)):
        if _is_configured(facts, other, item.scope) and (secret_kind(value.text) or secret_kind(_name_of(other))):
            return _shown(other)
    is_own = left.text.startswith("this.") != right.text.startswith("this.")
    if is_own and secret_kind(left.text) in _KEYS and secret_kind(right.text) in _KEYS:
        return _shown(left if left.text.startswith("this.") else right)
    return ""


def _is_value(value: Expr) -> bool:
    if value.kind is ExprKind.MEMBER and value.text[:1].isupper():
        return False  # a member of an enum, or a constant of a class
    return value.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL, ExprKind.TEMPLATE, ExprKind.CONCAT)


def _is_made(facts: FileFacts, value: Expr, scope: int) -> bool:
    """Whether a value is a keyed digest that was just computed: `createHmac(…).update(…).digest('hex')`."""
    made = constant(facts, value, scope)
    if made.kind in (ExprKind.TEMPLATE, ExprKind.CONCAT) and any(
        part.kind is ExprKind.NAME and _is_made(facts, part, scope) for part in made.parts if part is not value
    ):
        return True
    return made.kind in (ExprKind.CALL, ExprKind.TEMPLATE, ExprKind.CONCAT) and any(
        part.kind is ExprKind.CALL and step(part.text) == "createHmac" for part in inside(made)
    )


def _is_configured(facts: FileFacts, value: Expr, scope: int) -> bool:
    made = constant(facts, value, scope)
    text = made.text
    return made.kind in (ExprKind.MEMBER, ExprKind.CALL) and (
        text.startswith(_CONFIGURED) or any(mark in f".{text}" for mark in (".config.", ".configService.", ".env."))
    )


def _name_of(value: Expr) -> str:
    """The name a configured value goes by: the variable, or the text that `config.get('…')` is given."""
    if value.kind is ExprKind.CALL and value.parts and value.parts[0].kind is ExprKind.STRING:
        return value.parts[0].text
    return value.text


def _shown(value: Expr) -> str:
    return value.text[:60]


RULE = Rule(
    slug="security_timing_comparison",
    concern=Concern.SECURITY,
    severity=Severity.WARNING,
    title="The time of a comparison tells a secret",
    inspect=inspect,
    references=(
        Reference("Node.js: timingSafeEqual", "https://nodejs.org/api/crypto.html#cryptotimingsafeequala-b"),
        Reference("CWE-208: observable timing", "https://cwe.mitre.org/data/definitions/208.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
