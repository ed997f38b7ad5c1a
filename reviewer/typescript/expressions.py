"""Expressions as small bounded trees: what `Expr` in core/facts.py promises, made from syntax nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import TEXT_CHARS_MAX, Expr, ExprKind
from reviewer.typescript.source import Source, called, code_children, string_value, unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ast_grep_py import SgNode

DEPTH_MAX = 8
"""Levels of an expression that are kept; rules look at arguments and operands, not at whole programs."""

PARTS_MAX = 50
"""Arguments, operands, keys or elements kept of one expression."""

EXPRESSIONS_MAX = 60_000
"""Expressions of one file: five times the most of any hand-written one measured (12,025 in 4,520 lines)."""

_TEMPLATE_CHARS_MAX = 6 * TEXT_CHARS_MAX
"""Characters kept of the fixed text of a template: a query over six tables with a hole in its last condition."""

_FUNCTIONS = frozenset(("arrow_function", "function_expression", "generator_function"))
_CHOICES = frozenset(("??", "||", "&&"))
_CONSTANTS = frozenset(("true", "false", "null", "undefined"))


class TooMuchError(ValueError):
    """The file holds more than the facts of one file may; it is named as not read."""


class Expressions:
    """Makes expressions of one file. `scope_of(node, scope, name, passed_to)` gives a function's index in the
    facts."""

    def __init__(self, source: Source, scope_of: Callable[[SgNode, int, str, str], int]) -> None:
        self._source = source
        self._scope_of = scope_of
        self._made = 0
        self._cut_short = 0
        self._known: dict[tuple[int, int, str], tuple[int, Expr]] = {}

    def of(self, node: SgNode, scope: int, depth: int = 0, name: str = "", passed_to: str = "") -> Expr:
        """The expression of a node that stands in the function `scope`; `name` is what a function is called there,
        `passed_to` the dotted callee it is an argument of.

        A whole one that was made for its surroundings is not made again. Raises TooMuchError past EXPRESSIONS_MAX.
        """
        node = unwrapped(node)
        kind = node.kind()
        where = node.range()
        begin, end = where.start, where.end
        key = begin.index, end.index, kind
        found = self._known.get(key)
        if found is not None and depth <= found[0]:
            return found[1]
        self._made += 1
        if self._made > EXPRESSIONS_MAX:
            raise TooMuchError(f"more than {EXPRESSIONS_MAX:,} expressions")
        lines = begin.line + 1, end.line + 1
        if depth >= DEPTH_MAX:
            self._cut_short += 1
            return Expr(ExprKind.OTHER, self._source.cut(node), *lines)
        if kind == "identifier":
            return Expr(ExprKind.NAME, self._source.leaf(node), *lines)
        before = self._cut_short
        make = _MAKERS.get(kind, Expressions._operation)
        made = (
            self._function(node, lines, self._scope_of(node, scope, name, passed_to), depth)
            if kind in _FUNCTIONS
            else make(self, node, lines, scope, depth)
        )
        if self._cut_short == before:
            self._known[key] = depth, made
        return made

    def arguments(self, node: SgNode, scope: int, callee: str) -> tuple[Expr, ...]:
        """The arguments of a call, `new` or decorator call; `callee` is dotted."""
        arguments = node.field("arguments")
        if arguments is None or arguments.kind() == "template_string":
            return ()
        return self._all(code_children(arguments), scope, 0, callee)

    def template_holes(self, node: SgNode, scope: int, depth: int = 0) -> tuple[Expr, ...]:
        """The substitutions of a template string."""
        holes = [child for child in node.named_children() if child.kind() == "template_substitution"]
        return self._all([inner for hole in holes for inner in code_children(hole)[:1]], scope, depth)

    def template_text(self, node: SgNode) -> str:
        """The fixed text of a template string with `${}` at each hole."""
        pieces = [
            "${}" if c.kind() == "template_substitution" else self._source.ends(c)
            for c in code_children(node)[:PARTS_MAX]
        ]
        return "".join(pieces)[:_TEMPLATE_CHARS_MAX]

    def _all(self, nodes: list[SgNode], scope: int, depth: int, passed_to: str = "") -> tuple[Expr, ...]:
        return tuple([self.of(node, scope, depth + 1, "", passed_to) for node in nodes[:PARTS_MAX]])

    def _string(self, node: SgNode, lines: tuple[int, int], _scope: int, _depth: int) -> Expr:
        return Expr(ExprKind.STRING, string_value(self._source, node), *lines)

    def _literal(self, node: SgNode, lines: tuple[int, int], _scope: int, _depth: int) -> Expr:
        what = ExprKind.NUMBER if node.kind() == "number" else ExprKind.CONSTANT
        return Expr(what, self._source.leaf(node), *lines)

    def _template(self, node: SgNode, lines: tuple[int, int], scope: int, depth: int) -> Expr:
        holes = self.template_holes(node, scope, depth)
        return Expr(ExprKind.TEMPLATE, self.template_text(node), *lines, holes)

    def _name(self, node: SgNode, lines: tuple[int, int], scope: int, depth: int) -> Expr:
        text, receiver = self._source.dotted(node)
        if text in _CONSTANTS:
            return Expr(ExprKind.CONSTANT, text, *lines)
        kind = node.kind()
        index = node.field("index") if kind == "subscript_expression" else None
        return Expr(
            ExprKind.MEMBER if kind in ("member_expression", "subscript_expression") else ExprKind.NAME,
            text,
            *lines,
            (self.of(index, scope, depth + 1),) if index is not None else (),
            receiver=self._receiver(receiver, node, scope, depth) if receiver is not None else None,
        )

    def _receiver(self, receiver: SgNode, node: SgNode, scope: int, depth: int) -> Expr | None:
        if receiver.kind() == "subscript_expression" and self._source.start(receiver) == self._source.start(node):
            inner = receiver.field("object")  # `a[i]` hangs on `a`, or it would hang on itself
            return self.of(inner, scope, depth + 1) if inner and unwrapped(inner).kind() != "identifier" else None
        return self.of(receiver, scope, depth + 1)

    def _call(self, node: SgNode, lines: tuple[int, int], scope: int, depth: int) -> Expr:
        is_new = node.kind() == "new_expression"
        function = called(node, "constructor" if is_new else "function")[0]
        arguments = node.field("arguments")
        callee, receiver = self._source.dotted(function) if function else ("", None)
        if arguments is not None and arguments.kind() == "template_string":
            return Expr(ExprKind.TAGGED, callee, *lines, self.template_holes(arguments, scope, depth))
        return Expr(
            ExprKind.NEW if is_new else ExprKind.CALL,
            callee,
            *lines,
            self._all(code_children(arguments), scope, depth, callee) if arguments is not None else (),
            receiver=self.of(receiver, scope, depth + 1) if receiver is not None else None,
        )

    def _function(self, node: SgNode, lines: tuple[int, int], inside: int, depth: int) -> Expr:
        body = node.field("body")
        parts = (self.of(body, inside, depth + 1),) if body and body.kind() != "statement_block" else ()
        return Expr(ExprKind.FUNCTION, "", *lines, parts, scope=inside)

    def _collection(self, node: SgNode, lines: tuple[int, int], scope: int, depth: int) -> Expr:
        children = code_children(node)[:PARTS_MAX]
        if node.kind() == "array":
            return Expr(ExprKind.ARRAY, self._source.cut(node), *lines, self._all(children, scope, depth))
        keys: list[str] = []
        values: list[Expr] = []
        for child in children:
            key, value = self._pair(child)
            keys.append(key)
            values.append(self.of(value, scope, depth + 1, key))
        return Expr(ExprKind.OBJECT, self._source.cut(node), *lines, tuple(values), tuple(keys))

    def _pair(self, child: SgNode) -> tuple[str, SgNode]:
        kind = child.kind()
        if kind == "pair":
            return self.key(child.field("key")), child.field("value") or child
        if kind == "shorthand_property_identifier":
            return self._source.raw(child), child
        if kind == "method_definition":
            return self.key(child.field("name")), child
        named = code_children(child)
        return "", named[0] if kind == "spread_element" and named else child

    def key(self, node: SgNode | None) -> str:
        """The name of a property as one would say it: no quotes, "" when computed."""
        kind = node.kind() if node is not None else "computed_property_name"
        if node is None or kind == "computed_property_name":
            return ""
        return string_value(self._source, node) if kind == "string" else self._source.leaf(node)

    def _operation(self, node: SgNode, lines: tuple[int, int], scope: int, depth: int) -> Expr:
        kind = node.kind()
        if kind == "shorthand_property_identifier":
            return Expr(ExprKind.NAME, self._source.leaf(node), *lines)
        if kind == "binary_expression":
            operator, operands = self._operands(node)
            what = ExprKind.CONCAT if operator == "+" else ExprKind.CHOICE if operator in _CHOICES else ExprKind.OTHER
            text = operator if what is not ExprKind.OTHER else self._source.cut(node)
            return Expr(what, text, *lines, self._all(operands, scope, depth))
        if kind == "ternary_expression":
            both = [node.field("consequence"), node.field("alternative")]
            parts = self._all([part for part in both if part is not None], scope, depth)
            return Expr(ExprKind.CHOICE, "?:", *lines, parts)
        what = {
            "await_expression": ExprKind.AWAIT,
            "spread_element": ExprKind.SPREAD,
            "assignment_expression": ExprKind.ASSIGN,
        }.get(kind, ExprKind.OTHER)
        children = code_children(node)
        wanted = children[-1:] if what is not ExprKind.OTHER or kind == "unary_expression" else []
        return Expr(what, self._source.cut(node), *lines, self._all(wanted, scope, depth))

    def _operands(self, node: SgNode) -> tuple[str, list[SgNode]]:
        """Operator and operands of a chain of the same operator, which the grammar nests to the left."""
        operator = _operator(node)
        operands: list[SgNode] = []
        at = node
        while at.kind() == "binary_expression" and _operator(at) == operator and len(operands) < PARTS_MAX:
            left, right = at.field("left"), at.field("right")
            if left is None or right is None:
                break
            operands.append(right)
            at = unwrapped(left)
        operands.append(at)
        operands.reverse()
        return operator, operands


_MAKERS: Mapping[str, Callable[[Expressions, SgNode, tuple[int, int], int, int], Expr]] = {
    "string": Expressions._string,
    "template_string": Expressions._template,
    "this": Expressions._name,
    "super": Expressions._name,
    "member_expression": Expressions._name,
    "subscript_expression": Expressions._name,
    "call_expression": Expressions._call,
    "new_expression": Expressions._call,
    "object": Expressions._collection,
    "array": Expressions._collection,
    "number": Expressions._literal,
    **dict.fromkeys(_CONSTANTS, Expressions._literal),
}
"""What makes the expressions of a kind of node; outside the class, where it would be a cycle that nobody collects."""


def _operator(node: SgNode) -> str:
    operator = node.field("operator")
    return operator.kind() if operator else ""
