"""Encryption that does not keep: a broken cipher, a mode that shows patterns, or a start that is always the same.

Bad::

    const cipher = createCipheriv('aes-256-cbc', key, Buffer.alloc(16));

Good::

    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._auth import constant, inside, step
from reviewer.rules._report import at, report

_CRYPTO = frozenset(("crypto", "node:crypto"))
_BROKEN = ("des", "rc4", "rc2", "bf", "blowfish", "cast", "idea", "seed")
_LIBRARY = frozenset(("DES", "TripleDES", "RC4", "Rabbit", "RC4Drop"))


def inspect(project: Project) -> Iterator[Finding]:
    """Encryption that the change wrote and that does not keep."""
    for file, facts in project.production:
        for call in project.new_calls(file.path):
            why = _why(facts, call)
            if why:
                yield report(RULE, at(file.path, call.first), why, symbol=call.symbol, quoted=call.code)


def _why(facts: FileFacts, call: Call) -> str:
    """What is wrong with a cipher, "" for a good one and for other calls."""
    name, module = original(facts, call.callee)
    last = step(name)
    if module.startswith("crypto-js") and name.split(".")[-2:-1] and last == "encrypt":
        return _broken(name.split(".")[-2]) if name.split(".")[-2] in _LIBRARY else ""
    if module not in _CRYPTO:
        return ""
    if last in ("createCipher", "createDecipher"):
        return (
            f"`{last}` makes the key from the password with one round of MD5 and no salt, and is gone from Node.js 22. "
            "Use `createCipheriv` with a key from `scrypt` and a random iv."
        )
    if last != "createCipheriv" or len(call.args) < 3:
        return ""
    algorithm = constant(facts, call.args[0], call.scope)
    lower = algorithm.text.lower() if algorithm.kind is ExprKind.STRING else ""
    if lower.startswith(_BROKEN):
        return _broken(algorithm.text)
    if lower.endswith("-ecb"):
        return (
            f"`{algorithm.text}` encrypts equal blocks to equal blocks, so the pattern of the text stays visible. "
            "Use `aes-256-gcm` with a random iv."
        )
    if _is_fixed(facts, call.args[2], call.scope) or _is_derived(facts, call):
        return (
            "The iv is always the same, so equal texts encrypt equally, and with GCM or CTR the key stream is reused. "
            "Make it with `randomBytes` for each text, and store it beside the text."
        )
    return ""


def _broken(algorithm: str) -> str:
    return f"`{algorithm}` is broken: what it encrypts can be read without the key. Use `aes-256-gcm`."


def _is_derived(facts: FileFacts, call: Call) -> bool:
    """Whether an iv is a piece of the key, or a hash: the same for every text under that key."""
    value = constant(facts, call.args[2], call.scope)
    if value.kind is not ExprKind.CALL:
        return False
    owner = value.text.rpartition(".")[0]
    if step(value.text) in ("slice", "subarray") and owner and owner == call.args[1].text:
        return True
    parts = list(inside(value))
    is_hash = any(part.kind is ExprKind.CALL and step(part.text) == "createHash" for part in parts)
    return is_hash and not any("random" in part.text.lower() for part in parts)


def _is_fixed(facts: FileFacts, iv: Expr, scope: int) -> bool:
    """Whether an iv is written in the code: a text, zeros, or bytes of a text."""
    value = constant(facts, iv, scope)
    if value.kind is ExprKind.STRING:
        return bool(value.text)
    if value.kind in (ExprKind.CALL, ExprKind.NEW) and value.text in ("Buffer.alloc", "Uint8Array"):
        filled = any(
            call.scope == scope
            and step(call.callee) in ("randomFillSync", "getRandomValues", "copy", "set", "randomFill")
            for call in facts.calls
        )
        return all(part.kind is ExprKind.NUMBER for part in value.parts) and not filled
    if value.kind is ExprKind.CALL and value.text == "Buffer.from" and value.parts:
        return constant(facts, value.parts[0], scope).kind is ExprKind.STRING
    return False


RULE = Rule(
    slug="security_weak_cipher",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="This encryption does not keep",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: cryptographic storage",
            "https://cheatsheetseries.owasp.org/cheatsheets/Cryptographic_Storage_Cheat_Sheet.html",
        ),
        Reference("CWE-327: broken algorithm", "https://cwe.mitre.org/data/definitions/327.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
