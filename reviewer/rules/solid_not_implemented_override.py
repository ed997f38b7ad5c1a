"""A class that promises a method by `extends` or `implements`, and throws "not implemented" when it is called.

Whoever holds the parent's type calls it and fails at run time, where the compiler could have told them. Abstract
classes, fakes, and methods marked `@deprecated` are left alone. Several such methods are one finding: the interface is
wider than the class.

Bad::

    export class PdfExporter implements Exporter {
      export(order: Order) { return render(order); }
      import(): Order { throw new Error('Method not implemented.'); }
    }

Good::

    export interface Exporter { export(order: Order): Buffer }
    export interface Importer { import(): Order }
    export class PdfExporter implements Exporter { … }
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Class, FileFacts, Method
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_ERRORS = (
    "NotImplementedException", "NotImplementedError", "MethodNotImplementedError", "NotImplemented",
    "MethodNotImplementedException", "UnsupportedOperationError", "UnsupportedOperationException",
    "NotSupportedError", "NotSupportedException", "MethodNotSupportedError",
)  # fmt: skip
_SAYINGS = (
    "not implemented", "not yet implemented", "unimplemented", "is not supported", "not supported", "unsupported",
    "does not support", "doesn't support", "must be implemented", "should not be called", "not available for",
)  # fmt: skip
_REJECT = "Promise.reject"
_PLAIN = ("Error", "TypeError")
"""Errors that no caller tells from others; the project's own (`OrderLockedError`) may be a rule of the business."""

_REFUSED_MIN = 2
"""Methods of an interface that throw whatever they are asked; one may be a rule of the business."""
_STAND_INS = ("Fake", "Mock", "Stub", "Noop", "NoOp", "Null", "Dummy", "InMemory", "Base", "Abstract")


def inspect(project: Project) -> Iterator[Finding]:
    """Classes whose promised methods the change made throw."""
    for file, facts in project.production:
        refusing = _refusing_scopes(facts)
        only_throwing = frozenset(_only_throwing(facts))
        if not refusing and not only_throwing:
            continue
        old = project.before(file.path)
        old_scopes = _refusing_scopes(old)
        old_scopes |= frozenset(_only_throwing(old))
        before = {(item.name, one.name) for item in old.classes for one in item.methods if one.scope in old_scopes}
        for item in facts.classes:
            if not _promises(item):
                continue
            found = _refused(facts, item, refusing, only_throwing) or _broken(project, file.path, item, only_throwing)
            fresh = [one for one in found if (item.name, one.name) not in before]
            fresh = [one for one in fresh if project.wrote(file.path, one.first, one.last)]
            if fresh:
                yield _finding(file.path, item, fresh[0], found)


def _refused(facts: FileFacts, item: Class, refusing: frozenset[int], only_throwing: frozenset[int]) -> list[Method]:
    """The methods of a class that only refuse; in their own words too where several do beside some that work."""
    counted = [one for one in item.methods if one.scope != NOWHERE and _counts(facts, one)]
    throwing = [one for one in counted if one.scope in only_throwing or one.scope in refusing]
    works = any(one.scope not in only_throwing and facts.functions[one.scope].statements for one in counted)
    if item.implements and works and len(throwing) >= _REFUSED_MIN:
        return throwing
    return [one for one in counted if one.scope in refusing]


def _broken(project: Project, path: str, item: Class, only_throwing: frozenset[int]) -> list[Method]:
    """The methods of a class that throw a plain error whatever they are asked, where an interface of the project
    promises them beside some that work, or where the parent's do something."""
    facts = project.head[path]
    counted = [one for one in item.methods if one.scope != NOWHERE and _counts(facts, one)]
    plain = {scope for scope, value in _thrown(facts) if value.text in _PLAIN} & only_throwing
    throwing = [one for one in counted if one.scope in plain]
    if not throwing or not any(
        one.scope not in only_throwing and facts.functions[one.scope].statements for one in counted
    ):
        return []
    parents = [*item.implements, *((item.extends.text,) if item.extends else ())]
    promised = {name for parent in parents for name in _promised(project, path, parent)}
    return [one for one in throwing if one.name in promised]


def _promised(project: Project, path: str, parent: str) -> Iterator[str]:
    """The methods of an interface of the project, and those of a class of it that do something."""
    declared = project.declaration(path, parent)
    if declared is None:
        return
    if isinstance(declared.item, Class):
        there = project.head[declared.path]
        refused = frozenset(_only_throwing(there))
        for one in declared.item.methods:
            if "abstract" in one.modifiers or (one.scope != NOWHERE and one.scope not in refused):
                yield one.name
        return
    yield from (one.name for one in declared.item.members if not one.is_optional)


def _only_throwing(facts: FileFacts) -> Iterator[int]:
    """The functions that throw, or reject with, an error of a fixed text whatever they are given, and do nothing else
    but say so in the log."""
    for scope, value in _thrown(facts):
        if not _is_fixed(value) or any(True for _ in facts.index.conditions((scope,))):
            continue
        others = [call for call in facts.index.calls((scope,)) if not call.is_new and call.callee != _REJECT]
        is_logged = all(_is_log(call.callee) for call in others)
        if is_logged and facts.functions[scope].statements <= 1 + len(others):
            yield scope


def _thrown(facts: FileFacts) -> Iterator[tuple[int, Expr]]:
    """What functions throw or reject with, by their scope."""
    yield from ((one.scope, one.value) for one in facts.throws if one.scope != NOWHERE)
    rejected = (call for call in facts.calls if call.callee == _REJECT and call.args and call.scope != NOWHERE)
    yield from ((call.scope, call.args[0]) for call in rejected if call.awaited)


def _is_log(callee: str) -> bool:
    return callee.startswith("console.") or "log" in callee.lower().split(".")[-2:][0]


def _is_fixed(value: Expr) -> bool:
    return value.kind is ExprKind.NEW and all(
        part.kind in (ExprKind.STRING, ExprKind.CONSTANT, ExprKind.NUMBER) for part in value.parts
    )


def _finding(path: str, item: Class, first: Method, found: list[Method]) -> Finding:
    parent = ", ".join((*((item.extends.text,) if item.extends else ()), *item.implements))
    names = ", ".join(f"`{one.name}`" for one in found)
    verb = "throws" if len(found) == 1 else "throw"
    return report(
        RULE,
        at(path, first.head),
        f"`{item.name}` promises `{parent}`, but {names} only {verb}: code that holds the parent's type fails at run "
        "time. Implement it, or split the interface so that this class promises only what it can do.",
        symbol=f"{item.name}.{first.name}",
        quoted=f"{item.name}.{first.name} throws",
    )


def _promises(item: Class) -> bool:
    if item.is_abstract or item.name.startswith(_STAND_INS) or item.name.endswith(_STAND_INS):
        return False
    return item.extends is not None or bool(item.implements)


def _counts(facts: FileFacts, method: Method) -> bool:
    if method.name == "constructor" or not {"private", "protected", "static", "abstract"}.isdisjoint(method.modifiers):
        return False
    marked = any("@deprecated" in comment.text for comment in facts.index.comments(method.first - 1))
    return not marked and not any(decorator.name.lower() == "deprecated" for decorator in method.decorators)


def _refusing_scopes(facts: FileFacts) -> frozenset[int]:
    """The functions that do nothing but throw, or reject with, "not implemented"."""
    found = {one.scope for one in facts.throws if _says_not_implemented(one.value)}
    for call in facts.calls:
        if call.callee == "Promise.reject" and call.args and _says_not_implemented(call.args[0]):
            found.add(call.scope)
    return frozenset(scope for scope in found if scope != NOWHERE and facts.functions[scope].statements <= 1)


def _says_not_implemented(value: Expr) -> bool:
    if value.kind not in (ExprKind.NEW, ExprKind.CALL):
        return False
    if value.text.rpartition(".")[2] in _ERRORS:
        return True
    said = " ".join(part.text for part in value.parts if part.kind in (ExprKind.STRING, ExprKind.TEMPLATE)).lower()
    return any(words in said for words in _SAYINGS)


RULE = Rule(
    slug="solid_not_implemented_override",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="A promised method only throws",
    inspect=inspect,
    references=(
        Reference("TypeScript: implements clauses", "https://www.typescriptlang.org/docs/handbook/2/classes.html"),
    ),
    confidence=0.95,
    page=__doc__ or "",
)
