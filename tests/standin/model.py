"""A model on loopback, as OpenAI-compatible servers speak. It obeys every injection unless a test scripts it.

with ModelStandIn() as model:
    model.say({"summary": "…", "findings": []}, "no JSON at all")   # the next two answers
    ...                                                               # the reviewer asks model.base_url
    assert "secret" not in model.requests[0].prompt
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Self

from tests.standin.json_types import JsonObject, as_list, as_object
from tests.standin.obedience import obeyed
from tests.standin.schema_walk import shaped
from tests.standin.server import Gate, Incoming, Loopback, Outgoing


class Support(Enum):
    """What of `response_format` the server knows; the rest is a 400, as real servers say it."""

    JSON_SCHEMA = 2
    JSON_OBJECT = 1
    NONE = 0


KNOWN_KEYS = frozenset(
    {"model", "messages", "response_format", "max_tokens", "max_completion_tokens", "temperature", "top_p", "seed"}
    | {"stop", "n", "user", "presence_penalty", "frequency_penalty", "reasoning_effort", "store", "metadata"}
)
"""Request keys; another one is refused, so that a misspelt one shows."""


@dataclass(slots=True)
class ModelRequest:
    """One request for an answer. `status` is 0 until it is answered."""

    headers: dict[str, str]
    body: JsonObject
    status: int = 0

    @property
    def roles(self) -> list[str]:
        """Who speaks, in order."""
        return [str(as_object(message)["role"]) for message in as_list(self.body["messages"])]

    @property
    def is_check(self) -> bool:
        """Whether it is a second question, about claims of an earlier answer."""
        return "You check claims" in self.said_by("system")

    @property
    def claims(self) -> list[str]:
        """The ids of the claims that a second question is about."""
        lines = self.said_by("user").split("\n")
        return [line.split(" ")[1] for line in lines if line.startswith("CLAIM ")]

    def said_by(self, role: str) -> str:
        """All that one role says, joined."""
        messages = [as_object(message) for message in as_list(self.body["messages"])]
        return "\n".join(str(message.get("content") or "") for message in messages if message["role"] == role)

    @property
    def prompt(self) -> str:
        """Everything the model was shown."""
        return "\n".join(self.said_by(role) for role in dict.fromkeys(self.roles))

    @property
    def schema(self) -> JsonObject | None:
        """The JSON schema that the answer has to fit, or None when none was sent."""
        form = as_object(self.body.get("response_format") or {})
        return as_object(as_object(form["json_schema"])["schema"]) if "json_schema" in form else None


@dataclass(frozen=True, slots=True)
class Said:
    """A chat completion, well-formed or not: `choices` replaces the usual list of one. `context` is how many tokens the
    server reads of a longer prompt, without a word.
    """

    content: str | None
    finish_reason: str = "stop"
    refusal: str | None = None
    tool_calls: list[object] | None = None
    choices: list[object] | None = field(default=None)
    has_choices: bool = True
    context: int | None = None


Scripted = Said | Outgoing | JsonObject | str
"""An answer: a whole completion, raw HTTP, JSON content, or text content."""

Script = Callable[[ModelRequest, str], Scripted]
"""Makes an answer from the request and from what the model would have said otherwise."""


def verdicts(request: ModelRequest, verdict: str = "confirmed", question: str | None = None) -> JsonObject:
    """The same verdict on every claim."""
    one = {"reason": "Line 1 decides.", "verdict": verdict, "question": question}
    return {"verdicts": [{"id": name, **one} for name in request.claims]}


class ModelStandIn:
    """The server. Answers come from the queue, then from `script`, then from obedience.

    Second questions are answered by `judge` alone; without one, every claim is confirmed.
    """

    def __init__(self, api_key: str = "sk-standin-model-key") -> None:
        self.api_key = api_key
        self.support = Support.JSON_SCHEMA
        self.script: Script | None = None
        self.judge: Script | None = None
        self.wants_completion_tokens = False
        self.context_chars_max: int | None = None
        self.violations: list[str] = []
        self._requests: list[ModelRequest] = []
        self._queue: deque[Script] = deque()
        self._last_schema: JsonObject | None = None
        self._changed = threading.Condition()
        self._gates: list[Gate] = []
        self._loopback = Loopback(self._answer, self.violations.append)

    def __enter__(self) -> Self:
        self._loopback.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for gate in self._gates:
            gate.open()
        self._loopback.stop()
        if kind is None and self.violations:
            raise AssertionError("what no client of a model may do:\n" + "\n".join(self.violations))

    @property
    def base_url(self) -> str:
        """`OPENAI_BASE_URL`."""
        return f"{self._loopback.origin}/v1"

    @property
    def requests(self) -> list[ModelRequest]:
        """Every request for an answer, in order."""
        with self._changed:
            return list(self._requests)

    @property
    def unused(self) -> int:
        """Scripted answers that nobody asked for."""
        return len(self._queue)

    def say(self, *answers: Scripted | Script, times: int = 1) -> None:
        """Queue the next answers (each `times` times)."""
        for answer in answers:
            script = answer if callable(answer) else _always(answer)
            self._queue.extend([script] * times)

    def gate(self) -> Gate:
        """A gate for `hang` and `drip`, opened at the latest when the server stops."""
        self._gates.append(Gate())
        return self._gates[-1]

    async def asked(self, count: int = 1, timeout_s: float = 30.0) -> None:
        """Wait until the model was asked `count` times; raises TimeoutError."""

        def wait() -> bool:
            with self._changed:
                return self._changed.wait_for(lambda: len(self._requests) >= count, timeout_s)

        if not await asyncio.to_thread(wait):
            raise TimeoutError("the model was not asked")

    async def _answer(self, incoming: Incoming) -> Outgoing:
        if incoming.path == "/v1/models":
            models: list[object] = [{"id": "standin", "object": "model", "created": 0, "owned_by": "tests"}]
            return _json(200, {"object": "list", "data": models})
        if (incoming.method, incoming.path) != ("POST", "/v1/chat/completions"):
            return _error(404, f"Unknown request URL: {incoming.method} {incoming.path}")
        try:
            request = ModelRequest(incoming.headers, as_object(json.loads(incoming.body)))
        except (ValueError, TypeError):
            return _error(400, "We could not parse the JSON body of your request.")
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
        outgoing = self._refused(request) or self._said(request)
        request.status = outgoing.status
        return outgoing

    def _refused(self, request: ModelRequest) -> Outgoing | None:
        """What a real server refuses before the model is asked."""
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            return _error(401, "Incorrect API key provided.", code="invalid_api_key")
        if unknown := set(request.body) - KNOWN_KEYS:
            self.violations.append(f"unknown request arguments {sorted(unknown)}")
            return _error(400, f"Unrecognized request argument supplied: {sorted(unknown)[0]}")
        if not request.body.get("model") or not isinstance(request.body.get("messages"), list):
            return _error(400, "you must provide a model parameter and messages")
        if self.wants_completion_tokens and "max_tokens" in request.body:
            text = "Unsupported parameter: 'max_tokens' is not supported here. Use 'max_completion_tokens' instead."
            return _error(400, text, code="unsupported_parameter")
        if self.context_chars_max is not None and len(request.prompt) > self.context_chars_max:
            return _error(400, "This model's maximum context length is exceeded.", code="context_length_exceeded")
        return self._refused_form(request)

    def _refused_form(self, request: ModelRequest) -> Outgoing | None:
        kind = as_object(request.body.get("response_format") or {"type": "text"}).get("type")
        needed = {"json_schema": Support.JSON_SCHEMA, "json_object": Support.JSON_OBJECT}.get(str(kind), Support.NONE)
        if needed.value > self.support.value:
            return _error(
                400, f"Invalid parameter: 'response_format' of type '{kind}' is not supported with this model."
            )
        if kind == "json_object" and "json" not in request.prompt.lower():
            text = (
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
            )
            return _error(400, text)
        return None

    @property
    def examinations(self) -> list[ModelRequest]:
        """The requests that are no second questions."""
        return [request for request in self.requests if not request.is_check]

    @property
    def checks(self) -> list[ModelRequest]:
        """The second questions."""
        return [request for request in self.requests if request.is_check]

    def _said(self, request: ModelRequest) -> Outgoing:
        if request.is_check:
            confirmed = verdicts(request)
            return self._told(request, self.judge(request, json.dumps(confirmed)) if self.judge else confirmed)
        usual = self.obedient(request)
        script = self._queue.popleft() if self._queue else self.script
        return self._told(request, usual if script is None else script(request, usual))

    def _told(self, request: ModelRequest, answer: Scripted) -> Outgoing:
        if isinstance(answer, Outgoing):
            return answer
        said = answer if isinstance(answer, Said) else Said(answer if isinstance(answer, str) else json.dumps(answer))
        return _json(200, _completion(request, said))

    def obedient(self, request: ModelRequest) -> str:
        """What the model says unscripted: what the data orders, in the schema of the request (or of the last one)."""
        self._last_schema = request.schema or self._last_schema
        values = obeyed(request.said_by("system"), request.said_by("user"))
        return json.dumps(shaped(self._last_schema, values) if self._last_schema is not None else values)


def _always(answer: Scripted) -> Script:
    return lambda _, __: answer


def _completion(request: ModelRequest, said: Said) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": said.content, "refusal": said.refusal}
    if said.tool_calls is not None:
        message["tool_calls"] = said.tool_calls
    choice: JsonObject = {"index": 0, "message": message, "finish_reason": said.finish_reason, "logprobs": None}
    asked, told = len(request.prompt) // 4, len(said.content or "") // 4
    asked = asked if said.context is None else min(asked, said.context)
    value: JsonObject = {
        "id": "chatcmpl-standin",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": request.body["model"],
        "usage": {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told},
    }
    if said.has_choices:
        value["choices"] = [choice] if said.choices is None else said.choices
    return value


def _json(status: int, value: JsonObject, headers: dict[str, str] | None = None) -> Outgoing:
    return Outgoing(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(value).encode())


def _error(status: int, message: str, code: str | None = None) -> Outgoing:
    error: JsonObject = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return _json(status, {"error": error})
