"""A client's keys written into objects: `__proto__` among them changes every object of the process.

Three ways: a recursive merge of one's own without a guard, lodash's `merge`, `defaultsDeep` and `set` with a client's
object or path, and `object[a][b] = c` with keys of a client. A guard on `__proto__`, a `Map`, or an object without a
prototype is left alone.

Bad::

    settings[req.body.group][req.body.key] = req.body.value;

Good::

    const { theme } = SettingsSchema.parse(req.body);
    settings.theme = theme;
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Binding, Call, FileFacts, Function
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._taint import Taint
from reviewer.rules._taint_report import flows, tell

_DEEP: Final = frozenset(("merge", "mergeWith", "defaultsDeep"))
_BY_PATH: Final = frozenset(("set", "setWith", "update", "updateWith", "zipObjectDeep"))
_LODASH: Final = ("lodash", "lodash-es", "underscore")
_MERGERS: Final = frozenset(
    ("deepmerge", "merge-deep", "deep-extend", "defaults-deep", "lodash.merge", "extend", "lodash.defaultsdeep",
     "merge-options", "lodash/merge", "lodash/defaultsDeep")
)  # fmt: skip
_GUARDS: Final = ("__proto__", "constructor", "prototype")


def inspect(project: Project) -> Iterator[Finding]:
    """Objects that the change lets a client write any key into."""
    for flow in flows(project, _merged):
        message = (
            f"`{flow.origin.text}` comes from the client and decides which keys are written, deep ones and "
            "`__proto__` too. Check it against a schema first, and copy the known fields by name."
        )
        yield tell(project, RULE, flow, message)
    taint = Taint(project)
    for file, facts in project.production:
        is_guarded = any(text.text in _GUARDS for text in facts.strings)
        for binding in facts.bindings if not is_guarded else ():
            if binding.target is not None and project.introduced(file.path, binding):
                yield from _assigned(taint, file.path, binding)
        if not is_guarded:
            yield from _own_merges(project, file.path, facts)


def _merged(facts: FileFacts, call: Call) -> Iterator[Expr]:
    """What a deep merge or a setter by path is given to write."""
    name, module = original(facts, call.callee)
    last = name.rpartition(".")[2]
    if (module in _LODASH and last in _DEEP) or module in _MERGERS:
        yield from call.args[1:]
    elif module in _LODASH and last in _BY_PATH:
        yield from call.args[1:2]


def _assigned(taint: Taint, path: str, binding: Binding) -> Iterator[Finding]:
    """`a[k1][k2] = v` with both keys a client's: the first reaches the prototype, the second writes to it."""
    target = binding.target
    inner = target.receiver if target is not None else None
    if target is None or inner is None or inner.kind is not ExprKind.MEMBER or not (target.parts and inner.parts):
        return
    first = taint.origin(path, inner.parts[0], binding.scope)
    second = taint.origin(path, target.parts[0], binding.scope)
    if first is None or second is None:
        return
    message = (
        f"`{first.text}` and `{second.text}` come from the client and name what is written, so `__proto__` changes "
        "every object of the process. Use a `Map`, or allow only known keys."
    )
    finding = report(RULE, at(path, binding.first), message, binding.symbol, binding.code)
    yield replace(finding, severity=Severity.BLOCKER)


def _own_merges(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """Functions that copy keys from one object into another and call themselves for the deeper ones."""
    for scope, function in enumerate(facts.functions):
        if not function.name or len(function.params) < 2:
            continue
        inside = facts.index.within(scope)
        writes = [one for one in facts.index.bindings(inside) if _copies(one, function)]
        calls = [one for one in facts.index.calls(inside) if _goes_deeper(one, function)]
        if writes and calls and _is_new(project, path, writes, calls):
            if "hasOwnProperty" in facts.names and "Map" in facts.names:
                continue
            line = next((one.first for one in writes if project.wrote(path, one.first)), calls[0].first)
            message = (
                f"`{function.name}` copies every key of its input, `__proto__` too, and goes deeper: JSON from a "
                "client changes every object of the process. Skip `__proto__`, `constructor` and `prototype`."
            )
            yield report(RULE, at(path, line), message, function.symbol, f"{function.name} copies every key")


def _is_new(project: Project, path: str, writes: list[Binding], calls: list[Call]) -> bool:
    return any(project.introduced(path, one) for one in writes) or any(project.introduced(path, one) for one in calls)


def _copies(binding: Binding, function: Function) -> bool:
    """`target[key] = …` into a parameter, with a key that is a name."""
    target = binding.target
    if target is None or binding.scope == NOWHERE or len(target.parts) != 1:
        return False
    names = {param.name for param in function.params}
    return target.parts[0].kind is ExprKind.NAME and target.text.removesuffix("[]") in names


def _goes_deeper(call: Call, function: Function) -> bool:
    """The function calls itself with `target[key]` and `source[key]`."""
    if call.callee.rpartition(".")[2] != function.name or len(call.args) < 2:
        return False
    return all(arg.text.endswith("[]") or arg.kind is ExprKind.CHOICE for arg in call.args[:2])


RULE = Rule(
    slug="security_prototype_pollution",
    concern=Concern.SECURITY,
    severity=Severity.WARNING,
    title="A client's keys are written into objects",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: prototype pollution",
            "https://cheatsheetseries.owasp.org/cheatsheets/Prototype_Pollution_Prevention_Cheat_Sheet.html",
        ),
    ),
    confidence=0.85,
    page=__doc__ or "",
)
