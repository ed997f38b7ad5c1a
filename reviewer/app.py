"""Wires everything once: settings → GitHub, store, engine, webhook → a process that runs until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import NoReturn

import uvloop
from starlette.types import ASGIApp

from reviewer.composition import Parts, Tale, composed
from reviewer.core.errors import RefusedError, TransientError, UserError
from reviewer.core.trigger import Ours
from reviewer.engine import Engine, EngineSettings
from reviewer.github.client import AppCredentials, GitHubApp
from reviewer.logs import start_logging
from reviewer.metrics import Metrics
from reviewer.server import Readiness, application, bind, serve_until
from reviewer.settings import Settings
from reviewer.store import Store
from reviewer.webhook import Intake

DRAIN_S = 20.0
"""After the stop signal, how long reviews may take to end; with the server's grace it stays below the 30 s that
supervisors wait before they kill."""

IDENTITY_RETRY_S = 30.0
"""Between two tries of asking GitHub who we are, when it was away at the start."""

_LOG = logging.getLogger(__name__)


Compose = Callable[[Parts], AbstractAsyncContextManager[Tale]]
"""Makes the story, and takes down at the end what it put up for it."""


def serve(settings: Settings, host: str, port: int, say: Callable[[str], None], compose: Compose = composed) -> None:
    """Run the webhook service until SIGTERM or SIGINT; `say` hears, once, where it listens or how to set it up.

    Raises RefusedError or UserError with one sentence when it cannot start.
    """
    start_logging(settings.log_level, settings.log_format, settings.secrets)
    _run(lambda stop: _serve(settings, (host, port), compose, say, stop))


def worker(settings: Settings, compose: Compose = composed) -> None:
    """Run the engine without HTTP until SIGTERM or SIGINT: for more machines on one PostgreSQL.

    Raises RefusedError or UserError with one sentence when it cannot start.
    """
    if not settings.is_set_up:
        raise UserError("a worker needs the GitHub App: set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET")
    start_logging(settings.log_level, settings.log_format, settings.secrets)
    _run(lambda stop: _work(settings, compose, stop))


def set_up_text(settings: Settings) -> str:
    """What to do when the GitHub App's credentials are missing."""
    return (
        "This server is not set up: it knows no GitHub App, and answers deliveries with 503.\n"
        f"1. Run `reviewer setup`, or open {settings.web_url}/settings/apps/new and register an App like app.yml.\n"
        "2. Set APP_ID, PRIVATE_KEY (or PRIVATE_KEY_PATH) and WEBHOOK_SECRET.\n"
        "3. Start again; `reviewer doctor` checks what you have set.\n"
    )


@asynccontextmanager
async def running(settings: Settings, compose: Compose, metrics: Metrics) -> AsyncIterator[ASGIApp]:
    """The ASGI application with everything behind it started, and stopped in reverse order at the end."""
    if not settings.is_set_up:
        yield application(_nobody(metrics), None, set_up_text(settings))
        return
    async with AsyncExitStack() as stack:
        github = _github(settings)
        stack.push_async_callback(github.aclose)
        who = _Who(settings, github)
        await who.ask()
        store = await Store.open(settings.database_url.get_secret_value())
        stack.push_async_callback(store.close)
        tale = await stack.enter_async_context(compose(Parts(settings, github, store, metrics.review, metrics)))
        engine = Engine(
            store,
            tale.story,
            plan_hash=tale.plan_hash,
            outside=tale.outside,
            settings=_engine_settings(settings, tale.version),
        )
        stack.push_async_callback(engine.stop, DRAIN_S)
        await engine.start()
        asking = asyncio.create_task(who.ask_until_known())
        stack.callback(asking.cancel)
        secrets = [secret.get_secret_value().encode() for secret in settings.webhook_secrets]
        intake = Intake(secrets, who.ours, engine.accept, engine.purge, metrics.delivery, store.pull_of)
        yield application(intake, _readiness(engine, store, who))


async def _serve(
    settings: Settings, address: tuple[str, int], compose: Compose, say: Callable[[str], None], stop: asyncio.Event
) -> None:
    metrics = Metrics()
    try:
        listener = bind(*address)
    except OSError as error:
        raise RefusedError(f"cannot listen on {address[0]} port {address[1]}: {error.strerror}") from error
    with listener, metrics.served(address[0], settings.metrics_port):
        async with running(settings, compose, metrics) as app:
            _settle_memory()
            where = f"listening on {address[0]} port {listener.getsockname()[1]}"
            _LOG.info(where)
            say(where if settings.is_set_up else f"{where}\n{set_up_text(settings)}")
            await serve_until(stop, app, listener)
            _LOG.info("stopping")


async def _work(settings: Settings, compose: Compose, stop: asyncio.Event) -> None:
    metrics = Metrics()
    with metrics.served("127.0.0.1", settings.metrics_port):
        async with running(settings, compose, metrics):
            _LOG.info("working")
            await stop.wait()
            _LOG.info("stopping")


def _settle_memory() -> None:
    """Take what the start has made out of the collector's sight: a full look at it stops the loop for 0.1 to 0.3 s."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _run(main: Callable[[asyncio.Event], Coroutine[None, None, None]]) -> None:
    """Run to the end on a fresh loop. The first signal asks to stop; the second one kills, as it would without us."""

    async def until_signalled() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def ask_to_stop() -> None:
            stop.set()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ask_to_stop)
        await main(stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_signalled())


def _nobody(metrics: Metrics) -> Intake:
    """The webhook before set-up: without a secret it takes nothing in, so it needs nothing behind it."""

    async def refuse(*_: object) -> NoReturn:
        raise RefusedError("the GitHub App is not set up")

    return Intake((), lambda: Ours(0, ()), refuse, refuse, metrics.delivery, refuse)


def _github(settings: Settings) -> GitHubApp:
    key = settings.private_key.get_secret_value() if settings.private_key else ""
    return GitHubApp(
        AppCredentials(str(settings.app_id), key), settings.github_api_url, resolves=settings.resolves_threads
    )


def _engine_settings(settings: Settings, version: str) -> EngineSettings:
    return EngineSettings(
        story_version=version,
        debounce_s=settings.debounce_s,
        concurrency=settings.concurrency,
        per_installation=max(1, settings.concurrency // 2),
        model_concurrency=settings.model_concurrency,
        model_per_installation=max(1, settings.model_concurrency // 2),
        retention_days=settings.retention_days,
    )


class _Who:
    """Who we are: known from the settings but for the slug, which GitHub tells."""

    def __init__(self, settings: Settings, github: GitHubApp) -> None:
        self._github, self._handle = github, settings.handle
        self._app_id = settings.app_id or 0
        self._slug: str | None = None
        self.is_refused = False

    def ours(self) -> Ours:
        """The names that commands may call us by; without the slug while GitHub has not told it."""
        return Ours(self._app_id, (self._handle,) if self._slug is None else (self._handle, self._slug))

    async def ask(self) -> None:
        """Ask once. RefusedError when the App is wrong or may do too much; we start also while GitHub is away."""
        try:
            identity = await self._github.identity()
        except TransientError as error:
            _LOG.warning("GitHub did not tell who we are: %s; asking again", error)
            return
        if identity.app_id != self._app_id:
            raise RefusedError(f"APP_ID is {self._app_id}, but the key is that of App {identity.app_id}")
        if identity.missing:
            _LOG.warning("the GitHub App lacks permissions: %s", ", ".join(identity.missing))
        self._slug = identity.slug

    async def ask_until_known(self) -> None:
        """Ask again until GitHub has answered; a refusal then makes us not ready."""
        while self._slug is None:
            await asyncio.sleep(IDENTITY_RETRY_S)
            try:
                await self.ask()
            except RefusedError as error:
                _LOG.critical("GitHub refuses this App: %s", error)
                self.is_refused = True
                return


def _readiness(engine: Engine, store: Store, who: _Who) -> Readiness:
    async def database_answers() -> bool:
        try:
            await store.ping()
        except TransientError:
            return False
        return True

    return Readiness(database_answers, lambda: engine.ready and not who.is_refused)
