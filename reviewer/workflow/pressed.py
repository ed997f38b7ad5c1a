"""What the buttons of a check run do, save for the review, which is told as any other.

Each may run twice, and may be asked for any number of times: an answer that stands is not written again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.job import Button
from reviewer.github.checks import CheckSaid, read_check
from reviewer.github.comments import put_answer
from reviewer.github.standing import standing
from reviewer.rendering import pressed
from reviewer.rendering.details import BLOCKERS, QUESTIONS, part
from reviewer.rendering.markdown import marker
from reviewer.workflow.telling import Telling

if TYPE_CHECKING:
    from reviewer.core.publication import AnswerPost
    from reviewer.engine import Json, Run
    from reviewer.github.client import Repository
    from reviewer.workflow.desk import Desk

_ASKED = "asked lead"
"""The effect noted for a pull request, not for a run: the Team Lead is asked once for each."""


class Pressed:
    """Answers to the buttons."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tools = desk.tools
        self._telling = Telling(desk)

    async def explain(self, run: Run) -> Json:
        """Answer with the blocking findings of the check run, as its details explain them."""
        _, check = await self._check(run)
        blockers = part(check.text, BLOCKERS)
        if blockers:
            return await self._put(run, pressed.explained(run.job.pressed, check.head, blockers))
        return await self._put(run, pressed.nothing_kept(run.job.pressed, Button.EXPLAIN, self._tools.handle))

    async def ask_lead(self, run: Run) -> Json:
        """Ask the Team Lead, once for each pull request, with the questions that the check run's details hold."""
        job, bot, store = run.job, await self._tools.github.identity(), self._tools.store
        repository, check = await self._check(run)
        questions = part(check.text, QUESTIONS)
        if not questions:
            return await self._put(run, pressed.nothing_kept(job.pressed, Button.LEAD, self._tools.handle))
        there = (await standing(repository, bot, job.pull)).comment(pressed.ASKED_LEAD)
        if there is not None and there.holds(marker("answer", job.source_id)):
            return there.id  # by this very press, before a crash
        known = await store.reference(job.pull_key, _ASKED)
        if there is not None or known is not None:
            return await self._already(run, repository, there.id if there is not None else int(known or 0))
        pull = await (await self._desk.at(run)).reader.pull()
        lead, author = (await self._desk.plan(run, pull)).team.lead, pull.author
        if lead is None:
            return await self._put(run, pressed.nobody_to_ask(job.pressed, "the team file names no Team Lead"))
        if lead.handle.casefold() == author.casefold():
            why = "the Team Lead is who opened this pull request"
            return await self._put(run, pressed.nobody_to_ask(job.pressed, why))
        for stranger in (await self._telling.strangers(run, (lead,))).values():
            return await self._put(run, pressed.nobody_to_ask(job.pressed, f"{lead.name}: {stranger.why}"))
        comment = await self._put(run, pressed.asked_lead(job.source_id, lead, job.actor, check.title, questions))
        await store.done(job.pull_key, _ASKED, str(comment))
        return comment

    async def refuse(self, run: Run, reason: str) -> Json:
        """Say to who pressed that it could not be done."""
        return await self._put(run, pressed.not_done(run.job.source_id, reason))

    async def _already(self, run: Run, repository: Repository, comment: int) -> int:
        address = pressed.comment_address(self._tools.plan.web_url, repository.full_name, run.job.pull, comment)
        return await self._put(run, pressed.asked_already(run.job.pressed, address))

    async def _check(self, run: Run) -> tuple[Repository, CheckSaid]:
        repository, bot = (await self._desk.at(run)).repository, await self._tools.github.identity()
        return repository, await read_check(repository, bot, run.job.pressed)

    async def _put(self, run: Run, post: AnswerPost) -> int:
        repository, bot = (await self._desk.at(run)).repository, await self._tools.github.identity()
        return await put_answer(repository, bot, run.job.pull, post)
