"""The project's ESLint configuration, read as data: off stays off, and nothing else is taken from it."""

from __future__ import annotations

import pytest

from reviewer.linters.lint_switches import switches

RULES = (
    "eslint/no-empty",
    "eslint/no-unused-vars",
    "typescript/no-explicit-any",
    "unicorn/no-thenable",
    "oxc/missing-throw",
)
Files = dict[str, str | None]


def off(files: Files, path: str = "src/a.ts") -> set[str]:
    return set(switches(files, path, RULES).off)


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


def test_a_rule_that_we_do_not_have_is_not_added() -> None:
    assert off({".eslintrc": '{"rules": {"no-console": "error"}, "jsPlugins": ["./evil.js"], "extends": "x"}'}) == set()


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
    assert switches(files, "src/a.ts", RULES).is_ignored
    assert not switches(files, "lib/b.ts", RULES).is_ignored


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
    assert switches(files, "src/a.ts", RULES).notes == (f"{note}: our own choice of lint rules stands in for it.",)


def test_a_broken_package_file_is_no_news() -> None:
    assert switches({"package.json": "{"}, "a.ts", RULES).notes == ()
