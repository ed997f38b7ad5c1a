"""Queries that choose a secret column, and whether a function returns what they read as it is."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, Class, FileFacts
from reviewer.core.project import Project
from reviewer.rules._named_secrets import is_password
from reviewer.rules._secret_fields import is_secret

_READERS = ("find", "select", "query", "get", "first", "one")
_CHOICES = ("select", "attributes", "columns", "projection", "fields")
_WRAPPERS = frozenset(("Promise", "Array"))
_VALUES = (BindingKind.CONST, BindingKind.LET)


def selected_secret(call: Call) -> tuple[str, int]:
    """The password or hash that a query chooses by name, and its line: `select: { passwordHash: true }`,
    `attributes: ['id', 'password']`; ("", 0) for none."""
    if not call.callee.rpartition(".")[2].startswith(_READERS):
        return "", 0
    for arg in call.args:
        for key, value in zip(arg.keys, arg.parts, strict=False):
            if key in _CHOICES:
                found = _chosen(value)
                if found is not None:
                    return found
    return "", 0


def _chosen(value: Expr) -> tuple[str, int] | None:
    if value.kind is ExprKind.OBJECT:
        for key, part in zip(value.keys, value.parts, strict=True):
            if part.text in ("true", "1") and _is_password(key):
                return key, part.first
    if value.kind is ExprKind.ARRAY:
        for part in value.parts:
            if part.kind is ExprKind.STRING and _is_password(part.text):
                return part.text, part.first
    return None


def _is_password(name: str) -> bool:
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
