"""Passwords and hashes that an answer names itself: `{ id, password }`, `{ hash: user.passwordHash }`."""

from __future__ import annotations

from collections import defaultdict

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.rules._secret_fields import is_secret

_NO_RECORDS = frozenset(
    ("body", "query", "params", "req", "request", "dto", "input", "env", "process", "config", "this", "errors", "error",
     "messages", "schema", "fields", "z", "joi")
)  # fmt: skip


def named_secret(facts: FileFacts, inside: tuple[int, ...], answer: Expr) -> str:
    """The password or hash that an answer names itself: `{ id, password }` taken out of a record, `user.password`."""
    if answer.kind is not ExprKind.OBJECT:
        return ""
    secrets = facts.index.once(_taken)
    taken = {local for scope in inside for local in secrets.get(scope, ())} if secrets else set()
    for value in answer.parts:
        last = value.text.rpartition(".")[2]
        if value.kind is ExprKind.NAME and value.text in taken:
            return value.text
        is_field = value.kind is ExprKind.MEMBER and is_secret(last) and is_password(last)
        if is_field and not _is_sent(value.text):
            return value.text
        if value.kind is ExprKind.OBJECT and (found := named_secret(facts, inside, value)):
            return found
    return ""


def _taken(facts: FileFacts) -> dict[int, set[str]]:
    """The names, by scope, that hold a password or hash taken out of a record."""
    found: dict[int, set[str]] = defaultdict(set)
    for binding in facts.bindings:
        for local, field in zip(binding.locals, binding.fields, strict=False):
            if is_secret(field) and is_password(field) and not _is_sent(binding.value.text):
                found[binding.scope].add(local)
    return found


def _is_sent(text: str) -> bool:
    """Whether a name is no record: what the client sent itself, or a setting."""
    steps = text.lower().replace("()", "").split(".")
    return bool(_NO_RECORDS & set(steps))


def is_password(name: str) -> bool:
    """Secrets that no answer is for; a client secret or a set-up code is shown once on purpose."""
    lower = name.replace("_", "").lower()
    return any(word in lower for word in ("password", "passwd", "salt", "hash", "resettoken"))
