"""oxlint: our rules, our configuration, the right lines, and no file hidden by another."""

from __future__ import annotations

import pytest

from reviewer.core.concern import Severity
from reviewer.core.references import is_reference
from reviewer.linters.oxlint import UNPARSED, introduced, lint, lint_rules
from tests.linters.changes import changed

NESTED = "export const a = " + "(" * 2000 + "1" + ")" * 2000 + ";\n"


async def lines(text: str, path: str = "src/a.ts") -> list[tuple[str, int, int]]:
    """Rule, first and last line of everything that oxlint says about a text."""
    read = await lint({path: text})
    assert read.unseen == {}
    return [(said.rule.slug, place.first, place.last) for said in read.diagnostics[path] for place in said.places[:1]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("debugger;\n", 1),
        ("\n\ndebugger;", 3),
        ("// a\r\n// b\r\ndebugger;\r\n", 3),
        ("// a\u2028// b\u2029// c\x0b\x0c\x85\ndebugger;\n", 2),
        ("// a\rdebugger;\n", 1),
        ("const ä = '😀😀'; export { ä };\ndebugger;\n", 2),
        ("// " + "ä😀" * 9 + "\ndebugger;" + "\n" * 60, 2),
        ("\ufeff// a\ndebugger;\n", 2),
        ("#!/usr/bin/env node\ndebugger;\n", 2),
    ],
)
async def test_a_line_is_what_git_calls_a_line(text: str, line: int) -> None:
    assert ("lint_no_debugger", line, line) in await lines(text)


async def test_the_code_of_a_place_is_cut_out_by_bytes() -> None:
    read = await lint({"a.ts": "/* ä😀 */ debugger; f('ä');\r\n"})
    assert [place.code for said in read.diagnostics["a.ts"] for place in said.places] == ["debugger;"]


async def test_a_construct_over_several_lines_has_its_last_one() -> None:
    assert await lines("f();\nnew Error(\n  'x',\n);\n") == [("lint_missing_throw", 2, 4)]


async def test_a_file_that_kills_the_tool_hides_no_other() -> None:
    good = {f"src/{number}.ts": "debugger;\n" for number in range(20)}
    read = await lint({**good, "src/nested.ts": NESTED})
    assert read.unseen == {"src/nested.ts": "oxlint crashed on it"}
    assert {path: len(said) for path, said in read.diagnostics.items()} == dict.fromkeys(good, 1)


async def test_a_flood_of_diagnostics_is_named_and_hides_no_other() -> None:
    flood = "debugger;\n" * 30_000  # 9 MB of JSON: two of them are more than one run may say
    read = await lint({"a.ts": flood, "b.ts": flood, "good.ts": "debugger;\n"})
    assert read.unseen == dict.fromkeys(("a.ts", "b.ts"), "oxlint finds fault with it more than 2,000 times")
    assert len(read.diagnostics["good.ts"]) == 1


async def test_a_syntax_error_is_not_all_clear() -> None:
    read = await lint({"a.ts": "const = 1;\ndebugger;\n", "b.ts": "let x = 1; let x = 2;\ndebugger;\n", "c.ts": ""})
    assert read.unseen == {"a.ts": UNPARSED, "b.ts": UNPARSED}
    assert read.diagnostics == {"c.ts": ()}


CONFIGURATIONS = {
    ".oxlintrc.json": '{"rules": {"no-debugger": "off"}, "options": {"typeAware": true}, "jsPlugins": ["./evil.js"]}',
    "src/.oxlintrc.json": "not even JSON",
    "oxlint.config.ts": "throw new Error('executed');",
    ".eslintignore": "**",
    "evil.js": "require('fs').writeFileSync('/tmp/pwned', '');",
    "node_modules/.bin/tsgolint.js": "#!/bin/sh\ntouch /tmp/pwned",
    "package.json": '{"eslintConfig": {"rules": {"no-debugger": "off"}}}',
}


async def test_configuration_in_the_change_has_no_effect() -> None:
    read = await lint({**CONFIGURATIONS, "src/a.ts": "debugger;\n"})
    assert [said.rule.slug for said in read.diagnostics["src/a.ts"]] == ["lint_no_debugger"]
    assert sorted(read.unseen) == [".eslintignore", ".oxlintrc.json", "package.json", "src/.oxlintrc.json"]


@pytest.mark.parametrize(
    "path", ["-A.js", "a\nb.ts", "a b.tsx", "../../x.mts", "/etc/x.cts", "*.ts", "--fix.cjs", "@x.mjs"]
)
async def test_an_odd_name_is_linted_like_any_other(path: str) -> None:
    assert await lines("debugger;\n", path) == [("lint_no_debugger", 1, 1)]


async def fresh(base: str, head: str) -> list[tuple[str, int]]:
    read = await lint({"head.ts": head, "base.ts": base})
    found = introduced(read.diagnostics["head.ts"], read.diagnostics["base.ts"], changed("a.ts", base, head).diff)
    return [(said.rule.slug, place.first) for said, place in found]


ANY = "export const a: any = 1;\n"


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("f();\n", "f();\ndebugger;\n", [("lint_no_debugger", 2)]),
        (ANY, ANY + "export const b = 2;\n", []),
        (ANY, "export const b = 2;\n\n\n" + ANY, []),
        (ANY, ANY.replace("1", "2"), []),
        (ANY, ANY + "export const b: any = 2;\n", [("lint_no_explicit_any", 2)]),
        (ANY, ANY.replace("1", "2") + "export const b: any = 2;\n", [("lint_no_explicit_any", 2)]),
        (
            "switch (f()) {\ncase 1:\n}\n",
            "switch (f()) {\ncase 1: break;\ncase 1:\n}\n",
            [("lint_no_duplicate_case", 2)],
        ),
        ("switch (f()) {\ncase 1:\n}\n", "switch (f()) {\ncase 1:\ncase 1:\n}\n", [("lint_no_duplicate_case", 3)]),
        ("debugger;\n", "f();\n", []),
    ],
)
async def test_only_what_the_change_brought_counts(base: str, head: str, expected: list[tuple[str, int]]) -> None:
    assert await fresh(base, head) == expected


@pytest.mark.parametrize(
    "text",
    [
        "export function error(error: Error, _request: unknown, _response: unknown, next: () => void) { next; }\n",
        "while (true) { if (f()) break; }\n",
        "export const { password, ...user } = row;\n",
        "try { f(); } catch (error) { log(error); }\n",
        "try { f(); } catch { /* it was never there */ }\n",
        "// @ts-expect-error the driver's types are wrong since 4.2\nf(1);\n",
        "@Injectable()\nexport class Orders { constructor(private readonly repository: Repository<Order>) {} }\n",
        "import { User } from './user';\nexport class A { f(@Body() user: User) { return user; } }\n",
        "export class A { f(a: string): void; f(a: number): void; f(a: unknown) { log(a); } }\n",
        "switch (f()) {\n  case 1:\n  case 2:\n    g();\n    break;\n  default:\n}\n",
        "export const f = () => new Promise((resolve) => setTimeout(resolve, 5));\n",
        "expect(a).to.be.true;\n",
        "@Module({})\nexport class AppModule {}\n",
        "export const schema = { if: { required: ['a'] }, then: { required: ['b'] } };\n",
        "await Promise.all(rows.map((row) => {\n  if (!row.owner) return;\n  return tell(row.owner);\n}));\n",
    ],
)
async def test_correct_code_that_looks_like_a_fault_is_left_alone(text: str) -> None:
    assert [rule for rule, _, _ in await lines(text)] == []


def test_every_rule_of_ours_is_known_to_this_oxlint_and_well_told() -> None:
    rules = lint_rules().values()
    assert len({rule.slug for rule in rules}) == len(rules) == 88
    for rule in rules:
        assert rule.title and not rule.title.endswith("."), rule.name
        assert is_reference(rule.reference.url), rule.name
        assert rule.name.rpartition("/")[2] in rule.reference.url
        assert 0.75 <= rule.confidence <= 1
        assert rule.severity in (Severity.WARNING, Severity.NOTE)


FAULTS = {
    "eslint/array-callback-return": "export const a = b.map((c) => { if (c) return 1; });",
    "eslint/no-async-promise-executor": "export const a = new Promise(async (r) => { r(await f()); });",
    "eslint/no-cond-assign": "if ((a = 1)) f(); if (a = b) f();",
    "eslint/no-constant-binary-expression": "export const a = !b == null;",
    "eslint/no-constant-condition": "if (true) f();",
    "eslint/no-dupe-else-if": "if (a) f(); else if (a) g();",
    "eslint/no-dupe-keys": "export const a = { b: 1, b: 2 };",
    "eslint/no-empty": "try { f(); } catch (e) {}",
    "eslint/no-eval": "eval(a);",
    "eslint/no-fallthrough": "switch (a) { case 1: f(); case 2: g(); }",
    "eslint/no-self-assign": "a = a;",
    "eslint/no-self-compare": "export const b = a === a;",
    "eslint/no-throw-literal": "throw 'x';",
    "eslint/no-unreachable": "export function f() { return 1; g(); }",
    "eslint/no-unsafe-finally": "export function f() { try { g(); } finally { return 1; } }",
    "eslint/no-unsafe-optional-chaining": "(a?.b)();",
    "eslint/no-unused-vars": "import { a } from 'b';",
    "eslint/preserve-caught-error": "try { f(); } catch (e) { throw new Error('x'); }",
    "eslint/use-isnan": "export const b = a === NaN;",
    "eslint/valid-typeof": "export const b = typeof a === 'strnig';",
    "typescript/ban-ts-comment": "// @ts-ignore\nf();",
    "typescript/no-duplicate-enum-values": "export enum A { B = 1, C = 1 }",
    "typescript/no-non-null-asserted-optional-chain": "export const b = a?.c!;",
    "typescript/no-unsafe-function-type": "export type A = Function;",
    "oxc/missing-throw": "new Error('x');",
    "oxc/bad-comparison-sequence": "export const d = a == b == c;",
    "oxc/uninvoked-array-callback": "export const a = new Array(3).map((_, i) => i);",
    "unicorn/no-await-in-promise-methods": "export const a = Promise.all([await f(), g()]);",
    "promise/no-new-statics": "export const a = new Promise.all([]);",
}


@pytest.mark.parametrize(("name", "text"), FAULTS.items())
async def test_a_fault_is_found(name: str, text: str) -> None:
    assert lint_rules()[name].slug in {rule for rule, _, _ in await lines(text)}
