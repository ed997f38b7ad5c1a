"""Patterns as Prettier, ESLint, EditorConfig and gitignore read them."""

from __future__ import annotations

import pytest

from reviewer.linters.globs import folders_above, ignores, matches_any


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.ts", "a.ts", True),
        ("*.ts", "x/y/a.ts", True),
        ("x/*.ts", "x/a.ts", True),
        ("x/*.ts", "x/y/a.ts", False),
        ("x/**/*.ts", "x/y/z/a.ts", True),
        ("./x/a.ts", "x/a.ts", True),
        ("/a.ts", "x/a.ts", False),
        ("*.{js,ts}", "x/a.ts", True),
        ("*.{js,ts}", "x/a.tsx", False),
        ("**/.*/*", "x/.hidden/a", True),
        ("[", "[", True),
        ("", "a", False),
    ],
)
def test_a_pattern(pattern: str, path: str, expected: bool) -> None:
    assert matches_any((pattern,), path) is expected


@pytest.mark.parametrize(
    ("lines", "path", "expected"),
    [
        (["dist"], "dist/a.ts", True),
        (["dist"], "x/dist/a.ts", True),
        (["/dist"], "x/dist/a.ts", False),
        (["dist/"], "dist", False),
        (["src/gen/"], "src/gen/x/a.ts", True),
        (["*.ts", "!a.ts"], "x/a.ts", False),
        (["!a.ts", "*.ts"], "x/a.ts", True),
        (["# *.ts", "", "  "], "a.ts", False),
        (["a/**/b.ts"], "a/b.ts", True),
        (["*.{ts,js}"], "a.ts", False),
        (["!" * 300], "a.ts", False),
    ],
)
def test_an_ignore_file(lines: list[str], path: str, expected: bool) -> None:
    assert ignores(lines, path) is expected


def test_the_folders_above_a_path_come_nearest_first() -> None:
    assert folders_above("a/b/c.ts") == ("a/b/", "a/", "")
    assert folders_above("c.ts") == ("",)
