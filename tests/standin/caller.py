"""A plain HTTP client of the stand-in GitHub, for tests that ask it directly, with no code of the reviewer between."""

from __future__ import annotations

import functools
import time
from types import TracebackType
from typing import Self

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.standin.github import GitHubStandIn
from tests.standin.json_types import JsonObject, as_object
from tests.standin.state import Pull

ALL = {"contents": "read", "pull_requests": "write", "checks": "write", "issues": "write"}
"""The permissions that the reviewer asks for."""


class Caller:
    """An installation's client on one repository. Paths start below `/repos/{owner}/{repo}`."""

    def __init__(self, github: GitHubStandIn, pull: Pull, permissions: dict[str, str] | None = None) -> None:
        self.github = github
        self.pull = pull
        self.record = github.repository_of(pull)
        self.http = httpx.Client(base_url=github.url, timeout=30, trust_env=False, verify=False)  # noqa: S501 - plain HTTP; no certificates to load
        self.token = self.mint({"repository_ids": [self.record.id], "permissions": permissions or ALL})["token"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def mint(self, body: JsonObject) -> JsonObject:
        """A fresh token, as the App."""
        answer = self.as_app("POST", f"/app/installations/{self.installation}/access_tokens", json=body)
        return as_object(answer.json())

    @property
    def installation(self) -> int:
        """The id of the repository's installation."""
        return self.github.installation(self.record.owner).id

    def as_app(self, method: str, path: str, json: JsonObject | None = None) -> httpx.Response:
        """A request with a JWT."""
        return self.http.request(method, path, json=json, headers={"Authorization": f"Bearer {app_jwt(self.github)}"})

    def get(self, path: str, **params: str | int) -> httpx.Response:
        """GET below the repository."""
        return self.http.get(f"/repos/{self.record.full_name}{path}", params=params or None)

    def send(self, method: str, path: str, body: JsonObject | None = None) -> httpx.Response:
        """A write below the repository."""
        return self.http.request(method, f"/repos/{self.record.full_name}{path}", json=body)

    def post(self, path: str, body: JsonObject) -> httpx.Response:
        """POST below the repository."""
        return self.send("POST", path, body)

    def graphql(self, query: str, **variables: object) -> JsonObject:
        """A GraphQL query; the whole answer."""
        return as_object(self.http.post("/graphql", json={"query": query, "variables": variables}).json())


def app_jwt(
    github: GitHubStandIn,
    *,
    issued_ago_s: int = 60,
    good_for_s: int = 540,
    issuer: str | None = None,
    key: str | None = None,
) -> str:
    """A JWT as the App makes them, or one that is wrong somewhere."""
    now = int(time.time())
    claims = {"iat": now - issued_ago_s, "exp": now + good_for_s, "iss": issuer or str(github.app_id)}
    return jwt.encode(claims, key or _signing_key(github.private_key), algorithm="RS256")


@functools.cache
def _signing_key(pem: str) -> rsa.RSAPrivateKey:
    """The App's key, read once a process: reading it takes 50 ms."""
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the App's key is an RSA key")
    return key
