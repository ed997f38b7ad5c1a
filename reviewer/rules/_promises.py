"""Which calls return a promise: by what the called function says of itself, wherever the project declares it."""

from __future__ import annotations

from reviewer.core.facts import Call, Class, FileFacts
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.rules._called import Called, called, type_of_field
from reviewer.rules._logging import is_log

_ANSWERS = frozenset(("res", "response", "reply"))
_HTTP_VERBS = frozenset(("post", "put", "patch", "delete", "get", "request", "head"))


def returns_promise(project: Project, path: str, facts: FileFacts, call: Call) -> bool:
    """Whether a call is known to return a promise: an async function of the project, `fetch`, axios, `fs/promises`."""
    if call.is_new or any(step.endswith(("()", "[]")) for step in call.callee.split(".")):
        return False
    if _is_library(facts, call.callee):
        return True
    if _is_queued(facts, call):
        return True
    found = called(project, path, call)
    return found is not None and found.is_async and not _waits_for_nothing(project, found)


def _waits_for_nothing(project: Project, found: Called) -> bool:
    """Whether a function only says that it is async, and all it does is to answer or to log: nothing is lost where
    nobody waits for `async function done(res) { res.json({ … }) }`."""
    facts = project.head[found.path]
    calls = tuple(facts.index.calls(facts.index.within(found.scope))) if found.scope >= 0 else ()
    answers = (one.callee.partition(".")[0].removesuffix("()") in _ANSWERS or is_log(one) for one in calls)
    return bool(calls) and all(answers) and not any(one.is_await or one.is_new for one in calls)


def _is_queued(facts: FileFacts, call: Call) -> bool:
    """`this.reports.add('build', …)` on a queue of Bull or BullMQ."""
    steps = call.callee.split(".")
    if len(steps) != 3 or steps[0] != "this" or steps[2] not in ("add", "addBulk"):
        return False
    item = facts.index.declared(call.symbol.partition(".")[0])
    kind = type_of_field(item, steps[1]) if isinstance(item, Class) else None
    return kind is not None and original(facts, kind.name) in (("Queue", "bullmq"), ("Queue", "bull"))


def _is_library(facts: FileFacts, callee: str) -> bool:
    if callee == "fetch" and facts.imported("fetch") is None:
        return True
    name, module = original(facts, callee)
    verb = name.rpartition(".")[2]
    if module == "axios":
        return verb in _HTTP_VERBS or name in ("default", "*")
    if module in ("got", "ky", "node-fetch", "undici"):
        return True
    return module in ("fs/promises", "node:fs/promises") or (module in ("fs", "node:fs") and "promises." in name)
