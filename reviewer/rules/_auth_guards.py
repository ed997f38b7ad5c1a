"""What stands in front of a way into the service: guards of NestJS, middleware of Express and Fastify.

Guards are known by the decorator they are given to and by their names; what limits the rate or only reads a language
is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.routes import NEST, nest_name, original
from reviewer.rules._auth import step, words
from reviewer.rules._auth_open import is_public

if TYPE_CHECKING:
    from reviewer.core.facts import Decorator, FileFacts

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

_WEAK = (AUTH_WORDS - _STRONG) | frozenset(
    ("feature", "features", "flag", "flags", "plan", "subscription", "quota", "license", "edition", "tier", "enabled",
     "captcha", "recaptcha", "ability", "abilities", "owner", "ownership")
)  # fmt: skip
"""Words of guards that ask something else than who is calling."""

_MAY = frozenset(
    ("permission", "permissions", "role", "roles", "privilege", "privileges", "scope", "scopes", "ability", "policy")
)
"""Words of what a decorator of a project's own is given that says who may: `@Allow(Permission.CreateLabel)`."""

_TAKING = frozenset(("UseMiddleware", "UseBefore", "UseBeforeEach", "Middlewares"))
"""Decorators of type-graphql, routing-controllers and tsoa that put middleware in front."""

TSOA = ("tsoa", "@tsoa/runtime")

_NO_GUARDS = frozenset(
    ("throttle", "throttler", "throttling", "rate", "limit", "limiter", "csrf", "maintenance", "optional")
)


def is_guard(facts: FileFacts, decorator: Decorator) -> bool:
    """Whether a decorator lets only some in: `@UseGuards(…)`, or one of the project's own such as `@Auth()`."""
    name, module = original(facts, decorator.name)
    if module == NEST:
        return name == "UseGuards" and any(names_guard(arg.text) for arg in decorator.args)
    if module.startswith("@nestjs/") or is_public(name):
        return False
    if name in _TAKING:  # `@UseMiddleware(isAuth)`
        return any(is_middleware_guard(arg) for arg in decorator.args)
    parts = set(words(step(name)))
    if module in TSOA:
        return name == "Security"
    if parts & _NO_GUARDS or not parts.isdisjoint({"current", "get"}):
        return False
    return bool(parts & AUTH_WORDS) or any(_says_may(arg) for arg in decorator.args)


def _says_may(value: Expr) -> bool:
    if value.kind is ExprKind.ARRAY:
        return any(_says_may(part) for part in value.parts)
    return value.kind is ExprKind.MEMBER and bool(set(words(value.text.partition(".")[0])) & _MAY)


def labels_of(facts: FileFacts, decorators: tuple[Decorator, ...]) -> frozenset[str]:
    """The decorators that only say who may, where no guard stands beside them that reads it."""
    if any(nest_name(facts, item) == "UseGuards" or asks_who(facts, item) for item in decorators):
        return frozenset()
    return frozenset(item.name for item in decorators if is_guard(facts, item))


def asks_who(facts: FileFacts, decorator: Decorator) -> bool:
    """Whether a guard on a way in says who is calling."""
    if not is_guard(facts, decorator):
        return False
    name, module = original(facts, decorator.name)
    if name == "Security" and module in TSOA:
        return True
    given = [arg.text for arg in decorator.args if arg.kind is not ExprKind.STRING]
    if nest_name(facts, decorator) == "UseGuards":
        return any(says_who(name) or _knows(name) for name in given)
    return any(says_who(name) for name in (decorator.name, *given))


def _knows(guard: str) -> bool:
    """Whether a guard is about callers, going by a name such as `TwoFactorGuard`: about no right and no feature."""
    parts = set(words(guard)) - {"guard", "guards"}
    return bool(parts) and not parts & _WEAK and names_guard(guard)


def says_who(text: str) -> bool:
    """Whether a guard's name says that it knows callers: `JwtAuthGuard`, not `RolesGuard` or `canEdit`."""
    return bool(set(words(text)) & _STRONG) and names_guard(text)


def says_what(text: str) -> bool:
    """Whether a guard's name says that it asks what a known caller may do: `RolesGuard`, `PoliciesGuard`."""
    return bool(set(words(text)) & (AUTH_WORDS - _STRONG - {"guard", "guards"})) and names_guard(text)


def names_guard(text: str) -> bool:
    """Whether a guard's or a middleware's name is not one of a rate limit or the like."""
    return not set(words(text)) & _NO_GUARDS


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
