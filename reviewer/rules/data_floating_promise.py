"""A promise that nobody waits for: its error is lost, and the answer is sent before the work is done.

Flagged are, as a statement of their own without `await`, `return`, `void` or `.catch`: writes to the database, and
functions of the project that write and say they are async (or that the same file awaits elsewhere), stand in a `try`
that shall see their error, or were read and deal with no failure of their own. What is started on purpose is left
alone: `void` says so, a comment does, and so does a name such as `warm`, `poll`, `log` or `notify`; so are start-up
code, listeners, timers and scripts. What neither writes nor sends a letter is a note.

Bad::

    async cancel(id: string) {
      this.orders.update(id, { status: 'cancelled' });
      return { id };
    }

Good::

    async cancel(id: string) {
      await this.orders.update(id, { status: 'cancelled' });
      return { id };
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from msgspec import structs

from reviewer.core.change import ChangedFile
from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._auth import words
from reviewer.rules._awaited_beside import awaited_beside
from reviewer.rules._callbacks import Callbacks
from reviewer.rules._database_types import Library
from reviewer.rules._methods import Methods
from reviewer.rules._promises import returns_promise
from reviewer.rules._report import at, report
from reviewer.rules._request import request_name
from reviewer.rules._unheard import MESSAGES, Habits, fails_unheard, is_message, leaves_stale, was_awaited

_STARTED = (
    "warm", "prefetch", "refresh", "preload", "start", "listen", "schedule", "bootstrap", "init", "background", "poll",
    "watch", "fireandforget", "close", "run", "loop", "debounce", "subscribe", "connect", "shutdown", "detach",
    "enqueue",
)  # fmt: skip
"""Words in the name of a function (or of what it belongs to) that is started and not waited for on purpose."""

_TELLS = (
    "log", "track", "emit", "capture", "report", "metric", "audit", "analytic", "telemetry", "notif", "publish",
    "dispatch", "broadcast", "trigger", "invalidate", "cleanup", "sync", "touch", "webhook",
)  # fmt: skip
"""Words in the name of a function that tells others: most let it go."""

_WHOLE = frozenset(("main", "ping", "pings", "tick", "ticks"))
"""The same, of either kind, where the end of another word looks like it: `updateDomain`, `closeTicket`, `shipping`."""

_WRITING = (
    "create", "save", "update", "delete", "remove", "insert", "add", "set", "charge", "refund", "pay", "transfer",
    "cancel", "assign", "apply", "store", "persist", "upsert", "approve", "reject", "register", "upload", "reserve",
    "release", "increment", "decrement", "mark", "move", "restore", "archive", "process", "post", "put", "patch",
    "write", "unlink", "rm", "rename", "append", "confirm", "complete", "place", "submit", "revoke", "grant",
)  # fmt: skip
"""How the name of a function starts that changes something: losing its error loses data."""

_COMMENT_LINES_MAX = 3
"""Lines above a call in which a comment may speak of it."""

_DETACHED = ("setTimeout", "setInterval", "setImmediate", "process.on", "process.once", "process.nextTick")
_LISTENS = frozenset(("on", "once", "addListener", "addEventListener", "subscribe", "tap", "forEach", "finalize"))
_LAZY = frozenset((Library.PRISMA, Library.BUILDER))
_WORDS = ("background", "fire", "await", "wait", "intentional", "deliberate", "purpose", "block", "async", "detached")


def inspect(project: Project) -> Iterator[Finding]:
    """Calls that the change wrote, that return a promise, and whose promise is dropped."""
    methods = project.once(Methods)
    for file, facts in project.production:
        if any("script" in folder for folder in file.path.lower().split("/")[:-1]):
            continue
        callbacks = facts.index.once(Callbacks)
        queries = list(accesses(project, file.path, facts))
        writes = {id(one.call): one for one in queries if one.is_write}
        asked = {(one.call.callee, one.call.first, one.call.last) for one in queries}
        for call in facts.calls:
            if not _is_dropped(call) or not project.wrote(file.path, call.first, call.last):
                continue
            access, inner, is_lost = writes.get(id(call)), [], False
            is_freed = was_awaited(project, file.path, call)
            if access is None:
                inner = methods.queries(file.path, facts, call)
                if project.once(Habits).drops(call) and not call.in_try and not is_freed:
                    continue
                is_lost = fails_unheard(project, file.path, call)
                is_heard = not (is_lost and leaves_stale(project, call)) and not _matters(facts, call, inner, is_lost)
                if is_heard or not _is_known(project, file.path, call, asked):
                    continue
            is_meant = not is_freed and _is_meant(facts, callbacks, call, access, is_lost)
            if is_meant or _is_sync_twin(project, file.path, facts, access):
                continue
            if is_freed or project.introduced(file.path, call):
                found = _finding(file, facts, call, access)
                is_sure = is_freed or access is not None or _matters(facts, call, inner, is_message(call))
                yield found if is_sure else replace(found, severity=Severity.NOTE)


def _is_dropped(call: Call) -> bool:
    return call.is_statement and not call.awaited and not call.is_new and call.scope >= 0


def _finding(file: ChangedFile, facts: FileFacts, call: Call, access: Access | None) -> Finding:
    what = f"`{call.callee}(…)` is not awaited"
    if access is not None and access.holder.library in _LAZY:
        why = "and a query of this library only runs when somebody waits for it: nothing is written."
    elif call.in_try:
        why = "so the `catch` around it never sees its error: the failure is an unhandled rejection."
    else:
        why = "so the code goes on before the work is done, and an error ends as an unhandled rejection."
    found = report(
        RULE,
        at(file.path, call.first),
        f"{what}, {why} Await it, or return it; if nobody shall wait, write `void` and add a `.catch`.",
        symbol=call.symbol,
        quoted=call.code,
    )
    return replace(found, suggestion=_awaited(file, facts, call)) if access is not None else found


def _awaited(file: ChangedFile, facts: FileFacts, call: Call) -> Suggestion | None:
    """The first line with `await`, where the statement starts there and the function is async."""
    line = (file.head or "").split("\n")[call.first - 1]
    stripped = line.lstrip()
    if not facts.functions[call.scope].is_async or not stripped.startswith(call.callee.partition("()")[0]):
        return None
    return Suggestion(call.first, call.first, f"{line[: len(line) - len(stripped)]}await {stripped}")


def _matters(facts: FileFacts, call: Call, queries: list[Access], is_lost: bool) -> bool:
    """Whether the function around can wait (or answers a request), and losing the promise loses data or an error."""
    function = facts.functions[call.scope]
    if not function.is_async and request_name(function) is None:
        return False
    steps = call.callee.lower().replace("().then", "").split(".")
    if any(word in step for step in steps for word in ("cache", "redis")):
        return False
    is_write = steps[-1].startswith(_WRITING) or any(one.is_write for one in queries)
    return is_write or is_lost or call.in_try or call.callee.endswith("().then")


def _is_known(project: Project, path: str, call: Call, asked: set[tuple[str, int, int]]) -> bool:
    steps = call.callee.split("().")
    if steps[-1] == "then":
        inner = call.receiver
        if inner is None or len(call.args) > 1:
            return False
        if (inner.text, inner.first, inner.last) in asked:
            return True
        call = structs.replace(call, callee=inner.text, args=inner.parts, receiver=None)
    return returns_promise(project, path, project.head[path], call) or awaited_beside(project, path, call)


def _is_meant(facts: FileFacts, callbacks: Callbacks, call: Call, access: Access | None, is_lost: bool) -> bool:
    """Whether somebody said, in a word or by the place, that nobody shall wait."""
    around = facts.functions[call.scope]
    passed = callbacks.passed_to(call.scope)
    if around.name == "constructor" or passed in _DETACHED or passed.rpartition(".")[2] in _LISTENS:
        return True
    near = range(call.first - _COMMENT_LINES_MAX, call.first + 1)
    comments = [one.text.lower() for line in near for one in facts.index.comments(line)]
    if any(word in text for text in comments for word in _WORDS):
        return True
    if access is not None:
        return "log" in access.table.lower() or "audit" in access.table.lower()
    steps = call.callee.replace("()", "").split(".")[-2:]
    said = (*_STARTED, *_TELLS) if is_lost else (*_STARTED, *_TELLS, *MESSAGES)
    return any(word in step.lower() for step in steps for word in said) or any(
        part in _WHOLE for step in steps for part in words(step)
    )


def _is_sync_twin(project: Project, path: str, facts: FileFacts, access: Access | None) -> bool:
    """A repository of the project's own may be in memory: only what it declares tells."""
    if access is None or access.holder.library is not Library.CUSTOM:
        return False
    return not returns_promise(project, path, facts, access.call)


RULE = Rule(
    slug="data_floating_promise",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A promise is neither awaited nor handled",
    inspect=inspect,
    references=(
        Reference(
            "MDN: Using promises",
            "https://developer.mozilla.org/en-US/docs/Web/JavaScript/Guide/Using_promises",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
