"""One HTTP server on loopback in a thread: what both stand-ins stand on. Bytes in, bytes out, no framework."""

from __future__ import annotations

import asyncio
import socket
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn

Scope = MutableMapping[str, Any]  # ASGI's own types; they stay in this module
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

START_S = 20.0
"""Time a server may need to start on a busy machine; nothing waits that long on a healthy one."""

LAST_ANSWERS_S = 1.0
"""Time for answers under way when the server is told to stop; what takes longer is cut."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request as it came. `path` is as sent (percent-encoded), header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One answer. `chunks` is for bodies that come slowly or never end; `cut` breaks the connection in mid-body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    chunks: AsyncIterator[bytes] | None = None
    cut: bool = False


class Gate:
    """Something that waits until the test says go on. No clock: `reached` tells that somebody waits here."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._reached = threading.Event()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._lock = threading.Lock()

    def open(self) -> None:
        """Let everybody through, now and later."""
        self._open.set()
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for loop, event in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    async def reached(self, timeout_s: float = 30.0) -> None:
        """Wait until a request stands at the gate; raises TimeoutError when none came."""
        if not await asyncio.to_thread(self._reached.wait, timeout_s):
            raise TimeoutError("no request reached the gate")

    async def pass_through(self) -> None:
        """Stand at the gate until it opens (called by the server)."""
        event = asyncio.Event()
        with self._lock:
            self._waiting.append((asyncio.get_running_loop(), event))
        self._reached.set()
        if not self._open.is_set():
            await event.wait()


class _Server(uvicorn.Server):
    """uvicorn, telling when it listens and told when to stop, where the original looks ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        self.listening.set()
        await self._told.wait()

    def tell_to_stop(self) -> None:
        """End `main_loop`, from any thread, once it listens."""
        self._loop.call_soon_threadsafe(self._told.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            _, late = await asyncio.wait(self.server_state.tasks, timeout=LAST_ANSWERS_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


class Loopback:
    """A listening server on a free port of 127.0.0.1 that answers by calling `answer`.

    An error in there is ours, not the client's: it is told to `broken`, so that no test passes over it.
    """

    def __init__(self, answer: Callable[[Incoming], Awaitable[Outgoing]], broken: Callable[[str], None]) -> None:
        self._answer = answer
        self._broken = broken
        # Named as TCP, or asyncio does not switch Nagle's algorithm off and every answer waits 40 ms for an ACK.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            log_level="critical",
            interface="asgi3",
            proxy_headers=False,
            lifespan="off",
            ws="none",
            loop="asyncio",
            http="httptools",
            server_header=False,
            backlog=1024,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._run, name=f"standin-{self.port}", daemon=True)

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; returns when connections are accepted. Raises RuntimeError when the server does not come up."""
        self._thread.start()
        if not self._server.listening.wait(START_S):
            raise RuntimeError("the stand-in did not start")

    def stop(self) -> None:
        """Stop listening and wait for the thread. Whoever holds a Gate opens it first."""
        self._server.tell_to_stop()
        self._thread.join(START_S)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _body(receive)
        except _GoneError:
            return  # the client was killed in mid-request: no server acts on a part of one
        incoming = Incoming(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1").split("?")[0],
            query=scope["query_string"].decode("latin-1"),
            headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
            body=body,
        )
        try:
            outgoing = await self._answer(incoming)
        except Exception:
            self._broken(f"{incoming.method} {incoming.path}: the stand-in broke: {traceback.format_exc()}")
            raise
        await _send(outgoing, receive, send)


class _GoneError(Exception):
    """The client went away before its request was whole."""


async def _body(receive: Receive) -> bytes:
    """The whole body; raises _GoneError when the client did not send all of it."""
    parts: list[bytes] = []
    while True:
        part = await receive()
        if part["type"] == "http.disconnect":
            raise _GoneError
        parts.append(part.get("body", b""))
        if not part.get("more_body"):
            return b"".join(parts)


async def _send(outgoing: Outgoing, receive: Receive, send: Send) -> None:
    headers = {name.lower(): value for name, value in outgoing.headers.items()}
    if outgoing.chunks is None and outgoing.status not in (204, 304):
        promised = len(outgoing.body) + (1024 if outgoing.cut else 0)
        headers.setdefault("content-length", str(promised))
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": outgoing.status, "headers": pairs})
    if outgoing.chunks is not None:
        await _stream(outgoing.chunks, receive, send)
    body = outgoing.body if outgoing.status not in (204, 304) else b""
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _stream(chunks: AsyncIterator[bytes], receive: Receive, send: Send) -> None:
    """Send until the chunks end or the client has gone; uvicorn itself would go on writing into nothing."""
    gone = asyncio.ensure_future(receive())  # the body is read, so the next message is the disconnect
    try:
        async for chunk in chunks:
            if gone.done():
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    finally:
        gone.cancel()
