"""The project's Prettier configuration, read as data: what counts for a file, and when nothing is checked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.linters.configuration import (
    DEFAULTS,
    PRETTIER_NAMES,
    STYLE_NAMES,
    NoStyle,
    Style,
    config_paths,
    format_style,
)
from reviewer.linters.lint_switches import LINT_NAMES

Files = dict[str, str | None]


def differences(files: Files, path: str = "src/a.ts") -> dict[str, object]:
    """The options that are not Prettier 3's defaults."""
    style = format_style(files, path)
    assert isinstance(style, Style), style
    return {name: value for name, value in style.options if value != DEFAULTS[name]}


def reason(files: Files, path: str = "src/a.ts") -> str:
    style = format_style(files, path)
    assert isinstance(style, NoStyle), style
    return style.reason


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({".prettierrc": ""}, {}),
        ({".prettierrc": "{}"}, {}),
        ({".prettierrc": "singleQuote: true\ntabWidth: 4\n"}, {"singleQuote": True, "tabWidth": 4}),
        ({".prettierrc": '{"semi": false, "printWidth": 100}'}, {"semi": False, "printWidth": 100}),
        ({".prettierrc": '{\n  // ours\n  "semi": false,\n}'}, {"semi": False}),
        ({".prettierrc.json": '{"trailingComma": "none"}'}, {"trailingComma": "none"}),
        ({".prettierrc.json5": '{"trailingComma": "none"}'}, {"trailingComma": "none"}),
        ({".prettierrc.yaml": "arrowParens: avoid"}, {"arrowParens": "avoid"}),
        ({".prettierrc.yml": "quoteProps: consistent"}, {"quoteProps": "consistent"}),
        ({".prettierrc.toml": 'useTabs = true\nendOfLine = "auto"'}, {"useTabs": True, "endOfLine": "auto"}),
        ({"package.json": '{"prettier": {"bracketSpacing": false}}'}, {"bracketSpacing": False}),
        ({".prettierrc": '{"jsxBracketSameLine": true}'}, {"bracketSameLine": True}),
        ({".prettierrc": '{"plugins": ["@x/sort-imports"], "importOrder": [], "$schema": "y", "semi": null}'}, {}),
        ({".oxfmtrc.json": '{"semi": false}'}, {"semi": False, "printWidth": 100}),
        # the nearest one counts alone
        ({".prettierrc": '{"semi": false}', "src/.prettierrc": '{"tabWidth": 4}'}, {"tabWidth": 4}),
        ({".prettierrc": '{"semi": false}', "lib/.prettierrc": '{"tabWidth": 4}'}, {"semi": False}),
        ({".prettierrc": '{"semi": false}', "src/package.json": '{"name": "x"}'}, {"semi": False}),
        ({".prettierrc": '{"semi": false}', "package.json": '{"prettier": {"tabWidth": 4}}'}, {"tabWidth": 4}),
        # Prettier 2
        (
            {".prettierrc": "{}", "package.json": '{"devDependencies": {"prettier": "^2.8.8"}}'},
            {"trailingComma": "es5"},
        ),
        (
            {".prettierrc": '{"trailingComma": "all"}', "package.json": '{"devDependencies": {"prettier": "2"}}'},
            {},
        ),
    ],
)
def test_options_are_read_from_every_place_that_is_data(files: Files, expected: dict[str, object]) -> None:
    assert differences(files) == expected


OVERRIDES = """
semi: false
overrides:
  - files: "*.spec.ts"
    options: {semi: true}
  - files: [src/generated/**, "legacy/*.ts"]
    excludeFiles: src/generated/keep.ts
    options: {tabWidth: 8}
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/a.ts", {"semi": False}),
        ("src/deep/a.spec.ts", {}),
        ("src/generated/x/a.ts", {"semi": False, "tabWidth": 8}),
        ("src/generated/keep.ts", {"semi": False}),
        ("legacy/a.ts", {"semi": False, "tabWidth": 8}),
        ("src/legacy/a.ts", {"semi": False}),
    ],
)
def test_overrides_apply_by_path(path: str, expected: dict[str, object]) -> None:
    assert differences({".prettierrc": OVERRIDES}, path) == expected


def test_overrides_are_relative_to_their_own_folder() -> None:
    files: Files = {"apps/api/.prettierrc": '{"overrides": [{"files": "test/*.ts", "options": {"semi": false}}]}'}
    assert differences(files, "apps/api/test/a.ts") == {"semi": False}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[*]\nindent_style = tab\n", {"useTabs": True}),
        ("[*]\nindent_style = space\nindent_size = 4\n", {"tabWidth": 4}),
        ("[*]\nindent_size = tab\ntab_width = 8\n", {"useTabs": True, "tabWidth": 8}),
        ("[*.{ts,js}]\nmax_line_length = 120 ; ours\n", {"printWidth": 120}),
        ("[*.py]\nindent_size = 4\n", {}),
        ("[lib/**]\nindent_size = 4\n", {}),
        ("[*]\nindent_size = 4\n[*.ts]\nindent_size = 2\n", {}),
        ("[*]\nindent_size = 4\n[src/**.ts]\nindent_size = unset\n", {}),
        ("\ufeff# x\r\n[*]\r\nEnd_Of_Line = CRLF\r\n", {"endOfLine": "crlf"}),
        ("nonsense\n[*\n=\n[*]\nindent_size\n", {}),
    ],
)
def test_an_editorconfig_fills_in(text: str, expected: dict[str, object]) -> None:
    assert differences({".prettierrc": "{}", ".editorconfig": text}) == expected


def test_prettier_wins_over_the_editorconfig_and_root_ends_its_search() -> None:
    files: Files = {
        ".prettierrc": "tabWidth: 3",
        ".editorconfig": "[*]\nindent_size = 8\nmax_line_length = 100\n",
        "src/.editorconfig": "root = true\n[*]\nindent_style = tab\n",
    }
    assert differences(files) == {"tabWidth": 3, "useTabs": True}
    assert differences(files, "a.ts") == {"tabWidth": 3, "printWidth": 100}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ""),
        ({".editorconfig": "[*]\nindent_size = 4"}, ""),
        ({"package.json": '{"devDependencies": {"prettier": "3.0.0"}}'}, ""),
        ({".prettierrc": "{}", ".prettierignore": "# x\nsrc\n"}, ""),
        ({".prettierrc": "{}", "src/.prettierignore": "/a.ts"}, ""),
        (
            {"prettier.config.mjs": "export default {}"},
            "`prettier.config.mjs` cannot be read without executing it: format is not checked.",
        ),
        (
            {".prettierrc": "{}", "src/.prettierrc.cjs": ""},
            "`src/.prettierrc.cjs` cannot be read without executing it: format is not checked.",
        ),
        (
            {"package.json": '{"prettier": "@acme/prettier"}'},
            "`package.json` takes its format from a package: format is not checked.",
        ),
        (
            {".prettierrc": None},
            "`.prettierrc` could not be read, or is too large for a configuration: format is not checked.",
        ),
        ({".prettierrc": "{"}, "`.prettierrc` is not a JSON object: format is not checked."),
        ({".prettierrc": "a: *b"}, "`.prettierrc` is not plain YAML: format is not checked."),
        ({".prettierrc.toml": "a = "}, "`.prettierrc.toml` is not TOML: format is not checked."),
        (
            {".prettierrc": '{"semi": "no"}'},
            "`.prettierrc` gives `semi` a value that oxfmt does not know: format is not checked.",
        ),
        (
            {".prettierrc": '{"printWidth": 1000}'},
            "`.prettierrc` gives `printWidth` a value that oxfmt does not know: format is not checked.",
        ),
        (
            {".prettierrc": '{"trailingComma": ["all"]}'},
            "`.prettierrc` gives `trailingComma` a value that oxfmt does not know: format is not checked.",
        ),
        (
            {".prettierrc": '{"experimentalTernaries": true}'},
            "`.prettierrc` sets `experimentalTernaries`, which oxfmt does not do the same way: format is not checked.",
        ),
        (
            {".prettierrc": '{"plugins": ["prettier-plugin-multiline-arrays"]}'},
            "`.prettierrc` formats with `prettier-plugin-multiline-arrays`, which does not run here: "
            "format is not checked.",
        ),
        (
            {".prettierrc": "{}", "package.json": '{"devDependencies": {"prettier": "^1.19.1"}}'},
            "The project uses Prettier 1, which formats differently: format is not checked.",
        ),
        (
            {".prettierrc": "{}", "biome.json": "{}"},
            "The project formats with Biome, which does not run here: format is not checked.",
        ),
    ],
)
def test_what_cannot_be_followed_is_not_checked(files: Files, expected: str) -> None:
    assert reason(files) == expected


def test_a_biome_that_only_lints_is_no_hindrance() -> None:
    assert differences({".prettierrc": "{}", "biome.json": '{"formatter": {"enabled": false}}'}) == {}


@pytest.mark.parametrize(
    ("wanted", "is_exact", "may_hug"),
    [
        ("3.8.5", True, False),
        ("3.7.0", True, False),
        ("~3.6.0", False, False),
        ("^3.0.0", False, True),
        ("^3.7.1", True, True),
        ("3.9.4", True, True),
        ("3", False, True),
        ("latest", False, True),
        ("workspace:*", False, True),
        ("2.8.8", False, False),
        ("^4.0.0", True, True),
        ("9" * 5000, False, True),
    ],
)
def test_the_version_decides_how_sure_the_format_is(wanted: str, is_exact: bool, may_hug: bool) -> None:
    style = format_style(
        {".prettierrc": "{}", "package.json": f'{{"devDependencies": {{"prettier": "{wanted}"}}}}'}, "a.ts"
    )
    assert isinstance(style, Style)
    assert (style.versions.is_exact, style.versions.may_hug) == (is_exact, may_hug)


def test_the_paths_to_fetch_are_those_above_the_changed_files() -> None:
    tree = frozenset(
        {".prettierrc", "src/.editorconfig", "lib/.prettierrc", "src/a.ts", "package.json", "eslint.config.js"}
    )
    assert config_paths(tree, ["src/a.ts"]) == (".prettierrc", "eslint.config.js", "package.json", "src/.editorconfig")
    assert config_paths(tree, ["README.md"]) == ()


BOMBS: dict[str, Files] = {
    "brackets": {".prettierrc": "[" * 40_000},
    "braces": {".prettierrc": "{" * 60_000},
    "deep json": {".prettierrc.json": '{"a":' * 20_000},
    "aliases": {".prettierrc": "a: &a [x]\nb: &b [*a, *a]\noverrides: [*b, *b]\n"},
    "a date": {".prettierrc": "semi: 2024-13-45"},
    "a dotted key": {".prettierrc.toml": "a." * 20_000 + "a = 1"},
    "a long number": {".prettierrc": "tabWidth: " + "9" * 60_000},
    "a long JSON number": {".prettierrc": '{"tabWidth": ' + "9" * 60_000 + "}"},
    "many stars": {".prettierrc": '{"overrides": [{"files": "' + "*a" * 60 + 'b"}]}'},
    "many braces": {".prettierrc": '{"overrides": [{"files": "' + "{a,b}" * 39 + '"}]}'},
    "many ignored": {".prettierrc": "{}", ".prettierignore": "**/*a*b*c\n" * 6_000},
    "sections": {".prettierrc": "{}", ".editorconfig": "[*]\n" * 20_000},
    "a range": {".prettierrc": "{}", ".editorconfig": "[{1..999999999}]\nindent_size = 4"},
}


@pytest.mark.parametrize("files", BOMBS.values(), ids=BOMBS)
def test_a_hostile_configuration_ends_in_an_answer(files: Files) -> None:
    assert isinstance(format_style(files, "src/" + "a" * 200 + ".ts"), Style | NoStyle)


@given(st.sampled_from(sorted({*PRETTIER_NAMES, *STYLE_NAMES, *LINT_NAMES})), st.text(max_size=60))
def test_no_text_breaks_the_reader(name: str, text: str) -> None:
    assert isinstance(format_style({name: text, ".prettierrc": "{}"}, "src/a.ts"), Style | NoStyle)
