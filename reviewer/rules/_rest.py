"""What a route says of itself: its path templates, its parameters, its decorators and their options."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Decorator, FileFacts
from reviewer.core.routes import Route, nest_name
from reviewer.rules._auth import words
from reviewer.rules._receivers import is_receiver

VERBS = frozenset(("get", "post", "put", "patch", "delete", "all", "head", "options"))
_TEXTS = (ExprKind.STRING, ExprKind.TEMPLATE)
_TECHNICAL = frozenset(
    ("health", "healthz", "healthcheck", "metrics", "ready", "readyz", "readiness", "liveness", "livez", "ping")
)


def is_technical(route: Route) -> bool:
    """Health checks, metrics, webhooks and the root page: read by machines, and shaped by who calls them."""
    owner = route.owner.name if route.owner else ""
    said = {*words(owner), *words(route.path)}
    return route.path == "/" or not _TECHNICAL.isdisjoint(said) or is_receiver(route)


def option(args: tuple[Expr, ...], key: str) -> Expr | None:
    """The value that an object among the arguments gives a key."""
    for arg in args:
        if arg.kind is ExprKind.OBJECT and key in arg.keys:
            return arg.parts[arg.keys.index(key)]
    return None


def decorator(facts: FileFacts, decorators: tuple[Decorator, ...], name: str) -> Decorator | None:
    """The decorator of @nestjs/common that has this name."""
    return next((one for one in decorators if nest_name(facts, one) == name), None)


def nest_templates(facts: FileFacts, route: Route) -> tuple[str, ...] | None:
    """All path templates of a controller's route; None when one is not written out as text."""
    if route.owner is None or route.method is None:
        return None
    prefixes = _texts(decorator(facts, route.owner.decorators, "Controller"))
    found = next((one for one in route.method.decorators if nest_name(facts, one).lower() in {*VERBS, "sse"}), None)
    suffixes = _texts(found)
    if prefixes is None or suffixes is None:
        return None
    return tuple(joined(prefix, suffix) for prefix in prefixes for suffix in suffixes)


def joined(*parts: str) -> str:
    """Path pieces as one path with single slashes."""
    return "/" + "/".join(part.strip("/") for part in parts if part.strip("/"))


def _texts(found: Decorator | None) -> tuple[str, ...] | None:
    if found is None:
        return None
    if not found.args:
        return ("",)
    arg = found.args[0]
    if arg.kind is ExprKind.OBJECT:
        given = option(found.args, "path")
        if given is None:
            return ("",) if all(arg.keys) else None
        arg = given
    parts = arg.parts if arg.kind is ExprKind.ARRAY else (arg,)
    plain = [part.text for part in parts if part.kind in _TEXTS and not part.parts]
    return tuple(plain) if plain and len(plain) == len(parts) else None


def parameters(template: str) -> Iterator[str]:
    """The names of a template's parameters and named wildcards: `:id`, `{:id}`, `:id(\\d+)`, `*rest`."""
    rest = template
    while rest:
        at = min((found for found in (rest.find(":"), rest.find("*")) if found >= 0), default=-1)
        if at < 0:
            return
        rest = rest[at + 1 :]
        length = next((i for i, char in enumerate(rest) if not (char.isalnum() or char in "_$")), len(rest))
        if length:
            yield rest[:length]
        rest = rest[length:]
