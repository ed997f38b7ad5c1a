"""What travels between the front door and the routes: a call, its answer, and the refusals in GitHub's words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

from tests.standin.contract import Operation
from tests.standin.json_types import JsonObject, as_object
from tests.standin.state import Account, Repository, Token, World

DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: the App itself (a JWT), an installation (its token), or nobody."""

    is_app: bool = False
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood: which operation, with which parameters, by whom."""

    world: World
    operation: Operation
    params: dict[str, str]
    query: str
    headers: dict[str, str]
    raw_body: bytes
    actor: Actor
    origin: str
    path: str

    def argument(self, name: str, default: str = "") -> str:
        """A query parameter, or the default."""
        found = parse_qs(self.query, keep_blank_values=True).get(name)
        return found[-1] if found else default

    def number(self, name: str, default: int) -> int:
        """A numeric query parameter, or the default for none and for nonsense."""
        text = self.argument(name)
        return int(text) if text.isdecimal() else default

    @property
    def body(self) -> JsonObject:
        """The JSON body; an absent one is an empty object."""
        return as_object(json.loads(self.raw_body)) if self.raw_body else {}

    @property
    def repository(self) -> Repository:
        """The repository in the path (the front door has seen to it that there is one)."""
        found = self.world.repository(f"{self.params['owner']}/{self.params['repo']}")
        if found is None:
            raise not_found()
        return found

    @property
    def bot(self) -> Account:
        """The account an installation token writes as."""
        return self.world.bot

    @property
    def media(self) -> str:
        """`raw`, `diff`, … of `application/vnd.github.raw+json`, or `json`."""
        accept = self.headers.get("accept", "")
        for kind in ("diff", "patch", "raw", "object"):
            if f"vnd.github.{kind}" in accept or f"vnd.github.v3.{kind}" in accept:
                return kind
        return "json"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is bytes. `value` is JSON; `raw` is used instead for diffs and raw files."""

    status: int
    value: object = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    content_type: str = "application/json; charset=utf-8"

    def as_bytes(self) -> bytes:
        """The body as sent."""
        if self.raw is not None:
            return self.raw
        return b"" if self.status in (204, 304) else json.dumps(self.value, ensure_ascii=True).encode()


Route = Callable[[Call], Reply]
Routes = dict[str, Route]


class RefusalError(Exception):
    """GitHub says no."""

    def __init__(
        self, status: int, message: str, errors: list[object] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {message} {errors or ''}")
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers or {}

    @property
    def reply(self) -> Reply:
        """The refusal as GitHub words it."""
        value: JsonObject = {"message": self.message, "documentation_url": DOCS, "status": str(self.status)}
        if self.errors is not None:
            value["errors"] = self.errors
        return Reply(self.status, value, self.headers)


def not_found() -> RefusalError:
    """404: absent, or not yours to see."""
    return RefusalError(404, "Not Found")


def unprocessable(*errors: str) -> RefusalError:
    """422 in the plain form: texts only (reviews)."""
    return RefusalError(422, "Unprocessable Entity", list(errors))


def invalid(resource: str, name: str, message: str, code: str = "custom") -> RefusalError:
    """422 in the long form: one error with resource, field and code."""
    error: JsonObject = {"resource": resource, "field": name, "code": code, "message": message}
    return RefusalError(422, "Validation Failed", [error])


def invalid_request(text: str) -> RefusalError:
    """422 of GitHub's own schema check (check runs)."""
    return RefusalError(422, f"Invalid request.\n\n{text}")


def page(call: Call, items: list[object], wrap: str | None = None, most: int = 100) -> Reply:
    """One page of a list with its Link header; `wrap` is the key of lists that come in an object with total_count."""
    per_page = max(1, min(call.number("per_page", 30), most))
    number = max(1, call.number("page", 1))
    last = max(1, -(-len(items) // per_page))
    part = items[(number - 1) * per_page : number * per_page]
    headers = {}
    links = [("prev", number - 1)] if number > 1 else []
    links += [("next", number + 1), ("last", last)] if number < last else []
    links += [("first", 1)] if number > 1 else []
    if links:
        kept = {name: values[-1] for name, values in parse_qs(call.query, keep_blank_values=True).items()}
        headers["Link"] = ", ".join(
            f'<{call.origin}{call.path}?{urlencode({**kept, "per_page": str(per_page), "page": str(n)})}>; rel="{rel}"'
            for rel, n in links
        )
    value: object = part if wrap is None else {"total_count": len(items), wrap: part}
    return Reply(200, value, headers)
