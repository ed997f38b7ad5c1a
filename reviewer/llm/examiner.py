"""The one gateway to the model: any OpenAI-compatible server, chat completions, nothing taken on trust."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import httpx2
import openai
from openai import AsyncOpenAI

from reviewer.core.errors import RefusedError, ReviewerError, TransientError
from reviewer.llm.answer import UnusableAnswerError
from reviewer.llm.bill import Bill
from reviewer.llm.form import EXAMINE, tokens_of
from reviewer.llm.wire import Capped, Completion, UnreadableError, failure, read_completion

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

    from reviewer.llm.form import Asked, Form

_REQUESTS_MAX: Final = 3
"""Requests for one batch and model, told all: a form the server does not know, and one repair, included."""

_FORMS: Final = ("json_schema", "json_object", "text")
_FORM_WORDS: Final = ("response_format", "json_schema", "json_object", "grammar", "schema", "strict")
_LENGTH_WORDS: Final = ("context length", "context_length", "context size", "too long", "maximum context")

_TOKEN_CHARS_MAX: Final = 6
"""Characters, blanks aside, of one token: code has some three, English some four. A server that counts fewer tokens
than that makes has cut the prompt, as Ollama does without a word when its context is smaller.
"""

_CUT_CHARS_MIN: Final = 10_000
"""Characters from which on a count tells: no server has a context of less than 1,700 tokens."""

_COMPLAINT_CHARS_MAX: Final = 10_000
"""Characters of a 400 that are searched for what it is about."""


@dataclass(frozen=True, slots=True, repr=False)
class ModelSettings:
    """Where the model is and what one batch may cost. `models` is a fallback order. `repr` does not show the key.

    `timeout_s` is for one batch over all models and requests, by the wall clock.
    """

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


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What of the interface a model's server takes; learned from its 400s. `form` is an index into the forms."""

    form: int = 0
    tokens_key: str = "max_tokens"


class Examiner:
    """Asks the model about one batch at a time. Close it with `aclose()`. Safe to share between reviews."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        transport = Capped(httpx2.AsyncHTTPTransport())
        self._http = httpx2.AsyncClient(transport=transport, follow_redirects=False, trust_env=False)
        self._client = AsyncOpenAI(
            base_url=settings.base_url,
            api_key=settings.api_key or "none",
            timeout=settings.timeout_s,
            max_retries=0,
            http_client=self._http,
        )
        self._dialects = dict.fromkeys(settings.models, _Dialect())

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def ask(self, asked: Asked, form: Form = EXAMINE, bill: Bill | None = None) -> Examined:
        """A valid answer, or TransientError (ask again later) or RefusedError (this one gets none), with the reason.

        What it cost is added to `bill`, whatever comes of it.

        The wall clock runs over everything, as the library's own time-out starts anew with every byte. The next model
        of the list is asked when one refuses or is away, and each gets an equal part of the time that is left, so that
        one that hangs leaves some to the others. A rate limit is waited for instead.
        """
        bill, failures = Bill() if bill is None else bill, dict[str, ReviewerError]()
        clock = asyncio.get_running_loop().time
        end = clock() + self._settings.timeout_s
        for at, model in enumerate(self._settings.models):
            share_s = (end - clock()) / (len(self._settings.models) - at)
            try:
                async with asyncio.timeout(share_s):
                    text = await self._converse(model, asked, form, bill)
            except TimeoutError:
                failures[model] = TransientError("the model did not answer in time")
            except TransientError as error:
                if error.retry_after_s is not None:
                    raise
                failures[model] = error
            except RefusedError as error:
                failures[model] = error
            else:
                return Examined(text, model, bill.calls, bill.prompt_tokens, bill.completion_tokens)
        raise _told_together(failures)

    async def _converse(self, model: str, asked: Asked, form: Form, bill: Bill) -> str:
        """One model's answer. A repair asks the same question anew: no answer is sent back as if it were ours."""
        user, unfit = asked.user, ""
        for _ in range(_REQUESTS_MAX):
            dialect = self._dialects[model]
            try:
                completion = await self._billed(model, form, (asked.system, user), bill)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                self._dialects[model] = _learned(self._dialects[model], dialect, error)
                continue
            _assert_read(completion, f"{asked.system}{user}")
            try:
                return form.read(completion.text())
            except UnusableAnswerError as error:
                if unfit:
                    raise RefusedError(f"the model's answer does not fit the schema ({error})") from error
                unfit = str(error)
                user = f"{asked.user}Your last answer did not fit: {unfit}. Give the whole answer again, corrected.\n"
        if unfit:
            raise RefusedError(f"the model's answer does not fit the schema ({unfit})")
        raise TransientError("the model's server took our request in none of three forms; others are left to try")

    async def _billed(self, model: str, form: Form, messages: tuple[str, str], bill: Bill) -> Completion:
        """One request, on the bill: by the server's count, or by ours when it may have worked and does not tell."""
        bill.calls += 1
        is_told = False
        try:
            completion = await self._request(model, form, messages)
            prompt, told = completion.used("prompt_tokens"), completion.used("completion_tokens")
            is_told = prompt > 0
            bill.add(model, prompt, told)
        except openai.APIStatusError as error:
            is_told = True  # no server asks money for an error
            if isinstance(error, (openai.BadRequestError, openai.UnprocessableEntityError)):
                raise
            raise failure(error) from None
        except openai.OpenAIError as error:
            is_told = isinstance(error.__cause__, httpx2.ConnectError)
            raise failure(error) from None
        except UnreadableError as error:
            raise RefusedError(str(error)) from None
        except UnicodeError:
            is_told = True
            raise RefusedError("the request cannot be written; OPENAI_API_KEY has to be ASCII") from None
        finally:
            if not is_told:
                bill.guess(model, tokens_of(*messages))
        return completion

    async def _request(self, model: str, form: Form, said: tuple[str, str]) -> Completion:
        dialect = self._dialects[model]
        extra: dict[str, object] = {dialect.tokens_key: self._settings.answer_tokens_max}
        kind = _FORMS[dialect.form]
        if kind == "json_schema":
            schema = {"name": form.name, "strict": True, "schema": form.schema}
            extra["response_format"] = {"type": kind, "json_schema": schema}
        elif kind == "json_object":
            extra["response_format"] = {"type": kind}
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": said[0]},
            {"role": "user", "content": said[1]},
        ]
        ask = self._client.chat.completions.with_raw_response.create
        raw = await ask(model=model, messages=messages, extra_body=extra)
        return read_completion(raw.content)


def _assert_read(completion: Completion, prompt: str) -> None:
    """RefusedError when the server tells that it has read a part of the prompt only: what it found in that, and above
    all what it did not find, is no review of the rest.
    """
    chars, read = len("".join(prompt.split())), completion.used("prompt_tokens")
    least = chars // _TOKEN_CHARS_MAX
    if chars >= _CUT_CHARS_MIN and 0 < read < least:
        said = f"the model's server read {read:,} tokens of a prompt of at least {least:,} and cut the rest"
        raise RefusedError(f"{said}; give it a larger context, or lower REVIEWER_MODEL_PROMPT_TOKENS_MAX")


def _learned(now: _Dialect, used: _Dialect, error: openai.APIStatusError) -> _Dialect:
    """What a 400 teaches about the server; RefusedError when it is about something else.

    `used` is what the refused request spoke, `now` what others have learned meanwhile: no lesson is taken twice.
    """
    said = str(error)[:_COMPLAINT_CHARS_MAX].lower()
    if any(word in said for word in _LENGTH_WORDS):
        raise RefusedError("the change is too long for the model; lower REVIEWER_MODEL_PROMPT_TOKENS_MAX") from None
    if used.tokens_key == "max_tokens" and "max_completion_tokens" in said:
        return replace(now, tokens_key="max_completion_tokens")
    if used.form < len(_FORMS) - 1 and any(word in said for word in _FORM_WORDS):
        return replace(now, form=max(now.form, used.form + 1))
    raise RefusedError(f"the model's server refused the request ({error.status_code})") from None


def _told_together(failures: dict[str, ReviewerError]) -> ReviewerError:
    """One error for all models: worth another try if any of them is."""
    if not failures:
        return RefusedError("no model is configured")
    if len(failures) == 1:
        return next(iter(failures.values()))
    kind = TransientError if any(isinstance(error, TransientError) for error in failures.values()) else RefusedError
    return kind("; ".join(f"{model}: {error}" for model, error in failures.items()))
