"""One request to GitHub and its answer: limits, redirects and the error table, the same for every caller."""

from __future__ import annotations

import asyncio
import json
import re
import time
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Literal

import httpx
from githubkit import AppAuthStrategy, GitHub, TokenAuthStrategy, UnauthAuthStrategy
from githubkit.cache import MemCacheStrategy

from reviewer.core.errors import RefusedError, TransientError
from reviewer.github.answers import JSON, Answer
from reviewer.github.auth import AppCredentials
from reviewer.github.failures import Failed, failure
from reviewer.github.routes import api_root, graphql_url, redirected

API_VERSION = "2022-11-28"
"""Known to every host today (Enterprise Server before 3.21 knows only this one; an unknown one is answered
400).
"""

USER_AGENT = "reviewer"
"""GitHub refuses requests without a user agent."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to connect, between two pieces of an answer, and for a request as a whole (GitHub ends its own at 10)."""

    connect_s: float = 5.0
    read_s: float = 30.0
    total_s: float = 90.0


ANSWER_BYTES_MAX = 40 * 1024 * 1024
"""Inflated bytes of one answer that we read; the largest we want is a blob as base64 or a page of patches."""

REDIRECTS_MAX = 3
"""A renamed repository needs one; more than three is a loop."""

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
"""The HTTP methods that are used."""

Client = GitHub[AppAuthStrategy] | GitHub[TokenAuthStrategy] | GitHub[UnauthAuthStrategy]
"""githubkit: as the App (JWT), with a token, or as nobody."""

_NOT_AN_ID = re.compile(r"[^A-Za-z0-9-]")  # one class, linear
DELIVERY_CHARS_MAX = 64
"""A delivery id is a GUID of 36 characters; it came from outside, so it is cut."""


class RepositoryMovedError(TransientError):
    """A write was answered with a redirect: the repository has another name now. Nothing was done."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, decided: `route` is the template, for messages; `accept` None means JSON."""

    method: Method
    url: httpx.URL
    route: str
    delivery: str = ""
    accept: str | None = None
    json: JSON = None

    def headers(self) -> dict[str, str]:
        """All of our headers; authorization is githubkit's part."""
        headers = {
            "Accept": self.accept or "application/vnd.github+json",
            "Accept-Encoding": "gzip",
            "User-Agent": USER_AGENT,
            "X-GitHub-Api-Version": API_VERSION,
        }
        if delivery := _NOT_AN_ID.sub("", self.delivery)[:DELIVERY_CHARS_MAX]:
            headers["X-Reviewer-Delivery"] = delivery
        if self.json is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def content(self) -> bytes | None:
        """The body; half surrogate pairs, which no encoding has, become "?"."""
        return None if self.json is None else json.dumps(self.json, ensure_ascii=False).encode("utf-8", "replace")


class _SharedTransport(httpx.AsyncBaseTransport):
    """One connection pool for all clients: githubkit makes a client per request and closes it, the pool
    stays.
    """

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=50, max_keepalive_connections=20)
        self._pool = httpx.AsyncHTTPTransport(limits=limits, trust_env=False, retries=0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._pool.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes nothing; see `shut`."""

    async def shut(self) -> None:
        await self._pool.aclose()


class Wire:
    """The connection to one GitHub: githubkit signs and connects; limits, redirects and errors are ours.

    githubkit's `arequest` is not used: it reads error bodies without a limit, and a `Retry-After` date is a
    ValueError there. Its client, with its authorization, is.
    """

    def __init__(self, credentials: AppCredentials, api_url: str, patience: Patience) -> None:
        self.root = api_root(api_url)
        self.graphql = graphql_url(self.root)
        self._total_s = patience.total_s
        self._transport = _SharedTransport()
        self.as_app: GitHub[AppAuthStrategy] = GitHub(
            AppAuthStrategy(credentials.app_id, credentials.private_key),
            base_url=self.root,
            follow_redirects=False,
            timeout=httpx.Timeout(patience.read_s, connect=patience.connect_s),
            trust_env=False,
            async_transport=self._transport,
            cache_strategy=MemCacheStrategy(),
            http_cache=False,
            auto_retry=False,
        )
        self.unsigned: GitHub[UnauthAuthStrategy] = GitHub(UnauthAuthStrategy(), config=self.as_app.config)

    def with_token(self, token: str) -> GitHub[TokenAuthStrategy]:
        """githubkit with an installation token. Not its own installation strategy: that one chooses between
        JWT, token and no authorization by regular expressions over the path, and a file called `installation`
        gets the JWT.
        """
        return GitHub(TokenAuthStrategy(token), config=self.as_app.config)

    async def ask(self, client: Client, call: Call, counted: Callable[[], None]) -> Answer:
        """Send `call`, following a GET's redirects within this host; `counted` is called once per request
        sent.

        Raises TransientError or RefusedError (with the subclasses of `failures`) for anything but 2xx.
        """
        for _ in range(REDIRECTS_MAX + 1):
            counted()
            status, headers, body = await self._exchange(client, call)
            if status not in (301, 302, 307, 308) or "location" not in headers:
                return _judged(call, status, headers, body)
            target = redirected(self.root, call.url, headers["location"], call.route)
            if call.method != "GET":
                raise RepositoryMovedError(f"{call.route}: the repository was renamed or moved while we wrote to it")
            call = replace(call, url=target)
        raise RefusedError(f"{call.route}: more than {REDIRECTS_MAX} redirects")

    async def _exchange(self, client: Client, call: Call) -> tuple[int, dict[str, str], bytes | None]:
        """Status, headers and body; None for a body above ANSWER_BYTES_MAX."""
        try:
            async with asyncio.timeout(self._total_s), client.get_async_client() as http:
                request = http.build_request(call.method, call.url, content=call.content(), headers=call.headers())
                if request.url != call.url:
                    raise RefusedError(f"{call.route}: refused to ask for an address outside of this route")
                response = await http.send(request, stream=True)
                try:
                    body = await _read(response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise TransientError(f"{call.route}: GitHub did not answer in time") from error
        except (httpx.HTTPError, zlib.error) as error:
            raise TransientError(f"{call.route}: the connection to GitHub failed ({type(error).__name__})") from error
        return response.status_code, {name.lower(): value for name, value in response.headers.items()}, body

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.shut()


async def _read(response: httpx.Response) -> bytes | None:
    """The inflated body, or None above the limit. Inflated here, piece by piece: httpx inflates a piece
    without limit.
    """
    if response.headers.get("content-encoding", "identity").lower() in ("", "identity"):
        return await _gather(response.aiter_raw())
    if response.headers["content-encoding"].lower() != "gzip":
        raise httpx.DecodingError("an encoding that was not asked for")
    return await _gather(_inflated(response.aiter_raw()))


async def _gather(pieces: AsyncIterator[bytes]) -> bytes | None:
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            return None
    return bytes(body)


async def _inflated(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    inflater = zlib.decompressobj(wbits=31)  # 31: gzip only
    size = 0
    async for piece in pieces:
        rest = piece
        while rest:
            yield inflater.decompress(rest, 1024 * 1024)
            rest = inflater.unconsumed_tail
        size += len(piece)
    if size and not inflater.eof:
        raise zlib.error("cut off")


def _judged(call: Call, status: int, headers: dict[str, str], body: bytes | None) -> Answer:
    if 200 <= status < 300 and body is None:
        raise RefusedError(f"{call.route}: the answer is larger than {ANSWER_BYTES_MAX // 2**20} MB")
    failed = Failed(status, headers, body or b"", call.route, time.time())
    if not 200 <= status < 300 or headers.get("content-type", "").lower().startswith("text/html"):
        raise failure(failed)
    body = body or b""
    return Answer(status, headers, body, None if call.accept or not body else _parsed(call, body), call.route)


def _parsed(call: Call, body: bytes) -> JSON:
    try:
        value: JSON = json.loads(body)
    except (ValueError, RecursionError):
        raise TransientError(f"{call.route}: GitHub's answer is not JSON, or was cut off") from None
    return value
