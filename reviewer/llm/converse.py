"""A question of a person's, put to the model with the change and the thread that it belongs to; its reply, read. Pure.

Everything of people and of the pull request is fenced data, quoted as JSON. The words are in `prompts/`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from reviewer.core.context import Context
from reviewer.llm.answer import Wished, read_object
from reviewer.llm.form import Form
from reviewer.llm.prompt import TOKEN_BYTES, author_claims, nonce, prompt_text, standards
from reviewer.llm.schema import strict_schema
from reviewer.llm.showing import encodable, shown, windows

if TYPE_CHECKING:
    from reviewer.core.change import Change, ChangedFile
    from reviewer.core.finding import Finding
    from reviewer.core.persona import Persona

SPOKEN_MAX: Final = 8
"""Comments of a thread that are shown: its first and the newest."""

SPOKEN_CHARS_MAX: Final = 2_000
"""Characters of each of them."""

_NAMED_MAX: Final = 40
_FOUND_MAX: Final = 20
_BARE: Final = Context()


class Sample(BaseModel):
    """Code, and what it is."""

    model_config = ConfigDict(extra="forbid")

    title: str
    language: str
    code: str


class Page(BaseModel):
    """A page that the model names; believed only if it is on the allow-list."""

    model_config = ConfigDict(extra="forbid")

    title: str
    url: str


class Reply(BaseModel):
    """The schema of a reply. `wants` is what of the same commit it would see before it answers for good."""

    model_config = ConfigDict(extra="forbid")

    summary: str
    steps: list[str]
    code_samples: list[Sample]
    api_contract: str | None
    diagram: str | None
    follow_up_questions: list[str]
    resources: list[Page]
    wants: list[Wished] = []


_KEYS: Final = frozenset((*Reply.model_fields, *Sample.model_fields, *Page.model_fields, *Wished.model_fields))


def read_reply(text: str) -> Reply:
    """The reply in a text. Raises UnusableAnswerError."""
    return read_object(text, Reply, _KEYS)


CONVERSE: Final = Form("reply", lambda text: read_reply(text).model_dump_json(), strict_schema(Reply))


@dataclass(frozen=True, slots=True)
class Spoken:
    """One comment of a thread: who wrote it, and what."""

    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Topic:
    """What a person asks, and where: `path` and `thread` are empty in the conversation."""

    by: str
    question: str
    path: str = ""
    thread: tuple[Spoken, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What a question is about: the change, what was found in it, and what stands around it."""

    change: Change
    persona: Persona
    known: Sequence[Finding] = ()
    wishes: Sequence[str] = ()
    context: Context = _BARE


@dataclass(frozen=True, slots=True)
class Conversation:
    """Two messages to the model."""

    system: str
    user: str

    def with_more(self, head: str, found: str) -> Conversation:
        """The same with what the model asked for behind it: the beginning stays, so servers have it cached."""
        code = nonce(head, self.user + found)
        more = (
            f"What you asked for, of the same commit:\nDATA {code}\n{found}END {code}\nAnswer with one JSON object.\n"
        )
        return replace(self, user=self.user + more)


def conversation(scene: Scene, topic: Topic, prompt_tokens_max: int) -> Conversation:
    """The question with as much of the change as there is room for: the thread's file first, then files that the
    question names, then the riskiest; the others are named.
    """
    system = encodable(
        f"{prompt_text('converse')}\n{standards(scene.persona, scene.wishes)}\n\n{prompt_text('converse_answer')}"
    )
    before = author_claims(scene.change, _notes(scene.known, ""), scene.context)
    after = _asked(topic)
    room = prompt_tokens_max * TOKEN_BYTES - _size(system) - _size(before) - _size(after) - 200
    pieces, left_out = _files(scene, topic, room)
    data = before + "".join(pieces) + left_out + after
    code = nonce(scene.change.head, data)
    user = f"DATA {code}\n{data}END {code}\nAnswer what is ASKED above. Answer with one JSON object.\n"
    return Conversation(system, user)


def _files(scene: Scene, topic: Topic, room: int) -> tuple[list[str], str]:
    pieces: list[str] = []
    names: list[str] = []
    for file in _ordered(scene, topic):
        head = encodable(f"FILE {json.dumps(file.path)} ({file.status.value})\n")
        head += "".join(f"{note}\n" for note in _notes(scene.known, file.path))
        found = windows(file, scene.context.around(file.path))
        text = f"{head}{shown(found)}\n"
        if _size(text) > room:  # without what stands around it, or not at all
            bare = [replace(window, blocks=()) for window in found]
            text = f"{head}{shown(bare)}\n"
        if _size(text) > room:
            names.append(file.path)
            continue
        pieces.append(text)
        room -= _size(text)
    listed = "".join(f"NOT SHOWN {json.dumps(name)}\n" for name in names[:_NAMED_MAX])
    more = f"NOT SHOWN {len(names) - _NAMED_MAX} more\n" if len(names) > _NAMED_MAX else ""
    return pieces, encodable(listed + more)


def _ordered(scene: Scene, topic: Topic) -> list[ChangedFile]:
    """The files that have hunks, those first that the question is about."""
    there = [file for file in scene.change.files if file.unread is None and file.diff.hunks]
    places = {path: at for at, path in enumerate(path for group in scene.context.groups for path in group)}

    def rank(file: ChangedFile) -> tuple[bool, bool, int]:
        is_named = file.path in topic.question or file.path.rpartition("/")[2] in topic.question
        return file.path != topic.path, not is_named, places.get(file.path, len(places))

    return sorted(there, key=rank)


def _notes(known: Iterable[Finding], path: str) -> list[str]:
    """Line and rule of what was found in a file; names of ours."""
    rows = [f"{one.span.first} {one.rule}" if one.span else one.rule for one in known if one.path == path]
    return [f"found: {'; '.join(rows[:_FOUND_MAX])}"] if rows else []


def _asked(topic: Topic) -> str:
    """The thread, then the question, each text on one line of JSON."""
    rows = list(topic.thread)
    if len(rows) > SPOKEN_MAX:
        rows = [rows[0], *rows[1 - SPOKEN_MAX :]]
    where = f" at {json.dumps(topic.path)}" if topic.path else ""
    said = "".join(f"THREAD{where} {json.dumps(one.by)}: {_quoted(one.text)}\n" for one in rows)
    return encodable(f"{said}ASKED by {json.dumps(topic.by)}: {_quoted(topic.question)}\n")


def _quoted(text: str) -> str:
    return json.dumps(text[:SPOKEN_CHARS_MAX], ensure_ascii=False)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
