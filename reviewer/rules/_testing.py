"""Calls that declare tests, as Jest, Vitest, Mocha, Jasmine and the Node test runner write them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewer.core.change import ChangedFile
from reviewer.core.expr import NOWHERE, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.core.source_paths import is_off, is_test

_DECLARERS = frozenset(("it", "test", "describe", "context", "suite", "specify"))
_GROUPS = frozenset(("describe", "context", "suite", "fdescribe", "xdescribe"))
_SHORTHANDS = frozenset(("fit", "ftest", "fdescribe", "xdescribe"))
_NOT_RUN = frozenset(("skip", "todo", "failing", "fails", "skipIf", "step", "use", "extend", "beforeEach", "afterEach"))
_OTHER_TESTS = frozenset(
    ("@playwright/test", "cypress", "react", "vue", "@vue/test-utils", "@angular/core", "@angular/core/testing",
     "svelte", "k6", "k6/http", "@typescript-eslint/rule-tester", "enzyme")
)  # fmt: skip
_TEST_WORDS = frozenset(("spec", "test", "tests", "e2e", "it"))
_TEST_KINDS = frozenset(("unit", "int", "integration", "functional", "acceptance"))
"""Words that say which tests these are; in front they are names (`unit.service.ts`)."""
_RUNNERS = frozenset(
    ("@jest/globals", "vitest", "mocha", "node:test", "bun:test", "@playwright/test", "ava", "jasmine")
)
_TITLES = frozenset((ExprKind.STRING, ExprKind.TEMPLATE, ExprKind.NAME, ExprKind.MEMBER, ExprKind.CONCAT))


def new_tests(
    project: Project, modifier: str, shorthands: frozenset[str]
) -> Iterator[tuple[ChangedFile, FileFacts, Call]]:
    """Test declarations with a modifier (`only`, `skip`) or a shorthand (`fit`, `xit`) that the change wrote."""
    for file, facts in project.changed:
        if not is_test(file.path):
            continue
        before = project.before(file.path)
        old = {
            (call.callee, call.args[0].text) for call in before.calls if _declares(before, call, modifier, shorthands)
        }
        for call in facts.calls:
            # The declaration itself must be new: what a test does may change under an old focus.
            is_one = _declares(facts, call, modifier, shorthands) and project.wrote(file.path, call.first)
            if is_one and (call.callee, call.args[0].text) not in old:
                yield file, facts, call


def _declares(facts: FileFacts, call: Call, modifier: str, shorthands: frozenset[str]) -> bool:
    if call.is_tagged or call.callee.endswith(".each") or not call.args or call.args[0].kind not in _TITLES:
        return False  # `it.only.each(table)` is the receiver of the call that has the title
    steps = _steps(call)
    is_marked = modifier in steps[1:] or _has_option(call, modifier)
    if steps[0] not in shorthands and (steps[0] not in _DECLARERS or not is_marked):
        return False
    source = facts.imported(steps[0])
    return source is None or source.module in _RUNNERS


def _has_option(call: Call, modifier: str) -> bool:
    """Whether a declaration is given an option: `test('adds', { skip: true }, () => …)`. A text there is a reason."""
    given = (dict(zip(arg.keys, arg.parts, strict=False)) for arg in call.args[1:] if arg.kind is ExprKind.OBJECT)
    return any(modifier in options and options[modifier].text == "true" for options in given)


def said(call: Call, modifier: str) -> str:
    """How a message names a declaration with a modifier: `it.skip`, or `it({ skip: true })` for an option."""
    callee = call.callee.replace("()", "")
    return f"{callee}({{ {modifier}: true }})" if _has_option(call, modifier) else callee


@dataclass(frozen=True, slots=True)
class Test:
    """One test of a file. `title` starts with those of the groups around it; `within` are its scopes, its own first."""

    __test__ = False  # pytest looks for classes called like this one

    title: str
    call: Call
    within: tuple[int, ...]

    @property
    def scope(self) -> int:
        """The test's own function."""
        return self.within[0]


def tests_of(facts: FileFacts) -> tuple[Test, ...]:
    """The tests of a file that are written in place and run; not those that are skipped, planned or known to fail."""
    return facts.index.once(_tests_of)


def _tests_of(facts: FileFacts) -> tuple[Test, ...]:
    titles = {NOWHERE: ""}
    found: list[Test] = []
    for call in facts.calls:  # a group stands before what is in it
        scope = NOWHERE if call.is_tagged else _body(call)  # the functions in a table of `it.each` are its values
        steps = _steps(call) if scope >= 0 else []
        if scope < 0 or steps[0] not in _DECLARERS | _SHORTHANDS or not _is_declaration(facts, call):
            continue
        title = f"{_outer(facts, titles, call.scope)} {call.args[0].text}".strip()
        if steps[0] in _GROUPS or "describe" in steps:
            titles[scope] = title
        elif not _NOT_RUN & set(steps[1:]):
            found.append(Test(title, call, facts.index.within(scope)))
    return tuple(found)


def added_tests(project: Project) -> Iterator[tuple[ChangedFile, FileFacts, Test]]:
    """Tests that the change added, or renamed and wrote anew, in files that do not test pages."""
    for file, facts in project.changed:
        if not is_test(file.path) or is_off(file.path) or is_browser_test(facts):
            continue
        before = {test.title for test in tests_of(project.before(file.path))}
        for test in tests_of(facts):
            if test.title not in before and project.wrote(file.path, test.call.first):
                yield file, facts, test


def subject_stem(path: str) -> str:
    """The name of the file that a test is called after: `orders.service` of `test/orders.service.spec.ts`."""
    words = posixpath.basename(path).split(".")[:-1]
    return ".".join(word for place, word in enumerate(words) if not _says_test(word.lower(), is_first=place == 0))


def _says_test(word: str, *, is_first: bool) -> bool:
    """Whether a word of a name only says that it is a test, or which: `spec`, `unit-spec`, `integration`."""
    parts = set(word.split("-"))
    return parts <= _TEST_WORDS | _TEST_KINDS and not (is_first and parts <= _TEST_KINDS)


def is_browser_test(facts: FileFacts) -> bool:
    """Whether a file tests pages or rules of a linter: with their own ways to wait and to assert."""
    modules = {item.module for item in facts.imports}
    return "cy" in facts.names or any(name in _OTHER_TESTS or name.startswith("@testing-library/") for name in modules)


def calls_of_test(facts: FileFacts, test: Test) -> Iterator[Call]:
    """The calls of a test, those of its callbacks too."""
    return facts.index.calls(test.within)


def _body(call: Call) -> int:
    """The function that a declaration is given, NOWHERE when it is named elsewhere."""
    return next((arg.scope for arg in call.args[1:] if arg.kind is ExprKind.FUNCTION), NOWHERE)


def _steps(call: Call) -> list[str]:
    return call.callee.replace("()", "").split(".")


def _is_declaration(facts: FileFacts, call: Call) -> bool:
    source = facts.imported(_steps(call)[0])
    known = source is None or source.module in _RUNNERS
    return known and call.args[0].kind in _TITLES


def _outer(facts: FileFacts, titles: Mapping[int, str], scope: int) -> str:
    return next((titles[at] for at in facts.index.around(scope) if at in titles), "")
