"""Posting: what the steps write on GitHub. Each method may run twice and still writes once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from reviewer.core.command import Command
from reviewer.core.coverage import Gap, conclude
from reviewer.core.errors import RefusedError, TransientError
from reviewer.core.job import Trigger, is_sha
from reviewer.core.review import displaced
from reviewer.github.checks import close_check, is_completed, tell_check
from reviewer.github.comments import put_answer, put_summary
from reviewer.github.publishing import ReviewState, post_review
from reviewer.github.standing import standing
from reviewer.rendering import answer, check_run
from reviewer.rendering.placing import checks_address
from reviewer.rendering.publication import publish_plan
from reviewer.rendering.summary import SUMMARY_MARKER
from reviewer.store import CLOSED, SUPERSEDED, Posted
from reviewer.workflow.further_checks import Where, close_further, close_told, gravest, posts
from reviewer.workflow.records import Standstill

if TYPE_CHECKING:
    from reviewer.core.publication import CheckPost, SummaryPost
    from reviewer.core.review import Review
    from reviewer.engine import Json, Run
    from reviewer.workflow.desk import Desk
    from reviewer.workflow.records import Opening

_VERDICT = "close check run"
"""The effect noted before the check run is completed, whatever it is to say."""


class Posting:
    """Writes what the desk made."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tools = desk.tools

    async def help(self, run: Run) -> Json:
        """Answer what we can be asked for."""
        repository = (await self._desk.at(run)).repository
        bot = await self._tools.github.identity()
        return await put_answer(repository, bot, run.job.pull, answer.usage(run.job.source_id, self._tools.handle))

    async def config(self, run: Run) -> Json:
        """Answer what is in force for this pull request, and where each value came from."""
        here, bot = await self._desk.at(run), await self._tools.github.identity()
        plan = await self._desk.plan(run, await here.reader.pull())
        return await put_answer(here.repository, bot, run.job.pull, answer.config(run.job.source_id, plan))

    async def decline(self, run: Run) -> Json:
        """Answer who asked for a review of a closed pull request."""
        repository = (await self._desk.at(run)).repository
        bot = await self._tools.github.identity()
        post = answer.skipped(run.job.source_id, "the pull request is closed; reopen it and ask again")
        return await put_answer(repository, bot, run.job.pull, post)

    async def skip(self, run: Run, opening: Opening) -> Json:
        """Close the check run of a pull request that is not reviewed by itself."""
        handle = self._tools.handle
        if opening.standstill is Standstill.FILTERED:
            post = check_run.filtered(await self._tools.store.kept(run.identity, "reason") or "", handle)
        else:
            post = check_run.skipped(check_run.Skip(opening.standstill.value if opening.standstill else ""), handle)
        await self._end(run, opening.check, post)
        return None

    async def review(self, run: Run, opening: Opening) -> Json:
        """Post the inline comments as one review. Fingerprints that lost their place, or None when it is too late."""
        here = await self._desk.at(run)
        bot = await self._tools.github.identity()
        post = publish_plan(await self._desk.review(run, opening), tag_lead=False, handle=self._tools.handle).review
        if post is None:
            here.seen = await standing(here.repository, bot, run.job.pull)
            return None if here.seen.is_past(opening.head) else []
        outcome = await post_review(here.repository, bot, run.job.pull, opening.head, post)
        here.seen = outcome.seen
        return None if outcome.state is ReviewState.SUPERSEDED else list(outcome.displaced)

    async def summary(self, run: Run, opening: Opening, lost: frozenset[str]) -> Json:
        """Write the one summary; the pull request's first one tags the Team Lead. Returns the comment's id."""
        here, store, key = await self._desk.at(run), self._tools.store, run.job.pull_key
        bot = await self._tools.github.identity()
        posted = await store.posted(key)
        first_try = await store.intend(run.identity, "summary")
        if not first_try or here.seen is None:
            here.seen = await standing(here.repository, bot, run.job.pull)
        review = await self._shown(run, opening, lost)
        review = replace(review, usage=replace(review.usage, github_requests=await self._requests(run)))
        there = here.seen.comment(SUMMARY_MARKER)
        post = self._told(review, tag_lead=not posted.lead_tagged)
        if not posted.lead_tagged and there is not None and there.body != post.body:  # another run's: it has tagged
            post = self._told(review, tag_lead=False)
        comment = await put_summary(here.repository, bot, run.job.pull, post, posted.summary_comment or here.seen)
        await store.record_posted(key, Posted(comment, lead_tagged=True))
        return comment

    async def close_check(self, run: Run, opening: Opening, lost: frozenset[str], unsaid: str) -> Json:
        """Complete the check run with what the ledger says. `unsaid`: why there is no summary, "" when there is one."""
        review = await self._shown(run, opening, lost)
        if unsaid:
            gap = Gap("summary", f"GitHub did not take the summary comment: {unsaid}")
            coverage = replace(review.coverage, gaps=(*review.coverage.gaps, gap))
            gate = review.plan.gate
            review = replace(review, coverage=coverage, conclusion=conclude(coverage, review.findings, gate))
        repository, store = (await self._desk.at(run)).repository, self._tools.store
        said = posts(review, self._tools.plan.check_name)
        conclusion = gravest(said.values()).value
        first = said.pop(self._tools.plan.check_name)
        if said:
            where = Where(repository, await self._tools.github.identity(), store)
            await close_further(run, opening.head, said, where)
        told = 0 if await store.intend(run.identity, _VERDICT) else None
        await close_told(repository, opening.check, first, told)
        self._tools.count(conclusion)
        return conclusion

    async def answer(self, run: Run, opening: Opening, summary: int) -> Json:
        """Tell who asked where the review is."""
        post = answer.done(run.job.source_id, await self._desk.review(run, opening), summary)
        bot = await self._tools.github.identity()
        return await put_answer((await self._desk.at(run)).repository, bot, run.job.pull, post)

    async def stop(self, run: Run, opening: Opening) -> Json:
        """Close the check run of a head that is no longer the pull request's, or of one that was closed.

        Who asked for the review hears of it, too.
        """
        here, job = await self._desk.at(run), run.job
        now = here.seen or await here.reader.pull()
        head = job.head if opening.standstill is Standstill.STALE and job.head is not None else opening.head
        post = self._superseded(here.repository.full_name, head, now.head) if now.is_open else check_run.closed()
        await self._end(run, opening.check, post)
        if job.trigger.wants_review:
            why = "a newer commit came, and that one is reviewed" if now.is_open else "the pull request was closed"
            bot = await self._tools.github.identity()
            await put_answer(here.repository, bot, job.pull, answer.skipped(job.source_id, why))
        await self._tools.store.forget(run.identity)
        return None

    async def asking(self, run: Run, opening: Opening, parts: int) -> Json:
        """Say on the check run that the model is asked, in so many parts."""
        repository = (await self._desk.at(run)).repository
        await tell_check(repository, opening.check, check_run.asking(opening.head, parts))
        return None

    async def fail(self, run: Run, opening: Opening, reason: str) -> Json:
        """Say on the check run, and to who asked, that there is no review and why: never silence, never green."""
        await self._end(run, opening.check, check_run.failed(reason, self._tools.handle))
        self._tools.count("failed")
        if run.job.trigger.wants_review:
            await self.refuse(run, reason)
        await self._tools.store.forget(run.identity)
        return None

    async def refuse(self, run: Run, reason: str) -> Json:
        """Say to who asked that what they asked for could not even begin."""
        repository = (await self._desk.at(run)).repository
        bot = await self._tools.github.identity()
        asked = Command.CONFIG if run.job.trigger is Trigger.CONFIG_COMMAND else Command.REVIEW
        said = answer.failed(run.job.source_id, reason, self._tools.handle, asked)
        return await put_answer(repository, bot, run.job.pull, said)

    async def give_up(self, run: Run, reason: str) -> None:
        """Close the check run of a run that did not come to its story's end: superseded, closed, or parked."""
        check = await self._desk.opened(run)
        if check is not None:
            name = (await self._desk.at(run)).repository.full_name
            await self._end(run, check, self._ended(run, name, reason))
        await self._tools.store.forget(run.identity)
        self._desk.clear(run)

    async def forget(self, run: Run) -> Json:
        """Delete every text of this run: no line of the change outlives its review."""
        await self._tools.store.forget(run.identity)
        with suppress(TransientError):  # somebody reads the database's files just now: the upkeep does it soon
            await self._tools.store.scrub()
        return None

    async def _end(self, run: Run, check: int, post: CheckPost) -> None:
        """Complete the check run of a run without a review, unless it is completed: what it says then stands.

        A run may be stopped between its last word there and its last step, by a newer commit, say.
        """
        repository = (await self._desk.at(run)).repository
        nobody_tried = await self._tools.store.intend(run.identity, _VERDICT)
        if nobody_tried or not await is_completed(repository, check):
            await close_check(repository, check, post)

    def _ended(self, run: Run, name: str, reason: str) -> CheckPost:
        if reason.startswith(SUPERSEDED):
            newer = reason.removeprefix(SUPERSEDED).strip()
            return self._superseded(name, run.job.head or "", newer if is_sha(newer) else "")
        return check_run.closed() if reason == CLOSED else check_run.failed(reason, self._tools.handle)

    def _superseded(self, name: str, head: str, newer: str) -> CheckPost:
        return check_run.superseded(head, newer, checks_address(self._tools.plan.web_url, name, newer))

    def _told(self, review: Review, *, tag_lead: bool) -> SummaryPost:
        post = publish_plan(review, tag_lead=tag_lead, handle=self._tools.handle).summary
        if post is None:
            raise RefusedError("a review without a summary cannot be")
        return post

    async def _requests(self, run: Run) -> int:
        """Requests made when the summary was first written: a later try has to write the very same text."""
        store = self._tools.store
        made = (await self._desk.at(run)).repository.requests + (await self._desk.laid(run)).requests
        made += int(await store.kept(run.identity, "requests before") or 0)
        kept = await store.kept(run.identity, "requests")
        if kept is None:
            await store.keep(run.identity, "requests", str(made))
        return made if kept is None else int(kept)

    async def _shown(self, run: Run, opening: Opening, lost: frozenset[str]) -> Review:
        return displaced(await self._desk.review(run, opening), lost)
