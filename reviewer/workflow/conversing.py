"""Answering questions: the model's reply to what a person asks, checked before it is shown, and put where it was asked.

A reply changes nothing but the one comment that it stands in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.api_contract import contract_language
from reviewer.core.errors import RefusedError
from reviewer.core.question import short
from reviewer.core.references import is_reference
from reviewer.core.response import Resource, Response
from reviewer.core.wanted import ROUNDS_MAX, Want, usable
from reviewer.core.wording import counted
from reviewer.github.line_comments import thread_of
from reviewer.llm.converse import CONVERSE, Reply, Sample, Scene, Spoken, Topic, conversation
from reviewer.rendering.conversation import SAMPLE_CHARS_MAX, Answered, Shown, answered
from reviewer.rendering.placing import known_places
from reviewer.workflow.answering import put_in_place
from reviewer.workflow.asking import service_around
from reviewer.workflow.buying import Buyer
from reviewer.workflow.records import MODEL_SAID, ModelSaid
from reviewer.workflow.wording import owner_words

if TYPE_CHECKING:
    from reviewer.engine import Json, Run
    from reviewer.llm.converse import Conversation
    from reviewer.typescript.reader import TypeScriptWorker
    from reviewer.workflow.buying import Around
    from reviewer.workflow.desk import Desk
    from reviewer.workflow.records import Opening

STEPS_MAX: Final = 12
SAMPLES_MAX: Final = 4
QUESTIONS_MAX: Final = 5
RESOURCES_MAX: Final = 6
"""What of a reply is shown: what somebody can use who asked one question."""

_NOTE: Final = "reply"
_PARSED: Final = {"ts": "ts", "typescript": "ts", "tsx": "tsx", "js": "js", "javascript": "js", "jsx": "tsx"}
"""Languages of samples that the worker parses, and the ending under which it does."""


class Conversing:
    """Puts one question to the model, and says what it answered. Each method may run twice."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tools = desk.tools

    async def ask(self, run: Run, opening: Opening) -> Json:
        """Buy the reply; the rounds in which the model asks to see more are part of it."""
        tools, here = self._tools, await self._desk.at(run)
        if tools.means is None:
            raise RefusedError("no model is configured")
        subject = await self._desk.subject(run, opening)
        topic = await self._topic(run)
        plan, change = subject.plan, subject.change
        scene = Scene(
            change,
            plan.persona,
            (await self._desk.review(run, opening)).findings,
            owner_words(plan, change, tools.means.prompt_tokens_max),
            subject.context,
        )
        around = service_around(tools, here, run, subject, _unheard)
        asked = conversation(scene, topic, tools.means.prompt_tokens_max)
        await _bought(Buyer(tools.means, around), around, asked, change.head)
        return None

    async def answer(self, run: Run, opening: Opening) -> Json:
        """Check the reply, and write it where somebody asked."""
        said = await self._said(run)
        checked = await checked_reply(Reply.model_validate_json(said.text), self._tools.worker)
        review = await self._desk.review(run, opening)
        structure, places = review.plan.persona.response_structure, known_places(review)
        return await put_in_place(self._desk, run, answered(run.job.source_id, checked, structure, review.head, places))

    async def _said(self, run: Run) -> ModelSaid:
        """The last reply: of two rounds, the second may have failed."""
        for at in range(ROUNDS_MAX, -1, -1):
            kept = await self._tools.store.kept(run.identity, f"{_NOTE} {at}")
            if kept is not None:
                return MODEL_SAID.validate_json(kept)
        raise RefusedError("the model gave no answer")

    async def _topic(self, run: Run) -> Topic:
        """What is asked, with the thread that it is asked in."""
        job = run.job
        if not job.thread:
            return Topic(job.actor, job.words)
        repository, bot = (await self._desk.at(run)).repository, await self._tools.github.identity()
        spoken = await thread_of(repository, bot, job.pull, job.thread)
        before = tuple(Spoken("you" if one.is_ours else one.by, one.body) for one in spoken if one.id < job.comment)
        return Topic(job.actor, job.words, spoken[0].path if spoken else "", before)


async def _bought(buyer: Buyer, around: Around, asked: Conversation, head: str) -> None:
    """Ask, and show more of the commit when the model wants it, in a bounded number of rounds."""
    shown: frozenset[Want] = frozenset()
    for at in range(ROUNDS_MAX + 1):
        try:
            said = await buyer.bought(f"{_NOTE} {at}", asked, CONVERSE)
        except RefusedError:
            if at == 0:
                raise
            return  # the reply before it stands
        wished = (Want(one.path, one.symbol) for one in Reply.model_validate_json(said.text).wants)
        wants = tuple(want for want in usable(wished) if want not in shown)
        found = await around.resolve(wants) if wants and around.resolve is not None and at < ROUNDS_MAX else ""
        if not found:
            return
        shown |= frozenset(wants)
        asked = asked.with_more(head, found)


async def checked_reply(reply: Reply, worker: TypeScriptWorker) -> Answered:
    """A reply as it may be shown: code that parses, a contract that can be read, pages of the allow-list. What is left
    out is said.
    """
    left_out: list[str] = []
    samples = await _samples(reply.code_samples, worker, left_out)
    language = contract_language(reply.api_contract or "")
    if (reply.api_contract or "").strip() and not language:
        left_out.append("An API contract was left out, as it is no OpenAPI that can be read.")
    pages = [page for page in reply.resources if is_reference(page.url)]
    if len(pages) < len(reply.resources):
        count = counted(len(reply.resources) - len(pages), "link")
        left_out.append(f"Left out: {count} to places that are not on the list of known documentation.")
    response = Response(
        summary=reply.summary,
        steps=tuple(reply.steps[:STEPS_MAX]),
        code_samples={},
        follow_up_questions=tuple(map(short, reply.follow_up_questions[:QUESTIONS_MAX])),
        resources=tuple(Resource(title=page.title, url=page.url) for page in pages[:RESOURCES_MAX]),
    )
    contract = Shown("", language, (reply.api_contract or "").strip("\n")) if language else None
    return Answered(response, samples, contract, reply.diagram or "", tuple(left_out))


async def _samples(given: list[Sample], worker: TypeScriptWorker, left_out: list[str]) -> tuple[Shown, ...]:
    kept: list[Shown] = []
    broken = long = 0
    for one in given:
        if not one.code.strip():
            continue
        if len(one.code) > SAMPLE_CHARS_MAX:
            long += 1
            continue
        words = one.language.split()
        ending = _PARSED.get(words[0].lower()) if words else None
        if ending is not None and not await _parses(one.code, ending, worker):
            broken += 1
            continue
        kept.append(Shown(one.title, words[0] if words else "", one.code.strip("\n")))
    if broken:
        left_out.append(f"Left out: {counted(broken, 'code sample')} that a parser cannot read.")
    if long or len(kept) > SAMPLES_MAX:
        count = counted(long + max(0, len(kept) - SAMPLES_MAX), "code sample")
        left_out.append(f"Left out: {count} beyond what one answer shows.")
    return tuple(kept[:SAMPLES_MAX])


async def _parses(text: str, ending: str, worker: TypeScriptWorker) -> bool:
    """Whether a sample is TypeScript as it stands, or as members of a class."""
    for shape in (text, f"class Sample {{\n{text}\n}}\n"):
        path = f"sample.{ending}"
        facts = (await worker.facts({path: shape})).facts.get(path)
        if facts is not None and not facts.faults:
            return True
    return False


async def _unheard(name: str, asked: object) -> None:
    """A conversation is not recorded: it is no review."""
