"""The HTTP side: four paths, and uvicorn with limits on what a stranger can hold and a stop that lets answers end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from asyncio.events import TimerHandle
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from reviewer.webhook import PATH, Answer

HEAD_BYTES_MAX = 64 * 1024
"""Bytes of a request line with its headers; GitHub sends some 2 KB. The parser itself has no limit."""

HEAD_S = 10.0
"""Time for the headers to arrive, from the connection or the first byte on; GitHub gives up after 10 s."""

CONNECTIONS_MAX = 1_000
"""Open connections; more are answered 503."""

KEEP_ALIVE_S = 5
"""How long an idle connection is kept."""

GRACE_S = 5
"""After the stop signal, how long requests may take to be answered; reviews have their own time after that."""


READY_S = 2.0
"""How long an answer of `/readyz` is repeated, and how long the database may take to answer: whoever asks, however
often, costs no more than that."""


DEGRADED = Answer(503, {"status": "degraded"})


class Readiness:
    """Whether deliveries can be stored and worked on; one look at the database for all who ask within `READY_S`."""

    def __init__(self, database_answers: Callable[[], Awaitable[bool]], is_working: Callable[[], bool]) -> None:
        self._database_answers, self._is_working = database_answers, is_working
        self._look: asyncio.Task[bool] | None = None
        self._until = 0.0

    async def __call__(self) -> Answer:
        """200 or 503, and no word about why: that is in the log."""
        now = asyncio.get_running_loop().time()
        if self._look is None or (self._look.done() and now >= self._until):
            self._look = asyncio.create_task(self._ask())
            self._until = now + READY_S
        is_ready = await asyncio.shield(self._look) and self._is_working()
        return Answer(200, {"status": "ok"}) if is_ready else DEGRADED

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(READY_S):
                return await self._database_answers()
        except TimeoutError:
            return False


def application(intake: ASGIApp, readiness: Readiness | None, front_page: str = "") -> ASGIApp:
    """The four paths; everything else is 404. Without `readiness` nothing is ready, and `front_page` says why."""

    async def alive() -> Answer:
        return Answer(200, {"status": "ok"})

    async def never_ready() -> Answer:
        return DEGRADED

    routes = [
        Route(PATH, intake),
        Route("/healthz", _Page(alive)),
        Route("/readyz", _Page(readiness or never_ready)),
    ]
    if front_page:
        routes.append(Route("/", PlainTextResponse(front_page)))
    starlette = Starlette(routes=routes)
    starlette.router.redirect_slashes = False
    return starlette


class _Page:
    """Answers GET and HEAD, and anything else with 404."""

    def __init__(self, answer: Callable[[], Awaitable[Answer]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer() if scope["method"] in ("GET", "HEAD") else Answer(404, {"detail": "Not Found"})
        await answer.send(send)


class GuardedProtocol(HttpToolsProtocol):
    """Closes connections whose headers are too slow or too long."""

    head_s = HEAD_S
    _head_timer: TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the class above
        """Give the first headers their time."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Count what arrives while headers are incomplete."""
        super().data_received(data)
        if self._head_timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._head_arrived()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Give the headers of the next request their time."""
        super().on_message_begin()
        if self._head_timer is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """Go on to the body, which the application watches."""
        self._head_arrived()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self.head_s, self.transport.close)

    def _head_arrived(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class Server(uvicorn.Server):
    """uvicorn that leaves signals to us: after its own stop, the reviews under way have theirs."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket (0: any free port). OSError when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


async def serve_until(
    stop: asyncio.Event, app: ASGIApp, listener: socket.socket, protocol: type[GuardedProtocol] = GuardedProtocol
) -> None:
    """Answer requests on `listener` until `stop` is set, then let those under way end within `GRACE_S`."""
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        server.should_exit = True
        await serving
