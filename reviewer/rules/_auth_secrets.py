"""Which texts are secrets, by what they are called, how they look and where they are used."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.issued_keys import is_placeholder
from reviewer.core.routes import original
from reviewer.rules._auth import entry, step, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Call, FileFacts

_WORDS = (
    "secret", "password", "passwd", "pwd", "apikey", "accesskey", "privatekey", "authtoken", "accesstoken",
    "clientsecret", "encryptionkey", "jwtkey", "signingkey", "bearertoken", "passphrase", "sessionkey", "apitoken",
)  # fmt: skip
_NOT_THE_SECRET = (
    "name", "header", "field", "url", "uri", "path", "label", "message", "error", "regex", "pattern", "type", "param",
    "prefix", "suffix", "format", "column", "event", "id", "hint", "placeholder", "length", "rule", "policy",
    "selector", "title", "description", "text", "strategy", "route", "hash", "algorithm", "template", "region",
    "scope", "expires", "ttl", "expiresin", "expiration", "metadata", "symbol", "property", "provider", "reset",
    "subject", "guard", "arn", "ref", "manager", "file", "store", "count", "version", "enabled", "required", "mode",
    "host", "env", "class", "vault", "location", "expiry", "alphabet", "chars", "characters", "charset", "letters",
    "digits", "symbols",
)  # fmt: skip
_ACTIONS = frozenset(
    ("change", "reset", "forgot", "forget", "invalid", "wrong", "missing", "update", "error", "expired", "confirm",
     "show", "hide", "require", "validate", "incorrect", "failed", "mismatch", "no", "weak", "example", "placeholder")
)  # fmt: skip
"""Words that make of a secret's name that of a page, a message or an event: `resetPassword`, `INVALID_TOKEN`."""

_SENT_ALONG = (("iv",), ("nonce",), ("salt",))
"""Last words of the names of what goes with a ciphertext or a hash, for everybody to read."""

_CHARS_MIN = 8
_ENTROPY_MIN = 2.8
"""Bits per character: words and repetitions are below (28 hits on 24 backends: 7 of 7 right above it, 0 of 21
below)."""

_JOINTS = str.maketrans(dict.fromkeys("_-.:/", " "))
_SIGNING = ("secret", "secretkey", "jwtkey", "signingkey", "encryptionkey", "sessionkey", "cookiekey")
_INVENTED = ("super", "my", "top", "very", "this", "secret", "dev", "default", "s3cr", "keyboard", "shh", "change",
             "dontuse", "donotuse", "local", "test")  # fmt: skip
"""How secrets begin that people make up while they write: each of them is in every word list."""

_TOKEN_MODULES = frozenset(
    ("jsonwebtoken", "@nestjs/jwt", "passport-jwt", "express-jwt", "express-session", "cookie-session", "koa-jwt",
     "@fastify/jwt", "@fastify/session", "@fastify/secure-session", "cookie-parser", "jwt-simple", "koa-session",
     "@fastify/cookie", "iron-session")
)  # fmt: skip
_OTHER_TOKEN_MODULES = _TOKEN_MODULES - {"jsonwebtoken"}
_SIGNS = {"jsonwebtoken": ("sign", "verify"), "jwt-simple": ("encode", "decode")}
_KEYS = ("secret", "secretOrKey", "secretOrPrivateKey", "privateKey", "password", "key")
_CRYPTO = frozenset(("crypto", "node:crypto"))
_SCHEMES = ("postgres", "postgresql", "mysql", "mariadb", "mongodb", "mongodb+srv", "redis", "rediss", "amqp", "amqps",
            "mssql", "smtp", "smtps", "sqlserver", "http", "https", "ftp", "nats")  # fmt: skip
_TRIVIAL = frozenset(
    ("password", "postgres", "root", "secret", "user", "pass", "admin", "guest", "test", "example", "mysql", "redis",
     "mongo", "dev", "local", "username", "pwd", "123456", "docker", "default", "app", "token", "apikey", "key")
)  # fmt: skip
_OWN_HOSTS = ("localhost", "127.", "0.", "[::1]", "host.docker.internal", "example.", "host")


def folded(name: str) -> str:
    """A name in lower case, without what joins its words."""
    return name.lower().replace("_", "").replace("-", "").replace("#", "").replace(" ", "")


def names_secret(name: str) -> bool:
    """Whether a name is one of a secret, not of something about it."""
    low = folded(name)
    parts = words(name)
    if _ACTIONS & set(parts) or parts[-1:] in _SENT_ALONG:
        return False
    return any(word in low for word in _WORDS) and not low.endswith(_NOT_THE_SECRET)


def looks_secret(name: str, value: str) -> bool:
    """Whether a text under a secret's name is one: long and mixed enough, or made up by a person."""
    if " " in value or value.startswith(("/", "http://", "https://", "phc_", "pk_", "$2a$", "$2b$", "$2y$", "./", "@")):
        return False
    if _is_invented(name, value):
        return True
    if len(value) < _CHARS_MIN or is_placeholder(value) or _entropy(value) < _ENTROPY_MIN:
        return False
    return not all(part.isalpha() for part in value.translate(_JOINTS).split())


def _is_invented(name: str, value: str) -> bool:
    """`JWT_SECRET = 'super-secret-key'`: words only, but nothing else than a secret."""
    low, same = folded(value), folded(name)
    if not same.endswith(_SIGNING) or value != value.lower() or "." in value or len(low) < _CHARS_MIN:
        return False
    return low.startswith(_INVENTED) and ("secret" in low or "key" in low) and low not in same and same not in low


def looks_like_fallback(name: str, value: str) -> bool:
    """Whether a text behind `??` is what a service would run with: stricter for passwords of local databases."""
    if any(word in folded(name) for word in ("password", "passwd", "pwd", "passphrase")):
        return looks_secret(name, value)
    return len(value) > 3 and " " not in value and not value.startswith(("/", "http"))


def _entropy(value: str) -> float:
    """Shannon entropy in bits per character."""
    counts = Counter(value)
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values()) if value else 0.0


def key_arguments(facts: FileFacts, call: Call) -> Iterator[Expr]:
    """The values that a call signs, checks or encrypts with: whatever text stands there is a secret."""
    name, module = original(facts, call.callee)
    last = step(name)
    second = _SIGNS.get(module, ())
    if last in second or (module in _CRYPTO and last in ("createHmac", "createCipheriv")):
        yield from call.args[1:2]
    elif module == "cookie-parser":
        yield from call.args[:1]
    is_parent = call.callee == "super" and "passport-jwt" in facts.index.modules
    is_service = last in ("sign", "signAsync", "verify", "verifyAsync") and "jwt" in call.callee.lower()
    if module in _OTHER_TOKEN_MODULES or is_parent or is_service:
        for arg in call.args:
            for key in _KEYS:
                value = entry(arg, key)
                if value is not None:
                    yield value


def holds_password(text: str) -> bool:
    """Whether a text is an address with a password in it, other than one for a machine of one's own."""
    scheme, mark, rest = text.partition("://")
    if not mark or scheme.lower() not in _SCHEMES or " " in text:
        return False
    account, at_sign, host = rest.partition("/")[0].rpartition("@")
    user, colon, password = account.partition(":")
    if not at_sign or not colon or len(password) < 4 or host.lower().startswith(_OWN_HOSTS):
        return False
    is_hole = any(mark in account for mark in ("${", "{", "<", "%s", "$", "[", "*"))
    return not (is_hole or is_placeholder(password) or password.lower() in _TRIVIAL or password == user)


def holds_credentials(text: str) -> bool:
    """Whether a text is a header with a key in it: `Bearer 8f2c…`, `Basic dXNl…`."""
    kind, _, value = text.partition(" ")
    if kind not in ("Bearer", "Basic", "token") or " " in value or len(value) < 16 or is_placeholder(value):
        return False
    return "${" not in value and _entropy(value) > _ENTROPY_MIN and any(char.isdigit() for char in value)


def plain_text(value: Expr) -> str:
    """The text that an expression plainly is, "" for any other."""
    is_text = value.kind is ExprKind.STRING or (value.kind is ExprKind.TEMPLATE and not value.parts)
    return value.text if is_text else ""


def variable(value: Expr) -> str:
    """The variable or key that a configured value comes from, "" for other values."""
    if value.kind is ExprKind.MEMBER and value.text.startswith(("process.env.", "env.", "this.env.")):
        return step(value.text)
    if value.kind is ExprKind.CALL and step(value.text) == "get" and value.parts:
        return plain_text(value.parts[0]).rpartition(".")[2]
    return ""
