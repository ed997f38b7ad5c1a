"""What a project's ESLint or oxlint configuration switches off, read as data. Pure.

A rule that the project turned off at the base of the change stays off; nothing there can add a rule, a plugin or an
option.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reviewer.core.jsonc import table
from reviewer.linters.globs import folders_above, ignores, matches_any
from reviewer.linters.plain import UnreadableError, read_plain, texts_of

_SCRIPTS: Final = ("js", "mjs", "cjs", "ts", "mts", "cts")
CONFIG_NAMES: Final = (
    ".oxlintrc.json",
    ".oxlintrc.jsonc",
    ".eslintrc.json",
    ".eslintrc.yaml",
    ".eslintrc.yml",
    ".eslintrc",
    ".eslintrc.js",
    ".eslintrc.cjs",
    *(f"eslint.config.{ending}" for ending in _SCRIPTS),
    *(f"oxlint.config.{ending}" for ending in _SCRIPTS),
    "package.json",
)
"""Configuration files of the linters, in a folder; package.json counts by its key eslintConfig."""

LINT_NAMES: Final = (*CONFIG_NAMES, ".eslintignore")
"""All files that this module reads, in a folder."""

_TYPESCRIPT_TWINS: Final = frozenset(
    {"no-dupe-class-members", "no-implied-eval", "no-loss-of-precision", "no-unused-vars"}
)
"""ESLint rules that projects switch off because the plugin's rule of the same name stands in for them."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What counts for one file: rules that are off, by oxlint's name; whether its linter leaves it out; sentences to
    tell."""

    off: frozenset[str]
    is_ignored: bool
    notes: tuple[str, ...]


def switches(files: Mapping[str, str | None], path: str, names: Iterable[str]) -> Switches:
    """The project's word on our rules (`names`, as oxlint knows them) for one file. Raises nothing for any text.

    The nearest file that speaks of a rule wins; an ESLint configuration with `root` ends the search upwards.
    """
    said: dict[str, bool] = {}
    notes: list[str] = []
    is_ignored = False
    for folder in folders_above(path):
        below = path.removeprefix(folder)
        is_ignored = is_ignored or ignores((files.get(folder + ".eslintignore") or "").split("\n"), below)
        ends = False
        for name in CONFIG_NAMES:
            config = _config(files, folder + name, notes)
            is_ignored = is_ignored or ignores(texts_of(config.get("ignorePatterns")), below)
            said = {**_rules(config, below), **said}
            ends = ends or config.get("root") is True
        if ends:
            break
    return Switches(frozenset(name for name in names if _is_off(name, said)), is_ignored, tuple(notes))


def _config(files: Mapping[str, str | None], path: str, notes: list[str]) -> Mapping[str, object]:
    if path not in files:
        return {}
    try:
        config = read_plain(path, files[path])
    except UnreadableError as error:
        if not path.endswith("package.json"):
            notes.append(f"`{path}` {error}: our own choice of lint rules stands in for it.")
        return {}
    return table(config.get("eslintConfig")) if path.endswith("package.json") else config


def _rules(config: Mapping[str, object], path: str) -> dict[str, bool]:
    """Whether each rule that the configuration speaks of is on, for a path below its folder."""
    said = {_plain_name(name): _is_on(value) for name, value in table(config.get("rules")).items()}
    overrides = config.get("overrides")
    for override in overrides if isinstance(overrides, list) else []:
        entry = table(override)
        if matches_any(texts_of(entry.get("files")), path) and not matches_any(
            texts_of(entry.get("excludedFiles")), path
        ):
            said |= {_plain_name(name): _is_on(value) for name, value in table(entry.get("rules")).items()}
    return said


def _is_on(value: object) -> bool:
    level = value[0] if isinstance(value, list) and value else value
    return level not in ("off", "allow", 0, False)


def _plain_name(name: str) -> str:
    """`@typescript-eslint/no-explicit-any` → `typescript/no-explicit-any`; a rule without plugin is ESLint's own."""
    plain = name.removeprefix("@")
    if "/" not in plain:
        return "eslint/" + plain
    return "typescript/" + plain.removeprefix("typescript-eslint/") if plain.startswith("typescript-eslint/") else plain


def _is_off(name: str, said: Mapping[str, bool]) -> bool:
    plugin, _, rule = name.partition("/")
    if plugin == "eslint" and rule in _TYPESCRIPT_TWINS and "typescript/" + rule in said:
        return not said["typescript/" + rule]
    return said.get(name) is False
