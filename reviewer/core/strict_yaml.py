"""YAML of people who are not the operator, read as text with line numbers: no tags, anchors, aliases, second documents.

Only PyYAML's event parser is used: nothing is constructed, every scalar stays the text that was written, so dates,
numbers and `no` cannot surprise. Depth is capped while parsing, as PyYAML needs 1.4 s for 40 KB of `[` (measured).
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from reviewer.core.errors import UserError
from reviewer.core.showable import first_unshowable

DEPTH_MAX = 6
"""Nested lists and mappings; our own files need four. A rule of ast-grep needs more."""


@dataclass(frozen=True, slots=True)
class YamlText:
    """A scalar as written, quotes removed. `line` is 1-based, as everywhere here."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class YamlList:
    """A list."""

    items: tuple[YamlValue, ...]
    line: int


@dataclass(frozen=True, slots=True)
class YamlMapping:
    """A mapping; its keys are unique."""

    entries: tuple[tuple[YamlText, YamlValue], ...]
    line: int


YamlValue = YamlText | YamlList | YamlMapping


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been seen; a mapping's items are key, value, key, value."""

    is_mapping: bool
    line: int
    items: list[YamlValue]


def read_yaml(text: str, source: str, line_offset: int, depth_max: int = DEPTH_MAX) -> YamlMapping:
    """The mapping that the text holds; an empty text is an empty mapping.

    `line_offset` is added to each line number, for YAML inside another file. Raises UserError with source, line, mend.
    """
    try:
        return _build(text, source, line_offset, depth_max)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 + line_offset if error.problem_mark else 1 + line_offset
        said = " ".join((error.problem or "not YAML").split())
        raise UserError(
            f"{source}, line {line}: not YAML ({said}); put texts with special characters in quotes"
        ) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # Escapes and directives with impossible numbers reach Python's own chr() and int().
        raise UserError(
            f"{source}, line {1 + line_offset}: not YAML that can be read; write plain keys and texts"
        ) from error


def _build(text: str, source: str, line_offset: int, depth_max: int) -> YamlMapping:
    stack: list[_Open] = []
    documents = 0
    whole: YamlValue | None = None
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = (event.start_mark.line if event.start_mark else 0) + 1 + line_offset
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise UserError(f"{source}, line {line}: a second document starts here; keep one, without `---`")
        value = _take(event, line, stack, source)
        if len(stack) > depth_max:
            raise UserError(f"{source}, line {line}: nested more than {depth_max} deep; flatten it")
        if value is None:
            continue
        if stack:
            stack[-1].items.append(value)
        else:
            whole = value
    return _mapping(whole, source, line_offset)


def _take(event: yaml.Event, line: int, stack: list[_Open], source: str) -> YamlValue | None:
    """The value that an event completes."""
    if isinstance(event, yaml.CollectionEndEvent):
        return _close(stack.pop(), source)
    if not isinstance(event, yaml.NodeEvent):
        return None
    _refuse_cleverness(event, source, line)
    if isinstance(event, yaml.ScalarEvent):
        return YamlText(event.value, line)
    stack.append(_Open(isinstance(event, yaml.MappingStartEvent), line, []))
    return None


def _refuse_cleverness(event: yaml.NodeEvent, source: str, line: int) -> None:
    tag = getattr(event, "tag", None)
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise UserError(f"{source}, line {line}: anchors and aliases are not read; write the value out")
    if tag is not None:
        raise UserError(f"{source}, line {line}: tags such as `!!str` are not read; write the plain value")
    if isinstance(event, yaml.ScalarEvent) and first_unshowable(event.value) is not None:
        raise UserError(f"{source}, line {line}: holds a character that cannot be shown; write plain text")


def _close(opened: _Open, source: str) -> YamlList | YamlMapping:
    if not opened.is_mapping:
        return YamlList(tuple(opened.items), opened.line)
    entries: list[tuple[YamlText, YamlValue]] = []
    seen: set[str] = set()
    for key, value in zip(opened.items[::2], opened.items[1::2], strict=True):
        if not isinstance(key, YamlText):
            raise UserError(f"{source}, line {key.line}: a key must be plain text")
        if key.text in seen:
            raise UserError(f"{source}, line {key.line}: the key `{key.text[:40]}` is there twice; keep one")
        seen.add(key.text)
        entries.append((key, value))
    return YamlMapping(tuple(entries), opened.line)


def _mapping(whole: YamlValue | None, source: str, line_offset: int) -> YamlMapping:
    if whole is None:
        return YamlMapping((), 1 + line_offset)
    if not isinstance(whole, YamlMapping):
        raise UserError(f"{source}, line {whole.line}: must be a mapping of keys to values; write `key: value` lines")
    return whole
