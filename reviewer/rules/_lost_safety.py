"""Comparisons that took the same time for every guess, and that a change replaced by plain ones."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import ExprKind
from reviewer.rules._auth import inside, step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.control_flow import Operation
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_SAFE: Final = frozenset(
    ("timingsafeequal", "safeequal", "safeequals", "securecompare", "safecompare", "constanttimeequal",
     "constanttimeequals", "constanttimecompare", "timingsafecompare", "timesafeequal", "tsscmp", "scmp")
)  # fmt: skip
_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)
_PLAIN: Final = frozenset(("length", "byteLength", "Buffer", "undefined", "type", "name", "id"))
"""Last steps of names that are no secret, or that say nothing: a length is compared in the open."""


def lost_safety(project: Project, path: str, item: Operation) -> str:
    """The value that an operation compares plainly and that this file compared safely before; "" for others."""
    lost = project.once(_Lost).names(path)
    for value, other in ((item.left, item.right), (item.right, item.left)) if lost else ():
        is_value = other.kind in (*_NAMED, ExprKind.CALL) and other.text != "undefined"
        if is_value and value.kind in _NAMED and step(value.text) in lost:
            return value.text[:60]
    return ""


class _Lost:
    """What each changed file no longer compares safely."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, frozenset[str]] = {}

    def names(self, path: str) -> frozenset[str]:
        """The last steps of the names that were in a safe comparison before and are in fewer of them now."""
        if path not in self._known:
            before, after = _compared(self._project.before(path)), _compared(self._project.head[path])
            self._known[path] = frozenset(before - after)
        return self._known[path]


def _compared(facts: FileFacts) -> Counter[str]:
    return Counter(name for call in facts.calls if _is_safe(call) for name in _names(call))


def _is_safe(call: Call) -> bool:
    return step(call.callee).lower() in _SAFE


def _names(call: Call) -> Iterator[str]:
    """The names in both arguments: `statusKey` of `Buffer.from(config.statusKey)`, `key` of `key.toString()`."""
    for part in (part for arg in call.args[:2] for part in inside(arg)):
        if part.kind in _NAMED and step(part.text) not in _PLAIN:
            yield step(part.text)
