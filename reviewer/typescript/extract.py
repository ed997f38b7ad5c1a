"""Facts of one file: functions, calls and reads, on top of what the other walks know.

Runs in the worker only (`reviewer.typescript.worker`); the service's own process never parses a pull request.
"""

from __future__ import annotations

from ast_grep_py import SgNode, SgRoot
from msgspec.structs import replace

from reviewer.core.expr import NOWHERE, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts, Function, FunctionKind, Read
from reviewer.core.imports import Import
from reviewer.typescript.binding_walk import BindingWalk
from reviewer.typescript.declarations import FUNCTION_KINDS
from reviewer.typescript.expressions import TooMuchError
from reviewer.typescript.source import awaits_within, called, code_children, unwrapped
from reviewer.typescript.walk import Visitor, Where

LINE_CHARS_MAX = 20_000
"""Characters of one line: longer is minified or generated, and finding a column costs as much as the line is long."""

FUNCTION_DEPTH_MAX = 60
"""Functions inside functions. Rules look at all scopes around a place, so the depth must not be a stranger's to
choose."""

SYMBOL_CHARS_MAX = 160
"""Characters of a dotted symbol; functions nested deeper keep the outer name."""

_MODULE_CHARS_MAX = 300
"""Characters of `import('…')` with the name of a module in it."""

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


def extract(text: str, *, tsx: bool = False) -> FileFacts:
    """Read one file. Raises TooMuchError (a ValueError) when it is too large to be hand-written, UnicodeError for
    lone surrogates.

    A file with syntax errors still has facts, and `faults` names where they are.
    """
    if any(len(line) > LINE_CHARS_MAX for line in text.split("\n")):
        raise TooMuchError(f"a line is longer than {LINE_CHARS_MAX:,} characters, as in minified or generated code")
    walk = _CodeWalk(text)
    try:
        return walk.run(SgRoot(_readable(text), "tsx" if tsx else "typescript").root())
    finally:
        vars(walk).clear()  # the walk and its parts know each other, and nobody looks for cycles in the worker


def _readable(text: str) -> str:
    """The text with `f<import('./a').B>()` and `f<typeof import('./a')>()` as `f<TTTT.B>()`, of the same length: the
    grammar takes them for comparisons with `f`."""
    pieces: list[str] = []
    done = 0
    at = text.find("import(")
    while at >= 0:
        end = text.find(")", at, at + _MODULE_CHARS_MAX) + 1
        quoted = text[at + len("import(") : end - 1].strip()
        is_name = end and "\n" not in quoted and quoted[:1] in ("'", '"') and quoted[-1:] == quoted[:1]
        if is_name and text.endswith(("<", "<typeof "), 0, at):
            pieces += text[done:at], "T" * (end - at)
            done = end
        at = text.find("import(", at + 1)
    return "".join(pieces) + text[done:] if pieces else text


class _CodeWalk(BindingWalk):
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
            "required_parameter": self._parameter,
            "optional_parameter": self._parameter,
            "await_expression": self._awaited,
            "return_statement": self._awaited,
            "expression_statement": self._statement,
        }
        return visitors | dict.fromkeys(_FUNCTIONS, self._function) | dict.fromkeys(_LOOPS, self._loop)

    def _awaited(self, node: SgNode, where: Where) -> bool:
        children = node.named_children()
        if node.kind() == "return_statement":
            self._returned(next(iter(children), None), where)
            self._push(children, where.as_awaited("return"))
        else:
            self._push(children, where.as_awaited("await"))
        return True

    def _statement(self, node: SgNode, where: Where) -> bool:
        self._push(node.named_children(), where.as_statement)
        return True

    def _loop(self, node: SgNode, where: Where) -> bool:
        kind = node.kind()
        if kind == "for_in_statement":
            self._iterated(node, where)
        self._push(node.named_children(), where.below._replace(loop=_LOOPS[kind]))
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
        body = node.field("body")
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
            is_async=self._source.is_async(node),
            is_exported=where.is_exported,
            passed_to=where.passed_to,
            statements=len(code_children(body)) if body and body.kind() == "statement_block" else 0,
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
        for child in reversed(node.named_children()):
            if child.kind() != "decorator":
                self._stack.append((child, inside.as_awaited("return") if is_value and child == body else inside))
        return True

    def _parameter(self, node: SgNode, where: Where) -> bool:
        value, pattern = node.field("value"), node.field("pattern")
        if value is not None and pattern is not None:
            made = self._expressions.of(value, where.scope)
            self._bind(node, self._source.raw(pattern), BindingKind.DEFAULT, made, where)
        below = where.below
        for child in reversed(node.named_children()):
            self._stack.append((child, below._replace(in_default=True) if child == value else below))
        return True

    # ------------------------------------------------------------------------------------------------ calls and reads

    def _call(self, node: SgNode, where: Where) -> bool:
        is_new = node.kind() == "new_expression"
        function, is_inside = called(node, "constructor" if is_new else "function")
        is_awaited = not _goes_on(node) and (is_inside or awaits_within(function))
        arguments = node.field("arguments")
        casts: list[SgNode] = []
        callee, receiver = self._source.dotted(function, casts) if function else ("", None)
        self._casts_within(casts, where)
        is_tagged = arguments is not None and arguments.kind() == "template_string"
        nodes = [] if arguments is None or is_tagged else arguments.named_children()
        below = where.below
        passed = below.passed(callee) if nodes else below
        for inner in map(unwrapped, nodes):
            if inner.kind() in FUNCTION_KINDS:
                self._scope(inner, passed)
        args = self._expressions.arguments(node, where.scope, callee)
        if arguments is not None and is_tagged:
            args = self._expressions.template_holes(arguments, where.scope)
        first, last, code = self._source.place(node)
        self._calls.append(
            Call(
                callee=callee, args=args, first=first, last=last, scope=where.scope, symbol=where.symbol,
                code=code,
                receiver=self._expressions.of(receiver, where.scope) if receiver is not None else None,
                is_new=is_new, is_tagged=is_tagged, awaited=bool(where.awaited) or is_awaited,
                is_statement=where.is_statement,
                loop=where.loop, in_default=where.in_default, in_try=where.in_try, catch=where.catch,
                is_returned=where.awaited == "return" and not is_awaited,
                is_await=is_awaited or where.awaited == "await",
            )
        )  # fmt: skip
        self._add_names(callee)
        if callee == "import" and args and args[0].kind is ExprKind.STRING:
            self._imports.append(Import("", "*", args[0].text, first))
        if receiver is None and callee.count(".") > 1:
            self._reads.append(Read(callee.rpartition(".")[0], first, where.scope, where.symbol))
        types = node.field("type_arguments")
        others = (receiver, types, arguments if is_tagged else None)
        self._push([other for other in others if other is not None], below)
        self._push(nodes, passed)
        return True

    def _member(self, node: SgNode, where: Where) -> bool:
        casts: list[SgNode] = []
        text, receiver = self._source.dotted(node, casts)
        self._casts_within(casts, where)
        line = self._source.lines(node)[0]
        if text and text[0] not in "(.[":
            self._reads.append(Read(text, line, where.scope, where.symbol))
        self._add_names(text)
        if receiver == node:
            self._push(node.named_children(), where.below)
        elif receiver is not None:
            self._push([receiver], where.below)
        return True


def _goes_on(node: SgNode) -> bool:
    """Whether something is called on what a call gives back."""
    parent = node.parent()
    return parent is not None and parent.kind() == "member_expression"
