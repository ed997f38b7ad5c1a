"""Tests that send requests: supertest and its agents, Fastify's `inject`, Hono's `app.request`."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.rules._testing import Test

_CLIENTS = frozenset(("supertest", "supertest-session", "supertest-as-promised", "chai-http"))
VERBS = frozenset(("get", "post", "put", "patch", "delete", "del", "head", "options"))
_STATUS = frozenset(("status", "statusCode", "ok", "statusText"))
_AGENT_ROUNDS = 2
"""Names made from names made from supertest: `const api = request(app); const agent = api;`."""


def clients(facts: FileFacts) -> frozenset[str]:
    """Names in a file that send requests: supertest's own, and what is made of it."""
    return facts.index.once(_clients_of)


def _clients_of(facts: FileFacts) -> frozenset[str]:
    names = {item.local for item in facts.imports if item.module in _CLIENTS and item.local}
    for _ in range(_AGENT_ROUNDS if names else 0):
        for binding in facts.bindings:
            value = binding.value.parts[0] if binding.value.kind is ExprKind.AWAIT else binding.value
            made = value.text.replace("()", "").split(".")
            if binding.name and made[0] in names and made[-1] in (made[0], "agent"):
                names.add(binding.name)
    return frozenset(names)


def requests_of(facts: FileFacts, test: Test, names: frozenset[str]) -> Iterator[Call]:
    """The calls of a test that send a request; `names` are the file's `clients`."""
    for call in facts.index.calls(test.within):
        root = call.callee.partition("().")[0] if "()." in call.callee else call.callee.rpartition(".")[0]
        steps = call.callee.replace("()", "").split(".")
        is_client = root in names or steps[0] in names
        if (is_client and steps[-1] in VERBS and call.args) or _is_injected(call, steps):
            yield call


def _is_injected(call: Call, steps: list[str]) -> bool:
    if not call.args or len(steps) < 2:  # an object and its method
        return False
    arg = call.args[0]
    if steps[-1] == "inject":
        return (arg.kind is ExprKind.OBJECT and "url" in arg.keys) or _is_path(arg)
    return steps[-1] == "request" and steps[-2] in ("app", "server", "router", "api") and _is_path(arg)


def _is_path(value: Expr) -> bool:
    return value.kind in (ExprKind.STRING, ExprKind.TEMPLATE) and value.text.startswith(("/", "http"))


def speaks_of_graphql(call: Call) -> bool:
    """Whether a request goes to GraphQL, which answers 200 whatever happens."""
    return any("graphql" in arg.text.lower() for arg in call.args)


def looks_at_status(facts: FileFacts, test: Test) -> bool:
    """Whether a test reads the status of an answer, in any of the usual ways, or gives the answer to somebody else."""
    scopes = set(test.within)
    if any(read.name.rpartition(".")[2] in _STATUS for read in facts.index.reads(test.within)):
        return True
    if any(_STATUS & set(binding.fields) for binding in facts.index.bindings(test.within)):
        return True
    if any(_STATUS & set(param.fields) for scope in scopes for param in facts.functions[scope].params):
        return True
    answers = {binding.name for binding in facts.index.bindings(test.within) if binding.name}
    return any(_asks_status(call, answers) for call in facts.index.calls(test.within))


def _asks_status(call: Call, answers: set[str]) -> bool:
    steps = call.callee.replace("()", "").split(".")
    if steps[-1] == "expect" and len(steps) > 1:
        return bool(call.args) and call.args[0].kind not in (ExprKind.STRING, ExprKind.OBJECT)
    if _STATUS & set(steps[1:]) or any(arg.text in _STATUS for arg in call.args if arg.kind is ExprKind.STRING):
        return True
    if any(_STATUS & set(arg.keys) for arg in call.args):
        return True
    given = any(arg.kind is ExprKind.NAME and arg.text in answers for arg in call.args)
    return given and len(steps) == 1 and steps[0] != "expect"
