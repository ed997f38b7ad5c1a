"""The stand-in GitHub refuses what GitHub refuses, in its words, and stores nothing of what it refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.standin.anchors import BAD_POSITION, NOT_BEFORE, NOT_IN_DIFF, OTHER_HUNK
from tests.standin.caller import Caller, app_jwt
from tests.standin.github import GitHubStandIn
from tests.standin.gitstore import GitFile
from tests.standin.json_types import JsonObject

BASE = "".join(f"line {n}\n" for n in range(1, 61))
HEAD = BASE.replace("line 10\n", "line ten\n").replace("line 40\n", "line forty\nand more\n")


@pytest.fixture
def github() -> Iterator[GitHubStandIn]:
    with GitHubStandIn() as standing:
        yield standing


@pytest.fixture
def caller(github: GitHubStandIn) -> Iterator[Caller]:
    pull = github.open_pull(base_files={"a.ts": BASE, "b.bin": b"\0\1"}, head_files={"a.ts": HEAD, "b.bin": b"\0\2"})
    with Caller(github, pull) as made:
        yield made


def texts(answer: httpx.Response) -> str:
    """Message and errors in one line."""
    body = answer.json()
    errors = [e["message"] if isinstance(e, dict) else e for e in body.get("errors", [])]
    return "; ".join([body["message"], *errors])


# ------------------------------------------------------------------------------------------------------- reviews

PLACES: list[tuple[JsonObject, str | None]] = [
    ({"path": "a.ts", "line": 10}, None),
    ({"path": "a.ts", "line": 7}, None),
    ({"path": "a.ts", "line": 13, "side": "RIGHT"}, None),
    ({"path": "a.ts", "line": 10, "side": "LEFT"}, None),
    ({"path": "a.ts", "line": 12, "start_line": 9}, None),
    ({"path": "a.ts", "line": 10, "start_line": 10, "start_side": "LEFT"}, None),
    ({"path": "a.ts", "position": 1}, None),
    ({"path": "a.ts", "line": 6}, NOT_IN_DIFF),
    ({"path": "a.ts", "line": 14}, NOT_IN_DIFF),
    ({"path": "a.ts", "line": 44, "side": "LEFT"}, NOT_IN_DIFF),
    ({"path": "a.ts", "line": 0}, NOT_IN_DIFF),
    ({"path": "a.ts"}, NOT_IN_DIFF),
    ({"path": "a.ts", "line": 40, "start_line": 9}, OTHER_HUNK),
    ({"path": "a.ts", "line": 10, "start_line": 10}, NOT_BEFORE),
    ({"path": "a.ts", "line": 10, "start_line": 12}, NOT_BEFORE),
    ({"path": "a.ts", "line": 10, "start_line": 5}, NOT_IN_DIFF),
    ({"path": "a.ts", "position": 999}, BAD_POSITION),
    ({"path": "b.bin", "line": 1}, NOT_IN_DIFF),
    ({"path": "none.ts", "line": 1}, NOT_IN_DIFF),
]


@pytest.mark.parametrize(("place", "refusal"), PLACES)
def test_a_review_is_taken_or_refused_by_its_places(caller: Caller, place: JsonObject, refusal: str | None) -> None:
    good: JsonObject = {"path": "a.ts", "line": 10, "body": "good"}
    body: JsonObject = {"body": "x", "event": "COMMENT", "comments": [good, {**place, "body": "y"}]}
    answer = caller.post("/pulls/1/reviews", body)
    assert (answer.status_code, texts(answer) if refusal else None) == (
        (422, f"Unprocessable Entity; {refusal}") if refusal else (200, None)
    )
    kept = 0 if refusal else 1
    assert len(caller.github.reviews(caller.pull)) == kept
    assert len(caller.github.review_comments(caller.pull)) == 2 * kept


@pytest.mark.parametrize(("place", "refusal"), [p for p in PLACES if "position" not in p[0]])
def test_a_single_comment_is_judged_alike(caller: Caller, place: JsonObject, refusal: str | None) -> None:
    body = {**place, "body": "y", "commit_id": caller.pull.head_sha}
    answer = caller.post("/pulls/1/comments", body)
    assert answer.status_code == (422 if refusal else 201)
    assert refusal is None or refusal in texts(answer)


REVIEWS: list[tuple[JsonObject, str]] = [
    ({"event": "COMMENT"}, "Body can't be blank"),
    ({"event": "COMMENT", "body": " "}, "Body can't be blank"),
    ({"event": "COMMENT", "body": "x" * 65_537}, "Body is too long (maximum is 65536 characters)"),
    ({"body": "x", "commit_id": "0" * 40}, "The commitOID is not part of the pull request"),
    ({"body": "x", "comments": [{"path": "a.ts", "line": 10, "body": ""}]}, "Body can't be blank"),
    (
        {"body": "x", "comments": [{"path": "a.ts", "line": 10, "body": "x" * 65_537}]},
        "Body is too long (maximum is 65536 characters)",
    ),
]


@pytest.mark.parametrize(("body", "text"), REVIEWS)
def test_a_bad_review_is_refused_whole(caller: Caller, body: JsonObject, text: str) -> None:
    answer = caller.post("/pulls/1/reviews", body)
    assert (answer.status_code, texts(answer)) == (422, f"Unprocessable Entity; {text}")
    assert caller.github.reviews(caller.pull) == []


def test_the_longest_body_is_taken(caller: Caller) -> None:
    assert caller.post("/pulls/1/reviews", {"event": "COMMENT", "body": "é" * 65_536}).status_code == 200


@pytest.mark.parametrize("event", ["APPROVE", "REQUEST_CHANGES"])
def test_deciding_over_a_merge_is_refused_and_a_violation(caller: Caller, event: str) -> None:
    assert caller.post("/pulls/1/reviews", {"event": event, "body": "x"}).status_code == 422
    assert caller.github.violations == [f"pulls/create-review: the bot tried to {event}"]
    caller.github.violations.clear()


def test_one_pending_review_blocks_the_next_until_it_is_deleted(caller: Caller) -> None:
    draft = caller.post("/pulls/1/reviews", {"comments": [{"path": "a.ts", "line": 10, "body": "x"}]}).json()
    blocked = caller.post("/pulls/1/reviews", {"event": "COMMENT", "body": "x"})
    assert (blocked.status_code, texts(blocked)) == (
        422,
        "Unprocessable Entity; User can only have one pending review per pull request",
    )
    assert caller.send("DELETE", f"/pulls/1/reviews/{draft['id']}").status_code == 200
    assert caller.github.review_comments(caller.pull) == []
    assert caller.post("/pulls/1/reviews", {"event": "COMMENT", "body": "x"}).status_code == 200


def test_a_draft_is_hidden_until_it_is_submitted_and_cannot_be_deleted_after(caller: Caller) -> None:
    draft = caller.post("/pulls/1/reviews", {"comments": [{"path": "a.ts", "line": 10, "body": "@lead x"}]}).json()
    assert (draft["state"], "submitted_at" in draft) == ("PENDING", False)
    assert (caller.get("/pulls/1/comments").json(), caller.github.notified) == ([], [])
    assert texts(caller.post(f"/pulls/1/reviews/{draft['id']}/events", {"event": "COMMENT"})).endswith("be blank")
    done = caller.post(f"/pulls/1/reviews/{draft['id']}/events", {"event": "COMMENT", "body": "done"})
    assert (done.status_code, done.json()["state"]) == (200, "COMMENTED")
    assert len(caller.get("/pulls/1/comments").json()) == 1
    assert [mention.name for mention in caller.github.notified] == ["lead"]
    assert caller.send("DELETE", f"/pulls/1/reviews/{draft['id']}").status_code == 422
    assert caller.post(f"/pulls/1/reviews/{draft['id']}/events", {"event": "COMMENT", "body": "x"}).status_code == 422


def test_a_comment_follows_its_line_and_is_outdated_when_the_line_goes(caller: Caller) -> None:
    body: JsonObject = {"event": "COMMENT", "body": "x", "comments": [{"path": "a.ts", "line": 10, "body": "x"}]}
    caller.post("/pulls/1/reviews", body)
    caller.github.push(caller.pull, {"a.ts": "first\n" + HEAD, "b.bin": b"\0\2"})
    moved = caller.get("/pulls/1/comments").json()[0]
    assert (moved["line"], moved["original_line"]) == (11, 10)
    caller.github.push(caller.pull, {"a.ts": HEAD.replace("line ten\n", "line 10!\n"), "b.bin": b"\0\2"})
    gone = caller.get("/pulls/1/comments").json()[0]
    assert (gone["line"], gone["position"], gone["original_line"]) == (None, None, 10)


def test_a_commit_that_was_forced_away_is_no_part_of_the_pull_request(caller: Caller) -> None:
    old = caller.pull.head_sha
    caller.github.push(caller.pull, {"a.ts": HEAD + "x\n"}, force=True)
    answer = caller.post("/pulls/1/reviews", {"event": "COMMENT", "body": "x", "commit_id": old})
    assert "not part of the pull request" in texts(answer)
    new = caller.pull.head_sha
    assert caller.post("/pulls/1/reviews", {"event": "COMMENT", "body": "x", "commit_id": new}).status_code == 200


def test_file_comments_work_one_by_one_only(caller: Caller) -> None:
    single: JsonObject = {"path": "a.ts", "body": "x", "subject_type": "file", "commit_id": caller.pull.head_sha}
    assert caller.post("/pulls/1/comments", single).status_code == 201
    inside: JsonObject = {"body": "x", "comments": [{"path": "a.ts", "body": "x", "subject_type": "file"}]}
    assert caller.post("/pulls/1/reviews", inside).status_code == 500
    assert "subject_type" in caller.github.violations[0]
    caller.github.violations.clear()


def test_a_reply_goes_to_the_root_only(caller: Caller) -> None:
    root = caller.post(
        "/pulls/1/comments", {"path": "a.ts", "line": 10, "body": "x", "commit_id": caller.pull.head_sha}
    ).json()
    reply = caller.post(f"/pulls/1/comments/{root['id']}/replies", {"body": "fixed"})
    assert (reply.status_code, reply.json()["in_reply_to_id"]) == (201, root["id"])
    assert caller.post(f"/pulls/1/comments/{reply.json()['id']}/replies", {"body": "x"}).status_code == 422


# -------------------------------------------------------------------------------------------------- check runs


def output(**parts: object) -> JsonObject:
    return {"output": {"title": "t", "summary": "s", **parts}}


NOTE: JsonObject = {"path": "a.ts", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
BUTTON: JsonObject = {"label": "l", "description": "d", "identifier": "i"}
CHECKS: list[tuple[JsonObject, str]] = [
    (output(summary="é" * 32_768), "summary exceeds a maximum bytesize of 65535"),
    (output(text="é" * 32_768), "text exceeds a maximum bytesize of 65535"),
    (output(summary="x" * 65_536), "Only 65535 characters are allowed; 65536 were supplied."),
    (output(title="x" * 256), "Only 255 characters are allowed; 256 were supplied."),
    (output(annotations=[NOTE] * 51), "No more than 50 items are allowed; 51 were supplied."),
    (output(annotations=[{**NOTE, "title": "x" * 256}]), "title is too long"),
    (output(annotations=[{**NOTE, "message": "x" * 65_537}]), "message exceeds a maximum bytesize"),
    (output(annotations=[{**NOTE, "end_line": 0}]), "end_line must be greater"),
    (output(annotations=[{**NOTE, "end_line": 2, "start_column": 1}]), "can only be used if start_line equals"),
    ({"actions": [BUTTON] * 4}, "No more than 3 items are allowed; 4 were supplied."),
    ({"actions": [{**BUTTON, "label": "x" * 21}]}, "Only 20 characters are allowed; 21 were supplied."),
    ({"actions": [{**BUTTON, "description": "x" * 41}]}, "Only 40 characters are allowed; 41 were supplied."),
    ({"actions": [{**BUTTON, "identifier": "x" * 21}]}, "Only 20 characters are allowed; 21 were supplied."),
    ({"status": "completed"}, '"conclusion" wasn\'t supplied.'),
    ({"head_sha": "0" * 40}, "No commit found for SHA"),
]


@pytest.mark.parametrize(("body", "text"), CHECKS)
def test_a_bad_check_run_is_refused(caller: Caller, body: JsonObject, text: str) -> None:
    answer = caller.post("/check-runs", {"name": "reviewer", "head_sha": caller.pull.head_sha, **body})
    assert (answer.status_code, text in texts(answer)) == (422, True)
    assert caller.github.check_runs(caller.pull) == []


def test_a_check_run_at_every_limit_is_taken(caller: Caller) -> None:
    body = output(summary="é" * 32_767, title="x" * 255, annotations=[{**NOTE, "title": "x" * 255}] * 50)
    body |= {"actions": [{"label": "x" * 20, "description": "x" * 40, "identifier": "x" * 20}] * 3}
    body |= {"name": "reviewer", "head_sha": caller.pull.head_sha, "conclusion": "neutral"}
    made = caller.post("/check-runs", body)
    assert (made.status_code, made.json()["status"]) == (201, "completed")
    again = caller.send("PATCH", f"/check-runs/{made.json()['id']}", output(annotations=[NOTE] * 50))
    assert again.json()["output"]["annotations_count"] == 100


def test_a_check_run_goes_back_to_in_progress_and_loses_its_conclusion(caller: Caller) -> None:
    head = caller.pull.head_sha
    made = caller.post("/check-runs", {"name": "reviewer", "head_sha": head, "conclusion": "success"}).json()
    back = caller.send("PATCH", f"/check-runs/{made['id']}", {"status": "in_progress"}).json()
    assert (back["status"], back["conclusion"], back["completed_at"]) == ("in_progress", None, None)
    caller.post("/check-runs", {"name": "reviewer", "head_sha": head})
    newest = caller.get(f"/commits/{head}/check-runs", check_name="reviewer").json()
    every = caller.get(f"/commits/{head}/check-runs", filter="all").json()
    assert (newest["total_count"], every["total_count"]) == (1, 2)


# ------------------------------------------------------------------------------------- conversation and mentions


def test_a_comment_is_edited_by_its_author_alone(caller: Caller) -> None:
    theirs = caller.github.comment(caller.pull, "<!-- reviewer:summary --> not yours")
    assert caller.send("PATCH", f"/issues/comments/{theirs.id}", {"body": "x"}).status_code == 403
    ours = caller.post("/issues/1/comments", {"body": "hi"}).json()
    assert caller.send("PATCH", f"/issues/comments/{ours['id']}", {"body": "x"}).status_code == 200
    assert caller.send("DELETE", f"/issues/comments/{ours['id']}").status_code == 204


@pytest.mark.parametrize("body", ["", "x" * 65_537])
def test_a_comment_has_a_length(caller: Caller, body: str) -> None:
    assert caller.post("/issues/1/comments", {"body": body}).status_code == 422


def test_a_mention_tells_once_and_code_tells_nobody(caller: Caller) -> None:
    made = caller.post("/issues/1/comments", {"body": "@lead look, not `@code` or @\u200bdefused or <!-- @gone -->"})
    caller.send("PATCH", f"/issues/comments/{made.json()['id']}", {"body": "@lead again, and @second"})
    assert [(m.name, m.where) for m in caller.github.notified] == [("lead", "comment"), ("second", "comment")]


def test_a_reaction_is_new_once(caller: Caller) -> None:
    comment = caller.github.comment(caller.pull, "@bot review")
    path = f"/issues/comments/{comment.id}/reactions"
    assert [caller.post(path, {"content": "eyes"}).status_code for _ in range(2)] == [201, 200]
    assert caller.github.reactions(comment) == ["eyes"]


# ------------------------------------------------------------------------------------- who may ask what


def test_a_foreign_key_an_old_and_a_long_jwt_are_refused(github: GitHubStandIn, caller: Caller) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    table = [
        (app_jwt(github), 200, "reviewer-bot"),
        (app_jwt(github, key=private.decode()), 401, "A JSON web token could not be decoded"),
        (app_jwt(github, good_for_s=-1), 401, "'Expiration time' claim ('exp') must be a numeric value"),
        (app_jwt(github, good_for_s=3600), 401, "'Expiration time' claim ('exp') is too far in the future"),
        (app_jwt(github, issued_ago_s=-300), 401, "'Issued at' claim ('iat') must be an Integer"),
        (app_jwt(github, issuer="1"), 404, "Integration not found"),
        ("ghs_" + "x" * 40, 401, "Bad credentials"),
        (str(caller.token), 401, "A JSON web token could not be decoded"),
    ]
    for token, status, text in table:
        answer = caller.http.get("/app", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, text in answer.text) == (status, True)


def test_a_mint_never_gives_more_than_was_granted(caller: Caller) -> None:
    path = f"/app/installations/{caller.installation}/access_tokens"
    table: list[tuple[JsonObject, int]] = [
        ({}, 201),
        ({"permissions": {"contents": "read"}}, 201),
        ({"permissions": {"contents": "write"}}, 422),
        ({"permissions": {"actions": "read"}}, 422),
        ({"repository_ids": [1]}, 422),
        ({"repositories": ["elsewhere"]}, 422),
    ]
    assert [caller.as_app("POST", path, body).status_code for body, _ in table] == [status for _, status in table]
    assert caller.as_app("POST", "/app/installations/1/access_tokens", {}).status_code == 404
    caller.github.installation(caller.record.owner).suspended = True
    assert caller.as_app("POST", path, {}).status_code == 403


def test_a_token_sees_its_repositories_and_no_other(github: GitHubStandIn, caller: Caller) -> None:
    github.add_repository("octo/other")
    github.add_repository("rival/shop")
    for name in ("octo/other", "rival/shop", "octo/none"):
        assert caller.http.get(f"/repos/{name}").status_code == 404
        refused = caller.graphql("query($o:String!,$n:String!){repository(owner:$o,name:$n){id}}", **split(name))
        assert (refused["data"], kinds(refused)) == ({"repository": None}, ["NOT_FOUND"])


def split(name: str) -> dict[str, str]:
    owner, _, repo = name.partition("/")
    return {"o": owner, "n": repo}


def kinds(answer: JsonObject) -> list[object]:
    errors = answer.get("errors", [])
    return [error.get("type") for error in errors] if isinstance(errors, list) else []


PERMISSIONS: list[tuple[tuple[str, str, JsonObject | None], dict[str, str], str]] = [
    (("GET", "/pulls/1", None), {"contents": "read"}, "pull_requests=read"),
    (("GET", "/git/trees/main", None), {"pull_requests": "write"}, "contents=read"),
    (("POST", "/pulls/1/reviews", {"body": "x"}), {"pull_requests": "read"}, "pull_requests=write"),
    (("POST", "/check-runs", {"name": "n", "head_sha": "x"}), {"checks": "read"}, "checks=write"),
    (("POST", "/issues/1/comments", {"body": "x"}), {"contents": "read"}, "issues=write; pull_requests=write"),
    (("POST", "/issues/1/reactions", {"content": "eyes"}), {"pull_requests": "write"}, "issues=write"),
]


@pytest.mark.parametrize(("request_", "has", "needs"), PERMISSIONS)
def test_a_missing_permission_is_named(
    caller: Caller, request_: tuple[str, str, JsonObject | None], has: dict[str, str], needs: str
) -> None:
    with Caller(caller.github, caller.pull, has) as weak:
        answer = weak.send(*request_)
    assert (answer.status_code, answer.json()["message"]) == (403, "Resource not accessible by integration")
    assert answer.headers["X-Accepted-GitHub-Permissions"] == needs


def test_graphql_asks_for_the_same_permissions(caller: Caller) -> None:
    query = '{repository(owner:"octo",name:"shop"){object(expression:"main"){oid} pullRequest(number:1){title}}}'
    with Caller(caller.github, caller.pull, {"issues": "read"}) as weak:
        assert kinds(weak.graphql(query)) == ["FORBIDDEN", "FORBIDDEN"]
    assert kinds(caller.graphql(query)) == []


def test_expired_and_revoked_tokens_are_bad_credentials(caller: Caller) -> None:
    assert caller.get("").status_code == 200
    caller.github.expire_tokens()
    assert (caller.get("").status_code, caller.get("").json()["message"]) == (401, "Bad credentials")
    with Caller(caller.github, caller.pull) as fresh:
        assert fresh.get("").status_code == 200
        caller.github.switches.clock_ahead_s = 3601
        assert fresh.get("").status_code == 401


# ------------------------------------------------------------------------------------------ names, pages, odd requests


def test_a_renamed_repository_redirects_by_id(caller: Caller) -> None:
    caller.github.rename(caller.record, "octo/store")
    moved = caller.http.get("/repos/octo/shop/pulls/1?x=1")
    assert (moved.status_code, moved.headers["Location"]) == (
        301,
        f"{caller.github.url}/repositories/{caller.record.id}/pulls/1?x=1",
    )
    assert caller.http.post("/repos/octo/shop/pulls/1/reviews", json={"body": "x"}).status_code == 307
    followed = caller.http.get(f"/repositories/{caller.record.id}/pulls/1")
    assert followed.json()["base"]["repo"]["full_name"] == "octo/store"


def test_lists_come_in_pages_with_links(caller: Caller) -> None:
    for n in range(7):
        caller.github.comment(caller.pull, f"{n}")
    first = caller.get("/issues/1/comments", per_page=3)
    assert [c["body"] for c in first.json()] == ["0", "1", "2"]
    assert set(first.links) == {"next", "last"}
    last = caller.http.get(first.links["last"]["url"])
    assert ([c["body"] for c in last.json()], set(last.links)) == (["6"], {"prev", "first"})
    assert len(caller.get("/issues/1/comments", per_page=5000).json()) == 7


ODD: list[tuple[str, str, JsonObject | None, int]] = [
    ("GET", "/pulls/1?per_pages=3", None, 500),
    ("GET", "/made/up", None, 404),
    ("POST", "/issues/1/comments", {"body": "x", "boddy": "y"}, 500),
    ("POST", "/issues/1/comments", {"body": 7}, 500),
    ("POST", "/check-runs", {"name": "n", "head_sha": "x", "status": "done"}, 500),
    ("POST", "/issues/1/labels", {"labels": ["x"]}, 403),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), ODD)
def test_what_the_description_does_not_have_is_a_violation(
    caller: Caller, method: str, path: str, body: JsonObject | None, status: int
) -> None:
    assert caller.send(method, path, body).status_code == status
    assert len(caller.github.violations) == (0 if status == 403 else 1)
    caller.github.violations.clear()


def test_an_answer_of_ours_that_breaks_the_description_is_a_violation(caller: Caller) -> None:
    caller.pull.title = cast("str", 7)
    assert caller.get("/pulls/1").status_code == 500
    assert caller.github.violations == ["pulls/get: answer 200: at title: 7 is not of type 'string'"]
    caller.github.violations.clear()


def test_violations_fail_whoever_leaves_them() -> None:
    with pytest.raises(AssertionError, match="no such route"), GitHubStandIn() as github:
        httpx.get(f"{github.url}/made/up", trust_env=False)


def test_an_unknown_api_version_is_refused_and_the_newest_lacks_old_keys(caller: Caller) -> None:
    def ask(version: str) -> httpx.Response:
        headers = {"X-GitHub-Api-Version": version}
        return caller.http.get("/repos/octo/shop/pulls/1", headers=headers)

    assert ask("2031-01-01").status_code == 400
    assert "merge_commit_sha" in ask("2022-11-28").json()
    assert "merge_commit_sha" not in ask("2026-03-10").json()


def test_a_deleted_fork_leaves_null_and_its_head_stays_readable(github: GitHubStandIn) -> None:
    pull = github.open_pull(head_files={"a.ts": "1\n"}, fork=True, author="stranger")
    with Caller(github, pull) as caller:
        assert caller.get("/pulls/1").json()["head"]["repo"]["full_name"] == "stranger/shop"
        github.delete_fork(pull)
        assert caller.get("/pulls/1").json()["head"]["repo"] is None
        assert caller.get(f"/git/trees/{pull.head_sha}").json()["tree"][0]["path"] == "a.ts"
        assert caller.get("/branches/change").status_code == 404


def test_roles_read_as_the_levels_that_github_maps_them_to(github: GitHubStandIn) -> None:
    roles = {"ann": "admin", "mae": "maintain", "wim": "write", "tri": "triage", "rod": "read"}
    record = github.add_repository("octo/shop", collaborators=roles)
    pull = github.open_pull(record, head_files={"a.ts": "1\n"})
    github.world.account("nobody")
    expected = {"ann": "admin", "mae": "write", "wim": "write", "tri": "read", "rod": "read", "nobody": "none"}
    with Caller(github, pull) as caller:
        told = {login: caller.get(f"/collaborators/{login}/permission").json()["permission"] for login in expected}
        assert told == expected
        assert caller.get("/collaborators/never-heard-of/permission").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "requested"),
    [
        ({"reviewers": ["Rod"]}, 201, ["Rod"]),
        ({"reviewers": ["rod"], "team_reviewers": ["backend"]}, 201, ["rod", "octo/backend"]),
        ({"reviewers": ["mona"]}, 422, []),  # the author
        ({"reviewers": ["rod", "mona"]}, 422, []),
        ({"reviewers": ["rod", "nobody"]}, 422, []),
        ({"reviewers": ["rod"], "team_reviewers": ["nobody"]}, 422, []),
        ({}, 201, []),
    ],
)
def test_reviews_are_requested_of_all_or_nobody(
    github: GitHubStandIn, body: JsonObject, status: int, requested: list[str]
) -> None:
    record = github.add_repository("octo/shop", collaborators={"rod": "read", "mona": "write"})
    record.teams.add("backend")
    pull = github.open_pull(record, head_files={"a.ts": "1\n"})
    with Caller(github, pull) as caller:
        for _ in range(2):  # who is asked already is not asked again
            assert caller.send("POST", "/pulls/1/requested_reviewers", body).status_code == status
        now = caller.get("/pulls/1/requested_reviewers").json()
    assert pull.requested == requested
    assert [one["login"].lower() for one in now["users"]] == [one.lower() for one in requested if "/" not in one]
    assert [one["slug"] for one in now["teams"]] == ["backend"] * ("octo/backend" in requested)


# ------------------------------------------------------------------------------------------------------ GraphQL

STANDING = """
query($o:String!,$n:String!,$p:Int!){
  viewer{login databaseId}
  repository(owner:$o,name:$n){ pullRequest(number:$p){
    headRefOid state isDraft
    reviews(last:5){nodes{fullDatabaseId databaseId state body submittedAt commit{oid}
      author{__typename login ... on Bot{databaseId} ... on User{databaseId}}}}
    comments(last:2){nodes{body author{login}} pageInfo{hasPreviousPage startCursor}}
    reviewThreads(first:50){nodes{id isResolved isOutdated path line viewerCanResolve comments(first:5){totalCount}}}
  }}
}"""


def test_graphql_tells_the_same_story_as_rest(caller: Caller) -> None:
    body: JsonObject = {"event": "COMMENT", "body": "one", "comments": [{"path": "a.ts", "line": 10, "body": "x"}]}
    review = caller.post("/pulls/1/reviews", body).json()
    for n in range(3):
        caller.github.comment(caller.pull, f"{n}")
    answer = caller.graphql(STANDING, o="octo", n="shop", p=1)
    assert "errors" not in answer
    data = caller.http.post(
        "/graphql", json={"query": STANDING, "variables": {"o": "octo", "n": "shop", "p": 1}}
    ).json()["data"]
    pull = data["repository"]["pullRequest"]
    assert data["viewer"] == {"login": "reviewer-bot[bot]", "databaseId": caller.github.bot.id}
    assert pull["headRefOid"] == caller.pull.head_sha
    assert pull["reviews"]["nodes"] == [
        {
            "fullDatabaseId": str(review["id"]),
            "databaseId": None,
            "state": "COMMENTED",
            "body": "one",
            "submittedAt": review["submitted_at"],
            "commit": {"oid": caller.pull.head_sha},
            "author": {"__typename": "Bot", "login": "reviewer-bot", "databaseId": caller.github.bot.id},
        }
    ]
    assert [c["body"] for c in pull["comments"]["nodes"]] == ["1", "2"]
    assert pull["comments"]["pageInfo"]["hasPreviousPage"] is True
    assert [(t["line"], t["isOutdated"], t["viewerCanResolve"]) for t in pull["reviewThreads"]["nodes"]] == [
        (10, False, False)
    ]


def test_graphql_gives_blobs_by_id_as_they_are(github: GitHubStandIn) -> None:
    files: dict[str, str | bytes | GitFile] = {
        "crlf.ts": "a\r\n",
        "bin": b"\0",
        "latin": b"caf\xe9",
        "big.ts": "x" * 600_000,
        "none": "",
    }
    pull = github.open_pull(head_files=files)
    record = github.repository_of(pull)
    parts = []
    for n, name in enumerate(files):
        sha = record.git.resolve(f"{pull.head_sha}:{name}")
        parts.append(f'b{n}: object(oid:"{sha}"){{... on Blob{{text isBinary isTruncated byteSize}}}}')
    with Caller(github, pull) as caller:
        answer = caller.graphql('{repository(owner:"octo",name:"shop"){' + " ".join(parts) + "}}")
    data = answer["data"]
    assert isinstance(data, dict)
    blobs = [tuple(blob.values()) for blob in data["repository"].values()]
    assert [(text if size < 99 else len(text), *rest, size) for text, *rest, size in blobs] == [
        ("a\r\n", False, False, 3),
        (None, True, False, 1),
        ("caf\ufffd", False, False, 4),
        (512_000, False, True, 600_000),
        ("", False, False, 0),
    ]


QUERIES = [
    ('{repository(owner:"octo",name:"shop"){nope}}', None, True),
    ('{repository(owner:"octo"){id}}', None, True),
    ('{repository(owner:"octo",name:"shop"){id', None, True),
    ('query($n:Int!){repository(owner:"octo",name:"shop"){pullRequest(number:$n){id}}}', None, True),
    ('{repository(owner:"octo",name:"shop"){pullRequest(number:9){id}}}', "NOT_FOUND", False),
    (
        '{repository(owner:"octo",name:"shop"){pullRequest(number:1){reviews{totalCount}}}}',
        "MISSING_PAGINATION_BOUNDARIES",
        False,
    ),
    (
        '{repository(owner:"octo",name:"shop"){pullRequest(number:1){reviews(first:101){totalCount}}}}',
        "EXCESSIVE_PAGINATION",
        False,
    ),
    ('mutation{resolveReviewThread(input:{threadId:"PRRT_1"}){thread{id}}}', "NOT_FOUND", False),
]


@pytest.mark.parametrize(("query", "kind", "violates"), QUERIES)
def test_a_bad_query_is_answered_with_errors(caller: Caller, query: str, kind: str | None, violates: bool) -> None:
    answer = caller.http.post("/graphql", json={"query": query})
    assert (answer.status_code, kinds(answer.json())) == (200, [kind])
    assert bool(caller.github.violations) is violates
    caller.github.violations.clear()


def test_resolving_a_thread_takes_contents_write(caller: Caller) -> None:
    root = caller.post(
        "/pulls/1/comments", {"path": "a.ts", "line": 10, "body": "x", "commit_id": caller.pull.head_sha}
    ).json()
    mutation = "mutation($id:ID!){resolveReviewThread(input:{threadId:$id}){thread{isResolved}}}"
    assert kinds(caller.graphql(mutation, id=f"PRRT_{root['id']}")) == ["FORBIDDEN"]
    caller.github.installation(caller.record.owner).permissions["contents"] = "write"
    with Caller(caller.github, caller.pull, {"contents": "write"}) as strong:
        answer = strong.graphql(mutation, id=f"PRRT_{root['id']}")
    assert answer == {"data": {"resolveReviewThread": {"thread": {"isResolved": True}}}}
