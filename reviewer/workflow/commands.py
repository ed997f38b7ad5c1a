"""What people ask for in words, save for a review, which is told as any other.

Each may be told twice: an answer is found again by the comment that asked, and is not written a second time.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from reviewer.core.automatic import Automatic
from reviewer.core.command import Command
from reviewer.core.concern import Side
from reviewer.core.errors import ReviewerError
from reviewer.core.job import Trigger
from reviewer.core.trigger import command_of
from reviewer.core.wanted import ROUNDS_MAX
from reviewer.core.wording import capitalised
from reviewer.github.automatic import read_automatic
from reviewer.github.comments import put_answer
from reviewer.github.line_comments import our_line_comments, put_reply
from reviewer.github.standing import standing
from reviewer.rendering import answer, automatic, explained
from reviewer.rendering.markdown import marker
from reviewer.rendering.pressed import comment_address
from reviewer.rules import all_rules
from reviewer.workflow.answering import put_in_place
from reviewer.workflow.answers import Answers
from reviewer.workflow.conversing import Conversing
from reviewer.workflow.memory import Memory
from reviewer.workflow.named import beginning, named, the_one, told
from reviewer.workflow.records import Opening, Unanswered
from reviewer.workflow.replies import Replies

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from reviewer.core.change import Change
    from reviewer.core.finding import Finding
    from reviewer.core.publication import AnswerPost
    from reviewer.engine import Json, Run, Steps
    from reviewer.workflow.desk import Desk
    from reviewer.workflow.posting import Posting

_LOOK_S: Final = 300.0
"""Seconds for reading and inspecting, as for a review."""

_NO_MODEL: Final = "No model is configured"
_CLOSED: Final = "The pull request is closed"

_SWITCHED: Final = {
    Trigger.PAUSE_COMMAND: Automatic.PAUSED,
    Trigger.RESUME_COMMAND: Automatic.ON,
    Trigger.IGNORE_COMMAND: Automatic.IGNORED,
}


class Commands:
    """Answers to commands."""

    def __init__(self, desk: Desk, posting: Posting) -> None:
        self._desk, self._posting, self._memory = desk, posting, Memory(desk)
        self._conversing, self._answers, self._replies = Conversing(desk), Answers(desk), Replies(desk)
        self._tools = desk.tools
        self._at_once: Mapping[Trigger, Callable[[Run], Awaitable[Json]]] = {
            Trigger.HELP_COMMAND: self._help,
            Trigger.UNKNOWN_WORDS: self._unknown,
            Trigger.CONFIG_COMMAND: self._config,
            Trigger.DISMISS_COMMAND: self._dismiss,
            Trigger.RESOLVE_COMMAND: self._resolve,
            Trigger.PAUSE_COMMAND: self._switch,
            Trigger.RESUME_COMMAND: self._switch,
            Trigger.IGNORE_COMMAND: self._switch,
        }

    async def tell(self, run: Run, steps: Steps) -> None:
        """The story of a command that wants an answer. Raises what could not be mended, after the answer says so."""
        trigger = run.job.trigger
        try:
            match trigger:
                case Trigger.SUMMARY_COMMAND:
                    await self._summary(run, steps)
                case Trigger.EXPLAIN_COMMAND:
                    await self._explain(run, steps)
                case Trigger.ASK_COMMAND | Trigger.ADDRESSED:
                    await self._ask(run, steps)
                case Trigger.ANSWER_COMMAND:
                    await self._answer(run, steps)
                case Trigger.REPLY:
                    await self._reply(run, steps)
                case _:
                    await steps.run(trigger.value, partial(self._at_once[trigger], run))
        except ReviewerError as error:
            await steps.run("refuse", partial(self._posting.refuse, run, str(error)))
            raise

    # ------------------------------------------------------------------------------------ what needs the change

    async def _summary(self, run: Run, steps: Steps) -> None:
        try:
            opening = await self._looked(run, steps)
            if opening is None:
                await steps.run("decline", partial(self._posting.decline, run))
                return
            post = partial(self._posting.summary, run, opening, frozenset())
            summary = await steps.run("post summary", post)
            if isinstance(summary, int):
                await steps.run("answer", partial(self._rewritten, run, opening, summary))
        finally:
            await steps.run("forget", partial(self._posting.forget, run))

    async def _explain(self, run: Run, steps: Steps) -> None:
        begins = await steps.run("name", partial(beginning, self._desk, run))
        if not isinstance(begins, str) or not begins:
            post = answer.not_named(run.job.source_id, Command.EXPLAIN, self._tools.handle)
            await steps.run("answer", partial(self._put, run, post))
            return
        try:
            opening = await self._looked(run, steps)
            await steps.run("explain", partial(self._explanation, run, opening, begins))
        finally:
            await steps.run("forget", partial(self._posting.forget, run))

    async def _ask(self, run: Run, steps: Steps) -> None:
        """A question to the model. Whatever keeps it from being answered is said, in one sentence."""
        why = await steps.run("ask", partial(self._speechless, run))
        if why:
            await self._say_no(run, steps, str(why))
            return
        try:
            opening = await self._looked(run, steps)
            if opening is None:
                await self._say_no(run, steps, _CLOSED)
                return
            is_said = run.job.trigger is Trigger.ADDRESSED and not run.job.words.endswith("?")
            if is_said and await self._replies.settle(run, steps, opening):
                return
            try:
                timeout_s = (ROUNDS_MAX + 1) * self._tools.model_timeout_s + _LOOK_S
                await steps.run_model("converse", partial(self._conversing.ask, run, opening), timeout_s=timeout_s)
            except ReviewerError as error:
                await self._say_no(run, steps, str(error))
                return
            await steps.run("answer", partial(self._conversing.answer, run, opening))
        finally:
            await steps.run("forget", partial(self._posting.forget, run))

    async def _reply(self, run: Run, steps: Steps) -> None:
        """A reply that called nobody: heard if it decides something about our finding, else left alone."""
        if await steps.run("reply", partial(self._replies.deaf, run)):
            return
        try:
            opening = await self._looked(run, steps)
            if opening is not None:
                await self._replies.settle(run, steps, opening)
        finally:
            await steps.run("forget", partial(self._posting.forget, run))

    async def _answer(self, run: Run, steps: Steps) -> None:
        """A follow-up question's answer, weighed by the model if something hangs on it."""
        try:
            opening = await self._looked(run, steps)
            if opening is None:
                await steps.run("decline", partial(self._answers.decline, run, _CLOSED))
                return
            found = await steps.run("question", partial(self._answers.hangs, run, opening))
            if found != "weigh":
                return
            try:
                timeout_s = self._tools.model_timeout_s + _LOOK_S
                await steps.run_model("weigh answer", partial(self._answers.weigh, run, opening), timeout_s=timeout_s)
            except ReviewerError as error:
                await steps.run("decline", partial(self._answers.decline, run, str(error)))
                return
            await steps.run("answer", partial(self._answers.tell, run, opening))
        finally:
            await steps.run("forget", partial(self._posting.forget, run))

    async def _speechless(self, run: Run) -> Json:
        """Why there is no model to ask; "" when there is one."""
        plan = await self._desk.plan(run, await (await self._desk.at(run)).reader.pull())
        has_model = plan.model is not None and self._tools.means is not None
        return "" if has_model else plan.rules_only or _NO_MODEL

    async def _say_no(self, run: Run, steps: Steps, why: str) -> None:
        post = answer.no_answers(run.job.source_id, capitalised(why), self._tools.handle)
        await steps.run("decline", partial(self._put, run, post))

    async def _looked(self, run: Run, steps: Steps) -> Opening | None:
        """The newest head, judged without asking the model again and without a check run; None when it is closed."""
        head = await steps.run("glance", partial(self._glance, run))
        if not isinstance(head, str) or not head:
            return None
        opening = Opening(head, 0, None)
        batches = await steps.run("look", partial(self._desk.look, run, opening), timeout_s=_LOOK_S)
        if isinstance(batches, str):  # closed meanwhile
            return None
        unanswered: dict[int, str] = {}
        for number in range(batches if isinstance(batches, int) else 0):
            try:
                await steps.run(f"ask {number}", partial(self._desk.ask, run, opening, number))
            except ReviewerError as error:
                unanswered[number] = str(error)
        weigh = partial(self._desk.weigh, run, opening, Unanswered(unanswered))
        await steps.run("weigh", weigh, timeout_s=_LOOK_S)
        return opening

    async def _glance(self, run: Run) -> Json:
        here = await self._desk.at(run)
        here.pull = await here.reader.pull()
        return here.pull.head if here.pull.is_open else ""

    async def _rewritten(self, run: Run, opening: Opening, summary: int) -> Json:
        review = await self._desk.review(run, opening)
        return await self._put(run, answer.rewritten(run.job.source_id, review, summary))

    async def _explanation(self, run: Run, opening: Opening | None, begins: str) -> Json:
        review = await self._desk.review(run, opening) if opening is not None else None
        findings = {one.fingerprint: one for one in review.findings} if review is not None else {}
        said = await told(self._desk, run)
        one = the_one(run, begins, said.matching(begins, findings))
        if not isinstance(one, str):
            return await self._put(run, one)
        finding = findings.get(one)
        if finding is None or review is None or opening is None:
            name = (await self._desk.at(run)).repository.full_name
            page = explained.told_at(self._tools.plan.web_url, name, run.job.pull, said.comments.get(one, 0))
            return await self._put(
                run, explained.not_seen(run.job.source_id, one, opening.head if opening else "", page)
            )
        change, _ = await self._desk.change(run, opening)
        page = next((rule.page for rule in all_rules() if rule.slug == finding.rule), "")
        return await self._put(
            run, explained.explained(run.job.source_id, review, finding, _lines(change, finding), page)
        )

    # ------------------------------------------------------------------------------------- what is answered at once

    async def _help(self, run: Run) -> Json:
        return await self._put(run, answer.usage(run.job.source_id, self._tools.handle))

    async def _config(self, run: Run) -> Json:
        """What is in force for this pull request, and where each value came from."""
        plan = await self._desk.plan(run, await (await self._desk.at(run)).reader.pull())
        return await self._put(run, answer.config(run.job.source_id, plan))

    async def _unknown(self, run: Run) -> Json:
        """One line, once on each pull request, wherever on it that was."""
        repository, bot = (await self._desk.at(run)).repository, await self._tools.github.identity()
        said = (await standing(repository, bot, run.job.pull)).comments
        said += await our_line_comments(repository, bot, run.job.pull)
        if any(one.holds(answer.UNKNOWN_WORDS) for one in said):
            return None
        return await self._put(run, answer.unknown(run.job.source_id, run.job.words, self._tools.handle))

    async def _dismiss(self, run: Run) -> Json:
        one = await named(self._desk, run, command_of(run.job.trigger))
        if not isinstance(one, str):
            return await self._put(run, one)
        done = await self._memory.dismiss(run, one, run.job.words)
        return await self._put(run, answer.acted(run.job.source_id, done))

    async def _resolve(self, run: Run) -> Json:
        one: str | AnswerPost | None = None
        if run.job.finding or run.job.thread:
            one = await named(self._desk, run, command_of(run.job.trigger))
        if one is not None and not isinstance(one, str):
            return await self._put(run, one)
        done = await self._memory.resolve(run, one)
        return await self._put(run, answer.acted(run.job.source_id, done))

    async def _switch(self, run: Run) -> Json:
        """Pause, resume or end automatic reviews: our answer in the conversation holds it, and is not written over."""
        repository, bot, job = (await self._desk.at(run)).repository, await self._tools.github.identity(), run.job
        there = (await standing(repository, bot, job.pull)).comment(marker("answer", job.source_id))
        comment = there.id if there is not None else None
        if comment is None:
            before = await read_automatic(repository, bot, job.pull)
            post = automatic.switched(job.source_id, before, _SWITCHED[job.trigger], self._tools.handle)
            comment = await put_answer(repository, bot, job.pull, post)
        if job.thread:
            page = comment_address(self._tools.plan.web_url, repository.full_name, job.pull, comment)
            await put_reply(repository, bot, job.pull, job.thread, automatic.switched_elsewhere(job.source_id, page))
        return comment

    async def _put(self, run: Run, post: AnswerPost) -> Json:
        return await put_in_place(self._desk, run, post)


def _lines(change: Change, finding: Finding) -> tuple[str, ...]:
    """The lines that a finding speaks of, as they stand on their side."""
    span = finding.span
    if span is None:
        return ()
    of_side = (one.head if span.side is Side.RIGHT else one.base for one in change.files if one.path == span.path)
    text = next(of_side, None)
    return () if text is None else tuple(text.split("\n")[span.first - 1 : span.last])
