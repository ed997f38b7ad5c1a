"""An error that is caught and forgotten: the caller is told that all went well.

Flagged are an empty `catch` without a word why, a `.catch` that returns nothing behind a write, and a `catch` that only
logs around a write in a function that then goes on. A comment that says why it may be ignored is enough to be left
alone; so are jobs, event handlers and the cleaning up of files, sockets and caches.

Bad::

    try {
      await this.payments.save(payment);
    } catch (error) {
      this.logger.error(error);
    }
    return { status: 'paid' };

Good::

    await this.payments.save(payment);
    return { status: 'paid' };
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.change import ChangedFile
from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Catch
from reviewer.core.facts import Call, Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import accesses
from reviewer.rules._logging import does_nothing, is_log, just_logs
from reviewer.rules._report import at, report

_BACKGROUND = ("queue", "job", "cron", "processor", "listener", "consumer", "worker", "task", "subscriber", "schedule")
"""Words in the paths of what runs without a caller: logging is all it can do."""

_BEST_EFFORT = ("activity", "lastseen", "lastactive", "track", "usage", "stat", "analytic", "audit", "warm", "touch",
                "health", "redundant", "orphan", "cleanup", "emit")  # fmt: skip
"""Words in the names of writes that may fail: they only watch."""

_CHANGES = ("save", "create", "update", "delete", "remove", "insert", "charge", "refund", "pay", "transfer", "post",
            "put", "patch", "send", "publish", "cancel", "upload")  # fmt: skip
_MAY_FAIL = (
    "close", "unlink", "rm", "rmdir", "access", "stat", "exists", "parse", "disconnect", "destroy", "end", "kill",
    "abort", "cancel", "cleanup", "quit", "terminate", "release", "rollback", "url", "mkdir", "detach", "unsubscribe",
    "invalidate", "logout", "track", "log", "emit", "capture", "readfile", "verify", "decode", "require", "import",
    "unref", "dispose", "revoke", "ping", "stringify", "decodeuricomponent", "resolve", "test", "regexp",
)  # fmt: skip
"""Calls whose failure many code bases may ignore: cleaning up, trying out, telling others."""

_SUCCESS = ("return true", "success: true", "ok: true", "status: 'ok'", "sendStatus(200)")
"""What a catch says that answers a failure with success."""

_LATER = frozenset(
    ("Cron", "Interval", "Timeout", "OnEvent", "Process", "OnQueueFailed", "EventPattern", "MessagePattern",
     "OnWorkerEvent", "SubscribeMessage", "EventsHandler", "Processor", "RabbitSubscribe", "Command")
)  # fmt: skip
"""Decorators of what runs without a caller: logging is all it can do."""

_CAUGHT_EMPTY = "`{symbol}` catches every error here and does nothing: a failure looks like success, and nobody hears."
_CAUGHT_LOGGED = "`{symbol}` only logs when this write fails, and goes on: the caller is told that it worked."
_CAUGHT_PROMISE = "The error of `{callee}` is thrown away: the write may fail, and nobody hears."
_MEND = " Let the error through or handle it; if it may be ignored, a comment says why."


def inspect(project: Project) -> Iterator[Finding]:
    """Errors that the change swallows."""
    for file, facts in project.production:
        asked = list(accesses(project, file.path, facts))
        writes, queries = {id(one.call) for one in asked if one.is_write}, {id(one.call) for one in asked}
        before = {(one.symbol, one.code) for one in project.before(file.path).catches}
        tried = _tried(facts)
        inside: dict[int, list[Call]] = defaultdict(list)
        for call in facts.calls:
            inside[call.catch].append(call)
        for index, caught in enumerate(facts.catches):
            if not project.wrote(file.path, caught.first, caught.last) or (caught.symbol, caught.code) in before:
                continue
            message = _message(facts, caught, tried[index], writes, inside[index])
            if message and not (message is _CAUGHT_LOGGED and any(word in file.path.lower() for word in _BACKGROUND)):
                text = message.format(symbol=caught.symbol or "This code") + _MEND
                found = report(RULE, at(file.path, caught.first), text, caught.symbol, caught.code)
                if message is _CAUGHT_LOGGED or any(_changes(call, writes) for call in tried[index]):
                    yield found
                elif any(_asks(call, queries) for call in tried[index]):
                    yield replace(found, severity=Severity.NOTE)
        yield from _dropped(project, file, facts)


def _tried(facts: FileFacts) -> dict[int, list[Call]]:
    """The calls in the try block of each catch clause: those before it that stand in a try of the same function."""
    found: dict[int, list[Call]] = {index: [] for index in range(len(facts.catches))}
    by_scope: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, caught in enumerate(facts.catches):
        by_scope[caught.scope].append((caught.first, index))
    for pairs in by_scope.values():
        pairs.sort()
    for call in facts.calls:
        pairs = by_scope.get(call.scope, [])
        below = bisect_left(pairs, (call.last, -1)) if call.in_try else len(pairs)
        if below < len(pairs):
            found[pairs[below][1]].append(call)
    return found


def _message(facts: FileFacts, caught: Catch, tried: list[Call], writes: set[int], inside: list[Call]) -> str:
    if caught.throws or caught.has_comment or _is_later(facts, caught):
        return ""
    if any(word in caught.symbol.lower() for word in _BEST_EFFORT):
        return ""
    has_write = any(id(call) in writes for call in tried)
    if caught.statements == 0:
        return _CAUGHT_EMPTY if has_write or (tried and not any(map(_may_fail, tried))) else ""
    others = caught.statements - len(inside)
    tells = others == 1 and any(word in caught.code for word in _SUCCESS)
    only_logs = all(map(is_log, inside)) and (tells or (bool(inside) and others == 0))
    is_batch = any(call.loop or _is_message(call) or "upload" in call.callee.lower() for call in tried)
    return _CAUGHT_LOGGED if has_write and only_logs and not is_batch and not any(map(_may_fail, tried)) else ""


def _is_message(call: Call) -> bool:
    return any(word in call.callee.lower() for word in ("mail", "notif"))


def _changes(call: Call, writes: set[int]) -> bool:
    return id(call) in writes or (
        not _is_message(call) and call.awaited and call.callee.rpartition(".")[2].lower().startswith(_CHANGES)
    )


def _asks(call: Call, queries: set[int]) -> bool:
    return (
        _is_message(call)
        or id(call) in queries
        or call.callee == "fetch"
        or call.callee.startswith(("axios", "this.httpService"))
    )


def _may_fail(call: Call) -> bool:
    name = call.callee.rpartition(".")[2].lower()
    owner = call.callee.lower()
    return name.startswith(_MAY_FAIL) or any(word in owner for word in ("cache", "redis", "socket"))


def _is_later(facts: FileFacts, caught: Catch) -> bool:
    owner, _, rest = caught.symbol.partition(".")
    item = facts.index.declared(owner)
    if caught.scope < 0 or not isinstance(item, Class):
        return caught.scope < 0
    named = [one.decorators for one in item.methods if one.name == rest.partition(".")[0]]
    names = {one.name for decorators in [*named, item.decorators] for one in decorators}
    return bool(names & _LATER)


def _dropped(project: Project, file: ChangedFile, facts: FileFacts) -> Iterator[Finding]:
    """`.catch(() => {})` behind a write."""
    asked = {(one.call.callee, one.call.first): one for one in accesses(project, file.path, facts) if one.is_write}
    for call in facts.calls:
        owner, _, name = call.callee.rpartition(".")
        inner = call.receiver
        if name != "catch" or inner is None or len(call.args) != 1:
            continue
        if not does_nothing(facts, call.args[0]) and not (call.awaited and just_logs(call.args[0])):
            continue
        access = asked.get((inner.text, inner.first)) or asked.get((call.callee, call.first))
        comments = [one for line in range(call.first - 1, call.last + 1) for one in facts.index.comments(line)]
        is_side = any(word in f"{call.symbol} {call.callee}".lower() for word in _BEST_EFFORT)
        if access is not None and not comments and not is_side and project.introduced(file.path, call):
            text = _CAUGHT_PROMISE.format(callee=owner.removesuffix("()")) + _MEND
            yield report(RULE, at(file.path, call.first), text, call.symbol, call.code)


RULE = Rule(
    slug="data_swallowed_error",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="An error is swallowed",
    inspect=inspect,
    references=(
        Reference(
            "CWE-390: Detection of error condition without action", "https://cwe.mitre.org/data/definitions/390.html"
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
