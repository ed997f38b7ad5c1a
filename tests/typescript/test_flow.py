"""Conditions, switches, operations, casts, catches, throws, members of types: what the walk says of control flow."""

from __future__ import annotations

import pytest

from reviewer.core.control_flow import Catch
from reviewer.core.expr import NOWHERE, ExprKind, TypeKind
from reviewer.core.facts import BindingKind
from reviewer.typescript.extract import extract


def catch(code: str) -> Catch:
    (found,) = extract(code).catches
    return found


@pytest.mark.parametrize(
    ("clause", "said"),
    [
        ("catch {}", ("", 0, False, False, False)),
        ("catch (e) { log('x'); }", ("e", 1, False, False, False)),
        ("catch (e) { log(e.message); }", ("e", 1, True, False, False)),
        ("catch (e) { log({ e }); return; }", ("e", 2, True, False, False)),
        ("catch (e: unknown) { later(() => e); }", ("e", 1, True, False, False)),
        ("catch (e) { log(x.e, { e: 1 }); }", ("e", 1, False, False, False)),
        ("catch (e) { throw new Other(); }", ("e", 1, False, True, False)),
        ("catch (e) { if (e) { throw e; } }", ("e", 1, True, True, False)),
        ("catch (e) { f(() => { throw e; }); }", ("e", 1, True, False, False)),
        ("catch { /* the file may be gone */ }", ("", 0, False, False, True)),
        ("catch ({ code }) { f(code) }", ("", 1, False, False, False)),
    ],
)
def test_a_catch_says_what_it_does_with_the_error(clause: str, said: tuple[str, int, bool, bool, bool]) -> None:
    found = catch(f"try {{ a() }} {clause} finally {{ z() }}")
    assert (found.param, found.statements, found.uses_param, found.throws, found.has_comment) == said


def test_calls_and_throws_know_the_try_and_the_catch_they_stand_in() -> None:
    facts = extract(
        "async function f() {\n  before();\n  try {\n    tried(() => later());\n"
        "    try { inner() } catch (a) { first() }\n"
        "    try { cleaned() } finally { always() }\n"
        "  } catch (b) {\n    second();\n    try { again() } catch { third(); throw c; }\n  } finally { last() }\n}\n"
    )
    calls = {call.callee: (call.in_try, call.catch) for call in facts.calls}
    assert calls == {
        "before": (False, NOWHERE), "tried": (True, NOWHERE), "later": (False, NOWHERE), "inner": (True, NOWHERE),
        "first": (True, 1), "cleaned": (True, NOWHERE), "always": (True, NOWHERE), "second": (False, 0),
        "again": (True, 0), "third": (False, 2), "last": (False, NOWHERE),
    }  # fmt: skip
    assert [(one.param, one.first, one.last, one.symbol, one.throws) for one in facts.catches] == [
        ("b", 7, 10, "f", True), ("a", 5, 5, "f", False), ("", 9, 9, "f", True)
    ]  # fmt: skip
    assert [(one.value.text, one.catch, one.code) for one in facts.throws] == [("c", 2, "throw c;")]


def test_a_condition_has_its_test_and_equal_branches_have_equal_digests() -> None:
    same, ended, ternary, chain, last, long_one = extract(
        "if (a.b) { f(1);\n  g() } else {\n  f(1); g();\n}\n"
        "if (!user) throw new NotFound();\n"
        "const x = a > 1 ? y : y;\n"
        "if (p) { return; } else if (q) { f() } else g();\n"
        f"if (z) {{ {'f();' * 1500} }} else {{ {'f();' * 1500} }}"
    ).conditions
    assert (same.test.text, same.then == same.otherwise, same.ends, same.first, same.last) == ("a.b", True, False, 1, 4)
    assert (ended.test.kind, ended.test.parts[0].text, ended.otherwise, ended.ends) == (
        ExprKind.OTHER, "user", "", True
    )  # fmt: skip
    assert (ternary.is_ternary, ternary.then == ternary.otherwise, ternary.test.text) == (True, True, "a > 1")
    assert (chain.otherwise, chain.ends) == ("", True)
    assert last.otherwise not in ("", last.then)
    assert long_one.then != long_one.otherwise


def test_a_switch_has_its_labels() -> None:
    (found,) = extract("switch (order.type) { case 'a': case Kind.B: f(); break; default: g(); }").switches
    assert (found.subject.text, [label.text for label in found.labels]) == ("order.type", ["a", "Kind.B"])


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("a.b === 'x'", [("===", "a.b", "x")]),
        ("price * 1.1", [("*", "price", "1.1")]),
        ("a - b - c", [("-", "a - b", "c"), ("-", "a", "b")]),
        ("e instanceof Error && k in o", [("instanceof", "e", "Error"), ("in", "k", "o")]),
        ("a + b", []), ("a ?? b", []), ("a & 1", []),
    ],
)  # fmt: skip
def test_operations_have_two_sides(code: str, found: list[tuple[str, str, str]]) -> None:
    assert [(one.operator, one.left.text, one.right.text) for one in extract(code).operations] == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("const a = b as Order;", [("Order", "b")]),
        ("f(<any>b.c);", [("any", "b.c")]),
        ("(req as any).user.id;", [("any", "req")]),
        ("(req as any).user.load(1);", [("any", "req")]),
        ("((await f()) as Row[]).map(g);", [("Row[]", "await f()")]),
        ("g(a as unknown as T);", [("T", "a"), ("unknown", "a")]),
        ("(h() as A).b().c;", [("A", "h")]),
        ("(x as A).y = 1;", [("A", "x")]),
        ("a as const; b satisfies C; d!;", []),
    ],
)
def test_casts_are_found_wherever_they_stand(code: str, found: list[tuple[str, str]]) -> None:
    assert [(one.type.text, one.value.text) for one in extract(code).casts] == found


def test_types_have_their_members_and_what_they_add_to() -> None:
    shape, alias, kind = extract(
        "export interface Shape extends Base, geo.Named<X> {\n  id?: string;\n  area(of: number): Promise<number>;\n"
        "  on: (e: Event) => void;\n  [key: string]: unknown;\n}\n"
        "type Input = Base & { a: 1; 'b': string };\nenum Kind { A, B = 2, 'C' = 'c' }\n"
    ).types
    assert [(m.name, m.type.text, m.is_optional, m.is_method, m.first) for m in shape.members] == [
        ("id", "string", True, False, 2), ("area", "Promise<number>", False, True, 3),
        ("on", "(e: Event) => void", False, True, 4),
    ]  # fmt: skip
    assert shape.extends == ("Base", "geo.Named")
    assert ([m.name for m in alias.members], alias.extends) == (["a", "b"], ("Base",))
    assert [(m.name, m.type.kind) for m in kind.members] == [(name, TypeKind.NONE) for name in "ABC"]


def test_functions_count_their_statements() -> None:
    facts = extract("function a() { x(); /* no */ if (y) { z(); w(); } }\nconst b = () => c();\nfunction d() {}")
    assert [function.statements for function in facts.functions] == [2, 0, 0]


@pytest.mark.parametrize(
    ("code", "name", "operator", "target", "value"),
    [
        ("a = 1", "a", "=", None, "1"),
        ("a.total += b", "a.total", "+=", None, "b"),
        ("a ??= b", "a", "??=", None, "b"),
        ("a[key] = b", "a[]", "=", ["key"], "b"),
        ("a.count++", "a.count", "++", None, "a.count"),
        ("--a[key]", "a[]", "--", ["key"], "a[]"),
    ],
)
def test_an_assignment_says_how_and_where(
    code: str, name: str, operator: str, target: list[str] | None, value: str
) -> None:
    (found,) = [one for one in extract(code).bindings if one.kind is BindingKind.ASSIGNMENT]
    parts = [part.text for part in found.target.parts] if found.target else None
    assert (found.name, found.operator, parts, found.value.text) == (name, operator, target, value)


def test_a_plain_counter_is_no_assignment() -> None:
    assert extract("for (let i = 0; i < 3; i++) {}").bindings[0].kind is BindingKind.LET
    assert len(extract("for (let i = 0; i < 3; i++) {}").bindings) == 1
