"""Posting: what the steps write on GitHub. Each method may run twice and still writes once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from reviewer.core.errors import RefusedError, TransientError
from reviewer.core.job import is_sha
from reviewer.core.review import displaced
from reviewer.core.trigger import command_of
from reviewer.github.checks import close_check, is_completed, tell_check
from reviewer.github.comments import put_summary
from reviewer.github.publishing import ReviewState, post_review
from reviewer.github.standing import standing
from reviewer.rendering import answer, check_run
from reviewer.rendering.as_posted import with_gap
from reviewer.rendering.check_runs import checks_told, gravest
from reviewer.rendering.placing import checks_address
from reviewer.rendering.publication import publish_plan
from reviewer.rendering.summary import SUMMARY_MARKER
from reviewer.rules import all_rules
from reviewer.store import CLOSED, FILTERED, FOUND_CLOSED, SUPERSEDED, Posted
from reviewer.workflow.answering import put_in_place
from reviewer.workflow.further_checks import Where, close_further, close_told
from reviewer.workflow.recording import Verdict
from reviewer.workflow.records import Standstill
from reviewer.workflow.telling import Telling

if TYPE_CHECKING:
    from reviewer.core.notice import Notice
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
        self._telling = Telling(desk)

    async def decline(self, run: Run) -> Json:
        """Answer who asked for a review of a closed pull request."""
        post = answer.skipped(run.job.source_id, "the pull request is closed; reopen it and ask again")
        return await put_in_place(self._desk, run, post)

    async def skip(self, run: Run, opening: Opening) -> Json:
        """Close the check run of a pull request that is not reviewed by itself."""
        handle = self._tools.handle
        match opening.standstill:
            case Standstill.FILTERED:
                await self._tools.store.done(run.identity, FILTERED)
                post = check_run.filtered(await self._tools.store.kept(run.identity, "reason") or "", handle)
            case Standstill.PAUSED:
                post = check_run.paused(handle)
            case Standstill.IGNORED:
                post = check_run.ignored(handle)
            case why:
                post = check_run.skipped(check_run.Skip(why.value if why else ""), handle)
        await self._end(run, opening.check, post)
        return None

    async def review(self, run: Run, opening: Opening) -> Json:
        """Post the inline comments as one review. Fingerprints that lost their place, or None when it is too late."""
        here = await self._desk.at(run)
        bot = await self._tools.github.identity()
        post = publish_plan(await self._desk.review(run, opening), handle=self._tools.handle).review
        await self._desk.recording.reviewed(run, post)
        if post is None:
            here.seen = await standing(here.repository, bot, run.job.pull)
            return None if here.seen.is_past(opening.head) else []
        outcome = await post_review(here.repository, bot, run.job.pull, opening.head, post)
        here.seen = outcome.seen
        return None if outcome.state is ReviewState.SUPERSEDED else list(outcome.displaced)

    async def summary(self, run: Run, opening: Opening, lost: frozenset[str]) -> Json:
        """Write the one summary; it calls who was not told before, the Team Lead first. Returns the comment's id."""
        here, store, key = await self._desk.at(run), self._tools.store, run.job.pull_key
        bot = await self._tools.github.identity()
        posted = await store.posted(key)
        first_try = await store.intend(run.identity, "summary")
        if not first_try or here.seen is None:
            here.seen = await standing(here.repository, bot, run.job.pull)
        review = await self._shown(run, opening, lost)
        there = here.seen.comment(SUMMARY_MARKER)
        before = None if there is None else there.body
        notice = await self._telling.notice(run, review, before, lead_tagged=posted.lead_tagged)
        review = replace(review, usage=replace(review.usage, github_requests=await self._requests(run)))
        post = self._told(review, notice)
        comment = await put_summary(here.repository, bot, run.job.pull, post, posted.summary_comment or here.seen)
        await self._telling.written(run, notice)
        await store.record_posted(key, Posted(comment, lead_tagged=True))
        await self._desk.recording.summed_up(run, post, review.usage.github_requests, notice)
        return comment

    async def close_check(self, run: Run, opening: Opening, lost: frozenset[str], unsaid: str) -> Json:
        """Complete the check run with what the ledger says. `unsaid`: why there is no summary, "" when there is one."""
        review = await self._shown(run, opening, lost)
        review = with_gap(review, unsaid)
        repository, store, name = (await self._desk.at(run)).repository, self._tools.store, self._tools.plan.check_name
        said = checks_told(review, name, {rule.slug: rule.page for rule in all_rules()})
        conclusion, first = gravest(said.values()).value, said.pop(name)
        if said:
            where = Where(repository, await self._tools.github.identity(), store)
            await close_further(run, opening.head, said, where)
        told = 0 if await store.intend(run.identity, _VERDICT) else None
        shown = await close_told(repository, opening.check, first, told)
        await self._desk.recording.closed(run, Verdict(shown, lost, unsaid, shown is first, name, said))
        self._tools.count(conclusion)
        return conclusion

    async def answer(self, run: Run, opening: Opening, summary: int) -> Json:
        """Tell who asked where the review is."""
        post = answer.done(run.job.source_id, await self._desk.review(run, opening), summary)
        return await put_in_place(self._desk, run, post)

    async def stop(self, run: Run, opening: Opening) -> Json:
        """Close the check run of a head that is no longer the pull request's, or of one that was closed.

        Who asked for the review hears of it, too.
        """
        here, job = await self._desk.at(run), run.job
        now = here.seen or await here.reader.pull()
        head = job.head if opening.standstill is Standstill.STALE and job.head is not None else opening.head
        post = self._superseded(here.repository.full_name, head, now.head) if now.is_open else check_run.closed()
        await self._end(run, opening.check, post)
        if not now.is_open:
            await self._tools.store.done(run.identity, FOUND_CLOSED)
        if job.trigger.wants_review:
            why = "a newer commit came, and that one is reviewed" if now.is_open else "the pull request was closed"
            await put_in_place(self._desk, run, answer.skipped(job.source_id, why))
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
        asked = command_of(run.job.trigger)
        said = answer.failed(run.job.source_id, reason, self._tools.handle, asked)
        return await put_in_place(self._desk, run, said)

    async def give_up(self, run: Run, reason: str) -> None:
        """Close the check run of a run that did not come to its story's end: superseded, closed, or parked."""
        check = await self._desk.opened(run)
        if check is not None:
            name = (await self._desk.at(run)).repository.full_name
            await self._end(run, check, self._ended(run, name, reason))
        await self._tools.store.forget(run.identity)
        self._desk.clear(run)

    async def forget(self, run: Run) -> Json:
        """Record the review where that is wanted, then delete every text of this run: no line of the change outlives
        its review but in a bundle.
        """
        await self._desk.recording.write(run)
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

    def _told(self, review: Review, notice: Notice) -> SummaryPost:
        post = publish_plan(review, notice=notice, handle=self._tools.handle).summary
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
