"""Signed deliveries verify, and their ids are the stand-in's."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from tests.deliveries.signed import (
    PAYLOADS,
    check_run_delivery,
    comment_delivery,
    example,
    installation_delivery,
    line_comment_delivery,
    pull_request_delivery,
    signed,
)
from tests.standin.caller import Caller
from tests.standin.github import GitHubStandIn
from tests.standin.json_types import as_object


@pytest.fixture
def github() -> Iterator[GitHubStandIn]:
    with GitHubStandIn() as standing:
        yield standing


def test_the_signature_is_githubs_own_test_vector() -> None:
    delivery = signed("It's a Secret to Everybody", "ping", b"Hello, World!")
    expected = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert delivery.headers["X-Hub-Signature-256"] == f"sha256={expected}"


def test_all_106_examples_are_there_with_their_notice() -> None:
    names = sorted(path.relative_to(PAYLOADS).as_posix() for path in PAYLOADS.rglob("*.json"))
    assert len(names) == 106
    assert all(json.loads((PAYLOADS / name).read_text(encoding="utf-8")) for name in names)
    assert "MIT License" in (PAYLOADS / "SOURCE.md").read_text(encoding="utf-8")
    assert example("pull_request.synchronize.1")["action"] == "synchronize"


def test_a_pull_request_delivery_names_what_the_api_shows(github: GitHubStandIn) -> None:
    pull = github.open_pull(head_files={"a.ts": "1\n"}, author="mona")
    old = pull.head_sha
    github.push(pull, {"a.ts": "2\n"})
    delivery = pull_request_delivery(github, pull, "synchronize", delivery="guid-1")
    body = delivery.payload
    digest = hmac.new(github.webhook_secret.encode(), delivery.body, hashlib.sha256).hexdigest()
    assert delivery.headers["X-Hub-Signature-256"] == f"sha256={digest}"
    assert (delivery.headers["X-GitHub-Event"], delivery.headers["X-GitHub-Delivery"]) == ("pull_request", "guid-1")
    assert (body["before"], body["after"]) == (old, pull.head_sha)
    with Caller(github, pull) as caller:
        assert body["pull_request"] == caller.get("/pulls/1").json()
        assert as_object(body["installation"])["id"] == caller.installation
        assert as_object(body["repository"])["id"] == caller.record.id
    assert delivery.again() == delivery


def test_a_comment_delivery_carries_an_issue_with_a_pull_request_and_no_head(github: GitHubStandIn) -> None:
    pull = github.open_pull(head_files={"a.ts": "1\n"})
    comment = github.comment(pull, "@bot review", author="ann")
    body = comment_delivery(github, pull, comment).payload
    issue = as_object(body["issue"])
    assert (issue["number"], "pull_request" in issue, "head" in issue) == (1, True, False)
    assert (as_object(body["comment"])["id"], as_object(body["sender"])["login"]) == (comment.id, "ann")


def test_a_line_comment_s_delivery_carries_the_pull_request_and_an_answer_its_thread(github: GitHubStandIn) -> None:
    pull = github.open_pull(head_files={"a.ts": "1\n"})
    first = github.line_comment(pull, "a.ts", 1, "Why?", author="ann")
    second = github.review_reply(pull, first, "@bot explain", author="bob")
    for comment, thread in ((first, None), (second, first.id)):
        body = line_comment_delivery(github, pull, comment).payload
        shown, listed = as_object(body["comment"]), as_object(body["pull_request"])
        assert (shown["id"], shown.get("in_reply_to_id")) == (comment.id, thread)
        assert (listed["number"], "issue" in body) == (1, False)
        with Caller(github, pull) as caller:
            assert shown == caller.get(f"/pulls/comments/{comment.id}").json()


def test_check_run_and_installation_deliveries_name_our_records(github: GitHubStandIn) -> None:
    pull = github.open_pull(head_files={"a.ts": "1\n"})
    with Caller(github, pull) as caller:
        made = caller.post("/check-runs", {"name": "reviewer / backend", "head_sha": pull.head_sha}).json()
    run = github.check_runs(pull)[0]
    rerun = check_run_delivery(github, pull, run).payload
    assert (rerun["action"], as_object(rerun["check_run"])["id"]) == ("rerequested", made["id"])
    button = check_run_delivery(github, pull, run, "requested_action", identifier="rerun").payload
    assert button["requested_action"] == {"identifier": "rerun"}
    gone = installation_delivery(github, github.repository_of(pull), "deleted").payload
    assert as_object(gone["installation"])["id"] == github.installation(github.repository_of(pull).owner).id
