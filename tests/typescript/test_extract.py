from __future__ import annotations

import subprocess
import sys

import pytest
from ast_grep_py import SgRoot
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reviewer.core.expr import Expr, ExprKind, TypeKind
from reviewer.core.facts import BindingKind, FileFacts, FunctionKind
from reviewer.core.imports import Import
from reviewer.typescript.expressions import DEPTH_MAX, Expressions, TooMuchError
from reviewer.typescript.extract import extract
from reviewer.typescript.source import Source
from reviewer.typescript.wire import WireError, decode, decode_answer, encode

ORDERS = """\
import { Body as Payload, type Pipe } from '@nestjs/common';
import orm, * as typeorm from 'typeorm';
import './polyfill';
const { z, q: queue } = require('zod');

@Controller('orders')
export class OrdersController extends PartialType(Base) implements OnInit, Other<string> {
  /** how often */
  @IsInt() @Min(1)
  retries?: number | null = 3;
  handle = async (request) => request.body;

  constructor(private readonly orders: OrdersService, @Inject(X) x: Map<string, Order>) {}

  @Post(':id')
  async create(@Payload() dto: CreateDto[], { page } = {}): Promise<Order> {
    for (const line of dto) {
      await this.orders.save(line);
    }
    items.forEach(async (item) => log(`a ${item.name} b`));
    return await this.db.query<Order>('select ' + dto.id);
  }
}
export default function start(port = process.env.PORT ?? 'x') {}
export * from './types';
"""


@pytest.fixture(scope="module")
def facts() -> FileFacts:
    return extract(ORDERS)


def test_imports_know_their_names_in_the_module(facts: FileFacts) -> None:
    assert facts.imports == (
        Import("Payload", "Body", "@nestjs/common", 1),
        Import("Pipe", "Pipe", "@nestjs/common", 1, is_type=True),
        Import("orm", "default", "typeorm", 2),
        Import("typeorm", "*", "typeorm", 2),
        Import("", "", "./polyfill", 3),
        Import("z", "z", "zod", 4),
        Import("queue", "q", "zod", 4),
    )


def test_exports_know_what_they_stand_for(facts: FileFacts) -> None:
    found = [(item.name, item.local, item.module) for item in facts.exports]
    assert found == [("OrdersController", "OrdersController", ""), ("default", "start", ""), ("*", "*", "./types")]


def test_a_class_has_its_decorators_parents_fields_and_methods(facts: FileFacts) -> None:
    (item,) = facts.classes
    assert (item.name, item.first, item.head, item.last, item.is_exported) == ("OrdersController", 6, 7, 23, True)
    assert [(one.name, one.args[0].text) for one in item.decorators] == [("Controller", "orders")]
    assert item.extends is not None and (item.extends.text, item.extends.parts[0].text) == ("PartialType", "Base")
    assert item.implements == ("OnInit", "Other")
    (field,) = item.properties
    assert (field.name, field.type.kind, field.type.name, field.is_optional) == (
        "retries",
        TypeKind.PRIMITIVE,
        "number",
        True,
    )
    assert [one.name for one in field.decorators] == ["IsInt", "Min"] and (field.first, field.last) == (9, 10)
    assert [(one.name, one.first, one.head, one.last) for one in item.methods] == [
        ("handle", 11, 11, 11), ("constructor", 13, 13, 13), ("create", 15, 16, 22)
    ]  # fmt: skip
    assert [(p.name, p.type.name, p.is_property) for p in item.methods[1].params] == [
        ("orders", "OrdersService", True), ("x", "Map", False)
    ]  # fmt: skip
    body, page = item.methods[2].params
    assert (body.decorators[0].name, body.type.kind, body.type.name) == ("Payload", TypeKind.ARRAY, "CreateDto")
    assert (page.name, page.fields, page.is_optional) == ("", ("page",), True)


def test_every_function_knows_where_it_stands(facts: FileFacts) -> None:
    assert [(one.name, one.symbol, one.kind, one.parent, one.passed_to) for one in facts.functions] == [
        ("handle", "OrdersController.handle", FunctionKind.ARROW, -1, ""),
        ("constructor", "OrdersController.constructor", FunctionKind.METHOD, -1, ""),
        ("create", "OrdersController.create", FunctionKind.METHOD, -1, ""),
        ("", "OrdersController.create", FunctionKind.ARROW, 2, "items.forEach"),
        ("start", "start", FunctionKind.DECLARATION, -1, ""),
    ]
    assert facts.index.within(2) == (2, 3)


def test_calls_know_their_loop_their_symbol_and_whether_they_are_awaited(facts: FileFacts) -> None:
    calls = {call.callee: call for call in facts.calls}
    save, each, log, query = (calls[name] for name in ("this.orders.save", "items.forEach", "log", "this.db.query"))
    assert (save.loop, save.awaited, save.symbol, save.scope) == ("for", True, "OrdersController.create", 2)
    assert (each.is_statement, each.args[0].kind, each.args[0].scope) == (True, ExprKind.FUNCTION, 3)
    assert (log.loop, log.args[0].text, log.args[0].parts[0].text) == ("items.forEach", "a ${} b", "item.name")
    assert (query.awaited, query.args[0].kind, [part.text for part in query.args[0].parts]) == (
        True, ExprKind.CONCAT, ["select ", "dto.id"]
    )  # fmt: skip


def test_reads_and_bindings_have_dotted_names(facts: FileFacts) -> None:
    assert {"request.body", "process.env.PORT", "this.orders"} <= {read.name for read in facts.reads}
    bindings = {(one.name, one.kind): one for one in facts.bindings}
    assert bindings["port", BindingKind.DEFAULT].value.kind is ExprKind.CHOICE
    assert bindings["retries", BindingKind.PROPERTY].value.text == "3"


def test_the_comment_and_all_names_are_there(facts: FileFacts) -> None:
    assert [(comment.text, comment.first) for comment in facts.comments] == [("/** how often */", 8)]
    assert {"PartialType", "save", "CreateDto", "page"} <= set(facts.names)


@pytest.mark.parametrize(
    ("code", "callee", "receiver"),
    [
        ("a?.b!.c()", "a.b.c", None),
        ("this['repo'].find()", "this.repo.find", None),
        ("(a as any).b()", "a.b", None),
        ("router.route('/x').get(h)", "router.route().get", "router.route"),
        ("rows[i].save()", "rows[].save", "rows[]"),
        ("new Foo.Bar(1)", "Foo.Bar", None),
        ("sql`select ${a}`", "sql", None),
        ("(await f()).g()", ".g", "await f()"),
    ],
)
def test_a_callee_is_dotted_however_it_is_written(code: str, callee: str, receiver: str | None) -> None:
    call = extract(code).calls[0]
    assert (call.callee, call.receiver.text if call.receiver else None) == (callee, receiver)


@pytest.mark.parametrize(
    ("annotation", "kind", "name"),
    [
        ("any", TypeKind.ANY, "any"), ("{}", TypeKind.ANY, "{}"), ("{ a: 1 }", TypeKind.INLINE, ""),
        ("A | null", TypeKind.NAMED, "A"), ("A | B", TypeKind.OTHER, ""), ("Array<A>", TypeKind.ARRAY, "A"),
        ("readonly A[]", TypeKind.ARRAY, "A"), ("Record<string, A>", TypeKind.NAMED, "Record"), ("n.A",
        TypeKind.NAMED, "n.A"),
        ("string", TypeKind.PRIMITIVE, "string"), ("() => void", TypeKind.OTHER, ""),
    ],
)  # fmt: skip
def test_a_type_has_its_shape(annotation: str, kind: TypeKind, name: str) -> None:
    (param,) = extract(f"function f(a: {annotation}) {{}}").functions[0].params
    assert (param.type.kind, param.type.name) == (kind, name)


@pytest.mark.parametrize("imported", ["typeof import('./b')", "import('./b').B", 'typeof import("@a/b")'])
def test_a_call_with_an_imported_type_is_a_call(imported: str) -> None:
    facts = extract(f"const actual = load<{imported}>();\nrun(actual);\n")
    assert facts.faults == ()
    assert [(call.callee, call.code) for call in facts.calls] == [
        ("load", f"load<{imported}>()"),
        ("run", "run(actual)"),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [("let a = (1;\n", 1), ("let a = { b: , };", 1), ("class A {\n  b() {\n  }\n", 3), ("let a = 1;", 0)],
)
def test_syntax_errors_are_facts(text: str, line: int) -> None:
    faults = extract(text).faults
    assert (faults[0].line if faults else 0) == line


@pytest.mark.parametrize(
    "text", ["x" * 30_000, "f(a,a,a,a,a,a,a,a,a,a);\n" * 7_000], ids=["a long line", "too many expressions"]
)
def test_what_nobody_wrote_by_hand_is_refused(text: str) -> None:
    with pytest.raises(TooMuchError):
        extract(text)


def test_an_expression_is_whole_at_its_own_place_and_bounded_inside_others() -> None:
    names = [f"f{n}" for n in range(14)]
    text = "(".join(names) + "(1" + ")" * len(names)
    calls = {call.callee: call for call in extract(text).calls}
    assert [calls[name].args[0].text for name in names] == [*names[1:], "1"]
    assert [calls[name].args[0].parts[0].text for name in names[:-1]] == [*names[2:], "1"]
    source = Source(text)
    expressions = Expressions(source, lambda *_: 0)
    outer = SgRoot(text, "typescript").root().find(kind="call_expression")
    assert outer is not None
    inner = outer.find(pattern="f7($A)")
    assert inner is not None
    expressions.of(inner, 0)
    assert depth(expressions.of(outer, 0)) == DEPTH_MAX + 1


def depth(value: Expr) -> int:
    return 1 + max((depth(part) for part in value.parts), default=0)


CYCLES = """
import gc, sys
from reviewer.typescript.extract import extract
text = sys.stdin.read()
extract(text)
gc.collect()
gc.disable()
extract(text)
print(gc.collect())
"""


def test_reading_a_file_leaves_no_cycle_behind() -> None:
    """The worker does not look for cycles between files. In a process of its own, where nobody else leaves any."""
    ran = subprocess.run([sys.executable, "-c", CYCLES], input=ORDERS, capture_output=True, text=True, check=True)
    assert ran.stdout == "0\n"


def test_names_are_never_empty() -> None:
    assert extract("(await f()).g()").names == ("f", "g")


PIECES = [
    *"ab(){}[]<>`$.,;:'\"=>@?!\n *+/#",
    "class ",
    "async ",
    "await ",
    "import ",
    "const ",
    "=>",
    "${",
    "é",
    "😀",
    "\0",
]


@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_any_text_has_facts_that_survive_the_wire(pieces: list[str]) -> None:
    facts = extract("".join(pieces))
    assert decode(encode(facts)) == facts
    assert all(function.parent < index for index, function in enumerate(facts.functions))
    assert all(1 <= call.first <= call.last <= facts.line_count for call in facts.calls)


def test_the_wire_keeps_everything(facts: FileFacts) -> None:
    fresh = replace(facts)  # without the index that another test may have made
    assert decode(encode(fresh)) == facts


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[",
        "[]",
        "1",
        '{"line_count":"1"}',
        '{"line_count":1.5}',
        '{"names":[1]}',
        '{"calls":[{"callee":"f"}]}',
        '{"functions":[{"name":"f","symbol":"f","kind":"no such kind","params":[],"return_type":{}}]}',
        '{"memo":[{}]}',
        '{"calls":' + "[" * 9999,
    ],
)
def test_the_wire_believes_nothing_else(line: str) -> None:
    with pytest.raises(WireError):
        decode(line)


def test_an_answer_is_facts_or_a_reason() -> None:
    facts = extract("export const a = 1;")
    assert decode_answer(b"[" + encode(facts) + b"]") == facts
    assert decode_answer(b'[null,"it is too large"]') == "it is too large"


@pytest.mark.parametrize("line", ["", "{}", "[]", "[null]", '["a reason"]', "[null,{}]", "[{},{}]", '[{},"a"]', "[1]"])
def test_no_other_answer_reads_as_a_file_without_faults(line: str) -> None:
    with pytest.raises(WireError):
        decode_answer(line.encode())
