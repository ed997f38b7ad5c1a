"""Two names of one secret, the one that is kept and the one that somebody sent: `storedCode` and `inputCode`."""

from __future__ import annotations

from typing import Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._auth import PASSWORDS, secret_kind, step, words

_KEPT: Final = frozenset(
    ("stored", "expected", "saved", "known", "persisted", "decrypted", "actual", "kept", "original", "valid", "correct",
     "real", "db", "cached", "issued", "configured", "own")
)  # fmt: skip
_GIVEN: Final = frozenset(
    ("input", "given", "provided", "presented", "submitted", "received", "candidate", "incoming", "supplied", "entered",
     "sent", "claimed", "user", "client", "request", "dto", "body", "query", "params", "req", "header", "headers")
)  # fmt: skip
_NOT_OURS: Final = frozenset(
    ("csrf", "xsrf", "push", "fcm", "device", "cancel", "cancellation", "version", "type", "page", "next")
)
_SHAPES: Final = frozenset(
    ("trim", "toLowerCase", "toUpperCase", "normalize", "replace", "replaceAll", "toString", "String", "slice")
)
_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)
_UNWRAPPED_MAX: Final = 4


def bare(value: Expr) -> Expr:
    """What a call only shapes: `code` of `code.trim().toLowerCase()`, `String(code)` and `this.normalizeCode(code)`."""
    for _ in range(_UNWRAPPED_MAX):
        if value.kind is not ExprKind.CALL:
            break
        owner, _, last = value.text.rpartition(".")
        is_text_method = last in _SHAPES and bool(owner or value.receiver)
        if is_text_method:
            value = value.receiver or Expr(
                ExprKind.MEMBER if "." in owner else ExprKind.NAME, owner, value.first, value.last
            )
        elif len(value.parts) == 1 and value.parts[0].kind in _NAMED and _shapes(last):
            value = value.parts[0]
        else:
            break
    return value


def of_two(left: Expr, right: Expr) -> str:
    """The kept secret that a given one is held against, by what both are called; "" where they are no such pair."""
    if left.kind not in _NAMED or right.kind not in _NAMED:
        return ""
    for kept, given in ((left, right), (right, left)):
        kept_words, given_words = set(words(kept.text)), set(words(given.text))
        if (kept_words | given_words) & _NOT_OURS or not _is_secret(given):
            continue
        is_pair = bool(_KEPT & kept_words) and _kinds(kept) == _kinds(given)
        if is_pair and (_GIVEN & given_words or kept.kind is not given.kind or not _KEPT & given_words):
            return kept.text[:60]
        if "decrypted" in kept_words and _GIVEN & given_words:
            return kept.text[:60]
    return ""


def _shapes(name: str) -> bool:
    return name == "String" or bool(
        {"normalize", "normalise", "clean", "strip", "trim", "canonical"} & set(words(name))
    )


def _is_secret(value: Expr) -> bool:
    kind = _kinds(value)
    return bool(kind) and kind not in PASSWORDS


def _kinds(value: Expr) -> str:
    """Which secret a name holds, without what says whose it is, and one for many: `inputCodes` of recovery."""
    parts = [part for part in words(step(value.text)) if part not in _KEPT | _GIVEN]
    if parts and parts[-1] in ("codes", "tokens", "keys", "secrets"):
        parts[-1] = parts[-1][:-1]
    return secret_kind("_".join(parts))
