"""The gateway to GitHub: one App per process, and for each job one repository with a token that reaches no
other.

Everything raises `TransientError` (ask again later) or `RefusedError` (do not), with the subclasses of
`failures`: `AbsentError` (404, 410), `UnprocessableError` (422, with GitHub's texts), `HttpRefusedError` (any
other no, with its status).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

from pydantic import BaseModel

from reviewer.core.errors import RefusedError, TransientError
from reviewer.github.answers import JSON, Answer, GraphAnswer, shaped
from reviewer.github.auth import (
    PERMISSIONS,
    AppCredentials,
    BotIdentity,
    Token,
    TokenStore,
    excess,
    missing,
    token_from,
)
from reviewer.github.failures import UnauthorizedError, graph_answer
from reviewer.github.routes import Query, Segment, address
from reviewer.github.wire import Call, Method, Patience, RepositoryMovedError, Wire

__all__ = ["AppCredentials", "BotIdentity", "GitHubApp", "MorePagesError", "Repository"]

MINT = "/app/installations/{installation_id}/access_tokens"
"""Where tokens come from."""

Body = Mapping[str, JSON]
"""A JSON object to send."""


class MorePagesError(RefusedError):
    """GitHub has more pages than we read; what was yielded before is right, but it is not all."""


class _App(BaseModel):
    id: int
    slug: str
    permissions: dict[str, str]


class _User(BaseModel):
    id: int


class _Named(BaseModel):
    id: int
    full_name: str


class _Secret(BaseModel):
    token: str


class GitHubApp:
    """Our App on one GitHub. One per process: it holds the connections, the tokens and who we are."""

    def __init__(
        self, credentials: AppCredentials, api_url: str, patience: Patience | None = None, *, resolves: bool = False
    ) -> None:
        """RefusedError for an unusable key, or a URL that is neither https nor loopback.

        `resolves`: the App may hold `contents: write`, for resolving threads; no job's token gets it.
        """
        self._allowed = {**PERMISSIONS, "contents": "write"} if resolves else PERMISSIONS
        credentials.check()
        self._wire = Wire(credentials, api_url, patience or Patience())
        self._tokens = TokenStore()
        self._identity: BotIdentity | None = None
        self._asking = asyncio.Lock()

    async def identity(self) -> BotIdentity:
        """Who we are; asked once. RefusedError when the App holds more than PERMISSIONS: a break-in could use
        it.
        """
        async with self._asking:
            if self._identity is None:
                app = (await self.get("/app")).into(_App)
                if more := excess(app.permissions, self._allowed):
                    raise RefusedError(f"the GitHub App holds more than it needs; take away: {', '.join(more)}")
                self._identity = BotIdentity(app.id, app.slug, await self._user_id(app.slug), missing(app.permissions))
            return self._identity

    async def get(self, template: str, *, query: Query | None = None, **segments: Segment) -> Answer:
        """A GET as the App itself (JWT), for routes under `/app`."""
        url = address(self._wire.root, template, segments, query)
        return await self._wire.ask(self._wire.as_app, Call("GET", url, f"GET {template}"), _uncounted)

    async def post(self, template: str, *, json: Body | None = None, **segments: Segment) -> Answer:
        """A POST as the App itself (JWT), for routes under `/app`."""
        url = address(self._wire.root, template, segments)
        body = None if json is None else dict(json)
        return await self._wire.ask(self._wire.as_app, Call("POST", url, f"POST {template}", json=body), _uncounted)

    async def repository(self, installation: int, repository_id: int, name: str, delivery: str) -> Repository:
        """One job's view of one repository. `name` is its full name as far as we know; GitHub's own word
        wins.

        `delivery` is sent with every request. The token is cut to this repository and to PERMISSIONS; one
        that an earlier job left and that still lives is used again.
        """
        repository = Repository(self._wire, self._tokens, (installation, repository_id), delivery)
        await repository.open(name)
        return repository

    @property
    def wired(self) -> tuple[Wire, TokenStore]:
        """What a view of another repository is made of (`defaults`)."""
        return self._wire, self._tokens

    async def aclose(self) -> None:
        """Close all connections."""
        await self._wire.aclose()

    async def _user_id(self, slug: str) -> int:
        """The numeric id of our account. Asked without a token, which works for public accounts and costs no
        mint; a host in private mode, or with its anonymous limit used up, is asked with the token of an
        installation.
        """
        template, login = "/users/{username}", f"{slug}[bot]"
        url = address(self._wire.root, template, {"username": login})
        call = Call("GET", url, f"GET {template}")
        try:
            return (await self._wire.ask(self._wire.unsigned, call, _uncounted)).into(_User).id
        except (RefusedError, TransientError):
            token = await self._any_token()
            if token is None:
                raise
        return (await self._wire.ask(self._wire.with_token(token), call, _uncounted)).into(_User).id

    async def _any_token(self) -> str | None:
        """A token that may read metadata and nothing else, of whichever installation comes first; None
        without any.
        """
        installations = (await self.get("/app/installations", query={"per_page": 1})).json
        if not isinstance(installations, list) or not installations:
            return None
        installation = shaped(_User, installations[0], "GET /app/installations").id
        answer = await self.post(MINT, json={"permissions": {"metadata": "read"}}, installation_id=installation)
        return answer.into(_Secret).token


class Repository:
    """One job's view of one repository. `requests` counts every request sent for it, the mint and redirects
    included.
    """

    __slots__ = ("_delivery", "_key", "_name", "_token", "_tokens", "_wire", "requests")

    def __init__(self, wire: Wire, tokens: TokenStore, key: tuple[int, int], delivery: str) -> None:
        self._wire = wire
        self._tokens = tokens
        self._key = key  # installation, repository id
        self._delivery = delivery
        self._name = ""
        self._token: Token | None = None
        self.requests = 0

    @property
    def full_name(self) -> str:
        """`owner/repo`, as GitHub calls it now."""
        return self._name

    async def open(self, name: str) -> None:
        """Take a token; `name` stands where GitHub does not tell the repository's name."""
        self._token = await self._tokens.take(self._key, self._mint)
        self._name = self._token.full_name or name

    async def get(
        self, template: str, *, query: Query | None = None, accept: str | None = None, **segments: Segment
    ) -> Answer:
        """GET a route such as `/repos/{owner}/{repo}/pulls/{number}`; owner and repo are filled in.

        `{path}` may hold a file's whole path, any other name is one segment. With `accept` (diff, raw) the
        answer has `body` and no `json`. Follows a renamed repository's redirect.
        """
        return await self._read(template, segments, query, accept)

    async def post(self, template: str, *, json: Body | None = None, **segments: Segment) -> Answer:
        """POST once; never repeated by us, save after a 401, which did nothing."""
        return await self._write("POST", template, json, segments)

    async def patch(self, template: str, *, json: Body | None = None, **segments: Segment) -> Answer:
        """PATCH once, as `post`."""
        return await self._write("PATCH", template, json, segments)

    async def put(self, template: str, *, json: Body | None = None, **segments: Segment) -> Answer:
        """PUT once, as `post`."""
        return await self._write("PUT", template, json, segments)

    async def delete(self, template: str, *, json: Body | None = None, **segments: Segment) -> Answer:
        """DELETE once, as `post`."""
        return await self._write("DELETE", template, json, segments)

    async def pages(
        self,
        template: str,
        *,
        per_page: int,
        pages_max: int,
        query: Query | None = None,
        under: str | None = None,
        **segments: Segment,
    ) -> AsyncIterator[JSON]:
        """Every item of a list, page by page. `under` names the key that holds the list where it is in an
        object.

        Raises MorePagesError, after the items of `pages_max` pages, when GitHub has more.
        """
        for page in range(1, pages_max + 1):
            bounds = {"per_page": per_page, "page": page}
            answer = await self._read(template, segments, {**(query or {}), **bounds})
            items = answer.json.get(under) if under and isinstance(answer.json, dict) else answer.json
            if not isinstance(items, list):
                raise TransientError(f"{answer.route}: GitHub's answer is not a list")
            for item in items:
                yield item
            if 'rel="next"' not in answer.headers.get("link", ""):
                return
        raise MorePagesError(f"GET {template}: more than {pages_max} pages of {per_page}")

    async def graphql(self, query: str, variables: Body) -> GraphAnswer:
        """One GraphQL request. Raises when nothing of the answer can be used; else `errors` says what is
        missing.

        Rate limits are TransientError, NOT_FOUND is AbsentError, another refusal (a type, or a query that
        this host does not understand) is HttpRefusedError.
        """
        body: JSON = {"query": query, "variables": dict(variables)}
        answer = await self._ask(Call("POST", self._wire.graphql, "POST /graphql", self._delivery, json=body))
        return graph_answer(answer, time.time())

    async def _read(
        self, template: str, segments: Mapping[str, Segment], query: Query | None, accept: str | None = None
    ) -> Answer:
        url = address(self._wire.root, template, self._filled(segments), query)
        return await self._ask(Call("GET", url, f"GET {template}", self._delivery, accept))

    async def _write(self, method: Method, template: str, json: Body | None, segments: Mapping[str, Segment]) -> Answer:
        body: JSON = None if json is None else dict(json)
        try:
            return await self._write_here(method, template, body, segments)
        except RepositoryMovedError:  # a redirect did nothing, so the write may be sent again
            await self._learn_name()
        return await self._write_here(method, template, body, segments)

    async def _write_here(self, method: Method, template: str, body: JSON, segments: Mapping[str, Segment]) -> Answer:
        url = address(self._wire.root, template, self._filled(segments))
        return await self._ask(Call(method, url, f"{method} {template}", self._delivery, json=body))

    async def _learn_name(self) -> None:
        """Ask for the repository's name of today. RefusedError when the old name leads to another repository."""
        named = (await self.get("/repos/{owner}/{repo}")).into(_Named)
        if named.id != self._key[1]:
            raise RefusedError(f"{self._name} is another repository than the one of this review")
        self._name = named.full_name
        self._tokens.rename(self._key, named.full_name)

    def _filled(self, segments: Mapping[str, Segment]) -> dict[str, Segment]:
        owner, _, repo = self._name.partition("/")
        return {"owner": owner, "repo": repo, **segments}

    async def _ask(self, call: Call) -> Answer:
        """Ask with the token; a 401 costs it its place, and one fresh token is tried before giving up."""
        if self._token is None:
            raise RefusedError("the repository was not opened")
        try:
            return await self._wire.ask(self._wire.with_token(self._token.secret), call, self._count)
        except UnauthorizedError:
            self._token = await self._tokens.take(self._key, self._mint, dead=self._token)
        return await self._wire.ask(self._wire.with_token(self._token.secret), call, self._count)

    async def _mint(self) -> Token:
        installation, repository_id = self._key
        url = address(self._wire.root, MINT, {"installation_id": installation})
        body: JSON = {"repository_ids": [repository_id], "permissions": dict(PERMISSIONS)}
        call = Call("POST", url, f"POST {MINT}", self._delivery, json=body)
        return token_from(await self._wire.ask(self._wire.as_app, call, self._count), repository_id)

    def _count(self) -> None:
        self.requests += 1


def _uncounted() -> None:
    """The App's own requests belong to no job."""
