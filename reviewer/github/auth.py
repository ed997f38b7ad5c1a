"""Who we are to GitHub, how little we may do, and the tokens that prove it."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel

from reviewer.core.errors import RefusedError
from reviewer.github.answers import Answer

PERMISSIONS: Mapping[str, str] = MappingProxyType(
    {"metadata": "read", "contents": "read", "pull_requests": "write", "checks": "write", "issues": "write"}
)
"""All that the App may hold and that a job's token is cut to; the same five as in `app.yml`."""

RESOLVING: Mapping[str, str] = MappingProxyType({"metadata": "read", "contents": "write", "pull_requests": "write"})
"""What a token for resolving threads is cut to, where the operator wants them resolved [github/gh-aw#35726]."""

LEVELS = ("read", "write", "admin")
"""GitHub's permission levels, weakest first."""

TOKENS_MAX = 256
"""Tokens kept at once, one per (installation, repository); the one unused longest goes first."""

EARLY_S = 300.0
"""A token is renewed this long before it ends (GitHub gives one hour), so that a step does not lose it
half-way.
"""


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """The App's id (or client id) and private key (PEM). The key is in no `repr`."""

    app_id: str
    private_key: str = field(repr=False)

    def check(self) -> None:
        """RefusedError unless the id is there and the key is an RSA key in PEM."""
        if not self.app_id.strip():
            raise RefusedError("APP_ID is empty")
        try:
            key = load_pem_private_key(self.private_key.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise RefusedError("PRIVATE_KEY is not a private key in PEM form") from None
        if not isinstance(key, RSAPrivateKey):
            raise RefusedError("PRIVATE_KEY is not an RSA key, as GitHub Apps have")


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Our App as GitHub knows it. `user_id` is the numeric id of the account that our comments carry.

    `missing` names the permissions, as "name: level", that we would need and do not hold.
    """

    app_id: int
    slug: str
    user_id: int
    missing: tuple[str, ...] = ()

    @property
    def login(self) -> str:
        """The account's login in REST's spelling; GraphQL leaves "[bot]" out."""
        return f"{self.slug}[bot]"


def excess(held: Mapping[str, str], allowed: Mapping[str, str] = PERMISSIONS) -> tuple[str, ...]:
    """Permissions beyond those that are allowed, as "name: level", sorted."""
    return tuple(
        sorted(f"{name}: {level}" for name, level in held.items() if _rank(level) > _rank(allowed.get(name, "")))
    )


def missing(held: Mapping[str, str]) -> tuple[str, ...]:
    """Permissions of PERMISSIONS that are not held, as "name: level", sorted."""
    return tuple(
        sorted(f"{name}: {level}" for name, level in PERMISSIONS.items() if _rank(held.get(name, "")) < _rank(level))
    )


def _rank(level: str) -> int:
    """Strength of a level; 0 for none, and a level we do not know counts as the strongest."""
    if level in ("", "none"):
        return 0
    return LEVELS.index(level) + 1 if level in LEVELS else len(LEVELS) + 1


@dataclass(frozen=True, slots=True)
class Token:
    """A token for one repository; `full_name` is GitHub's word on its name, None when it was not told."""

    secret: str = field(repr=False)
    ends_at: float
    full_name: str | None


class _MintedFor(BaseModel):
    id: int
    full_name: str


class _Minted(BaseModel):
    token: str
    expires_at: datetime
    permissions: dict[str, str] = {}
    repositories: list[_MintedFor] | None = None


def token_from(answer: Answer, repository_id: int) -> Token:
    """The token of a mint's answer. RefusedError when it reaches further than we asked."""
    return _token_within(answer, repository_id, PERMISSIONS)


def resolving_token_from(answer: Answer, repository_id: int) -> Token:
    """The token for resolving threads. RefusedError when it reaches further than we asked."""
    return _token_within(answer, repository_id, RESOLVING)


def _token_within(answer: Answer, repository_id: int, allowed: Mapping[str, str]) -> Token:
    minted = answer.into(_Minted)
    if more := excess(minted.permissions, allowed):
        raise RefusedError(f"{answer.route}: the token holds more than was asked for ({', '.join(more)})")
    reached = minted.repositories
    if reached is not None and [one.id for one in reached] != [repository_id]:
        raise RefusedError(f"{answer.route}: the token reaches other repositories than the one asked for")
    ends = minted.expires_at if minted.expires_at.tzinfo else minted.expires_at.replace(tzinfo=UTC)
    return Token(minted.token, ends.timestamp(), reached[0].full_name if reached else None)


READING: Mapping[str, str] = MappingProxyType({"metadata": "read", "contents": "read"})
"""What the token for the organisation's defaults is cut to."""


def defaults_token_from(answer: Answer, full_name: str) -> Token:
    """The token for an account's defaults. RefusedError when it reaches further than we asked."""
    minted = answer.into(_Minted)
    more = [name for name, level in minted.permissions.items() if _rank(level) > _rank(READING.get(name, ""))]
    reached = minted.repositories
    if more or (reached is not None and [one.full_name.lower() for one in reached] != [full_name.lower()]):
        raise RefusedError(f"{answer.route}: the token reaches further than was asked for")
    ends = minted.expires_at if minted.expires_at.tzinfo else minted.expires_at.replace(tzinfo=UTC)
    return Token(minted.token, ends.timestamp(), reached[0].full_name if reached else None)


Mint = Callable[[], Awaitable[Token]]
"""Asks GitHub for one new token."""


@dataclass(slots=True)
class _Place:
    lock: asyncio.Lock
    token: Token | None


class TokenStore:
    """The live tokens of one process, keyed by (installation, repository id); one mint at a time for each
    key.
    """

    def __init__(self) -> None:
        self._places: OrderedDict[tuple[int, int], _Place] = OrderedDict()

    async def take(self, key: tuple[int, int], mint: Mint, dead: Token | None = None) -> Token:
        """A live token other than `dead`: the kept one, or a new one from `mint`."""
        place = self._places.setdefault(key, _Place(asyncio.Lock(), None))
        self._places.move_to_end(key)
        while len(self._places) > TOKENS_MAX:
            self._places.popitem(last=False)
        async with place.lock:
            kept = place.token
            if (
                kept is None
                or (dead is not None and kept.secret == dead.secret)
                or kept.ends_at - EARLY_S <= time.time()
            ):
                place.token = None
                place.token = kept = await mint()
            return kept

    def rename(self, key: tuple[int, int], full_name: str) -> None:
        """The repository of a kept token has another name now; later jobs learn it from the token."""
        place = self._places.get(key)
        if place is not None and place.token is not None:
            place.token = replace(place.token, full_name=full_name)
