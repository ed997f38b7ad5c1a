"""A missing `await`: a promise is asked as if it were the value.

A promise is always there, so `if (!user)` never holds and the check is dead; its fields are undefined. The compiler
sees only some of these.

Bad::

    const user = this.users.findOneBy({ id });
    if (!user) throw new NotFoundException();

Good::

    const user = await this.users.findOneBy({ id });
    if (!user) throw new NotFoundException();
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._accesses import accesses
from reviewer.rules._database_types import Library
from reviewer.rules._promises import returns_promise
from reviewer.rules._report import at, report

_OF_PROMISES = frozenset(("then", "catch", "finally", "pipe", "abort", "cancel", "subscribe", "on", "once", "unref"))


def inspect(project: Project) -> Iterator[Finding]:
    """Names that the change gives a promise, and that are then used as its value."""
    for file, facts in project.production:
        asked = {(one.call.callee, one.call.first): one.holder.library for one in accesses(project, file.path, facts)}
        calls = {(call.callee, call.first): call for call in facts.calls}
        tested, read = _tested(facts), _read(facts)
        lines = (file.head or "").split("\n")
        for binding in facts.bindings:
            if binding.kind not in (BindingKind.CONST, BindingKind.LET) or binding.value.kind is not ExprKind.CALL:
                continue
            call = calls.get((binding.value.text, binding.value.first))
            if (
                call is None
                or call.awaited
                or not binding.name
                or len(facts.index.bound(binding.name, binding.scope)) > 1
            ):
                continue
            library = asked.get((call.callee, call.first))
            key = (binding.scope, binding.name)
            is_used = key in tested or (key in read and library not in (Library.MODEL, Library.BUILDER))
            if not is_used or library is Library.BUILDER or not _is_promise(project, file.path, facts, call, library):
                continue
            if project.introduced(file.path, binding):
                yield replace(_finding(file.path, binding, call), suggestion=_awaited(lines, facts, binding))


def _finding(path: str, binding: Binding, call: Call) -> Finding:
    return report(
        RULE,
        at(path, binding.first),
        f"`{binding.name}` is a promise here, as `{call.callee}(…)` is not awaited: every check of it holds, and its "
        "fields are undefined. Write `await`.",
        symbol=binding.symbol,
        quoted=binding.code,
    )


def _is_promise(project: Project, path: str, facts: FileFacts, call: Call, library: Library | None) -> bool:
    if library is None or library is Library.CUSTOM:
        return returns_promise(project, path, facts, call)
    return True


def _tested(facts: FileFacts) -> set[tuple[int, str]]:
    """Names, with their scope, whose being there is asked."""
    found: set[tuple[int, str]] = set()
    for condition in facts.conditions:
        test = condition.test
        if test.kind is ExprKind.NAME:
            found.add((condition.scope, test.text))
        elif test.kind is ExprKind.OTHER and test.text.startswith("!"):
            found.add((condition.scope, test.text[1:]))
    return found


def _read(facts: FileFacts) -> set[tuple[int, str]]:
    """Names, with their scope, of which a field is read that no promise has."""
    fields: dict[tuple[int, str], set[str]] = defaultdict(set)
    for read in facts.reads:
        name, _, field = read.name.partition(".")
        if field:
            fields[read.scope, name].add(field.partition(".")[0])
    for call in facts.calls:
        name, _, method = call.callee.partition(".")
        if method and "." not in method:
            fields[call.scope, name].add(method)
    return {key for key, names in fields.items() if not names & _OF_PROMISES}


def _awaited(lines: list[str], facts: FileFacts, binding: Binding) -> Suggestion | None:
    """The line with `await`, where the value starts on it and the function is async."""
    line = lines[binding.first - 1]
    root = binding.value.text.partition("()")[0]
    is_async = binding.scope >= 0 and facts.functions[binding.scope].is_async
    before, sep, after = line.partition(f"= {root}(")
    if not is_async or not sep or not before.strip().startswith(("const ", "let ")):
        return None
    return Suggestion(binding.first, binding.first, f"{before}= await {root}({after}")


RULE = Rule(
    slug="data_promise_as_value",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="A promise is used as its value",
    inspect=inspect,
    references=(
        Reference("MDN: await", "https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Operators/await"),
    ),
    confidence=0.92,
    page=__doc__ or "",
)
