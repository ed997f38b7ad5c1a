"""Declarations as facts: decorators, parameters, classes with their members, imports, exports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewer.core.control_flow import TypeMember
from reviewer.core.expr import NOWHERE, Expr, TypeRef
from reviewer.core.facts import Decorator, Method, Param, Property
from reviewer.core.imports import Export, Import
from reviewer.typescript.patterns import Patterns
from reviewer.typescript.source import Source, code_children, string_value, unwrapped

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from reviewer.typescript.expressions import Expressions

FUNCTION_KINDS = frozenset(("arrow_function", "function_expression", "generator_function"))

MEMBER_KINDS = frozenset(
    ("method_definition", "public_field_definition", "abstract_method_signature", "method_signature")
)
"""Members of a class body that have a name. What else stands there (comments, static blocks) is walked as code."""

MEMBERS_MAX = 500
"""Members kept of one type; what has more was generated."""

_TYPE_BODIES = frozenset(("interface_body", "object_type", "enum_body"))
_SIGNATURES = frozenset(("property_signature", "method_signature"))
_TYPE_MEMBERS = _SIGNATURES | {"property_identifier", "enum_assignment", "string"}
_MODIFIERS = frozenset(("static", "readonly", "override", "async", "get", "set", "abstract", "declare", "accessor"))


@dataclass(slots=True)
class Member:
    """A member of a class body with the decorators that stand before it."""

    node: SgNode
    decorators: list[SgNode] = field(default_factory=list)

    @property
    def first_node(self) -> SgNode:
        """Where it begins: its first decorator, else itself."""
        return self.decorators[0] if self.decorators else self.node


class Declarations:
    """Makes the facts of declarations of one file."""

    def __init__(self, source: Source, expressions: Expressions) -> None:
        self._source = source
        self._expressions = expressions
        self.patterns = Patterns(source, expressions)

    def decorator(self, node: SgNode) -> Decorator:
        """`@Name` or `@Name(args)`."""
        inner = next(iter(code_children(node)), node)
        first, last = self._source.lines(node)
        if inner.kind() == "call_expression":
            function = inner.field("function")
            name = self._source.dotted(function)[0] if function else ""
            return Decorator(name, self._expressions.arguments(inner, NOWHERE, name), first, last)
        return Decorator(self._source.dotted(inner)[0], (), first, last, called=False)

    def decorators(self, nodes: list[SgNode]) -> tuple[Decorator, ...]:
        """Several, in order."""
        return tuple(self.decorator(node) for node in nodes)

    def params(self, function: SgNode) -> tuple[Param, ...]:
        """The parameters of anything callable; a lone arrow parameter without parentheses included."""
        lone = function.field("parameter")
        if lone is not None:
            first, last = self._source.lines(lone)
            name = self._source.raw(lone)
            return (Param(name, self._source.type(None), (), first, last, code=name),)
        listed = function.field("parameters")
        nodes = [] if listed is None else listed.named_children()
        return tuple(self._param(node) for node in nodes if node.kind() in ("required_parameter", "optional_parameter"))

    def _param(self, node: SgNode) -> Param:
        first, last, code = self._source.place(node)
        pattern = node.field("pattern")
        children = node.children()
        value = node.field("value")
        fields, names = self.patterns.names(pattern)
        return Param(
            name="" if pattern is None or pattern.kind().endswith("_pattern") else self._source.raw(pattern),
            type=self._source.type(node.field("type")),
            decorators=self.decorators([child for child in children if child.kind() == "decorator"]),
            first=first,
            last=last,
            fields=fields,
            is_optional=node.kind() == "optional_parameter" or value is not None,
            is_property=any(c.kind() in ("accessibility_modifier", "readonly", "override_modifier") for c in children),
            default=self._expressions.of(value, NOWHERE) if value else None,
            code=code,
            locals=names,
        )

    def members(self, body: SgNode) -> Iterator[Member]:
        """The members of a class body, each with its decorators."""
        waiting: list[SgNode] = []
        for child in body.named_children():
            kind = child.kind()
            if kind == "decorator":
                waiting.append(child)
            elif kind in MEMBER_KINDS:
                own = [inner for inner in child.named_children() if inner.kind() == "decorator"]
                yield Member(child, waiting + own)
                waiting = []

    def method(self, member: Member, scope: int) -> Method:
        """A method, accessor or constructor; for an arrow-function field, the function is its value."""
        node = member.node
        value = node.field("value")
        function = unwrapped(value) if value else node
        name = node.field("name")
        return Method(
            name=self._expressions.key(name),
            params=self.params(function),
            return_type=self._source.type(function.field("return_type")),
            decorators=self.decorators(member.decorators),
            first=self._source.lines(member.first_node)[0],
            last=self._source.lines(node)[1],
            head=self._source.lines(name or node)[0],
            modifiers=self.modifiers(node, function),
            scope=scope,
        )

    def property(self, member: Member) -> Property:
        """A field of a class."""
        node = member.node
        value = node.field("value")
        return Property(
            name=self._expressions.key(node.field("name")),
            type=self._source.type(node.field("type")),
            decorators=self.decorators(member.decorators),
            first=self._source.lines(member.first_node)[0],
            last=self._source.lines(node)[1],
            modifiers=self.modifiers(node),
            is_optional=any(child.kind() == "?" for child in node.children()),
            value=self._expressions.of(value, NOWHERE) if value else None,
            code=self._source.cut(node),
        )

    def modifiers(self, *nodes: SgNode) -> tuple[str, ...]:
        """The words before a member."""
        words: list[str] = []
        for child in (child for node in nodes for child in node.children()):
            kind = child.kind()
            if kind == "accessibility_modifier":
                words.append(self._source.raw(child))
            elif kind in _MODIFIERS or kind == "override_modifier":
                words.append(kind.removesuffix("_modifier"))
        return tuple(dict.fromkeys(words))

    def heritage(self, node: SgNode) -> tuple[Expr | None, tuple[str, ...]]:
        """What a class extends, and the names of what it implements."""
        extends: Expr | None = None
        implements: list[str] = []
        heritage = [child for child in node.named_children() if child.kind() == "class_heritage"]
        for clause in (part for child in heritage for part in child.named_children()):
            value = clause.field("value")
            if clause.kind() == "extends_clause" and value is not None:
                extends = self._expressions.of(value, NOWHERE)
            elif clause.kind() == "implements_clause":
                names = (self._source.type_names(part) for part in clause.named_children())
                implements.extend(found[0] for found in names if found)
        return extends, tuple(implements)

    def type_members(self, node: SgNode) -> tuple[tuple[TypeMember, ...], tuple[str, ...]]:
        """The members of an interface, type alias or enum, and the names of the types they are added to."""
        value = node.field("value")
        body = node.field("body") or value
        parts = [body] if body else []
        extends: list[str] = []
        if value is not None and value.kind() == "intersection_type":
            parts = self._source.members_of(value, "intersection_type")
            extends.extend(self._source.type_of(part).name for part in parts if part.kind() != "object_type")
        for clause in (child for child in node.named_children() if child.kind() == "extends_type_clause"):
            extends.extend(self._source.type_of(part).name for part in code_children(clause))
        bodies = [part for part in parts if part.kind() in _TYPE_BODIES]
        found = [self._type_member(child) for one in bodies for child in one.named_children()[:MEMBERS_MAX]]
        return tuple(item for item in found if item), tuple(name for name in extends if name)

    def _type_member(self, node: SgNode) -> TypeMember | None:
        kind = node.kind()
        if kind not in _TYPE_MEMBERS:
            return None
        first, last = self._source.lines(node)
        name = self._expressions.key(node.field("name") if kind in _SIGNATURES else _first_child(node))
        if kind not in _SIGNATURES:
            return TypeMember(name, TypeRef(), first, last)
        is_method = kind == "method_signature"
        annotation = node.field("return_type" if is_method else "type")
        inner = code_children(annotation) if annotation else []
        return TypeMember(
            name,
            self._source.type(annotation),
            first,
            last,
            is_optional=any(child.kind() == "?" for child in node.children()),
            is_method=is_method or bool(inner and inner[0].kind() == "function_type"),
        )

    def imports(self, node: SgNode) -> Iterator[Import]:
        """The names of an import statement; one with local "" for a bare import."""
        line = self._source.lines(node)[0]
        kinds = {child.kind(): child for child in node.children()}
        of_types = "type" in kinds
        if required := kinds.get("import_require_clause"):
            parts = {child.kind(): child for child in required.children()}
            if "identifier" in parts and "string" in parts:
                module = string_value(self._source, parts["string"])
                yield Import(self._source.raw(parts["identifier"]), "*", module, line, of_types)
            return
        target = node.field("source")
        module = string_value(self._source, target) if target else ""
        clause = kinds.get("import_clause")
        if clause is None:
            yield Import("", "", module, line)
            return
        for part in clause.named_children():
            if part.kind() == "identifier":
                yield Import(self._source.leaf(part), "default", module, line, of_types)
            elif part.kind() == "namespace_import":
                named = next((child for child in part.children() if child.is_named()), part)
                yield Import(self._source.raw(named), "*", module, line, of_types)
            elif part.kind() == "named_imports":
                for spec in (child for child in part.named_children() if child.kind() == "import_specifier"):
                    name, local = self._renamed(spec)
                    is_type = of_types or any(child.kind() == "type" for child in spec.children())
                    yield Import(local, name, module, line, is_type)

    def _renamed(self, spec: SgNode) -> tuple[str, str]:
        name, alias = spec.field("name"), spec.field("alias")
        first = self._expressions.key(name) if name else ""
        return first, self._expressions.key(alias) if alias else first

    def exports(self, node: SgNode) -> Iterator[Export]:
        """The names of an export statement that has no declaration of its own."""
        line = self._source.lines(node)[0]
        target = node.field("source")
        module = string_value(self._source, target) if target else ""
        kinds = {child.kind(): child for child in node.children()}
        value = node.field("value")
        if value is not None:
            yield Export("default", self._source.dotted(value)[0], line)
        elif "export_clause" in kinds:
            for spec in kinds["export_clause"].named_children():
                if spec.kind() == "export_specifier":
                    local, name = self._renamed(spec)
                    yield Export(name, local, line, module)
        elif "namespace_export" in kinds:
            named = next((c for c in kinds["namespace_export"].children() if c.is_named()), None)
            yield Export(self._source.raw(named) if named else "", "*", line, module)
        elif module:
            yield Export("*", "*", line, module)
        elif "=" in kinds:
            named = next((child for child in node.children() if child.is_named()), None)
            yield Export("default", self._source.dotted(named)[0] if named else "", line)


def _first_child(node: SgNode) -> SgNode:
    """The name of an enum's member: the member itself, or what stands before its value."""
    return node.named_children()[0] if node.kind() == "enum_assignment" else node
