"""The one gateway to the model: any OpenAI-compatible server, chat completions, nothing taken on trust."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import httpx2
import openai
from openai import AsyncOpenAI

from reviewer.core.errors import RefusedError, ReviewerError, TransientError
from reviewer.llm.answer import Answer, UnusableAnswerError, parse_answer
from reviewer.llm.schema import strict_schema

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

    from reviewer.llm.prompt import Batch

ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024
"""Bytes of one HTTP answer, inflated; 4,000 tokens are some 20 KB, so this is two hundred times what we ask for."""

_REQUESTS_MAX: Final = 3
"""Requests for one batch, told all: a form the server does not know, and one repair, included."""

_FORMS: Final = ("json_schema", "json_object", "text")
_FORM_WORDS: Final = ("response_format", "json_schema", "json_object", "grammar", "schema", "strict")


@dataclass(frozen=True, slots=True, repr=False)
class ModelSettings:
    """Where the model is and what one call may cost. `models` is a fallback order. `repr` does not show the key."""

    base_url: str
    api_key: str
    models: tuple[str, ...]
    timeout_s: float
    answer_tokens_max: int


@dataclass(frozen=True, slots=True)
class Examined:
    """A valid answer as text, which model gave it, and what it cost over all requests."""

    text: str
    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(slots=True)
class _Bill:
    """What the requests of one batch cost so far."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, completion: ChatCompletion) -> None:
        usage = completion.usage
        self.prompt_tokens += int(getattr(usage, "prompt_tokens", 0) or 0)
        self.completion_tokens += int(getattr(usage, "completion_tokens", 0) or 0)


class Examiner:
    """Asks the model about one batch at a time. Close it with `aclose()`. Safe to share between reviews."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        transport = _Capped(httpx2.AsyncHTTPTransport())
        self._http = httpx2.AsyncClient(transport=transport, follow_redirects=False, trust_env=False)
        self._client = AsyncOpenAI(
            base_url=settings.base_url,
            api_key=settings.api_key or "none",
            timeout=settings.timeout_s,
            max_retries=0,
            http_client=self._http,
        )
        self._form = dict.fromkeys(settings.models, 0)
        self._tokens_key = "max_tokens"

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def ask(self, batch: Batch) -> Examined:
        """A valid answer, or TransientError (ask again later) or RefusedError (this batch gets none), each with the reason.

        The wall clock runs over everything, as the library's own time-out starts anew with every byte. The next model of
        the list is asked when one refuses or is away; a rate limit is waited for instead.
        """
        bill = _Bill()
        last: ReviewerError = RefusedError("no model is configured")
        for model in self._settings.models:
            try:
                async with asyncio.timeout(self._settings.timeout_s):
                    text = await self._converse(model, batch, bill)
            except TimeoutError:
                last = TransientError(f"the model did not answer within {self._settings.timeout_s:g} s")
            except TransientError as error:
                if error.retry_after_s is not None:
                    raise
                last = error
            except RefusedError as error:
                last = error
            else:
                return Examined(text, model, bill.calls, bill.prompt_tokens, bill.completion_tokens)
        raise last

    async def _converse(self, model: str, batch: Batch, bill: _Bill) -> str:
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": batch.system},
            {"role": "user", "content": batch.user},
        ]
        repaired = False
        requests = 0
        while requests < _REQUESTS_MAX:
            requests += 1
            bill.calls += 1
            try:
                completion = await self._request(model, messages)
            except openai.BadRequestError as error:
                self._adapt(model, error)
                continue
            text = _text(completion, bill)
            try:
                return parse_answer(text).model_dump_json()
            except UnusableAnswerError as error:
                if repaired:
                    raise RefusedError(f"the model's answer does not fit the schema ({error})") from error
                repaired = True
                messages = [
                    *messages[:2],
                    {"role": "assistant", "content": text[:20_000]},
                    {"role": "user", "content": f"That does not fit: {error}. Answer again, with the corrected JSON object only."},
                ]
        raise RefusedError("the model's server did not take our request in any form")

    async def _request(self, model: str, messages: list[ChatCompletionMessageParam]) -> ChatCompletion:
        extra: dict[str, object] = {self._tokens_key: self._settings.answer_tokens_max}
        form = _FORMS[self._form[model]]
        if form == "json_schema":
            schema = {"name": "review", "strict": True, "schema": strict_schema(Answer)}
            extra["response_format"] = {"type": form, "json_schema": schema}
        elif form == "json_object":
            extra["response_format"] = {"type": form}
        try:
            return await self._client.chat.completions.create(model=model, messages=messages, stream=False, extra_body=extra)
        except openai.BadRequestError:
            raise
        except openai.APIStatusError as error:
            raise _status_error(error) from None
        except openai.APITimeoutError:
            raise TransientError("the model's server did not answer in time") from None
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, _TooLargeError):
                raise RefusedError(f"the model's answer is larger than {ANSWER_BYTES_MAX} bytes") from None
            raise TransientError("the model's server cannot be reached") from None
        except (openai.OpenAIError, ValueError, TypeError, AttributeError):
            raise TransientError("the model's server answered with something that is no chat completion") from None

    def _adapt(self, model: str, error: openai.BadRequestError) -> None:
        """Learn from a 400 which form the server takes; RefusedError when it is about something else."""
        said = str(error).lower()
        if "max_tokens" in said and "max_completion_tokens" in said and self._tokens_key == "max_tokens":
            self._tokens_key = "max_completion_tokens"
        elif self._form[model] < len(_FORMS) - 1 and any(word in said for word in _FORM_WORDS):
            self._form[model] += 1
        elif any(word in said for word in ("context length", "context_length", "too long", "maximum context")):
            raise RefusedError("the change is too long for the model's context") from None
        else:
            raise RefusedError("the model's server refused the request (400)") from None


def _text(completion: ChatCompletion, bill: _Bill) -> str:
    """The text of an answer that ended normally. Raises for everything else that servers are known to send."""
    choices = getattr(completion, "choices", None)
    if not choices:
        raise TransientError("the model's server answered without a choice")
    bill.add(completion)
    choice = choices[0]
    message = getattr(choice, "message", None)
    if message is None:
        raise TransientError("the model's server answered without a message")
    if getattr(message, "refusal", None):
        raise RefusedError("the model refused to answer")
    if choice.finish_reason == "length":
        raise RefusedError("the model's answer was cut at its length limit")
    if choice.finish_reason == "content_filter":
        raise RefusedError("the model's answer was withheld by a content filter")
    text = message.content
    if not isinstance(text, str) or not text.strip():
        raise RefusedError("the model gave an empty answer")
    return text


def _status_error(error: openai.APIStatusError) -> ReviewerError:
    status = error.status_code
    if error.code == "insufficient_quota":
        return RefusedError("the model's account has no quota left")
    if status == 429:
        return TransientError("the model's server limits our rate (429)", _retry_after(error.response.headers.get("retry-after")))
    if status in (408, 409) or status >= 500:
        return TransientError(f"the model's server failed ({status})")
    if 300 <= status < 400:
        return RefusedError(f"the model's server redirects elsewhere ({status}); set OPENAI_BASE_URL to the right address")
    return RefusedError(f"the model's server refused us ({status}); check OPENAI_API_KEY and REVIEWER_MODEL")


def _retry_after(value: str | None) -> float:
    """Seconds to wait after a 429: the server's word as seconds or date, 30 s when it gives none, at most an hour."""
    if value is None:
        return 30.0
    if value.isascii() and value.isdigit():
        return min(float(value[:6]), 3600.0)
    try:
        from_date = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return 30.0
    return min(max(from_date.timestamp() - time.time(), 1.0), 3600.0)


class _TooLargeError(Exception):
    """An answer above ANSWER_BYTES_MAX."""


class _Capped(httpx2.AsyncBaseTransport):
    """A transport whose answers end with an error once they are larger than we read."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["accept-encoding"] = "identity"  # so that bytes counted are bytes kept
        response = await self._inner.handle_async_request(request)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _CappedStream(response.stream)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _CappedStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if size > ANSWER_BYTES_MAX:
                raise _TooLargeError
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
