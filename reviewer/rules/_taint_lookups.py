"""Values something was found by: after `const order = await find(key); if (!order) return …` the key is a known one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind

if TYPE_CHECKING:
    from reviewer.core.control_flow import Condition
    from reviewer.core.facts import FileFacts

_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)
_FINDS: Final = ("find", "get", "load", "retrieve", "read", "lookup", "resolve")
"""Words that the name of a function begins with when it looks something up by what it is given."""

_DEPTH_MAX: Final = 3


def looked_up_by(facts: FileFacts, scopes: tuple[int, ...], deciding: list[Condition]) -> Iterator[tuple[str, int]]:
    """Names that something was found by, each with the line from where on that is sure.

    `deciding` are the conditions of these functions that stop or branch.
    """
    asked: dict[str, int] = {}
    for condition in deciding:
        if condition.test.kind in _NAMED or "!=" in condition.test.text:
            continue  # `if (cached) return cached`: what follows knows that nothing was found
        for name in _roots(condition.test, 0):
            asked.setdefault(name, condition.first)
    by_name: dict[str, list[Expr]] = defaultdict(list)
    for binding in facts.index.bindings(scopes):
        value = (
            binding.value.parts[0] if binding.value.kind is ExprKind.AWAIT and binding.value.parts else binding.value
        )
        if binding.name in asked and value.kind is ExprKind.CALL and _finds(facts, value):
            by_name[binding.name].append(value)
    for name, values in by_name.items():
        yield from ((arg.text, asked[name]) for value in values for arg in value.parts if arg.kind in _NAMED)


def _finds(facts: FileFacts, value: Expr) -> bool:
    """Whether a call is one of the project that looks something up; a library's says nothing about what is allowed."""
    root, last = value.text.partition(".")[0], value.text.rpartition(".")[2].lower()
    found = facts.imported(root)
    return last.startswith(_FINDS) and (found is None or found.module.startswith((".", "@/", "src/", "~")))


def _roots(test: Expr, depth: int) -> Iterator[str]:
    """The first names that a condition mentions."""
    if test.kind in (*_NAMED, ExprKind.CALL):
        yield test.text.partition(".")[0]
    if depth < _DEPTH_MAX:
        for part in test.parts:
            yield from _roots(part, depth + 1)
