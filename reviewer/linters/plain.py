"""Configuration files of a repository as plain data, each format within bounds. Pure; nothing is executed or
constructed."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reviewer.core.errors import UserError
from reviewer.core.jsonc import TEXT_CHARS_MAX, parse_jsonc
from reviewer.core.strict_yaml import YamlList, YamlText, YamlValue, read_yaml

TOML_CHARS_MAX: Final = 8 * 1024
"""Characters of TOML: the time grows with the square of a dotted key, 8.1 s at 40 KB (measured)."""

SCRIPT_ENDINGS: Final = (".js", ".ts", ".mjs", ".mts", ".cjs", ".cts")
"""Configuration that is a program. It is never run: its literals are read in the worker, and stand for its text."""


class UnreadableError(Exception):
    """The file's data cannot be known; the message says why, in words that follow its name."""


@dataclass(frozen=True, slots=True)
class Program:
    """What could be read of a configuration that is a program: the literals of what it exports, and the pieces of
    source that are none. `borrows`: a part of it comes from another file of the project."""

    value: object
    unknown: tuple[str, ...]
    borrows: bool


def read_program(text: str | None) -> Program:
    """The literals of a program, from the worker's JSON. Raises UnreadableError; None means that it was not read."""
    try:
        said = json.loads(text or "null")
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or said.get("value") is None:
        raise UnreadableError("cannot be read without executing it")
    return Program(said["value"], texts_of(said.get("unknown")), said.get("borrows") is True)


def read_plain(path: str, text: str | None) -> Mapping[str, object]:
    """The mapping that a configuration file holds, by the format its name says. Raises UnreadableError.

    `text` None means that the file exists and was not read.
    """
    if path.endswith(SCRIPT_ENDINGS):
        program = read_program(text)
        if program.unknown or program.borrows or not isinstance(program.value, dict):
            raise UnreadableError("cannot be read without executing it")
        return program.value
    if text is None or len(text) > TEXT_CHARS_MAX:
        raise UnreadableError("could not be read, or is too large for a configuration")
    if path.endswith(".toml"):
        return _toml(text)
    if path.endswith((".json", ".jsonc", ".json5")) or text.lstrip("\ufeff \t\r\n").startswith("{"):
        value = parse_jsonc(text)
        if not isinstance(value, dict):
            raise UnreadableError("is not a JSON object")
        return value
    return _yaml(path, text)


def texts_of(value: object) -> tuple[str, ...]:
    """A text or a list of texts, as configuration files allow both."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _toml(text: str) -> Mapping[str, object]:
    if len(text) > TOML_CHARS_MAX:
        raise UnreadableError("is too large for a configuration")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("is not TOML") from error


def _yaml(path: str, text: str) -> Mapping[str, object]:
    try:
        mapping = read_yaml(text.removeprefix("\ufeff"), path, 0)
    except UserError as error:
        raise UnreadableError("is not plain YAML") from error
    return {key.text: _value(value) for key, value in mapping.entries}


def _value(value: YamlValue) -> object:
    """A YAML value with the types that Prettier and ESLint expect; quotes are not told from none."""
    if isinstance(value, YamlText):
        return _scalar(value.text)
    if isinstance(value, YamlList):
        return [_value(item) for item in value.items]
    return {key.text: _value(item) for key, item in value.entries}


def _scalar(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    if text in ("null", "~", ""):
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else text
