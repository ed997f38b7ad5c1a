"""Objects that go to the log whole and hold a secret: put together in place, the rest of one, the settings of a
connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._auth import secret_kind, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Binding, FileFacts

_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)
_SHOWN_FREELY: Final = frozenset(("credential", "credentials", "session id"))
_CONNECTIONS: Final = frozenset(
    ("smtp", "transport", "mailer", "database", "db", "datasource", "redis", "amqp", "rabbitmq", "mongo", "postgres",
     "mysql", "kafka", "s3", "ldap", "sftp", "ftp", "imap", "connection", "oauth", "stripe", "twilio", "aws")
)  # fmt: skip
"""What one signs in to with a password or key that stands among its settings."""

_SETTINGS: Final = frozenset(("options", "config", "configuration", "settings", "credentials", "opts", "params"))
_BOUND_MAX: Final = 20
_HARMLESS: Final = frozenset((ExprKind.CONSTANT, ExprKind.NUMBER))
_AROUND: Final = (ExprKind.OBJECT, ExprKind.ARRAY, ExprKind.AWAIT, ExprKind.CALL, ExprKind.TEMPLATE, ExprKind.CHOICE)
_STEPS_MAX: Final = 4


def inside_whole(facts: FileFacts, value: Expr, scope: int, first: int) -> str:
    """The secret in an object that a name holds: a key of what it was given, or of what it is the rest of."""
    name, left_out = value.text, set[str]()
    for _ in range(_STEPS_MAX):
        found = _given(facts, name, scope, first)
        if found is None:
            return ""
        if found.fields:
            left_out |= set(found.fields)
            if found.value.kind is ExprKind.NAME:
                name = found.value.text
                continue
        whole = found.value
        if whole.kind is not ExprKind.OBJECT:
            return ""
        secret = _key_of(whole, left_out)
        return f"{value.text}.{secret}" if secret else ""
    return ""


def of_connection(facts: FileFacts, value: Expr, scope: int) -> bool:
    """Whether a name is a parameter that holds all settings of a connection: `options: SmtpTransportOptions`."""
    if value.kind is not ExprKind.NAME:
        return False
    for around in facts.index.around(scope):
        params = facts.functions[around].params if around >= 0 else ()
        found = next((param for param in params if param.name == value.text), None)
        if found is not None:
            parts = words(found.type.name)
            return parts[-1:] != () and parts[-1] in _SETTINGS and bool(_CONNECTIONS & set(parts))
    return False


def held(facts: FileFacts, value: Expr, scope: int, first: int) -> str:
    """The secret that an object holds which goes to the log by `first` with all its fields (`...made`,
    `JSON.stringify(made)`), as the same function hands that field on; "" where it is set or taken out before."""
    if value.kind is not ExprKind.NAME:
        return ""
    outer = next((one for one in facts.index.around(scope) if facts.index.bound(value.text, one)), scope)
    inside = facts.index.within(outer) if outer >= 0 else (scope,)
    used = {one.text: one.first for one in _handed(facts, inside) if one.text.startswith(f"{value.text}.")}
    for name in sorted(used):
        if secret_kind(name) in ("", *_SHOWN_FREELY) or name.count(".") > 1 or "()" in name or "[]" in name:
            continue
        is_set = any(one.name == name for one in facts.index.bindings(inside))
        seen = (one.line for one in facts.index.reads(inside) if one.name == name and one.line <= first)
        if not is_set and all(line == used[name] for line in seen):  # `delete made.secret` is a read as well
            return name
    return ""


def spread(whole: Expr) -> tuple[Expr, ...]:
    """What an object is made of besides its own keys: `made` of `{ ...made, by }`."""
    parts = (part for key, part in zip(whole.keys, whole.parts, strict=False) if not key)
    return tuple(part.parts[0] if part.kind is ExprKind.SPREAD and part.parts else part for part in parts)


def _handed(facts: FileFacts, inside: tuple[int, ...]) -> Iterator[Expr]:
    """The fields that functions give to calls, to names and back."""
    waiting = [arg for call in facts.index.calls(inside) for arg in call.args]
    waiting.extend(one.value for one in facts.index.bindings(inside))
    while waiting:
        here = waiting.pop()
        if here.kind is ExprKind.MEMBER:
            yield here
        elif here.kind in _AROUND:
            waiting.extend(here.parts)


def _given(facts: FileFacts, name: str, scope: int, first: int) -> Binding | None:
    """What gives a name its value before a line, where exactly one place does."""
    for around in facts.index.around(scope):
        every = [one for one in facts.index.bound(name, around)[:_BOUND_MAX] if one.kind is not BindingKind.PAIR]
        if not every:
            taken = (one for one in facts.index.bindings((around,)) if name in one.locals and one.first <= first)
            every = [one for one in taken if dict(zip(one.locals, one.fields, strict=False)).get(name) == "..."]
        if every:
            return every[0] if len(every) == 1 else None
    return None


def _key_of(whole: Expr, left_out: set[str]) -> str:
    for key, part in zip(whole.keys, whole.parts, strict=False):
        kind = secret_kind(key)
        if kind and kind not in _SHOWN_FREELY and key not in left_out and _is_plain(key, part):
            return key
    return ""


def _is_plain(key: str, part: Expr) -> bool:
    """Whether a value may be the secret itself: no mark, and nothing that masks or asks whether there is one."""
    if part.kind in _NAMED:
        return bool(secret_kind(part.text)) or part.kind is ExprKind.MEMBER
    if part.kind is ExprKind.CALL:
        return not {"mask", "redact", "hash", "hide", "censor", "sanitize", "boolean"} & set(words(part.text))
    return part.kind not in (ExprKind.STRING, ExprKind.OTHER, *_HARMLESS) and bool(key)
