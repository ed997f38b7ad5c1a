"""What the model is shown: the persona, and the change as fenced, numbered data. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from reviewer.core.coverage import Gap
from reviewer.core.diff import LineKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reviewer.core.change import Change, ChangedFile
    from reviewer.core.diff import Hunk
    from reviewer.core.finding import Finding
    from reviewer.core.persona import Persona

CHARS_PER_TOKEN: Final = 3
"""Characters of code that one token holds at least: source measures 3.2 to 4.1 with common tokenizers; this errs to safety."""

_BODY_CHARS_MAX: Final = 4_000
"""Characters of a pull request's description; what it claims is in its first lines."""

_KNOWN_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Batch:
    """One question to the model: the messages, and the paths whose hunks it shows."""

    system: str
    user: str
    paths: tuple[str, ...]

    @property
    def chars(self) -> int:
        """Characters of both messages."""
        return len(self.system) + len(self.user)


@dataclass(frozen=True, slots=True)
class Questions:
    """All batches of one change. `gaps` names what is too large to be shown."""

    batches: tuple[Batch, ...]
    gaps: tuple[Gap, ...]


def questions(change: Change, persona: Persona, known: Iterable[Finding], prompt_tokens_max: int) -> Questions:
    """Split the change into batches of whole files (or whole hunks of a large file), each within the limit of tokens."""
    already = _known(known)
    room = prompt_tokens_max * CHARS_PER_TOKEN - len(_system(persona, "0" * 16)) - len(_frame(change, already, "", "0" * 16))
    groups: list[list[tuple[str, str]]] = []
    gaps: list[Gap] = []
    left = 0
    for path, part in _parts(change, room):
        if len(part) > room:
            gaps.append(Gap("model", f"a hunk of {path} is too large to be shown to the model"))
            continue
        if not groups or len(part) > left:
            groups.append([])
            left = room
        groups[-1].append((path, part))
        left -= len(part)
    return Questions(tuple(_batch(change, persona, already, group) for group in groups), tuple(gaps))


def _parts(change: Change, room: int) -> Iterator[tuple[str, str]]:
    """Path and text of each file that has hunks; a file larger than the room comes in pieces of whole hunks."""
    for file in change.files:
        if file.unread is not None or not file.diff.hunks:
            continue
        whole = _file(file, file.diff.hunks)
        if len(whole) <= room:
            yield file.path, whole
            continue
        for hunk in file.diff.hunks:
            yield file.path, _file(file, (hunk,))


def _file(file: ChangedFile, hunks: Iterable[Hunk]) -> str:
    name = json.dumps(file.path)
    return f"FILE {name} ({file.status.value})\n" + "\n...\n".join(_hunk(hunk) for hunk in hunks) + "\n\n"


def _hunk(hunk: Hunk) -> str:
    """Lines with their number at head; removed lines have none, so that no finding can point at them by mistake."""
    return "\n".join(
        f"{line.new if line.kind is not LineKind.REMOVED else '':>5} {line.kind.value} {line.text}" for line in hunk.lines
    )


def _batch(change: Change, persona: Persona, known: str, group: list[tuple[str, str]]) -> Batch:
    data = "".join(part for _, part in group)
    nonce = _nonce(change, data)
    paths = tuple(dict.fromkeys(path for path, _ in group))
    return Batch(_system(persona, nonce), _frame(change, known, data, nonce), paths)


def _nonce(change: Change, data: str) -> str:
    """A delimiter that nobody can write into the data: it is a hash of all of it."""
    text = "\x00".join((change.head, change.title.reveal(), change.body.reveal(), data))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _system(persona: Persona, nonce: str) -> str:
    frame = files("reviewer.llm").joinpath("system.md").read_text("utf-8").replace("{nonce}", nonce)
    lines = [f"- {rule.text} [{', '.join(concern.value for concern in rule.concerns) or 'general'}]" for rule in persona.rules]
    return f"{frame}\nThe engineer: {persona.description}\nTheir standards:\n" + "\n".join(lines) + "\n"


def _frame(change: Change, known: str, data: str, nonce: str) -> str:
    title = json.dumps(change.title.reveal()[:300], ensure_ascii=False)
    body = json.dumps(change.body.reveal()[:_BODY_CHARS_MAX], ensure_ascii=False)
    return (
        f"Findings already made (do not repeat them):\n{known}\n\nDATA {nonce}\n"
        f"What the author claims, to be checked:\ntitle {title}\ndescription {body}\n\n{data}END {nonce}\n"
    )


def _known(findings: Iterable[Finding]) -> str:
    rows = [
        f"- {json.dumps(finding.path)}:{finding.span.first if finding.span else '-'} {finding.rule}" for finding in findings
    ]
    return "\n".join(rows[:_KNOWN_MAX]) or "- none"
