"""The webhook over real HTTP on loopback: statuses, signatures, sizes, and hostile bytes."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer import webhook
from reviewer.core.envelope import Envelope
from reviewer.core.errors import TransientError
from reviewer.core.job import Job, Trigger
from reviewer.core.trigger import Ours, decide
from reviewer.server import application, bind, serve_until
from reviewer.store import Accepted, Delivery, News, Store, Work
from reviewer.webhook import BODY_BYTES_MAX, Intake, Outcome, is_signed, read_envelope
from tests.deliveries.signed import example
from tests.standin.json_types import as_object

PAYLOADS = sorted((Path(__file__).parent / "deliveries" / "payloads").rglob("*.json"))
SECRET = b"It's a Secret to Everybody"
HEAD = "a" * 40
OPENED = {
    "action": "opened",
    "installation": {"id": 11},
    "repository": {"id": 22, "full_name": "octo/shop"},
    "sender": {"login": "alice", "type": "User"},
    "pull_request": {"number": 3, "draft": False, "user": {"login": "alice"}, "head": {"sha": HEAD, "repo": None}},
}


@dataclass
class Desk:
    """The webhook on loopback, with what it passed on."""

    secrets: Sequence[bytes] = (SECRET,)
    body_s: float = webhook.BODY_S
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    jobs: list[tuple[Delivery, Job]] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)
    failure: Exception | None = None
    port: int = 0

    def __post_init__(self) -> None:
        ours = Ours(7, ("bot",))
        self.intake = Intake(
            self.secrets, lambda: ours, self.accept, self.forget, self.count, self.pull_of, self.body_s
        )

    def count(self, outcome: Outcome) -> None:
        self.outcomes[outcome] += 1

    async def pull_of(self, installation: int, repository_id: int, head: str) -> int:
        return {(11, 22, HEAD): 3}.get((installation, repository_id, head), 0)

    async def accept(self, delivery: Delivery, job: Job) -> Accepted:
        if self.failure is not None:
            raise self.failure
        self.jobs.append((delivery, job))
        return Accepted(job.identity("plan"), News.NEW_WORK)

    async def forget(self, installation: int) -> None:
        if self.failure is not None:
            raise self.failure
        self.forgotten.append(installation)

    async def post(self, body: bytes, headers: Sequence[tuple[str, str | bytes]] | None = None) -> httpx.Response:
        pairs = signed(body) if headers is None else headers
        given = [(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in pairs]
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            return await client.post(f"http://127.0.0.1:{self.port}{webhook.PATH}", content=body, headers=given)

    async def raw(self, head: str, *chunks: bytes) -> bytes:
        """Send bytes as they are and read until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(f"POST {webhook.PATH} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
            return await asyncio.wait_for(reader.read(), 20)
        finally:
            writer.close()


@asynccontextmanager
async def listening(secrets: Sequence[bytes] = (SECRET,), body_s: float = webhook.BODY_S) -> AsyncIterator[Desk]:
    desk, stop = Desk(secrets, body_s), asyncio.Event()
    with bind("127.0.0.1", 0) as listener:
        desk.port = listener.getsockname()[1]
        serving = asyncio.create_task(serve_until(stop, application(desk.intake, None), listener))
        try:
            yield desk
        finally:
            stop.set()
            await serving


def signature(body: bytes, secret: bytes = SECRET) -> str:
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def signed(body: bytes, event: str = "pull_request", secret: bytes = SECRET) -> list[tuple[str, str | bytes]]:
    return [
        ("X-GitHub-Event", event),
        ("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
        ("X-Hub-Signature-256", signature(body, secret)),
    ]


def without(headers: list[tuple[str, str | bytes]], name: str) -> list[tuple[str, str | bytes]]:
    return [header for header in headers if header[0] != name]


BODY = json.dumps(OPENED).encode()


# ------------------------------------------------------------------------------------------------- what it accepts


async def test_a_signed_delivery_is_accepted_as_a_job() -> None:
    async with listening() as desk:
        answer = await desk.post(BODY)
    delivery, job = desk.jobs[0]
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted", "news": "new work"})
    assert delivery == Delivery("72d3162e-cc78-11e3-81ab-4c9367dc0958", "pull_request", "opened", 11)
    assert (job.pull_key, job.head, job.trigger) == ("11/22#3", HEAD, Trigger.AUTOMATIC)
    assert desk.outcomes == {Outcome.ACCEPTED: 1}


async def test_the_answer_comes_after_the_commit(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path / 'reviewer.db'}")
    try:
        async with listening() as desk:
            desk.intake.accept = lambda delivery, job: store.accept(delivery, Work(job, job.identity("plan")))
            first = await desk.post(BODY)
            unfinished = await store.unfinished()
            second = await desk.post(BODY)
    finally:
        await store.close()
    assert (first.json()["news"], second.json()["news"]) == ("new work", "known delivery")
    assert (first.status_code, second.status_code, unfinished) == (202, 202, 1)


async def test_every_example_of_github_gets_202_or_200_with_a_reason() -> None:
    assert len(PAYLOADS) == 106
    strange = []
    async with listening() as desk:
        for path in PAYLOADS:
            body = path.read_bytes()
            answer = await desk.post(body, signed(body, path.name.split(".")[0]))
            told = answer.json().get("reason") or answer.json()["status"] == "accepted"
            if answer.status_code not in (200, 202) or not told or "not understood" in answer.text:
                strange.append((path.name, answer.status_code, answer.text))
    assert strange == []
    assert desk.outcomes[Outcome.ACCEPTED] == len(desk.jobs) > 0


async def test_what_is_not_ours_is_answered_with_its_reason() -> None:
    async with listening() as desk:
        answer = await desk.post(BODY, signed(BODY, "push"))
    assert (answer.status_code, answer.json()) == (200, {"status": "ignored", "reason": "nothing to do for this event"})
    assert desk.jobs == []


async def test_a_field_of_a_new_kind_is_ignored_by_name_and_never_an_error() -> None:
    body = json.dumps({**OPENED, "installation": {"id": "eleven"}}).encode()
    async with listening() as desk:
        answer = await desk.post(body)
    assert (answer.status_code, answer.json()["reason"]) == (200, "not understood: installation.id")


async def test_the_removal_of_the_app_deletes_what_we_have() -> None:
    body = json.dumps({"action": "deleted", "installation": {"id": 11}}).encode()
    async with listening() as desk:
        answer = await desk.post(body, signed(body, "installation"))
    assert (answer.status_code, desk.forgotten) == (200, [11])


async def test_a_removal_that_names_nobody_is_ignored() -> None:
    body = json.dumps({"action": "deleted", "installation": None}).encode()
    async with listening() as desk:
        answer = await desk.post(body, signed(body, "installation"))
    assert (answer.status_code, desk.forgotten) == (200, [])


@pytest.mark.parametrize(("head", "status"), [(HEAD, 202), ("b" * 40, 200)])
async def test_a_check_suite_of_a_fork_s_head_is_run_again_where_we_know_its_pull_request(
    head: str, status: int
) -> None:
    suite = {"id": 5, "head_sha": head, "app": {"id": 7}, "pull_requests": []}
    around = {name: OPENED[name] for name in ("installation", "repository", "sender")}
    body = json.dumps({"action": "rerequested", "check_suite": suite, **around}).encode()
    async with listening() as desk:
        answer = await desk.post(body, signed(body, "check_suite"))
    assert answer.status_code == status
    assert [job.pull for _, job in desk.jobs] == ([3] if status == 202 else [])


# ---------------------------------------------------------------------------------------------------- signatures


def test_the_signature_of_the_documentation_fits() -> None:
    header = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert is_signed([SECRET], b"Hello, World!", header)
    assert not is_signed([SECRET], b"Hello, World", header)
    assert not is_signed([], b"Hello, World!", header)


@given(st.binary(max_size=100))
def test_no_other_header_is_a_signature(header: bytes) -> None:
    assert not is_signed([SECRET, b"other"], b"body", header)


FORGED: list[tuple[str, list[tuple[str, str | bytes]]]] = [
    ("none", without(signed(BODY), "X-Hub-Signature-256")),
    ("empty", [*without(signed(BODY), "X-Hub-Signature-256"), ("X-Hub-Signature-256", "")]),
    ("wrong secret", signed(BODY, secret=b"guess")),
    ("empty secret", signed(BODY, secret=b"")),
    ("of another body", signed(BODY + b" ")),
    ("cut", [*without(signed(BODY), "X-Hub-Signature-256"), ("X-Hub-Signature-256", signature(BODY)[:-1])]),
    ("upper case", [*without(signed(BODY), "X-Hub-Signature-256"), ("X-Hub-Signature-256", signature(BODY).upper())]),
    ("bare", [*without(signed(BODY), "X-Hub-Signature-256"), ("X-Hub-Signature-256", signature(BODY)[7:])]),
    (
        "SHA-1",
        [
            *without(signed(BODY), "X-Hub-Signature-256"),
            ("X-Hub-Signature", "sha1=" + hmac.new(SECRET, BODY, hashlib.sha1).hexdigest()),
        ],
    ),
    (
        "SHA-1 in the place of SHA-256",
        [
            *without(signed(BODY), "X-Hub-Signature-256"),
            ("X-Hub-Signature-256", "sha1=" + hmac.new(SECRET, BODY, hashlib.sha1).hexdigest()),
        ],
    ),
    (
        "not ASCII",
        [*without(signed(BODY), "X-Hub-Signature-256"), ("X-Hub-Signature-256", "sha256=\xe9".encode("latin-1"))],
    ),
    ("long", [*without(signed(BODY), "X-Hub-Signature-256"), ("X-Hub-Signature-256", "sha256=" + "a" * 30_000)]),
]


async def test_a_forged_signature_is_refused() -> None:
    async with listening() as desk:
        statuses = {name: (await desk.post(BODY, headers)).status_code for name, headers in FORGED}
    assert statuses == dict.fromkeys(statuses, 401)
    assert (desk.jobs, desk.outcomes) == ([], {Outcome.UNSIGNED: len(FORGED)})


@pytest.mark.parametrize("secret", [b"old", b"new"])
async def test_each_of_several_secrets_signs(secret: bytes) -> None:
    async with listening((b"new", b"old")) as desk:
        answer = await desk.post(BODY, signed(BODY, secret=secret))
    assert answer.status_code == 202


async def test_the_signature_is_looked_at_before_the_body_and_the_headers() -> None:
    async with listening() as desk:
        answer = await desk.post(b"not JSON", [("X-Hub-Signature-256", "sha256=0")])
    assert answer.status_code == 401


# ------------------------------------------------------------------------------------------------- not a delivery

ODD_BODIES: list[bytes] = [
    b"",
    b"not JSON",
    b"payload=%7B%7D",
    b"[]",
    b"3",
    b"null",
    b'"text"',
    b"NaN",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"{",
    b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'{"a":' + b"9" * 5_000 + b"}",
    b'{"installation":{"id":' + b"9" * 5_000 + b"}}",
    b'{"action":"\\ud800"}',
    b'{"a":"\\udfff"}',
    b'{"a":"\x00"}',
]


async def test_what_is_not_a_json_object_is_refused() -> None:
    async with listening() as desk:
        answers = {body[:40]: await desk.post(body) for body in ODD_BODIES}
    assert {body: answer.status_code for body, answer in answers.items()} == dict.fromkeys(answers, 400)
    assert {answer.json()["status"] for answer in answers.values()} == {"refused"}
    assert desk.jobs == []


ODD_FIELDS: list[bytes] = [
    b"{}",
    b'{"a":NaN,"b":Infinity}',
    b'{"action":5}',
    b'{"action":null,"installation":null}',
    b'{"installation":{"id":1e400}}',
    b'{"installation":{"id":-1}}',
    b'{"installation":{"id":18446744073709551616}}',
    b'{"installation":[],"repository":"x"}',
    BODY.replace(b'"action": "opened"', b'"action": "opened", "action": "closed", "action": "assigned"'),
    BODY.replace(b"octo/shop", b"octo/../../app"),
    BODY.replace(HEAD.encode(), b"HEAD"),
    BODY.replace(b'"number": 3', b'"number": 99999999999999999999'),
]


async def test_odd_fields_are_ignored_with_a_reason() -> None:
    async with listening() as desk:
        answers = {body: await desk.post(body) for body in ODD_FIELDS}
    assert {body: answer.status_code for body, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert {answer.json()["status"] for answer in answers.values()} == {"ignored"}
    assert all(answer.json()["reason"] for answer in answers.values())
    assert desk.jobs == []


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(repr).map(str.encode))
def test_any_bytes_are_an_envelope_or_a_refusal(body: bytes) -> None:
    found = read_envelope(body)
    assert isinstance(found, Envelope) or found.status in (200, 400)


ODD_HEADERS = [
    ("X-GitHub-Event", None),
    ("X-GitHub-Event", ""),
    ("X-GitHub-Event", "Pull Request"),
    ("X-GitHub-Event", "a" * 65),
    ("X-GitHub-Event", "caf\xe9"),
    ("X-GitHub-Delivery", None),
    ("X-GitHub-Delivery", ""),
    ("X-GitHub-Delivery", "a b"),
    ("X-GitHub-Delivery", "'; drop table deliveries"),
    ("X-GitHub-Delivery", "a" * 129),
    ("X-GitHub-Delivery", "\xe9"),
]


async def test_odd_headers_are_refused() -> None:
    statuses = {}
    async with listening() as desk:
        for name, value in ODD_HEADERS:
            headers = without(signed(BODY), name)
            given = headers if value is None else [*headers, (name, value.encode("latin-1"))]
            statuses[name, value] = (await desk.post(BODY, given)).status_code
    assert statuses == dict.fromkeys(ODD_HEADERS, 400)
    assert (desk.jobs, desk.outcomes) == ([], {Outcome.MALFORMED: len(ODD_HEADERS)})


# --------------------------------------------------------------------------------------------------------- sizes


async def test_a_declared_size_above_the_cap_is_refused_before_any_byte_of_it() -> None:
    async with listening() as desk:
        answer = await desk.raw(f"Content-Length: {BODY_BYTES_MAX + 1}")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


async def test_a_chunked_body_above_the_cap_is_refused_and_reading_stops() -> None:
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"  # 1 MiB
    sent = 0
    async with listening() as desk:
        _, writer = await asyncio.open_connection("127.0.0.1", desk.port)
        writer.write(f"POST {webhook.PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        with pytest.raises(ConnectionError):
            while sent < 200:
                writer.write(chunk)
                await writer.drain()
                sent += 1
        writer.close()
    assert 20 < sent < 60  # the rest of what was sent stood in the buffers of the two sockets
    assert desk.outcomes == {Outcome.TOO_LARGE: 1}


async def test_a_body_of_the_largest_size_is_taken() -> None:
    body = BODY.ljust(BODY_BYTES_MAX)
    async with listening() as desk:
        answer = await desk.post(body)
    assert answer.status_code == 202


async def test_bodies_that_are_too_much_together_are_put_off() -> None:
    async with listening() as desk:
        desk.intake._received = webhook.BODIES_BYTES_MAX
        answer = await desk.post(BODY)
    assert (answer.status_code, desk.intake._received) == (503, webhook.BODIES_BYTES_MAX)


async def test_a_body_that_does_not_arrive_is_given_up() -> None:
    async with listening(body_s=0.05) as desk:
        answer = await desk.raw("Content-Length: 100", b"{")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert desk.intake._received == 0


async def test_a_sender_that_leaves_in_the_middle_holds_nothing() -> None:
    async with listening() as desk:
        _, writer = await asyncio.open_connection("127.0.0.1", desk.port)
        writer.write(f"POST {webhook.PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await desk.post(BODY)).status_code == 202
    assert desk.intake._received == 0
    assert desk.outcomes == {Outcome.ACCEPTED: 1}


# ------------------------------------------------------------------------------------------- cannot be stored now


@pytest.mark.parametrize(
    ("failure", "retry_after"),
    [
        (TransientError("the database is locked", 5.0), "5"),
        (TransientError("the database is gone"), "30"),
        (KeyError("a bug of ours"), "30"),
    ],
)
async def test_what_was_not_stored_is_not_accepted(failure: Exception, retry_after: str) -> None:
    async with listening() as desk:
        desk.failure = failure
        answer = await desk.post(BODY)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, retry_after)
    assert str(failure) not in answer.text


async def test_a_removal_that_cannot_be_done_now_is_put_off() -> None:
    body = json.dumps({"action": "deleted", "installation": {"id": 11}}).encode()
    async with listening() as desk:
        desk.failure = TransientError("the database is locked")
        answer = await desk.post(body, signed(body, "installation"))
    assert answer.status_code == 503


async def test_before_set_up_every_delivery_is_put_off() -> None:
    async with listening(()) as desk:
        signed_with_nothing = await desk.post(BODY, signed(BODY, secret=b""))
        unsigned = await desk.post(BODY, [])
    assert [signed_with_nothing.status_code, unsigned.status_code, len(desk.jobs)] == [503, 503, 0]
    assert signed_with_nothing.headers["retry-after"]


# -------------------------------------------------------------------------------------------------------- routes


ELSEWHERE = [
    ("GET", webhook.PATH),
    ("PUT", webhook.PATH),
    ("POST", webhook.PATH + "/"),
    ("POST", "/"),
    ("GET", "/"),
    ("GET", "/docs"),
    ("GET", "/redoc"),
    ("GET", "/openapi.json"),
    ("GET", "/metrics"),
    ("GET", "/healthz/"),
    ("POST", "/healthz"),
    ("GET", "/%2e%2e/etc/passwd"),
    ("GET", "/" + "a" * 5000),
]


async def test_everything_else_is_404() -> None:
    async with listening() as desk, httpx.AsyncClient(trust_env=False) as client:
        answers = {row: await client.request(row[0], f"http://127.0.0.1:{desk.port}{row[1]}") for row in ELSEWHERE}
    assert {row: answer.status_code for row, answer in answers.items()} == dict.fromkeys(ELSEWHERE, 404)
    assert {"server" in answer.headers or "reviewer" in answer.text for answer in answers.values()} == {False}


async def test_alive_is_said_whatever_else_is_missing() -> None:
    async with listening(()) as desk, httpx.AsyncClient(trust_env=False) as client:
        alive = await client.get(f"http://127.0.0.1:{desk.port}/healthz")
        ready = await client.get(f"http://127.0.0.1:{desk.port}/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (503, {"status": "degraded"})


@pytest.mark.parametrize(
    ("name", "body", "thread"),
    [
        ("pull_request_review_comment.created.1", "@bot explain", 284312630),
        ("derived/pull_request_review_comment.created.reply", "@bot explain", 284312630),
        ("derived/pull_request_review_comment.created.reply", None, 284312630),  # "Why is this a problem?"
        ("derived/pull_request_review_comment.created.reply", "Thank you!", None),
        ("pull_request_review_comment.edited.1", "@bot explain", None),
        ("pull_request_review_comment.deleted.1", "@bot explain", None),
    ],
)
def test_a_comment_on_a_line_as_github_sends_it_commands_or_is_heard_in_its_thread(
    name: str, body: str | None, thread: int | None
) -> None:
    payload = example(name)
    payload["installation"] = {"id": 11}
    if body is not None:
        as_object(payload["comment"])["body"] = body
    envelope = read_envelope(json.dumps(payload).encode())
    assert isinstance(envelope, Envelope)
    job = decide("pull_request_review_comment", "d-1", envelope, Ours(7, ("bot",)))
    assert (job.thread if isinstance(job, Job) else None) == thread
    if isinstance(job, Job):
        comment = as_object(payload["comment"])
        pull = as_object(payload["pull_request"])
        trigger = Trigger.REPLY if body is None else Trigger.EXPLAIN_COMMAND
        assert (job.trigger, job.comment, job.pull) == (trigger, comment["id"], pull["number"])
