"""Ways in that are open on purpose: logins, webhooks, health checks, links out of mails."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import ExprKind
from reviewer.rules._auth import step, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reviewer.core.facts import Method

_PUBLIC: Final = frozenset(("public", "anonymous", "unauthenticated", "noauth", "unprotected", "unguarded", "skipauth"))
_SKIPS: Final = (("skip", "auth"), ("no", "auth"), ("allow", "anonymous"), ("skip", "jwt"), ("without", "auth"),
                 ("allow", "unauthorized"), ("skip", "guard"), ("optional", "auth"), ("bypass", "auth"))  # fmt: skip
_OPEN: Final = frozenset(
    ("login", "logon", "signin", "signup", "signout", "logout", "register", "registration", "webhook", "webhooks",
     "hook", "hooks", "callback", "callbacks", "health", "healthz", "healthcheck", "liveness", "readiness", "ping",
     "forgot", "forget", "oauth", "oidc", "saml", "sso", "metrics", "public", "otp", "csp", "authenticate", "auth",
     "captcha", "signature", "contact", "newsletter", "setup", "onboarding", "install", "internal", "magic",
     "tracking", "track", "inbound", "ipn", "mfa", "totp", "2fa", "passkey", "anonymous", "demo")
)  # fmt: skip
"""Words of ways in that are open on purpose, or that check a signature instead of a session."""

_EARLY: Final = frozenset(
    ("reset", "confirm", "confirmation", "refresh", "verify", "verification", "token", "tokens", "unsubscribe",
     "subscribe", "status", "version", "accept", "activate", "activation", "recover", "recovery", "session", "sessions",
     "notify", "sign")
)  # fmt: skip
"""Words of what is open before anybody has signed in; said of a thing with a number (`orders/:id/confirm`), they mean
an action like any other."""

_IDS: Final = frozenset(("id", "uuid", "slug"))
_KEYS: Final = frozenset(
    ("token", "code", "key", "hash", "secret", "password", "email", "mail", "otp", "signature", "nonce", "phone",
     "invitation", "invitations", "invite", "invites", "subscription", "webhook")
)  # fmt: skip
"""Words of what somebody shows who has not signed in."""


def is_open_by(said: Iterable[str], given: Iterable[str]) -> bool:
    """Whether words of a name or path are those of a way in that is open on purpose. `given` are the words of what it
    is called with: one that takes the number of a thing, and no key to it, is open only by a plain word."""
    parts = frozenset(said)
    if parts & _OPEN:
        return True
    asked = frozenset(given)
    return bool(parts & _EARLY) and not (asked & _IDS and not (asked | (parts - _EARLY)) & _KEYS)


def asked_for(route: str, method: Method) -> Iterator[str]:
    """The names of what a controller's or resolver's method is given: `:id`, `@Args('id') key`, `{ code }`."""
    yield from (part for part in route.split("/") if part.startswith(":"))
    for param in method.params:
        yield param.name
        yield from param.fields
        yield from (arg.text for one in param.decorators for arg in one.args if arg.kind is ExprKind.STRING)


def is_open_route(text: str, but: frozenset[str] = frozenset()) -> bool:
    """Whether a path or a name is one of a way in that is open on purpose; `but`: words that open nothing here."""
    parts = text.replace(" ", "/").split("/")
    given = [part for part in parts if part.startswith((":", "{"))]
    shown = [part for part in given if _OPEN.intersection(words(part)) and _KEYS.intersection(words(part))]
    said = frozenset(word for part in parts if part not in given or part in shown for word in words(part))
    return is_open_by(said - but, [word for part in given for word in words(part)])


def is_public(name: str) -> bool:
    """Whether a decorator says that no sign-in is needed."""
    parts = words(step(name))
    pairs = set(pairwise(parts))
    return bool(_PUBLIC & set(parts)) or any(pair in pairs for pair in _SKIPS)
