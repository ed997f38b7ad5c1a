"""The real service as a process of its own, for tests and the demo: started, sent deliveries, killed, started again."""

from __future__ import annotations

import json
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.deliveries.signed import SignedDelivery
from tests.standin.github import GitHubStandIn

START_S = 60.0
_PORT = re.compile(r"listening on \S+ port (\d+)")


class Service:
    """`reviewer serve` against a stand-in, with its data in `folder`. `output` is all it has said so far."""

    def __init__(self, github: GitHubStandIn, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._github = github
        self._folder = folder
        self._extra = dict(environment or {})
        self.output: list[str] = []
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """Everything the process gets; nothing of ours leaks in."""
        key = self._folder / "key.pem"
        if not key.exists():
            key.write_text(self._github.private_key)
        return {
            "PATH": "/usr/bin:/bin",
            "APP_ID": str(self._github.app_id),
            "PRIVATE_KEY_PATH": str(key),
            "WEBHOOK_SECRET": self._github.webhook_secret,
            "GITHUB_API_URL": self._github.url,
            "DATABASE_URL": f"sqlite:///{self._folder / 'reviewer.db'}",
            "REVIEWER_DEBOUNCE_SECONDS": "0",
            "LOG_FORMAT": "json",
            **self._extra,
        }

    def start(self) -> None:
        """Start, and return once it listens."""
        heard: queue.Queue[int | None] = queue.Queue()
        process = subprocess.Popen(
            [sys.executable, "-m", "reviewer", "serve", "--port", "0"],
            env=self.environment,
            cwd=Path(__file__).parents[1],
            stderr=subprocess.PIPE,
            text=True,
        )
        self._process = process
        threading.Thread(target=self._listen, args=(process, heard), daemon=True).start()
        port = heard.get(timeout=START_S)
        if port is None:
            raise AssertionError("the service did not start:\n" + "".join(self.output))
        self.port = port

    def _listen(self, process: subprocess.Popen[str], heard: queue.Queue[int | None]) -> None:
        if process.stderr is None:
            raise AssertionError("stderr was asked for")
        with process.stderr:
            for line in process.stderr:
                self.output.append(line)
                if found := _PORT.search(line):
                    heard.put(int(found[1]))
        heard.put(None)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._running.pid

    @property
    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise AssertionError("the service is not running")
        return self._process

    def stop(self, timeout_s: float = 40.0) -> int:
        """End it as a supervisor does, and return its exit status."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        return process.wait(timeout_s)

    def kill(self) -> None:
        """kill -9."""
        process, self._process = self._running, None
        process.kill()
        process.wait()

    def deliver(self, delivery: SignedDelivery) -> tuple[int, dict[str, object]]:
        """POST a delivery as GitHub does; status and body."""
        address = f"http://127.0.0.1:{self.port}/api/github/webhooks"
        request = urllib.request.Request(address, data=delivery.body, headers=delivery.headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- loopback
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")

    def accept(self, delivery: SignedDelivery) -> float:
        """Deliver and insist on 202; seconds it took."""
        start = time.monotonic()
        status, said = self.deliver(delivery)
        if status != 202:
            raise AssertionError(f"{status}: {said}\n" + "".join(self.output[-5:]))
        return time.monotonic() - start
