"""The project's lint configuration, read as data: off stays off, errors and options hold, nothing else is taken."""

from __future__ import annotations

import pytest

from reviewer.linters.lint_switches import Level, switches, wanted
from reviewer.typescript.literals import literals

RULES = (
    "eslint/no-empty",
    "eslint/no-unused-vars",
    "typescript/no-explicit-any",
    "unicorn/no-thenable",
    "oxc/missing-throw",
)
Files = dict[str, str | None]


def off(files: Files, path: str = "src/a.ts") -> set[str]:
    switched = switches(files, path)
    return {name for name in RULES if switched.level(name) is Level.OFF}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, set()),
        ({".eslintrc.json": '{"rules": {"no-empty": "off"}}'}, {"eslint/no-empty"}),
        ({".eslintrc.json": '{"rules": {"no-empty": 0}} // ours'}, {"eslint/no-empty"}),
        ({".eslintrc.json": '{"rules": {"no-empty": ["off", {"x": 1}]}}'}, {"eslint/no-empty"}),
        ({".eslintrc.json": '{"rules": {"no-empty": "warn", "no-unused-vars": 1}}'}, set()),
        ({".eslintrc": "rules:\n  no-empty: off\n"}, {"eslint/no-empty"}),
        ({".eslintrc.yml": "rules:\n  no-empty: 0\n"}, {"eslint/no-empty"}),
        ({"package.json": '{"eslintConfig": {"rules": {"no-empty": "off"}}}'}, {"eslint/no-empty"}),
        ({"package.json": '{"rules": {"no-empty": "off"}}'}, set()),
        ({".oxlintrc.json": '{"rules": {"oxc/missing-throw": "allow"}}'}, {"oxc/missing-throw"}),
        ({".oxlintrc.json": '{"rules": {"eslint/no-empty": "off"}}'}, {"eslint/no-empty"}),
        ({".eslintrc": '{"rules": {"unicorn/no-thenable": "off"}}'}, {"unicorn/no-thenable"}),
        ({".eslintrc": '{"rules": {"@typescript-eslint/no-explicit-any": "off"}}'}, {"typescript/no-explicit-any"}),
        # the plugin's rule stands in for ESLint's own
        ({".eslintrc": '{"rules": {"no-unused-vars": "off"}}'}, {"eslint/no-unused-vars"}),
        ({".eslintrc": '{"rules": {"no-unused-vars": "off", "@typescript-eslint/no-unused-vars": "error"}}'}, set()),
        ({".eslintrc": '{"rules": {"@typescript-eslint/no-unused-vars": "off"}}'}, {"eslint/no-unused-vars"}),
        # the nearest word wins
        ({".eslintrc": '{"rules": {"no-empty": "off"}}', "src/.eslintrc": '{"rules": {"no-empty": "error"}}'}, set()),
        ({".eslintrc": '{"rules": {"no-empty": "off"}}', "src/.eslintrc": '{"rules": {}}'}, {"eslint/no-empty"}),
        ({".eslintrc": '{"rules": {"no-empty": "off"}}', "src/.eslintrc": '{"root": true}'}, set()),
        (
            {".eslintrc": '{"rules": {"no-empty": "off"}}', "lib/.eslintrc": '{"rules": {"no-empty": 2}}'},
            {"eslint/no-empty"},
        ),
        # overrides
        (
            {".eslintrc": '{"overrides": [{"files": ["*.ts"], "rules": {"no-empty": "off"}}]}'},
            {"eslint/no-empty"},
        ),
        (
            {".eslintrc": '{"overrides": [{"files": "*.ts", "excludedFiles": "src/*", "rules": {"no-empty": "off"}}]}'},
            set(),
        ),
        ({".eslintrc": '{"rules": "off", "overrides": "x", "root": "y"}'}, set()),
    ],
)
def test_what_is_off(files: Files, expected: set[str]) -> None:
    assert off(files) == expected


KNOWN = ("eslint/no-console", "eslint/max-lines", "eslint/no-unused-vars", "typescript/array-type")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"rules": {"no-console": "error"}, "jsPlugins": ["./x.js"], "extends": "x"}', (("eslint/no-console", ""),)),
        ('{"rules": {"no-console": "warn", "array-type": 2, "x/y": "error"}}', ()),
        ('{"rules": {"@typescript-eslint/array-type": [2, {"default": "array"}]}}',
         (("typescript/array-type", '[{"default": "array"}]'),)),
        # options of a rule of ours hold whatever its level
        ('{"rules": {"no-unused-vars": ["warn", {"argsIgnorePattern": "^_"}]}}',
         (("eslint/no-unused-vars", '[{"argsIgnorePattern": "^_"}]'),)),
        ('{"rules": {"@typescript-eslint/no-unused-vars": ["warn", {"args": "none"}]}}',
         (("eslint/no-unused-vars", '[{"args": "none"}]'),)),
        ('{"rules": {"max-lines": ["error", {"x": "' + 5000 * "y" + '"}]}}', ()),
    ],
)  # fmt: skip
def test_what_a_project_asks_of_the_linter(text: str, expected: object) -> None:
    assert wanted(switches({".eslintrc.json": text}, "src/a.ts"), KNOWN, RULES) == expected


FLAT = """
import js from '@eslint/js';
import base from '../eslint.config.mjs';
const files = ['**/*.ts'];
export default tseslint.config(
  { ignores: ['dist/**', 'src/generated/'] },
  js.configs.recommended,
  ...base,
  {
    files,
    plugins: { x: plugin },
    languageOptions: { globals: { ...globals.node }, parserOptions: { project: __dirname } },
    rules: { 'no-empty': 'off', '@typescript-eslint/no-explicit-any': ['error', { fixToUnknown: true }] },
  },
  { files: ['**/*.spec.ts'], rules: { '@typescript-eslint/no-explicit-any': 0 } },
);
"""


def test_a_flat_configuration_is_read_by_its_literals() -> None:
    files: Files = {"eslint.config.mjs": literals(FLAT).decode()}
    assert off(files) == {"eslint/no-empty"}
    assert off(files, "src/a.spec.ts") == {"eslint/no-empty", "typescript/no-explicit-any"}
    assert switches(files, "src/a.ts").notes == ()
    assert switches(files, "src/generated/a.ts").is_ignored
    assert not switches(files, "src/a.ts").is_ignored


COMPATIBLE = """
const compat = new FlatCompat({ baseDirectory: __dirname });
export default [
  ...compat.config({
    extends: ['next'],
    rules: { 'no-empty': 'off' },
    overrides: [{ files: ['*.spec.ts'], rules: { 'no-unused-vars': 'off' } }],
  }),
  ...compat.config({ extends: ['plugin:@nx/typescript'] }).map((config) => ({
    ...config,
    files: ['**/*.ts'],
    rules: { ...config.rules, '@typescript-eslint/no-explicit-any': 'off' },
  })),
];
"""


def test_an_older_configuration_inside_a_flat_one_counts() -> None:
    files: Files = {"eslint.config.mjs": literals(COMPATIBLE).decode()}
    assert off(files) == {"eslint/no-empty", "typescript/no-explicit-any"}
    assert off(files, "src/a.spec.ts") == {"eslint/no-empty", "eslint/no-unused-vars", "typescript/no-explicit-any"}
    assert switches(files, "src/a.ts").notes == ()


def test_a_piece_that_is_no_literal_is_told_and_costs_no_more_than_itself() -> None:
    text = "module.exports = { rules: { 'no-empty': 'off', eqeqeq: process.env.CI ? 2 : 1 } };"
    switched = switches({".eslintrc.js": literals(text).decode()}, "a.ts")
    assert switched.level("eslint/no-empty") is Level.OFF
    assert switched.notes == (
        "`.eslintrc.js`: `process.env.CI ? 2 : 1` cannot be read without executing it: "
        "our own choice of lint rules stands in for it.",
    )


def test_biome_rules_are_known_by_their_names() -> None:
    text = (
        '{"linter": {"rules": {"suspicious": {"noExplicitAny": "off"}, "style": {"noUnusedVars": {"level": "warn"}}}}}'
    )
    switched = switches({"biome.json": text}, "src/a.ts")
    assert switched.level("typescript/no-explicit-any") is Level.OFF
    assert switched.level("eslint/no-unused-vars") is Level.WARN


@pytest.mark.parametrize(
    "files",
    [
        {".eslintignore": "src/\n"},
        {"src/.eslintignore": "*.ts\n"},
        {".eslintrc.json": '{"ignorePatterns": ["src/**"]}'},
        {".oxlintrc.json": '{"ignorePatterns": "a.ts"}'},
    ],
)
def test_a_file_that_the_projects_linter_leaves_out_is_left_out(files: Files) -> None:
    assert switches(files, "src/a.ts").is_ignored
    assert not switches(files, "lib/b.ts").is_ignored


@pytest.mark.parametrize(
    ("files", "note"),
    [
        ({"eslint.config.mjs": ""}, "`eslint.config.mjs` cannot be read without executing it"),
        ({"src/.eslintrc.cjs": None}, "`src/.eslintrc.cjs` cannot be read without executing it"),
        ({".eslintrc.json": "[]"}, "`.eslintrc.json` is not a JSON object"),
        ({".eslintrc": "a: b: c"}, "`.eslintrc` is not plain YAML"),
        ({".oxlintrc.json": None}, "`.oxlintrc.json` could not be read, or is too large for a configuration"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_stands_in(files: Files, note: str) -> None:
    assert switches(files, "src/a.ts").notes == (f"{note}: our own choice of lint rules stands in for it.",)


def test_a_broken_package_file_is_no_news() -> None:
    assert switches({"package.json": "{"}, "a.ts").notes == ()
