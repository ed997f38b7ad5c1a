"""Every switch of the stand-in bites, says how often it did, and leaves what it should in place."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.standin import faults
from tests.standin.caller import Caller
from tests.standin.door import Request, When
from tests.standin.faults import Fault
from tests.standin.github import GitHubStandIn
from tests.standin.json_types import JsonObject, as_object
from tests.standin.server import Gate

COMMENT: JsonObject = {"body": "hello"}


@pytest.fixture
def caller() -> Iterator[Caller]:
    with GitHubStandIn() as github:
        pull = github.open_pull(base_files={"a.ts": "1\n"}, head_files={"a.ts": "2\n"})
        with Caller(github, pull) as made:
            yield made


ANSWERS: list[tuple[Fault, int, bool]] = [
    (faults.bad_gateway(), 502, False),
    (faults.bad_gateway(after_effect=True), 502, True),
    (faults.answered(422, {"message": "no"}), 422, False),
    (faults.answered(200, {"message": "lost"}, after_effect=True), 200, True),
    (faults.secondary_limit(), 403, False),
    (faults.secondary_limit(30), 403, False),
    (faults.primary_limit(2_000_000_000), 403, False),
    (faults.bad_credentials(), 401, False),
    (faults.unicorn(), 503, False),
    (faults.not_yet_there(), 404, False),
    (faults.redirect("http://127.0.0.1:1/elsewhere"), 302, False),
    (faults.half_json(), 201, True),
    (faults.lying(lambda _: {"id": "not a number"}), 201, True),
]


@pytest.mark.parametrize(("fault", "status", "effect"), ANSWERS)
def test_a_fault_hits_once_before_or_after_the_effect(caller: Caller, fault: Fault, status: int, effect: bool) -> None:
    planned = caller.github.fault("issues/create-comment", fault)
    assert caller.github.unused_faults == ["issues/create-comment"]
    assert caller.post("/issues/1/comments", COMMENT).status_code == status
    assert len(caller.github.issue_comments(caller.pull)) == int(effect)
    assert (planned.hits, caller.github.unused_faults) == (1, [])
    assert caller.post("/issues/1/comments", COMMENT).status_code == 201
    assert len(caller.github.issue_comments(caller.pull)) == int(effect) + 1


def test_a_request_whose_sender_died_in_the_middle_was_never_made(caller: Caller) -> None:
    host, port = caller.github.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as dying:
        dying.sendall(b"POST /repos/a/b/check-runs HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{")
        dying.shutdown(socket.SHUT_WR)
        assert dying.recv(1) == b""
    before = len(caller.github.requests)
    assert caller.post("/issues/1/comments", COMMENT).status_code == 201
    assert [request.method for request in caller.github.requests[before:]] == ["POST"]
    assert not any("check-runs" in request.path for request in caller.github.requests)


def test_limits_say_when_to_come_back(caller: Caller) -> None:
    caller.github.fault("repos/get", faults.secondary_limit(30))
    caller.github.fault("repos/get", faults.primary_limit(2_000_000_000))
    assert caller.get("").headers["Retry-After"] == "30"
    headers = caller.get("").headers
    assert (headers["X-RateLimit-Remaining"], headers["X-RateLimit-Reset"]) == ("0", "2000000000")


def test_half_an_answer_is_no_json_and_a_cut_one_breaks_the_connection(caller: Caller) -> None:
    caller.github.fault("repos/get", faults.half_json())
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        caller.get("").json()
    caller.github.fault("issues/create-comment", faults.cut_connection())
    with pytest.raises(httpx.RemoteProtocolError):
        caller.post("/issues/1/comments", COMMENT)
    assert len(caller.github.issue_comments(caller.pull)) == 1


def test_a_lie_changes_the_real_answer(caller: Caller) -> None:
    caller.github.fault("repos/get", faults.lying(lambda value: {**as_object(value), "id": 7}))
    assert (caller.get("").json()["id"], caller.get("").json()["id"]) == (7, caller.record.id)


def test_skip_and_times_choose_the_requests_that_are_hit(caller: Caller) -> None:
    planned = caller.github.fault("repos/get", faults.bad_gateway(), skip=1, times=2)
    assert [caller.get("").status_code for _ in range(5)] == [200, 502, 502, 200, 200]
    assert planned.hits == 2
    caller.github.fault("*", faults.bad_gateway(), times=None)
    assert [caller.get(path).status_code for path in ("", "/pulls/1", "/git/trees/main")] == [502] * 3


def test_a_switch_for_an_operation_that_is_not_there_is_refused(caller: Caller) -> None:
    with pytest.raises(ValueError, match="no operation"):
        caller.github.fault("pulls/approve", faults.bad_gateway())
    with pytest.raises(ValueError, match="no operation"):
        caller.github.on("pulls/approve", lambda _: None)
    with pytest.raises(ValueError, match="no operation"):
        caller.github.count("pulls/approve")


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_hang_lasts_until_the_gate_opens(caller: Caller, after_effect: bool) -> None:
    gate = Gate()
    caller.github.fault("issues/create-comment", faults.hang(gate, after_effect=after_effect))
    waiting = asyncio.create_task(asyncio.to_thread(caller.post, "/issues/1/comments", COMMENT))
    await gate.reached()
    assert len(caller.github.issue_comments(caller.pull)) == int(after_effect)
    assert not waiting.done()
    assert (await asyncio.to_thread(httpx.get, f"{caller.github.url}/meta", trust_env=False)).status_code == 200
    gate.open()
    assert (await waiting).status_code == 201
    await caller.github.answered("issues/create-comment")


@pytest.mark.parametrize("when", list(When))
def test_a_callback_runs_before_or_after_the_effect_and_may_change_the_world(caller: Caller, when: When) -> None:
    seen: list[tuple[int, str]] = []

    def push(request: Request) -> None:
        seen.append((len(caller.github.issue_comments(caller.pull)), request.operation))
        caller.github.push(caller.pull, {"a.ts": "3\n"})

    caller.github.on("issues/create-comment", push, when=when, times=1)
    old = caller.pull.head_sha
    caller.post("/issues/1/comments", COMMENT)
    caller.post("/issues/1/comments", COMMENT)
    assert seen == [(0 if when is When.BEFORE else 1, "issues/create-comment")]
    assert caller.pull.head_sha != old


def test_bursts_of_writes_meet_the_secondary_limit_only_when_switched_on(caller: Caller) -> None:
    assert {caller.post("/issues/1/comments", COMMENT).status_code for _ in range(5)} == {201}
    caller.github.switches.content_writes_a_minute_max = 6
    assert [caller.post("/issues/1/comments", COMMENT).status_code for _ in range(3)] == [201, 403, 403]
    assert caller.get("").status_code == 200
    caller.github.switches.clock_ahead_s = 61
    assert caller.post("/issues/1/comments", COMMENT).status_code == 201


def test_the_log_has_every_request_with_its_body_and_status(caller: Caller) -> None:
    caller.post("/issues/1/comments", COMMENT)
    caller.http.get("/repos/octo/none?x=1")
    mint, posted, read = caller.github.requests
    assert (mint.operation, mint.status) == ("apps/create-installation-access-token", 201)
    assert (posted.method, posted.path, posted.json) == ("POST", "/repos/octo/shop/issues/1/comments", COMMENT)
    assert (posted.status, read.status, read.query) == (201, 404, "x=1")
    assert (caller.github.count("issues/create-comment"), len(caller.github.writes)) == (1, 1)
    assert caller.github.connections == {caller.github.url.removeprefix("http://")}


def test_deliveries_that_were_lost_are_listed_and_sent_again_on_request(caller: Caller) -> None:
    lost = caller.github.log_delivery("pull_request", "guid-1", b"{}")
    caller.github.log_delivery("pull_request", "guid-2", b"{}", status_code=202)
    listed = caller.as_app("GET", "/app/hook/deliveries?per_page=1")
    assert [d["guid"] for d in listed.json()] == ["guid-2"]
    older = caller.as_app("GET", listed.links["next"]["url"])
    assert [(d["guid"], d["status"]) for d in older.json()] == [("guid-1", "Invalid HTTP Response: 502")]
    assert caller.as_app("POST", f"/app/hook/deliveries/{lost.id}/attempts").status_code == 202
    assert asyncio.run(caller.github.redelivery()).guid == "guid-1"


def test_an_enterprise_address_is_the_same_github(caller: Caller) -> None:
    headers = {"Authorization": f"Bearer {caller.token}"}
    answer = httpx.get(f"{caller.github.enterprise_url}/repos/octo/shop", headers=headers, trust_env=False)
    assert answer.json()["full_name"] == "octo/shop"
