"""What a call runs in the project: the method behind `this.service.method()`, and the queries inside it."""

from __future__ import annotations

from reviewer.core.facts import Call, Class, FileFacts
from reviewer.core.project import Project
from reviewer.rules._accesses import Access, accesses
from reviewer.rules._promises import type_of_field


class Methods:
    """Queries of methods by file, found once for each file that a rule asks about."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, dict[str, list[Access]]] = {}

    def queries(self, path: str, facts: FileFacts, call: Call) -> list[Access]:
        """The queries in the method that a call runs, one call deep; none where it was not read."""
        found = self._behind(path, facts, call)
        return self._of(found[0]).get(found[1], []) if found else []

    def _behind(self, path: str, facts: FileFacts, call: Call) -> tuple[str, str] | None:
        steps = call.callee.split(".")
        if steps[0] != "this" or len(steps) not in (2, 3):
            return None
        target, item = path, facts.index.declared(call.symbol.partition(".")[0])
        if len(steps) == 3:
            kind = type_of_field(item, steps[1]) if isinstance(item, Class) else None
            declared = self._project.declaration(path, kind.name) if kind is not None and kind.name else None
            if declared is None:
                return None
            target, item = declared.path, declared.item
        symbol = f"{item.name}.{steps[-1]}" if isinstance(item, Class) else ""
        return (target, symbol) if symbol and symbol != call.symbol else None  # a recursion is no query of its own

    def _of(self, path: str) -> dict[str, list[Access]]:
        if path not in self._known:
            found: dict[str, list[Access]] = {}
            for access in accesses(self._project, path, self._project.head[path]):
                found.setdefault(access.call.symbol, []).append(access)
            self._known[path] = found
        return self._known[path]
