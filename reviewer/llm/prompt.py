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
    from collections.abc import Iterable, Iterator, Sequence

    from reviewer.core.change import Change, ChangedFile
    from reviewer.core.diff import Hunk
    from reviewer.core.finding import Finding
    from reviewer.core.persona import Persona

TOKEN_BYTES: Final = 3
"""Bytes of UTF-8 that one token holds at least: source measures 3.2 to 4.1 characters with common tokenizers, and
other scripts take up to a token for a character of three bytes. Text made to be costly may take more; the server then
refuses it, and the review says so."""

_TITLE_CHARS_MAX: Final = 300
_BODY_CHARS_MAX: Final = 2_000
"""Characters of a pull request's description; what it claims is in its first lines, and every batch carries it."""

_FOUND_MAX: Final = 20
"""Earlier findings named for one file, and for the change as a whole."""

_NONCE: Final = 16
"""Hexadecimal digits of the delimiter: nobody hits 64 bits by trying."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One question to the model: the messages, and the paths whose hunks it shows."""

    system: str
    user: str
    paths: tuple[str, ...]

    @property
    def tokens_max(self) -> int:
        """Tokens of both messages, counted to be safe."""
        return -(-(_size(self.system) + _size(self.user)) // TOKEN_BYTES)


@dataclass(frozen=True, slots=True)
class Questions:
    """All batches of one change. `gaps` names what is too large to be shown."""

    batches: tuple[Batch, ...]
    gaps: tuple[Gap, ...]


def questions(
    change: Change, persona: Persona, known: Iterable[Finding], prompt_tokens_max: int, wishes: Sequence[str] = ()
) -> Questions:
    """Split the change into batches of whole files (or whole hunks of a large file), each within the limit of tokens.

    `known` are findings already made, `wishes` what the repository's owner adds to the persona. Every hunk that was
    read is in exactly one batch, or its file is named in `gaps`.
    """
    system, found = _system(persona, wishes), _found(known)
    claims = _claims(change, found.get("", ()))
    room = prompt_tokens_max * TOKEN_BYTES - _size(system) - _size(_fenced(claims, "0" * _NONCE))
    groups: list[list[tuple[str, str]]] = []
    too_large: list[str] = []
    left = 0
    for path, part in _parts(change, found, room):
        size = _size(part)
        if size > room:
            too_large.append(path)
            continue
        if not groups or size > left:
            groups.append([])
            left = room
        groups[-1].append((path, part))
        left -= size
    batches = tuple(_batch(system, change.head, claims, group) for group in groups)
    named = dict.fromkeys(too_large)
    return Questions(batches, tuple(Gap("model", f"a hunk of {path} is too large to be shown to it") for path in named))


def _parts(change: Change, found: dict[str, list[str]], room: int) -> Iterator[tuple[str, str]]:
    """Path and text of each file that has hunks; a file larger than the room comes in pieces of whole hunks."""
    for file in change.files:
        if file.unread is not None or not file.diff.hunks:
            continue
        rows = found.get(file.path, ())
        whole = _file(file, file.diff.hunks, rows)
        if _size(whole) <= room:
            yield file.path, whole
            continue
        for hunk in file.diff.hunks:
            yield file.path, _file(file, (hunk,), rows)


def _file(file: ChangedFile, hunks: Iterable[Hunk], found: Iterable[str]) -> str:
    already = f"found: {'; '.join(found)}\n" if found else ""
    head = f"FILE {json.dumps(file.path)} ({file.status.value})\n{already}"
    return _encodable(head + "\n...\n".join(_hunk(hunk) for hunk in hunks) + "\n\n")


def _hunk(hunk: Hunk) -> str:
    """Lines with their number at head; removed lines have none, so that no finding can point at them by mistake."""
    return "\n".join(
        f"- {line.text}" if line.kind is LineKind.REMOVED else f"{line.new} {line.kind.value} {line.text}"
        for line in hunk.lines
    )


def _batch(system: str, head: str, claims: str, group: list[tuple[str, str]]) -> Batch:
    data = claims + "".join(part for _, part in group)
    return Batch(system, _fenced(data, nonce(head, data)), tuple(dict.fromkeys(path for path, _ in group)))


def nonce(head: str, data: str, digits: int = _NONCE) -> str:
    """A delimiter that is not in the data and that its author cannot foresee: it is a hash of all of it."""
    digest = hashlib.sha256(f"{head}\x00{data}".encode("utf-8", "surrogatepass")).hexdigest()
    while digest[:digits] in data:
        digest = hashlib.sha256(digest.encode("ascii")).hexdigest()
    return digest[:digits]


def _system(persona: Persona, wishes: Sequence[str]) -> str:
    """The same for every batch of a change, and for all changes without wishes: servers cache the beginnings."""
    frame = files("reviewer.llm").joinpath("system.md").read_text("utf-8")
    lines = [f"- {rule.text}{_concerns(rule.concerns)}" for rule in persona.rules]
    if wishes:
        lines += ["The repository's owner adds:", *(f"- {wish}" for wish in wishes)]
    return _encodable(f"{frame}\nThe engineer: {persona.description}\nTheir standards:\n" + "\n".join(lines) + "\n")


def _concerns(concerns: Iterable[str]) -> str:
    names = ", ".join(concerns)
    return f" [{names}]" if names else ""


def _claims(change: Change, found: Iterable[str]) -> str:
    title = json.dumps(change.title.reveal()[:_TITLE_CHARS_MAX], ensure_ascii=False)
    body = json.dumps(change.body.reveal()[:_BODY_CHARS_MAX], ensure_ascii=False)
    already = f"found: {'; '.join(found)}\n" if found else ""
    return _encodable(f"What the author claims, to be checked:\ntitle {title}\ndescription {body}\n{already}\n")


def _fenced(data: str, code: str) -> str:
    return f"DATA {code}\n{data}END {code}\nReview the data above. Answer with one JSON object.\n"


def _found(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Line and rule of earlier findings by path, "" for the change as a whole; names of ours, no stranger's text."""
    rows: dict[str, dict[str, None]] = {}
    for finding in findings:
        place = f"{finding.span.first} " if finding.span else ""
        rows.setdefault(finding.path, {})[f"{place}{finding.rule}"] = None
    return {path: list(named)[:_FOUND_MAX] for path, named in rows.items()}


def _encodable(text: str) -> str:
    """Without lone surrogates, which JSON and git names can hold and no request can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
