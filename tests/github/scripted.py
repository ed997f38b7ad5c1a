"""A server on loopback that says what a test tells it to, and a gateway that talks to it.

For answers that no honest GitHub gives. Whatever depends on GitHub's state is tested on `tests/standin` instead.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from reviewer.github.client import AppCredentials, GitHubApp, Repository
from reviewer.github.wire import Patience

MINT = "/app/installations/5/access_tokens"
FIVE = {"metadata": "read", "contents": "read", "pull_requests": "write", "checks": "write", "issues": "write"}


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request as it came: `path` as sent, without the query; header names in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One answer. `cut` promises more body than it sends; `silent` sends the body and then nothing, for ever."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False
    silent: bool = False

    def head(self) -> bytes:
        more = 1024 if self.cut or self.silent else 0
        lines = [f"HTTP/1.1 {self.status} X", f"content-length: {len(self.body) + more}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


Reply = Callable[[Incoming], Outgoing] | Outgoing


@cache
def private_key() -> str:
    """One throw-away RSA key for the whole run."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def said(value: Any, status: int = 200, **headers: str) -> Outgoing:
    """A JSON answer; `_` in a header's name stands for `-`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Outgoing(status, {"content-type": "application/json; charset=utf-8", **named}, json.dumps(value).encode())


def token(name: str = "one", full_name: str = "octo/shop", more: dict[str, Any] | None = None) -> Outgoing:
    """A mint's answer for repository 7."""
    answer = {
        "token": f"ghs_{name}_canary",
        "expires_at": "2099-01-01T00:00:00Z",
        "permissions": FIVE,
        "repositories": [{"id": 7, "full_name": full_name}],
    }
    return said({**answer, **(more or {})}, 201)


class Scripted:
    """Answers by "METHOD path": one reply for ever, or a list of them, used up one by one. Everything is in `log`."""

    def __init__(self) -> None:
        self.log: list[Incoming] = []
        self.script: dict[str, Reply | list[Reply]] = {f"POST {MINT}": token()}
        self.otherwise: Reply | None = None
        self.origin = ""
        self.over = asyncio.Event()

    def seen(self, method: str, path: str = "") -> list[Incoming]:
        return [one for one in self.log if one.method == method and one.path.startswith(path)]

    def reply(self, incoming: Incoming) -> Outgoing:
        self.log.append(incoming)
        reply = self.script.get(f"{incoming.method} {incoming.path}", self.otherwise)
        if isinstance(reply, list):
            reply = reply.pop(0) if reply else None
        if reply is None:
            return said({"message": "Not Found"}, 404)
        return reply if isinstance(reply, Outgoing) else reply(incoming)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        outgoing = self.reply(await _read(reader))
        writer.write(outgoing.head() + outgoing.body)
        if outgoing.silent:
            await self.over.wait()
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Incoming:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.split(": ", 1) for line in lines)
    headers = {name.lower(): value for name, value in pairs}
    path, _, query = target.partition("?")
    return Incoming(method, path, query, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@asynccontextmanager
async def scripted_github() -> AsyncIterator[Scripted]:
    """The server, listening on a free port of this machine."""
    script = Scripted()
    async with await asyncio.start_server(script.serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        script.origin = f"http://{host}:{port}"
        yield script
        script.over.set()


@asynccontextmanager
async def gateway(script: Scripted, path: str = "", patience: Patience | None = None) -> AsyncIterator[GitHubApp]:
    """A gateway to that server, closed afterwards."""
    app = GitHubApp(AppCredentials("42", private_key()), script.origin + path, patience)
    try:
        yield app
    finally:
        await app.aclose()


async def shop(app: GitHubApp) -> Repository:
    """Repository 7 of installation 5."""
    return await app.repository(5, 7, "octo/shop", "d3l1very-1")
