"""An error that is caught and forgotten: the caller is told that all went well.

Flagged are an empty `catch` without a word why, a `.catch` that returns something fixed behind a write, and a `catch`
that only logs around a write in a function that then goes on. So is a catch around a write that answers `false` or
`null` without a look at the error: "it was there already" and "the database is down" read the same. A comment that says
why it may be ignored is enough to be left alone; so are jobs, event handlers and the cleaning up of files, sockets and
caches.

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

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.change import ChangedFile
from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Catch
from reviewer.core.facts import BindingKind, Call, Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import accesses
from reviewer.rules._dropped_errors import dropped
from reviewer.rules._logging import is_log
from reviewer.rules._report import at, report
from reviewer.rules._swallowing_migrations import only_spells, swallowing
from reviewer.rules._tries import tried

_BACKGROUND = ("queue", "job", "cron", "processor", "listener", "consumer", "worker", "task", "subscriber", "schedule")
"""Words in the paths of what runs without a caller: logging is all it can do."""

_BEST_EFFORT = ("activity", "lastseen", "lastactive", "track", "usage", "stat", "analytic", "audit", "warm", "touch",
                "health", "redundant", "orphan", "cleanup", "emit")  # fmt: skip
"""Words in the names of writes that may fail: they only watch."""

_CHANGES = (
    "save", "create", "update", "delete", "remove", "insert", "charge", "refund", "pay", "transfer", "post", "put",
    "patch", "send", "publish", "cancel", "upload", "archive", "approve", "complete", "confirm", "reserve", "withdraw",
    "deposit", "capture", "submit",
)  # fmt: skip
_MAY_FAIL = (
    "close", "unlink", "rm", "rmdir", "access", "stat", "exists", "parse", "disconnect", "destroy", "end", "kill",
    "abort", "cancel", "cleanup", "quit", "terminate", "release", "rollback", "url", "mkdir", "detach", "unsubscribe",
    "invalidate", "logout", "track", "log", "emit", "captureexception", "capturemessage", "readfile", "verify",
    "decode", "require", "import", "unref", "dispose", "revoke", "ping", "stringify", "decodeuricomponent", "resolve",
    "test", "regexp",
)  # fmt: skip
"""Calls whose failure many code bases may ignore: cleaning up, trying out, telling others."""

_ASIDE = ("cache", "redis", "socket", "posthog", "sentry", "analytics", "mixpanel", "telemetry")
"""Words in the names of what only watches or speeds up."""

_SUCCESS = ("return true", "success: true", "ok: true", "status: 'ok'", "sendStatus(200)")
"""What a catch says that answers a failure with success."""

_EMPTY_ANSWERS = ("return", "return false", "return null", "return undefined", "return []", "return {}", "return 0")

_LATER = frozenset(
    ("Cron", "Interval", "Timeout", "OnEvent", "Process", "OnQueueFailed", "EventPattern", "MessagePattern",
     "OnWorkerEvent", "SubscribeMessage", "EventsHandler", "Processor", "RabbitSubscribe", "Command")
)  # fmt: skip
"""Decorators of what runs without a caller: logging is all it can do."""

_NAMES = (BindingKind.CONST, BindingKind.LET)
_CAUGHT_EMPTY = "`{symbol}` catches every error here and does nothing: a failure looks like success, and nobody hears."
_CAUGHT_LOGGED = "`{symbol}` only logs when this write fails, and goes on: the caller is told that it worked."
_CAUGHT_ALL = (
    "`{symbol}` answers every failure of this write with the same empty value: an expected one (a duplicate) and a "
    "lost database look alike, and nobody hears."
)
_CAUGHT_MIGRATION = (
    "`{symbol}` logs its failure and returns, while {count} migrations beside it throw it again: whatever runs them "
    "takes this one for done, and never tries it again. Throw the error after it is logged."
)
_CAUGHT_PROMISE = "The error of `{callee}` is thrown away: the write may fail, and nobody hears."
_EMPTIED = (
    "A failure of `{callee}` becomes an empty value here, without a word: nobody can tell what is not there from what "
    "could not be asked. Let the error through, or log it and say that the answer is stale or missing."
)
_MEND = " Let the error through or handle it; if it may be ignored, a comment says why."


def inspect(project: Project) -> Iterator[Finding]:
    """Errors that the change swallows."""
    for file, facts in project.production:
        asked = list(accesses(project, file.path, facts))
        writes, queries = {id(one.call) for one in asked if one.is_write}, {id(one.call) for one in asked}
        before = {(one.symbol, one.code) for one in project.before(file.path).catches}
        by_catch = tried(facts)
        inside: dict[int, list[Call]] = defaultdict(list)
        for call in facts.calls:
            inside[call.catch].append(call)
        for index, caught in enumerate(facts.catches):
            if not project.wrote(file.path, caught.first, caught.last) or (caught.symbol, caught.code) in before:
                continue
            message = _message(facts, caught, by_catch[index], writes, inside[index])
            if message and not (message is _CAUGHT_LOGGED and any(word in file.path.lower() for word in _BACKGROUND)):
                text = message.format(symbol=caught.symbol or "This code") + _MEND
                found = report(RULE, at(file.path, caught.first), text, caught.symbol, caught.code)
                if message is _CAUGHT_LOGGED or any(_changes(call, writes) for call in by_catch[index]):
                    yield found
                elif any(_asks(call, queries) for call in by_catch[index]):
                    yield replace(found, severity=Severity.NOTE)
        yield from _dropped(project, file, facts)
    for path, caught, count in swallowing(project):
        text = _CAUGHT_MIGRATION.format(symbol=caught.symbol, count=count)
        yield report(RULE, at(path, caught.first), text, caught.symbol, caught.code)


def _message(facts: FileFacts, caught: Catch, tried: list[Call], writes: set[int], inside: list[Call]) -> str:
    if caught.throws or caught.has_comment or _is_later(facts, caught):
        return ""
    if any(word in caught.symbol.lower() for word in _BEST_EFFORT):
        return ""
    has_write = any(id(call) in writes for call in tried)
    if caught.statements == 0:
        return _CAUGHT_EMPTY if has_write or (tried and not any(map(_may_fail, tried))) else ""
    if has_write and _answers_empty(caught, inside) and not any(map(_may_fail, tried)):
        return _CAUGHT_ALL
    inside = [call for call in inside if not only_spells(call)]
    spelled = facts.index.bindings((caught.scope,))
    texts = sum(one.kind in _NAMES and caught.first <= one.first and one.last <= caught.last for one in spelled)
    others = caught.statements - len(inside) - texts
    tells = others == 1 and any(word in caught.code for word in _SUCCESS)
    only_logs = all(map(is_log, inside)) and (tells or (bool(inside) and others == 0))
    is_batch = any(call.loop or _is_message(call) or "upload" in call.callee.lower() for call in tried)
    return _CAUGHT_LOGGED if has_write and only_logs and not is_batch and not any(map(_may_fail, tried)) else ""


def _answers_empty(caught: Catch, inside: list[Call]) -> bool:
    """Whether a catch looks at nothing and only returns something empty."""
    body = caught.code.partition("{")[2].rpartition("}")[0].strip().rstrip(";")
    return caught.statements == 1 and not caught.uses_param and not inside and body in _EMPTY_ANSWERS


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
    return name.startswith(_MAY_FAIL) or any(word in owner for word in _ASIDE)


def _is_later(facts: FileFacts, caught: Catch) -> bool:
    owner, _, rest = caught.symbol.partition(".")
    item = facts.index.declared(owner)
    if caught.scope < 0 or not isinstance(item, Class):
        return caught.scope < 0
    named = [one.decorators for one in item.methods if one.name == rest.partition(".")[0]]
    names = {one.name for decorators in [*named, item.decorators] for one in decorators}
    return bool(names & _LATER)


def _dropped(project: Project, file: ChangedFile, facts: FileFacts) -> Iterator[Finding]:
    """`.catch(() => {})` or `.then(done, () => {})` at the end of a chain that writes."""
    for one in dropped(project, file.path, facts):
        call = one.call
        if any(word in f"{call.symbol} {call.callee}".lower() for word in _BEST_EFFORT):
            continue
        line = one.handler.first if project.wrote(file.path, one.handler.first) else call.first
        text = (_CAUGHT_PROMISE + _MEND if one.is_write else _EMPTIED).format(callee=one.name)
        found = report(RULE, at(file.path, line), text, call.symbol, call.code)
        yield found if one.is_write else replace(found, severity=Severity.NOTE)


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
