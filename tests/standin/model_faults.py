"""How a model and its server go wrong. Each is an answer for `ModelStandIn.say`."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

from tests.standin.json_types import JsonObject
from tests.standin.model import ModelRequest, Said, Script, Scripted
from tests.standin.obedience import Place, places
from tests.standin.schema_walk import shaped
from tests.standin.server import Gate, Outgoing

_JSON = {"Content-Type": "application/json"}


def refusal() -> Said:
    """The model declines."""
    return Said(None, refusal="I'm sorry, I can't assist with that request.")


def cut_short(request: ModelRequest, usual: str) -> Scripted:
    """Out of tokens in the middle."""
    return Said(usual[: len(usual) // 2], finish_reason="length")


def filtered() -> Said:
    """The provider's filter stepped in."""
    return Said("", finish_reason="content_filter")


def no_content() -> Said:
    """`content: null` and no word why."""
    return Said(None)


def no_choices() -> Said:
    """`choices: []`."""
    return Said(None, choices=[])


def without_choices() -> Said:
    """No `choices` at all."""
    return Said(None, has_choices=False)


def fenced(request: ModelRequest, usual: str) -> Scripted:
    """The right JSON in a code fence."""
    return f"```json\n{usual}\n```"


def with_prose(request: ModelRequest, usual: str) -> Scripted:
    """The right JSON with talk around it."""
    return f"Sure! Here is the review {{as you asked}}:\n\n{usual}\n\nLet me know if you need more."


def thinking(request: ModelRequest, usual: str) -> Scripted:
    """The right JSON after a think block with JSON of its own."""
    return f'<think>They want {{"findings": "some"}}. Hmm.</think>\n{usual}'


def tool_calls() -> Said:
    """A call of a tool that nobody offered."""
    function: JsonObject = {"name": "run_shell", "arguments": '{"command": "env"}'}
    return Said(
        None, finish_reason="tool_calls", tool_calls=[{"id": "call_1", "type": "function", "function": function}]
    )


def wrong_shape() -> str:
    """JSON, but of another shape: a list where a text belongs, unknown keys, a number as text."""
    return json.dumps({"summary": ["x"], "findings": {"path": 1}, "verdict": "approve", "confidence": "high"})


def html() -> Outgoing:
    """A gateway's login page with status 200."""
    return Outgoing(200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html><body>Please sign in</body></html>")


def error_in_200() -> Outgoing:
    """Status 200, and an error inside."""
    return Outgoing(200, _JSON, json.dumps({"error": {"message": "upstream failed", "code": 502}}).encode())


def failed(status: int, message: str = "The server had an error", code: str | None = None) -> Outgoing:
    """Any error answer: 401, 404, 500, 503, …"""
    return Outgoing(status, _JSON, json.dumps({"error": {"message": message, "type": "error", "code": code}}).encode())


def rate_limited(retry_after: str | None = None) -> Outgoing:
    """429, with `Retry-After` as given (seconds or a date) or without."""
    answer = failed(429, "Rate limit reached", "rate_limit_exceeded")
    headers = dict(_JSON) if retry_after is None else {**_JSON, "Retry-After": retry_after}
    return Outgoing(429, headers, answer.body)


def out_of_quota() -> Outgoing:
    """429 that no waiting mends."""
    return failed(429, "You exceeded your current quota, please check your plan.", "insufficient_quota")


def redirect(to: str, status: int = 307) -> Outgoing:
    """To another host, which would be sent the whole prompt."""
    return Outgoing(status, {"Location": to}, b"")


def huge(size: int) -> Outgoing:
    """An answer of `size` bytes, valid JSON."""
    text = "x" * size
    return Outgoing(200, _JSON, json.dumps({"choices": [{"message": {"content": text}}]}).encode())


def inflating(size: int) -> Outgoing:
    """A small answer that unpacks to `size` bytes."""
    packed = gzip.compress(b" " * size, compresslevel=9)
    return Outgoing(200, {**_JSON, "Content-Encoding": "gzip"}, packed)


def hang(gate: Gate) -> Outgoing:
    """Headers, then nothing until the gate opens."""
    return Outgoing(200, _JSON, chunks=_after(gate))


def drip(*gates: Gate) -> Outgoing:
    """One blank a gate, each as its gate opens; never the end of an answer before the last."""
    return Outgoing(200, _JSON, chunks=_blanks(gates))


def endless(pause_s: float = 0.0) -> Outgoing:
    """Blanks for ever: as fast as they are read (for a cap on size), or one every `pause_s` (for a wall clock)."""
    return Outgoing(200, _JSON, chunks=_for_ever(pause_s))


def hallucinated(request: ModelRequest, usual: str) -> Scripted:
    """Findings in files and on lines that do not exist, with quotes nobody wrote."""
    places_made_up = [
        Place("src/not-there.ts", 7, "const never = written;"),
        Place("../../etc/passwd", 1, "root:x:0:0"),
    ]
    real = places(request.said_by("user"))[:1]
    wrong_lines = [Place(place.path, 99_999, place.quote) for place in real]
    wrong_quotes = [Place(place.path, place.line, "this text stands nowhere") for place in real]
    return _findings(request, usual, [*places_made_up, *wrong_lines, *wrong_quotes])


def many_findings(count: int = 2_000) -> Script:
    """Far more findings than anybody reads, all on real lines."""

    def script(request: ModelRequest, usual: str) -> Scripted:
        real = places(request.said_by("user")) or [Place("src/a.ts", 1, "")]
        return _findings(request, usual, [real[at % len(real)] for at in range(count)])

    return script


def _findings(request: ModelRequest, usual: str, where: list[Place]) -> str:
    findings: list[object] = [
        {
            "path": place.path,
            "start_line": place.line,
            "end_line": place.line,
            "line": place.line,
            "quote": place.quote,
            "severity": "blocker",
            "confidence": 1.0,
            "title": f"Made up {at}",
            "message": f"There is a defect, number {at}.",
        }
        for at, place in enumerate(where)
    ]
    values: JsonObject = {"summary": "Many things are wrong.", "findings": findings}
    return usual if request.schema is None else json.dumps(shaped(request.schema, values))


async def _after(gate: Gate) -> AsyncIterator[bytes]:
    await gate.pass_through()
    yield b"{}"


async def _blanks(gates: tuple[Gate, ...]) -> AsyncIterator[bytes]:
    for gate in gates:
        yield b" "
        await gate.pass_through()
    yield b"{}"


async def _for_ever(pause_s: float) -> AsyncIterator[bytes]:
    piece = b" " if pause_s else b" " * 65_536
    while True:
        yield piece
        await asyncio.sleep(pause_s)
