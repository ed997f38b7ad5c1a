"""GraphQL schemas written as text (`.graphql`): the fields of each type, and which of them say what they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_HEADS: Final = ("type ", "extend type ", "interface ", "input ", "enum ")
_QUOTES: Final = '"""'


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field of a type in a schema, at its line."""

    owner: str
    name: str
    line: int
    is_described: bool


def schema_fields(text: str) -> Iterator[SchemaField]:
    """The fields of a schema's types, one a line, as they are written by hand and by printers."""
    owner, described, quoted, depth = "", False, False, 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if quoted:
            quoted = _QUOTES not in line
        elif line.startswith('"'):
            quoted = line.startswith(_QUOTES) and (line == _QUOTES or not line.endswith(_QUOTES))
            described = True
        elif line.startswith(_HEADS) and line.endswith("{"):
            owner, described = line.removeprefix("extend ").split()[1].rstrip("{"), False
        elif line == "}":
            owner, described = "", False
        elif owner and line and not line.startswith(("#", "}", ")")):
            if depth == 0 and line[0].isalpha():
                yield SchemaField(owner, line.split("(")[0].split(":")[0].split()[0], number, described)
                described = False
            depth = max(0, depth + line.count("(") - line.count(")"))
        elif line.startswith(")"):
            depth = max(0, depth - 1)
