"""Handlers that ask in their own body who may do this (`context.permissions.canEdit(…)`, `assertAdmin(user)`), and a
new one among them that does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, ExprKind
from reviewer.rules._auth import entry, inside, step, words
from reviewer.rules._auth_classes import Lack, is_for_all, is_own
from reviewer.rules._auth_entrances import MUTATING, Entrance, entrances
from reviewer.rules._auth_guards import is_guard, is_middleware_guard
from reviewer.rules._auth_open import is_open_by
from reviewer.rules._code import Code, called

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.expr import Expr
    from reviewer.core.facts import Call, Class, FileFacts
    from reviewer.core.project import Project

_SHARE: Final = 0.8
_BESIDE_MIN: Final = 2
_READS_MIN: Final = 3
"""Ways of a controller that all ask the same, from which on one that only reads has to ask it, too."""

_RIGHTS: Final = frozenset(
    ("permission", "permissions", "permitted", "ability", "acl", "rbac", "policy", "policies", "forbidden", "ownership",
     "unauthorized", "authorize", "authorized", "authorization", "privilege", "privileges", "authz", "entitlement")
)  # fmt: skip
_ASKS: Final = frozenset(
    ("assert", "ensure", "require", "requires", "check", "verify", "must", "enforce", "has", "is", "validate", "deny",
     "allow", "guard")
)  # fmt: skip
_WHO: Final = frozenset(
    ("admin", "role", "roles", "owner", "member", "access", "allowed", "auth", "authenticated", "session", "can",
     "superuser", "staff", "logged", "signed", "rights", "manager", "editor", "user", "login")
)  # fmt: skip
_TESTED: Final = frozenset(("admin", "role", "roles", "owner", "superuser", "staff"))
_FIRST: Final = frozenset(("can", "cannot", "may"))
_CHANGES: Final = frozenset(
    ("create", "add", "insert", "update", "edit", "change", "set", "put", "post", "patch", "delete", "remove",
     "destroy", "clear", "reset", "archive", "restore", "publish", "unpublish", "toggle", "move", "merge", "rename",
     "assign", "unassign", "invite", "revoke", "approve", "reject", "cancel", "close", "reopen", "enable", "disable",
     "lock", "unlock", "transfer", "import", "save", "upload", "duplicate", "copy", "detach", "attach", "ban", "unban",
     "rotate", "regenerate", "replace", "purge", "empty", "suspend", "activate", "deactivate", "promote", "demote")
)  # fmt: skip
_CALLERS: Final = frozenset(
    (
        "user",
        "viewer",
        "actor",
        "principal",
        "caller",
        "ctx",
        "context",
        "claims",
        "me",
        "session",
        "account",
        "tenant",
        "sub",
    )
)
_CALLER_WORDS_MAX: Final = 3
"""`user.id`, `req.user.id`, `context`; longer names are about something of theirs."""

_REQUESTS: Final = frozenset(("req", "request", "ctx", "context", "c"))


@dataclass(frozen=True, slots=True)
class _Handler:
    name: str
    symbol: str
    scope: int
    line: int
    owner: Class | None = None
    is_for_all: bool = False


def checked_lacks(project: Project) -> Iterator[Lack]:
    """New handlers that change something unasked, where nearly all of those beside them ask."""
    for file, facts in project.production:
        by_group: dict[str, list[_Handler]] = {}
        for one in _handlers(facts, file.path):
            by_group.setdefault(one.owner.name if one.owner else "", []).append(one)
        for every in by_group.values():
            fresh = [one for one in every if not project.had_function(file.path, one.symbol)]
            old = [one for one in every if project.had_function(file.path, one.symbol)]
            asking = [one for one in old or every if _asks(facts, one.scope)]
            if len(asking) < _BESIDE_MIN or len(asking) < _SHARE * (len(old) or len(every) - 1):
                continue
            shared = {call.callee for one in asking for call in _calls(facts, one.scope)}
            for one in fresh:
                if project.wrote(file.path, one.line) and not _is_asked(project, file.path, one, shared):
                    yield _lack(file.path, one, _asked_by(facts, asking[0].scope), len(asking))


def unasked_reads(project: Project) -> Iterator[Lack]:
    """New ways of a controller to read one thing, unasked, where each of its ways, reading ones too, asks the same."""
    for file, facts in project.production:
        by_class: dict[str, list[Entrance]] = {}
        for item in entrances(facts, file.path):
            if not item.is_open and item.method.scope >= 0:
                by_class.setdefault(item.owner.name, []).append(item)
        for every in by_class.values():
            old = [item for item in every if project.had_function(file.path, item.symbol)]
            if len(old) < _READS_MIN or all(item.verb in MUTATING for item in old):
                continue
            asked = [{call.callee for call in _calls(facts, item.method.scope)} for item in old]
            checks = sorted(name for name in set.intersection(*asked) if is_check(name))
            shared = set.union(*asked)
            for item in every if checks else ():
                one = _handler(item)
                is_new = item not in old and item.verb not in MUTATING and ":" in item.route
                if is_new and project.wrote(file.path, one.line) and not _is_asked(project, file.path, one, shared):
                    yield _lack(file.path, one, checks[0], len(old), "reads what is somebody's")


def _handler(item: Entrance) -> _Handler:
    return _Handler(
        item.method.name, item.symbol, item.method.scope, item.method.head, item.owner, is_for_all(item)
    )  # fmt: skip


def _lack(path: str, one: _Handler, check: str, count: int, does: str = "changes data") -> Lack:
    message = (
        f"`{one.symbol}` {does} and asks nobody whether the caller may, while {count} handlers beside it do "
        f"(`{check}`): any caller who is let in can use it. Ask here too."
    )
    return Lack(path, one.line, one.symbol, message, "Nothing says who may do this")


def _handlers(facts: FileFacts, path: str) -> Iterator[_Handler]:
    """What serves requests and changes something: exported functions that take a request, methods of controllers."""
    for item in entrances(facts, path):
        does = words(item.method.name)[:1]
        changes = item.verb in ("PUT", "PATCH", "DELETE") or bool(_CHANGES & set(does))
        if item.verb in MUTATING and changes and item.method.scope >= 0 and not item.is_open:
            yield _handler(item)
    for name, scope in _mutations(facts):
        if not is_open_by(words(name), ()):
            yield _Handler(name, facts.functions[scope].symbol, scope, facts.functions[scope].first)
    for scope, function in enumerate(facts.functions):
        if function.parent != NOWHERE or not function.is_exported or not function.params or not function.name:
            continue
        first = function.params[0]
        takes = first.name.lstrip("_") in _REQUESTS or "request" in words(first.type.name)
        parts = words(function.name)
        if takes and _CHANGES & set(parts[:1]) and not is_open_by(parts, ()):
            yield _Handler(function.name, function.symbol, scope, function.first)


def _mutations(facts: FileFacts) -> Iterator[tuple[str, int]]:
    """The functions of `{ Mutation: { create: (parent, args, context) => … } }`, by name."""
    for binding in facts.bindings:
        whole = binding.value if binding.name.lower() in ("mutation", "mutations") else entry(binding.value, "Mutation")
        if whole is not None and whole.kind is ExprKind.OBJECT:
            for key, value in zip(whole.keys, whole.parts, strict=False):
                if value.kind is ExprKind.FUNCTION and value.scope >= 0:
                    yield key, value.scope


def _calls(facts: FileFacts, scope: int) -> Iterator[Call]:
    return facts.index.calls(facts.index.within(scope))


def _asks(facts: FileFacts, scope: int) -> bool:
    return bool(_asked_by(facts, scope))


def _asked_by(facts: FileFacts, scope: int) -> str:
    """What a function asks who may do this with, "" where it does not ask."""
    found = next((call.callee for call in _calls(facts, scope) if is_check(call.callee)), "")
    if found:
        return found
    tests = (one.test for one in facts.index.conditions(facts.index.within(scope)))
    tested = (part.text for test in tests for part in inside(test) if part.kind is ExprKind.MEMBER)
    return next((name for name in tested if set(words(name)) & (_TESTED | _RIGHTS)), "")


def is_check(callee: str) -> bool:
    """Whether a call asks by its name whether the caller may do something."""
    parts, last = set(words(callee)), words(step(callee))
    if parts & _RIGHTS or _FIRST & set(last[:1]):
        return True
    return bool(_ASKS & set(last[:1]) and _WHO & set(last))


def _is_asked(project: Project, path: str, one: _Handler, shared: set[str]) -> bool:
    """Whether a handler asks, itself or in a function of the project that the asking ones do not call too."""
    facts = project.head[path]
    if is_own(one.name) or one.is_for_all or _asks(facts, one.scope) or _stands_behind(project, path, one):
        return True
    for call in _calls(facts, one.scope):
        if call.callee not in shared and any(_tells_who(arg) for arg in call.args):
            return True  # what it calls knows who asks, and may see to it
        there = called(project, Code(path, one.scope, one.owner), call) if call.callee not in shared else None
        if there is not None and there.scope >= 0 and _asks(project.head[there.path], there.scope):
            return True
    return False


def _tells_who(value: Expr) -> bool:
    named = (part.text for part in inside(value) if part.kind in (ExprKind.NAME, ExprKind.MEMBER))
    return any(_CALLERS & set(words(name)) and len(words(name)) <= _CALLER_WORDS_MAX for name in named)


def _stands_behind(project: Project, path: str, one: _Handler) -> bool:
    """Whether the handler's own route or method has a guard of its own in front of it."""
    if one.owner is not None:
        facts = project.head[path]
        method = next(item for item in one.owner.methods if item.scope == one.scope)
        return any(is_guard(facts, decorator) for decorator in method.decorators)
    named = (
        route
        for routes in project.routes.values()
        for route in routes
        if route.handler is not None and step(route.handler.text) == one.name
    )
    return any(is_middleware_guard(part) for route in named for part in route.middleware)
