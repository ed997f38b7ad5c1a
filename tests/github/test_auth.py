from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from reviewer.core.errors import RefusedError, TransientError
from reviewer.github.auth import (
    PERMISSIONS,
    TOKENS_MAX,
    AppCredentials,
    BotIdentity,
    Token,
    TokenStore,
    excess,
    missing,
)
from reviewer.github.client import GitHubApp
from tests.conftest import ROOT
from tests.github.scripted import FIVE, MINT, Scripted, gateway, private_key, said, scripted_github

USER = "/users/reviewer-bot%5Bbot%5D"


@pytest.fixture
async def github() -> AsyncIterator[Scripted]:
    async with scripted_github() as script:
        script.script["GET /app"] = said({"id": 42, "slug": "reviewer-bot", "permissions": FIVE})
        script.script[f"GET {USER}"] = said({"id": 9001, "login": "reviewer-bot[bot]"})
        yield script


@pytest.fixture
async def app(github: Scripted) -> AsyncIterator[GitHubApp]:
    async with gateway(github) as app:
        yield app


async def test_who_we_are_is_asked_once(github: Scripted, app: GitHubApp) -> None:
    assert await app.identity() == BotIdentity(42, "reviewer-bot", 9001, ())
    assert (await app.identity()).login == "reviewer-bot[bot]"
    assert [one.path for one in github.log] == ["/app", USER]
    assert github.log[0].headers["authorization"].startswith("Bearer ")
    assert "authorization" not in github.log[1].headers


async def test_a_failure_to_ask_is_not_kept(github: Scripted, app: GitHubApp) -> None:
    github.script["GET /app"] = [said({}, 502), said({"id": 42, "slug": "reviewer-bot", "permissions": FIVE})]
    with pytest.raises(TransientError):
        await app.identity()
    assert (await app.identity()).user_id == 9001


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"contents": "write"}, "contents: write"),
        ({"administration": "read"}, "administration: read"),
        ({"issues": "admin"}, "issues: admin"),
        ({"metadata": "some-new-level"}, "metadata: some-new-level"),
    ],
)
async def test_an_app_that_holds_more_than_it_needs_is_refused(
    github: Scripted, app: GitHubApp, more: dict[str, str], named: str
) -> None:
    github.script["GET /app"] = said({"id": 42, "slug": "reviewer-bot", "permissions": FIVE | more})
    with pytest.raises(RefusedError, match=named):
        await app.identity()
    assert len(github.log) == 1


async def test_what_the_app_lacks_is_told_and_not_refused(github: Scripted, app: GitHubApp) -> None:
    held = {"metadata": "read", "contents": "read", "pull_requests": "read", "checks": "write"}
    github.script["GET /app"] = said({"id": 42, "slug": "reviewer-bot", "permissions": held})
    assert (await app.identity()).missing == ("issues: write", "pull_requests: write")


async def test_a_private_host_is_asked_with_the_least_token(github: Scripted, app: GitHubApp) -> None:
    github.script[f"GET {USER}"] = [said({"message": "Requires authentication"}, 401), said({"id": 9001})]
    github.script["GET /app/installations"] = said([{"id": 5}])
    assert (await app.identity()).user_id == 9001
    assert github.seen("POST", MINT)[0].body == b'{"permissions": {"metadata": "read"}}'
    assert github.log[-1].headers["authorization"] == "token ghs_one_canary"


async def test_a_private_host_without_installations_says_why(github: Scripted, app: GitHubApp) -> None:
    github.script[f"GET {USER}"] = said({"message": "Requires authentication"}, 401)
    github.script["GET /app/installations"] = said([])
    with pytest.raises(RefusedError, match="Requires authentication"):
        await app.identity()


def test_the_key_is_in_no_repr() -> None:
    credentials = AppCredentials("42", private_key())
    assert repr(credentials) == "AppCredentials(app_id='42')"
    assert "canary" not in repr(Token("ghs_canary", 0.0, None))


def elliptic_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


@pytest.mark.parametrize(
    ("app_id", "key", "named"),
    [
        ("42", "", "PRIVATE_KEY"),
        ("42", "-----BEGIN RSA PRIVATE KEY-----\nsecret-canary\n-----END RSA PRIVATE KEY-----", "PRIVATE_KEY"),
        ("42", elliptic_key(), "not an RSA key"),
        (" ", private_key(), "APP_ID"),
    ],
    ids=["empty", "broken", "elliptic", "no id"],
)
def test_unusable_credentials_stop_the_start(app_id: str, key: str, named: str) -> None:
    with pytest.raises(RefusedError, match=named) as caught:
        GitHubApp(AppCredentials(app_id, key), "https://api.github.com")
    assert "canary" not in repr(caught.value)


def test_the_five_permissions_are_those_of_the_manifest() -> None:
    manifest = yaml.safe_load((ROOT / "app.yml").read_text(encoding="utf-8"))
    assert manifest["default_permissions"] == dict(PERMISSIONS)
    assert excess(PERMISSIONS) == missing(PERMISSIONS) == ()


async def test_tokens_kept_are_bounded() -> None:
    store, minted = TokenStore(), []

    async def mint() -> Token:
        minted.append(1)
        return Token("ghs_x", 9e12, None)

    for repository in range(TOKENS_MAX + 1):
        await store.take((5, repository), mint)
    await store.take((5, TOKENS_MAX), mint)
    assert len(minted) == TOKENS_MAX + 1
    await store.take((5, 0), mint)  # the oldest had to go
    assert len(minted) == TOKENS_MAX + 2
