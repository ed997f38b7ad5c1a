"""The front door of the stand-in GitHub: log, faults, credentials, the API description, the route, and out again."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from tests.standin import access, graphql
from tests.standin.call import Actor, Call, RefusalError, Reply, Routes, not_found
from tests.standin.contract import Match, contract
from tests.standin.faults import SECONDARY_LIMIT, Fault, Faults
from tests.standin.json_types import JsonObject, as_object
from tests.standin.routes import app, checks, comments, pulls, repositories, reviewers, reviews
from tests.standin.server import Incoming, Outgoing
from tests.standin.state import World

GRAPHQL = "graphql"
"""What faults, callbacks and counts call the GraphQL endpoint."""

API_VERSIONS = ("2022-11-28", "2026-03-10")
"""The versions this GitHub knows; another one is answered 400."""

_ROUTES: Routes = {
    **access.ROUTES,
    **app.ROUTES,
    **repositories.ROUTES,
    **pulls.ROUTES,
    **reviews.ROUTES,
    **reviewers.ROUTES,
    **comments.ROUTES,
    **checks.ROUTES,
}
_BY_ID = re.compile(r"/repositories/(\d+)(/.*)?")
_CONTENT = re.compile(r"(pulls|issues|reactions|checks)/(create|update|submit).*")


class When(Enum):
    """When a callback runs: before the request takes effect, or after it and before the answer."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class Request:
    """One request as the log keeps it. `status` is 0 until it is answered, `operation` is "" for an unknown route."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    operation: str
    status: int = 0
    faulty: bool = False

    @property
    def json(self) -> JsonObject:
        """The body as JSON."""
        return as_object(json.loads(self.body)) if self.body else {}


@dataclass(slots=True)
class Watcher:
    """A callback on an operation, `left` more times (None: always)."""

    operation: str
    call: Callable[[Request], None]
    when: When
    left: int | None = None


@dataclass(slots=True)
class Door:
    """All that stands between the socket and the records."""

    world: World
    origin: str = ""
    faults: Faults = field(default_factory=Faults)
    watchers: list[Watcher] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    async def answer(self, incoming: Incoming) -> Outgoing:
        """Answer one request; the stand-in's own mistakes end as a violation and a 500, never in silence."""
        path = incoming.path.removeprefix("/api/v3")
        is_graphql = path in ("/graphql", "/api/graphql")
        named = _named(self.world, path)
        match = None if is_graphql or named is None else contract().match(incoming.method, named)
        operation = GRAPHQL if is_graphql else match.operation.id if match is not None else ""
        request = Request(incoming.method, incoming.path, incoming.query, incoming.headers, incoming.body, operation)
        with self.changed:
            self.requests.append(request)
            fault = self.faults.take(operation)
        request.faulty = fault is not None
        outgoing = await self._guarded(incoming, request, match, fault)
        with self.changed:
            request.status = outgoing.status
            self.changed.notify_all()
        return outgoing

    async def _guarded(
        self, incoming: Incoming, request: Request, match: Match | None, fault: Fault | None
    ) -> Outgoing:
        await self._watch(request, When.BEFORE)
        if fault is not None and fault.gate is not None:
            await fault.gate.pass_through()
        if fault is not None and not fault.effect and fault.answer is not None:
            return fault.answer
        try:
            reply = await asyncio.to_thread(self._carry_out, incoming, request, match)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            self.world.violations.append(f"{request.method} {request.path}: the stand-in failed: {error!r}")
            reply = Reply(500, {"message": "the stand-in failed", "documentation_url": ""})
        await self._watch(request, When.AFTER)
        if fault is not None and fault.gate_after is not None:
            await fault.gate_after.pass_through()
        outgoing = Fault().spoil(reply) if fault is None else fault.spoil(reply)
        outgoing.headers.update({**self._limits(), **outgoing.headers})
        return outgoing

    async def _watch(self, request: Request, when: When) -> None:
        for watcher in list(self.watchers):
            if watcher.when is when and watcher.operation in ("*", request.operation) and watcher.left != 0:
                watcher.left = None if watcher.left is None else watcher.left - 1
                await asyncio.to_thread(watcher.call, request)

    def _carry_out(self, incoming: Incoming, request: Request, match: Match | None) -> Reply:
        with self.world.lock:
            try:
                actor = access.identify(self.world, incoming.headers.get("authorization"))
                self._refuse_early(incoming)
                if request.operation == GRAPHQL:
                    return graphql.answer(self.world, actor, incoming.body)
                if match is None:
                    return self._unknown(incoming)
                self._refuse_burst(request)
                return self._routed(incoming, match, actor)
            except RefusalError as refused:
                return refused.reply

    def _routed(self, incoming: Incoming, match: Match, actor: Actor) -> Reply:
        operation = match.operation
        call = Call(
            world=self.world,
            operation=operation,
            params=match.params,
            query=incoming.query,
            headers=incoming.headers,
            raw_body=incoming.body,
            actor=actor,
            origin=self.origin,
            path=incoming.path,
        )
        if moved := self._moved(call):
            return moved
        access.admit(call)
        if operation.id in ("checks/create", "checks/update") and (refused := _check_refusal(call)):
            raise refused
        if problems := contract().request_problems(operation, incoming.query, incoming.body):
            return self._violation(problems)
        route = _ROUTES.get(operation.id)
        if route is None:
            return self._violation([f"{operation.id}: the stand-in does not have this route"])
        reply = route(call)
        if reply.raw is None:
            shown = json.loads(reply.as_bytes() or b"null")
            if problems := contract().answer_problems(operation, reply.status, shown):
                return self._violation(problems)
        return reply

    def _moved(self, call: Call) -> Reply | None:
        """301 (GET) or 307 to the address by id, for a repository under its old name."""
        if "owner" not in call.params:
            return None
        name = f"{call.params['owner']}/{call.params['repo']}"
        if self.world.repository(name) is not None:
            return None
        record = self.world.renamed(name)
        if record is None:
            return None
        rest = call.path.split(name, 1)[1]
        query = f"?{call.query}" if call.query else ""
        address = f"{self.origin}/repositories/{record.id}{rest}{query}"
        get = call.operation.method == "GET"
        value: JsonObject = {
            "message": "Moved Permanently" if get else "Temporary Redirect",
            "url": address,
            "documentation_url": "https://docs.github.com/rest",
        }
        return Reply(301 if get else 307, value, {"Location": address})

    def _unknown(self, incoming: Incoming) -> Reply:
        self.world.violations.append(f"{incoming.method} {incoming.path}: no such route on this GitHub")
        raise not_found()

    def _violation(self, problems: list[str]) -> Reply:
        self.world.violations.extend(problems)
        return Reply(500, {"message": "; ".join(problems), "documentation_url": "", "violation": True})

    def _refuse_early(self, incoming: Incoming) -> None:
        version = incoming.headers.get("x-github-api-version")
        if version is not None and version not in API_VERSIONS:
            raise RefusalError(400, f"The API version '{version}' is not supported.")
        if not incoming.headers.get("user-agent"):
            raise RefusalError(403, "Request forbidden by administrative rules.")

    def _refuse_burst(self, request: Request) -> None:
        most = self.world.switches.content_writes_a_minute_max
        if request.method == "GET" or not _CONTENT.fullmatch(request.operation):
            return
        now = self.world.now()
        self.world.content_writes = [at for at in self.world.content_writes if at > now - timedelta(seconds=60)]
        if most is not None and len(self.world.content_writes) >= most:
            raise RefusalError(403, SECONDARY_LIMIT, headers={"Retry-After": "60"})
        self.world.content_writes.append(now)

    def _limits(self) -> dict[str, str]:
        used = len(self.requests)
        return {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": str(max(0, 5000 - used)),
            "X-RateLimit-Used": str(used),
            "X-RateLimit-Reset": str(int(self.world.now().timestamp()) + 3600),
            "X-GitHub-Request-Id": f"C0FF:EE:{used:04X}",
        }


def operations() -> frozenset[str]:
    """Every name that a fault, a callback or a count may use."""
    return frozenset({*_ROUTES, GRAPHQL, "*"})


def _named(world: World, path: str) -> str | None:
    """The path with the repository's name in it, for addresses by id."""
    found = _BY_ID.fullmatch(path)
    if found is None:
        return path
    record = world.repositories.get(int(found[1]))
    return None if record is None else f"/repos/{record.full_name}{found[2] or ''}"


def _check_refusal(call: Call) -> RefusalError | None:
    try:
        return checks.refusal(call.body)
    except (ValueError, TypeError):
        return None  # no JSON object: the contract names it
