"""What tells an old call or binding from a new one."""

import pytest

from reviewer.core.meaning import of_binding, of_call
from reviewer.typescript.extract import extract

SAME = [
    ("f('a', x as any)", 'f("a", x)'),
    ("f({ a: 1, b }, [c, d])", "f({\n  a: 1,\n  b,\n}, [ c, d ])"),
    ("a.b(x!).c(<Row>y)", "a.b(x).c(y)"),
    ("f(await (g() as Promise<Row>))", "f(await g())"),
]
OTHER = [
    ("f(a)", "f(b)"),
    ("f(a)", "g(a)"),
    ("f(a)", "new f(a)"),
    ("f(a)", "f(a, b)"),
    ("f({ a: 1 })", "f({ b: 1 })"),
    ("f({ a: 1 })", "f({ a: 2 })"),
    ("f([a])", "f(...a)"),
    ("a(x).c(y)", "a(z).c(y)"),
    ("f(a)", "for (const b of c) { f(a) }"),
    ("async () => { f(a) }", "async () => { await f(a) }"),
]


def _calls(text: str) -> list[object]:
    return [of_call(call) for call in extract(text).calls]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_casts_quotes_and_blanks_make_no_new_call(old: str, new: str) -> None:
    assert _calls(old) == _calls(new) != [None]


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_what_is_called_with_what_and_where_makes_a_new_call(old: str, new: str) -> None:
    assert _calls(old)[0] != _calls(new)[0]


@pytest.mark.parametrize(
    "text",
    [
        "f(sql`a ${b}`)",
        "sql`a ${b}`.run(c)",
        "f({ [a]: 1 })",
        "f(a ? b : c)",
        "f((a) => a)",
        "f({ on: (a) => a })",
        "g((a) => a).f()",
        "f([x, (a) => a])",
    ],
)
def test_nothing_is_said_of_a_call_whose_function_may_have_changed(text: str) -> None:
    assert None in _calls(text)


def test_a_binding_is_told_by_its_name_and_value() -> None:
    texts = (
        "const a = f('x' as any)",
        'const a = f("x")',
        "const b = f('x')",
        "let a = f('x')",
        "const a = () => f('x')",
    )
    first, same, *others, function = (of_binding(extract(text).bindings[0]) for text in texts)
    assert first == same
    assert first is not None
    assert first not in others
    assert function is None
