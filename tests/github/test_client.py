from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
from collections.abc import AsyncIterator

import pytest

from reviewer.core.errors import RefusedError, ReviewerError, TransientError
from reviewer.github.answers import JSON
from reviewer.github.client import GitHubApp, MorePagesError, Repository
from reviewer.github.failures import AbsentError, HttpRefusedError, UnauthorizedError, UnprocessableError
from reviewer.github.routes import api_root, graphql_url
from reviewer.github.wire import ANSWER_BYTES_MAX, Patience, RepositoryMovedError
from tests.github.scripted import (
    MINT,
    Incoming,
    Outgoing,
    Scripted,
    gateway,
    private_key,
    said,
    scripted_github,
    shop,
    token,
)

PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"


@pytest.fixture
async def github() -> AsyncIterator[Scripted]:
    async with scripted_github() as script:
        yield script


@pytest.fixture
async def app(github: Scripted) -> AsyncIterator[GitHubApp]:
    async with gateway(github) as app:
        yield app


@pytest.fixture
async def repo(app: GitHubApp) -> Repository:
    return await shop(app)


def jwt_claims(authorization: str) -> dict[str, object]:
    claims = authorization.removeprefix("Bearer ").split(".")[1]
    value: dict[str, object] = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return value


# ------------------------------------------------------------------------------------------------ what is sent


async def test_every_request_carries_version_agent_token_and_delivery(github: Scripted, repo: Repository) -> None:
    github.script["GET /repos/octo/shop/pulls/3"] = said({"number": 3})
    answer = await repo.get(PULL, pull_number=3)
    assert answer.json == {"number": 3}
    headers = github.log[-1].headers
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["user-agent"] == "reviewer"
    assert headers["authorization"] == "token ghs_one_canary"
    assert headers["x-reviewer-delivery"] == "d3l1very-1"
    assert headers["accept"] == "application/vnd.github+json"


async def test_a_mint_is_cut_to_one_repository_and_five_permissions(github: Scripted, repo: Repository) -> None:
    (mint,) = github.seen("POST", MINT)
    assert json.loads(mint.body) == {
        "repository_ids": [7],
        "permissions": {
            "metadata": "read",
            "contents": "read",
            "pull_requests": "write",
            "checks": "write",
            "issues": "write",
        },
    }
    assert jwt_claims(mint.headers["authorization"])["iss"] == "42"
    assert mint.headers["x-reviewer-delivery"] == "d3l1very-1"
    assert repo.requests == 1


async def test_the_name_that_github_tells_wins_over_the_one_we_had(github: Scripted, app: GitHubApp) -> None:
    github.script[f"POST {MINT}"] = token(full_name="octo/store")
    assert (await shop(app)).full_name == "octo/store"


async def test_without_a_name_from_github_ours_stands(github: Scripted, app: GitHubApp) -> None:
    github.script[f"POST {MINT}"] = token(more={"repositories": None})
    assert (await shop(app)).full_name == "octo/shop"


async def test_ten_concurrent_jobs_of_one_repository_mint_once(github: Scripted, app: GitHubApp) -> None:
    repositories = await asyncio.gather(*(shop(app) for _ in range(10)))
    assert len(github.seen("POST", MINT)) == 1
    assert sum(repo.requests for repo in repositories) == 1


async def test_an_expired_token_is_minted_again(github: Scripted, app: GitHubApp) -> None:
    github.script[f"POST {MINT}"] = token(more={"expires_at": "2020-01-01T00:00:00Z"})
    await shop(app)
    await shop(app)
    assert len(github.seen("POST", MINT)) == 2


async def test_two_repositories_never_share_a_token(github: Scripted, app: GitHubApp) -> None:
    other = {"repositories": [{"id": 8, "full_name": "octo/other"}]}
    github.script[f"POST {MINT}"] = [token(), token("two", more=other)]
    github.script["GET /repos/octo/other"] = said({})
    await shop(app)
    await (await app.repository(5, 8, "octo/other", "")).get("/repos/{owner}/{repo}")
    assert github.log[-1].headers["authorization"] == "token ghs_two_canary"


@pytest.mark.parametrize(
    "more",
    [
        {"repositories": [{"id": 7, "full_name": "octo/shop"}, {"id": 8, "full_name": "octo/other"}]},
        {"repositories": [{"id": 8, "full_name": "octo/other"}]},
        {"repositories": []},
        {"permissions": {"contents": "write"}},
        {"permissions": {"members": "read"}},
    ],
)
async def test_a_token_that_reaches_further_than_asked_is_not_used(
    github: Scripted, app: GitHubApp, more: dict[str, object]
) -> None:
    github.script[f"POST {MINT}"] = token(more=more)
    with pytest.raises(RefusedError, match="the token"):
        await shop(app)


async def test_a_delivery_id_cannot_smuggle_a_header(github: Scripted, app: GitHubApp) -> None:
    await app.repository(5, 7, "octo/shop", "a\r\nX-Evil: 1" + "b" * 100)
    assert github.log[-1].headers["x-reviewer-delivery"] == ("aX-Evil1" + "b" * 100)[:64].replace(":", "")
    assert "x-evil" not in github.log[-1].headers


async def test_half_a_surrogate_pair_does_not_stop_a_write(github: Scripted, repo: Repository) -> None:
    github.script["POST /repos/octo/shop/x"] = said({}, 201)
    await repo.post("/repos/{owner}/{repo}/x", json={"body": "a\ud800é"})
    assert json.loads(github.log[-1].body) == {"body": "a?é"}


# ------------------------------------------------------------------------------------------- routes (T09)


@pytest.mark.parametrize(
    "hostile",
    [
        *("", ".", "..", "../..", "a/b", "7/merge", "/", "a\\b", "7?x=1", "7#x", "%2e%2e", "%2E", "%252e%252e"),
        *("7%2fmerge", "a\nb", "a\x00b", "a\x7fb", "\ud800"),
    ],
)
async def test_no_segment_leaves_its_route(github: Scripted, repo: Repository, hostile: str) -> None:
    with pytest.raises(RefusedError, match="refused a pull_number"):
        await repo.get(PULL, pull_number=hostile)
    assert len(github.log) == 1  # the mint


@pytest.mark.parametrize(
    "path",
    ["../../installation/repositories", "a/../b", "a//b", "/a", "a/", "a/%2e%2e/b", "a/%252E/b", "a\\..\\b", "..", ""],
)
async def test_no_file_path_leaves_its_route(github: Scripted, repo: Repository, path: str) -> None:
    with pytest.raises(RefusedError, match="refused a path"):
        await repo.get("/repos/{owner}/{repo}/contents/{path}", path=path)
    assert len(github.log) == 1


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("src/a.ts", "src/a.ts"),
        ("a?ref=evil.ts", "a%3Fref%3Devil.ts"),
        ("b#frag.ts", "b%23frag.ts"),
        ("50%.ts", "50%25.ts"),
        ("d/ü ö.ts", "d/%C3%BC%20%C3%B6.ts"),
        ("installation", "installation"),
        ("login/oauth/access_token", "login/oauth/access_token"),
        ("applications/a/token", "applications/a/token"),
        ("...", "..."),
    ],
)
async def test_a_file_path_is_asked_for_as_itself(github: Scripted, repo: Repository, path: str, sent: str) -> None:
    github.script[f"GET /repos/octo/shop/contents/{sent}"] = said({"ok": 1})
    answer = await repo.get("/repos/{owner}/{repo}/contents/{path}", path=path, query={"ref": "a?b#c/.."})
    assert answer.json == {"ok": 1}
    assert github.log[-1].headers["authorization"] == "token ghs_one_canary"  # never the App's JWT
    assert github.log[-1].query == "ref=a%3Fb%23c%2F.."


@pytest.mark.parametrize("name", ["../evil", "octo/..", "octo", "octo/shop/extra", "octo/a?b"])
async def test_a_hostile_repository_name_is_refused(github: Scripted, app: GitHubApp, name: str) -> None:
    github.script[f"POST {MINT}"] = token(more={"repositories": None})
    repo = await app.repository(5, 7, name, "")
    with pytest.raises(RefusedError, match=r"refused a (owner|repo)"):
        await repo.get("/repos/{owner}/{repo}")
    assert len(github.log) == 1


@pytest.mark.parametrize(
    "url",
    [
        *("http://api.github.com", "http://10.0.0.1/api/v3", "ftp://127.0.0.1", "api.github.com", "", "https://"),
        *(
            "https://user:pass@host/",
            "https://host/?a=1",
            "https://host/#f",
            "http://localhost.evil.com",
            "http://[::2]",
        ),
    ],
)
def test_only_https_or_this_machine_is_an_api(url: str) -> None:
    with pytest.raises(RefusedError, match="GITHUB_API_URL"):
        api_root(url)


@pytest.mark.parametrize(
    ("url", "root", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/", "https://api.github.com/graphql"),
        ("https://host/api/v3", "https://host/api/v3/", "https://host/api/graphql"),
        ("https://host/api/v3/", "https://host/api/v3/", "https://host/api/graphql"),
        ("https://api.sub.ghe.com/", "https://api.sub.ghe.com/", "https://api.sub.ghe.com/graphql"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/", "http://127.0.0.1:8080/graphql"),
        ("http://[::1]:8080", "http://[::1]:8080/", "http://[::1]:8080/graphql"),
        ("http://localhost", "http://localhost/", "http://localhost/graphql"),
    ],
)
def test_rest_and_graphql_addresses(url: str, root: str, graphql: str) -> None:
    assert (str(api_root(url)), str(graphql_url(api_root(url)))) == (root, graphql)


async def test_an_enterprise_server_is_asked_under_its_prefix(github: Scripted) -> None:
    github.script = {
        f"POST /api/v3{MINT}": token(),
        "GET /api/v3/repos/octo/shop": said({"id": 7}),
        "POST /api/graphql": said({"data": {"a": 1}}),
    }
    async with gateway(github, "/api/v3") as app:
        repo = await shop(app)
        assert (await repo.get("/repos/{owner}/{repo}")).json == {"id": 7}
        assert (await repo.graphql("{a}", {})).data == {"a": 1}


# ------------------------------------------------------------------------------------------- redirects (T11, T38)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_renamed_repository_is_followed(github: Scripted, repo: Repository, status: int) -> None:
    github.script["GET /repos/octo/shop/pulls/3"] = Outgoing(status, {"location": "/repositories/7/pulls/3"})
    github.script["GET /repositories/7/pulls/3"] = said({"number": 3})
    assert (await repo.get(PULL, pull_number=3)).json == {"number": 3}
    assert github.log[-1].headers["authorization"] == "token ghs_one_canary"
    assert repo.requests == 3


@pytest.mark.parametrize(
    "location",
    [
        *("http://127.0.0.1:1/repositories/7", "https://evil.example/repositories/7", "//evil.example/repositories/7"),
        *("/installation/repositories", "/app", "/repositories/../app", "http://[", "/graphql"),
    ],
)
async def test_a_redirect_elsewhere_is_refused(github: Scripted, repo: Repository, location: str) -> None:
    github.script["GET /repos/octo/shop/pulls/3"] = Outgoing(302, {"location": location})
    with pytest.raises(RefusedError, match="redirect"):
        await repo.get(PULL, pull_number=3)
    assert len(github.log) == 2


async def test_redirects_end_after_three(github: Scripted, repo: Repository) -> None:
    github.script["GET /repos/octo/shop/pulls/3"] = Outgoing(301, {"location": "/repos/octo/shop/pulls/3"})
    with pytest.raises(RefusedError, match="redirects"):
        await repo.get(PULL, pull_number=3)
    assert len(github.seen("GET")) == 4


def moved_to(github: Scripted, repository: dict[str, object]) -> None:
    github.script["POST /repos/octo/shop/x"] = Outgoing(307, {"location": "/repositories/7/x"})
    github.script["GET /repos/octo/shop"] = Outgoing(301, {"location": "/repositories/7"})
    github.script["GET /repositories/7"] = said(repository)


async def test_a_write_follows_a_rename_by_asking_for_the_name(
    github: Scripted, app: GitHubApp, repo: Repository
) -> None:
    moved_to(github, {"id": 7, "full_name": "octo/store"})
    github.script["POST /repos/octo/store/x"] = said({"id": 1}, 201)
    assert (await repo.post("/repos/{owner}/{repo}/x", json={"a": 1})).json == {"id": 1}
    assert github.log[-1].body == b'{"a": 1}'
    assert github.seen("POST", "/repositories") == []
    assert ((await shop(app)).full_name, repo.full_name) == ("octo/store", "octo/store")


async def test_a_name_that_now_belongs_to_another_repository_is_refused(github: Scripted, repo: Repository) -> None:
    moved_to(github, {"id": 8, "full_name": "mallory/shop"})
    with pytest.raises(RefusedError, match="another repository"):
        await repo.post("/repos/{owner}/{repo}/x", json={})


async def test_a_write_that_is_redirected_twice_is_left_for_later(github: Scripted, repo: Repository) -> None:
    moved_to(github, {"id": 7, "full_name": "octo/shop"})
    with pytest.raises(RepositoryMovedError):
        await repo.post("/repos/{owner}/{repo}/x", json={})
    assert len(github.seen("POST", "/repos/octo/shop/x")) == 2


# ------------------------------------------------------------------------------------------- 401


async def test_a_401_is_mended_with_one_fresh_token(github: Scripted, repo: Repository) -> None:
    github.script[f"POST {MINT}"] = token("two")
    github.script["GET /repos/octo/shop/pulls/3"] = [said({"message": "Bad credentials"}, 401), said({"number": 3})]
    assert (await repo.get(PULL, pull_number=3)).json == {"number": 3}
    assert github.log[-1].headers["authorization"] == "token ghs_two_canary"
    assert repo.requests == 4


async def test_a_second_401_gives_up(github: Scripted, repo: Repository) -> None:
    github.script["POST /repos/octo/shop/x"] = said({"message": "Bad credentials"}, 401)
    with pytest.raises(UnauthorizedError):
        await repo.post("/repos/{owner}/{repo}/x")
    assert len(github.seen("POST", "/repos")) == 2
    assert len(github.seen("POST", MINT)) == 2


async def test_five_401s_at_once_mint_one_fresh_token(github: Scripted, repo: Repository) -> None:
    github.script[f"POST {MINT}"] = token("two")
    dead = said({}, 401)

    def by_token(incoming: Incoming) -> Outgoing:
        fresh = incoming.headers["authorization"] == "token ghs_two_canary"
        return said({}) if fresh else dead

    github.script["GET /repos/octo/shop"] = by_token
    await asyncio.gather(*(repo.get("/repos/{owner}/{repo}") for _ in range(5)))
    assert len(github.seen("POST", MINT)) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, UnauthorizedError),
        (403, HttpRefusedError),
        (404, AbsentError),
        (422, UnprocessableError),
        (502, TransientError),
    ],
)
async def test_a_refused_mint_says_so(github: Scripted, app: GitHubApp, status: int, kind: type[ReviewerError]) -> None:
    github.script[f"POST {MINT}"] = said({"message": "This installation has been suspended"}, status)
    with pytest.raises(kind, match="suspended"):
        await shop(app)
    github.script[f"POST {MINT}"] = token()
    assert (await shop(app)).full_name == "octo/shop"  # the failure was not kept


# ------------------------------------------------------------------------------------------- broken answers


async def test_a_gzipped_answer_is_read(github: Scripted, repo: Repository) -> None:
    body = gzip.compress(json.dumps({"n": list(range(1000))}).encode())
    github.script["GET /repos/octo/shop"] = Outgoing(
        200, {"content-type": "application/json", "content-encoding": "gzip"}, body
    )
    assert (await repo.get("/repos/{owner}/{repo}")).json == {"n": list(range(1000))}


@pytest.mark.parametrize(
    "answer",
    [
        Outgoing(200, {"content-type": "application/json"}, b'{"a": '),
        Outgoing(200, {"content-type": "application/json"}, b"[" * 100_000),
        Outgoing(200, {"content-type": "application/json"}, b'{"a": ' + b"9" * 5000 + b"}"),
        Outgoing(200, {"content-type": "application/json"}, b"\xff\xfe"),
        Outgoing(200, {"content-type": "text/html"}, b"<html>unicorn</html>"),
        Outgoing(200, {"content-type": "application/json"}, b'{"a": 1}', cut=True),
        Outgoing(200, {"content-encoding": "gzip"}, gzip.compress(b"{}" * 500)[:-9]),
        Outgoing(200, {"content-encoding": "gzip"}, b"not gzip"),
        Outgoing(200, {"content-encoding": "br"}, b"{}"),
        Outgoing(502, {"content-type": "text/html"}, b"<html>"),
    ],
    ids=["cut json", "deep", "digits", "bytes", "html", "cut off", "cut gzip", "no gzip", "unasked", "502"],
)
async def test_a_broken_answer_is_transient(github: Scripted, repo: Repository, answer: Outgoing) -> None:
    github.script["GET /repos/octo/shop"] = answer
    with pytest.raises(TransientError):
        await repo.get("/repos/{owner}/{repo}")
    assert len(github.seen("GET")) == 1  # never repeated by the gateway


async def test_a_raw_answer_that_was_cut_off_is_transient(github: Scripted, repo: Repository) -> None:
    cut = gzip.compress(b"const a = 1;" * 500)[:-9]
    github.script["GET /repos/octo/shop"] = Outgoing(200, {"content-encoding": "gzip"}, cut)
    with pytest.raises(TransientError):
        await repo.get("/repos/{owner}/{repo}", accept="application/vnd.github.raw+json")


async def test_a_silent_server_is_transient(github: Scripted) -> None:
    github.script["GET /repos/octo/shop"] = Outgoing(200, {"content-type": "application/json"}, b"{", silent=True)
    async with gateway(github, patience=Patience(read_s=0.2)) as app:
        repo = await shop(app)
        with pytest.raises(TransientError, match="in time"):
            await repo.get("/repos/{owner}/{repo}")


async def test_nobody_listening_is_transient() -> None:
    async with scripted_github() as script, gateway(script) as app:
        repo = await shop(app)
    async with gateway(script) as app:
        with pytest.raises(TransientError, match="connection"):
            await shop(app)
    assert repo.requests == 1


async def test_an_answer_beyond_the_limit_is_refused_while_it_inflates(github: Scripted, repo: Repository) -> None:
    bomb = gzip.compress(b" " * (ANSWER_BYTES_MAX + 1))
    assert len(bomb) < 100_000
    github.script["GET /repos/octo/shop"] = Outgoing(200, {"content-encoding": "gzip"}, bomb)
    with pytest.raises(RefusedError, match="larger than 40 MB"):
        await repo.get("/repos/{owner}/{repo}")


async def test_a_raw_answer_is_bytes(github: Scripted, repo: Repository) -> None:
    raw = {"content-type": "application/vnd.github.raw+json; charset=utf-8"}
    github.script["GET /repos/octo/shop/git/blobs/abc"] = Outgoing(200, raw, b"\xff{")
    answer = await repo.get(
        "/repos/{owner}/{repo}/git/blobs/{sha}", sha="abc", accept="application/vnd.github.raw+json"
    )
    assert (answer.body, answer.json) == (b"\xff{", None)


async def test_no_secret_is_in_an_error_or_a_log(
    github: Scripted, repo: Repository, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def echo(incoming: Incoming) -> Outgoing:
        return said({"message": "you sent " + incoming.headers["authorization"]}, 500)

    github.script["GET /repos/octo/shop"] = echo
    github.script[f"POST {MINT}"] = echo
    with pytest.raises(TransientError) as caught:
        await repo.get("/repos/{owner}/{repo}")
    assert "(secret)" in str(caught.value)
    everything = repr(caught.value) + repr(caught.value.__cause__) + caplog.text
    assert "canary" not in everything
    assert private_key()[40:80] not in everything


# ------------------------------------------------------------------------------------------- pages and GraphQL


async def test_pages_follow_the_link_header(github: Scripted, repo: Repository) -> None:
    following = '<https://x/?page=2>; rel="next", <https://x/?page=2>; rel="last"'
    github.script["GET /repos/octo/shop/x"] = [said([1, 2], link=following), said([3])]
    pages = repo.pages("/repos/{owner}/{repo}/x", per_page=2, pages_max=5, query={"q": "z"})
    assert [item async for item in pages] == [1, 2, 3]
    assert [one.query for one in github.seen("GET")] == ["q=z&per_page=2&page=1", "q=z&per_page=2&page=2"]


async def test_more_pages_than_we_read_are_never_silent(github: Scripted, repo: Repository) -> None:
    github.script["GET /repos/octo/shop/x"] = said([1], link='<https://x>; rel="next"')
    items: list[JSON] = []
    with pytest.raises(MorePagesError):
        async for item in repo.pages("/repos/{owner}/{repo}/x", per_page=1, pages_max=3):
            items += [item]
    assert items == [1, 1, 1]


async def test_a_page_that_is_no_list_is_transient(github: Scripted, repo: Repository) -> None:
    github.script["GET /repos/octo/shop/x"] = said({"runs": 1})
    with pytest.raises(TransientError, match="not a list"):
        [item async for item in repo.pages("/repos/{owner}/{repo}/x", per_page=1, pages_max=1, under="runs")]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"errors": [{"type": "RATE_LIMITED", "message": "limit"}]}, TransientError),
        ({"data": {"a": 1}, "errors": [{"type": "RATE_LIMITED", "message": "limit"}]}, TransientError),
        ({"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": "no"}]}, AbsentError),
        ({"data": {"repository": {"pullRequest": None}}, "errors": [{"type": "NOT_FOUND"}]}, AbsentError),
        ({"data": {"a": None}, "errors": [{"type": "FORBIDDEN", "message": "no"}]}, HttpRefusedError),
        ({"errors": [{"message": "no such field", "extensions": {"code": "undefinedField"}}]}, HttpRefusedError),
        ({"errors": [{"message": "Something went wrong while executing your query"}]}, TransientError),
        ({"data": None}, TransientError),
        ({}, TransientError),
        ([], TransientError),
        ({"errors": "boom"}, TransientError),
    ],
)
async def test_graphql_errors_come_apart_by_type(
    github: Scripted, repo: Repository, body: object, kind: type[ReviewerError]
) -> None:
    github.script["POST /graphql"] = said(body)
    with pytest.raises(kind) as caught:
        await repo.graphql("query{a}", {"n": 1})
    assert type(caught.value) is kind
    assert json.loads(github.log[-1].body) == {"query": "query{a}", "variables": {"n": 1}}


async def test_usable_partial_data_comes_with_its_errors(github: Scripted, repo: Repository) -> None:
    body = {"data": {"a": 1, "b": None}, "errors": [{"type": "FORBIDDEN", "path": ["b", 0], "message": "no"}]}
    github.script["POST /graphql"] = said(body)
    answer = await repo.graphql("{a b}", {})
    assert answer.data == {"a": 1, "b": None}
    assert [(error.kind, error.path, error.message) for error in answer.errors] == [("FORBIDDEN", "b.0", "no")]


async def test_a_graphql_limit_says_when_to_come_back(github: Scripted, repo: Repository) -> None:
    limited = {"errors": [{"type": "RATE_LIMITED", "message": "limit"}]}
    github.script["POST /graphql"] = said(limited, retry_after="17")
    with pytest.raises(TransientError) as caught:
        await repo.graphql("{a}", {})
    assert caught.value.retry_after_s == 17
