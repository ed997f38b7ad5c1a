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

_WRAPPING = WRAPPERS | {"type_assertion"}
_PLAIN = frozenset(("identifier", "this", "super", "import", "property_identifier", "undefined"))
_ANY = frozenset(("any", "unknown", "object", "Object", "{}"))
_TYPE_LEAVES = {"predefined_type": TypeKind.PRIMITIVE, "type_identifier": TypeKind.NAMED}
_ARRAYS = frozenset(("Array", "ReadonlyArray", "Set", "ReadonlySet"))


class Source:
    """A file's text, and what is said about nodes of its tree."""

    def __init__(self, text: str) -> None:
        self._text = text

    def lines(self, node: SgNode) -> tuple[int, int]:
        """First and last line of a node, from 1."""
        where = node.range()
        return where.start.line + 1, where.end.line + 1

    def place(self, node: SgNode) -> tuple[int, int, str]:
        """`lines` and `cut` at once."""
        where = node.range()
        begin, end = where.start, where.end
        start = begin.index
        piece = self._text[start : min(end.index, start + 2 * TEXT_CHARS_MAX)]
        return begin.line + 1, end.line + 1, " ".join(piece.split())[:TEXT_CHARS_MAX]

    def leaf(self, node: SgNode) -> str:
        """`raw` of a node without children, where copying it whole costs less than finding its place."""
        return node.text()[:TEXT_CHARS_MAX]

    def is_async(self, function: SgNode) -> bool:
        """Whether the word async stands before a function; modifiers may stand before it."""
        if function.kind() != "method_definition":
            word = function.child(0)
            return word is not None and word.kind() == "async"
        return any(child.kind() == "async" for child in function.children())

    def span(self, node: SgNode) -> tuple[int, int]:
        """Offsets of a node's first character and of the one after its last."""
        where = node.range()
        return where.start.index, where.end.index

    def start(self, node: SgNode) -> int:
        """Offset of a node's first character: with its kind, its identity."""
        return node.range().start.index

    def cut(self, node: SgNode) -> str:
        """The node's source with blanks folded, at most TEXT_CHARS_MAX characters."""
        where = node.range()
        start = where.start.index
        piece = self._text[start : min(where.end.index, start + 2 * TEXT_CHARS_MAX)]
        return " ".join(piece.split())[:TEXT_CHARS_MAX]

    def cut_before(self, node: SgNode, inner: SgNode) -> str:
        """`cut` of what stands in a node before one that is inside it."""
        start, end = self.start(node), self.start(inner)
        return " ".join(self._text[start : min(end, start + 2 * TEXT_CHARS_MAX)].split())[:TEXT_CHARS_MAX]

    def raw(self, node: SgNode) -> str:
        """The node's source as it stands, at most TEXT_CHARS_MAX characters."""
        where = node.range()
        start = where.start.index
        return self._text[start : min(where.end.index, start + TEXT_CHARS_MAX)]

    def ends(self, node: SgNode) -> str:
        """`raw`, and of a longer one the last TEXT_CHARS_MAX // 2 characters too: what stands before a hole of a
        template says what the hole is."""
        where = node.range()
        start, end = where.start.index, where.end.index
        kept = self._text[start : min(end, start + TEXT_CHARS_MAX)]
        tail = max(start + TEXT_CHARS_MAX, end - TEXT_CHARS_MAX // 2)
        gap = " " if tail > start + TEXT_CHARS_MAX else ""
        return f"{kept}{gap}{self._text[tail:end]}" if tail < end else kept

    def dotted(self, node: SgNode, casts: list[SgNode] | None = None) -> tuple[str, SgNode | None]:
        """A dotted name, and the object it hangs on when that is not itself a plain dotted name.

        `a?.b!.c` is `a.b.c`; `f(x).y` is `().y` on the node of `f(x)`, with f's own name before it: `f().y`.
        `casts` takes the casts on the way to that object.
        """
        kind = node.kind()
        if kind in _PLAIN:
            return self.leaf(node), None
        steps: list[str] = []
        receiver: SgNode | None = None
        at: SgNode | None = unwrapped(node, casts)
        while at is not None and len(steps) < STEPS_MAX:
            kind = at.kind()
            if kind == "member_expression":
                name = at.field("property")
                steps.append("." + name.text()[:TEXT_CHARS_MAX] if name else ".")
                at = unwrapped_field(at, "object", casts if receiver is None else None)
            elif kind == "subscript_expression":
                index = at.field("index")
                if index is not None and index.kind() == "string":
                    steps.append("." + string_value(self, index))
                else:
                    receiver = receiver or at
                    steps.append("[]")
                at = unwrapped_field(at, "object", casts if receiver is None else None)
            elif kind in ("call_expression", "new_expression"):
                receiver = receiver or at
                steps.append("()")
                function = called(at, "function" if kind == "call_expression" else "constructor")[0]
                at = unwrapped(function) if function else None
            else:
                if kind in _PLAIN:
                    steps.append(self.leaf(at))
                else:
                    receiver = receiver or at
                break
        steps.reverse()
        return "".join(steps)[:TEXT_CHARS_MAX], receiver

    def type(self, annotation: SgNode | None) -> TypeRef:
        """What a type annotation says; TypeKind.NONE when there is none."""
        if annotation is None:
            return TypeRef()
        node = next(iter(annotation.named_children()), None)
        return TypeRef() if node is None else self.type_of(node)

    def type_of(self, node: SgNode) -> TypeRef:
        """What a type says."""
        kind, name = self._type_shape(node)
        return TypeRef(kind, self.cut(node), name, self.type_names(node))

    def _type_shape(self, node: SgNode, depth: int = 0) -> tuple[TypeKind, str]:
        kind = node.kind()
        if kind in _TYPE_LEAVES:
            text = self.leaf(node)
            return (TypeKind.ANY if text in _ANY else _TYPE_LEAVES[kind]), text
        named = node.named_children() if kind != "object_type" else []
        if depth > 8:
            return TypeKind.OTHER, ""
        if kind in ("parenthesized_type", "readonly_type") and named:
            return self._type_shape(named[-1], depth + 1)
        if kind == "union_type":
            kept = [part for part in self.members_of(node) if self.raw(part) not in ("null", "undefined")]
            return self._type_shape(kept[0], depth + 1) if len(kept) == 1 else (TypeKind.OTHER, "")
        if kind == "array_type" and named:
            return TypeKind.ARRAY, self._type_shape(named[0], depth + 1)[1]
        if kind == "generic_type":
            return self._generic(node, depth)
        if kind == "object_type":
            return (TypeKind.INLINE, "") if node.named_children() else (TypeKind.ANY, "{}")
        return (TypeKind.NAMED, self.raw(node)) if kind == "nested_type_identifier" else (TypeKind.OTHER, "")

    def _generic(self, node: SgNode, depth: int) -> tuple[TypeKind, str]:
        name = node.field("name") or node
        text = self.raw(name)
        if text not in _ARRAYS:
            return TypeKind.NAMED, text
        arguments = node.field("type_arguments")
        first = next(iter(arguments.named_children()), None) if arguments else None
        return TypeKind.ARRAY, self._type_shape(first, depth + 1)[1] if first else ""

    def members_of(self, node: SgNode, kind: str = "union_type") -> list[SgNode]:
        """The members of a union or an intersection, which the grammar nests to the left."""
        members: list[SgNode] = []
        at = node
        while at.kind() == kind and len(members) < TYPE_NAMES_MAX:
            named = at.named_children()
            if not named:
                break
            members.extend(reversed(named[1:]))
            at = named[0]
        return [*members, at] if at.kind() != kind else members

    def type_names(self, node: SgNode) -> tuple[str, ...]:
        """The type names a piece of source mentions, in order, each once."""
        kind = node.kind()
        if kind in _TYPE_LEAVES:
            return (self.leaf(node),) if kind == "type_identifier" else ()
        names: dict[str, None] = {}
        waiting = [node]
        seen = 0
        while waiting and len(names) < TYPE_NAMES_MAX and seen < 20 * TYPE_NAMES_MAX:
            at = waiting.pop()
            seen += 1
            if at.kind() in ("type_identifier", "identifier"):
                names[self.leaf(at)] = None
            else:
                waiting.extend(reversed(at.named_children()))
        return tuple(names)


def code_children(node: SgNode) -> list[SgNode]:
    """The named children without comments."""
    return [child for child in node.named_children() if child.kind() not in ("comment", "empty_statement")]


def unwrapped(node: SgNode, casts: list[SgNode] | None = None) -> SgNode:
    """The node inside parentheses, assertions and `!`; `casts` takes the assertions on the way."""
    while (kind := node.kind()) in _WRAPPING:
        named = code_children(node)
        if not named:
            return node
        if casts is not None and kind in ("as_expression", "type_assertion"):
            casts.append(node)
        node = named[-1] if kind == "type_assertion" else named[0]
    return node


_CHAIN_MAX = 16
"""Steps of a chain that are looked through for an `await` at its start."""


def called(node: SgNode, field: str) -> tuple[SgNode | None, bool]:
    """What a call calls, and whether the grammar put an `await` inside: it reads `await f<T>(x)` as `(await
    f)<T>(x)`."""
    function = node.field(field)
    if function is None or function.kind() == "parenthesized_expression":
        return function, False
    inner = unwrapped(function)
    named = inner.named_children() if inner.kind() == "await_expression" else []
    return (named[0], True) if named else (function, False)


def awaits_within(function: SgNode | None) -> bool:
    """Whether the grammar put the `await` of a chain at its start: it reads `await f<T>(x).g()` as `((await
    f)<T>(x)).g()`."""
    at = function
    for _ in range(_CHAIN_MAX):
        if at is None or at.kind() != "member_expression":
            return False
        before = at.field("object")
        if before is None or before.kind() != "call_expression":
            return False
        at, is_inside = called(before, "function")
        if is_inside:
            return True
    return False


def unwrapped_field(node: SgNode, name: str, casts: list[SgNode] | None = None) -> SgNode | None:
    """A field's node without what wraps it; `casts` as for `unwrapped`."""
    found = node.field(name)
    return unwrapped(found, casts) if found else None


def string_value(source: Source, node: SgNode) -> str:
    """The text between a string's quotes, cut; escapes stay as written."""
    text = source.raw(node)
    return text[1:-1] if len(text) > 1 and text[-1] == text[0] else text[1:]
