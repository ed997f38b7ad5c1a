"""What comes over the wire from a model's server: capped bytes, completions of any shape, errors in our own kinds."""

from __future__ import annotations

import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import httpx2
import openai
from pydantic import BaseModel, JsonValue, ValidationError

from reviewer.core.errors import RefusedError, ReviewerError, TransientError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024
"""Bytes of one HTTP answer; 4,000 tokens are some 20 KB, so this is two hundred times what we ask for."""

_WAIT_S: Final = 30.0
"""Wait after a 429 that does not say how long: limits are counted by the minute."""

_WAIT_MAX_S: Final = 3600.0


class UnreadableError(Exception):
    """An answer that we stop reading; the message says why. It comes through the library as it is."""


class Capped(httpx2.AsyncBaseTransport):
    """A transport whose answers end with an UnreadableError once they are larger than we read.

    Packed answers are not asked for and not unpacked, so that bytes counted are bytes kept.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, to be read through the cap."""
        request.headers["accept-encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise UnreadableError("the model's server packs its answers though asked not to (Content-Encoding)")
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _CappedStream(response.stream)
        return response

    async def aclose(self) -> None:
        """Close the transport within."""
        await self._inner.aclose()


class _CappedStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if size > ANSWER_BYTES_MAX:
                raise UnreadableError(f"the model's answer is larger than {ANSWER_BYTES_MAX} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class Completion(BaseModel):
    """What we read of a chat completion. Everything is optional, as each part is missing on some server."""

    choices: list[_Choice] | None = None
    usage: JsonValue = None

    def used(self, key: str) -> int:
        """A count of the usage, 0 where the server gives none."""
        count = self.usage.get(key) if isinstance(self.usage, dict) else None
        return max(0, count) if isinstance(count, int) else 0

    def text(self) -> str:
        """The text of an answer that ended normally. Raises for everything else that servers are known to send."""
        if not self.choices:
            raise TransientError("the model's server answered without a choice")
        choice = self.choices[0]
        if choice.message.refusal:
            raise RefusedError("the model refused to answer")
        if choice.finish_reason == "length":
            raise RefusedError("the model's answer was cut at its length limit (REVIEWER_MODEL_ANSWER_TOKENS_MAX)")
        if choice.finish_reason == "content_filter":
            raise RefusedError("the model's answer was withheld by a content filter")
        if not (choice.message.content or "").strip():
            raise RefusedError("the model gave an empty answer")
        return choice.message.content or ""


def read_completion(body: bytes) -> Completion:
    """The completion in an answer with status 200. Raises TransientError for what is none: an error, a page."""
    try:
        return Completion.model_validate_json(body)
    except ValidationError:
        raise TransientError("the model's server answered with something that is no chat completion") from None


def failure(error: openai.OpenAIError) -> ReviewerError:
    """Our error for one of the library's. Its text is ours alone: theirs may hold the prompt or an address."""
    match error:
        case openai.APIStatusError():
            return _status_failure(error)
        case openai.APITimeoutError():
            return TransientError("the model's server did not answer in time")
        case openai.APIConnectionError():
            return TransientError("the model's server cannot be reached")
        case _:
            return TransientError("the model's server answered with something that is no chat completion")


def _status_failure(error: openai.APIStatusError) -> ReviewerError:
    status = error.status_code
    if "insufficient_quota" in (error.code, error.type):
        return RefusedError("the model's account has no quota left")
    if status == 429:
        wait_s = retry_after(error.response.headers.get("retry-after"), time.time())
        return TransientError("the model's server limits our rate (429)", wait_s)
    if status in (408, 409) or status >= 500:
        return TransientError(f"the model's server failed ({status})")
    if 300 <= status < 400:
        return RefusedError(f"the model's server redirects elsewhere ({status}); correct OPENAI_BASE_URL")
    if status == 413:
        return RefusedError("the prompt is too large for the server (413); lower REVIEWER_MODEL_PROMPT_TOKENS_MAX")
    if status == 404:
        return RefusedError("the server knows no such model or address (404); check REVIEWER_MODEL, OPENAI_BASE_URL")
    if status in (401, 403):
        return RefusedError(f"the model's server refused our key ({status}); check OPENAI_API_KEY")
    return RefusedError(f"the model's server refused the request ({status})")


def retry_after(value: str | None, now: float) -> float:
    """Seconds to wait after a 429: the server's word as seconds or date, half a minute without one, at most an hour."""
    if value is None:
        return _WAIT_S
    if value.isascii() and value.isdigit():
        return min(float(value), _WAIT_MAX_S)
    try:
        date = parsedate_to_datetime(value[:64])
        until = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return _WAIT_S
    return min(max(until - now, 1.0), _WAIT_MAX_S)
