"""Migrations that log their failure and return, where those beside them let it through.

Whatever runs them takes the one that returned for done: it is never tried again, and the next ones build on it.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from reviewer.rules._accesses import accesses
from reviewer.rules._logging import is_log
from reviewer.rules._migrations import is_migration
from reviewer.rules._tries import tried

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.control_flow import Catch
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_BESIDE_MIN: Final = 2
"""Migrations of the folder that catch an error, and that all throw it again: then that is how it is done there."""

SPELLS: Final = frozenset(("String", "JSON.stringify", "util.inspect", "inspect", "Date", "Date.now"))
"""Calls that only make a text for the log."""


def swallowing(project: Project) -> Iterator[tuple[str, Catch, int]]:
    """The catches of migrations that the change wrote and that only log, with how many beside them throw again."""
    for file, facts in project.changed:
        if not is_migration(file.path) or any(caught.throws for caught in facts.catches):
            continue
        found = [one for one in _logging_only(project, file.path, facts) if not project.before(file.path).catches]
        beside = _rethrowing(project, file.path) if found else 0
        yield from ((file.path, caught, beside) for caught in found if beside >= _BESIDE_MIN)


def only_spells(call: Call) -> bool:
    """Whether a call only makes a text of an error: `String(error)`."""
    return call.callee in SPELLS


def _logging_only(project: Project, path: str, facts: FileFacts) -> Iterator[Catch]:
    writes = {id(one.call) for one in accesses(project, path, facts) if one.is_write}
    by_catch = tried(facts)
    for index, caught in enumerate(facts.catches):
        inside = [call for call in facts.calls if call.catch == index]
        is_quiet = any(map(is_log, inside)) and all(is_log(call) or only_spells(call) for call in inside)
        has_write = any(id(call) in writes and not call.loop for call in by_catch[index])
        is_back = {"down", "rollback"} & set(caught.symbol.split("."))
        is_new = project.wrote(path, caught.first, caught.last)
        if is_quiet and has_write and is_new and not caught.has_comment and not is_back:
            yield caught


def _rethrowing(project: Project, path: str) -> int:
    """How many migrations of the same folder throw what they catch; 0 where one of them does not."""
    folder = posixpath.dirname(path)
    changed = {file.path for file in project.change.files}
    beside = [
        facts
        for there, facts in project.head.items()
        if posixpath.dirname(there) == folder and there not in changed and facts.catches
    ]
    count = sum(any(caught.throws for caught in facts.catches) for facts in beside)
    return count if count == len(beside) else 0
