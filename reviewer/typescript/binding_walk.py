"""The part of the walk that knows what gives a name its value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Read
from reviewer.core.imports import Export, Import
from reviewer.typescript.declarations import FUNCTION_KINDS
from reviewer.typescript.flow_walk import FlowWalk
from reviewer.typescript.source import unwrapped
from reviewer.typescript.walk import Visitor, Where

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_PAIR_VALUES = frozenset(
    ("string", "template_string", "binary_expression", "ternary_expression", "parenthesized_expression")
)
_PLACES = frozenset(("member_expression", "subscript_expression"))
_RETURN_VALUES = frozenset(("template_string", "binary_expression", "member_expression", "new_expression"))


class BindingWalk(FlowWalk):
    """Declarations, assignments, keys of objects, and what functions return."""

    def _visitors(self) -> dict[str, Visitor]:
        return super()._visitors() | {
            "lexical_declaration": self._declaration,
            "variable_declaration": self._declaration,
            "assignment_expression": self._assignment,
            "augmented_assignment_expression": self._assignment,
            "update_expression": self._update,
            "pair": self._pair,
        }

    def _bind(self, node: SgNode, name: str, kind: BindingKind, value: Expr, where: Where, *fields: str) -> None:
        first, last = self._source.lines(node)
        self._bindings.append(
            Binding(name, kind, value, first, last, where.scope, where.symbol, fields, self._source.cut(node))
        )
        if value.kind in (ExprKind.NAME, ExprKind.MEMBER):
            self._reads.extend(Read(f"{value.text}.{field}", first, where.scope, where.symbol) for field in fields)

    def _assigned(self, operator: str, target: Expr | None) -> None:
        """Says of the last binding how it was written, and to which computed place."""
        self._bindings[-1] = replace(self._bindings[-1], operator=operator, target=target)

    def _returned(self, value: SgNode | None, where: Where) -> None:
        if value is not None and unwrapped(value).kind() in _RETURN_VALUES:
            self._bind(value, "", BindingKind.RETURN, self._expressions.of(value, where.scope), where)

    def _declaration(self, node: SgNode, where: Where) -> bool:
        word = node.child(0)
        kind = BindingKind.CONST if word is not None and word.kind() == "const" else BindingKind.LET
        for child in reversed(node.named_children()):
            if child.kind() != "variable_declarator":
                continue
            name_node, value = child.field("name"), child.field("value")
            name = self._source.leaf(name_node) if name_node and name_node.kind() == "identifier" else ""
            inside = where._replace(name=name)
            if where.is_exported and name:
                self._exports.append(Export(name, name, self._source.lines(child)[0]))
            self._push([part for part in child.named_children() if part != value], where.below)
            if value is None:
                continue
            if unwrapped(value).kind() in FUNCTION_KINDS:
                self._scope(unwrapped(value), inside)
            made = self._expressions.of(value, where.scope)
            fields = self._declarations.pattern_fields(name_node)
            self._bind(child, name, kind, made, where, *fields)
            self._require(made, name, fields)
            self._push([value], inside)
        return True

    def _require(self, value: Expr, name: str, fields: tuple[str, ...]) -> None:
        if value.kind is ExprKind.CALL and value.text == "require" and value.parts:
            module = value.parts[0]
            if module.kind is ExprKind.STRING:
                pairs = [(field, field) for field in fields] if fields else [(name, "*")]
                self._imports.extend(Import(local, what, module.text, value.first) for local, what in pairs)

    def _assignment(self, node: SgNode, where: Where) -> bool:
        left, right = node.field("left"), node.field("right")
        if left is None or right is None:
            return False
        name = self._source.dotted(left)[0]
        last_step = name.rpartition(".")[2]
        inside = where.named(last_step)
        if unwrapped(right).kind() in FUNCTION_KINDS:
            self._scope(unwrapped(right), inside)
        made = self._expressions.of(right, where.scope)
        self._bind(node, name, BindingKind.ASSIGNMENT, made, where, *self._declarations.pattern_fields(left))
        operator = node.field("operator")
        target = self._expressions.of(left, where.scope) if "[]" in name else None
        self._assigned(operator.kind() if operator else "=", target)
        if name.startswith(("exports.", "module.exports.")):
            self._exports.append(Export(last_step, last_step, made.first))
        elif name == "module.exports":
            names = made.keys if made.kind is ExprKind.OBJECT else (made.text,) if made.kind is ExprKind.NAME else ()
            self._exports.extend(Export(key, key, made.first) for key in names if key)
        self._push([right], inside)
        self._push([left], where.below)
        return True

    def _update(self, node: SgNode, where: Where) -> bool:
        """`a.b++` as an assignment; a plain counter is none."""
        place, operator = node.field("argument"), node.field("operator")
        if place is not None and operator is not None and unwrapped(place).kind() in _PLACES:
            made = self._expressions.of(place, where.scope)
            target = made if "[]" in made.text else None
            self._bind(node, made.text, BindingKind.ASSIGNMENT, made, where)
            self._assigned(operator.kind(), target)
        return False

    def _pair(self, node: SgNode, where: Where) -> bool:
        key_node, value = node.field("key"), node.field("value")
        if value is None:
            return False
        key = self._expressions.key(key_node)
        self._names.add(key)
        if value.kind() in _PAIR_VALUES and key:
            made = self._expressions.of(value, where.scope)
            self._bind(node, key, BindingKind.PAIR, made, where)
        self._push([value], where.named(key))
        return True
