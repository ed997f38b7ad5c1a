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
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._auth import constant, step, words
from reviewer.rules._report import at, report

_ANSWERS = frozenset(("json", "send", "end", "write", "jsonp", "render"))
_RESPONSES = frozenset(("res", "response", "reply", "ctx", "_res", "resp", "rep"))
_ERRORS = frozenset(("err", "error", "e", "ex", "exception", "exc", "caught", "failure"))
_NEST_ERRORS = frozenset(("HttpException", "InternalServerErrorException"))
_DEPTH_MAX = 5
"""Objects in objects followed; answers are flat."""

_STAGE = frozenset(("production", "development", "dev", "prod", "debug", "env", "stage", "isdev", "isprod", "local"))


def inspect(project: Project) -> Iterator[Finding]:
    """Answers of the change that carry a stack trace or a whole error."""
    for file, facts in project.production:
        leaks = _Leaks(facts)
        stages = _staged(facts)
        for fact, sent, status in _answers(facts):
            found = leaks.of(sent, fact.scope)
            if not found or not project.introduced(file.path, fact) or fact.scope in stages:
                continue
            is_stack, is_message = found.endswith("stack"), found.endswith("message")
            if not is_stack and 0 < status < 500:
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
        if step(call.callee) in _ANSWERS and call.args and _is_response(call):
            yield call, call.args[-1], _status(call)
        elif call.is_new and call.args:
            name, module = original(facts, call.callee)
            if module == "@nestjs/common" and name in _NEST_ERRORS:
                status = 500 if name != "HttpException" or _is_500(call.args[1:2]) else 400
                yield call, call.args[0], status
    for binding in facts.bindings:
        if binding.kind is BindingKind.ASSIGNMENT and binding.name in ("ctx.body", "ctx.response.body"):
            yield binding, binding.value, 0


def _is_response(call: Call) -> bool:
    root = call.callee.partition(".")[0]
    return root in _RESPONSES or (call.callee.startswith("this.") and call.callee.split(".")[1] in _RESPONSES)


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


class _Leaks:
    """Which values of a file are errors, or tell of one."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._rejected = {
            arg.scope
            for call in facts.calls
            if step(call.callee) in ("catch", "then")
            for arg in call.args
            if arg.kind is ExprKind.FUNCTION
        }
        self._caught = {(catch.scope, catch.param) for catch in facts.catches}

    def of(self, value: Expr, scope: int, depth: int = 0) -> str:
        """The part of an answer that tells too much, "" for none."""
        if depth > _DEPTH_MAX:
            return ""
        if value.kind is ExprKind.MEMBER:
            root, _, field = value.text.rpartition(".")
            return value.text if field in ("stack", "message") and self._is_error(root, scope) else ""
        if value.kind is ExprKind.NAME:
            if self._is_error(value.text, scope):
                return value.text
            made = constant(self._facts, value, scope)
            return self.of(made, scope, depth + 1) if made.kind is ExprKind.OBJECT else ""
        parts: tuple[Expr, ...] = ()
        if value.kind in (ExprKind.OBJECT, ExprKind.TEMPLATE, ExprKind.CONCAT):
            parts = value.parts
        elif value.kind is ExprKind.CHOICE and value.text in ("??", "||"):
            parts = value.parts[:1]
        elif value.kind is ExprKind.CALL and step(value.text) in ("stringify", "toString", "String"):
            parts = value.parts
        found = [self.of(part, scope, depth + 1) for part in parts]
        return next((one for one in found if one.endswith("stack")), next((one for one in found if one), ""))

    def _is_error(self, name: str, scope: int) -> bool:
        """Whether a name is the error of a catch, a rejected promise or an error handler in the functions around."""
        if name not in _ERRORS:
            return False
        for around in self._facts.index.around(scope):
            if (around, name) in self._caught:
                return True
            if around < 0 or self._facts.index.bound(name, around):
                return False
            function = self._facts.functions[around]
            if any(param.name == name for param in function.params):
                is_handler = len(function.params) > 2 and function.params[0].name == name
                return is_handler or function.name == "catch" or around in self._rejected
        return False


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
