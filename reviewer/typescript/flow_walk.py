"""The part of the walk that knows what code decides and how it fails: conditions, switches, comparisons, casts,
catches, throws."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from reviewer.core.control_flow import Cast, Catch, Condition, Operation, Switch, Throw
from reviewer.typescript.class_walk import ClassWalk
from reviewer.typescript.expressions import PARTS_MAX
from reviewer.typescript.source import code_children
from reviewer.typescript.walk import Visitor, Where

if TYPE_CHECKING:
    from ast_grep_py import SgNode

BRANCH_CHARS_MAX = 4_000
"""Characters of a branch that are compared: branches nest, so longer ones would cost the square of the file."""

CATCH_NODES_MAX = 100_000
"""Syntax nodes looked at inside the catch clauses of one file, for the same reason; past it they read their error."""

_OPERATORS = frozenset(
    ("===", "==", "!==", "!=", "<", ">", "<=", ">=", "in", "instanceof", "-", "*", "/", "%", "**")
)  # fmt: skip
_ENDS = frozenset(("return_statement", "throw_statement", "continue_statement", "break_statement"))
_FUNCTIONS = frozenset(
    ("arrow_function", "function_expression", "generator_function", "function_declaration",
     "generator_function_declaration", "method_definition")
)  # fmt: skip
_READS = frozenset(("identifier", "shorthand_property_identifier"))


class FlowWalk(ClassWalk):
    """Control flow, on top of modules and classes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._catch_nodes = 0

    def _visitors(self) -> dict[str, Visitor]:
        return super()._visitors() | {
            "try_statement": self._try,
            "throw_statement": self._throw,
            "if_statement": self._if,
            "ternary_expression": self._ternary,
            "switch_statement": self._switch,
            "binary_expression": self._binary,
            "as_expression": self._cast,
            "type_assertion": self._cast,
        }

    # ------------------------------------------------------------------------------------------------ failing

    def _try(self, node: SgNode, where: Where) -> bool:
        handler = node.field("handler")
        if handler is None:
            return False
        inside = where.below
        index = self._catch(handler, inside)
        body = handler.field("body")
        for child in reversed(node.named_children()):
            if child == handler:
                parts = handler.named_children()
                self._push([part for part in parts if part == body], inside._replace(catch=index))
                self._push([part for part in parts if part != body], inside)
            else:
                is_tried = child.kind() == "statement_block"
                self._stack.append((child, inside._replace(in_try=True) if is_tried else inside))
        return True

    def _catch(self, node: SgNode, where: Where) -> int:
        parameter, body = node.field("parameter"), node.field("body")
        is_name = parameter is not None and parameter.kind() == "identifier"
        param = self._source.raw(parameter) if parameter is not None and is_name else ""
        uses_param, throws, has_comment = self._inside_catch(body or node, param)
        first, last = self._source.lines(node)
        self._catches.append(
            Catch(
                param, len(code_children(body)) if body else 0, uses_param, throws, has_comment, first, last,
                where.scope, where.symbol, self._source.cut(node),
            )
        )  # fmt: skip
        return len(self._catches) - 1

    def _inside_catch(self, body: SgNode, param: str) -> tuple[bool, bool, bool]:
        """Whether a catch clause reads its parameter, throws (not in a function inside), and has a comment."""
        uses = throws = comments = False
        waiting = [(body, False)]
        while waiting:
            node, in_function = waiting.pop()
            self._catch_nodes += 1
            if self._catch_nodes > CATCH_NODES_MAX:
                return bool(param), throws, comments
            kind = node.kind()
            if kind in _READS:
                uses = uses or (bool(param) and self._source.leaf(node) == param)
            elif kind == "comment":
                comments = True
            else:
                throws = throws or (kind == "throw_statement" and not in_function)
                deeper = in_function or kind in _FUNCTIONS
                waiting.extend((child, deeper) for child in node.named_children())
        return uses, throws, comments

    def _throw(self, node: SgNode, where: Where) -> bool:
        values = code_children(node)
        if values:
            first, last = self._source.lines(node)
            value = self._expressions.of(values[0], where.scope)
            code = self._source.cut(node)
            self._throws.append(Throw(value, first, last, where.scope, where.symbol, code, where.catch))
        return False

    # ------------------------------------------------------------------------------------------------ deciding

    def _if(self, node: SgNode, where: Where) -> bool:
        other = node.field("alternative")
        inner = code_children(other)[:1] if other else []
        is_else_if = bool(inner) and inner[0].kind() == "if_statement"
        self._condition(node, inner[0] if inner and not is_else_if else None, where)
        return False

    def _ternary(self, node: SgNode, where: Where) -> bool:
        self._condition(node, node.field("alternative"), where)
        return False

    def _condition(self, node: SgNode, otherwise: SgNode | None, where: Where) -> None:
        test, then = node.field("condition"), node.field("consequence")
        if test is None or then is None:
            return
        is_ternary = node.kind() == "ternary_expression"
        first, last = self._source.lines(node)
        self._conditions.append(
            Condition(
                self._expressions.of(test, where.scope), self._digest(then), self._digest(otherwise),
                first, last, where.scope, where.symbol, self._source.cut(node),
                is_ternary, not is_ternary and _ends(then),
            )
        )  # fmt: skip

    def _digest(self, branch: SgNode | None) -> str:
        """Equal for branches of equal source, blanks, braces and the last semicolon left out."""
        if branch is None:
            return ""
        start, end = self._source.span(branch)
        if end - start > BRANCH_CHARS_MAX:
            return f"{start}-{end}"
        if branch.kind() == "statement_block":
            start, end = start + 1, end - 1
        text = " ".join(self._text[start:end].split()).rstrip("; ")
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def _switch(self, node: SgNode, where: Where) -> bool:
        subject, body = node.field("value"), node.field("body")
        if subject is None or body is None:
            return False
        values = [child.field("value") for child in body.named_children()[:PARTS_MAX] if child.kind() == "switch_case"]
        labels = tuple(self._expressions.of(value, where.scope) for value in values if value is not None)
        first, last = self._source.lines(node)
        made = self._expressions.of(subject, where.scope)
        self._switches.append(Switch(made, labels, first, last, where.scope, where.symbol, self._source.cut(node)))
        return False

    def _binary(self, node: SgNode, where: Where) -> bool:
        named = node.field("operator")
        operator = named.kind() if named else ""
        left, right = node.field("left"), node.field("right")
        if operator in _OPERATORS and left is not None and right is not None:
            first, last = self._source.lines(node)
            before, after = self._expressions.of(left, where.scope), self._expressions.of(right, where.scope)
            code = self._source.cut(node)
            self._operations.append(Operation(operator, before, after, first, last, where.scope, where.symbol, code))
        return False

    def _cast(self, node: SgNode, where: Where) -> bool:
        parts = code_children(node)
        if len(parts) < 2:
            return False  # `as const`
        value, kind = parts[0], parts[-1]
        if node.kind() == "type_assertion":
            value, kind = kind, (code_children(value) or [value])[0]
        first, last = self._source.lines(node)
        made = self._expressions.of(value, where.scope)
        code = self._source.cut(node)
        self._casts.append(Cast(self._source.type_of(kind), made, first, last, where.scope, where.symbol, code))
        return False

    def _casts_within(self, wrappers: list[SgNode], where: Where) -> None:
        """The casts inside a dotted name, which is read as one: `(request as any).user.id`."""
        for node in wrappers:
            self._cast(node, where)


def _ends(branch: SgNode) -> bool:
    """Whether a branch ends in return, throw, continue or break."""
    if branch.kind() != "statement_block":
        return branch.kind() in _ENDS
    statements = code_children(branch)
    return bool(statements) and statements[-1].kind() in _ENDS
