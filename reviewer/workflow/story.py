"""The story of a review, told in durable steps. Between two steps there is only pure code.

open the check run ─ look (read, plan, rules, linters) ─ ask the model ─ have it verify ─ weigh what it said ─
post the review ─ post the summary ─ close the check run ─ answer who asked
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from reviewer.core.errors import RefusedError, ReviewerError, UserError
from reviewer.core.job import Trigger
from reviewer.core.wanted import ROUNDS_MAX
from reviewer.workflow.commands import Commands
from reviewer.workflow.desk import NEWER_HEAD, Desk
from reviewer.workflow.memory import Memory
from reviewer.workflow.posting import Posting
from reviewer.workflow.pressed import Pressed
from reviewer.workflow.records import Opening, Standstill, Unanswered
from reviewer.workflow.tools import Tools

if TYPE_CHECKING:
    from reviewer.engine import Json, Run, Steps

STORY_VERSION: Final = "review-3"
"""Bump it when steps change their order or meaning, and say in the changelog what becomes of reviews under way."""

LOOK_S: Final = 300.0
"""Seconds for reading and inspecting; 3,000 files take some 60. A step that hangs is given up, not waited for."""

POST_S: Final = 120.0
"""Seconds for one group of writes: eight requests of 30 s would be 240, but by then GitHub is away."""


class ReviewStory:
    """Tells a run from its first step to its last; every end is written on the check run."""

    def __init__(self, tools: Tools) -> None:
        self._desk = Desk(tools)
        self._posting = Posting(self._desk)
        self._memory = Memory(self._desk)
        self._pressed = Pressed(self._desk)
        self._commands = Commands(self._desk, self._posting)
        self._model_timeout_s = tools.model_timeout_s

    async def tell(self, run: Run, steps: Steps) -> None:
        """The whole story. Raises what could not be mended, after the check run says so."""
        try:
            if run.job.trigger.by_command and not await steps.run("heed", partial(self._desk.heed, run)):
                return
            if run.job.trigger.wants_answer:
                await self._commands.tell(run, steps)
                return
            if run.job.trigger in (Trigger.EXPLAIN_BUTTON, Trigger.LEAD_BUTTON):
                await self._press(run, steps)
                return
            opening = Opening.read(await self._open(run, steps))
            match opening.standstill:
                case Standstill.CLOSED if run.job.trigger.wants_review:
                    await steps.run("decline", partial(self._posting.decline, run))
                case None:
                    await self._review(run, steps, opening)
                case _:
                    await self._stand_still(run, steps, opening)
        finally:
            self._desk.clear(run)

    async def announce(self, run: Run) -> None:
        """Say on GitHub that a run is queued."""
        await self._desk.announce(run)

    async def give_up(self, run: Run, reason: str) -> None:
        """End, on GitHub, a run whose story will not be told to its end."""
        await self._posting.give_up(run, reason)

    async def _stand_still(self, run: Run, steps: Steps, opening: Opening) -> None:
        """There is no review to make: close the check run, if there is one."""
        if opening.standstill not in (None, Standstill.STALE, Standstill.CLOSED):
            await steps.run("skip", partial(self._posting.skip, run, opening))
        elif opening.check:
            await steps.run("stop", partial(self._posting.stop, run, opening))

    async def _press(self, run: Run, steps: Steps) -> None:
        pressed = self._pressed
        answer = pressed.explain if run.job.trigger is Trigger.EXPLAIN_BUTTON else pressed.ask_lead
        try:
            await steps.run("press", partial(answer, run))
        except ReviewerError as error:
            await steps.run("refuse", partial(pressed.refuse, run, str(error)))
            raise

    async def _open(self, run: Run, steps: Steps) -> Json:
        try:
            return await steps.run("open", partial(self._desk.open, run))
        except ReviewerError as error:
            if run.job.trigger.by_command:  # no check run says it, so an answer has to
                await steps.run("refuse", partial(self._posting.refuse, run, str(error)))
            raise

    async def _review(self, run: Run, steps: Steps, opening: Opening) -> None:
        try:
            summary = await self._look_and_publish(run, steps, opening)
        except ReviewerError as error:
            if str(error) == NEWER_HEAD:
                await steps.run("stop", partial(self._posting.stop, run, opening))
                return
            await steps.run("fail", partial(self._posting.fail, run, opening, str(error)))
            raise
        # The check run is closed: nothing that goes wrong from here on may touch what it says.
        try:
            if run.job.trigger.wants_review and summary is not None:
                await steps.run("answer", partial(self._posting.answer, run, opening, summary))
        finally:
            await steps.run("forget", partial(self._posting.forget, run))

    async def _look_and_publish(self, run: Run, steps: Steps, opening: Opening) -> int | None:
        """Everything up to the closed check run; the summary's comment, None when there is none."""
        desk, posting = self._desk, self._posting
        batches = await steps.run("look", partial(desk.look, run, opening), timeout_s=LOOK_S)
        if isinstance(batches, str):  # seen only now, with the change
            await self._stand_still(run, steps, replace(opening, standstill=Standstill(batches)))
            return None
        unanswered = await self._ask(run, steps, opening, batches if isinstance(batches, int) else 0)
        await steps.run("weigh", partial(desk.weigh, run, opening, unanswered), timeout_s=LOOK_S)
        placeless = await steps.run("post review", partial(posting.review, run, opening), timeout_s=POST_S)
        if not isinstance(placeless, list):  # another head, or closed: nothing of this one may be posted any more
            await steps.run("stop", partial(posting.stop, run, opening))
            return None
        with suppress(ReviewerError):  # the next push says it; the verdict does not wait for it
            await steps.run("settle threads", partial(self._memory.settle, run, opening), timeout_s=POST_S)
        lost = frozenset(str(fingerprint) for fingerprint in placeless)
        unsaid = ""
        summary: Json = None
        try:
            summary = await steps.run("post summary", partial(posting.summary, run, opening, lost), timeout_s=POST_S)
        except (RefusedError, UserError) as error:  # a locked conversation, say: the verdict stands all the same
            unsaid = str(error)
        close = partial(posting.close_check, run, opening, lost, unsaid)
        await steps.run("close check run", close, timeout_s=POST_S)
        return summary if isinstance(summary, int) else None

    async def _ask(self, run: Run, steps: Steps, opening: Opening, batches: int) -> Unanswered:
        """Put every batch to the model, then what came of it once more; why some got no answer. Nothing here can lose
        the review.
        """
        desk, late, unverified = self._desk, dict[int, str](), dict[int, str]()
        if batches:  # it takes minutes; a word that does not come through costs nothing
            with suppress(ReviewerError):
                await steps.run("tell", partial(self._posting.asking, run, opening, batches), attempts=1)
        for number in range(batches):
            ask = partial(desk.ask, run, opening, number)
            try:
                await steps.run_model(f"ask {number}", ask, timeout_s=(ROUNDS_MAX + 1) * self._model_timeout_s + POST_S)
            except ReviewerError as error:  # one that nobody foresaw, too: the rules' findings are worth posting
                late[number] = str(error)
        checks: Json = 0
        try:
            checks = await steps.run("sift", partial(desk.sift, run, opening), timeout_s=LOOK_S) if batches else 0
        except ReviewerError as error:
            unverified[0] = str(error)
        for number in range(checks if isinstance(checks, int) else 0):
            verify = partial(desk.verify, run, opening, number)
            try:
                await steps.run_model(f"verify {number}", verify, timeout_s=self._model_timeout_s + POST_S)
            except ReviewerError as error:
                unverified[number] = str(error)
        return Unanswered(late, unverified)
