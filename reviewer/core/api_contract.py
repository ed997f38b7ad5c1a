"""Whether a text is an API contract that a reader's tools could read: OpenAPI as YAML or JSON. Pure."""

from __future__ import annotations

from typing import Final

from pydantic_core import from_json

from reviewer.core.errors import UserError
from reviewer.core.strict_yaml import YamlMapping, read_yaml

CHARS_MAX: Final = 12_000
"""Characters of a contract in an answer; a longer one is a file of its own."""

_DEPTH_MAX: Final = 24
"""Nested lists and mappings: a schema in a response of an operation is at the twelfth."""

_PARTS: Final = frozenset({"openapi", "paths", "components"})


def contract_language(text: str) -> str:
    """`json` or `yaml` for a contract, or a part of one, that parses; "" for anything else.

    No value of it is looked at: it is shown, and nothing is made of it.
    """
    if len(text) > CHARS_MAX:
        return ""
    if text.lstrip().startswith("{"):
        try:
            value = from_json(text)
        except ValueError:
            return ""
        return "json" if isinstance(value, dict) and not _PARTS.isdisjoint(value) else ""
    try:
        read = read_yaml(text, "the contract", 0, _DEPTH_MAX)
    except UserError:
        return ""
    return "" if _PARTS.isdisjoint(_keys(read)) else "yaml"


def _keys(read: YamlMapping) -> set[str]:
    return {key.text for key, _ in read.entries}
