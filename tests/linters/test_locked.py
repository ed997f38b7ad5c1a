"""The version of a package in a lock file, as npm, pnpm and Yarn write it."""

from __future__ import annotations

import pytest

from reviewer.linters.locked import locked_version

NPM = '{"packages": {"": {}, "node_modules/prettier": {"version": "3.8.1"}, "node_modules/x": {"version": "1.0.0"}}}'
PNPM = "packages:\n\n  prettier-linter@1.0.0:\n    x: y\n  prettier@2.8.8:\n    x: y\n  prettier@3.3.3:\n    x: y\n"
PNPM_5 = "packages:\n  /prettier/2.8.8:\n    dev: true\n"
YARN = '"prettier-x@^1":\n  version "9.9.9"\n\nprettier@^3.0.0, prettier@^3.2.0:\n  version "3.2.5"\n  resolved "x"\n'
BERRY = '"prettier@npm:^3.0.0":\n  version: 3.4.2\n  resolution: "prettier@npm:3.4.2"\n'


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("package-lock.json", NPM, (3, 8)),
        ("package-lock.json", '{"dependencies": {"prettier": {"version": "2.7.1"}}}', (2, 7)),
        ("package-lock.json", "[]", None),
        ("package-lock.json", "{", None),
        ("api/pnpm-lock.yaml", PNPM, (3, 3)),
        ("pnpm-lock.yaml", PNPM_5, (2, 8)),
        ("pnpm-lock.yaml", "  prettier@file:../x:\n", None),
        ("yarn.lock", YARN, (3, 2)),
        ("yarn.lock", BERRY, (3, 4)),
        ("yarn.lock", "", None),
    ],
)
def test_the_version_is_found(name: str, text: str, expected: tuple[int, int] | None) -> None:
    assert locked_version(name, text, "prettier") == expected
