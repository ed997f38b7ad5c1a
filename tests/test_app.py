"""The process as a whole: started from settings, stopped by a signal, on loopback with a GitHub that knows the App."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from reviewer import server
from reviewer.app import running, serve, set_up_text, worker
from reviewer.composition import Parts, Tale, composed
from reviewer.core.errors import RefusedError, UserError
from reviewer.core.job import Job
from reviewer.engine import Outside, Run, Steps
from reviewer.github.auth import PERMISSIONS
from reviewer.metrics import Metrics
from reviewer.operator_plan import operator_plan, plan_hash
from reviewer.server import DEGRADED, Readiness, bind, serve_until
from reviewer.settings import Settings, load
from reviewer.webhook import PATH, Outcome
from reviewer.workflow.records import Paid

SECRET = "hush-hush"
BODY = json.dumps(
    {
        "action": "created",
        "installation": {"id": 11},
        "repository": {"id": 22, "full_name": "octo/shop"},
        "sender": {"login": "alice", "type": "User"},
        "issue": {"number": 3, "pull_request": {}},
        "comment": {"id": 44, "body": "@octo-reviewer review", "user": {"login": "alice"}},
    }
).encode()


@pytest.fixture(scope="session")
def key() -> str:
    private = rsa.generate_private_key(65537, 2048)
    return private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[str]:
    stop = asyncio.Event()
    with bind("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(serve_until(stop, app, listener))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            await serving


def github(app_id: int = 7, **permissions: str) -> Starlette:
    """As much of GitHub as tells who we are."""

    async def app(request: Request) -> JSONResponse:
        return JSONResponse({"id": app_id, "slug": "octo-reviewer", "permissions": {**PERMISSIONS, **permissions}})

    async def user(request: Request) -> JSONResponse:
        return JSONResponse({"id": 1007, "login": request.path_params["login"]})

    return Starlette(routes=[Route("/app", app), Route("/users/{login}", user)])


class Teller:
    """A story that only tells that it was told."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[Job] = asyncio.Queue()
        self.parts: Parts | None = None

    @asynccontextmanager
    async def compose(self, parts: Parts) -> AsyncIterator[Tale]:
        self.parts = parts
        yield Tale(self.story, Outside(self.give_up), "plan-1", "story-1")

    async def story(self, run: Run, steps: Steps) -> None:
        await self.told.put(run.job)

    async def give_up(self, run: Run, reason: str) -> None:
        raise AssertionError(reason)


def settings(tmp_path: Path, key: str, api: str) -> Settings:
    return load(
        {
            "APP_ID": "7",
            "PRIVATE_KEY": key,
            "WEBHOOK_SECRET": SECRET,
            "GITHUB_API_URL": api,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'reviewer.db'}",
        }
    )


def headers(body: bytes = BODY) -> dict[str, str]:
    return {
        "X-GitHub-Event": "issue_comment",
        "X-GitHub-Delivery": "d-1",
        "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }


def browser() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, timeout=20)


# -------------------------------------------------------------------------------------------------- the whole path


async def test_a_signed_delivery_reaches_the_story(tmp_path: Path, key: str) -> None:
    teller, metrics = Teller(), Metrics()
    async with (
        listening(github()) as api,
        running(settings(tmp_path, key, api), teller.compose, metrics) as app,
        listening(app) as ours,
        browser() as client,
    ):
        ready = await client.get(ours + "/readyz")
        answer = await client.post(ours + PATH, content=BODY, headers=headers())
        job = await asyncio.wait_for(teller.told.get(), 20)
    assert (ready.status_code, ready.json(), answer.status_code) == (200, {"status": "ok"}, 202)
    assert (job.pull_key, job.source_id, job.actor) == ("11/22#3", "44", "alice")
    assert metrics.registry.get_sample_value("reviewer_deliveries_total", {"outcome": "accepted"}) == 1


async def test_the_real_story_is_put_up_and_taken_down(tmp_path: Path, key: str) -> None:
    async with (
        listening(github()) as api,
        running(settings(tmp_path, key, api), composed, Metrics()) as app,
        listening(app) as ours,
        browser() as client,
    ):
        assert (await client.get(ours + "/readyz")).json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("app_id", "permissions", "sentence"),
    [
        (7, {"contents": "write"}, "the GitHub App holds more than it needs; take away: contents: write"),
        (8, {}, "APP_ID is 7, but the key is that of App 8"),
    ],
)
async def test_an_app_that_is_not_as_it_should_be_stops_the_start(
    tmp_path: Path, key: str, app_id: int, permissions: dict[str, str], sentence: str
) -> None:
    async with listening(github(app_id, **permissions)) as api:
        with pytest.raises(RefusedError) as caught:
            async with running(settings(tmp_path, key, api), Teller().compose, Metrics()):
                raise AssertionError("started")
    assert str(caught.value) == sentence


async def test_github_being_away_does_not_stop_the_start(tmp_path: Path, key: str) -> None:
    teller = Teller()
    with bind("127.0.0.1", 0) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    body = BODY.replace(b"@octo-reviewer", b"@bot")
    async with (
        running(settings(tmp_path, key, nobody), teller.compose, Metrics()) as app,
        listening(app) as ours,
        browser() as client,
    ):
        by_slug = await client.post(ours + PATH, content=BODY, headers=headers())
        by_handle = await client.post(ours + PATH, content=body, headers=headers(body))
    assert (by_slug.status_code, by_handle.status_code) == (200, 202)


async def test_before_set_up_the_front_page_says_what_to_do() -> None:
    before = load({"GITHUB_API_URL": "https://ghe.example.com/api/v3"})
    async with running(before, Teller().compose, Metrics()) as app, listening(app) as ours, browser() as client:
        page = await client.get(ours + "/")
        post = await client.post(ours + PATH, content=BODY, headers=headers())
        ready = await client.get(ours + "/readyz")
    assert (page.status_code, page.text) == (200, set_up_text(before))
    assert "open https://ghe.example.com/settings/apps/new" in page.text
    assert (post.status_code, ready.status_code) == (503, 503)


def test_a_worker_needs_the_app() -> None:
    with pytest.raises(UserError, match="a worker needs the GitHub App"):
        worker(load({}), Teller().compose)


def test_a_taken_port_is_one_sentence() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(RefusedError, match=f"cannot listen on 127.0.0.1 port {port}: "):
            serve(load({"LOG_LEVEL": "critical"}), "127.0.0.1", port, lambda text: None)


# ------------------------------------------------------------------------------------------------------- the process

PROGRAM = """
import sys
from reviewer.app import serve
from reviewer.settings import load
serve(load({"REVIEWER_METRICS_PORT": "0"}), "127.0.0.1", 0, lambda text: print(text, flush=True))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_process_with_status_0(number: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    said = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    async with browser() as client:
        alive = await client.get(f"http://127.0.0.1:{said.split()[-1]}/healthz")
    os.kill(process.pid, number)
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    assert (alive.status_code, process.returncode) == (200, 0)
    assert [json.loads(line)["logger"] for line in errors.split(b"\n") if line]


# ----------------------------------------------------------------------------------------------------- readiness


async def test_many_who_ask_for_readiness_cost_one_look() -> None:
    looks = 0

    async def database_answers() -> bool:
        nonlocal looks
        looks += 1
        return True

    readiness = Readiness(database_answers, lambda: True)
    answers = await asyncio.gather(*(readiness() for _ in range(50)))
    assert (looks, {answer.status for answer in answers}) == (1, {200})


@pytest.mark.parametrize(("database", "engine"), [(False, True), (True, False)])
async def test_without_database_or_engine_we_are_not_ready(database: bool, engine: bool) -> None:
    async def database_answers() -> bool:
        return database

    assert await Readiness(database_answers, lambda: engine)() is DEGRADED


# ------------------------------------------------------------------------------------------------- slow and long heads


async def test_a_head_that_does_not_end_is_cut_off() -> None:
    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("the head was never whole")

    async with listening(never) as ours:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(ours.rpartition(":")[2]))
        writer.write(b"GET / HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):
            for _ in range(10_000):
                writer.write(b"X-Long: " + b"a" * 1000 + b"\r\n")
                await writer.drain()
            await reader.readexactly(1)
        writer.close()


async def test_a_head_that_does_not_come_is_given_up() -> None:
    class Impatient(server.GuardedProtocol):
        head_s = 0.05

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("nothing was asked")

    stop = asyncio.Event()
    with bind("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(serve_until(stop, never, listener, Impatient))
        closed = []
        for opening in (b"", b"GET / HT"):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(opening)
            closed.append(await asyncio.wait_for(reader.read(), 20))
            writer.close()
        stop.set()
        await serving
    assert closed == [b"", b""]


# ----------------------------------------------------------------------------------------------------------- metrics


async def test_metrics_are_on_their_own_port_and_name_no_repository() -> None:
    metrics = Metrics()
    metrics.delivery(Outcome.UNSIGNED)
    metrics.review("neutral")
    metrics.review("octo/shop")
    metrics.paid(Paid(2, 1_000, 50, 0.5, 2_500))
    metrics.paid(Paid(1, 10))
    metrics.refused()
    with metrics.served("127.0.0.1", 0) as port:
        async with browser() as client:
            text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    assert 'reviewer_deliveries_total{outcome="unsigned"} 1.0' in text
    assert 'reviewer_reviews_total{conclusion="neutral"} 1.0' in text
    assert 'reviewer_reviews_total{conclusion="other"} 1.0' in text
    assert "reviewer_model_calls_total 3.0" in text
    assert 'reviewer_model_tokens_total{kind="prompt"} 1010.0' in text
    assert 'reviewer_model_tokens_total{kind="completion"} 50.0' in text
    assert "reviewer_model_cost_total 0.0025" in text
    assert "reviewer_model_refused_total 1.0" in text
    assert "octo" not in text


def test_without_a_port_nothing_listens() -> None:
    with Metrics().served("127.0.0.1", None) as port:
        assert port is None


# ----------------------------------------------------------------------------------------------- the operator's plan


def test_the_operator_s_plan_is_what_was_set() -> None:
    plan = operator_plan(load({"REVIEWER_COMMENTS_MAX": "3", "REVIEWER_MODEL": "big,small", "OPENAI_API_KEY": "k"}))
    assert (plan.limits.comments_max, plan.model, plan.rules_only) == (3, "big", None)
    assert plan.persona.source == "personas/backend.chatmode.md"
    several = operator_plan(load({"REVIEWER_PERSONA": "backend,security"}))
    assert (several.persona_names, several.check_name) == ("backend, security", "reviewer / backend")
    with pytest.raises(UserError, match="a second persona is called `backend`; name each once"):
        operator_plan(load({"REVIEWER_PERSONA": "backend,backend"}))


def test_the_plan_s_hash_changes_with_what_changes_a_review(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_bytes(load({}).persona_files[0].read_bytes() + b"\n- More.\n")
    variants = [
        {},
        {"REVIEWER_COMMENTS_MAX": "3"},
        {"REVIEWER_FILE_BYTES_MAX": "2048"},
        {"REVIEWER_MODEL": "m", "OPENAI_API_KEY": "k"},
        {"REVIEWER_MODEL": "m,n", "OPENAI_API_KEY": "k"},
        {"REVIEWER_PERSONA": str(tmp_path / "other.md")},
        {"REVIEWER_PERSONA": "backend,security"},
        {"REVIEWER_PERSONA": "security,backend"},
    ]
    hashes = [plan_hash(load(variant)) for variant in variants]
    assert len(set(hashes)) == len(variants)
    assert plan_hash(load({"PORT": "1", "REVIEWER_MODEL": "m"})) == hashes[0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"x" * 70_000, "larger than 64 KB"), (b"\xff", "is not UTF-8"), (b"- [", "team.yml")],
)
def test_a_file_that_cannot_be_used_is_the_operator_s_to_mend(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "team.yml").write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        operator_plan(load({"REVIEWER_TEAM": str(tmp_path / "team.yml")}))
