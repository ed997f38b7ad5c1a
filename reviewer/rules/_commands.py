"""Commands and use cases that are named for what they do: `this.removeParcel.execute(id)`,
`commandBus.execute(new ArchiveParcelCommand(id))`, also behind a method of the class above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import ExprKind
from reviewer.core.facts import Class
from reviewer.rules._auth import words
from reviewer.rules._code import Code, collaborator

if TYPE_CHECKING:
    from reviewer.core.facts import Call
    from reviewer.core.project import Project

_RUNS: Final = frozenset(("execute", "handle", "run", "invoke", "dispatch", "send", "perform", "call", "exec"))
_VERBS: Final = {
    "delete": "DELETE", "remove": "DELETE", "destroy": "DELETE", "purge": "DELETE", "update": "PATCH",
    "rename": "PATCH", "archive": "PATCH", "cancel": "PATCH", "approve": "PATCH", "reject": "PATCH",
    "disable": "PATCH", "enable": "PATCH", "suspend": "PATCH", "restore": "PATCH", "reset": "PATCH", "revoke": "PATCH",
    "set": "PATCH", "assign": "PATCH", "publish": "PATCH", "close": "PATCH", "create": "POST", "add": "POST",
    "register": "POST", "clear": "DELETE", "empty": "DELETE", "wipe": "DELETE", "change": "PATCH", "edit": "PATCH",
    "activate": "PATCH", "deactivate": "PATCH", "lock": "PATCH", "unlock": "PATCH", "block": "PATCH",
    "unblock": "PATCH", "complete": "PATCH", "transfer": "PATCH", "merge": "PATCH", "move": "PATCH", "grant": "PATCH",
}  # fmt: skip
_KINDS: Final = frozenset(("usecase", "case", "command", "interactor", "handler"))
_BESIDE: Final = frozenset(
    ("token", "session", "cache", "log", "audit", "link", "url", "cookie", "view", "visit", "cookies", "context",
     "response", "report", "challenge", "headers", "filter", "locale", "language")
)  # fmt: skip
"""Things that are made or set beside an answer."""


def executed(code: Code, call: Call) -> str:
    """The HTTP verb for the command or use case that a call runs; "" where its name says nothing of the kind."""
    owner, _, name = call.callee.rpartition(".")
    if name not in _RUNS or not owner or not call.args:
        return ""
    given = call.args[0]
    if given.kind is ExprKind.NEW:
        return _verb(given.text) if given.text.endswith("Command") else ""
    field = owner.removeprefix("this.")
    held = collaborator(code.owner, field) if code.owner is not None and owner != field else ""
    is_named = held and words(field)[-1:] and words(field)[-1] in _KINDS  # an interface may be called anything
    return _verb(held) or (_verb(field) if is_named else "")


def _verb(name: str) -> str:
    said = words(name)
    return "" if not said or _BESIDE & set(said) else _VERBS.get(said[0], "")


def inherited(project: Project, code: Code, name: str) -> Code:
    """The method of the class above where a method only hands on to it (`return super.remove(request)`), else the
    same; that class was read."""
    facts = project.head[code.path]
    calls = [call for call in facts.index.calls((code.scope,)) if call.callee == f"super.{name}"]
    above = code.owner.extends if code.owner is not None else None
    if not calls or above is None or above.kind is not ExprKind.NAME:
        return code
    declared = project.declaration(code.path, above.text)
    if declared is None or not isinstance(declared.item, Class):
        return code
    scope = next((one.scope for one in declared.item.methods if one.name == name and one.scope >= 0), -1)
    return Code(declared.path, scope, declared.item) if scope >= 0 else code
