"""The part of the walk that knows what gives a name its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

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
_RETURN_VALUES = frozenset(
    ("template_string", "binary_expression", "ternary_expression", "member_expression", "subscript_expression",
     "identifier", "new_expression", "call_expression", "await_expression", "object")
)  # fmt: skip


class BindingWalk(FlowWalk):
    """Declarations, assignments, variables of loops, keys of objects, and what functions return."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._ambient_until = 0

    def _visitors(self) -> dict[str, Visitor]:
        return super()._visitors() | {
            "lexical_declaration": self._declaration,
            "variable_declaration": self._declaration,
            "assignment_expression": self._assignment,
            "augmented_assignment_expression": self._assignment,
            "update_expression": self._update,
            "pair": self._pair,
            "ambient_declaration": self._ambient,
        }

    def _bind(self, node: SgNode, name: str, kind: BindingKind, value: Expr, where: Where) -> None:
        first, last, code = self._source.place(node)
        self._bindings.append(Binding(name, kind, value, first, last, where.scope, where.symbol, (), code))

    def _taken_apart(self, pattern: SgNode, value: Expr, where: Where) -> Binding:
        """Says of the last binding what its pattern takes out, and that this is read."""
        fields, names = self._declarations.patterns.names(pattern)
        binding = self._bindings[-1] = replace(self._bindings[-1], fields=fields, locals=names)
        if value.kind in (ExprKind.NAME, ExprKind.MEMBER):
            read = (field for field in dict.fromkeys(fields) if field != "[]")
            self._reads.extend(Read(f"{value.text}.{one}", binding.first, where.scope, where.symbol) for one in read)
        return binding

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
                self._unset(child, name, kind, where)
                continue
            if unwrapped(value).kind() in FUNCTION_KINDS:
                self._scope(unwrapped(value), inside)
            made = self._expressions.of(value, where.scope)
            self._bind(child, name, kind, made, where)
            if name_node is not None and not name:
                self._taken_apart(name_node, made, where)
            self._require(made)
            self._push([value], inside)
        return True

    def _unset(self, node: SgNode, name: str, kind: BindingKind, where: Where) -> None:
        """`let x;`, which is undefined until it is assigned. What is only declared was given its value elsewhere."""
        if name and kind is BindingKind.LET and self._source.start(node) >= self._ambient_until:
            self._bind(node, name, kind, Expr(ExprKind.CONSTANT, "undefined", *self._source.lines(node)), where)

    def _ambient(self, node: SgNode, _where: Where) -> bool:
        self._ambient_until = max(self._ambient_until, self._source.span(node)[1])
        return False

    def _require(self, value: Expr) -> None:
        """The imports that the last binding is, if its value is a `require`."""
        if value.kind is ExprKind.CALL and value.text == "require" and value.parts:
            module, binding = value.parts[0], self._bindings[-1]
            if module.kind is ExprKind.STRING:
                pairs = zip(binding.locals, binding.fields, strict=True) if binding.fields else [(binding.name, "*")]
                named = [(local, "*" if field == "..." else field) for local, field in pairs if local]
                self._imports.extend(Import(local, name, module.text, value.first) for local, name in named)

    def _iterated(self, node: SgNode, where: Where) -> None:
        """The variable of a for-of or for-in; its lines and code are those of the loop without its body."""
        left, right, body, operator = (node.field(name) for name in ("left", "right", "body", "operator"))
        if left is None or right is None or body is None or operator is None:
            return
        made = self._expressions.of(right, where.scope)
        name = "" if left.kind().endswith("_pattern") else self._source.dotted(left)[0]
        code = self._source.cut_before(node, body)
        first, last = self._source.lines(node)[0], self._source.lines(right)[1]
        self._bindings.append(
            Binding(name, BindingKind.LOOP, made, first, last, where.scope, where.symbol, (), code, operator.kind())
        )
        if not name:
            fields, names = self._declarations.patterns.names(left)
            self._bindings[-1] = replace(self._bindings[-1], fields=fields, locals=names)

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
        self._bind(node, name, BindingKind.ASSIGNMENT, made, where)
        if not name:
            self._taken_apart(left, made, where)
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
