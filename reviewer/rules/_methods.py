"""What a call runs in the project: the function behind it, and the queries inside that."""

from __future__ import annotations

from reviewer.core.expr import NOWHERE
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._called import called


class Methods:
    """Queries of functions by file, found once for each file that a rule asks about."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, dict[int, list[Access]]] = {}

    def queries(self, path: str, facts: FileFacts, call: Call) -> list[Access]:
        """The queries in the function that a call runs, one call deep; none where it was not read."""
        found = called(self._project, path, call)
        if found is None or found.scope == NOWHERE:
            return []
        if found.path == path and found.scope in facts.index.around(call.scope):
            return []  # a recursion is no query of its own
        there = self._project.head[found.path].index.within(found.scope)
        by_scope = self._of(found.path)
        return [access for scope in there for access in by_scope.get(scope, ())]

    def _of(self, path: str) -> dict[int, list[Access]]:
        if path not in self._known:
            found: dict[int, list[Access]] = {}
            for access in accesses(self._project, path, self._project.head[path]):
                found.setdefault(access.call.scope, []).append(access)
            self._known[path] = found
        return self._known[path]
