"""Queries that choose a secret column, and whether a function returns what they read as it is."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, Class, FileFacts
from reviewer.core.project import Project
from reviewer.rules._named_secrets import is_password
from reviewer.rules._secret_fields import is_secret

_READERS = ("find", "select", "addSelect", "columns", "returning", "query", "get", "first", "one")
_CHOICES = ("select", "attributes", "columns", "projection", "fields")
_STORED = frozenset(("pass", "clientsecret", "apisecret", "privatekey", "secretkey", "refreshtoken", "totpsecret",
                     "twofactorsecret", "mfasecret", "otpsecret", "signingsecret", "encryptionkey"))  # fmt: skip
"""Secrets that a service keeps to use them itself, and that no reader of a record has a use for."""
_STORED_ENDINGS = ("password", "passphrase", "passwordhash", "clientsecret", "privatekey")
_STEPS = frozenset(("select", "addSelect", "columns", "returning"))
_WRAPPERS = frozenset(("Promise", "Array"))
_VALUES = (BindingKind.CONST, BindingKind.LET)


def selected_secret(call: Call, *, stored: bool = False) -> tuple[str, int]:
    """The password or hash that a query chooses by name, and its line: `select: { passwordHash: true }`,
    `attributes: ['id', 'password']`; ("", 0) for none. `stored`: any other secret that a record keeps, too."""
    if not call.callee.rpartition(".")[2].startswith(_READERS):
        return "", 0
    for arg in call.args:
        if stored and call.callee.rpartition(".")[2] in _STEPS:
            found = _named(arg) or _chosen(arg, stored=True)
            if found is not None:
                return found
        for key, value in zip(arg.keys, arg.parts, strict=False):
            if key in _CHOICES:
                found = _chosen(value, stored=stored)
                if found is not None:
                    return found
    return "", 0


def _named(value: Expr) -> tuple[str, int] | None:
    """The secret in the argument of a step that chooses: `select('id', 'password_hash')`, `select('+password')`,
    `select({ hash: users.passwordHash })`."""
    texts = value.text.split() if value.kind is ExprKind.STRING else []
    for text in (one.removeprefix("+").rpartition(".")[2] for one in texts if not one.startswith("-")):
        if _is_wanted(text, stored=True):
            return text, value.first
    for part in value.parts if value.kind is ExprKind.OBJECT else ():
        last = part.text.rpartition(".")[2]
        if part.kind is ExprKind.MEMBER and _is_wanted(last, stored=True):
            return last, part.first
    return None


def _chosen(value: Expr, *, stored: bool) -> tuple[str, int] | None:
    if value.kind is ExprKind.OBJECT:
        for key, part in zip(value.keys, value.parts, strict=True):
            if part.text in ("true", "1") and _is_wanted(key, stored=stored):
                return key, part.first
            if part.kind is ExprKind.OBJECT and stored:  # `select: { owner: { select: { password: true } } }`
                for inner, below in zip(part.keys, part.parts, strict=False):
                    found = _chosen(below, stored=stored) if inner in _CHOICES else None
                    if found is not None:
                        return found
    if value.kind is ExprKind.ARRAY:
        for part in value.parts:
            if part.kind is ExprKind.STRING and _is_wanted(part.text, stored=stored):
                return part.text, part.first
    return None


def _is_wanted(name: str, *, stored: bool) -> bool:
    plain = name.replace("_", "").lower()
    if stored and (plain in _STORED or plain.endswith(_STORED_ENDINGS)):
        return True
    return is_secret(name) and is_password(name)


def is_returned(facts: FileFacts, call: Call) -> bool:
    """Whether a function returns what a call reads as it is: at once, or by a constant that it only returns."""
    if call.is_returned:
        return True
    given = tuple(facts.index.bindings((call.scope,)))
    returned = [one.value for one in given if one.kind is BindingKind.RETURN]
    for binding in given:
        value = binding.value
        inner = value.parts[0] if value.kind is ExprKind.AWAIT and value.parts else value
        is_call = inner.kind is ExprKind.CALL and (inner.text, inner.first) == (call.callee, call.first)
        if is_call and binding.kind is BindingKind.RETURN:
            return True
        if is_call and binding.kind in _VALUES and binding.name:
            return any(one.kind is ExprKind.NAME and one.text == binding.name for one in returned)
    return False


def type_without(project: Project, path: str, call: Call, field: str) -> str:
    """The declared type, written out and without that field, of what the function around a call returns; "" where it
    has the field or that cannot be told."""
    if call.scope < 0:
        return ""
    kind = project.head[path].functions[call.scope].return_type
    names = [one for one in kind.names if one not in _WRAPPERS]
    declared = project.declaration(path, names[0]) if len(names) == 1 else None
    if declared is None or isinstance(declared.item, Class) or not declared.item.members or declared.item.extends:
        return ""
    return "" if field in {member.name for member in declared.item.members} else declared.item.name
