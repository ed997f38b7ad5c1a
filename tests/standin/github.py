"""A strict GitHub on loopback: real HTTP, real git, GitHub's refusals, and switches for what goes wrong.

with GitHubStandIn() as github:
    pull = github.open_pull(base_files={"a.ts": "1\\n"}, head_files={"a.ts": "2\\n"})
    ...                      # the reviewer works against github.url
    assert github.reviews(pull)[0].body == "…"

Leaving the block with `violations` is an AssertionError; a test that means to cause some clears the list.
"""

from __future__ import annotations

import asyncio
import queue
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.standin.access import app_key
from tests.standin.door import Door, Request, Watcher, When, operations
from tests.standin.faults import Fault, Planned
from tests.standin.people import People
from tests.standin.server import Gate, Loopback
from tests.standin.state import (
    Account,
    CheckRun,
    HookDelivery,
    IssueComment,
    Mention,
    Pull,
    Review,
    ReviewComment,
    Switches,
    World,
)

WAIT_S = 30.0
"""How long the waits below have patience; nothing that works takes that long."""


class GitHubStandIn(People):
    """The whole of GitHub that a reviewer sees. Everything is read and changed through this object."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="standin-github-"))
        self.world = World(self._folder)
        self._door = Door(self.world)
        self._loopback = Loopback(self._door.answer, self.world.violations.append)
        self._door.origin = self._loopback.origin
        self._gates: list[Gate] = []

    def __enter__(self) -> Self:
        self._loopback.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for gate in self._gates:
            gate.open()
        self._loopback.stop()
        shutil.rmtree(self._folder)
        if kind is None and self.violations:
            raise AssertionError("what no client of GitHub may do:\n" + "\n".join(self.violations))

    # ------------------------------------------------------------------------------------- what a client needs

    @property
    def url(self) -> str:
        """The REST root, as `GITHUB_API_URL`; GraphQL is at `/graphql` below it."""
        return self._loopback.origin

    @property
    def enterprise_url(self) -> str:
        """The same GitHub as an Enterprise Server has it: REST at `/api/v3`, GraphQL at `/api/graphql`."""
        return f"{self._loopback.origin}/api/v3"

    @property
    def app_id(self) -> int:
        """The App's id, `APP_ID`."""
        return self.world.app_id

    @property
    def private_key(self) -> str:
        """The App's private key in PEM, `PRIVATE_KEY`."""
        return app_key()[0]

    @property
    def webhook_secret(self) -> str:
        """`WEBHOOK_SECRET`."""
        return self.world.webhook_secret

    @property
    def bot(self) -> Account:
        """The account the App writes as: `<slug>[bot]`."""
        return self.world.bot

    @property
    def switches(self) -> Switches:
        """How this GitHub behaves; set what you need."""
        return self.world.switches

    # --------------------------------------------------------------------------------------- what goes wrong

    def fault(self, operation: str, fault: Fault, *, times: int | None = 1, skip: int = 0) -> Planned:
        """Let `operation` ("pulls/create-review", "graphql", "*" for any) fail; `hits` of the answer counts.

        The first `skip` requests pass, the next `times` (None: all) are hit. Raises ValueError for an operation
        that this GitHub does not have: a switch that cannot bite is a defect.
        """
        _known(operation)
        if fault.gate or fault.gate_after:
            self._gates += [gate for gate in (fault.gate, fault.gate_after) if gate is not None]
        planned = Planned(operation, fault, times, skip)
        with self._door.changed:
            self._door.faults.planned.append(planned)
        return planned

    @property
    def unused_faults(self) -> list[str]:
        """Operations whose faults never hit anything, or not as often as planned."""
        return [p.operation for p in self._door.faults.planned if p.hits == 0 or (p.left or 0) > 0]

    def on(
        self,
        operation: str,
        call: Callable[[Request], None],
        *,
        when: When = When.BEFORE,
        times: int | None = None,
    ) -> None:
        """Call back from the server's side: a kill point, a push in mid-review. It may use this object freely."""
        _known(operation)
        self._door.watchers.append(Watcher(operation, call, when, times))

    def expire_tokens(self) -> None:
        """Every installation token given so far is worth nothing from now on."""
        for token in list(self.world.tokens.values()):
            token.revoked = True

    # ---------------------------------------------------------------------------------------- what happened

    @property
    def violations(self) -> list[str]:
        """What no client of GitHub may do, and answers of ours that break the description; empty at the end."""
        return self.world.violations

    @property
    def requests(self) -> list[Request]:
        """Every request, in the order it came in."""
        with self._door.changed:
            return list(self._door.requests)

    @property
    def connections(self) -> set[str]:
        """Hosts that requests were addressed to (`Host` headers)."""
        return {request.headers.get("host", "") for request in self.requests}

    @property
    def notified(self) -> list[Mention]:
        """Everybody who was told by a live mention, as often as they were told."""
        return list(self.world.notified)

    def count(self, operation: str) -> int:
        """How often an operation was asked for, whatever the answer."""
        _known(operation)
        return sum(operation in ("*", request.operation) for request in self.requests)

    @property
    def writes(self) -> list[Request]:
        """Requests that change something others see: no reads, no token mints, no GraphQL queries."""
        return [r for r in self.requests if r.method != "GET" and not r.path.endswith(("/access_tokens", "graphql"))]

    async def until(self, what: Callable[[], bool], timeout_s: float = WAIT_S) -> None:
        """Wait until `what` holds; it is asked again after each answered request. Raises TimeoutError."""
        if not await asyncio.to_thread(self._until, what, timeout_s):
            raise TimeoutError("what was waited for did not happen")

    async def answered(self, operation: str, count: int = 1, timeout_s: float = WAIT_S) -> None:
        """Wait until an operation was answered `count` times."""
        _known(operation)
        await self.until(
            lambda: sum(r.operation == operation and r.status > 0 for r in self._door.requests) >= count, timeout_s
        )

    def _until(self, what: Callable[[], bool], timeout_s: float) -> bool:
        with self._door.changed:
            return self._door.changed.wait_for(what, timeout_s)

    def reviews(self, pull: Pull) -> list[Review]:
        """Reviews of a pull request, drafts included, oldest first."""
        with self.world.lock:
            return [r for r in self.repository_of(pull).reviews.values() if r.pull == pull.number]

    def review_comments(self, pull: Pull) -> list[ReviewComment]:
        """Line and file comments, those of drafts included, oldest first."""
        with self.world.lock:
            return [c for c in self.repository_of(pull).review_comments.values() if c.pull == pull.number]

    def issue_comments(self, pull: Pull, author: Account | None = None) -> list[IssueComment]:
        """The conversation, oldest first, of one author or of everybody."""
        with self.world.lock:
            found = [c for c in self.repository_of(pull).issue_comments.values() if c.pull == pull.number]
        return [c for c in found if author is None or c.author.id == author.id]

    def check_runs(self, pull: Pull, head: str | None = None) -> list[CheckRun]:
        """Check runs on one head (the present one), oldest first."""
        with self.world.lock:
            runs = list(self.repository_of(pull).check_runs.values())
        return [run for run in runs if run.head == (head or pull.head_sha)]

    def reactions(self, comment: IssueComment | ReviewComment) -> list[str]:
        """The reactions on a comment."""
        return [reaction.content for reaction in comment.reactions]

    # -------------------------------------------------------------------------------------------- deliveries

    def log_delivery(self, event: str, guid: str, body: bytes, *, status_code: int = 502) -> HookDelivery:
        """A delivery in GitHub's own log of them, with the status it got (502: nobody was home)."""
        made = HookDelivery(
            id=next(self.world.ids),
            guid=guid,
            event=event,
            action=None,
            body=body,
            status_code=status_code,
            delivered=self.world.now(),
        )
        self.world.deliveries[made.id] = made
        return made

    async def redelivery(self, timeout_s: float = WAIT_S) -> HookDelivery:
        """The next delivery that the App asked to have again; the test sends it."""
        try:
            return await asyncio.to_thread(self.world.to_redeliver.get, True, timeout_s)
        except queue.Empty as error:
            raise TimeoutError("no redelivery was asked for") from error


def _known(operation: str) -> None:
    if operation not in operations():
        raise ValueError(f"this GitHub has no operation {operation!r}")
