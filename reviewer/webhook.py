"""The webhook: a delivery becomes an accepted job, or is ignored with a reason, and GitHub hears which.

    202 stored, and will be seen through · 200 understood, not ours to act on · 400 not a delivery
    401 not signed with our secret · 413 too large · 503 cannot store it now, or not set up; GitHub can redeliver

In this order, so that a stranger costs little: size, signature over the raw bytes, headers, the few fields we read, one
transaction. Nothing is asked of GitHub here, and no part of the body is kept but what a job holds.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import TypeAdapter, ValidationError
from starlette.types import Message, Receive, Scope, Send

from reviewer.core.envelope import Envelope
from reviewer.core.errors import TransientError
from reviewer.core.job import Job
from reviewer.core.trigger import NO_PULL, Ignored, Ours, decide
from reviewer.store import Accepted, Delivery

PATH = "/api/github/webhooks"
"""Where deliveries go (Probot's path)."""

BODY_BYTES_MAX = 26 * 1024 * 1024
"""Bytes of one body. GitHub sends at most 25 MB (docs: webhook events and payloads)."""

BODIES_BYTES_MAX = 128 * 1024 * 1024
"""Bytes of all bodies that are being received at one time: what strangers can make us hold."""

BODY_S = 10.0
"""Time for a body to arrive; GitHub gives up after 10 s (docs: best practices for webhooks)."""

RETRY_AFTER_S = 30
"""What a 503 says when the database did not say how long it will be away."""

_ENVELOPE = TypeAdapter(Envelope)
_GUID_CHARS = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:")
_EVENT_CHARS = frozenset("0123456789abcdefghijklmnopqrstuvwxyz_")
_LOG = logging.getLogger(__name__)


class Outcome(StrEnum):
    """How a POST ended; the label of the metric."""

    ACCEPTED = "accepted"
    IGNORED = "ignored"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    TOO_LARGE = "too_large"
    NOT_STORED = "not_stored"
    NOT_SET_UP = "not_set_up"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer with a JSON object of text. `is_last` closes the connection, with what else it may bring."""

    status: int
    body: Mapping[str, str]
    retry_after_s: int | None = None
    is_last: bool = False

    async def send(self, send: Send) -> None:
        """Write it out."""
        content = json.dumps(self.body).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        if self.retry_after_s is not None:
            headers.append((b"retry-after", b"%d" % self.retry_after_s))
        if self.is_last:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


Accept = Callable[[Delivery, Job], Awaitable[Accepted]]
"""Store a delivery and its job (`Engine.accept`); TransientError when that cannot be done now."""


@dataclass(slots=True)
class Intake:
    """The webhook as an ASGI application. Without `secrets` we are not set up, and every POST is answered 503.

    `forget` deletes what we have of an installation that was removed, `count` hears of every outcome, `pull_of` knows
    the pull request of a head that we were told of, by installation, repository and commit (0: none).
    """

    secrets: Sequence[bytes]
    ours: Callable[[], Ours]
    accept: Accept
    forget: Callable[[int], Awaitable[None]]
    count: Callable[[Outcome], None]
    pull_of: Callable[[int, int, str], Awaitable[int]]
    body_s: float = BODY_S
    _received: int = 0  # bytes of all bodies being received
    _unsigned: int = field(default=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; when the sender leaves before its body is whole, there is nobody to answer."""
        if scope["method"] != "POST":
            await Answer(404, {"detail": "Not Found"}).send(send)
            return
        outcome, answer = await self._receive(dict(scope["headers"]), receive)
        if answer is not None:
            self.count(outcome)
            await answer.send(send)

    async def _receive(self, headers: Mapping[bytes, bytes], receive: Receive) -> tuple[Outcome, Answer | None]:
        if not self.secrets:
            return Outcome.NOT_SET_UP, _later("the GitHub App is not set up on this server")
        if _declared_bytes(headers) > BODY_BYTES_MAX:
            return _too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(self.body_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return Outcome.MALFORMED, None
                    if (refusal := self._grow(body, message)) is not None:
                        return refusal
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            return Outcome.MALFORMED, _malformed(f"the body did not arrive within {self.body_s:g} s", is_last=True)
        finally:
            self._received -= len(body)
        return await self._take(headers, bytes(body))

    def _grow(self, body: bytearray, message: Message) -> tuple[Outcome, Answer] | None:
        chunk = message.get("body", b"")
        if len(body) + len(chunk) > BODY_BYTES_MAX:
            return _too_large()
        if self._received + len(chunk) > BODIES_BYTES_MAX:
            return Outcome.NOT_STORED, _later("too much is being received at once")
        body += chunk
        self._received += len(chunk)
        return None

    async def _take(self, headers: Mapping[bytes, bytes], body: bytes) -> tuple[Outcome, Answer]:
        if not is_signed(self.secrets, body, headers.get(b"x-hub-signature-256", b"")):
            self._unsigned += 1
            if self._unsigned & (self._unsigned - 1) == 0:  # the 1st, 2nd, 4th …: a flood must not fill the log
                _LOG.warning("a delivery without a valid signature was refused", extra={"refused": self._unsigned})
            return Outcome.UNSIGNED, Answer(401, {"status": "refused", "reason": "the signature does not fit"})
        event = _plain(headers.get(b"x-github-event", b""), _EVENT_CHARS, 64)
        guid = _plain(headers.get(b"x-github-delivery", b""), _GUID_CHARS, 128)
        if not event or not guid:
            return Outcome.MALFORMED, _malformed("the X-GitHub-Event or X-GitHub-Delivery header is missing or odd")
        envelope = read_envelope(body)
        if isinstance(envelope, Answer):
            outcome = Outcome.MALFORMED if envelope.status == 400 else Outcome.IGNORED
            _LOG.warning("%s: %s", event, envelope.body["reason"], extra={"delivery": guid})
            return outcome, envelope
        return await self._act(Delivery(guid, event, (envelope.action or "")[:64]), envelope)

    async def _act(self, delivery: Delivery, envelope: Envelope) -> tuple[Outcome, Answer]:
        try:
            if _is_removal(delivery, envelope) and envelope.installation is not None:
                await self.forget(envelope.installation.id)
                return _ignored(delivery, "the App was removed; what we had of this installation is deleted")
            job = await self._decide(delivery, envelope)
            if isinstance(job, Ignored):
                return _ignored(delivery, job.reason)
            accepted = await self.accept(Delivery(delivery.id, delivery.event, delivery.action, job.installation), job)
        except TransientError as error:
            _LOG.error("a delivery could not be stored: %s", error, extra={"delivery": delivery.id})
            return Outcome.NOT_STORED, _later("it cannot be stored now", error.retry_after_s)
        except Exception:  # noqa: BLE001 -- the webhook's last line: what is not stored is not accepted, whatever the fault
            _LOG.exception("a delivery could not be taken in", extra={"delivery": delivery.id})
            return Outcome.NOT_STORED, _later("it cannot be taken in now")
        _LOG.info(
            "accepted",
            extra={"delivery": delivery.id, "work": accepted.run_id, "news": accepted.news.value, "pull": job.pull_key},
        )
        return Outcome.ACCEPTED, Answer(202, {"status": "accepted", "news": accepted.news.value})

    async def _decide(self, delivery: Delivery, envelope: Envelope) -> Job | Ignored:
        job = decide(delivery.event, delivery.id, envelope, self.ours())
        suite, installation, repository = envelope.check_suite, envelope.installation, envelope.repository
        if job is not NO_PULL or suite is None or installation is None or repository is None:
            return job
        known = await self.pull_of(installation.id, repository.id, suite.head_sha)
        return decide(delivery.event, delivery.id, envelope, self.ours(), known)


def is_signed(secrets: Sequence[bytes], body: bytes, header: bytes) -> bool:
    """Whether `header` is `sha256=` and the HMAC-SHA-256 of the body under one of the secrets, in hexadecimal.

    All secrets are tried, each compared in constant time, so that the time tells nothing; any bytes may be given.
    """
    wanted = [b"sha256=" + hmac.digest(secret, body, hashlib.sha256).hex().encode() for secret in secrets]
    fits = [hmac.compare_digest(one, header) for one in wanted]
    return True in fits


def read_envelope(body: bytes) -> Envelope | Answer:
    """What we read of a body, or the refusal: 400 when it is no JSON object, 200 when a field is not what we know.

    Total over bytes: depth, long numbers, lone surrogates and the like are errors of the one parser.
    """
    try:
        return _ENVELOPE.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            return _malformed("the body is not JSON; the hook's content type has to be application/json")
        if not first["loc"]:
            return _malformed("the body is not a JSON object")
        place = ".".join(str(step) for step in first["loc"])
        return Answer(200, {"status": "ignored", "reason": f"not understood: {place[:200]}"})


def _is_removal(delivery: Delivery, envelope: Envelope) -> bool:
    return delivery.event == "installation" and delivery.action == "deleted" and envelope.installation is not None


def _declared_bytes(headers: Mapping[bytes, bytes]) -> int:
    """The Content-Length; 0 when there is none. The server refuses what is no number."""
    text = headers.get(b"content-length", b"")
    return int(text) if text.isdigit() and len(text) < 20 else 0


def _plain(value: bytes, chars: frozenset[str], chars_max: int) -> str:
    """A header's value if it is of these characters and not too long, else ""."""
    text = value.decode("latin-1")
    return text if len(text) <= chars_max and chars.issuperset(text) else ""


def _ignored(delivery: Delivery, reason: str) -> tuple[Outcome, Answer]:
    _LOG.debug("ignored %s: %s", delivery.event, reason, extra={"delivery": delivery.id})
    return Outcome.IGNORED, Answer(200, {"status": "ignored", "reason": reason})


def _malformed(reason: str, *, is_last: bool = False) -> Answer:
    return Answer(400, {"status": "refused", "reason": reason}, is_last=is_last)


def _too_large() -> tuple[Outcome, Answer]:
    reason = f"the body is larger than {BODY_BYTES_MAX} bytes"
    return Outcome.TOO_LARGE, Answer(413, {"status": "refused", "reason": reason}, is_last=True)


def _later(reason: str, after_s: float | None = None) -> Answer:
    wait_s = RETRY_AFTER_S if after_s is None else max(1, round(after_s))
    return Answer(503, {"status": "unavailable", "reason": reason}, retry_after_s=wait_s, is_last=True)
