"""Middleware of a project that turns away who has not signed in, whatever it is called: it answers 401."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._auth import step, words
from reviewer.rules._code import Code, function_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.project import Project

_STATUSES: Final = ("status", "sendStatus", "code", "createError", "writeHead", "throw")
_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL)
_PREVENTS: Final = frozenset(("require", "requires", "required", "ensure", "must", "only", "needs", "assert", "is"))
_PEOPLE: Final = frozenset(
    ("user", "users", "member", "members", "staff", "customer", "employee", "operator", "tenant", "editor", "caller",
     "owner", "identity", "signed", "person", "client", "actor", "principal", "viewer")
)  # fmt: skip


def refusing(project: Project, path: str) -> frozenset[str]:
    """The names by which a file's routers are given middleware that answers 401 to who has not signed in."""
    named = {part.text for route in project.routes.get(path, ()) for part in _every(route.middleware)}
    for call in project.head[path].calls:
        if step(call.callee) in ("use", "all", "addHook"):
            named |= {part.text for part in _every(call.args)}
    return frozenset(name for name in named if _refuses(project, path, name))


def _asks_for_person(name: str) -> bool:
    """Whether a middleware's name says that somebody known must be calling: `requireMember`, `staffOnly`."""
    parts = set(words(step(name)))
    return bool(parts & _PREVENTS) and bool(parts & _PEOPLE) and len(parts) <= _WORDS_MAX


_WORDS_MAX: Final = 4
"""Words of such a name; a longer one is about more than who calls."""


def _every(values: tuple[Expr, ...]) -> Iterator[Expr]:
    for value in values:
        if value.kind in (ExprKind.ARRAY, ExprKind.SPREAD, ExprKind.OBJECT):  # Fastify: { preHandler: [known] }
            yield from _every(value.parts)
        elif value.kind in _NAMED:
            yield value


def _refuses(project: Project, path: str, name: str) -> bool:
    made = function_named(project, path, name.removesuffix("()"))
    if made is None:
        root = name.partition(".")[0]
        return _asks_for_person(name) and project.head[path].imported(root) is not None
    return _answers_401(project, made)


def _answers_401(project: Project, made: Code) -> bool:
    facts = project.head[made.path]
    inside = facts.index.within(made.scope)
    for call in facts.index.calls(inside):
        name = step(call.callee)
        if name in _STATUSES and call.args and _is_401(call.args[0]):
            return True
        if call.is_new and ("unauthorized" in name.lower() or "unauthenticated" in name.lower()):
            return True
    return False


def _is_401(value: Expr) -> bool:
    return value.text == "401" or step(value.text).lower() in ("unauthorized", "unauthenticated")
