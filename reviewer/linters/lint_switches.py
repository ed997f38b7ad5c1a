"""What a project's ESLint, oxlint or Biome configuration says of rules, read as data. Pure.

A rule that the project turned off at the base of the change stays off, one that it made an error becomes one of ours
if oxlint has it, and the project's own severity and options hold. Nothing there can add a plugin or a path, and nothing
is ever executed: of a configuration that is a program the literals are read (`typescript/literals.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from reviewer.core.jsonc import table
from reviewer.linters.globs import folders_above, ignores, matches_any
from reviewer.linters.plain import SCRIPT_ENDINGS, Program, UnreadableError, read_plain, read_program, texts_of

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
    "biome.json",
    "biome.jsonc",
    "package.json",
)
"""Configuration files of the linters, in a folder; package.json counts by its key eslintConfig."""

LINT_NAMES: Final = (*CONFIG_NAMES, ".eslintignore")
"""All files that this module reads, in a folder."""

_TYPESCRIPT_TWINS: Final = frozenset(
    {"no-dupe-class-members", "no-implied-eval", "no-loss-of-precision", "no-unused-vars"}
)
"""ESLint rules that projects switch off because the plugin's rule of the same name stands in for them."""

_PLUGINS: Final = {"@typescript-eslint": "typescript", "n": "node"}
"""Plugins that oxlint calls otherwise."""

_PRESETS: Final = ("configs", "Configs", "compat.", "rettier", "FlatCompat")
"""Words in the pieces of a program by which rules of a published set come in: our own choice stands in, as it is
made of the same sets."""

OPTIONS_CHARS_MAX: Final = 4_000
"""JSON of one rule's options; a longer list is a project's register of forbidden names, and belongs to its own run."""

CUT: Final = "…"
"""Stands for options that are too long, or not fully known: such a rule is left to the project's own run."""

_PIECES_TOLD_MAX: Final = 3
"""Pieces of a program that one sentence names."""


class Level(StrEnum):
    """What a project says of a rule."""

    OFF = "off"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Said:
    """A project's word on one rule: its level, and its options as a JSON list ("" for none)."""

    level: Level
    options: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Switches:
    """What counts for one file: the project's word on rules, by oxlint's name; whether its linter leaves it out;
    sentences to tell."""

    said: Mapping[str, Said] = field(default_factory=lambda: MappingProxyType({}))
    is_ignored: bool = False
    notes: tuple[str, ...] = ()

    def level(self, name: str) -> Level | None:
        """The project's level for a rule, None where it is silent."""
        found = self.of(name)
        return found.level if found else None

    def of(self, name: str) -> Said | None:
        """The project's word on a rule. For a twin it is the plugin's."""
        plugin, _, rule = name.partition("/")
        twin = self.said.get("typescript/" + rule) if plugin == "eslint" and rule in _TYPESCRIPT_TWINS else None
        return twin or self.said.get(name) or self.said.get("biome/" + rule)


def switches(files: Mapping[str, str | None], path: str) -> Switches:
    """The project's word on rules for one file. Raises nothing for any text.

    `files` are configuration files by path; one that is a program holds its literals. The nearest file that speaks of
    a rule wins; an ESLint configuration with `root` ends the search upwards.
    """
    said: dict[str, Said] = {}
    notes: list[str] = []
    is_ignored = False
    for folder in folders_above(path):
        below = path.removeprefix(folder)
        is_ignored = is_ignored or ignores((files.get(folder + ".eslintignore") or "").split("\n"), below)
        ends = False
        for name in CONFIG_NAMES:
            entries = list(_entries(files, folder + name, notes))
            here: dict[str, Said] = {}
            for entry in entries:
                is_ignored = is_ignored or _leaves_out(entry, below)
                if _speaks_of(entry, below):
                    here |= _rules(entry, folder + name)
                ends = ends or entry.get("root") is True
            said = {**here, **said}
        if ends:
            break
    return Switches(MappingProxyType(said), is_ignored, tuple(notes))


_Entry = Mapping[str, object]
"""One part of a configuration: a whole legacy file, an override of one, or an object of a flat list."""


def _entries(files: Mapping[str, str | None], path: str, notes: list[str]) -> Iterator[_Entry]:
    """The parts of a configuration file in their order; a later one overrules an earlier one."""
    if path not in files:
        return
    try:
        if path.endswith(SCRIPT_ENDINGS):
            value = _literal(read_program(files[path]), path, notes)
        else:
            value = read_plain(path, files[path])
    except UnreadableError as error:
        if not path.endswith("package.json"):
            notes.append(f"`{path}` {error}: our own choice of lint rules stands in for it.")
        return
    if isinstance(value, list):
        parts = [one for entry in value for one in (entry if isinstance(entry, list) else [entry]) if table(one)]
        yield from (one for part in parts for one in _with_overrides(part))
        return
    config = table(value)
    if path.endswith("package.json"):
        config = table(config.get("eslintConfig"))
    elif path.endswith(("biome.json", "biome.jsonc")):
        config = {"rules": _biome_rules(config)}
    yield from _with_overrides(config)


def _with_overrides(config: _Entry) -> Iterator[_Entry]:
    """A part and its overrides; a legacy one with some may stand in a flat list too (`compat.config`)."""
    yield config
    overrides = config.get("overrides")
    yield from (table(override) for override in (overrides if isinstance(overrides, list) else []))


def _literal(program: Program, path: str, notes: list[str]) -> object:
    unknown = [piece for piece in program.unknown if not any(word in piece for word in _PRESETS)]
    if unknown:
        told = ", ".join(f"`{piece.replace('`', ' ')}`" for piece in unknown[:_PIECES_TOLD_MAX])
        more = f" and {len(unknown) - _PIECES_TOLD_MAX} more" if len(unknown) > _PIECES_TOLD_MAX else ""
        notes.append(
            f"`{path}`: {told}{more} cannot be read without executing it: "
            "our own choice of lint rules stands in for it."
        )
    return program.value


def _biome_rules(config: _Entry) -> dict[str, object]:
    """Biome's groups of rules as one mapping: `noExplicitAny` of the group suspicious is `biome/no-explicit-any`."""
    groups = table(table(config.get("linter")).get("rules"))
    found: dict[str, object] = {}
    for group in groups.values():
        for name, value in table(group).items():
            level = table(value).get("level", value)
            kebab = "".join(f"-{char.lower()}" if char.isupper() else char for char in name)
            found["biome/" + kebab] = level if level in ("off", "warn", "error") else "warn"
    return found


def _leaves_out(entry: _Entry, path: str) -> bool:
    if ignores(texts_of(entry.get("ignorePatterns")), path):
        return True
    is_global = set(entry) <= {"ignores", "name"}
    return is_global and ignores(texts_of(entry.get("ignores")), path)


def _speaks_of(entry: _Entry, path: str) -> bool:
    wanted = entry.get("files")
    excluded = (*texts_of(entry.get("excludedFiles")), *texts_of(entry.get("ignores")))
    if wanted is not None and not matches_any(texts_of(wanted), path):
        return False
    return not matches_any(excluded, path)


def _rules(entry: _Entry, source: str) -> dict[str, Said]:
    return {_plain_name(name): _said(value, source) for name, value in table(entry.get("rules")).items()}


def _said(value: object, source: str) -> Said:
    level, *options = value if isinstance(value, list) and value else [value]
    if level in ("off", "allow", 0, False):
        return Said(Level.OFF, source=source)
    text = json.dumps(options, ensure_ascii=False) if options else ""
    is_known = len(text) <= OPTIONS_CHARS_MAX and CUT not in text
    is_error = level in ("error", "deny", 2)
    return Said(Level.ERROR if is_error else Level.WARN, text if is_known else CUT, source)


def _plain_name(name: str) -> str:
    """`@typescript-eslint/no-explicit-any` → `typescript/no-explicit-any`; a rule without plugin is ESLint's own."""
    plugin, slash, rule = name.rpartition("/")
    return f"{_PLUGINS.get(plugin, plugin)}/{rule}" if slash else "eslint/" + name


def wanted(switched: Switches, known: Iterable[str], ours: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The rules for oxlint that a project's words ask for: names and options as JSON ("" for none), sorted.

    A rule of ours with the project's options, and of the other `known` ones what the project made an error.
    """
    own = frozenset(ours)
    found = {name: said.options for name in own if (said := switched.of(name)) and said.options not in ("", CUT)}
    for name in known:
        said = switched.said.get(name)
        if name not in own and said is not None and said.level is Level.ERROR and said.options != CUT:
            found[name] = said.options
    return tuple(sorted(found.items()))
