"""A signature or key compared with `===`, which stops at the first difference: how long it takes tells how much of a
guess was right.

`timingSafeEqual` takes the same time for every guess. Looked at: signatures and digests, keys and tokens held against a
configured secret, and whatever was compared safely before the change. Passwords are another rule's; kinds, names and
lengths are no secrets.

Bad::

    if (signature !== expectedSignature) {

Good::

    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expectedSignature))) {
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Operation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth import secret_kind, step, words
from reviewer.rules._kept_secrets import bare, of_two
from reviewer.rules._keyed_digests import Digests, configured_name
from reviewer.rules._lost_safety import lost_safety
from reviewer.rules._report import at, report
from reviewer.rules._taint import Taint

_EQUALS = frozenset(("===", "!==", "==", "!="))
_SIGNATURES = frozenset(("signature", "hmac", "mac", "sig", "digest", "checksum", "hash"))
_MADE_HERE = frozenset(("expected", "computed", "calculated", "wanted", "generated"))
_KEYS = frozenset(("apikey", "api key", "secret", "secret key", "access key"))
_CERTAIN = frozenset(("signature", "hmac", "sig"))
_ASKS: Final = frozenset(("equals", "compare", "localeCompare", "isEqual", "includes", "startsWith", "endsWith"))
"""Methods that compare texts or buffers, and stop at the first difference as well."""

_CREDENTIALS: Final = ("authorization", "-key", "-token", "-secret", "signature", "hmac", "apikey", "-auth")
"""Parts of the names of headers that carry a secret."""

_ONE_TIME: Final = frozenset(
    ("reset", "verification", "confirmation", "activation", "invite", "invitation", "api", "access", "webhook", "share",
     "magic", "unsubscribe", "admin", "internal", "session", "secret")
)  # fmt: skip
_NOT_OURS: Final = frozenset(("csrf", "xsrf", "push", "fcm", "device", "cancel", "version"))


def inspect(project: Project) -> Iterator[Finding]:
    """Comparisons that the change wrote and whose time tells a secret."""
    digests = Digests(project)
    for file, facts in project.production:
        before = {(item.symbol, item.code) for item in project.before(file.path).operations}
        for item in facts.operations:
            if item.operator not in _EQUALS or not project.wrote(file.path, item.first, item.last):
                continue
            secret = _secret(project, digests, file.path, item) or lost_safety(project, file.path, item)
            if secret and (item.symbol, item.code) not in before:
                yield _finding(file.path, item, item.operator, secret)
        for call in project.new_calls(file.path):
            if step(call.callee) in _ASKS:
                secret = _digest_in(digests, file.path, call)
                if secret:
                    yield _finding(file.path, call, step(call.callee), secret)


def _finding(path: str, item: Operation | Call, how: str, secret: str) -> Finding:
    return report(
        RULE,
        at(path, item.first),
        f"`{how}` stops at the first character that differs, so the time tells how much of `{secret}` was guessed "
        "right. Compare with `timingSafeEqual` of `node:crypto`.",
        symbol=item.symbol,
        quoted=item.code,
    )


def _digest_in(digests: Digests, path: str, call: Call) -> str:
    """The keyed digest that a call compares, "" for other calls."""
    owner = call.callee.rpartition(".")[0]
    receiver = call.receiver or Expr(ExprKind.NAME, owner, call.first, call.last)
    values = (receiver, *call.args[:2])
    made = [value for value in values if digests.is_made(path, value, call.scope)]
    return _shown(made[0]) if made and len(values) > 1 else ""


def _secret(project: Project, digests: Digests, path: str, item: Operation) -> str:
    """The secret whose value is compared, "" for other comparisons."""
    left, right = item.left, item.right
    if not _is_value(left) or not _is_value(right):
        return ""
    for value, other in ((left, right), (right, left)):
        if digests.is_made(path, value, item.scope):
            return _shown(other)
    facts = project.head[path]
    names = (step(left.text), step(right.text))
    kinds = [_SIGNATURES & set(words(name)[-1:]) for name in names]
    made_here = [bool(_MADE_HERE & set(words(name))) for name in names]
    if any(kind & _CERTAIN for kind in kinds) and (all(kinds) or any(made_here)):
        return _shown(left)
    for value, other in ((left, right), (right, left)):
        name = configured_name(facts, other, item.scope)
        if name and (secret_kind(value.text) or secret_kind(name) or secret_kind(other.text)):
            return _shown(other)
    is_own = left.text.startswith("this.") != right.text.startswith("this.")
    if is_own and secret_kind(left.text) in _KEYS and secret_kind(right.text) in _KEYS:
        return _shown(left if left.text.startswith("this.") else right)
    left, right = bare(left), bare(right)
    return _presented(project, path, item) or _kept(left, right) or of_two(left, right)


def _presented(project: Project, path: str, item: Operation) -> str:
    """The secret that what a request carries as its credentials is held against."""
    taint = project.once(Taint)
    for value, other in ((item.left, item.right), (item.right, item.left)):
        if value.kind not in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL):
            continue
        said = set(words(step(other.text)))
        is_secret = bool(secret_kind(other.text) or said & _MADE_HERE or {"key", "token", "secret"} & said)
        if not is_secret or said & _NOT_OURS or (step(other.text).isupper() and "token" not in said):
            continue
        origin = taint.origin(path, value, item.scope, is_raw=True)
        is_credential = origin is not None and any(mark in origin.text.lower() for mark in _CREDENTIALS)
        if is_credential and taint.origin(path, other, item.scope, is_raw=True) is None:
            return _shown(other)
    return ""


def _kept(left: Expr, right: Expr) -> str:
    """The token of a record that a given one is held against: `user.resetToken !== token`."""
    for kept, given in ((left, right), (right, left)):
        parts = words(step(kept.text))
        is_field = kept.kind is ExprKind.MEMBER and not kept.text.startswith(("this.", "req.", "process."))
        is_secret = secret_kind(kept.text) and parts[-1] in ("token", "key", "secret") and _ONE_TIME & set(parts[:-1])
        if is_field and is_secret and secret_kind(given.text) and not _NOT_OURS & {*parts, *words(given.text)}:
            return _shown(kept)
    return ""


def _is_value(value: Expr) -> bool:
    if value.kind is ExprKind.MEMBER and value.text[:1].isupper():
        return False  # a member of an enum, or a constant of a class
    return value.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL, ExprKind.TEMPLATE, ExprKind.CONCAT)


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
