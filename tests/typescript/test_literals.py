"""A configuration that is a program, read by its literals: what is none is left out and named, and nothing is run."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.typescript.expressions import TooMuchError
from reviewer.typescript.literals import VALUES_MAX, literals


def read(text: str) -> tuple[object, list[str], bool]:
    said = json.loads(literals(text))
    return said["value"], said["unknown"], said["borrows"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("module.exports = { semi: false, 'tab-width': 4, n: -1, t: `x`, u: undefined };",
         {"semi": False, "tab-width": 4, "n": -1, "t": "x", "u": None}),
        ("export default { a: [1, 'b', null, true] } as const;", {"a": [1, "b", None, True]}),
        ("const a = { b: 1 }; const c = { ...a, d: 2 };\nexport default c;", {"b": 1, "d": 2}),
        ("const semi = true; export default { semi };", {"semi": True}),
        ("export = { a: 1 };", {"a": 1}),
        ("export default defineConfig([{ a: 1 }, ...[{ b: 2 }]]);", [{"a": 1}, {"b": 2}]),
        ("export default tseslint.config({ a: 1 }, { b: 2 });", [{"a": 1}, {"b": 2}]),
        ("/** @type {import('x').Config} */\nconst config = {\n // c\n a: 1 };\nmodule.exports = config;", {"a": 1}),
        ("export default [globalIgnores(['dist'])];", [{"ignores": ["dist"]}]),
        ("export default [...compat.config({ a: 1 })];", [{"a": 1}]),
        ("export default [...compat.config({ a: 1, rules: { x: 'off' } }).map((part) => ({ ...part, files: ['*.ts'],"
         " rules: { ...part.rules, y: 'warn' } }))];",
         [{"a": 1, "files": ["*.ts"], "rules": {"x": "off", "y": "warn"}}]),
        ("export default [{ a: 1 }].map(c => ({ b: [{ d: 2 }].map(c => ({ ...c })), ...c }));",
         [{"b": [{"d": 2}], "a": 1}]),
        ("export default [{ a: 1 }, { b: 2 }].map(part => ({ ...part, c: 3 }));", [{"a": 1, "c": 3}, {"b": 2, "c": 3}]),
        ("const x = 1;", None),
        ("", None),
    ],
)  # fmt: skip
def test_literals_are_read(text: str, value: object) -> None:
    assert read(text) == (value, [], False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("export default { a: 1, b: f() };", ({"a": 1}, ["f()"], False)),
        ("export default { a: 1, [k]: 2 };", ({"a": 1}, ["[k]: 2"], False)),
        ("export default { ...rest, a: 1 };", ({"a": 1}, ["rest"], False)),
        ("export default [x, { a: 1 }];", ([{"a": 1}], ["x"], False)),
        (
            "export default { rules: { a: ['error', { x: f() }], b: ['off'] } };",
            ({"rules": {"a": ["error", "…"], "b": ["off"]}}, ["f()"], False),
        ),
        ("export default f({ a: 1 });", (None, ["f({ a: 1 })"], False)),
        ("import base from './base'; export default [...base, { a: 1 }];", ([{"a": 1}], [], True)),
        ("module.exports = { ...require('../x.js'), a: 1 };", ({"a": 1}, [], True)),
        ("module.exports = { ...require('x'), a: 1 };", ({"a": 1}, ["require('x')"], False)),
        (
            "export default ['a'].map(x => ({ files: [`${x}/*`] }));",
            (None, ["['a'].map(x => ({ files: [`${x}/*`] }))"], False),
        ),
        (
            "export default [...f('x').map((part) => ({ ...part, rules: { ...part.rules, y: 'off' } }))];",
            ([{"rules": {"y": "off"}}], ["f('x')"], False),
        ),
        ("export default { plugins: [f()], languageOptions: { g: g.node }, a: 1 };", ({"a": 1}, [], False)),
    ],
)
def test_what_is_no_literal_is_left_out_and_named(text: str, expected: object) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "const a = a; export default a;",
        "const a = [b, b]; const b = [a, a]; export default a;",
        f"export default {'[' * 60}{']' * 60};",
        f"export default [{'1,' * (VALUES_MAX + 1)}];",
    ],
)
def test_what_would_never_end_is_refused(text: str) -> None:
    with pytest.raises(TooMuchError):
        literals(text)


@given(st.text(alphabet="{}[]()'\"`.,:=a1 \nexport default module.s", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert set(json.loads(literals(text))) == {"value", "unknown", "borrows"}
