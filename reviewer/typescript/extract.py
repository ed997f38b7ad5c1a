"""Facts of one file: functions, calls, reads and bindings, on top of what the other walks know.

Runs in the worker only (`reviewer.typescript.worker`); the service's own process never parses a pull request.
"""

from __future__ import annotations

from dataclasses import replace

from ast_grep_py import SgNode, SgRoot

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, Export, FileFacts, Function, FunctionKind, Import, Read
from reviewer.typescript.class_walk import ClassWalk
from reviewer.typescript.declarations import FUNCTION_KINDS
from reviewer.typescript.expressions import TooMuchError
from reviewer.typescript.source import called, unwrapped
from reviewer.typescript.walk import Visitor, Where

LINE_CHARS_MAX = 20_000
"""Characters of one line: longer is minified or generated, and finding a column costs as much as the line is long."""

FUNCTION_DEPTH_MAX = 60
"""Functions inside functions. Rules look at all scopes around a place, so the depth must not be a stranger's to
choose."""

SYMBOL_CHARS_MAX = 160
"""Characters of a dotted symbol; functions nested deeper keep the outer name."""

_ITERATORS = frozenset(
    ("forEach", "map", "filter", "reduce", "flatMap", "some", "every", "find", "findIndex", "reduceRight")
)
_LOOPS = {"for_statement": "for", "for_in_statement": "for", "while_statement": "while", "do_statement": "while"}
_FUNCTIONS = {
    "function_declaration": FunctionKind.DECLARATION,
    "generator_function_declaration": FunctionKind.DECLARATION,
    "method_definition": FunctionKind.METHOD,
    "function_expression": FunctionKind.EXPRESSION,
    "generator_function": FunctionKind.EXPRESSION,
    "arrow_function": FunctionKind.ARROW,
}
_PAIR_VALUES = frozenset(
    ("string", "template_string", "binary_expression", "ternary_expression", "parenthesized_expression")
)
_RETURN_VALUES = frozenset(("template_string", "binary_expression", "member_expression", "new_expression"))


def extract(text: str, *, tsx: bool = False) -> FileFacts:
    """Read one file. Raises TooMuchError (a ValueError) when it is too large to be hand-written, UnicodeError for
    lone surrogates.

    A file with syntax errors still has facts, and `faults` names where they are.
    """
    if any(len(line) > LINE_CHARS_MAX for line in text.split("\n")):
        raise TooMuchError(f"a line is longer than {LINE_CHARS_MAX:,} characters, as in minified or generated code")
    return _CodeWalk(text).run(SgRoot(text, "tsx" if tsx else "typescript").root())


class _CodeWalk(ClassWalk):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._scopes: dict[int, int] = {}
        self._depths: dict[int, int] = {NOWHERE: 0}

    def _visitors(self) -> dict[str, Visitor]:
        visitors = super()._visitors() | {
            "call_expression": self._call,
            "new_expression": self._call,
            "member_expression": self._member,
            "subscript_expression": self._member,
            "lexical_declaration": self._declaration,
            "variable_declaration": self._declaration,
            "assignment_expression": self._assignment,
            "augmented_assignment_expression": self._assignment,
            "pair": self._pair,
            "required_parameter": self._parameter,
            "optional_parameter": self._parameter,
            "await_expression": self._awaited,
            "return_statement": self._awaited,
            "expression_statement": self._statement,
        }
        return visitors | dict.fromkeys(_FUNCTIONS, self._function) | dict.fromkeys(_LOOPS, self._loop)

    def _awaited(self, node: SgNode, where: Where) -> bool:
        if node.kind() == "return_statement":
            self._returned(next((child for child in node.children() if child.is_named()), None), where)
        self._push(node.children(), where.below._replace(awaited=True))
        return True

    def _returned(self, value: SgNode | None, where: Where) -> None:
        if value is not None and unwrapped(value).kind() in _RETURN_VALUES:
            self._bind(value, "", BindingKind.RETURN, self._expressions.of(value, where.scope), where)

    def _statement(self, node: SgNode, where: Where) -> bool:
        self._push(node.children(), where.below._replace(is_statement=True))
        return True

    def _loop(self, node: SgNode, where: Where) -> bool:
        self._push(node.children(), where.below._replace(loop=_LOOPS[node.kind()]))
        return True

    # ------------------------------------------------------------------------------------------------ functions

    def _scope(self, node: SgNode, where: Where) -> int:
        start = self._source.start(node)
        if start in self._scopes:
            return self._scopes[start]
        own = node.field("name")
        name = (self._expressions.key(own) if own else "") or where.name
        symbol = f"{where.symbol}.{name}" if where.symbol and name else name or where.symbol
        first, last = self._source.lines(node)
        index = self._scopes[start] = len(self._functions)
        self._depths[index] = self._depths[where.scope] + 1
        if self._depths[index] > FUNCTION_DEPTH_MAX:
            raise TooMuchError(f"functions are nested more than {FUNCTION_DEPTH_MAX} deep")
        function = Function(
            name=name,
            symbol=symbol if len(symbol) <= SYMBOL_CHARS_MAX else where.symbol,
            kind=_FUNCTIONS.get(node.kind(), FunctionKind.METHOD),
            params=(),
            return_type=self._source.type(node.field("return_type")),
            parent=where.scope,
            first=first,
            last=last,
            is_async=any(child.kind() == "async" for child in node.children()),
            is_exported=where.is_exported,
            passed_to=where.passed_to,
        )
        self._functions.append(function)  # its index must be taken before its parameters' defaults mention others
        self._functions[index] = replace(function, params=self._declarations.params(node))
        return index

    def _function(self, node: SgNode, where: Where) -> bool:
        index = self._scope(node, where)
        function = self._functions[index]
        loop = where.loop
        if where.passed_to.rpartition(".")[2] in _ITERATORS:
            loop = where.passed_to
        elif function.name:
            loop = ""
        inside = Where(index, function.symbol, loop=loop)
        body = node.field("body")
        is_value = node.kind() == "arrow_function" and body is not None and body.kind() != "statement_block"
        if is_value:
            self._returned(body, inside)
        for child in reversed(node.children()):
            if child.kind() != "decorator":
                self._stack.append((child, inside._replace(awaited=True) if is_value and child == body else inside))
        return True

    def _parameter(self, node: SgNode, where: Where) -> bool:
        value, pattern = node.field("value"), node.field("pattern")
        if value is not None and pattern is not None:
            made = self._expressions.of(value, where.scope)
            self._bind(node, self._source.raw(pattern), BindingKind.DEFAULT, made, where)
        for child in reversed(node.children()):
            self._stack.append((child, where.below._replace(in_default=where.in_default or child == value)))
        return True

    # ------------------------------------------------------------------------------------------------ calls and reads

    def _call(self, node: SgNode, where: Where) -> bool:
        is_new = node.kind() == "new_expression"
        function, is_awaited = called(node, "constructor" if is_new else "function")
        arguments = node.field("arguments")
        callee, receiver = self._source.dotted(function) if function else ("", None)
        is_tagged = arguments is not None and arguments.kind() == "template_string"
        nodes = [] if arguments is None or is_tagged else arguments.children()
        passed = where.below._replace(passed_to=callee)
        for inner in (unwrapped(child) for child in nodes):
            if inner.kind() in FUNCTION_KINDS:
                self._scope(inner, passed)
        args = self._expressions.arguments(node, where.scope)
        if arguments is not None and is_tagged:
            args = self._expressions.template_holes(arguments, where.scope)
        first, last = self._source.lines(node)
        self._calls.append(
            Call(
                callee=callee, args=args, first=first, last=last, scope=where.scope, symbol=where.symbol,
                code=self._source.cut(node),
                receiver=self._expressions.of(receiver, where.scope) if receiver is not None else None,
                is_new=is_new, is_tagged=is_tagged, awaited=where.awaited or is_awaited,
                is_statement=where.is_statement,
                loop=where.loop, in_default=where.in_default,
            )
        )  # fmt: skip
        self._add_names(callee)
        if callee == "import" and args and args[0].kind is ExprKind.STRING:
            self._imports.append(Import("", "*", args[0].text, first))
        if receiver is None and callee.count(".") > 1:
            self._reads.append(Read(callee.rpartition(".")[0], first, where.scope, where.symbol))
        types = node.field("type_arguments")
        below = [receiver] if receiver is not None else []
        self._push(
            [*below, *([types] if types else []), *([arguments] if arguments and is_tagged else [])], where.below
        )
        self._push(nodes, passed)
        return True

    def _member(self, node: SgNode, where: Where) -> bool:
        text, receiver = self._source.dotted(node)
        line = self._source.lines(node)[0]
        if text and text[0] not in "(.[":
            self._reads.append(Read(text, line, where.scope, where.symbol))
        self._add_names(text)
        if receiver == node:
            self._push([child for child in node.children() if child.is_named()], where.below)
        elif receiver is not None:
            self._push([receiver], where.below)
        return True

    # ------------------------------------------------------------------------------------------------ bindings

    def _bind(self, node: SgNode, name: str, kind: BindingKind, value: Expr, where: Where, *fields: str) -> None:
        first, last = self._source.lines(node)
        self._bindings.append(
            Binding(name, kind, value, first, last, where.scope, where.symbol, fields, self._source.cut(node))
        )
        if value.kind in (ExprKind.NAME, ExprKind.MEMBER):
            self._reads.extend(Read(f"{value.text}.{field}", first, where.scope, where.symbol) for field in fields)

    def _declaration(self, node: SgNode, where: Where) -> bool:
        children = node.children()
        kind = BindingKind.CONST if children and children[0].kind() == "const" else BindingKind.LET
        for child in reversed(children):
            if child.kind() != "variable_declarator":
                continue
            name_node, value = child.field("name"), child.field("value")
            name = self._source.raw(name_node) if name_node and name_node.kind() == "identifier" else ""
            inside = where._replace(name=name)
            if where.is_exported and name:
                self._exports.append(Export(name, name, self._source.lines(child)[0]))
            self._push([part for part in child.children() if part != value], where.below)
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
        inside = where.below._replace(name=last_step)
        if unwrapped(right).kind() in FUNCTION_KINDS:
            self._scope(unwrapped(right), inside)
        made = self._expressions.of(right, where.scope)
        self._bind(node, name, BindingKind.ASSIGNMENT, made, where, *self._declarations.pattern_fields(left))
        if name.startswith(("exports.", "module.exports.")):
            self._exports.append(Export(last_step, last_step, made.first))
        elif name == "module.exports":
            names = made.keys if made.kind is ExprKind.OBJECT else (made.text,) if made.kind is ExprKind.NAME else ()
            self._exports.extend(Export(key, key, made.first) for key in names if key)
        self._push([right], inside)
        self._push([left], where.below)
        return True

    def _pair(self, node: SgNode, where: Where) -> bool:
        key_node, value = node.field("key"), node.field("value")
        if value is None:
            return False
        key = self._expressions.key(key_node)
        self._names.add(key)
        if value.kind() in _PAIR_VALUES and key:
            made = self._expressions.of(value, where.scope)
            self._bind(node, key, BindingKind.PAIR, made, where)
        self._push([value], where.below._replace(name=key))
        return True
