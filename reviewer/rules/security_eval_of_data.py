"""Text that is run as code: what a client puts into it runs in the server, with all its rights.

`eval`, `new Function`, `vm.run…` (a `vm` context is no sandbox) and `setTimeout` with a text. Text that only the
program knows is left alone.

Bad::

    const total = eval(req.body.formula);

Good::

    const total = evaluate(parseFormula(req.body.formula));
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from msgspec import structs

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._taint_passing import receiver_of
from reviewer.rules._taint_report import flows, resolved, tell
from reviewer.rules._taint_sql import compose

_VM: Final = frozenset(
    ("runInNewContext", "runInThisContext", "runInContext", "Script", "compileFunction", "SourceTextModule")
)
_REDIS: Final = frozenset(("redis", "ioredis", "@redis/client"))
_TIMERS: Final = frozenset(("setTimeout", "setInterval", "setImmediate"))
_DEPTH_MAX: Final = 3
_FIXED: Final = (ExprKind.STRING, ExprKind.NUMBER, ExprKind.CONSTANT)


def inspect(project: Project) -> Iterator[Finding]:
    """Code that the change makes of a client's data, or by `eval` and `Function` of anything that is not fixed."""
    said: set[tuple[str, int]] = set()
    for flow in flows(project, _codes):
        said.add((flow.path, flow.call.first))
        message = (
            f"`{flow.origin.text}` comes from the client and is run as code, with all rights of the server. Parse it "
            "as data, or choose among functions that are written here."
        )
        yield tell(project, RULE, flow, message)
    for file, facts in project.production:
        for call in project.new_calls(file.path):
            if call.callee not in ("eval", "Function") or (file.path, call.first) in said:
                continue
            if _is_unknown(facts, call):
                message = (
                    f"`{call.callee}` runs whatever text it is given, with all rights of the server. Choose among "
                    "functions that are written here, or parse the text as data."
                )
                finding = report(RULE, at(file.path, call.first), message, call.symbol, call.code)
                yield replace(finding, severity=Severity.WARNING)


def _codes(facts: FileFacts, call: Call) -> Iterator[Expr]:
    if call.args and call.callee.rpartition(".")[2] == "eval" and not _REDIS.isdisjoint(facts.index.modules):
        yield from call.args[:1]  # a script of Lua, which the server of Redis runs
    if not call.args or facts.imported(call.callee.partition(".")[0]) is None:
        if call.callee in ("eval", "globalThis.eval", "require", "import", *_TIMERS):
            yield from call.args[:1]
        elif call.callee == "Function":
            yield from call.args
        return
    name, module = original(facts, call.callee)
    if module.removeprefix("node:") == "vm" and name.rpartition(".")[2] in _VM:
        yield call.args[0]


def _is_unknown(facts: FileFacts, call: Call) -> bool:
    """Whether something is run that the program did not make of its own texts and numbers."""
    if facts.imported(call.callee) is not None or not call.args:
        return False
    text = compose(facts, call.args[-1], call.scope)
    return any(not _is_own(facts, hole.value, hole.scope, 0) for hole, _, _ in text.holes())


def _is_own(facts: FileFacts, value: Expr, scope: int, depth: int) -> bool:
    """A number, or an element of a list of texts that stands here."""
    value = resolved(facts, value, scope)
    if value.kind in _FIXED or value.text.startswith("Math."):
        return True
    if depth < _DEPTH_MAX and value.kind is ExprKind.CALL and value.text.endswith(".toString"):
        owner = receiver_of(value)
        named = structs.replace(owner, kind=ExprKind.NAME) if owner is not None and "." not in owner.text else owner
        return named is not None and _is_own(facts, named, scope, depth + 1)
    if value.kind is ExprKind.MEMBER and value.text.endswith("[]"):
        items = resolved(facts, structs.replace(value, kind=ExprKind.NAME, text=value.text[:-2]), scope)
        return items.kind is ExprKind.ARRAY and all(part.kind in _FIXED for part in items.parts)
    return False


RULE = Rule(
    slug="security_eval_of_data",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="Data is run as code",
    inspect=inspect,
    references=(
        Reference("CWE-95: eval injection", "https://cwe.mitre.org/data/definitions/95.html"),
        Reference("Node.js: vm", "https://nodejs.org/api/vm.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
