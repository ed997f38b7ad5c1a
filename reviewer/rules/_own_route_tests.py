"""Files of routes with a test of their own beside them that asks for every route they had."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from reviewer.core.source_paths import is_test
from reviewer.rules._asked_paths import says_its_paths
from reviewer.rules._plugin_routes import all_routes, new_routes, routes_before
from reviewer.rules._test_files import TestFiles, stem

if TYPE_CHECKING:
    from reviewer.core.project import Project
    from reviewer.core.routes import Route
    from reviewer.rules._mentions import Mentions

_KNOWN_MIN: Final = 3
"""Routes that a file had, each of them tested, before one that is not is news."""

_TEST_FOLDERS: Final = frozenset(("", "test", "tests", "__tests__", "spec"))


def lacks_in_own_test(project: Project, path: str, mentions: Mentions) -> tuple[Route, ...]:
    """The new routes of a file that no test names, where its own test asks for each of the others. What is new can only
    be tested by what the change touches, whatever tests there are that were not read: so only a change without tests
    is looked at, and one that moved no route from elsewhere."""
    if project.once(TestFiles).are_touched or project.once(_loses_routes) or not _has_own_test(project, path):
        return ()
    fresh = new_routes(project, path)
    symbols = {route.symbol for route in fresh}
    old = [one for one in all_routes(project).get(path, ()) if one.symbol not in symbols and one.path]
    if len(old) < _KNOWN_MIN or not all(mentions.names_route(path, one) for one in old):
        return ()
    return tuple(one for one in fresh if one.path and not mentions.names_route(path, one))


def _has_own_test(project: Project, path: str) -> bool:
    """Whether a test that was read, called like the file and in its folder or one for tests there, sends requests to
    paths that stand in it."""
    folder = posixpath.dirname(path)
    for other, facts in project.tests.items():
        place = posixpath.dirname(other).removeprefix(folder).strip("/")
        is_near = posixpath.dirname(other).startswith(folder) and place in _TEST_FOLDERS
        if is_near and is_test(other) and stem(other) == stem(path) and says_its_paths(facts):
            return True
    return False


def _loses_routes(project: Project) -> bool:
    """Whether the change took a route away somewhere: a new one may be that one, at another place."""
    if any(file.head is None for file in project.change.files):
        return True
    for file, _ in project.production:
        now = {route.symbol for route in all_routes(project).get(file.path, ())}
        if any(one.symbol not in now for one in routes_before(project, file.path)):
            return True
    return False
