"""Destructuring patterns: which properties one takes out, and what each is called then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.typescript.source import Source, code_children

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from reviewer.typescript.expressions import Expressions

PATTERN_NAMES_MAX = 200
"""Names kept of one pattern; a hand-written one has a dozen."""

_PATTERNS = frozenset(("object_pattern", "array_pattern"))
_NESTED = _PATTERNS | {"rest_pattern"}
_INNER = {"pair_pattern": "value", "assignment_pattern": "left", "object_assignment_pattern": "left"}
_PLACES = frozenset(("member_expression", "subscript_expression"))


class Patterns:
    """Reads the patterns of one file."""

    def __init__(self, source: Source, expressions: Expressions) -> None:
        self._source = source
        self._expressions = expressions

    def names(self, pattern: SgNode | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """`fields` and `locals` as a Binding has them; nothing for what is no pattern."""
        if pattern is None or pattern.kind() not in _PATTERNS:
            return (), ()
        is_array = pattern.kind() == "array_pattern"
        fields: list[str] = []
        names: list[str] = []
        for child in code_children(pattern)[:PATTERN_NAMES_MAX]:
            kind = child.kind()
            if kind == "shorthand_property_identifier_pattern":
                found = [self._source.leaf(child)]
                fields.extend(found)
            else:
                found = self._targets(child)
                fields.extend([self._field(child, kind, is_array)] * len(found))
            names.extend(found)
        return tuple(fields[:PATTERN_NAMES_MAX]), tuple(names[:PATTERN_NAMES_MAX])

    def _field(self, node: SgNode, kind: str, is_array: bool) -> str:
        """The property that one part of a pattern takes out."""
        if kind == "rest_pattern":
            return "..."
        if is_array:
            return "[]"
        if kind == "pair_pattern":
            return self._expressions.key(node.field("key"))
        left = node.field("left")
        return self._source.raw(left) if left else ""

    def _targets(self, node: SgNode) -> list[str]:
        """What one part of a pattern writes to, nested patterns looked into; [""] for an empty one."""
        found: list[str] = []
        waiting: list[SgNode | None] = [node]
        while waiting and len(found) < PATTERN_NAMES_MAX:
            at = waiting.pop()
            if at is None:
                continue
            kind = at.kind()
            if kind in _NESTED:
                waiting.extend(reversed(code_children(at)))
            elif kind in _INNER:
                waiting.append(at.field(_INNER[kind]))
            else:
                found.append(self._source.dotted(at)[0] if kind in _PLACES else self._source.raw(at))
        return found or [""]
