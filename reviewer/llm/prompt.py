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
    from collections.abc import Collection, Iterable, Iterator, Sequence

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
class Part:
    """What a verdict is about: one hunk of a file (or several that are shown as one) with the context shown for it.

    Lines at head, 1-based and inclusive, both 0 where nothing of it stands at head. `digest` is the SHA-256 of its text
    and of its context without line numbers, so that code which only moved is the same part.
    """

    path: str
    first: int
    last: int
    digest: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One question to the model: the messages, the paths whose hunks it shows, and these hunks one by one."""

    system: str
    user: str
    paths: tuple[str, ...]
    parts: tuple[Part, ...] = ()

    @property
    def tokens_max(self) -> int:
        """Tokens of both messages, counted to be safe."""
        return -(-(_size(self.system) + _size(self.user)) // TOKEN_BYTES)


@dataclass(frozen=True, slots=True)
class Questions:
    """All batches of one change. `gaps` names what is too large to be shown, `parts` are those of all batches and the
    settled ones."""

    batches: tuple[Batch, ...]
    gaps: tuple[Gap, ...]
    parts: tuple[Part, ...] = ()


def questions(  # noqa: PLR0913 - all that one change is asked with
    change: Change,
    persona: Persona,
    known: Iterable[Finding],
    prompt_tokens_max: int,
    wishes: Sequence[str] = (),
    *,
    settled: Collection[str] = (),
) -> Questions:
    """Split the change into batches of whole files (or whole hunks of a large file), each within the limit of tokens.

    `known` are findings already made, `wishes` what the repository's owner adds to the persona. Every hunk that was
    read is in exactly one batch, or its file is named in `gaps`, or the digest of its part is in `settled`: there is a
    verdict on it, and it is not shown again.
    """
    system, found = _system(persona, wishes), _found(known)
    claims = _claims(change, found.get("", ()))
    room = prompt_tokens_max * TOKEN_BYTES - _size(system) - _size(_fenced(claims, "0" * _NONCE))
    groups: list[list[_Piece]] = []
    too_large: list[str] = []
    left = 0
    for piece in _pieces(change, found, room, settled):
        size = _size(piece.text)
        if size > room:
            too_large += [part.path for part in piece.parts]
            continue
        if not groups or size > left:
            groups.append([])
            left = room
        groups[-1].append(piece)
        left -= size
    batches = tuple(_batch(system, change.head, claims, group) for group in groups)
    gaps = (Gap("model", f"a hunk of {path} is too large to be shown to it") for path in dict.fromkeys(too_large))
    return Questions(
        batches, tuple(gaps), tuple(_part(file, hunk) for file in _shown(change) for hunk in file.diff.hunks)
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text that stands in one batch, and the parts in it."""

    text: str
    parts: tuple[Part, ...]


def _shown(change: Change) -> Iterator[ChangedFile]:
    return (file for file in change.files if file.unread is None and file.diff.hunks)


def _pieces(change: Change, found: dict[str, list[str]], room: int, settled: Collection[str]) -> Iterator[_Piece]:
    """The text of each file that has hunks; a file larger than the room comes in pieces of whole hunks."""
    for file in _shown(change):
        hunks = [(hunk, part) for hunk in file.diff.hunks if (part := _part(file, hunk)).digest not in settled]
        rows = found.get(file.path, ())
        whole = _Piece(_file(file, [hunk for hunk, _ in hunks], rows), tuple(part for _, part in hunks))
        if hunks and _size(whole.text) <= room:
            yield whole
            continue
        for hunk, part in hunks:
            yield _Piece(_file(file, (hunk,), rows), (part,))


def _part(file: ChangedFile, hunk: Hunk) -> Part:
    numbers = [line.new for line in hunk.lines if line.new is not None] or [0]
    text = "\n".join(f"{line.kind.value}{line.text}" for line in hunk.lines)
    digest = hashlib.sha256(_encodable(f"{json.dumps(file.path)}\n{text}").encode()).hexdigest()
    return Part(file.path, min(numbers), max(numbers), digest)


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


def _batch(system: str, head: str, claims: str, group: list[_Piece]) -> Batch:
    data = claims + "".join(piece.text for piece in group)
    parts = tuple(part for piece in group for part in piece.parts)
    return Batch(system, _fenced(data, nonce(head, data)), tuple(dict.fromkeys(part.path for part in parts)), parts)


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
