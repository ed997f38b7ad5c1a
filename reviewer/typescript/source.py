"""One file's text under the parser: pieces of source cut without ever copying a large one, names, types.

Runs in the worker only. The tree library's `text()` copies a whole node and `parent()` walks from the root: on
deeply nested input both make a pass quadratic, so pieces are sliced from the text by position and context is
carried downwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import TEXT_CHARS_MAX, TypeKind, TypeRef

if TYPE_CHECKING:
    from ast_grep_py import SgNode

STEPS_MAX = 12
"""Steps of a dotted name that are followed; a fluent chain goes on for ever, its head and tail tell it apart."""

TYPE_NAMES_MAX = 40
"""Names taken from one type annotation; a type that mentions more is no plain data type."""

WRAPPERS = frozenset(
    (
        "parenthesized_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
        "instantiation_expression",
    )
)
"""Kinds that change nothing about the value inside them."""

_ANY = frozenset(("any", "unknown", "object", "Object", "{}"))
_ARRAYS = frozenset(("Array", "ReadonlyArray", "Set", "ReadonlySet"))


class Source:
    """A file's text, and what is said about nodes of its tree."""

    def __init__(self, text: str) -> None:
        self._text = text

    def lines(self, node: SgNode) -> tuple[int, int]:
        """First and last line of a node, from 1."""
        where = node.range()
        return where.start.line + 1, where.end.line + 1

    def start(self, node: SgNode) -> int:
        """Offset of a node's first character: with its kind, its identity."""
        return node.range().start.index

    def cut(self, node: SgNode) -> str:
        """The node's source with blanks folded, at most TEXT_CHARS_MAX characters."""
        where = node.range()
        start = where.start.index
        piece = self._text[start : min(where.end.index, start + 2 * TEXT_CHARS_MAX)]
        return " ".join(piece.split())[:TEXT_CHARS_MAX]

    def raw(self, node: SgNode) -> str:
        """The node's source as it stands, at most TEXT_CHARS_MAX characters."""
        where = node.range()
        start = where.start.index
        return self._text[start : min(where.end.index, start + TEXT_CHARS_MAX)]

    def dotted(self, node: SgNode) -> tuple[str, SgNode | None]:
        """A dotted name, and the object it hangs on when that is not itself a plain dotted name.

        `a?.b!.c` is `a.b.c`; `f(x).y` is `().y` on the node of `f(x)`, with f's own name before it: `f().y`.
        """
        steps: list[str] = []
        receiver: SgNode | None = None
        at: SgNode | None = unwrapped(node)
        while at is not None and len(steps) < STEPS_MAX:
            kind = at.kind()
            if kind == "member_expression":
                name = at.field("property")
                steps.append("." + self.raw(name) if name else ".")
                at = unwrapped_field(at, "object")
            elif kind == "subscript_expression":
                index = at.field("index")
                if index is not None and index.kind() == "string":
                    steps.append("." + string_value(self, index))
                else:
                    receiver = receiver or at
                    steps.append("[]")
                at = unwrapped_field(at, "object")
            elif kind in ("call_expression", "new_expression"):
                receiver = receiver or at
                steps.append("()")
                function = called(at, "function" if kind == "call_expression" else "constructor")[0]
                at = unwrapped(function) if function else None
            else:
                if kind in ("identifier", "this", "super", "import", "property_identifier", "undefined"):
                    steps.append(self.raw(at))
                else:
                    receiver = receiver or at
                break
        steps.reverse()
        return "".join(steps)[:TEXT_CHARS_MAX], receiver

    def type(self, annotation: SgNode | None) -> TypeRef:
        """What a type annotation says; TypeKind.NONE when there is none."""
        if annotation is None:
            return TypeRef()
        node = next((child for child in annotation.children() if child.is_named()), None)
        return TypeRef() if node is None else self._type(node)

    def _type(self, node: SgNode) -> TypeRef:
        kind, name = self._type_shape(node)
        return TypeRef(kind, self.cut(node), name, self.type_names(node))

    def _type_shape(self, node: SgNode, depth: int = 0) -> tuple[TypeKind, str]:
        kind = node.kind()
        named = [child for child in node.children() if child.is_named()] if kind not in ("object_type",) else []
        if depth > 8:
            return TypeKind.OTHER, ""
        if kind in ("parenthesized_type", "readonly_type") and named:
            return self._type_shape(named[-1], depth + 1)
        if kind == "union_type":
            kept = [part for part in self._union(node) if self.raw(part) not in ("null", "undefined")]
            return self._type_shape(kept[0], depth + 1) if len(kept) == 1 else (TypeKind.OTHER, "")
        if kind == "array_type" and named:
            return TypeKind.ARRAY, self._type_shape(named[0], depth + 1)[1]
        if kind == "generic_type":
            return self._generic(node, depth)
        if kind == "object_type":
            return (TypeKind.INLINE, "") if any(child.is_named() for child in node.children()) else (TypeKind.ANY, "{}")
        text = self.raw(node)
        if kind in ("predefined_type", "type_identifier") and text in _ANY:
            return TypeKind.ANY, text
        if kind == "predefined_type":
            return TypeKind.PRIMITIVE, text
        if kind in ("type_identifier", "nested_type_identifier"):
            return TypeKind.NAMED, text
        return TypeKind.OTHER, ""

    def _generic(self, node: SgNode, depth: int) -> tuple[TypeKind, str]:
        name = node.field("name") or node
        text = self.raw(name)
        if text not in _ARRAYS:
            return TypeKind.NAMED, text
        arguments = node.field("type_arguments")
        first = next((child for child in arguments.children() if child.is_named()), None) if arguments else None
        return TypeKind.ARRAY, self._type_shape(first, depth + 1)[1] if first else ""

    def _union(self, node: SgNode) -> list[SgNode]:
        """The members of a union, which the grammar nests to the left."""
        members: list[SgNode] = []
        at = node
        while at.kind() == "union_type" and len(members) < TYPE_NAMES_MAX:
            named = [child for child in at.children() if child.is_named()]
            if not named:
                break
            members.extend(reversed(named[1:]))
            at = named[0]
        return [*members, at] if at.kind() != "union_type" else members

    def type_names(self, node: SgNode) -> tuple[str, ...]:
        """The type names a piece of source mentions, in order, each once."""
        names: dict[str, None] = {}
        waiting = [node]
        seen = 0
        while waiting and len(names) < TYPE_NAMES_MAX and seen < 20 * TYPE_NAMES_MAX:
            at = waiting.pop()
            seen += 1
            if at.kind() in ("type_identifier", "identifier"):
                names[self.raw(at)] = None
            waiting.extend(reversed(at.children()))
        return tuple(names)


def unwrapped(node: SgNode) -> SgNode:
    """The node inside parentheses, assertions and `!`."""
    while node.kind() in WRAPPERS or node.kind() == "type_assertion":
        named = [child for child in node.children() if child.is_named() and child.kind() != "comment"]
        if not named:
            return node
        node = named[-1] if node.kind() == "type_assertion" else named[0]
    return node


def called(node: SgNode, field: str) -> tuple[SgNode | None, bool]:
    """What a call calls, and whether the grammar put an `await` inside: it reads `await f<T>(x)` as `(await
    f)<T>(x)`."""
    function = node.field(field)
    if function is None or function.kind() == "parenthesized_expression":
        return function, False
    inner = unwrapped(function)
    named = [child for child in inner.children() if child.is_named()] if inner.kind() == "await_expression" else []
    return (named[0], True) if named else (function, False)


def unwrapped_field(node: SgNode, name: str) -> SgNode | None:
    """A field's node without what wraps it."""
    found = node.field(name)
    return unwrapped(found) if found else None


def string_value(source: Source, node: SgNode) -> str:
    """The text between a string's quotes, cut; escapes stay as written."""
    text = source.raw(node)
    return text[1:-1] if len(text) > 1 and text[-1] == text[0] else text[1:]
