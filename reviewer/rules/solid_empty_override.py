"""An override that does nothing, of a method that does something; or an interface of which half is left empty.

Whoever calls it through the parent's type counts on what the parent promises (a row deleted, a listener told), and
nothing happens, without an error. Two or more empty methods beside real ones say that the interface is wider than the
class. Abstract and empty parents, hooks that are there to be overridden, and an override
with a comment that says why are left alone.

Bad::

    export class ReadOnlyRepository extends OrderRepository { async save(order: Order) {} }

Good::

    export class OrderReader { find(id: string) { … } }   // promises no save
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts, FunctionKind, Method
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_STAND_INS = ("Fake", "Mock", "Stub", "Noop", "NoOp", "Null", "Dummy")
_EMPTY_MIN = 2
"""Empty methods of an interface that are no accident; one may be all there is to do."""
_HOOKS = ("on", "before", "after", "log", "setup", "teardown", "init")


def inspect(project: Project) -> Iterator[Finding]:
    """Methods without a body that override one with a body, written by the change."""
    for file, facts in project.production:
        for item in facts.classes:
            if item.name.startswith(_STAND_INS) or item.name.endswith(_STAND_INS):
                continue
            empty = [one for one in item.methods if _is_empty(facts, one)]
            yield from _half(project, file.path, facts, item, empty)
            if item.extends is None:
                continue
            parent = project.declaration(file.path, item.extends.text) if empty else None
            if parent is None or not isinstance(parent.item, Class):
                continue
            for one in empty:
                does = _does_something(project.head[parent.path], parent.item, one.name)
                if does and project.wrote(file.path, one.head, one.last) and not _had(project, file.path, item, one):
                    yield _finding(file.path, item, one, parent.item.name)


def _half(project: Project, path: str, facts: FileFacts, item: Class, empty: list[Method]) -> Iterator[Finding]:
    """A class that implements an interface, and leaves several of its methods empty beside some that are not."""
    if not item.implements or item.is_abstract or len(empty) < _EMPTY_MIN:
        return
    if not any(one.scope >= 0 and facts.functions[one.scope].statements for one in item.methods):
        return
    fresh = [one for one in empty if project.wrote(path, one.head, one.last) and not _had(project, path, item, one)]
    if fresh:
        names = ", ".join(f"`{one.name}`" for one in empty)
        yield report(
            RULE,
            at(path, fresh[0].head),
            f"`{item.name}` promises `{', '.join(item.implements)}`, but {names} do nothing: code that holds the "
            "interface gets neither the effect nor an error. Split the interface so that this class promises only "
            "what it does.",
            symbol=item.name,
            quoted=f"{item.name} leaves {fresh[0].name} empty",
        )


def _is_empty(facts: FileFacts, method: Method) -> bool:
    if method.scope < 0 or method.name == "constructor" or method.name.lower().startswith(_HOOKS):
        return False
    function = facts.functions[method.scope]
    if function.kind is FunctionKind.ARROW or (function.statements and not _settles_only(facts, method.scope)):
        return False
    hidden = {"get", "set", "private", "static", "abstract"} & set(method.modifiers)
    explained = any(facts.index.comments(line) for line in range(method.first - 1, method.last + 1))
    return not hidden and not explained


def _settles_only(facts: FileFacts, scope: int) -> bool:
    """Whether a body is nothing but `return Promise.resolve()`."""
    calls = list(facts.index.calls((scope,)))
    is_settled = len(calls) == 1 and calls[0].callee == "Promise.resolve" and calls[0].is_returned
    return is_settled and not calls[0].args and facts.functions[scope].statements == 1


def _does_something(facts: FileFacts, parent: Class, name: str) -> bool:
    """Whether the parent's method has a body that is more than a refusal."""
    for method in parent.methods:
        if method.name == name and method.scope >= 0 and "abstract" not in method.modifiers:
            refuses = any(thrown.scope == method.scope for thrown in facts.throws)
            return facts.functions[method.scope].statements > (1 if refuses else 0)
    return False


def _had(project: Project, path: str, item: Class, method: Method) -> bool:
    old = project.before(path)
    return any(
        one.name == method.name and _is_empty(old, one)
        for there in old.classes
        if there.name == item.name
        for one in there.methods
    )


def _finding(path: str, item: Class, method: Method, parent: str) -> Finding:
    return report(
        RULE,
        at(path, method.head),
        f"`{item.name}.{method.name}` overrides `{parent}.{method.name}` with nothing: code that holds a `{parent}` "
        "counts on what it does, and gets neither the effect nor an error. Do not extend what cannot be kept; let both "
        "share a smaller parent.",
        symbol=f"{item.name}.{method.name}",
        quoted=f"{item.name}.{method.name} is empty",
    )


RULE = Rule(
    slug="solid_empty_override",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="A promised method does nothing",
    inspect=inspect,
    references=(
        Reference("TypeScript: overriding methods", "https://www.typescriptlang.org/docs/handbook/2/classes.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
