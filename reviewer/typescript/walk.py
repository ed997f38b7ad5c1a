"""The walk over one syntax tree: an explicit stack, so that no nesting can overflow ours, and what it has found so
far."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from reviewer.core.control_flow import Cast, Catch, Condition, Operation, Switch, Throw
from reviewer.core.expr import NOWHERE
from reviewer.core.facts import (
    Binding,
    Call,
    Class,
    FileFacts,
    Function,
    Read,
    SyntaxFault,
    Text,
    TypeDeclaration,
)
from reviewer.core.imports import Export, Import
from reviewer.typescript.declarations import Declarations
from reviewer.typescript.expressions import Expressions, TooMuchError
from reviewer.typescript.source import WRAPPERS, Source, string_value

if TYPE_CHECKING:
    from ast_grep_py import SgNode

NODES_MAX = 1_000_000
"""Syntax nodes of one file; a dense hand-written file of 512 KB has about 250,000."""

FAULTS_MAX = 20
"""Syntax errors kept of one file: the first says it, the rest are its echo."""

_NAMES = frozenset(
    ("identifier", "property_identifier", "type_identifier", "shorthand_property_identifier",
     "private_property_identifier", "shorthand_property_identifier_pattern")
)  # fmt: skip
_LEAVES = frozenset(
    ("number", "true", "false", "null", "undefined", "this", "super", "predefined_type", "accessibility_modifier",
     "optional_chain", "regex", "string_fragment", "empty_statement", "import", "debugger_statement")
)  # fmt: skip
"""Kinds of nodes with nothing inside that the facts would tell."""

_TYPES = {"interface_declaration": "interface", "type_alias_declaration": "type", "enum_declaration": "enum"}

Visitor = Callable[["SgNode", "Where"], bool]
"""Takes a node and where it stands; says whether it took care of the children."""


class Where(NamedTuple):
    """What the walk knows about the place it is in. The fields after `catch` concern the very next node only.

    `awaited` is "await", "return" or "" for neither.
    """

    scope: int = NOWHERE
    symbol: str = ""
    in_default: bool = False
    loop: str = ""
    in_try: bool = False
    catch: int = NOWHERE
    name: str = ""
    passed_to: str = ""
    awaited: str = ""
    is_statement: bool = False
    is_exported: bool = False

    @property
    def below(self) -> Where:
        """The place without what concerned one node only."""
        if self.awaited or self.is_statement or self.name or self.passed_to or self.is_exported:
            return Where(self.scope, self.symbol, self.in_default, self.loop, self.in_try, self.catch)
        return self

    def as_awaited(self, how: str) -> Where:
        """The place of an operand that someone waits for."""
        return Where(self.scope, self.symbol, self.in_default, self.loop, self.in_try, self.catch, "", "", how)

    @property
    def as_statement(self) -> Where:
        """The place of an expression that is a statement."""
        return Where(self.scope, self.symbol, self.in_default, self.loop, self.in_try, self.catch, is_statement=True)

    def named(self, name: str) -> Where:
        """The place of a value that gets a name."""
        return Where(self.scope, self.symbol, self.in_default, self.loop, self.in_try, self.catch, name)

    def passed(self, callee: str) -> Where:
        """The place of an argument."""
        return Where(self.scope, self.symbol, self.in_default, self.loop, self.in_try, self.catch, "", callee)


class Walk(ABC):
    """Walks and collects. The subclasses know the kinds of nodes: declarations, then code."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._source = Source(text)
        self._expressions = Expressions(self._source, self._scope_in_expression)
        self._declarations = Declarations(self._source, self._expressions)
        self._stack: list[tuple[SgNode, Where]] = []
        self._here = Where()
        self._imports: list[Import] = []
        self._exports: list[Export] = []
        self._classes: list[Class] = []
        self._types: list[TypeDeclaration] = []
        self._functions: list[Function] = []
        self._calls: list[Call] = []
        self._reads: list[Read] = []
        self._bindings: list[Binding] = []
        self._conditions: list[Condition] = []
        self._switches: list[Switch] = []
        self._operations: list[Operation] = []
        self._casts: list[Cast] = []
        self._catches: list[Catch] = []
        self._throws: list[Throw] = []
        self._strings: list[Text] = []
        self._comments: list[Text] = []
        self._names: set[str] = set()
        self._faults: list[SyntaxFault] = []

    @abstractmethod
    def _scope(self, node: SgNode, where: Where) -> int:
        """The index of a function in the facts, made at its first mention."""

    def _scope_in_expression(self, node: SgNode, scope: int, name: str, passed_to: str) -> int:
        is_here = scope in (NOWHERE, self._here.scope)
        symbol = self._here.symbol if is_here else self._functions[scope].symbol
        return self._scope(node, Where(scope, symbol, name=name, passed_to=passed_to))

    def _visitors(self) -> dict[str, Visitor]:
        visitors: dict[str, Visitor] = {
            "string": self._string,
            "template_string": self._string,
            "comment": self._comment,
            "ERROR": self._error,
        }
        return visitors | dict.fromkeys(_TYPES, self._type)

    def run(self, root: SgNode) -> FileFacts:
        """Walk the tree, its named nodes only. Raises TooMuchError past NODES_MAX."""
        stack, names, visitors, leaf = self._stack, self._names, self._visitors(), self._source.leaf
        stack.append((root, Where()))
        visited = 0
        while stack:
            node, where = stack.pop()
            visited += 1
            if visited > NODES_MAX:
                raise TooMuchError(f"more than {NODES_MAX:,} syntax nodes")
            kind = node.kind()
            if kind in _NAMES:
                names.add(leaf(node))
                continue
            visitor = visitors.get(kind)
            if visitor is not None:
                self._here = where
                if visitor(node, where):
                    continue
            children = node.named_children() if kind not in _LEAVES else ()
            if children:
                children.reverse()
                stack.extend(zip(children, repeat(where if kind in WRAPPERS else where.below)))
        for node in root.find_all(regex="^$"):
            self._missing(node)
        return self._facts()

    def _facts(self) -> FileFacts:
        return FileFacts(
            imports=tuple(self._imports),
            exports=tuple(self._exports),
            classes=tuple(self._classes),
            types=tuple(self._types),
            functions=tuple(self._functions),
            calls=tuple(self._calls),
            reads=tuple(self._reads),
            bindings=tuple(self._bindings),
            conditions=tuple(self._conditions),
            switches=tuple(self._switches),
            operations=tuple(self._operations),
            casts=tuple(self._casts),
            catches=tuple(self._catches),
            throws=tuple(self._throws),
            strings=tuple(self._strings),
            comments=tuple(self._comments),
            names=tuple(sorted(self._names - {""})),
            faults=tuple(sorted(self._faults, key=lambda fault: fault.line)[:FAULTS_MAX]),
            line_count=self._text.count("\n") + 1,
        )

    def _push(self, nodes: list[SgNode], where: Where) -> None:
        self._stack.extend(zip(reversed(nodes), repeat(where)))

    def _add_names(self, dotted: str) -> None:
        if "." not in dotted and "(" not in dotted:
            self._names.add(dotted.replace("[]", ""))
        else:
            self._names.update(dotted.replace("()", "").replace("[]", "").split("."))

    def _string(self, node: SgNode, where: Where) -> bool:
        first, last = self._source.lines(node)
        if node.kind() == "string":
            value = string_value(self._source, node)
            if value:
                self._strings.append(Text(value, first, last))
            return True
        self._strings.append(Text(self._expressions.template_text(node), first, last))
        self._push([child for child in node.named_children() if child.kind() == "template_substitution"], where.below)
        return True

    def _comment(self, node: SgNode, _where: Where) -> bool:
        first, last, code = self._source.place(node)
        self._comments.append(Text(code, first, last))
        return True

    def _error(self, node: SgNode, _where: Where) -> bool:
        before = node.prev()
        if before is None or before.kind() != "parenthesized_type":  # `(any) => T` is valid, and unknown to the grammar
            self._faults.append(SyntaxFault(self._source.lines(node)[0], self._source.cut(node)[:80]))
        return False

    def _missing(self, node: SgNode) -> None:
        """A token the parser had to imagine. A tag with a type argument is valid, and makes it imagine a `!`."""
        if node.kind() not in ("!", "string_fragment", "program"):
            self._faults.append(SyntaxFault(self._source.lines(node)[0], f"{node.kind()} expected"))

    def _type(self, node: SgNode, where: Where) -> bool:
        first, last = self._source.lines(node)
        name = node.field("name")
        named = self._source.raw(name) if name else ""
        names = self._source.type_names(node)[1:]
        members, extends = self._declarations.type_members(node)
        keyword = _TYPES[node.kind()]
        self._types.append(TypeDeclaration(named, keyword, first, last, names, where.is_exported, members, extends))
        if where.is_exported:
            self._exports.append(Export(named, named, first))
        return False
