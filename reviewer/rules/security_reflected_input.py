"""Request data sent back as text: Express sends a string as HTML, so a link can carry a script into the reader's
session.

`res.json` is not it: it sends JSON. Escape what goes into HTML, or send JSON or plain text.

Bad::

    app.get('/hello', (req, res) => res.send(`Hello ${req.query.name}`));

Good::

    app.get('/hello', (req, res) => res.json({ hello: req.query.name }));
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import NEST_VERBS, nest_name
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._request import RequestData, response_name

_SENDS = frozenset(("send", "write", "end"))
_SETS_TYPE = frozenset(("type", "contentType", "set", "header", "setHeader", "writeHead", "attachment"))


def inspect(project: Project) -> Iterator[Finding]:
    """Answers that the change wrote and that carry request data as text."""
    for file, facts in project.production:
        reflections = _Reflections(facts)
        for call in facts.calls:
            name = call.callee.rpartition(".")[2]
            if name in _SENDS and call.args and call.scope >= 0 and project.introduced(file.path, call):
                value = call.args[0]
                if _answers(facts, call) and reflections.has(call.scope, value) and not reflections.are_typed(call):
                    yield _finding(file.path, call.first, call.symbol, call.code)
        for binding in facts.bindings:
            if binding.kind is BindingKind.RETURN and project.introduced(file.path, binding):
                is_html = binding.value.kind in (ExprKind.TEMPLATE, ExprKind.CONCAT) and "<" in _fixed(binding.value)
                if is_html and _is_nest_route(facts, binding.scope) and reflections.has(binding.scope, binding.value):
                    yield _finding(file.path, binding.first, binding.symbol, binding.code)


def _finding(path: str, line: int, symbol: str, code: str) -> Finding:
    return report(
        RULE,
        at(path, line),
        "What a client sent is sent back as text, which browsers show as HTML: a prepared link runs a script in "
        "the reader's "
        "session (reflected cross-site scripting). Answer with `res.json(…)`, or escape the value before it "
        "goes into HTML.",
        symbol=symbol,
        quoted=code,
    )


def _answers(facts: FileFacts, call: Call) -> bool:
    """Whether a call is one on the response of the handler it stands in."""
    root = call.callee.partition(".")[0]
    at_scope = call.scope
    while at_scope >= 0:
        function = facts.functions[at_scope]
        if root and response_name(function) == root:
            return True
        for param in function.params:
            if param.name == root and any(nest_name(facts, item) in ("Res", "Response") for item in param.decorators):
                return True
        at_scope = function.parent
    return False


class _Reflections:
    """Which expressions of a file carry request data, asked of each function once."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._data: dict[int, RequestData] = {}
        self._typed: dict[int, list[bool]] | None = None

    def has(self, scope: int, value: Expr) -> bool:
        """Whether a value that is sent in this function, or in one around it, carries request data."""
        scopes = [around for around in self._facts.index.around(scope) if around >= 0]
        return any(self._of(around).carries(value) for around in {scope, scopes[-1]})

    def are_typed(self, call: Call) -> bool:
        """Whether the handler says which type its answer has, and that is not HTML."""
        if self._typed is None:
            self._typed = defaultdict(list)
            for item in self._facts.calls:
                if item.callee.rpartition(".")[2] in _SETS_TYPE:
                    self._typed[item.scope].append(any("html" in arg.text.lower() for arg in item.args))
        said = self._typed.get(call.scope, [])
        return bool(set(call.callee.replace("()", "").split(".")) & _SETS_TYPE) if not said else True not in said

    def _of(self, scope: int) -> RequestData:
        if scope not in self._data:
            self._data[scope] = RequestData(self._facts, scope)
        return self._data[scope]


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
