"""The evidence for a claim: the lines around it at head, what was removed there, and where else its names occur. Pure.

The examination saw hunks; this shows the whole of the place, up to the heads of the blocks that it stands in.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from reviewer.core.change import is_typescript
from reviewer.core.diff import Line, LineKind
from reviewer.llm.dull import dull_lines
from reviewer.llm.showing import signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reviewer.core.anchor import Span
    from reviewer.core.change import Change, ChangedFile

AROUND_LINES: Final = 5
"""Lines shown above and below: with the heads of the blocks that is the whole of most functions of a service."""

HEADS_MAX: Final = 4
"""Heads of enclosing blocks shown above: class, method, and two blocks within."""

ELSEWHERE_LINES: Final = 2
ELSEWHERE_MAX: Final = 3
"""Lines shown below each other place of a claim's names, and how many such places."""

LINE_CHARS_MAX: Final = 300
_NAME_CHARS_MIN: Final = 4
_NAMES_MAX: Final = 12
_SOURCE_CHARS_MAX: Final = 200_000
"""Characters of one file that are searched for a name."""

_DEFINING: Final = frozenset(
    {
        "class",
        "interface",
        "type",
        "enum",
        "function",
        "const",
        "let",
        "async",
        "static",
        "extends",
        "implements",
        "new",
    }
)

# fmt: off
_KEYWORDS: Final = frozenset({
    "async", "await", "boolean", "break", "case", "catch", "class", "const", "constructor", "continue", "default",
    "delete", "else", "export", "extends", "false", "finally", "from", "function", "implements", "import", "instanceof",
    "interface", "null", "number", "private", "promise", "protected", "public", "readonly", "return", "static",
    "string",    "super", "switch", "this", "throw", "true", "typeof", "undefined", "void", "while", "with", "yield",
})
# fmt: on


def place_shown(file: ChangedFile, spans: Sequence[Span]) -> str:
    """The lines at head around some places of one file, signed; no imports but those that the places are about."""
    lines = (file.head or "").split("\n")
    added, removed = file.diff.added, _removed(file)
    wanted: set[int] = set()
    for span in spans:
        first, last = max(1, span.first - AROUND_LINES), min(len(lines), span.last + AROUND_LINES)
        wanted.update(range(first, last + 1))
        wanted.update(_heads(lines, first))
    wanted -= dull_lines(file) - {line for span in spans for line in range(span.first, span.last + 1)}
    rows: list[Line] = []
    for number in sorted(wanted):
        rows += [Line(LineKind.REMOVED, None, None, _cut(text)) for text in removed.get(number, ())]
        kind = LineKind.ADDED if number in added else LineKind.CONTEXT
        rows.append(Line(kind, None, number, _cut(lines[number - 1])))
    rows += [Line(LineKind.REMOVED, None, None, _cut(text)) for text in removed.get(len(lines) + 1, ())]
    return f"FILE {json.dumps(file.path)}\n{signed(rows)}"


def elsewhere(change: Change, path: str, names: Sequence[str]) -> str:
    """Where other sources of the change, and its neighbours, define or call one of these names; "" for nowhere."""
    texts: dict[str, str] = {file.path: file.head for file in change.files if file.head and file.unread is None}
    texts |= {near: text for near, text in change.neighbours.items() if near not in texts}
    found: list[str] = []
    for other in sorted(texts):
        if other == path or len(found) >= ELSEWHERE_MAX or not is_typescript(other):
            continue
        lines = texts[other][:_SOURCE_CHARS_MAX].split("\n")
        hits = [at for at, line in enumerate(lines) if any(_uses(line, name) for name in names)]
        for at in _apart(hits)[: ELSEWHERE_MAX - len(found)]:
            shown = range(at, min(len(lines), at + ELSEWHERE_LINES + 1))
            rows = signed(Line(LineKind.CONTEXT, None, line + 1, _cut(lines[line])) for line in shown)
            found.append(f"ELSEWHERE {json.dumps(other)}\n{rows}")
    return "".join(found)


def names_in(quoted: str) -> tuple[str, ...]:
    """The names in a quote that are worth looking for, each once: what is called, and types."""
    found: dict[str, None] = {}
    for line in quoted.split("\n"):
        for name in _ordered(line):
            is_fit = len(name) >= _NAME_CHARS_MIN and not name[0].isdigit() and name.casefold() not in _KEYWORDS
            if is_fit and (name[0].isupper() or _is_called(line, name)):
                found[name] = None
    return tuple(found)[:_NAMES_MAX]


def _uses(line: str, name: str) -> bool:
    """Whether a line defines a name or calls it; what it only imports says nothing."""
    if name not in line or line.lstrip().startswith(("import ", "} from ", "*", "//")):
        return False
    words = _ordered(line)
    at = words.index(name) if name in words else -1
    return at >= 0 and (_is_called(line, name) or (at > 0 and words[at - 1] in _DEFINING))


def _is_called(line: str, name: str) -> bool:
    """Whether a name stands before a parenthesis, perhaps with type arguments between."""
    at = line.find(name)
    while at >= 0:
        after = line[at + len(name) : at + len(name) + 1]
        if after in ("(", "<") and (at == 0 or not (line[at - 1].isalnum() or line[at - 1] in "_$")):
            return True
        at = line.find(name, at + len(name))
    return False


def _removed(file: ChangedFile) -> Mapping[int, list[str]]:
    """Removed lines by the number of the line at head that follows them."""
    gone: dict[int, list[str]] = {}
    for hunk in file.diff.hunks:
        pending: list[str] = []
        last = 0
        for line in hunk.lines:
            if line.kind is LineKind.REMOVED:
                pending.append(line.text)
            elif line.new is not None:
                if pending:
                    gone.setdefault(line.new, []).extend(pending)
                pending, last = [], line.new
        if pending:
            gone.setdefault(last + 1, []).extend(pending)
    return gone


def _heads(lines: Sequence[str], first: int) -> Iterator[int]:
    """Numbers of the lines above that open the blocks in which a line stands, by indentation."""
    at = first
    depth = next((_indent(line) for line in lines[first - 1 :] if line.strip()), 0)
    left = HEADS_MAX
    while at > 1 and depth > 0 and left:
        at -= 1
        line = lines[at - 1]
        if line.strip() and _indent(line) < depth:
            depth, left = _indent(line), left - 1
            yield at


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _apart(hits: Iterable[int]) -> list[int]:
    """Hits that are not shown by the one before."""
    kept: list[int] = []
    for at in hits:
        if not kept or at > kept[-1] + ELSEWHERE_LINES:
            kept.append(at)
    return kept


def _ordered(line: str) -> list[str]:
    return "".join(char if char.isalnum() or char in "_$" else " " for char in line).split()


def _cut(text: str) -> str:
    text = text.rstrip("\r")
    return text if len(text) <= LINE_CHARS_MAX else text[:LINE_CHARS_MAX] + " …"
