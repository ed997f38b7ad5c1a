"""The part of the walk that knows modules and classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import NOWHERE
from reviewer.core.facts import Binding, BindingKind, Class, Method, Property
from reviewer.core.imports import Export
from reviewer.typescript.declarations import FUNCTION_KINDS, MEMBER_KINDS
from reviewer.typescript.source import unwrapped
from reviewer.typescript.walk import Visitor, Walk, Where

if TYPE_CHECKING:
    from ast_grep_py import SgNode


_VISITED = MEMBER_KINDS | {"decorator"}


class ClassWalk(Walk):
    """Imports, exports, classes and their members."""

    def _visitors(self) -> dict[str, Visitor]:
        return super()._visitors() | {
            "import_statement": self._import,
            "export_statement": self._export,
            "class_declaration": self._class,
            "abstract_class_declaration": self._class,
            "class": self._class,
        }

    def _import(self, node: SgNode, _where: Where) -> bool:
        found = list(self._declarations.imports(node))
        self._imports.extend(found)
        self._names.update(name for item in found for name in (item.local, item.name) if name)
        return True

    def _export(self, node: SgNode, where: Where) -> bool:
        self._exports.extend(self._declarations.exports(node))
        declaration = node.field("declaration")
        if node.field("source") is not None:
            return True
        if declaration is None:
            return False
        line = self._source.lines(declaration)[0]
        is_default = any(child.kind() == "default" for child in node.children())
        name_node = declaration.field("name")
        name = self._source.raw(name_node) if name_node else ""
        kind = declaration.kind()
        if kind.endswith(("class_declaration", "function_declaration")):
            self._exports.append(Export("default" if is_default else name, name, line))
        outside = where._replace(is_exported=True)
        if kind.endswith("class_declaration"):
            self._class_with(
                [child for child in node.named_children() if child.kind() == "decorator"], declaration, outside
            )
        else:
            self._push([declaration], outside)
        return True

    def _class(self, node: SgNode, where: Where) -> bool:
        return self._class_with([], node, where)

    def _class_with(self, outer: list[SgNode], node: SgNode, where: Where) -> bool:
        """A class whose decorators may stand before the word export."""
        name_node = node.field("name")
        name = self._source.raw(name_node) if name_node else where.name
        decorators = outer + [child for child in node.named_children() if child.kind() == "decorator"]
        first, last = self._source.lines(node)
        word = next((child for child in node.children() if child.kind() in ("class", "abstract")), node)
        extends, implements = self._declarations.heritage(node)
        properties, methods = self._members(node.field("body"), name)
        self._classes.append(
            Class(
                name=name,
                decorators=self._declarations.decorators(decorators),
                extends=extends,
                implements=implements,
                properties=properties,
                methods=methods,
                first=min([first, *(self._source.lines(decorator)[0] for decorator in decorators)]),
                last=last,
                head=self._source.lines(word)[0],
                is_abstract=node.kind() == "abstract_class_declaration",
                is_exported=where.is_exported,
            )
        )
        self._names.add(name)
        heritage = [child for child in node.named_children() if child.kind() == "class_heritage"]
        self._push([*decorators, *heritage], where.below)
        return True

    def _members(self, body: SgNode | None, symbol: str) -> tuple[tuple[Property, ...], tuple[Method, ...]]:
        """The members of a class body; what stands inside them waits on the stack."""
        properties: list[Property] = []
        methods: list[Method] = []
        waiting: list[tuple[SgNode, Where]] = []
        for member in self._declarations.members(body) if body else ():
            function = _function_of(member.node)
            inside = Where(symbol=symbol, name=self._expressions.key(member.node.field("name")))
            if function is not None:
                scope = self._scope(function, inside) if function.field("body") else NOWHERE
                methods.append(self._declarations.method(member, scope))
            elif member.node.kind() == "public_field_definition":
                self._here = Where(symbol=f"{symbol}.{inside.name}" if symbol and inside.name else symbol)
                properties.append(self._declarations.property(member))
                self._initial_value(properties[-1], symbol)
            waiting.extend((decorator, inside.below) for decorator in member.decorators)
            own = [child for child in member.node.named_children() if child.kind() != "decorator"]
            waiting.extend((child, inside) for child in ([member.node] if function == member.node else own))
        others = body.named_children() if body else []
        waiting.extend((child, Where(symbol=symbol)) for child in others if child.kind() not in _VISITED)
        self._stack.extend(reversed(waiting))
        return tuple(properties), tuple(methods)

    def _initial_value(self, item: Property, symbol: str) -> None:
        if item.value is not None:
            self._bindings.append(
                Binding(
                    item.name, BindingKind.PROPERTY, item.value, item.first, item.last, NOWHERE, symbol, code=item.code
                )
            )


def _function_of(node: SgNode) -> SgNode | None:
    """The function that a member is: itself, or the arrow function it is given."""
    if node.kind() in ("method_definition", "abstract_method_signature", "method_signature"):
        return node
    value = node.field("value")
    inner = unwrapped(value) if value else None
    return inner if inner is not None and inner.kind() in FUNCTION_KINDS else None
