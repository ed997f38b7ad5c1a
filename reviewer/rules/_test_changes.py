"""A test before and after the change: which assertions went, and what the code under test lost meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from reviewer.core.change import ChangedFile, is_typescript
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.core.source_paths import is_off, is_production, is_test
from reviewer.rules._assertions import Assertion, assertions, is_assertion
from reviewer.rules._testing import Test, is_browser_test, tests_of

_HOOKS = frozenset(("afterEach", "after", "afterAll", "t.after", "t.afterEach"))


@dataclass(frozen=True, slots=True)
class Kept:
    """A test that stands at base and at head, under the same title or doing the same, and that the change touched."""

    file: ChangedFile
    facts: FileFacts
    before: FileFacts
    old: Test
    new: Test


def kept_tests(project: Project) -> Iterator[Kept]:
    """The tests that the change edited. Titles that a file has twice are left out: nobody knows which is which."""
    for file, facts in files_with_tests(project):
        before = project.before(file.path)
        old, new = _by_title(tests_of(before)), _by_title(tests_of(facts))
        edited = file.diff.edited
        renamed = _renamed(before, facts, old, new)
        for title, test in new.items():
            was = old.get(title) or renamed.get(title)
            if was and any(number in edited for number in range(test.call.first, test.call.last + 1)):
                yield Kept(file, facts, before, was, test)


def _renamed(
    before: FileFacts, facts: FileFacts, old: dict[str, Test], new: dict[str, Test]
) -> dict[str, Test]:  # fmt: skip
    """What tests were before that got another title: the one test of their group that went, where it did the same."""
    gone, came = _by_group(old, new), _by_group(new, old)
    found: dict[str, Test] = {}
    for group, tests in came.items():
        lost = gone.get(group, [])
        if len(tests) == len(lost) == 1 and _done(before, lost[0]) == _done(facts, tests[0]) != set():
            found[short_title(tests[0])] = lost[0]
    return found


def _by_group(tests: dict[str, Test], others: dict[str, Test]) -> dict[str, list[Test]]:
    """The tests whose title the others have not, by the titles of their groups."""
    found: dict[str, list[Test]] = {}
    for title, test in tests.items():
        if title not in others:
            found.setdefault(test.title.removesuffix(test.call.args[0].text), []).append(test)
    return found


def files_with_tests(project: Project) -> Iterator[tuple[ChangedFile, FileFacts]]:
    """The changed files with tests of a backend."""
    for file, facts in project.changed:
        if is_test(file.path) and not is_off(file.path) and not is_browser_test(facts):
            yield file, facts


def short_title(test: Test) -> str:
    """A test's own title, without those of its groups: it may move between them."""
    return " ".join(test.call.args[0].text.split())


def may_follow_code(project: Project, path: str, facts: FileFacts) -> bool:
    """Whether the change also touched code that a test file is about: what the tests lost may be gone for a reason."""
    found = {project.resolver.resolve(path, item.module) for item in facts.imports}
    subjects = {target for target in found if target is not None and is_production(target)}
    touched = project.once(_touched)
    return not touched.isdisjoint(subjects) if subjects else bool(touched)


def _touched(project: Project) -> frozenset[str]:
    """The production files of the change, also those it removed."""
    paths = (file.path for file in project.change.files)
    return frozenset(path for path in paths if is_typescript(path) and is_production(path))


def _by_title(tests: tuple[Test, ...]) -> dict[str, Test]:
    counts = Counter(short_title(test) for test in tests)
    return {short_title(test): test for test in tests if counts[short_title(test)] == 1}


@dataclass(frozen=True, slots=True)
class Difference:
    """The assertions of a test that are gone, and those that are new."""

    removed: tuple[Assertion, ...]
    added: tuple[Assertion, ...]


def difference(kept: Kept) -> Difference:
    """What the change did to the assertions of a test, whatever their order and layout."""
    old = list(assertions(kept.before, kept.old.within))
    new = list(assertions(kept.facts, kept.new.within))
    left = Counter(map(_key, new))
    removed: list[Assertion] = []
    for item in old:
        left[_key(item)] -= 1
        if left[_key(item)] < 0:
            removed.append(item)
    gone = Counter(map(_key, old))
    added: list[Assertion] = []
    for item in new:
        gone[_key(item)] -= 1
        if gone[_key(item)] < 0:
            added.append(item)
    return Difference(tuple(removed), tuple(added))


def is_moved(kept: Kept, changes: Difference) -> bool:
    """Whether what went from a test stands in a new test of its file now that does the same, or in a hook that runs
    afterwards."""
    facts = kept.facts
    hooks = [scope for scope, function in enumerate(facts.functions) if function.passed_to in _HOOKS]
    titles = {short_title(test) for test in tests_of(kept.before)}
    does = _done(kept.before, kept.old)
    new = (test for test in tests_of(facts) if short_title(test) not in titles and does & _done(facts, test))
    places = [*map(facts.index.within, hooks), *(test.within for test in new)]
    said = {_key(item) for within in places for item in assertions(facts, within)}
    return {_key(item) for item in changes.removed} <= said


def has_other_input(kept: Kept) -> bool:
    """Whether something that the test made before is made otherwise now: then what it may expect is another, too."""
    new = {item.name: item.code for item in kept.facts.index.bindings(kept.new.within) if item.name}
    old = ((item.name, item.code) for item in kept.before.index.bindings(kept.old.within) if item.name)
    return any(name in new and new[name] != code and "expect(" not in code for name, code in old)


def _done(facts: FileFacts, test: Test) -> set[str]:
    return {call.code for call in facts.index.calls(test.within) if not is_assertion(call)}


def _key(item: Assertion) -> tuple[str, str, str]:
    return item.subject, item.matcher, item.args


def acts(facts: FileFacts, test: Test) -> Iterator[Call]:
    """What a test does, without what it asserts."""
    asserting = [(item.first, item.last) for item in assertions(facts, test.within)]
    lines = {number for first, last in asserting for number in range(first, last + 1)}
    for call in facts.index.calls(test.within):
        if not is_assertion(call) and call.first not in lines:
            yield call


class Production:
    """What the change took out of the code under test: words that its tests may stop to mention."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def lost(self) -> frozenset[str]:
        """Names and texts that changed files of production had at base, as often no more at head."""
        before: Counter[str] = Counter()
        after: Counter[str] = Counter()
        for file in self._project.change.files:
            if is_production(file.path) and not is_test(file.path):
                before.update(_words(self._project.before(file.path)))
                after.update(_words(self._project.head.get(file.path, FileFacts())))
        return frozenset(word for word, count in before.items() if after[word] < count)

    def explains(self, *texts: str) -> bool:
        """Whether one of these expressions speaks of something that production lost."""
        words = {word for text in texts for word in _split(text)}
        return bool(words & self.lost)

    def explains_test(self, facts: FileFacts, test: Test) -> bool:
        """Whether a test mentions a text or a key of an object that production lost."""
        inside = range(test.call.first, test.call.last + 1)
        said = {text.text for text in facts.strings if text.first in inside}
        for binding in facts.index.bindings(test.within):
            said.update(binding.value.keys)
        for call in facts.index.calls(test.within):
            said.update(key for arg in call.args for key in arg.keys)
        return bool(said & self.lost)


def _words(facts: FileFacts) -> Iterator[str]:
    for call in facts.calls:
        yield from _split(call.callee)
        for arg in call.args:
            yield from arg.keys
    for text in facts.strings:
        yield text.text
    for binding in facts.bindings:
        yield binding.name
        yield from binding.value.keys
    for item in facts.classes:
        yield from (field.name for field in item.properties)
        yield from (method.name for method in item.methods)
    for declared in facts.types:
        yield from (member.name for member in declared.members)


def _split(text: str) -> list[str]:
    """The words of an expression: runs of letters, digits, `_` and `$`."""
    return "".join(char if char.isalnum() or char in "_$" else " " for char in text).split()
