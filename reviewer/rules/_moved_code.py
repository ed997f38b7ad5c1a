"""Whether a new function only holds what stood elsewhere before: then the tests of that place are its tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from reviewer.core.facts import FileFacts
from reviewer.core.project import Project

_SHARE = 0.5
"""Share of a function's own calls that must have stood elsewhere."""


def fresh_functions(project: Project, path: str, names: list[str]) -> Iterator[str]:
    """Of the new functions of a file those that came with the whole file and were nowhere before. Tests that stayed as
    they are may run them on the way of what calls them, but were written for what stood there until now."""
    if project.before(path).names:
        return
    for name in names:
        if "." not in name and not _is_moved_here(project, path, name):
            yield name


def _is_moved_here(project: Project, path: str, name: str) -> bool:
    """Whether most of what a function of a file calls is called less often elsewhere in the change than before."""
    facts = project.head[path]
    scopes = facts.index.functions(name)
    calls = {call.callee for scope in scopes for call in facts.index.calls(facts.index.within(scope))}
    wanted = {callee.replace("()", "").rpartition(".")[2] for callee in calls}
    lost = project.once(_lost)
    return bool(wanted) and len(wanted & lost) >= _SHARE * len(wanted)


def _lost(project: Project) -> frozenset[str]:
    """The last names of what is called less often in some file of the change, or in one that it removed."""
    found: set[str] = set()
    for file in project.change.files:
        before = _called(project.before(file.path))
        after = _called(project.head.get(file.path, FileFacts()))
        found.update(name for name, count in before.items() if after[name] < count)
    return frozenset(found)


def _called(facts: FileFacts) -> Counter[str]:
    names: Iterable[str] = (call.callee.replace("()", "").rpartition(".")[2] for call in facts.calls)
    return Counter(names)
