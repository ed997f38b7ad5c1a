"""What in a test can fail: calls of assertion libraries, and of helpers that assert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts, FunctionKind, Read
from reviewer.core.project import Project
from reviewer.core.source_paths import is_test
from reviewer.rules._testing import Test

_ROOTS = frozenset(("expect", "assert", "expectTypeOf", "assertType", "should", "chai", "sinon", "t", "fail"))
_STEPS = frozenset(("expect", "should", "assert", "isDone", "called", "never"))
_WORDS = ("expect", "assert", "verify", "should")
"""A function whose name has one of these words is taken for one that asserts, wherever it comes from."""

_ROUNDS_MAX = 4
"""Helpers that call helpers that assert: followed this deep."""

_RENDER_DEPTH_MAX = 6
_RENDER_CHARS_MAX = 2_000
"""Bounds on what is compared of one expression; facts keep eight levels."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """One assertion. `subject` is what is looked at, `matcher` how (`not.toEqual`, `to.equal`, `assert.equal`), `args`
    what with; all as comparable text."""

    subject: str
    matcher: str
    args: str
    first: int
    last: int
    call: Call | None = None


def last_of(item: Assertion) -> str:
    """The last word of a matcher: `toEqual` of `not.toEqual`."""
    return item.matcher.replace("()", "").rpartition(".")[2]


def is_assertion(call: Call) -> bool:
    """Whether a call is one of an assertion library: `expect(…)`, `assert.equal`, supertest's `.expect`, `should`."""
    steps = call.callee.replace("()", "").replace("[]", "").split(".")
    if steps[0] in _ROOTS and (len(steps) > 1 or steps[0] not in ("t", "chai", "sinon")):
        return steps[0] != "sinon" or "assert" in steps
    return bool(_STEPS & set(steps[1:]))


def assertions(facts: FileFacts, within: tuple[int, ...]) -> Iterator[Assertion]:
    """The assertions that stand in some scopes, each matcher once."""
    for call in facts.index.calls(within):
        root, _, rest = call.callee.partition(".")
        if root in ("expect()", "expect") and call.receiver is not None:
            subject = _expected(call.receiver)
            matcher = call.callee.replace("()", "").partition(".")[2]
            yield Assertion(subject, matcher, _all(call.args), call.first, call.last, call)
        elif root == "assert":
            subject = rendered(call.args[0]) if call.args else ""
            yield Assertion(subject, call.callee, _all(call.args[1:]), call.first, call.last, call)
        elif rest.rpartition(".")[2] == "expect" or call.callee.endswith("().expect"):
            subject = call.callee.partition("().expect")[0].partition(".")[0] if call.receiver else call.callee
            yield Assertion(subject, "expect", _all(call.args), call.first, call.last, call)
    for read in facts.index.reads(within):
        if read.name.startswith("expect().") or ".should." in read.name:
            yield Assertion(_subject_of(facts, read), read.name, "", read.line, read.line)


def _subject_of(facts: FileFacts, read: Read) -> str:
    """What `expect(…).to.exist` is about, "" where a line has several."""
    found = [call for call in facts.index.calls((read.scope,)) if call.callee == "expect" and call.first == read.line]
    return _all(found[0].args) if len(found) == 1 else ""


def _expected(receiver: Expr) -> str:
    """What stands in the parentheses of `expect(…)`, at the start of a chain."""
    at: Expr | None = receiver
    while at is not None and at.receiver is not None:
        at = at.receiver
    return _all(at.parts) if at is not None else ""


def _all(parts: tuple[Expr, ...]) -> str:
    return ", ".join(rendered(part) for part in parts)


def rendered(value: Expr, depth: int = 0) -> str:
    """An expression as text to compare: equal texts for equal code, whatever its layout. Bounded, so not to read."""
    if depth > _RENDER_DEPTH_MAX:
        return value.text
    parts = [rendered(part, depth + 1) for part in value.parts]
    if value.kind in (ExprKind.ARRAY, ExprKind.AWAIT, ExprKind.SPREAD):
        return f"{value.kind.value}[{', '.join(parts)}]"[:_RENDER_CHARS_MAX]
    if value.kind is ExprKind.OBJECT:
        parts = [f"{key}: {part}" for key, part in zip(value.keys, parts, strict=False)]
    before = rendered(value.receiver, depth + 1) + "|" if value.receiver is not None else ""
    inside = f"({', '.join(parts)})" if parts or value.kind in (ExprKind.CALL, ExprKind.NEW) else ""
    return f"{before}{value.text}{inside}"[:_RENDER_CHARS_MAX]


def _is_always_true(item: Assertion) -> bool:
    """Whether an assertion compares a literal with itself: `expect(true).toBe(true)`."""
    at: Expr | None = item.call.receiver if item.call is not None else None
    while at is not None and at.receiver is not None:
        at = at.receiver
    is_literal = at is not None and len(at.parts) == 1 and at.parts[0].kind in (ExprKind.CONSTANT, ExprKind.NUMBER)
    is_same = item.args == item.subject or (item.subject == "true" and last_of(item) in ("toBeTruthy", "true"))
    return is_literal and is_same and "not" not in item.matcher.split(".")


class Asserting:
    """Which tests of a project assert something, helpers included. Made once for each question to a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        candidates = {path: facts for path, facts in project.head.items() if is_test(path) or "expect" in facts.names}
        self._helpers = _asserting_helpers(candidates)
        self._made: dict[str, Mapping[str, set[str]]] = {}

    def asserts(self, path: str, facts: FileFacts, test: Test) -> bool:
        """Whether a test can fail by itself; True when a helper that was not read may be what asserts."""
        said = list(assertions(facts, test.within))
        empty = {item.first for item in said if _is_always_true(item)}
        if any(item.first not in empty for item in said):
            return True
        if any(throw.scope in set(test.within) for throw in facts.throws):
            return True
        calls = (call for call in facts.index.calls(test.within) if call.first not in empty)
        return any(self._call_asserts(path, facts, call) for call in calls)

    def helped(self, facts: FileFacts, test: Test) -> bool:
        """Whether a test calls a helper that asserts: what that one looks at is not known here."""
        names = (call.callee.replace("()", "").rpartition(".")[2] for call in facts.index.calls(test.within))
        return any(name in self._helpers for name in names)

    def _call_asserts(self, path: str, facts: FileFacts, call: Call) -> bool:
        return is_assertion(call) or self.helps(path, facts, call)

    def helps(self, path: str, facts: FileFacts, call: Call) -> bool:
        """Whether a call is one of a helper that asserts, or may be, since it was not read."""
        if is_assertion(call):
            return False
        root, _, rest = call.callee.replace("()", "").partition(".")
        last = rest.rpartition(".")[2] or root
        if last in self._helpers or ((not rest or root == "this") and any(word in last.lower() for word in _WORDS)):
            return True
        return self._is_unknown(path, facts, root)

    def _is_unknown(self, path: str, facts: FileFacts, root: str) -> bool:
        """Whether a name, or what it was made from, comes from a test helper that was not read."""
        for name in {root, *self._made_from(path, facts).get(root, ())}:
            item = facts.imported(name)
            if item is None:
                continue
            target = self._project.resolver.resolve(path, item.module)
            if target is None and item.module.startswith((".", "@/", "~", "src/", "test/")):
                return True
            if target is not None and target not in self._project.head and is_test(target):
                return True
        return False

    def _made_from(self, path: str, facts: FileFacts) -> Mapping[str, set[str]]:
        """The names that each variable of a file is made from: `helper = new OrdersHelper(app)`."""
        if path not in self._made:
            found: dict[str, set[str]] = {}
            for binding in facts.bindings:
                value = binding.value.parts[0] if binding.value.kind is ExprKind.AWAIT else binding.value
                if value.kind in (ExprKind.CALL, ExprKind.NEW):
                    found.setdefault(binding.name, set()).add(value.text.partition(".")[0])
            self._made[path] = found
        return self._made[path]


def _asserting_helpers(files: Mapping[str, FileFacts]) -> frozenset[str]:
    """Names of the functions and methods in test files that assert, themselves or through each other."""
    found: set[str] = set()
    called: dict[str, set[str]] = {}
    for facts in files.values():
        for call in facts.calls:
            owners = [facts.functions[at].name for at in facts.index.around(call.scope) if at >= 0]
            name = call.callee.replace("()", "").rpartition(".")[2]
            for owner in filter(None, owners[:_ROUNDS_MAX]):
                called.setdefault(owner, set()).add(name)
                if is_assertion(call):
                    found.add(owner)
        throwing = (facts.functions[throw.scope] for throw in facts.throws if throw.scope >= 0)
        found |= {function.name for function in throwing if function.kind is not FunctionKind.METHOD}
    for _ in range(_ROUNDS_MAX):
        found |= {owner for owner, names in called.items() if names & found}
    return frozenset(found - {""})
