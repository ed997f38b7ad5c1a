"""Comparisons, conditions and switches of a file by the function they stand in, made once per file and question."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reviewer.core.control_flow import Condition, Operation, Switch
    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project


class Flow:
    """What one file decides, by scope."""

    def __init__(self, facts: FileFacts) -> None:
        self._operations: dict[int, list[Operation]] = defaultdict(list)
        self._conditions: dict[int, list[Condition]] = defaultdict(list)
        self._switches: dict[int, list[Switch]] = defaultdict(list)
        for operation in facts.operations:
            self._operations[operation.scope].append(operation)
        for condition in facts.conditions:
            self._conditions[condition.scope].append(condition)
        for switch in facts.switches:
            self._switches[switch.scope].append(switch)

    def operations(self, scopes: Iterable[int]) -> Iterator[Operation]:
        """The comparisons and arithmetic that stand directly in these scopes."""
        return (one for scope in scopes for one in self._operations.get(scope, ()))

    def conditions(self, scopes: Iterable[int]) -> Iterator[Condition]:
        """The conditions that stand directly in these scopes."""
        return (one for scope in scopes for one in self._conditions.get(scope, ()))

    def switches(self, scopes: Iterable[int]) -> Iterator[Switch]:
        """The switches that stand directly in these scopes."""
        return (one for scope in scopes for one in self._switches.get(scope, ()))


class Flows:
    """The flow of each file that one inspection asks about."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def of(self, path: str) -> Flow:
        """The flow of a file that was read."""
        return self._project.head[path].index.once(Flow)
