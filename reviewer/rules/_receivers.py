"""Routes that a machine calls which signs what it sends: webhooks and callbacks, and not those that manage them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.rules._auth import words
from reviewer.rules._numbers import names_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.routes import Route

_NAMES = frozenset(("webhook", "webhooks", "callback", "callbacks", "signature"))
_SIGNED = frozenset(("webhook", "webhooks", "hook", "signature", "hmac", "callback"))
_PEOPLE = frozenset(
    ("jwt", "auth", "authenticate", "authenticated", "authentication", "authorize", "session", "user", "login", "role",
     "roles", "admin", "permission", "permissions", "bearer", "owner", "member", "workspace")
)  # fmt: skip
"""Words of guards that ask which person is calling."""

_CHANGES = frozenset(("PUT", "PATCH", "DELETE"))
_ASKS = frozenset(("GET", "HEAD"))
_HTTP = _CHANGES | _ASKS | {"POST", "ALL", "ANY", "OPTIONS"}


def is_receiver(route: Route) -> bool:
    """Whether a route is called by a machine that signs what it sends."""
    named = _NAMES & {*words(route.path), *words(route.symbol)}
    return bool(named) and not _manages(route)


def _manages(route: Route) -> bool:
    """Whether people set up webhooks there: it changes or lists them, or asks who is calling."""
    if route.verb not in _HTTP or route.verb in _CHANGES:
        return True
    if route.verb in _ASKS and "webhooks" in words(route.path):
        return True
    owner = route.owner
    methods = owner.methods if owner and not _NAMES.isdisjoint(words(owner.name)) else ()
    verbs = {one.name.rpartition(".")[2].upper() for method in methods for one in method.decorators}
    return bool(verbs & _CHANGES) or any(_asks_who(words(name)) for name in _guards(route))


def _asks_who(parts: tuple[str, ...]) -> bool:
    return not _PEOPLE.isdisjoint(parts) and _SIGNED.isdisjoint(parts)


def _guards(route: Route) -> Iterator[str]:
    """The names of what stands in front of a route."""
    around = (*(route.method.decorators if route.method else ()), *(route.owner.decorators if route.owner else ()))
    for one in around:
        if one.name.rpartition(".")[2] == "UseGuards":
            yield from (name for arg in one.args for name in names_in(arg))
    for value in route.middleware:
        yield from names_in(value)
