"""How the stand-in goes wrong on purpose. A function makes a fault; `GitHubStandIn.fault` says where and how often."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tests.standin.call import Reply
from tests.standin.json_types import JsonObject
from tests.standin.server import Gate, Outgoing


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens instead of, or after, the real thing. `effect`: the request is carried out all the same."""

    effect: bool = False
    answer: Outgoing | None = None
    gate: Gate | None = None
    gate_after: Gate | None = None
    change: Callable[[object], object] | None = None
    cut: bool = False
    half: bool = False

    def spoil(self, reply: Reply) -> Outgoing:
        """The answer to a request that was carried out."""
        if self.answer is not None:
            return self.answer
        value = reply.value
        if self.change is not None:
            reply = replace(reply, value=self.change(value), raw=None)
        body = reply.as_bytes()
        if self.half or self.cut:
            body = body[: len(body) // 2]
        return Outgoing(reply.status, {"Content-Type": reply.content_type, **reply.headers}, body, cut=self.cut)


@dataclass(slots=True)
class Planned:
    """A fault waiting for its requests: the first `skip` pass, the next `left` are hit (None: every one)."""

    operation: str
    fault: Fault
    left: int | None
    skip: int
    hits: int = 0

    def takes(self, operation: str) -> bool:
        """Whether this request is hit; counts it."""
        if self.operation not in ("*", operation) or self.left == 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.left = None if self.left is None else self.left - 1
        self.hits += 1
        return True


@dataclass(slots=True)
class Faults:
    """All that is planned, in the order it was asked for."""

    planned: list[Planned] = field(default_factory=list)

    def take(self, operation: str) -> Fault | None:
        """The fault that hits this request, or None."""
        for planned in self.planned:
            if planned.takes(operation):
                return planned.fault
        return None


def answered(
    status: int,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    *,
    after_effect: bool = False,
) -> Fault:
    """Any answer: `body` is bytes as they are, text as HTML, anything else as JSON."""
    given = dict(headers or {})
    if isinstance(body, bytes):
        return Fault(after_effect, Outgoing(status, given, body))
    if isinstance(body, str):
        return Fault(
            after_effect, Outgoing(status, {"Content-Type": "text/html; charset=utf-8", **given}, body.encode())
        )
    given = {"Content-Type": "application/json; charset=utf-8", **given}
    return Fault(after_effect, Outgoing(status, given, json.dumps(body if body is not None else {}).encode()))


def bad_gateway(*, after_effect: bool = False) -> Fault:
    """502; with `after_effect` the write has happened and nobody says so."""
    return answered(502, {"message": "Server Error"}, after_effect=after_effect)


def secondary_limit(retry_after_s: int | None = None) -> Fault:
    """403 for too many requests at once, with or without `Retry-After`."""
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return answered(403, _message(SECONDARY_LIMIT), headers)


SECONDARY_LIMIT = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to "
    "GitHub Support for help, please include the request ID."
)


def primary_limit(reset_at: int) -> Fault:
    """403 for an empty budget, until `reset_at` (seconds since 1970)."""
    headers = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset_at)}
    return answered(403, _message("API rate limit exceeded for installation ID 1."), headers)


def bad_credentials() -> Fault:
    """401, as for a token that was revoked in between."""
    return answered(401, _message("Bad credentials"))


def unicorn() -> Fault:
    """GitHub's HTML error page."""
    return answered(503, "<!DOCTYPE html><html><head><title>Unicorn! · GitHub</title></head><body></body></html>")


def not_yet_there() -> Fault:
    """404 from a replica that has not caught up."""
    return answered(404, _message("Not Found"))


def redirect(to: str, status: int = 302) -> Fault:
    """A redirect to any address."""
    return answered(status, {}, {"Location": to})


def hang(gate: Gate, *, after_effect: bool = False) -> Fault:
    """Nothing until the gate opens, before the request is carried out or (`after_effect`) before it is answered."""
    return Fault(effect=True, gate_after=gate) if after_effect else Fault(effect=True, gate=gate)


def half_json() -> Fault:
    """The real answer, half of it, with a matching Content-Length."""
    return Fault(effect=True, half=True)


def cut_connection() -> Fault:
    """The connection breaks in the middle of the real answer."""
    return Fault(effect=True, cut=True)


def lying(change: Callable[[object], object]) -> Fault:
    """The real answer, changed; it is not held against the API description."""
    return Fault(effect=True, change=change)


def _message(text: str) -> JsonObject:
    return {"message": text, "documentation_url": "https://docs.github.com/rest"}
