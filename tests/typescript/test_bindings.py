"""What gives a name its value: patterns, loops, bare declarations, returns; and what takes a callback."""

from __future__ import annotations

import pytest

from reviewer.core.expr import ExprKind
from reviewer.core.facts import Binding, BindingKind
from reviewer.core.imports import Import
from reviewer.typescript.extract import extract


def only(code: str, kind: BindingKind) -> Binding:
    (found,) = [one for one in extract(code).bindings if one.kind is kind]
    return found


@pytest.mark.parametrize(
    ("pattern", "pairs"),
    [
        ("{ body: dto }", [("body", "dto")]),
        ("{ body, query: q = {} }", [("body", "body"), ("query", "q")]),
        ("{ body: { a, b: { c } = d }, e }", [("body", "a"), ("body", "c"), ("e", "e")]),
        ("{ page = 1, 'x-id': id, [key]: k }", [("page", "page"), ("x-id", "id"), ("", "k")]),
        ("{ params: {}, ...rest }", [("params", ""), ("...", "rest")]),
        ("[first, , [second] = [], ...others]", [("[]", "first"), ("[]", "second"), ("...", "others")]),
        ("{ /* all */ }", []),
    ],
)
def test_a_pattern_has_its_properties_and_their_local_names(pattern: str, pairs: list[tuple[str, str]]) -> None:
    taken = only(f"const {pattern} = req;", BindingKind.CONST)
    assert (taken.name, list(zip(taken.fields, taken.locals, strict=True))) == ("", pairs)
    (param,) = extract(f"function f({pattern}) {{}}").functions[0].params
    assert (param.name, list(zip(param.fields, param.locals, strict=True))) == ("", pairs)


def test_a_pattern_may_assign_to_places() -> None:
    taken = only("({ a: this.b, c: d[0] } = e);", BindingKind.ASSIGNMENT)
    assert (taken.fields, taken.locals) == (("a", "c"), ("this.b", "d[]"))


def test_taking_a_property_is_reading_it_once() -> None:
    reads = [read.name for read in extract("const { body: { a, b }, query } = req; const [c] = req;").reads]
    assert reads == ["req.body", "req.query"]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("const { Router: R } = require('express');", [Import("R", "Router", "express", 1)]),
        ("const { a, ...rest } = require('m');", [Import("a", "a", "m", 1), Import("rest", "*", "m", 1)]),
        ("const express = require('express');", [Import("express", "*", "express", 1)]),
    ],
)
def test_a_required_name_is_known_as_it_is_called_here(code: str, found: list[Import]) -> None:
    assert list(extract(code).imports) == found


@pytest.mark.parametrize(
    ("head", "name", "pairs", "operator", "value"),
    [
        ("for (const url of req.body.urls)", "url", [], "of", "req.body.urls"),
        ("for (const key in req.body)", "key", [], "in", "req.body"),
        ("for await (let { id: orderId } of rows)", "", [("id", "orderId")], "of", "rows"),
        ("for (const [k, v] of Object.entries(o))", "", [("[]", "k"), ("[]", "v")], "of", "Object.entries"),
        ("for (this.at of rows)", "this.at", [], "of", "rows"),
    ],
)
def test_the_variable_of_a_loop_is_given_what_is_iterated(
    head: str, name: str, pairs: list[tuple[str, str]], operator: str, value: str
) -> None:
    facts = extract(f"function f() {{\n  {head} {{\n    g();\n  }}\n}}")
    (loop,) = [one for one in facts.bindings if one.kind is BindingKind.LOOP]
    assert (loop.name, list(zip(loop.fields, loop.locals, strict=True))) == (name, pairs)
    assert (loop.operator, loop.value.text, loop.code) == (operator, value, head)
    assert (loop.first, loop.last, loop.scope, loop.symbol) == (2, 2, 0, "f")


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("let x; var y: T;", ["x", "y"]),
        ("declare let x: T; declare global { var y: T }", []),
        ("declare const x: T;", []),
        ("declare let x: T; let y;", ["y"]),
        ("for (const a of b) {} for (let i; ;) {}", ["i"]),
    ],
)
def test_a_variable_without_a_value_is_undefined(code: str, names: list[str]) -> None:
    unset = [one for one in extract(code).bindings if one.kind is BindingKind.LET]
    assert [one.name for one in unset] == names
    assert {(one.value.kind, one.value.text) for one in unset} <= {(ExprKind.CONSTANT, "undefined")}


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        ("return { ok: true };", ExprKind.OBJECT, "{ ok: true }"),
        ("return user;", ExprKind.NAME, "user"),
        ("return this.save(user);", ExprKind.CALL, "this.save"),
        ("return (await f()) as T;", ExprKind.AWAIT, "await f()"),
        ("return a ? b : c;", ExprKind.CHOICE, "?:"),
        ("return rows[0];", ExprKind.MEMBER, "rows[]"),
        ("return `a ${b}`;", ExprKind.TEMPLATE, "a ${}"),
    ],
)
def test_what_a_function_returns_is_known(code: str, kind: ExprKind, text: str) -> None:
    found = only(f"async function f() {{ {code} }}", BindingKind.RETURN)
    assert (found.name, found.scope, found.value.kind, found.value.text) == ("", 0, kind, text)


@pytest.mark.parametrize(
    "code", ["return;", "return 1;", "return 'a';", "return true;", "return [];", "return () => 1;"]
)
def test_a_returned_literal_or_function_says_nothing(code: str) -> None:
    assert [one for one in extract(f"function f() {{ {code} }}").bindings if one.scope == 0] == []


def test_a_name_is_bound_to_its_values_and_only_then_to_loops_and_bare_declarations() -> None:
    facts = extract("let a; a = f();\nlet b;\nfor (const c of d) {}\n{ const e = 1 }\nfor (const e of d) {}")
    bound = {name: [one.kind for one in facts.index.bound(name, -1)] for name in "abce"}
    assert bound == {
        "a": [BindingKind.ASSIGNMENT], "b": [BindingKind.LET], "c": [BindingKind.LOOP], "e": [BindingKind.CONST]
    }  # fmt: skip
    assert sum(one.kind is BindingKind.LOOP for one in facts.index.bindings((-1,))) == 2


@pytest.mark.parametrize(
    ("code", "callees"),
    [
        ("const r = await f(() => 1);", ["f"]),
        ("return1(outer(a.b(() => 1)));", ["a.b"]),
        ("const h = () => wrap(() => 1);", ["", "wrap"]),
        ("if (rows.some((row) => row.ok)) {}", ["rows.some"]),
        ("return2(`${rows.map((row) => row.id)}`);", ["rows.map"]),
        ("throw new Later((x) => x);", ["Later"]),
        ("load().then((x) => x).catch((e) => e);", ["load().then", "load().then().catch"]),
        ("@Type(() => Order) class A {}", ["Type"]),
        ("f({ done: () => 1 }); g([() => 2]); (() => 3)();", ["", "", ""]),
        ("const c = x ? f(async (y) => y) : g(function () {});", ["f", "g"]),
    ],
)
def test_a_callback_knows_what_takes_it_wherever_it_stands(code: str, callees: list[str]) -> None:
    assert sorted(one.passed_to for one in extract(code).functions) == sorted(callees)


def test_a_callback_in_an_expression_has_the_symbol_of_the_function_it_stands_in() -> None:
    facts = extract("const handler = () => (req, res) => { load(() => 1); };\nclass A { m = () => f(() => 1); }")
    assert [one.symbol for one in facts.functions] == ["handler", "handler", "handler", "A.m", "A.m"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("f();", (False, False, False)),
        ("await f();", (True, True, False)),
        ("return f();", (True, False, True)),
        ("return (f() as T)!;", (True, False, True)),
        ("return await f();", (True, True, False)),
        ("return await f<T>(1);", (True, True, False)),
        ("const g = () => f();", (True, False, True)),
        ("const g = async () => await f();", (True, True, False)),
        ("return a ?? f();", (False, False, False)),
        ("return new F();", (True, False, True)),
    ],
)
def test_a_call_says_who_sees_its_promise(code: str, said: tuple[bool, bool, bool]) -> None:
    (call,) = extract(f"async function h() {{ {code} }}").calls
    assert (call.awaited, call.is_await, call.is_returned) == said


def test_an_await_before_type_arguments_belongs_to_the_end_of_its_chain() -> None:
    calls = extract("async function h() { await this.db<Row>(T).where(1).del(); }").calls
    assert [(call.callee, call.awaited) for call in calls] == [
        ("this.db().where().del", True),
        ("this.db().where", False),
        ("this.db", False),
    ]


def test_control_flow_is_found_by_scope() -> None:
    facts = extract(
        "if (a) {}\nfunction f() {\n  if (b === c) { throw d as E; }\n  switch (g) { case 1: }\n"
        "  h(() => { if (i) {} });\n}\n"
    )
    index = facts.index
    assert [one.test.text for one in index.conditions((0,))] == ["b === c"]
    assert [one.test.text for one in index.conditions((-1, 1))] == ["a", "i"]
    assert [one.subject.text for one in index.switches((0, 1))] == ["g"]
    assert [one.left.text for one in index.operations((0,))] == ["b"]
    assert [one.value.text for one in index.throws((0,))] == ["d"]
    assert [one.type.text for one in index.casts((0,))] == ["E"]
    assert list(index.throws((1,))) == []
