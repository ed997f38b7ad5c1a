"""Deliveries as fast or as regularly as asked, from a process of its own, so that only the service's work counts.

python -m benchmarks.senders < one JSON object    prints what each answer took

The body is GitHub's own example of `pull_request` (some 20 KB) with another pull request in each.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Self

from benchmarks.world import ROOT

_EXAMPLE = ROOT / "tests" / "deliveries" / "payloads" / "pull_request.synchronize.1.json"


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: `count` deliveries by `senders`; `a_second` None means each as soon as the last is answered.

    At a rate, a delivery's time counts from when it was due, so that a stall is felt by all that it holds up.
    """

    port: int
    secret: str
    action: str
    count: int
    senders: int
    first: int
    a_second: float | None = None
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Answers:
    """Seconds that each answer took, the wall time of all, and how many were no 202."""

    seconds: list[float]
    wall_s: float
    refused: int
    body_bytes: int

    @classmethod
    def read(cls, text: str) -> Self:
        """From what the sender printed."""
        return cls(**json.loads(text))


async def send(load: Load) -> Answers:
    """Send from a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.senders", stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    said, _ = await process.communicate(json.dumps(asdict(load)).encode())
    return Answers.read(said.decode())


def requests(load: Load) -> list[bytes]:
    """The whole requests, made before the clock runs."""
    payload = json.loads(_EXAMPLE.read_bytes())
    payload["action"] = load.action
    payload["installation"] = {"id": 11}
    made = []
    for number in range(load.first, load.first + load.count):
        payload["number"] = payload["pull_request"]["number"] = number
        payload["pull_request"]["head"]["sha"] = f"{number:040x}"
        body = json.dumps(payload).encode()
        signature = hmac.new(load.secret.encode(), body, hashlib.sha256).hexdigest()
        made.append(
            f"POST /api/github/webhooks HTTP/1.1\r\nHost: localhost\r\nUser-Agent: GitHub-Hookshot/044aadd\r\n"
            f"Content-Type: application/json\r\nX-GitHub-Event: pull_request\r\nX-GitHub-Delivery: {uuid.uuid4()}\r\n"
            f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
    return made


async def _all(load: Load) -> Answers:
    made = requests(load)
    seconds: list[float] = []
    refused = 0
    start = time.perf_counter() + 0.1
    turns: Iterator[tuple[int, bytes]] = iter(enumerate(made))

    async def one() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
        for number, request in turns:
            if load.a_second is None:
                due = time.perf_counter()
            else:
                due = start + number // load.burst * load.burst / load.a_second
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            seconds.append(time.perf_counter() - due)
            refused += b" 202 " not in head.split(b"\r\n")[0]
        writer.close()

    await asyncio.gather(*(one() for _ in range(load.senders)))
    return Answers(seconds, time.perf_counter() - start, refused, len(made[0]))


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(_all(Load(**json.load(sys.stdin))))), sys.stdout)
