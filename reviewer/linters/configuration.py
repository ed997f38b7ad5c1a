"""A project's own format: what its Prettier configuration says of one file, read as data. Pure.

The texts are those at the base of the change: a pull request never configures its own review.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from reviewer.core.change import is_typescript
from reviewer.core.jsonc import parse_jsonc, table
from reviewer.linters import editorconfig
from reviewer.linters.globs import folders_above, ignores, matches_any
from reviewer.linters.lint_switches import LINT_NAMES
from reviewer.linters.locked import LOCK_NAMES, locked_version
from reviewer.linters.plain import SCRIPT_ENDINGS, UnreadableError, read_plain, texts_of
from reviewer.linters.prettier_versions import Versions

Texts: TypeAlias = Mapping[str, str | None]
"""Configuration files by path; None for one that exists and was not read."""

_SCRIPTS: Final = ("js", "ts", "mjs", "mts", "cjs", "cts")
PRETTIER_NAMES: Final = (
    ".oxfmtrc.json",
    ".oxfmtrc.jsonc",
    "package.json",
    ".prettierrc",
    ".prettierrc.json",
    ".prettierrc.yaml",
    ".prettierrc.yml",
    ".prettierrc.json5",
    *(f".prettierrc.{ending}" for ending in _SCRIPTS),
    *(f"prettier.config.{ending}" for ending in _SCRIPTS),
    ".prettierrc.toml",
)
"""Where Prettier looks in a folder, in its order (docs, Configuration File), after oxfmt's own files; package.json
counts by its key."""

BIOME_NAMES: Final = ("biome.json", "biome.jsonc")
"""A project that has one formats with Biome, which differs: 6 % of files by Prettier's rules are not (measured)."""

STYLE_NAMES: Final = (*PRETTIER_NAMES, *BIOME_NAMES, ".editorconfig", ".prettierignore", *LOCK_NAMES)
"""All files that the style of a file is made of, in a folder."""

WIDTH_MAX: Final = 320
"""oxfmt refuses wider lines."""

DEFAULTS: Final[Mapping[str, object]] = {
    "printWidth": 80,
    "tabWidth": 2,
    "useTabs": False,
    "semi": True,
    "singleQuote": False,
    "jsxSingleQuote": False,
    "quoteProps": "as-needed",
    "trailingComma": "all",
    "bracketSpacing": True,
    "bracketSameLine": False,
    "arrowParens": "always",
    "endOfLine": "lf",
    "objectWrap": "preserve",
    "singleAttributePerLine": False,
    "experimentalOperatorPosition": "end",
    "embeddedLanguageFormatting": "auto",
}
"""Prettier 3's options and defaults (docs, Options). All are passed to oxfmt: some of its own differ, such as a width
of 100."""

EXACT_FROM: Final = (3, 7)
"""Major and minor of the first Prettier that breaks lines as oxfmt 0.74 does, but for a file in 400; of 3.0 to 3.6 one
in 20 to 100 differs (measured on 727 files of 14 public backends)."""

_NEWEST: Final = 99
"""Stands for a minor version that nobody has stated."""

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "quoteProps": ("as-needed", "consistent", "preserve"),
    "trailingComma": ("all", "es5", "none"),
    "arrowParens": ("always", "avoid"),
    "endOfLine": ("lf", "crlf", "auto"),
    "objectWrap": ("preserve", "collapse"),
    "experimentalOperatorPosition": ("start", "end"),
    "embeddedLanguageFormatting": ("auto", "off"),
}
_CHANGES_OUTPUT: Final = (
    "experimentalTernaries",
    "insertPragma",
    "requirePragma",
    "sortImports",
    "experimentalSortImports",
)
"""Options that oxfmt does not have, or that would move code: with one of them switched on, its format is not the
project's."""

_HARMLESS_PLUGINS: Final = ("sort", "organize", "import", "tailwind", "classname", "package", "prisma", "svelte",
                            "astro", "vue", "pug", "xml", "toml", "yaml", "json", "-sh", "nginx", "docker", "java",
                            "php", "oxc")  # fmt: skip
"""Words in the names of plugins that order imports, or are about other languages: the rest of the code is as without
them."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is to look. `options` are DEFAULTS' keys with values, in that order; `source` is the file that says
    so.

    `versions` tells what is known of the project's Prettier: 2 breaks lines otherwise than oxfmt, and since 3.9 short
    unions and negated conditions stay on one line.
    """

    options: tuple[tuple[str, object], ...]
    source: str
    versions: Versions


@dataclass(frozen=True, slots=True)
class NoStyle:
    """The format is not checked. `reason` is a sentence for the reader, "" where nobody expects a check."""

    reason: str


class _NotOursError(Exception):
    """The message is a NoStyle's reason."""


def config_paths(tree: frozenset[str], changed: Iterable[str]) -> tuple[str, ...]:
    """The configuration files of the tree that speak of the changed files; to be read at the base of the change.

    Programs (`eslint.config.mjs`) are among them; what is to be known of them are the literals (`programs`).
    """
    names = (*STYLE_NAMES, *LINT_NAMES)
    folders = {folder for path in changed if is_typescript(path) for folder in folders_above(path)}
    return tuple(sorted({folder + name for folder in folders for name in names} & tree))


def programs(files: Texts) -> dict[str, str]:
    """The configuration files that are programs: only the literals in them may be used, which the worker reads."""
    return {path: text for path, text in files.items() if path.endswith(SCRIPT_ENDINGS) and text is not None}


def format_style(files: Texts, path: str) -> Style | NoStyle:
    """What the project's configuration says of the file at `path`. Raises nothing for any text."""
    try:
        return _style(files, path)
    except _NotOursError as error:
        return NoStyle(str(error))


def _style(files: Texts, path: str) -> Style:
    found = _nearest(files, path)
    if found is None or _is_ignored(files, path):
        raise _NotOursError("")
    folder, source, said = found
    _refuse_biome(files, path)
    major, least, most = _prettier_version(files, path)
    is_oxfmt = ".oxfmtrc" in source
    if major < 2 and not is_oxfmt:
        raise _NotOursError(f"The project uses Prettier {major}, which formats differently: format is not checked.")
    options = {
        **DEFAULTS,
        **({"printWidth": 100} if is_oxfmt else {}),
        **({"trailingComma": "es5"} if major == 2 else {}),
    }
    stated = {**_editor_options(files, path), **_stated(said, path.removeprefix(folder))}
    if alien := [name for name in texts_of(stated.get("plugins")) if not _leaves_code(name)]:
        raise _NotOursError(f"`{source}` formats with `{alien[0]}`, which does not run here: format is not checked.")
    for name, value in stated.items():
        _set(options, "bracketSameLine" if name == "jsxBracketSameLine" else name, value, source)
    may_hug = not is_oxfmt and (major, most) >= (3, 9)
    is_exact = is_oxfmt or (major, least) >= EXACT_FROM
    width = options["printWidth"]
    versions = Versions(is_exact=is_exact, may_hug=may_hug, width=width if isinstance(width, int) else WIDTH_MAX)
    return Style(tuple(options.items()), source, versions)


def _nearest(files: Texts, path: str) -> tuple[str, str, Mapping[str, object]] | None:
    """Folder, path and content of the configuration that counts for the file."""
    for folder in folders_above(path):
        for name in PRETTIER_NAMES:
            source = folder + name
            if source not in files:
                continue
            try:
                said: object = read_plain(source, files[source])
            except UnreadableError as error:
                if name == "package.json":
                    continue
                raise _NotOursError(f"`{source}` {error}: format is not checked.") from error
            if name == "package.json":
                said = table(said).get("prettier")
                if said is None:
                    continue
            if not isinstance(said, dict):
                raise _NotOursError(f"`{source}` takes its format from a package: format is not checked.")
            return folder, source, said
    return None


def _is_ignored(files: Texts, path: str) -> bool:
    return any(
        ignores(text.split("\n"), path.removeprefix(folder))
        for folder in folders_above(path)
        if (text := files.get(folder + ".prettierignore"))
    )


def _refuse_biome(files: Texts, path: str) -> None:
    for source in (folder + name for folder in folders_above(path) for name in BIOME_NAMES):
        if source in files:
            formatter = table(table(parse_jsonc(files[source] or "")).get("formatter"))
            if formatter.get("enabled") is not False:
                raise _NotOursError("The project formats with Biome, which does not run here: format is not checked.")


def _prettier_version(files: Texts, path: str) -> tuple[int, int, int]:
    """Major and least and greatest minor: the lock file's, else what package.json allows; without a word any 3."""
    for folder in folders_above(path):
        for name in LOCK_NAMES:
            locked = locked_version(name, files.get(folder + name) or "", "prettier")
            if locked is not None:
                return (*locked, locked[1])
    for folder in folders_above(path):
        package = table(parse_jsonc(files.get(folder + "package.json") or ""))
        for group in ("devDependencies", "dependencies"):
            wanted = table(package.get(group)).get("prettier")
            if isinstance(wanted, str):
                return _version(wanted.strip())
    return _version("")


def _version(wanted: str) -> tuple[int, int, int]:
    numbers = [_number(part) for part in wanted.lstrip("^~>=v ").split(".")]
    major, minor = numbers[0], numbers[1] if len(numbers) > 1 else None
    if major is None:
        return 3, 0, _NEWEST
    is_fixed = minor is not None and (wanted[:1].isdigit() or wanted.startswith("~"))
    return major, minor or 0, minor if is_fixed and minor is not None else _NEWEST


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def _leaves_code(plugin: str) -> bool:
    """Whether a plugin formats code as Prettier does without it."""
    return any(word in plugin for word in _HARMLESS_PLUGINS)


def _editor_options(files: Texts, path: str) -> dict[str, object]:
    above: Iterator[tuple[str, editorconfig.EditorConfig]] = (
        (folder, editorconfig.parse(text))
        for folder in folders_above(path)
        if (text := files.get(folder + ".editorconfig")) is not None
    )
    return editorconfig.prettier_options(editorconfig.properties(above, path))


def _stated(said: Mapping[str, object], path: str) -> dict[str, object]:
    """The options of a configuration file for a path below its folder, overrides applied in order."""
    options = {name: value for name, value in said.items() if name != "overrides"}
    overrides = said.get("overrides")
    for override in overrides if isinstance(overrides, list) else []:
        entry = table(override)
        if matches_any(texts_of(entry.get("files")), path) and not matches_any(
            texts_of(entry.get("excludeFiles")), path
        ):
            options.update(table(entry.get("options")))
    return options


def _set(options: dict[str, object], name: str, value: object, source: str) -> None:
    if name in _CHANGES_OUTPUT and value:
        raise _NotOursError(f"`{source}` sets `{name}`, which oxfmt does not do the same way: format is not checked.")
    if name not in DEFAULTS or value is None:
        return  # of a plugin, or of another language
    default = DEFAULTS[name]
    if isinstance(default, bool):
        fits = isinstance(value, bool)
    elif isinstance(default, int):
        fits = (
            isinstance(value, int)
            and not isinstance(value, bool)
            and 1 <= value <= (WIDTH_MAX if name == "printWidth" else 16)
        )
    else:
        fits = value in _WORDS[name]
    if not fits:
        raise _NotOursError(
            f"`{posixpath.basename(source)}` gives `{name}` a value that oxfmt does not know: format is not checked."
        )
    options[name] = value
