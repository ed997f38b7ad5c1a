"""What stands in front of a way into the service: guards of NestJS, middleware of Express and Fastify.

Guards are known by the decorator they are given to and by their names; what limits the rate or only reads a language
is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.routes import NEST, NEST_VERBS, is_controller, nest_name, original
from reviewer.rules._auth import step, words

if TYPE_CHECKING:
    from reviewer.core.facts import Class, Decorator, FileFacts, Method

AUTH_WORDS = frozenset(
    ("auth", "authed", "authenticate", "authenticated", "authentication", "authorize", "authorized", "authorise",
     "authorization", "guard", "guards", "protect", "protected", "jwt", "login", "logged", "permission", "permissions",
     "role", "roles", "admin", "admins", "superuser", "session", "passport", "secured", "bearer", "token", "apikey",
     "signedin", "loggedin", "isauth", "requireauth", "acl", "policy", "policies", "can", "access", "scopes", "scope")
)  # fmt: skip
"""Words of what lets only some in."""

_STRONG = AUTH_WORDS - frozenset(
    (
        "guard",
        "permission",
        "permissions",
        "role",
        "roles",
        "acl",
        "policy",
        "policies",
        "can",
        "access",
        "scope",
        "scopes",
    )
)
"""Of these, the ones that say who is calling. The others ask what a known caller may do: somebody else let them in."""

_NO_GUARDS = frozenset(("throttle", "throttler", "throttling", "rate", "limit", "limiter", "csrf", "maintenance"))
_PUBLIC = frozenset(("public", "anonymous", "unauthenticated", "noauth", "unprotected", "unguarded", "skipauth"))
_SKIPS = (("skip", "auth"), ("no", "auth"), ("allow", "anonymous"), ("skip", "jwt"), ("without", "auth"),
          ("allow", "unauthorized"), ("skip", "guard"), ("optional", "auth"), ("bypass", "auth"))  # fmt: skip
_OPEN = frozenset(
    ("login", "logon", "signin", "signup", "signout", "logout", "register", "registration", "webhook", "webhooks",
     "hook", "hooks", "callback", "callbacks", "health", "healthz", "healthcheck", "liveness", "readiness", "ping",
     "forgot", "forget", "reset", "confirm", "confirmation", "refresh", "oauth", "oidc", "saml", "sso", "metrics",
     "verify", "verification", "public", "token", "tokens", "otp", "unsubscribe", "csp", "authenticate", "auth",
     "captcha", "signature", "contact", "newsletter", "subscribe", "setup", "onboarding", "install", "internal",
     "status", "version", "accept", "activate", "activation", "magic", "recover", "recovery", "session", "sessions",
     "tracking", "track", "inbound", "ipn", "notify", "sign", "mfa", "totp", "2fa", "passkey", "anonymous", "demo")
)  # fmt: skip
"""Words of ways in that are open on purpose, or that check a signature instead of a session."""

MUTATING = frozenset(("POST", "PUT", "PATCH", "DELETE", "MUTATION"))


@dataclass(frozen=True, slots=True)
class Entrance:
    """A method of a NestJS controller or GraphQL resolver. `verb` is MUTATION or QUERY for the latter."""

    path: str
    owner: Class
    method: Method
    verb: str
    symbol: str
    route: str
    is_guarded: bool
    asks_who: bool
    """A guard on it says who is calling, not only what they may do."""
    is_open: bool
    """Open on purpose, by its name, its route or a decorator such as `@Public()`."""
    labels: frozenset[str] = frozenset()
    """Decorators that only say who may (`@Roles`), which some guard must read, where it has no guard itself."""
    names: frozenset[str] = frozenset()


def entrances(facts: FileFacts, path: str) -> Iterator[Entrance]:
    """The ways into the NestJS part of a file."""
    for owner in facts.classes:
        is_resolver = any(nest_name(facts, item, "@nestjs/graphql") == "Resolver" for item in owner.decorators)
        if not is_resolver and not is_controller(facts, owner):
            continue
        said = " ".join(arg.text for item in owner.decorators for arg in item.args[:1])
        for method in owner.methods:
            found = next((one for one in (_verb(facts, item, is_resolver) for item in method.decorators) if one), None)
            if found is None:
                continue
            verb, route = found
            names = {*words(method.name), *words(route), *words(said), *words(owner.name)}
            decorators = (*method.decorators, *owner.decorators)
            yield Entrance(
                path=path,
                owner=owner,
                method=method,
                verb=verb,
                symbol=f"{owner.name}.{method.name}",
                route=route,
                is_guarded=any(is_guard(facts, item) for item in decorators),
                asks_who=any(_asks_who(facts, item) for item in decorators),
                labels=_labels(facts, decorators),
                names=frozenset(item.name for item in decorators),
                is_open=bool(names & _OPEN) or any(is_public(item.name) for item in decorators),
            )


def _verb(facts: FileFacts, decorator: Decorator, is_resolver: bool) -> tuple[str, str] | None:
    if is_resolver:
        name = nest_name(facts, decorator, "@nestjs/graphql")
        return (name.upper(), "") if name in ("Mutation", "Query") else None
    verb = NEST_VERBS.get(nest_name(facts, decorator))
    return None if verb is None else (verb, decorator.args[0].text if decorator.args else "")


def is_guard(facts: FileFacts, decorator: Decorator) -> bool:
    """Whether a decorator lets only some in: `@UseGuards(…)`, or one of the project's own such as `@Auth()`."""
    name, module = original(facts, decorator.name)
    if module == NEST:
        return name == "UseGuards" and any(names_guard(arg.text) for arg in decorator.args)
    if module.startswith("@nestjs/") or is_public(name):
        return False
    parts = set(words(step(name)))
    return bool(parts & AUTH_WORDS) and not parts & _NO_GUARDS and parts.isdisjoint({"current", "get"})


def _labels(facts: FileFacts, decorators: tuple[Decorator, ...]) -> frozenset[str]:
    if any(nest_name(facts, item) == "UseGuards" or _asks_who(facts, item) for item in decorators):
        return frozenset()
    return frozenset(item.name for item in decorators if is_guard(facts, item))


def _asks_who(facts: FileFacts, decorator: Decorator) -> bool:
    """Whether a guard on a way in says who is calling."""
    if not is_guard(facts, decorator):
        return False
    named = (decorator.name, *(arg.text for arg in decorator.args if arg.kind is not ExprKind.STRING))
    return any(says_who(name) for name in named)


def says_who(text: str) -> bool:
    """Whether a guard's name says that it knows callers: `JwtAuthGuard`, not `RolesGuard` or `canEdit`."""
    return bool(set(words(text)) & _STRONG) and names_guard(text)


def names_guard(text: str) -> bool:
    """Whether a guard's or a middleware's name is not one of a rate limit or the like."""
    return not set(words(text)) & _NO_GUARDS


def is_public(name: str) -> bool:
    """Whether a decorator says that no sign-in is needed."""
    parts = words(step(name))
    pairs = set(pairwise(parts))
    return bool(_PUBLIC & set(parts)) or any(pair in pairs for pair in _SKIPS)


def is_open_route(text: str) -> bool:
    """Whether a path or a name is one of a way in that is open on purpose."""
    return bool(_OPEN & set(words(text)))


def is_middleware_guard(value: Expr) -> bool:
    """Whether a middleware lets only some in: `requireAuth`, `passport.authenticate('jwt')`, `...guards`."""
    if value.kind in (ExprKind.ARRAY, ExprKind.SPREAD):
        return any(is_middleware_guard(part) for part in value.parts)
    if value.kind is ExprKind.OBJECT:  # Fastify: { preHandler: [app.authenticate] }
        hooks = zip(value.keys, value.parts, strict=False)
        return any(key in ("preHandler", "onRequest", "preValidation") and is_middleware_guard(p) for key, p in hooks)
    if value.kind not in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL):
        return False
    parts = set(words(value.text))
    if parts & AUTH_WORDS and not parts & _NO_GUARDS:
        return True
    return any(is_middleware_guard(part) for part in value.parts) if value.kind is ExprKind.CALL else False
