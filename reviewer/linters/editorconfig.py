"""`.editorconfig` files as Prettier reads them: some of its options stand there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reviewer.linters.globs import matches_any

TEXT_CHARS_MAX: Final = 64 * 1024
"""Characters of a file that is read."""


@dataclass(frozen=True, slots=True)
class EditorConfig:
    """One file: whether it ends the search upwards, and its sections in order: pattern and lower-case keys and
    values."""

    is_root: bool
    sections: tuple[tuple[str, Mapping[str, str]], ...]


def parse(text: str) -> EditorConfig:
    """Read the file; lines that say nothing are passed over, as every editor does."""
    is_root = False
    sections: list[tuple[str, dict[str, str]]] = []
    for line in text[:TEXT_CHARS_MAX].removeprefix("\ufeff").split("\n"):
        row = line.strip()
        if row.startswith("[") and row.endswith("]"):
            sections.append((row[1:-1], {}))
            continue
        key, equals, value = (part.strip().lower() for part in row.partition("="))
        if not equals or row.startswith(("#", ";")):
            continue
        value = value.partition(" #")[0].partition(" ;")[0].strip()
        if sections:
            sections[-1][1][key] = value
        elif key == "root":
            is_root = value == "true"
    return EditorConfig(is_root, tuple(sections))


def properties(files: Iterable[tuple[str, EditorConfig]], path: str) -> Mapping[str, str]:
    """What they say together for a path. `files` are folder ("" or ending in a slash) and content, nearest first."""
    found: dict[str, str] = {}
    for folder, config in files:
        here: dict[str, str] = {}
        for pattern, said in config.sections:
            if matches_any((pattern,), path.removeprefix(folder)):
                here.update(said)
        found = {**here, **found}
        if config.is_root:
            break
    return {key: value for key, value in found.items() if value != "unset"}


def prettier_options(said: Mapping[str, str]) -> dict[str, object]:
    """Prettier's options for these properties (its package editorconfig-to-prettier). A line length "off" gives 0."""
    options: dict[str, object] = {}
    style, size = said.get("indent_style", ""), said.get("indent_size", "")
    if style in ("tab", "space") or size == "tab":
        options["useTabs"] = style == "tab" or size == "tab"
    width = size if size.isdigit() else said.get("tab_width", "")
    if width.isdigit():
        options["tabWidth"] = int(width[:4])
    length = said.get("max_line_length", "")
    if length.isdigit() or length == "off":
        options["printWidth"] = int(length[:6]) if length != "off" else 0
    if said.get("end_of_line") in ("lf", "crlf"):
        options["endOfLine"] = said["end_of_line"]
    return options
