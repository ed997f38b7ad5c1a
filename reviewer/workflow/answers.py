"""Answers to follow-up questions: weighed by the model against the finding that hangs on the question.

What came of one stands on the pull request, in our own comment: the next review reads it there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from reviewer.core.errors import RefusedError
from reviewer.core.finding import Finding
from reviewer.core.question import Question
from reviewer.core.verification import Verification
from reviewer.core.wanted import Want
from reviewer.github.comments import put_answer
from reviewer.github.line_comments import put_reply
from reviewer.llm.exhibit import names_in
from reviewer.llm.verify import VERIFY, Judged, judged, read_verdicts, weighing
from reviewer.rendering import automatic, questioned
from reviewer.rendering.placing import address
from reviewer.rendering.pressed import comment_address
from reviewer.workflow.asking import service_around
from reviewer.workflow.buying import Buyer
from reviewer.workflow.records import WEIGHED

if TYPE_CHECKING:
    from reviewer.core.publication import AnswerPost
    from reviewer.engine import Json, Run
    from reviewer.workflow.desk import Desk
    from reviewer.workflow.records import Opening

_NOTE: Final = "weighed answer"
_KEPT: Final = "weighed judgement"
_JUDGED: Final = TypeAdapter(Judged)


class Answers:
    """Weighs one answer. Each method may run twice."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tools = desk.tools

    async def hangs(self, run: Run, opening: Opening) -> Json:
        """Whether there is such a question, and something to weigh: `weigh`, else the answer is put already."""
        question, finding = await self._question(run, opening)
        if question is not None and finding is not None:
            return "weigh"
        if question is None:
            left = (await self._desk.review(run, opening)).questions
            post = questioned.unknown_question(run.job.source_id, run.job.finding, left)
        else:
            post = questioned.noted(run.job.source_id, question)
        return await self._put(run, post)

    async def weigh(self, run: Run, opening: Opening) -> Json:
        """Buy the verdict."""
        question, finding = await self._question(run, opening)
        if question is None or finding is None:
            raise RefusedError("the question was withdrawn meanwhile")
        said = (
            f"QUESTION {json.dumps(question.text, ensure_ascii=False)}\n"
            f"ANSWER by {json.dumps(run.job.actor)}: {json.dumps(run.job.words, ensure_ascii=False)}\n"
        )
        verdict = await weighed_anew(self._desk, run, opening, finding, Words("weigh_answer", said))
        await self._tools.store.keep(run.identity, _KEPT, _JUDGED.dump_json(verdict).decode())
        return None

    async def tell(self, run: Run, opening: Opening) -> Json:
        """Say what came of it."""
        question, finding = await self._question(run, opening)
        kept = await self._tools.store.kept(run.identity, _KEPT)
        if question is None or finding is None or kept is None:
            raise RefusedError("the question was withdrawn meanwhile")
        verdict, source_id = _JUDGED.validate_json(kept), run.job.source_id
        match verdict.verification:
            case Verification.CONFIRMED:
                review = await self._desk.review(run, opening)
                url = address(review, finding.span) if finding.span is not None else None
                post = questioned.confirmed(source_id, question, finding, verdict.reason, url)
            case Verification.REFUTED:
                post = questioned.refuted(source_id, question, finding, verdict.reason)
            case _:
                post = questioned.undecided(source_id, question, verdict.reason)
        return await self._put(run, post)

    async def decline(self, run: Run, why: str) -> Json:
        """Say why the answer could not be weighed."""
        return await self._put(run, questioned.unweighed(run.job.source_id, run.job.finding, why))

    async def _question(self, run: Run, opening: Opening) -> tuple[Question | None, Finding | None]:
        """The open question that was named, and the undecided candidate that hangs on it."""
        review = await self._desk.review(run, opening)
        question = next((one for one in review.questions if one.id == run.job.finding), None)
        kept = await self._tools.store.kept(run.identity, "weighed")
        undecided = WEIGHED.validate_json(kept).found.undecided if kept is not None else ()
        wanted = question.finding if question is not None else ""
        return question, next((one for one in undecided if wanted and one.fingerprint == wanted), None)

    async def _put(self, run: Run, post: AnswerPost) -> int:
        """In the conversation, as the next review reads it there; a thread gets a link."""
        repository, bot, job = (await self._desk.at(run)).repository, await self._tools.github.identity(), run.job
        comment = await put_answer(repository, bot, job.pull, post)
        if job.thread:
            page = comment_address(self._tools.plan.web_url, repository.full_name, job.pull, comment)
            await put_reply(repository, bot, job.pull, job.thread, automatic.switched_elsewhere(job.source_id, page))
        return comment


@dataclass(frozen=True, slots=True)
class Words:
    """What people said of a finding, and by which prompt it is weighed. `said` are lines, quoted; `names` are what the
    commit is looked through for, as people speak of code that nobody has shown.
    """

    prompt: str
    said: str
    names: tuple[str, ...] = ()


async def weighed_anew(desk: Desk, run: Run, opening: Opening, finding: Finding, words: Words) -> Judged:
    """The model's word on one finding after what people said of it; charged like any other question."""
    tools, here = desk.tools, await desk.at(run)
    subject = await desk.subject(run, opening)
    if subject.plan.model is None:
        raise RefusedError(subject.plan.rules_only or "no model is configured")
    if tools.means is None:
        raise RefusedError("no model is configured")
    around = service_around(tools, here, run, subject, _unheard)
    names = [Want(symbol=name) for name in names_in(finding.quoted)]
    more = await around.evidence(names) if around.evidence is not None else ""
    there = "\n".join(row for row in more.split("\n") if not row.startswith("NOT THERE "))
    spoken_of = ""
    if words.names and around.resolve is not None:
        spoken_of = await around.resolve([Want(symbol=name) for name in words.names])
    check = weighing(subject.change, finding, there, words.prompt, spoken_of + words.said)
    bought = await Buyer(tools.means, around).bought(_NOTE, check, VERIFY)
    verdict = judged(check, read_verdicts(bought.text)).get(finding.fingerprint)
    if verdict is None:
        raise RefusedError("the model gave no verdict")
    return verdict


async def _unheard(name: str, asked: object) -> None:
    """It is no part of a review, and so of no recording."""
