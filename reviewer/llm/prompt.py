"""What the model is shown: the persona, and the change with its context as fenced data. Pure.

Why each part is there: `docs/prompts.md`. The words are in `prompts/`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from reviewer.core.change import FileStatus
from reviewer.core.context import Context
from reviewer.core.coverage import Gap
from reviewer.llm.showing import Part, encodable, shown, windows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from reviewer.core.change import Change, ChangedFile
    from reviewer.core.finding import Finding
    from reviewer.core.persona import Persona

__all__ = [
    "TOKEN_BYTES",
    "Batch",
    "Part",
    "Questions",
    "author_claims",
    "nonce",
    "prompt_text",
    "questions",
    "standards",
    "with_more",
]

TOKEN_BYTES: Final = 3
"""Bytes of UTF-8 that one token holds at least: source measures 3.2 to 4.1 characters with common tokenizers, and
other scripts take up to a token for a character of three bytes. Text made to be costly may take more; the server then
refuses it, and the review says so."""

_TITLE_CHARS_MAX: Final = 300
_BODY_CHARS_MAX: Final = 2_000
"""Characters of a pull request's description; what it claims is in its first lines, and every batch carries it."""

_COMMITS_MAX: Final = 12
_COMMIT_CHARS_MAX: Final = 120

_FOUND_MAX: Final = 20
"""Earlier findings named for one file, and for the change as a whole."""

_ASKED_MAX: Final = 6
_ASKED_CHARS_MAX: Final = 300
"""Questions of rules for one file."""

_NONCE: Final = 16
"""Hexadecimal digits of the delimiter: nobody hits 64 bits by trying."""

_BARE: Final = Context()


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
    """All batches of one change, riskiest first. `gaps` names what is too large to be shown, `parts` are those of all
    batches and the settled ones; a large one is in several batches. `unshown` are the digests of those with a line that
    is in none.
    """

    batches: tuple[Batch, ...]
    gaps: tuple[Gap, ...]
    parts: tuple[Part, ...] = ()
    unshown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text that stands in one batch: a file's windows under its name."""

    path: str
    text: str
    parts: tuple[Part, ...]


def questions(  # noqa: PLR0913 - all that one change is asked with
    change: Change,
    persona: Persona,
    known: Iterable[Finding],
    prompt_tokens_max: int,
    wishes: Sequence[str] = (),
    *,
    context: Context = _BARE,
    settled: Collection[str] = (),
) -> Questions:
    """Split the change into batches, each within the limit of tokens: groups of files that belong together, riskiest
    first, a large group by files, a large file by windows, a large window by lines.

    `known` are findings already made, `wishes` what the repository's owner adds to the persona. Every hunk that was
    read is in a batch, or its file is named in `gaps`, or the digest of its part is in `settled`: there is a verdict on
    it, and it is not shown again.
    """
    system, notes = _system(persona, wishes), _notes(known)
    claims = author_claims(change, notes.get("", ()), context)
    room = prompt_tokens_max * TOKEN_BYTES - _size(system) - _size(_fenced(claims, "0" * _NONCE))
    batches: list[list[_Piece]] = []
    too_large: dict[str, list[str]] = {}
    parts: list[Part] = []
    left = 0
    for group in _groups(change, context):
        pieces = [piece for file in group for piece in _fitting(file, context, notes, room, parts, too_large, settled)]
        whole = sum(_size(piece.text) for piece in pieces)
        for piece in pieces:
            size = _size(piece.text)
            if not batches or size > left or left < whole <= room:
                batches.append([])
                left = room
            whole = 0  # only the group's first piece opens a batch for the whole group
            batches[-1].append(piece)
            left -= size
    gaps = (Gap("model", f"a line of {path} is too long to be shown to it", (path,)) for path in too_large)
    unshown = frozenset(digest for digests in too_large.values() for digest in digests)
    made = tuple(_batch(system, change.head, claims, each) for each in batches)
    return Questions(made, tuple(gaps), tuple(parts), unshown)


def _groups(change: Change, context: Context) -> Iterator[list[ChangedFile]]:
    """The files that have hunks, in the groups of the context; those it does not name at the end, one by one."""
    there = {file.path: file for file in change.files if file.unread is None and file.diff.hunks}
    for group in context.groups:
        files_of = [there.pop(path) for path in group if path in there]
        if files_of:
            yield files_of
    for file in there.values():
        yield [file]


def _fitting(  # noqa: PLR0913, PLR0917 - a step of `questions`
    file: ChangedFile,
    context: Context,
    notes: Mapping[str, Sequence[str]],
    room: int,
    parts: list[Part],
    too_large: dict[str, list[str]],
    settled: Collection[str],
) -> Iterator[_Piece]:
    """A file's pieces: one, if it fits. `parts` and `too_large` are added to."""
    head = _file_head(file, notes.get(file.path, ()))
    found = [(window, window.part) for window in windows(file, context.around(file.path))]
    parts += [part for _, part in found]
    fresh = [(window, part) for window, part in found if part.digest not in settled]
    text = f"{head}{shown([window for window, _ in fresh])}\n"
    if not fresh:
        return
    if _size(text) <= room:
        yield _Piece(file.path, text, tuple(part for _, part in fresh))
        return
    while fresh:
        window, part = fresh.pop(0)  # however it is cut, the verdict is on the whole of it
        text = f"{head}{shown([window])}\n"
        if _size(text) <= room:
            yield _Piece(file.path, text, (part,))
        elif window.blocks:
            fresh.insert(0, (replace(window, blocks=()), part))
        elif halves := window.halves():
            fresh[:0] = [(half, part) for half in halves]
        else:
            too_large.setdefault(file.path, []).append(part.digest)


def _file_head(file: ChangedFile, notes: Iterable[str]) -> str:
    state = "" if file.status is FileStatus.MODIFIED else f" ({file.status.value})"
    return encodable(f"FILE {json.dumps(file.path)}{state}\n" + "".join(f"{note}\n" for note in notes))


def _batch(system: str, head: str, claims: str, group: list[_Piece]) -> Batch:
    data = claims + "".join(piece.text for piece in group)
    parts = tuple(part for piece in group for part in piece.parts)
    paths = tuple(dict.fromkeys(piece.path for piece in group))
    return Batch(system, _fenced(data, nonce(head, data)), paths, parts)


def with_more(batch: Batch, head: str, shown: str) -> Batch:
    """The same question with what the model asked for behind it: the beginning stays, so servers have it cached."""
    code = nonce(head, batch.user + shown)
    more = (
        f"What you asked for, of the same commit:\nDATA {code}\n{shown}END {code}\nAnswer anew with one JSON object.\n"
    )
    return replace(batch, user=batch.user + more)


def nonce(head: str, data: str, digits: int = _NONCE) -> str:
    """A delimiter that is not in the data and that its author cannot foresee: it is a hash of all of it."""
    digest = hashlib.sha256(f"{head}\x00{data}".encode("utf-8", "surrogatepass")).hexdigest()
    while digest[:digits] in data:
        digest = hashlib.sha256(digest.encode("ascii")).hexdigest()
    return digest[:digits]


def prompt_text(name: str) -> str:
    """One file of `prompts/`, by its name without ending."""
    return files("reviewer.llm").joinpath("prompts", f"{name}.md").read_text("utf-8")


def _system(persona: Persona, wishes: Sequence[str]) -> str:
    """The same for every batch of a change, and for all changes without wishes: servers cache the beginnings."""
    return encodable(f"{prompt_text('examine')}\n{standards(persona, wishes)}\n\n{prompt_text('answer')}")


def standards(persona: Persona, wishes: Sequence[str]) -> str:
    """The engineer whom the model is to be, and what the repository's owner adds."""
    lines = [f"{number}. {rule.text}{_concerns(rule.concerns)}" for number, rule in enumerate(persona.rules, 1)]
    if wishes:
        lines += ["The repository's owner adds:", *(f"- {wish}" for wish in wishes)]
    return f"The engineer: {persona.description}\nTheir standards:\n" + "\n".join(lines)


def _concerns(concerns: Iterable[str]) -> str:
    names = ", ".join(concerns)
    return f" [{names}]" if names else ""


def author_claims(change: Change, notes: Iterable[str], context: Context) -> str:
    """What the author says, and how far callers were looked for: that none is shown may mean that none was found."""
    title = json.dumps(change.title.reveal()[:_TITLE_CHARS_MAX], ensure_ascii=False)
    body = json.dumps(change.body.reveal()[:_BODY_CHARS_MAX], ensure_ascii=False)
    commits = [
        json.dumps(one.reveal()[:_COMMIT_CHARS_MAX], ensure_ascii=False) for one in change.commits[:_COMMITS_MAX]
    ]
    said = [f"title {title}", f"description {body}", *([f"commits {'; '.join(commits)}"] if commits else [])]
    if context.sources:
        said.append(f"Callers were looked for in {context.searched} of {context.sources} unchanged source files.")
    return encodable("\n".join(["What the author claims, to be checked:", *said, *notes]) + "\n\n")


def _fenced(data: str, code: str) -> str:
    return f"DATA {code}\n{data}END {code}\nReview the data above. Answer with one JSON object.\n"


def _notes(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """What is said of each path so far, "" for the change as a whole: line and rule of earlier findings (names of ours,
    no stranger's text), and what a rule asks (one quoted line each)."""
    rows: dict[str, dict[str, None]] = {}
    asked: dict[str, dict[str, None]] = {}
    for finding in findings:
        place = f"{finding.span.first} " if finding.span else ""
        if finding.question is not None:
            question = json.dumps(" ".join(finding.question.split())[:_ASKED_CHARS_MAX], ensure_ascii=False)
            asked.setdefault(finding.path, {})[f"ask: {place}{question}"] = None
        else:
            rows.setdefault(finding.path, {})[f"{place}{finding.rule}"] = None
    notes = {path: [f"found: {'; '.join([*named][:_FOUND_MAX])}"] for path, named in rows.items()}
    for path, wanted in asked.items():
        notes.setdefault(path, []).extend([*wanted][:_ASKED_MAX])
    return notes


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
