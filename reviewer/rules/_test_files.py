"""Which files of a project have tests, as far as the names of all its files tell. Made once for a whole change."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from reviewer.core.change import is_typescript
from reviewer.core.facts import FileFacts
from reviewer.core.project import Project
from reviewer.core.source_paths import is_production, is_test
from reviewer.rules._asked_paths import says_its_paths
from reviewer.rules._packages import package_folder
from reviewer.rules._testing import subject_stem

SIBLINGS_MIN = 4
"""Routes, or files of one kind, that must be known before it means something that none of them is tested."""

SIBLINGS_SHARE = 0.2
"""Share of them with a test below which a missing test is not news."""

_OWN_SHARE = 0.5
"""Share of them with a test from which on it is the custom that each has one."""

_CUSTOM_MIN = 3
"""Files of a package with a test of their own from which on that is a custom."""

_COMPONENTS = (".vue", ".svelte", ".component.ts")
_MARKUP_SHARE = 0.3
"""Share of files with markup above which a package is one of pages; a backend has some for its mails."""

_SPARSE_FILES_MIN = 40
_SPARSE_RATIO = 25
"""Files of code for each test above which tests are rare, measured on 24 backends."""


class TestFiles:
    """The tests of a project by the files they are named for."""

    __test__ = False  # pytest looks for classes called like this one

    def __init__(self, project: Project) -> None:
        self._project = project
        self._changed = {file.path for file in project.change.files}
        self._folders: dict[str, str] = {}

    @cached_property
    def _code(self) -> tuple[str, ...]:
        return tuple(path for path in self._project.change.tree if is_typescript(path))

    @cached_property
    def _tests(self) -> tuple[str, ...]:
        return tuple(path for path in self._code if is_test(path))

    @cached_property
    def _served(self) -> tuple[str, ...]:
        """The code that serves users and that the change leaves alone."""
        return tuple(path for path in self._code if path not in self._changed and is_production(path))

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(map(stem, self._tests))

    @property
    def are_rare(self) -> bool:
        """Whether tests are so rare here that a missing one is not news."""
        tests = len(self._tests)
        return len(self._code) >= _SPARSE_FILES_MIN and tests * _SPARSE_RATIO < len(self._code) - tests

    @cached_property
    def _packages(self) -> frozenset[str]:
        """The folders of the packages that have tests."""
        return frozenset(map(self._package, self._tests))

    def _package(self, path: str) -> str:
        """The folder of the package, or of the project of an Nx workspace, that a file belongs to."""
        folder = posixpath.dirname(path)
        if folder not in self._folders:
            tree = self._project.change.tree
            self._folders[folder] = package_folder(tree, path, ("package.json", "project.json"))
        return self._folders[folder]

    @cached_property
    def _pages(self) -> frozenset[str]:
        """The folders of the packages that are made for browsers: with components, or mostly of markup."""
        paths = [path for path in self._project.change.tree if path.endswith(_COMPONENTS)]
        markup = Counter(self._package(path) for path in self._code if path.endswith((".tsx", ".jsx")))
        code = Counter(map(self._package, self._code))
        mostly = {folder for folder, count in markup.items() if count > _MARKUP_SHARE * code[folder]}
        return frozenset(map(self._package, paths)) | mostly

    def are_near(self, path: str) -> bool:
        """Whether the package that a file belongs to has any tests, and is none of a browser's."""
        return self._package(path) in self._packages and not self.is_page(path)

    def is_page(self, path: str) -> bool:
        """Whether a file belongs to a package that is made for browsers."""
        return self._package(path) in self._pages

    @cached_property
    def _kinds(self) -> tuple[Counter[str], Counter[str]]:
        """How many files of each kind there were before the change, and how many of them have a test."""
        known: Counter[str] = Counter()
        tested: Counter[str] = Counter()
        for path in self._served:
            known[_kind(path)] += 1
            tested[_kind(path)] += stem(path) in self._stems
        return known, tested

    def have_siblings(self, path: str) -> bool:
        """Whether files of this kind have tests here: `*.service.ts` for a service, else those of the same folder."""
        known, tested = self._kinds
        kind = _kind(path)
        return known[kind] < SIBLINGS_MIN or tested[kind] >= SIBLINGS_SHARE * known[kind]

    def have_own_tests(self, path: str) -> bool:
        """Whether most files of this kind have a test of their own here."""
        known, tested = self._kinds
        kind = _kind(path)
        return known[kind] >= SIBLINGS_MIN and tested[kind] >= _OWN_SHARE * known[kind]

    @cached_property
    def _customs(self) -> Mapping[str, bool]:
        """Whether it is the custom of each package that files have a test of their own."""
        known: Counter[str] = Counter()
        tested: Counter[str] = Counter()
        for path in self._served:
            known[self._package(path)] += 1
            tested[self._package(path)] += stem(path) in self._stems
        return {
            one: tested[one] >= _CUSTOM_MIN and tested[one] >= SIBLINGS_SHARE * count for one, count in known.items()
        }

    @cached_property
    def are_touched(self) -> bool:
        """Whether the change touches any test."""
        return any(is_test(path) for path in self._changed)

    def are_custom(self, path: str) -> bool:
        """Whether files have a test of their own in the package of a file: a fifth of all, those without any
        behaviour (types, wiring) counted too."""
        return self._customs.get(self._package(path), False)

    @cached_property
    def _unread(self) -> frozenset[str]:
        """What the tests that were not read are named for: nobody can say that they name nothing."""
        return frozenset(stem(path) for path in self._tests if path not in self._project.head)

    @cached_property
    def _touched(self) -> tuple[frozenset[str], frozenset[str]]:
        """The stems of the tests that the change touches, and the files they import."""
        return self._of_tests([path for path in self._changed if is_test(path)])

    @cached_property
    def _touched_unclear(self) -> tuple[frozenset[str], frozenset[str]]:
        """The same, of the tests that do not say which routes they ask for."""
        tests = [path for path in self._changed if is_test(path)]
        return self._of_tests([path for path in tests if not says_its_paths(self._facts(path))])

    def _facts(self, path: str) -> FileFacts:
        return self._project.head.get(path, FileFacts())

    def _of_tests(self, paths: list[str]) -> tuple[frozenset[str], frozenset[str]]:
        modules = ((path, item.module) for path in paths for item in self._facts(path).imports)
        targets = (self._project.resolver.resolve(path, module) for path, module in modules)
        return frozenset(map(stem, paths)), frozenset(target for target in targets if target)

    def may_cover(self, path: str) -> bool:
        """Whether a test that the change touches, or one that was not read, may be about a file."""
        stems, imported = self._touched
        return path in imported or stem(path) in stems | self._unread

    def may_cover_routes(self, path: str) -> bool:
        """The same for the routes of a file: a test that was read and says its paths hides none."""
        stems, imported = self._touched_unclear
        return path in imported or stem(path) in stems | self._unread


def stem(path: str) -> str:
    """A file's name without what says that it is a test: `orders.service` of `orders.service.spec.ts`."""
    return subject_stem(path).lower()


def _kind(path: str) -> str:
    """What a file's name says of its kind (`service` of `orders.service.ts`), else its folder."""
    marks = posixpath.basename(path).lower().split(".")[1:-1]
    return ".".join(marks) or posixpath.dirname(path) + "/"
