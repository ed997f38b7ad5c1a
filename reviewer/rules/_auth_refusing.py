"""Middleware of a project that turns away who has not signed in, whatever it is called: it answers 401."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._auth import step, words
from reviewer.rules._code import Code, function_named
from reviewer.rules._request import request_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_STATUSES: Final = ("status", "sendStatus", "code", "createError", "writeHead", "throw")
_STATUS_KEYS: Final = ("status", "statusCode", "httpStatus", "code")
_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL)
_PREVENTS: Final = frozenset(("require", "requires", "required", "ensure", "must", "only", "needs", "assert", "is"))
_PEOPLE: Final = frozenset(
    ("user", "users", "member", "members", "staff", "customer", "employee", "operator", "tenant", "editor", "caller",
     "owner", "identity", "signed", "person", "client", "actor", "principal", "viewer")
)  # fmt: skip


def refusing(project: Project, path: str) -> frozenset[str]:
    """The names by which a file's routers are given middleware that answers 401 to who has not signed in."""
    return frozenset(part.text for part in in_front(project, path) if _refuses(project, path, part.text))


def in_front(project: Project, path: str) -> tuple[Expr, ...]:
    """What a file puts in front of its routes, each name once: middleware of single ones, and of whole routers."""
    found = {part.text: part for route in project.routes.get(path, ()) for part in _every(route.middleware)}
    for call in project.head[path].calls:
        if step(call.callee) in ("use", "all", "addHook"):
            found |= {part.text: part for part in _every(call.args)}
    return tuple(found.values())


def _asks_for_person(name: str) -> bool:
    """Whether a middleware's name says that somebody known must be calling: `requireMember`, `staffOnly`."""
    parts = set(words(step(name)))
    return bool(parts & _PREVENTS) and bool(parts & _PEOPLE) and len(parts) <= _WORDS_MAX


_REFUSALS: Final = ("unauthorized", "unauthorised", "unauthenticated", "notauthenticated", "notloggedin")
"""Parts of the names of errors that say that nobody knows who is calling."""

_HOPS_MAX: Final = 2
"""Functions of the project that a middleware hands the request on to, one in another."""

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
    return turns_away(project, made, _says_401)


def turns_away(project: Project, made: Code, says: Callable[[Call], bool], hops: int = _HOPS_MAX) -> bool:
    """Whether a function answers or throws what `says` knows: itself, or in what it hands the request to."""
    facts = project.head[made.path]
    inside = facts.index.within(made.scope)
    calls = list(facts.index.calls(inside))
    if any(says(call) for call in calls):
        return True
    asked = request_name(facts.functions[made.scope]) if hops == _HOPS_MAX else _first(facts, made)
    for call in calls if asked and hops else ():
        if call.args and call.args[0].text == asked and not call.is_new:
            behind = function_named(project, made.path, call.callee)
            if behind is not None and behind != made and turns_away(project, behind, says, hops - 1):
                return True
    return False


def _first(facts: FileFacts, made: Code) -> str:
    params = facts.functions[made.scope].params
    return params[0].name if params else ""


def _says_401(call: Call) -> bool:
    return says_status(call, "401", ("unauthorized", "unauthenticated"), _REFUSALS)


def says_status(call: Call, status: str, names: tuple[str, ...], errors: tuple[str, ...]) -> bool:
    """Whether a call answers with a status (also by one of its `names`), or makes an error that stands for it: by a
    part of its name, or by the status it is given (`new HttpError(403)`, `new AppError({ status: 403 })`)."""
    name = step(call.callee)
    if name in _STATUSES:
        return bool(call.args) and _is_status(call.args[0], status, names)
    if not call.is_new:
        return False
    lower = name.lower()
    if any(word in lower for word in errors):
        return True
    given = (part for arg in call.args for part in (arg, *_statuses(arg)))
    return lower.endswith(("error", "exception")) and any(_is_status(one, status, names) for one in given)


def _statuses(value: Expr) -> Iterator[Expr]:
    if value.kind is ExprKind.OBJECT:
        yield from (part for key, part in zip(value.keys, value.parts, strict=False) if key in _STATUS_KEYS)


def _is_status(value: Expr, status: str, names: tuple[str, ...]) -> bool:
    return value.text == status or step(value.text).lower() in names
