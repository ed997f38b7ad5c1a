"""GraphQL schemas written as text: fields that clients can no longer ask for, and inputs that they must send now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.change import ChangedFile
from reviewer.core.project import Project
from reviewer.core.source_paths import is_production
from reviewer.rules._schema_contract import Broken
from reviewer.rules._schema_text import SchemaField, schema_fields

_ENDINGS: Final = (".graphql", ".gql", ".graphqls")


def schema_text_broken(project: Project) -> Iterator[Broken]:
    """The types of the changed schemas that lost fields which were not deprecated, and the inputs that demand more."""
    for file in project.change.files:
        is_code_of = file.path.endswith(_ENDINGS) and is_production(file.path)
        if is_code_of and file.head is not None and file.base is not None:
            yield from _compared(file, file.base, file.head)


def _compared(file: ChangedFile, was: str, now: str) -> Iterator[Broken]:
    old_lines, new_lines = was.split("\n"), now.split("\n")
    news = {(one.owner, one.name): one for one in schema_fields(now)}
    owners = {owner for owner, _ in news}
    inputs = {line.split()[1].rstrip("{") for line in new_lines if line.startswith("input ") and line.split()[1:]}
    behind: dict[str, int] = {}
    found: dict[tuple[str, bool], list[tuple[str, int]]] = {}
    for one in schema_fields(was):
        new = news.get((one.owner, one.name))
        is_input = one.owner in inputs
        if new is not None:
            behind[one.owner] = new.line
            if is_input and _is_demanded(new_lines, new) and not _is_demanded(old_lines, one):
                found.setdefault((one.owner, True), []).append((f"`{one.name}` became required", new.line))
        elif one.owner in owners and "@deprecated" not in old_lines[one.line - 1]:
            line = _next_edited(file, behind.get(one.owner, 0)) or behind.get(one.owner, 1)
            found.setdefault((one.owner, is_input), []).append((f"`{one.name}` is gone", line))
    for (owner, is_input), broken in found.items():
        yield Broken(file.path, owner, is_input, tuple(what for what, _ in broken), broken[0][1])


def _is_demanded(lines: list[str], one: SchemaField) -> bool:
    """Whether a field must be given: its type ends with `!` and it has no default."""
    said = lines[one.line - 1].partition("#")[0].partition("@")[0].rstrip()
    return said.endswith("!") and "=" not in said


def _next_edited(file: ChangedFile, line: int) -> int:
    """The first line that the change wrote in the place of what is gone, with words that name a field."""
    head = (file.head or "").split("\n")
    for number in range(line + 1, min(line + 4, len(head)) + 1):
        text = head[number - 1].strip()
        if number in file.diff.added and ":" in text and not text.startswith(('"', "#")):
            return number
    return 0
