"""A configuration file that is a program, read as data: the literals of what it exports. Nothing is ever run.

Of 434 rule entries in 20 real ESLint configurations 431 were literals. What is none is left out and named, so that the
reader can be told which word of the project was not understood. Runs in the worker only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from ast_grep_py import SgRoot

from reviewer.typescript.expressions import TooMuchError
from reviewer.typescript.source import Source, string_value, unwrapped

if TYPE_CHECKING:
    from ast_grep_py import SgNode

DEPTH_MAX: Final = 24
"""Objects, lists, names and calls inside each other; configurations have six."""

VALUES_MAX: Final = 20_000
"""Values of one file: constants may be named twice, and names of names of names multiply."""

UNKNOWN_MAX: Final = 20
"""Pieces that are named as not understood."""

_TRANSPARENT: Final = frozenset(
    ("defineConfig", "config", "freeze", "withConfig", "defineConfigWithVueTs", "fixupConfigRules")
)
"""Functions that give back what they are given: those of ESLint, its compatibility layer and plugins, and of Object."""

_CONSTANTS: Final = {"true": True, "false": False, "null": None, "undefined": None}


class _UnknownError(Exception):
    """A piece that is no literal; the message is its source, cut."""


def literals(text: str) -> bytes:
    """`{"value": …, "unknown": […], "borrows": …}` as JSON: what the file exports, and the pieces left out of it.

    `value` is null where nothing of the export is literal. `borrows`: another file of the project is part of it, and
    left out without a name. Raises TooMuchError past the bounds.
    """
    reading = _Reading(text)
    exported = reading.exported()
    try:
        value = None if exported is None else reading.value(exported, 0)
    except _UnknownError as error:
        value = None
        reading.unknown.append(str(error))
    unknown = list(dict.fromkeys(reading.unknown))[:UNKNOWN_MAX]
    return json.dumps({"value": value, "unknown": unknown, "borrows": reading.borrows}).encode()


class _Reading:
    def __init__(self, text: str) -> None:
        self._source = Source(text)
        self._root = SgRoot(text, "typescript").root()
        self._constants: dict[str, SgNode] = {}
        self._own: set[str] = set()
        self._parts: dict[str, dict[str, object]] = {}
        self._made = 0
        self.unknown: list[str] = []
        self.borrows = False

    def exported(self) -> SgNode | None:
        """The value of `export default`, `module.exports =` or `export =`, and all constants on the way."""
        found: SgNode | None = None
        for node in self._root.children():
            match node.kind():
                case "lexical_declaration" | "variable_declaration":
                    self._declare(node)
                case "import_statement":
                    self._import(node)
                case "export_statement":
                    value = node.field("value") or node.field("declaration")
                    if value is None and any(child.kind() == "=" for child in node.children()):
                        value = next((child for child in node.children() if child.is_named()), None)
                    found = found or value
                case "expression_statement":
                    found = found or self._assigned(node)
        return found

    def _declare(self, node: SgNode) -> None:
        for child in node.children():
            name, value = child.field("name"), child.field("value")
            if child.kind() == "variable_declarator" and name is not None and value is not None:
                self._constants[self._source.raw(name)] = value

    def _import(self, node: SgNode) -> None:
        """Remember the default import of another file of the project."""
        source = node.field("source")
        clause = next((child for child in node.children() if child.kind() == "import_clause"), None)
        if source is not None and clause is not None and string_value(self._source, source).startswith("."):
            self._own.update(self._source.raw(child) for child in clause.children() if child.kind() == "identifier")

    def _assigned(self, node: SgNode) -> SgNode | None:
        inner = next((child for child in node.children() if child.kind() == "assignment_expression"), None)
        left = inner.field("left") if inner else None
        if inner is None or left is None or self._source.raw(left) not in ("module.exports", "exports.default"):
            return None
        return inner.field("right")

    def value(self, node: SgNode, depth: int) -> object:
        """The literal that a node stands for. Raises _UnknownError for what is none."""
        node = unwrapped(node)
        self._made += 1
        if depth > DEPTH_MAX or self._made > VALUES_MAX:
            raise TooMuchError("it holds more than a configuration may")
        kind, text = node.kind(), self._source.raw(node)
        if kind in ("string", "number", "unary_expression", "template_string") or text in _CONSTANTS:
            return self._scalar(node, text)
        owner, _, key = text.partition(".")
        if owner in self._parts and kind in ("identifier", "member_expression"):
            return self._parts[owner].get(key, {}) if key else self._parts[owner]
        if kind == "identifier" and text in self._constants:
            return self.value(self._constants[text], depth + 1)
        if self._is_own(node, text):
            self.borrows = True
            return []  # another file of the project, which is read for itself
        if kind == "array":
            return self._items(self._named(node), depth)
        if kind == "object":
            return self._object(node, depth)
        if kind == "call_expression":
            return self._call(node, depth)
        raise _UnknownError(self._source.cut(node)[:80])

    def _is_own(self, node: SgNode, text: str) -> bool:
        if node.kind() == "call_expression" and text.startswith("require("):
            return text.removeprefix("require(").lstrip().strip("'\"`").startswith(".")
        return text in self._own

    def _scalar(self, node: SgNode, text: str) -> object:
        if node.kind() == "string":
            return string_value(self._source, node)
        if node.kind() == "template_string" and "${" not in text:
            return text.strip("`")
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        try:
            return int(text) if text.lstrip("-").isdigit() and len(text) < 10 else float(text)
        except ValueError as error:
            raise _UnknownError(self._source.cut(node)[:80]) from error

    def _items(self, nodes: list[SgNode], depth: int) -> list[object]:
        found: list[object] = []
        for child in nodes:
            spread = child.kind() == "spread_element"
            value = self._or_left_out(self._named(child)[0] if spread else child, depth)
            if spread and value is not _LEFT_OUT:  # `...compat.config({ … })`: a list of one
                found += value if isinstance(value, list) else [value]
            elif not spread and value is not _LEFT_OUT:
                found.append(value)
        return found

    def _object(self, node: SgNode, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        for child in self._named(node):
            if child.kind() == "spread_element":
                value = self._or_left_out(self._named(child)[0], depth)
                found.update(value if isinstance(value, dict) else {})
                continue
            key_node = child.field("key") if child.kind() == "pair" else child
            if key_node is None or key_node.kind() == "computed_property_name":
                self.unknown.append(self._source.cut(child)[:80])
                continue
            key = string_value(self._source, key_node) if key_node.kind() == "string" else self._source.raw(key_node)
            if key in _WITHOUT_A_WORD or child.kind() not in ("pair", "shorthand_property_identifier"):
                continue
            known = len(self.unknown)
            value = self._constant_or(child.field("value") or child, depth)
            if value is not _LEFT_OUT:
                found[key] = value if len(self.unknown) == known else _without_options(value)
        return found

    def _constant_or(self, node: SgNode, depth: int) -> object:
        if node.kind() == "shorthand_property_identifier":
            name = self._source.raw(node)
            if name in self._constants:
                return self._or_left_out(self._constants[name], depth)
            self.unknown.append(name)
            return _LEFT_OUT
        return self._or_left_out(node, depth)

    def _or_left_out(self, node: SgNode, depth: int) -> object:
        try:
            return self.value(node, depth + 1)
        except _UnknownError as error:
            self.unknown.append(str(error))
            return _LEFT_OUT

    def _call(self, node: SgNode, depth: int) -> object:
        function, arguments = node.field("function"), node.field("arguments")
        name = self._source.dotted(function)[0].rpartition(".")[2] if function else ""
        given = self._named(arguments) if arguments else []
        if name == "globalIgnores" and given:  # eslint's own, for a part that only leaves files out
            return {"ignores": self.value(given[0], depth + 1)}
        if name == "map" and function is not None and given and (made := self._mapped(function, given[0], depth)):
            return made
        if name not in _TRANSPARENT or not given:
            raise _UnknownError(self._source.cut(node)[:80])
        if len(given) == 1 and given[0].kind() != "spread_element":
            return self.value(given[0], depth + 1)
        return [one for item in self._items(given, depth) for one in (item if isinstance(item, list) else [item])]

    def _mapped(self, function: SgNode, callback: SgNode, depth: int) -> list[object] | None:
        """The parts of `compat.extends("x").map((part) => ({ ...part, rules: { … } }))`: what is said of each, on top
        of what is known of it."""
        owner, parameters, body = function.field("object"), callback.field("parameters"), callback.field("body")
        names = self._named(parameters) if parameters else [callback.field("parameter")]
        inner = unwrapped(body) if body else None
        if owner is None or inner is None or inner.kind() != "object" or len(names) != 1 or names[0] is None:
            return None
        found = self._or_left_out(owner, depth)
        name = self._source.raw(names[0])
        made: list[object] = []
        for part in found if isinstance(found, list) else [{} if found is _LEFT_OUT else found]:
            if not isinstance(part, dict):
                return None
            outer = self._parts
            self._parts = {**outer, name: part}
            made.append(self._object(inner, depth + 1))
            self._parts = outer
        return made

    def _named(self, node: SgNode) -> list[SgNode]:
        return [child for child in node.children() if child.is_named() and child.kind() != "comment"]


def _without_options(value: object) -> object:
    """The setting of a lint rule without its options, where a piece of them is unknown: half of them means another."""
    is_rule = isinstance(value, list) and bool(value) and value[0] in _LEVELS
    return [value[0], CUT] if is_rule and isinstance(value, list) else value


CUT: Final = "…"
"""Stands for options that are not fully known."""

_LEVELS: Final = ("off", "warn", "error", 0, 1, 2)

_LEFT_OUT: Final = object()

_WITHOUT_A_WORD: Final = frozenset(
    ("plugins", "languageOptions", "parser", "parserOptions", "settings", "processor", "globals", "env")
)
"""Keys whose values are programs in most configurations, and say nothing about which rules are on."""
