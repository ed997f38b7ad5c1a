"""A stack trace, or a whole error, in the answer: it tells an attacker paths, libraries, queries and their values.

Errors are for the log; the client gets a code and a sentence. What is shown only outside of production is left alone.

Bad::

    res.status(500).json({ error: error.stack });

Good::

    logger.error(error);
    res.status(500).json({ error: 'Internal error' });
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route, nest_routes, original
from reviewer.core.rule import Rule
from reviewer.rules._auth import constant, step, words
from reviewer.rules._report import at, report
from reviewer.rules._taint_errors import ErrorParts

_ANSWERS = frozenset(("json", "send", "end", "write", "jsonp", "render"))
_RESPONSES = frozenset(("res", "response", "reply", "ctx", "_res", "resp", "rep"))
_RETURNED = -1
"""In place of the status of what a handler returns."""

_NEST_ERRORS = frozenset(("HttpException", "InternalServerErrorException"))
_STAGE = frozenset(("production", "development", "dev", "prod", "debug", "env", "stage", "isdev", "isprod", "local"))


def inspect(project: Project) -> Iterator[Finding]:
    """Answers of the change that carry a stack trace or a whole error."""
    for file, facts in project.production:
        leaks = facts.index.once(ErrorParts)
        usual = {call.code for call in project.before(file.path).calls if call.is_new}
        for fact, sent, status in _answers(facts):
            found = leaks.of(sent, fact.scope)
            if not found or not project.introduced(file.path, fact) or fact.scope in facts.index.once(_staged):
                continue
            is_stack, is_message = found.endswith("stack"), found.endswith("message")
            if not is_stack and fact.code in usual:
                continue  # as everywhere else in this file
            if not is_stack and (0 < status < 500 or status == _RETURNED):
                continue
            if is_message and status != 500:
                continue
            shows = "its stack: paths, libraries and versions" if is_stack else "what failed inside, often with values"
            finding = report(
                RULE,
                at(file.path, fact.first),
                f"`{found}` goes to the client and shows {shows}. Log the error, and answer with a code and a "
                "sentence of your own.",
                symbol=fact.symbol,
                quoted=fact.code,
            )
            yield replace(finding, severity=Severity.NOTE) if is_message else finding


def _answers(facts: FileFacts) -> Iterator[tuple[Call | Binding, Expr, int]]:
    """What is sent to clients, with the status (0 where it is not said)."""
    for call in facts.calls:
        if step(call.callee) in _ANSWERS and call.args and _is_response(facts, call):
            yield call, call.args[-1], _status(call)
        elif call.is_new and call.args:
            name, module = original(facts, call.callee)
            if module == "@nestjs/common" and name in _NEST_ERRORS:
                status = 500 if name != "HttpException" or _is_500(call.args[1:2]) else 400
                yield call, call.args[0], status
    for binding in facts.bindings:
        if binding.kind is BindingKind.ASSIGNMENT and binding.name in ("ctx.body", "ctx.response.body"):
            yield binding, binding.value, 0
        elif _is_answer(facts, binding):
            yield binding, binding.value, _RETURNED


def _is_response(facts: FileFacts, call: Call) -> bool:
    root = call.callee.partition(".")[0]
    if root in _RESPONSES or (call.callee.startswith("this.") and call.callee.split(".")[1] in _RESPONSES):
        return True
    made = constant(facts, Expr(ExprKind.NAME, root, call.first, call.first), call.scope)
    return made.kind is ExprKind.CALL and step(made.text) == "getResponse"  # NestJS's filters


def _is_answer(facts: FileFacts, binding: Binding) -> bool:
    is_object = binding.kind is BindingKind.RETURN and binding.value.kind is ExprKind.OBJECT
    return is_object and binding.scope >= 0 and _is_handler(facts, binding.scope)


def _is_handler(facts: FileFacts, scope: int) -> bool:
    """Whether what a function returns is the answer: of Fastify's handlers and of NestJS's routes."""
    function = facts.functions[scope]
    if len(function.params) == 2 and function.params[1].name == "reply":
        return True
    return any(route.method is not None and route.method.scope == scope for route in facts.index.once(_routes))


def _routes(facts: FileFacts) -> tuple[Route, ...]:
    return tuple(nest_routes(facts))


def _status(call: Call) -> int:
    at_call = call.receiver
    while at_call is not None:
        if step(at_call.text) in ("status", "code") and at_call.parts:
            code = at_call.parts[0]
            if code.kind is ExprKind.NUMBER:
                return int(code.text) if code.text.isdecimal() and len(code.text) == 3 else 0
            return 500 if _is_500(at_call.parts) else 400 if code.kind is ExprKind.MEMBER else 0
        at_call = at_call.receiver
    return 0


def _is_500(parts: tuple[Expr, ...]) -> bool:
    return any(part.text == "500" or "INTERNAL_SERVER_ERROR" in part.text for part in parts)


def _staged(facts: FileFacts) -> frozenset[int]:
    """The functions that ask which environment they run in."""
    reads = {read.scope for read in facts.reads if _STAGE & set(words(read.name))}
    return frozenset(reads | {item.scope for item in facts.conditions if _STAGE & set(words(item.code))})


RULE = Rule(
    slug="security_stack_to_client",
    concern=Concern.SECURITY,
    severity=Severity.WARNING,
    title="Inner workings go to the client",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: error handling", "https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html"
        ),
        Reference("CWE-209: error messages that tell too much", "https://cwe.mitre.org/data/definitions/209.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
