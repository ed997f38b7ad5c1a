"""Requests whose connection is looked at: an agent, dispatcher or lookup that refuses inner addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import ExprKind
from reviewer.core.routes import original
from reviewer.rules._taint_report import resolved
from reviewer.rules._words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.expr import Expr
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_KEYS: Final = frozenset(
    ("dispatcher", "agent", "httpAgent", "httpsAgent", "lookup", "agents", "connect", "http", "https")
)
"""Options that say how a connection is made, of Node, undici, axios and got."""

_WORDS: Final = frozenset(("ssrf", "safe", "filtering", "filtered", "guarded", "restricted", "egress"))
"""Words of what connects to public addresses only: `ssrfSafeDispatcher`, `request-filtering-agent`."""

_INNER: Final = frozenset(
    ("private", "internal", "blocked", "public", "loopback", "reserved", "disallowed", "forbidden")
)
_ADDRESSES: Final = frozenset(
    ("ip", "ips", "ipv4", "ipv6", "address", "addresses", "host", "hosts", "cidr", "range", "ranges")
)
_DEPTH_MAX: Final = 4


def has_guarded_agent(project: Project, facts: FileFacts, call: Call) -> bool:
    """Whether a request is made with an agent, dispatcher or lookup that keeps it out of the inner network."""
    return any(
        _guards(project, facts, value, call.scope)
        for arg in call.args
        for value in _connections(facts, arg, call.scope, 0)
    )


def guarded_instance(project: Project, facts: FileFacts, made: Expr, scope: int) -> bool:
    """The same for a client that is made once: `axios.create({ httpAgent: … })`."""
    parts = (value for arg in made.parts for value in _connections(facts, arg, scope, 0))
    return any(_guards(project, facts, value, scope) for value in parts)


def _connections(facts: FileFacts, arg: Expr, scope: int, depth: int) -> Iterator[Expr]:
    """The values of the options that say how a connection is made."""
    options = resolved(facts, arg, scope)
    if options.kind is not ExprKind.OBJECT or depth > _DEPTH_MAX:
        return
    for key, part in zip(options.keys, options.parts, strict=True):
        if key in _KEYS:
            yield part
        elif not key:
            yield from _connections(facts, part.parts[0] if part.parts else part, scope, depth + 1)


def _guards(project: Project, facts: FileFacts, value: Expr, scope: int, depth: int = 0) -> bool:
    if depth > _DEPTH_MAX:
        return False
    if value.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL, ExprKind.NEW):
        name, module = original(facts, value.text.replace("()", ""))
        if _WORDS & {*words_of(name.replace(".", "_")), *words_of(module.replace("/", "-").replace(".", "-"))}:
            return True
        if module and _tells_addresses_apart(project, facts, module):
            return True
        at = resolved(facts, value, scope)
        if at is not value:
            return _guards(project, facts, at, scope, depth + 1)
    return any(_guards(project, facts, part, scope, depth + 1) for part in value.parts)


def _tells_addresses_apart(project: Project, facts: FileFacts, module: str) -> bool:
    """Whether the file of the project that an agent comes from tells inner addresses from others."""
    path = next((at for at, one in project.head.items() if one is facts), "")
    target = project.resolver.resolve(path, module) if path else None
    names = project.head[target].names if target is not None and target in project.head else ()
    return any(_INNER & (parts := set(words_of(name))) and _ADDRESSES & parts for name in names)
