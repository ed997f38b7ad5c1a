"""Request data sent back as text: Express sends a string as HTML, so a link can carry a script into the reader's
session.

`res.json` is not it, nor an object: both are sent as JSON. Escape what goes into HTML, or send JSON or plain text.

Bad::

    app.get('/hello', (req, res) => res.send(`Hello ${req.query.name}`));

Good::

    app.get('/hello', (req, res) => res.json({ hello: req.query.name }));
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import NEST_VERBS, nest_name
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._request import response_name
from reviewer.rules._taint import Taint
from reviewer.rules._taint_origin import Origin

_SENDS: Final = frozenset(("send", "write", "end"))
_SETS_TYPE: Final = frozenset(("type", "contentType", "set", "header", "setHeader", "writeHead", "attachment"))
_TYPE_KEYS: Final = ("content-type", "content-disposition", "x-content-type-options")
_NO_LINK: Final = ("headers", "cookies", ".get(", ".header(", "challenge", "validationToken")
"""Marks of data that no prepared link or form carries, and of the handshakes of webhooks, which ask for an echo."""


def inspect(project: Project) -> Iterator[Finding]:
    """Answers that the change wrote and that carry request data as text."""
    taint = project.once(Taint)
    for file, facts in project.production:
        types = _AnswerTypes(facts)
        for call in facts.calls:
            if call.callee.rpartition(".")[2] not in _SENDS or not call.args or call.scope < 0:
                continue
            if not _answers(facts, call) or types.are_said(call):
                continue
            origin = _text_in(taint, file.path, call.args[0], call.scope)
            if origin is not None and (project.introduced(file.path, call) or taint.is_new(file.path, origin)):
                line = call.args[0].first if call.receiver is not None else call.first
                lines = (line, call.first, *(one.first for one in origin.made_by))
                first = next((one for one in lines if project.wrote(file.path, one)), line)
                yield _finding(file.path, first, call.symbol, call.code, origin)
        for binding in facts.bindings:
            if binding.kind is BindingKind.RETURN and project.introduced(file.path, binding):
                is_html = binding.value.kind in (ExprKind.TEMPLATE, ExprKind.CONCAT) and "<" in _fixed(binding.value)
                if is_html and _is_nest_route(facts, binding.scope):
                    origin = _text_in(taint, file.path, binding.value, binding.scope)
                    if origin is not None:
                        yield _finding(file.path, binding.first, binding.symbol, binding.code, origin)


def _text_in(taint: Taint, path: str, value: Expr, scope: int) -> Origin | None:
    """The client's text in an answer; an object is sent as JSON, and so is what is made into JSON here."""
    if value.text.startswith("JSON.") or value.kind is ExprKind.OBJECT:
        return None
    origin = taint.origin(path, value, scope)
    if origin is None or origin.is_whole or any(mark in origin.text for mark in _NO_LINK):
        return None
    return origin


def _finding(path: str, line: int, symbol: str, code: str, origin: Origin) -> Finding:
    finding = report(
        RULE,
        at(path, line),
        f"`{origin.text}` comes from the client and is sent back as text, which browsers show as HTML: a prepared link "
        "runs a script in the reader's session (reflected cross-site scripting). Answer with `res.json(…)`, or escape "
        "the value before it goes into HTML.",
        symbol=symbol,
        quoted=code,
    )
    is_far = origin.hops or ".body" in origin.text  # no link carries a body, and hardly a form JSON
    return replace(finding, severity=Severity.WARNING) if is_far else finding


def _answers(facts: FileFacts, call: Call) -> bool:
    """Whether a call is one on the response of the handler it stands in."""
    root = call.callee.partition(".")[0]
    at_scope = call.scope
    while at_scope >= 0:
        function = facts.functions[at_scope]
        if root and response_name(function) == root:
            return True
        for param in function.params:
            if param.name == root and param.type.name in ("Response", "FastifyReply", "express.Response"):
                return True
            if param.name == root and any(nest_name(facts, item) in ("Res", "Response") for item in param.decorators):
                return True
        at_scope = function.parent
    return False


class _AnswerTypes:
    """Which functions of a file say what type their answer has."""

    def __init__(self, facts: FileFacts) -> None:
        self._index = facts.index
        self._typed: dict[int, list[bool]] = defaultdict(list)
        for item in facts.calls:
            name = item.callee.rpartition(".")[2]
            if name in _SETS_TYPE and item.args and (name not in ("set", "header", "setHeader") or _says_type(item)):
                self._typed[item.scope].append(any("html" in arg.text.lower() for arg in item.args))

    def are_said(self, call: Call) -> bool:
        """Whether the handler says which type its answer has, and that is not HTML."""
        said = [one for around in self._index.around(call.scope) for one in self._typed.get(around, [])]
        return bool(said) and True not in said


def _says_type(call: Call) -> bool:
    first = call.args[0]
    keys = (key.lower() for key in first.keys) if first.kind is ExprKind.OBJECT else (first.text.lower(),)
    return any(key.strip("'\"") in _TYPE_KEYS for key in keys)


def _fixed(value: Expr) -> str:
    if value.kind is ExprKind.CONCAT:
        return " ".join(part.text for part in value.parts if part.kind in (ExprKind.STRING, ExprKind.TEMPLATE))
    return value.text


def _is_nest_route(facts: FileFacts, scope: int) -> bool:
    methods = (method for item in facts.classes for method in item.methods if method.scope == scope)
    return any(nest_name(facts, decorator) in NEST_VERBS for method in methods for decorator in method.decorators)


RULE = Rule(
    slug="security_reflected_input",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="Request data is sent back unescaped",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: cross-site scripting prevention",
            "https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
