"""The secret that a function of the project brings with a stored record: `const user = await getUserById(id)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._answered_types import chooses, read_secret
from reviewer.rules._code import function_named
from reviewer.rules._secret_fields import cleaned, entity_secret, is_secret

if TYPE_CHECKING:
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_SHAPING: Final = ("omit", "pick", "saniti", "serializ", "public", "dto", "strip", "safe", "present", "toview",
                   "exclude", "mask", "redact", "toresponse", "select", "project", "pluck", "without")  # fmt: skip
"""Words of functions that leave fields out."""

_READS: Final = ("find", "getOne", "load", "fetch", "first")
_OWN: Final = ""
"""A name that no file imports: the secret is then that of the schemas in the file itself."""

_NAMES: Final = ("get", "find", "load", "fetch", "read", "create", "update", "save", "register", "lookup")


def served_secret(project: Project, path: str, value: Expr) -> str:
    """The secret of the record that a call of the project's own function answers whole, "" where it chooses, shapes, or
    cannot be told."""
    call = value.parts[0] if value.kind is ExprKind.AWAIT and value.parts else value
    name = call.text.rpartition(".")[2]
    if call.kind is not ExprKind.CALL or call.receiver is not None or shapes(call.text) or chooses(call.parts):
        return ""
    if not name.startswith(_NAMES):
        return ""
    code = function_named(project, path, call.text)
    if code is None:
        return ""
    there = project.head[code.path]
    inside = there.index.within(code.scope)
    calls = list(there.index.calls(inside))
    if any(shapes(one.callee) or chooses(one.args) for one in calls) or cleaned(there, inside):
        return ""
    if any(is_secret(read.name.rpartition(".")[2]) for read in there.index.reads(inside)):
        return ""
    return next((secret for one in calls if (secret := _read(project, code.path, there, one))), "")


def shapes(callee: str) -> bool:
    """Whether a function leaves fields out, by its name."""
    lower = callee.lower()
    return any(word in lower for word in _SHAPING)


def _read(project: Project, path: str, facts: FileFacts, call: Call) -> str:
    """The secret of the record that a call inside such a function reads."""
    if not call.callee.rpartition(".")[2].startswith(_READS):
        return ""
    value = Expr(ExprKind.CALL, call.callee, call.first, call.last, call.args, receiver=call.receiver)
    found = read_secret(project, path, value)
    owner = call.callee.rpartition(".")[0] or (call.receiver.text if call.receiver else "")
    named = [owner, *(one.value.text for one in facts.index.bound(owner, call.scope))]
    # `getCollection('users').findOne()`: the schema in the file itself says what is stored there.
    return found or (entity_secret(project, path, _OWN) if any("collection" in one.lower() for one in named) else "")
