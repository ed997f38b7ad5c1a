"""A password or token hashed so that a stolen table gives it away: MD5, SHA-1, a fast hash, or too few rounds.

MD5 and SHA-1 are broken, and every plain hash is so fast that passwords are tried out by the billion. Cache keys,
ETags and checksums may be hashed with anything and are left alone; a random token may be stored as SHA-256.

Bad::

    user.password = createHash('sha256').update(dto.password).digest('hex');

Good::

    user.password = await argon2.hash(dto.password);
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._auth import PASSWORDS, constant, inside, named_function, secret_kind, step, words
from reviewer.rules._report import at, report
from reviewer.rules._taint_calls import Callers, Place

_NAMED = (ExprKind.NAME, ExprKind.MEMBER)
_PINS = frozenset(("pin", "pincode", "passcode"))
"""Secrets of a few digits, that people remember like a password."""

_BROKEN = frozenset(("md5", "md4", "sha1", "sha", "ripemd160", "rmd160"))
_FAST = frozenset(("sha224", "sha256", "sha384", "sha512", "sha3", "blake2b512", "blake2s256"))
_CRYPTO = frozenset(("crypto", "node:crypto"))
_BCRYPT = frozenset(("bcrypt", "bcryptjs", "@node-rs/bcrypt"))
_SINGLE = frozenset(("md5", "sha1", "sha256", "sha512", "js-sha256", "js-sha512", "js-md5", "js-sha1", "hash.js"))
"""Packages that are one hash."""

_ROUNDS_MIN = 10
"""OWASP password storage cheat sheet: bcrypt with a work factor of 10 or more."""

_ITERATIONS_MIN = 100_000
"""Half of the least that OWASP's password storage cheat sheet asks of PBKDF2 (210,000 with SHA-512)."""


def inspect(project: Project) -> Iterator[Finding]:
    """Hashes of secrets that the change wrote and that are too weak."""
    for file, facts in project.production:
        said: set[str] = set()
        for call in project.new_calls(file.path):
            why = _why(facts, call) or _helps(project, file.path, call)
            if why and f"{call.symbol} {why}" not in said:
                said.add(f"{call.symbol} {why}")
                finding = report(RULE, at(file.path, call.first), why, symbol=call.symbol, quoted=call.code)
                yield replace(finding, severity=Severity.WARNING) if why.endswith(_CURE_OF_TOKENS) else finding


def _why(facts: FileFacts, call: Call) -> str:
    return _weak_hash(facts, call) or _few_rounds(facts, call)


def _helps(project: Project, path: str, call: Call) -> str:
    """What is wrong with a hash in a function that is called with a password: `this.digest(password)`."""
    facts = project.head[path]
    algorithm, hashed = _hash(facts, call)
    if algorithm not in _BROKEN | _FAST or call.scope < 0:
        return ""
    params = [param.name for param in facts.functions[call.scope].params]
    given = [params.index(value.text) for value in hashed if value.kind is ExprKind.NAME and value.text in params]
    for index in given[:1]:
        for _, one in project.once(Callers).of(Place(path, call.scope)):
            named = [part for part in inside(one.args[index]) if part.text] if index < len(one.args) else []
            secret = next((part.text for part in named if part.kind in _NAMED and _is_password(part.text)), "")
            if secret:
                return _told(secret, algorithm)
    return ""


def _weak_hash(facts: FileFacts, call: Call) -> str:
    """What is wrong with a hash of a secret, "" for other calls and for what may be hashed so."""
    algorithm, hashed = _hash(facts, call)
    return _told(_secret(facts, call, hashed), algorithm) if algorithm else ""


def _told(secret: str, algorithm: str) -> str:
    if secret and algorithm in _BROKEN:
        return f"`{secret}` is hashed with {algorithm.upper()}, which is broken. " + (
            f"A stolen table gives every password away. {_CURE}" if _is_password(secret) else _CURE_OF_TOKENS
        )
    if secret and algorithm in _FAST and _is_password(secret):
        return (
            f"`{secret}` is hashed with {algorithm.upper()}, which is made to be fast: billions of passwords a second "
            f"are tried out on a stolen table. {_CURE}"
        )
    return ""


_CURE = "Use argon2 or bcrypt."
_CURE_OF_TOKENS = "Use SHA-256, or an HMAC with a key."


def _hash(facts: FileFacts, call: Call) -> tuple[str, tuple[Expr, ...]]:
    """The algorithm of a hash and what it hashes; ("", ()) for other calls."""
    if step(call.callee) == "update" and call.receiver is not None and call.receiver.kind is ExprKind.CALL:
        maker = call.receiver
        while maker.receiver is not None and step(maker.text) == "update":
            maker = maker.receiver
        name, module = original(facts, maker.text)
        if step(name) == "createHash" and module in _CRYPTO and maker.parts:
            return _folded(constant(facts, maker.parts[0], call.scope)), call.args
    if step(call.callee) == "update" and call.receiver is None and "." in call.callee:
        made = constant(facts, Expr(ExprKind.NAME, call.callee.rpartition(".")[0], 0, 0), call.scope)
        name, module = original(facts, made.text)
        if made.kind is ExprKind.CALL and step(name) == "createHash" and module in _CRYPTO and made.parts:
            return _folded(constant(facts, made.parts[0], call.scope)), call.args
    name, module = original(facts, call.callee)
    if module in _CRYPTO and name.removeprefix("default.") == "hash" and len(call.args) > 1:
        return _folded(call.args[0]), call.args[1:2]
    if module in _SINGLE and call.args:
        return _folded(Expr(ExprKind.STRING, module.removeprefix("js-"), 0, 0)), call.args[:1]
    if module.startswith("crypto-js") and call.args:
        return step(name).lower() if step(name) != "default" else module.rpartition("/")[2], call.args[:1]
    return "", ()


def _folded(algorithm: Expr) -> str:
    return algorithm.text.lower().replace("-", "").replace("rsa", "") if algorithm.kind is ExprKind.STRING else ""


def _secret(facts: FileFacts, call: Call, hashed: tuple[Expr, ...]) -> str:
    """The secret that is hashed, by its own name or by that of the function that does nothing else."""
    for value in hashed:
        for part in inside(value):
            if part.kind in (ExprKind.NAME, ExprKind.MEMBER) and (secret_kind(part.text) or _is_pin(part.text)):
                return part.text
    maker = named_function(facts, call.scope)
    parts = set(words(maker))
    return maker if parts & PASSWORDS and parts & {"hash", "encrypt", "compare", "verify", "check", "hashed"} else ""


def _is_password(name: str) -> bool:
    return bool(PASSWORDS & set(words(step(name)))) or _is_pin(name)


def _is_pin(name: str) -> bool:
    parts = words(step(name))
    return bool(parts) and (parts[-1] in _PINS or parts[-2:] == ("pin", "code"))


def _few_rounds(facts: FileFacts, call: Call) -> str:
    name, module = original(facts, call.callee)
    last = step(name)
    place = {"hash": 1, "hashSync": 1, "genSalt": 0, "genSaltSync": 0}.get(last) if module in _BCRYPT else None
    if place is not None and len(call.args) > place:
        rounds = _number(facts, call.args[place], call.scope)
        if 0 <= rounds < _ROUNDS_MIN:
            return (
                f"{rounds} bcrypt rounds are too few: each one less halves the time that trying out a stolen hash "
                f"takes. Use at least {_ROUNDS_MIN}."
            )
    if module in _CRYPTO and last in ("pbkdf2", "pbkdf2Sync") and len(call.args) > 2:
        count = _number(facts, call.args[2], call.scope)
        if 0 < count < _ITERATIONS_MIN:
            return f"{count} PBKDF2 iterations are too few for a password. Use at least 210000 with SHA-512."
    return ""


def _number(facts: FileFacts, value: Expr, scope: int) -> int:
    """The whole number that an expression plainly is, -1 for any other."""
    found = constant(facts, value, scope)
    digits = found.text.replace("_", "")
    return int(digits) if found.kind is ExprKind.NUMBER and digits.isdecimal() and len(digits) < 10 else -1


RULE = Rule(
    slug="security_weak_hash",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="A secret is hashed too weakly",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: password storage",
            "https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html",
        ),
        Reference("CWE-916: password hash with too little effort", "https://cwe.mitre.org/data/definitions/916.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
