"""A test that the change deleted while the code it calls stays: nothing guards that behaviour any more.

Left alone: a test that moved or was renamed, one whose calls another new test makes, and one whose code is gone too. A
note where the code under test changed too, or the whole file went.

Bad::

    - it('refuses an order without lines', () => { … service.create({ lines: [] }) … });

Good::

    the code that the test spoke of goes in the same change, or a new test takes its place
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.anchor import Span
from reviewer.core.change import ChangedFile, FileStatus
from reviewer.core.concern import Concern, Severity
from reviewer.core.diff import LineKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_off, is_production, is_test
from reviewer.rules._assertions import is_assertion
from reviewer.rules._report import at, report
from reviewer.rules._test_changes import Production, may_follow_code, short_title
from reviewer.rules._testing import Test, is_browser_test, tests_of

_NAMED_MAX = 4
_REWRITE_MIN = 3
"""Deleted tests of a file with as many new ones: it was written anew."""

_SAME_ENOUGH = 0.5
"""Share of a deleted test's calls that a new test of the change must make to count as its successor."""

_COMMON = frozenset(
    ("map", "filter", "find", "push", "toString", "join", "keys", "values", "then", "catch", "fn", "spyOn", "get",
     "set", "mockResolvedValue", "mockReturnValue", "mockImplementation", "send", "post", "put", "delete", "patch")
)  # fmt: skip
"""Methods that everything has: they do not say which code a test is about."""


def inspect(project: Project) -> Iterator[Finding]:
    """Files from which tests went, once each, with the titles of those whose code stays."""
    present, successors = _tests_at_head(project)
    code = _Code(project)
    for file in project.change.files:
        before = project.base.get(file.old_path or file.path)
        if before is None or not is_test(file.path) or is_off(file.path) or is_browser_test(before):
            continue
        gone = [test for test in tests_of(before) if short_title(test) not in present]
        may_follow = may_follow_code(project, file.path, before)
        is_replaced = _added(project, file.path) >= len(gone)
        if is_replaced and (may_follow or len(gone) >= _REWRITE_MIN):
            continue  # written anew
        left = [
            test
            for test in gone
            if not _has_successor(_calls(before, test), successors) and code.stays(file.path, before, test)
        ]
        if left:
            yield _finding(file, left)


def _finding(file: ChangedFile, left: list[Test]) -> Finding:
    titles = [short_title(test) for test in left]
    listed = ", ".join(f"`{title}`" for title in titles[:_NAMED_MAX])
    more = f" and {len(titles) - _NAMED_MAX} more" if len(titles) > _NAMED_MAX else ""
    what, verb = ("test", "is") if len(titles) == 1 else ("tests", "are")
    return report(
        RULE,
        _span(file, left[0]),
        f"The {what} {listed}{more} {verb} deleted, but the code called there stays, and no test of this change takes "
        "its place. Keep what they guard, or mend what they found.",
        symbol=" ".join(titles[:_NAMED_MAX]),
        quoted=left[0].title,
    )


def _tests_at_head(project: Project) -> tuple[frozenset[str], list[frozenset[str]]]:
    """The titles of all tests that were read, and the calls of each test that the change added."""
    titles: set[str] = set()
    added: list[frozenset[str]] = []
    for path, facts in project.tests.items():
        before = {test.title for test in tests_of(project.before(path))}
        for test in tests_of(facts):
            titles.add(short_title(test))
            if test.title not in before and project.wrote(path, test.call.first):
                added.append(_calls(facts, test))
        titles |= {call.args[0].text for call in facts.calls if call.args and call.callee.endswith((".skip", ".todo"))}
    return frozenset(titles), added


def _added(project: Project, path: str) -> int:
    """How many tests the change added to a file."""
    before = {short_title(test) for test in tests_of(project.before(path))}
    return sum(short_title(test) not in before for test in tests_of(project.head.get(path, FileFacts())))


def _calls(facts: FileFacts, test: Test) -> frozenset[str]:
    """The names of what a test calls, without what everything has and without assertions."""
    names = (
        call.callee.replace("()", "").rpartition(".")[2]
        for call in facts.index.calls(test.within)
        if not is_assertion(call) and not call.callee.startswith(("jest.", "vi.", "sinon."))
    )
    return frozenset(name for name in names if name and name not in _COMMON)


def _paths(facts: FileFacts, test: Test) -> frozenset[str]:
    return frozenset(
        arg.text for call in facts.index.calls(test.within) for arg in call.args[:1] if arg.text.startswith("/")
    )


def _has_successor(called: frozenset[str], others: list[frozenset[str]]) -> bool:
    return any(len(called & other) >= _SAME_ENOUGH * len(called) for other in others)


class _Code:
    """The code that tests are about, as it stands after the change."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._production = project.once(Production)
        self._routes: dict[str, set[frozenset[str]]] = {}
        for route in (route for routes in project.routes.values() for route in routes):
            words = frozenset(word for word in route.path.split("/") if word and not word.startswith((":", "*")))
            for word in words:
                self._routes.setdefault(word, set()).add(words)

    def stays(self, path: str, facts: FileFacts, test: Test) -> bool:
        """Whether what a deleted test calls is still there, and lost nothing that the test spoke of."""
        targets = [self._project.resolver.resolve(path, item.module) for item in facts.imports]
        own = zip(targets, facts.imports, strict=True)
        if any(target is None and item.module.startswith(".") for target, item in own):
            return False  # what it imported went too, or was moved
        paths = [one for one in targets if one is not None and one in self._project.head and is_production(one)]
        functions = {function.name for one in paths for function in self._project.head[one].functions}
        names = functions & _calls(facts, test)
        if not names and not any(map(self._is_route, _paths(facts, test))):
            return False
        explained = self._production.explains(*names, short_title(test))
        return not explained and not self._production.explains_test(facts, test)

    def _is_route(self, said: str) -> bool:
        """Whether a path that a test asks for belongs to a route."""
        steps = set(said.partition("?")[0].split("/")) - {""}
        return any(words <= steps for step in steps for words in self._routes.get(step, ()))


def _span(file: ChangedFile, test: Test) -> Span | None:
    """The line of the head file that now stands where the test began; None when the file is gone."""
    if file.status is FileStatus.REMOVED:
        return None
    for hunk in file.diff.hunks:
        is_reached, last = False, 0
        for line in hunk.lines:
            is_reached = is_reached or (line.kind is LineKind.REMOVED and line.old == test.call.first)
            last = line.new or last
            if is_reached and line.new is not None:
                return at(file.path, line.new)
        if is_reached and last:
            return at(file.path, last)
    return None


RULE = Rule(
    slug="tests_deleted_test",
    concern=Concern.TESTS,
    severity=Severity.NOTE,
    title="A test is deleted while its code stays",
    inspect=inspect,
    references=(Reference("NestJS: testing", "https://docs.nestjs.com/fundamentals/testing"),),
    confidence=0.75,
    page=__doc__ or "",
)
