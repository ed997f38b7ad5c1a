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
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._auth import constant
from reviewer.rules._report import at, report
from reviewer.rules._taint import Taint
from reviewer.rules._taint_merges import merges
from reviewer.rules._taint_report import flows, tell

_DEEP: Final = frozenset(("merge", "mergeWith", "defaultsDeep"))
_BY_PATH: Final = frozenset(("set", "setWith", "update", "updateWith", "zipObjectDeep"))
_LODASH: Final = ("lodash", "lodash-es", "underscore")
_MERGERS: Final = frozenset(
    ("deepmerge", "merge-deep", "deep-extend", "defaults-deep", "lodash.merge", "extend", "lodash.defaultsdeep",
     "merge-options", "lodash/merge", "lodash/defaultsDeep")
)  # fmt: skip
_STEPS_MAX: Final = 20
"""Values of one name that are looked at."""

_GUARDS: Final = ("__proto__", "constructor", "prototype")


def inspect(project: Project) -> Iterator[Finding]:
    """Objects that the change lets a client write any key into."""
    for flow in flows(project, _merged):
        message = (
            f"`{flow.origin.text}` comes from the client and decides which keys are written, deep ones and "
            "`__proto__` too. Check it against a schema first, and copy the known fields by name."
        )
        yield tell(project, RULE, flow, message)
    taint = project.once(Taint)
    for file, facts in project.production:
        is_guarded = any(text.text in _GUARDS for text in facts.strings)
        for binding in facts.bindings if not is_guarded else ():
            if binding.target is not None and project.introduced(file.path, binding):
                yield from _assigned(taint, facts, file.path, binding)
        yield from _own_merges(project, file.path, facts)


def _merged(facts: FileFacts, call: Call) -> Iterator[Expr]:
    """What a deep merge or a setter by path is given to write."""
    name, module = original(facts, call.callee)
    last = name.rpartition(".")[2]
    if (module in _LODASH and last in _DEEP) or module in _MERGERS:
        yield from call.args[1:]
    elif module in _LODASH and last in _BY_PATH:
        yield from call.args[1:2]


def _assigned(taint: Taint, facts: FileFacts, path: str, binding: Binding) -> Iterator[Finding]:
    """`a[k1][k2] = v` with both keys a client's: the first reaches the prototype, the second writes to it."""
    target = binding.target
    reached = _reached_by(facts, binding) if target is not None and target.parts else None
    if target is None or reached is None or _makes_step(binding.value):
        return
    if _has_fixed_text(facts, reached, binding.scope):
        return
    first = taint.origin(path, reached, binding.scope)
    second = taint.origin(path, target.parts[0], binding.scope)
    if first is None or second is None:
        return
    names = sorted({first.text.removesuffix("[]"), second.text.removesuffix("[]")})
    named = f"`{'` and `'.join(names)}` come{'s' if len(names) == 1 else ''}"
    message = (
        f"{named} from the client and name{'s' if len(names) == 1 else ''} what is written, so "
        "`__proto__` changes every object of the process. Use a `Map`, or allow only known keys."
    )
    finding = report(RULE, at(path, binding.first), message, binding.symbol, binding.code)
    yield replace(finding, severity=Severity.WARNING if second.hops else Severity.BLOCKER)


def _has_fixed_text(facts: FileFacts, key: Expr, scope: int) -> bool:
    """Whether a key holds text of the program's own, so that it can never be `__proto__`: `user:${id}`."""
    made = constant(facts, key, scope)
    if made.kind is ExprKind.TEMPLATE:
        return bool(made.text.replace("${}", ""))
    return made.kind is ExprKind.CONCAT and any(part.kind is ExprKind.STRING and part.text for part in made.parts)


def _reached_by(facts: FileFacts, binding: Binding) -> Expr | None:
    """The key by which the object was reached that is written to: in place, or step by step (`at = at[key]`)."""
    target = binding.target
    inner = target.receiver if target is not None else None
    if inner is not None:
        return inner.parts[0] if inner.kind is ExprKind.MEMBER and inner.parts else None
    name = target.text.removesuffix("[]") if target is not None else ""
    for scope in facts.index.around(binding.scope):
        for step in facts.index.bound(name, scope)[:_STEPS_MAX]:
            deeper = step.value.text == f"{name}[]" or step.value.text.startswith(f"{name}[")
            if step.kind is BindingKind.ASSIGNMENT and deeper:
                return step.value.parts[0] if step.value.parts else _written_inside(facts, step)
    return None


def _makes_step(value: Expr) -> bool:
    """`at[key] ??= {}`, `at[key] = at[key] || {}`: on the way to what is written."""
    made = value.parts[-1] if value.kind is ExprKind.CHOICE else value
    return made.kind is ExprKind.OBJECT and not made.keys


def _written_inside(facts: FileFacts, step: Binding) -> Expr | None:
    """The key of `at[key] ??= {}`, where that is what `at` becomes."""
    for one in facts.index.bound(f"{step.name}[]", step.scope)[:_STEPS_MAX]:
        if one.first == step.first and one.target is not None and one.target.parts:
            return one.target.parts[0]
    return None


def _own_merges(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """Functions that copy keys from one object into another and call themselves for the deeper ones."""
    for merge in merges(facts):
        name = merge.function.name
        if any(project.introduced(path, one) for one in merge.facts):
            line = next((one.first for one in merge.writes if project.wrote(path, one.first)), merge.calls[0].first)
            message = (
                f"`{name}` copies every key of its input, `__proto__` too, and goes deeper: JSON from a client changes "
                "every object of the process. Skip `__proto__`, `constructor` and `prototype`."
            )
            yield report(RULE, at(path, line), message, merge.function.symbol, f"{name} copies every key")


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
