"""A test before and after the change: which assertions went, and what the code under test lost meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
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
        edited = file.diff.edited
        for was, test in _pairs(before, facts):
            if any(number in edited for number in range(test.call.first, test.call.last + 1)):
                yield Kept(file, facts, before, was, test)


def _pairs(before: FileFacts, facts: FileFacts) -> Iterator[tuple[Test, Test]]:
    """The tests of a file as they were and are: under the same title in the same groups, under a title of their own
    (they may have moved), or in place of another one that did the same."""
    old, new = list(tests_of(before)), list(tests_of(facts))
    for title_of in (_whole_title, short_title):
        known, now = _by_title(old, title_of), _by_title(new, title_of)
        same = known.keys() & now.keys()
        yield from ((known[title], now[title]) for title in now if title in same)
        old = [test for test in old if title_of(test) not in same]
        new = [test for test in new if title_of(test) not in same]
    yield from _renamed(before, facts, old, new)


def _renamed(
    before: FileFacts, facts: FileFacts, old: list[Test], new: list[Test]
) -> Iterator[tuple[Test, Test]]:  # fmt: skip
    """The tests that came in place of one that went from the same group and did the same, and as the only ones."""
    gone = [(_group(test), _done(before, test), test) for test in old]
    came = [(_group(test), _done(facts, test), test) for test in new]
    for group, does, test in came if gone else ():
        alike = [was for where, did, was in gone if (where, did) == (group, does)]
        if does and len(alike) == 1 and sum((where, did) == (group, does) for where, did, _ in came) == 1:
            yield alike[0], test


def _group(test: Test) -> str:
    """The titles of the groups around a test."""
    return test.title.removesuffix(test.call.args[0].text)


def _whole_title(test: Test) -> str:
    return " ".join(test.title.split())


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


def _by_title(tests: list[Test], title_of: Callable[[Test], str]) -> dict[str, Test]:
    counts = Counter(map(title_of, tests))
    return {title_of(test): test for test in tests if counts[title_of(test)] == 1}


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
