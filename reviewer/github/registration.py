"""Registering the App from a page on loopback: the web half of `setup`.

The page asks where the service is reached, sends the browser with the manifest to GitHub, and takes the code that it
brings back. Nobody but this machine can reach it, and only for one registration.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx

from reviewer.core.errors import RefusedError, UserError
from reviewer.core.operator_text import origin
from reviewer.github.setup import Addresses, Registered, manifest, registered, registration_url

HOOK_PATH: Final = "/api/github/webhooks"
"""Where the service takes deliveries (contract)."""

WAIT_S: Final = 3600.0
"""GitHub's code is good for one hour (docs, registering a GitHub App from a manifest)."""

_STYLE: Final = "body{font:16px/1.5 sans-serif;max-width:40em;margin:3em auto;padding:0 1em}label,input{display:block}"
_FIELDS_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """What to register: the text of app.yml, on which GitHub, and the port of the page (0: any that is free)."""

    app_yml: str
    api_url: str
    port: int = 0


async def register(wish: Wish, say: Callable[[str], None], wait_s: float = WAIT_S) -> Registered:
    """Serve the page until the browser is back, and give the App's credentials. `say` hears which page to open.

    UserError for an unusable app.yml and after `wait_s`, RefusedError for a code that GitHub does not take.
    """
    manifest(wish.app_yml, Addresses("", ""))  # a mistake in the file is told before anybody opens a page
    loop = asyncio.get_running_loop()
    code: asyncio.Future[str] = loop.create_future()

    def back(value: str) -> None:
        loop.call_soon_threadsafe(lambda: None if code.done() else code.set_result(value))

    try:
        server = _Server(wish, back)
    except OSError as error:
        raise RefusedError(f"cannot listen on 127.0.0.1 port {wish.port}: {error.strerror}") from error
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    serving.start()
    try:
        say(server.home)
        return await registered(await asyncio.wait_for(code, wait_s), wish.api_url)
    except TimeoutError as error:
        raise UserError("nobody came back from GitHub in time; run reviewer setup again") from error
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def environment(told: Registered, api_url: str) -> str:
    """The credentials as lines of a `.env` file; the key in base64: shells, Docker and systemd read it alike."""
    key = base64.b64encode(told.private_key.encode()).decode()
    rows = [f"APP_ID={told.app_id}", f"PRIVATE_KEY={key}", f"WEBHOOK_SECRET={told.webhook_secret}"]
    return "".join(f"{row}\n" for row in (*rows, f"GITHUB_API_URL={api_url}"))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, wish: Wish, back: Callable[[str], None]) -> None:
        super().__init__(("127.0.0.1", wish.port), _Handler)
        self.wish = wish
        self.back = back
        self.state = secrets.token_urlsafe(32)
        self.home = str(httpx.URL(scheme="http", host="127.0.0.1", port=self.server_port, path="/"))

    def page(self, path: str, query: dict[str, str]) -> tuple[int, str]:
        """Status and HTML of one page."""
        match path:
            case "/":
                return 200, _QUESTIONS
            case "/register":
                return self._form(query)
            case "/done":
                return self._done(query)
            case _:
                return 404, "<p>There is nothing here.</p>"

    def _form(self, query: dict[str, str]) -> tuple[int, str]:
        try:
            service = origin(query.get("url", "").strip())
        except ValueError as error:
            return 400, f"<p>The address of the service: {escape(str(error))}.</p>" + _QUESTIONS
        hook = service if urlsplit(service).path else service + HOOK_PATH
        built = json.dumps(manifest(self.wish.app_yml, Addresses(hook, self.home + "done")))
        try:
            to = registration_url(self.wish.api_url, self.state, query.get("organization", "").strip() or None)
        except RefusedError:
            return 400, "<p>That is not the name of an organization.</p>" + _QUESTIONS
        return 200, (
            f'<form method="post" action="{escape(to)}"><input type="hidden" name="manifest" value="{escape(built)}">'
            f"<p>Deliveries will be sent to <code>{escape(hook)}</code>.</p><button>Register on GitHub</button></form>"
        )

    def _done(self, query: dict[str, str]) -> tuple[int, str]:
        code = query.get("code", "")
        if not compare_digest(query.get("state", "").encode(), self.state.encode()) or not code:
            return 400, "<p>This is not the answer to the registration that was begun here. Begin again.</p>"
        self.back(code)
        return 200, "<p>GitHub has registered the App. Go on in the terminal.</p>"


_QUESTIONS: Final = (
    '<form action="/register"><label>Where GitHub reaches the service (https://…)'
    '<input name="url" type="url" size="50" required></label>'
    '<label>Organization that is to own the App (empty: you)<input name="organization" size="50"></label>'
    "<p><button>Go on</button></p></form>"
)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 30

    def do_GET(self) -> None:
        """Answer one page; only to a browser that asked for this address by its number (no rebound names)."""
        asked = urlsplit(self.path)
        status, body = 421, "<p>Open the address that the terminal shows.</p>"
        if self.headers.get("Host") == f"127.0.0.1:{self.server.server_port}":
            try:
                given = parse_qs(asked.query, max_num_fields=_FIELDS_MAX)
            except ValueError:
                given = {}
            status, body = self.server.page(asked.path, {name: values[0] for name, values in given.items()})
        self._answer(status, body)

    def _answer(self, status: int, body: str) -> None:
        page = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Set up the reviewer</title>'
            f"<style>{_STYLE}</style><h1>Set up the reviewer</h1>{body}"
        ).encode()
        self.send_response(status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(page))),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the query holds the code."""
