"""Who is calling, as handlers ask it: the signed-in user, or an id that the client sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reviewer.core.expr import ExprKind
from reviewer.core.routes import NEST_VERBS, is_controller, nest_name
from reviewer.rules._auth import outermost, step, words
from reviewer.rules._request import RequestData, request_name

if TYPE_CHECKING:
    from reviewer.core.expr import Expr
    from reviewer.core.facts import Class, FileFacts, Method, Param

_OWNERS = frozenset(
    (("user", "id"), ("owner", "id"), ("author", "id"), ("created", "by"), ("creator", "id"), ("owned", "by"))
)
_USERS = (".user", ".auth", ".session.user", ".locals.user", ".userId", ".currentUser", ".auth.userId")
_RIGHTS = frozenset(("admin", "role", "roles", "permission", "permissions", "internal", "system", "backoffice"))
_ROLES = frozenset(("role", "roles", "admin", "superuser", "permissions", "permission", "staff"))


def says_role(name: str) -> bool:
    """Whether a name holds a role or a right: `req.body.role`, `isAdmin`."""
    return bool(_ROLES & set(words(step(name))[-1:]))


def says_owner(name: str) -> bool:
    """Whether a name holds whose something is: `userId`, `created_by`."""
    parts = words(step(name))
    return parts in _OWNERS or (len(parts) == 3 and parts[0] == "x" and parts[1:] in _OWNERS)


def handler(facts: FileFacts, scope: int) -> int:
    """The handler around a place, else the outermost function; -1 at the top of the file."""
    handlers = [one for one in facts.index.around(scope) if one >= 0 and request_name(facts.functions[one]) is not None]
    return handlers[-1] if handlers else outermost(facts, scope)


def asking(facts: FileFacts, *, roles: bool = False) -> frozenset[int]:
    """The outermost functions that read the signed-in user (their role, with `roles`)."""
    found: set[int] = set()
    for read in facts.reads:
        rest = read.name.partition(".")[2]
        is_user = any(mark in f".{read.name}." for mark in (".user.", ".auth.", ".currentUser.", ".me.", ".session."))
        if is_user and (not roles or says_role(read.name)) and rest.partition(".")[0] != "body":
            found.add(handler(facts, read.scope))
    if not roles:
        for scope, function in enumerate(facts.functions):
            if any(_is_user_param(facts, param) for param in function.params):
                found.add(handler(facts, scope))
    return frozenset(found)


def _is_user_param(facts: FileFacts, param: Param) -> bool:
    for decorator in param.decorators:
        name = step(decorator.name)
        own = not nest_name(facts, decorator)
        if own and {"user", "account", "session", "viewer", "actor", "me"} & set(words(name)):
            return True
    return False


def users_beside(facts: FileFacts) -> bool:
    """Whether a handler of the file asks the signed-in user: that is how this file knows who is calling."""
    for scope, function in enumerate(facts.functions):
        if any(_is_user_param(facts, param) for param in function.params):
            return True
        name = request_name(function)
        if name and any(_reads_user(read.name, name) for read in facts.index.reads((scope,))):
            return True
    requests = {
        param.name
        for function in facts.functions
        for param in function.params
        if any(nest_name(facts, one) in ("Req", "Request") for one in param.decorators)
    }
    roots = ((read.name, read.name.partition(".")[0]) for read in facts.reads)
    return any(root in requests and _reads_user(name, root) for name, root in roots)


def _reads_user(read: str, request: str) -> bool:
    return any(read == request + mark or read.startswith(request + mark + ".") for mark in _USERS)


def owner_reads(facts: FileFacts) -> Iterator[tuple[str, int, str]]:
    """Name, line and symbol where a handler takes whose something is from the request, and never asks the user."""
    asked = asking(facts)
    for scope, function in enumerate(facts.functions):
        name = request_name(function)
        if not name or handler(facts, scope) in asked or _RIGHTS & set(words(function.symbol)):
            continue
        for read in facts.index.reads(facts.index.within(scope)):
            if says_owner(read.name) and read.name.startswith((f"{name}.body.", f"{name}.headers.")):
                yield read.name, read.line, function.symbol
                break
    for item in facts.classes:
        if is_controller(facts, item) and not _RIGHTS & set(_said(item)):
            for method in item.methods:
                if handler(facts, method.scope) not in asked:
                    yield from _owner_of(facts, item, method)


def _owner_of(facts: FileFacts, item: Class, method: Method) -> Iterator[tuple[str, int, str]]:
    is_route = any(nest_name(facts, one) in NEST_VERBS for one in method.decorators)
    decorators = {word for one in method.decorators for word in words(one.name + " ".join(a.text for a in one.args))}
    if not is_route or method.scope < 0 or _RIGHTS & decorators:
        return
    symbol = f"{item.name}.{method.name}"
    for param in method.params:
        sources = [one for one in param.decorators if nest_name(facts, one) in ("Body", "Headers")]
        if not sources:
            continue
        picked = next((arg.text for one in sources for arg in one.args if arg.kind is ExprKind.STRING), "")
        if picked and says_owner(picked):
            yield picked, param.first, symbol
            return
        for read in facts.index.reads(facts.index.within(method.scope)):
            if read.name.startswith(f"{param.name}.") and says_owner(read.name):
                yield read.name, read.line, symbol
                return


def _said(item: Class) -> tuple[str, ...]:
    texts = (one.name + " " + " ".join(arg.text for arg in one.args) for one in item.decorators)
    return (*words(item.name), *(word for text in texts for word in words(text)))


class Requests:
    """What holds request data, asked of each function once."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._data: dict[int, RequestData] = {}

    def holds(self, scope: int, value: Expr) -> bool:
        """Whether a value in a function is one that the client chose."""
        if scope < 0:
            return False
        if scope not in self._data:
            self._data[scope] = RequestData(self._facts, scope)
        return self._data[scope].holds(value) or (value.kind is ExprKind.NAME and self._is_picked(scope, value.text))

    def _is_picked(self, scope: int, name: str) -> bool:
        """Whether a name is a parameter that takes one field of the request: `@Body('amount') amount: number`."""
        for around in self._facts.index.around(scope):
            for param in self._facts.functions[around].params if around >= 0 else ():
                if param.name == name:
                    return any(nest_name(self._facts, one) in ("Body", "Query", "Headers") for one in param.decorators)
        return False
