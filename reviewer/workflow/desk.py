"""The desk: reading, inspecting and asking, with GitHub, the worker, the model and the store at hand.

Every method may run twice. Texts go to the store under the run's identity and are forgotten at its end; what a step
returns is small, as the engine keeps it in clear.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from reviewer.core.errors import RefusedError, TransientError
from reviewer.core.job import Trigger
from reviewer.core.review import Review, assemble
from reviewer.github.automatic import automatic_now
from reviewer.github.belonging import Belongings
from reviewer.github.checks import Wanted, begin_check, find_check, open_check, tell_check
from reviewer.github.comments import may_command
from reviewer.github.defaults import AccountDefaults
from reviewer.github.line_comments import our_line_comment, react_in_place
from reviewer.github.owner_files import read_owner_files
from reviewer.github.pull import Pull
from reviewer.github.reading import PullReader
from reviewer.rendering import check_run
from reviewer.rendering.remembered import fingerprint_in
from reviewer.workflow.asking import service_passes
from reviewer.workflow.consent import Consent, fork_plan
from reviewer.workflow.context import CONTEXT, RememberingReader, context_kept, read_context, reader_for
from reviewer.workflow.inspection import Inspected, inspect_change, leave_out
from reviewer.workflow.owners import Laid, owners_plan, read_owners, with_proposals
from reviewer.workflow.passes import Passes
from reviewer.workflow.recall import read_memory
from reviewer.workflow.recorded import recorded_inputs
from reviewer.workflow.recording import Recording
from reviewer.workflow.records import NOT_ASKED, WEIGHED, Opening, Standstill, Told, Unanswered
from reviewer.workflow.standstill import standstill, switched_off, unwanted
from reviewer.workflow.tools import InHand, Tools
from reviewer.workflow.weighing import weigh
from reviewer.workflow.wording import Subject

if TYPE_CHECKING:
    from reviewer.core.change import Change
    from reviewer.core.plan import Plan
    from reviewer.engine import Json, Run

_INSPECTED = TypeAdapter(Inspected)

NEWER_HEAD = "the pull request has a newer head, which is reviewed instead"
"""Why a review ends when its head is the pull request's no longer: no failure, so its check run is cancelled."""


class Desk:
    """One per process. Runs share nothing: what is in memory is keyed by the run's identity."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.recording = Recording(tools.store, tools.recorder, tools.handle)
        self._accounts = AccountDefaults(tools.github)
        self.belongings = Belongings()
        self._open: dict[str, InHand] = {}

    async def heed(self, run: Run) -> Json:
        """Whether who asked may do so; if they wrote a comment, they see at once that it was read."""
        repository, job = (await self.at(run)).repository, run.job
        if job.trigger in (Trigger.ADDRESSED, Trigger.REPLY):  # people speak of us in threads of theirs, too
            first = await our_line_comment(repository, await self.tools.github.identity(), job.thread)
            if first is None or (job.trigger is Trigger.REPLY and not fingerprint_in(first.body)):
                return False
        heeded = await may_command(repository, run.job.actor)
        if heeded and not run.job.trigger.by_button and job.trigger is not Trigger.REPLY:
            await react_in_place(repository, run.job.comment, run.job.thread)
        return heeded

    async def announce(self, run: Run) -> None:
        """Open the check run of a review whose turn is still to come, as queued; a second time does nothing.

        In another process, perhaps, than the one that will review: nothing of it stays in memory.
        """
        job, store = run.job, self.tools.store
        if job.head is None:
            return
        await store.done(run.identity, "head", job.head)  # where to look for the check run after a crash
        if not await store.intend(run.identity, "check"):
            return  # it may be there: the story looks
        repository = await self.tools.github.repository(
            job.installation, job.repository_id, job.repository, job.delivery
        )
        wanted = Wanted(job.head, self.tools.plan.check_name, run.identity)
        check = await begin_check(repository, wanted, check_run.queued(job.head))
        await store.done(run.identity, "check", str(check))
        await store.keep(run.identity, "requests before", str(repository.requests))

    async def open(self, run: Run) -> Json:
        """Look at the pull request, decide whether there is a review to make, and say so on its check run.

        Of an announced review that is left to the next step, which gets the pull request with the change.
        """
        here, head, why = await self.at(run), run.job.head or "", None
        here.unasked = run.job.is_announced
        if not here.unasked:
            pull = here.pull = await here.reader.pull()
            head, why = pull.head, standstill(run.job, pull)
        if why in (Standstill.CLOSED, Standstill.STALE):
            return Opening(head, await self.opened(run) or 0, why).written()
        store, note = self.tools.store, check_run.reading(head)
        there = await store.reference(run.identity, "check")
        if there is not None:
            if why is None:
                await tell_check(here.repository, int(there), note)
            return Opening(head, int(there), why).written()
        wanted = Wanted(head, self.tools.plan.check_name, run.identity)
        await store.done(run.identity, "head", head)
        if await store.intend(run.identity, "check"):
            check = await begin_check(here.repository, wanted, note)
        else:
            check = await open_check(here.repository, await self.tools.github.identity(), wanted, note)
        await store.done(run.identity, "check", str(check))
        if here.pull is not None and not run.job.trigger.by_person:
            why = await self._unwanted(run, here.pull, await self.plan(run, here.pull))
        return Opening(head, check, why).written()

    async def opened(self, run: Run) -> int | None:
        """The check run that was opened; looked for on GitHub when the answer to its creation never reached us."""
        store = self.tools.store
        check, head = await store.reference(run.identity, "check"), await store.reference(run.identity, "head")
        if check is not None or head is None:
            return None if check is None else int(check)
        repository, bot = (await self.at(run)).repository, await self.tools.github.identity()
        return await find_check(repository, bot, Wanted(head, self.tools.plan.check_name, run.identity))

    async def look(self, run: Run, opening: Opening) -> Json:
        """Read the change and inspect it without a model; returns how many questions there are for the model.

        Or, as a text, the Standstill for which there is no review to make.
        """
        change, plan = await self.change(run, opening)
        if (why := (await self.at(run)).standstill) is not None:
            return why.value
        if await self.tools.store.kept(run.identity, "inspected") is None:
            here, start = await self.at(run), time.monotonic()
            is_asked, worker = self.tools.means is not None and plan.model is not None, self.tools.worker
            here.near = await reader_for(change, here.reader, worker) if is_asked else RememberingReader(here.reader)
            inspected = await inspect_change(change, plan, here.near, worker)
            here.seconds["rules"] = time.monotonic() - start
            if is_asked:
                around = CONTEXT.dump_json(await read_context(leave_out(change, plan.ignored), here.near, worker))
                await self.tools.store.keep(run.identity, "context", around.decode())
            await self.tools.store.keep(run.identity, "inspected", _INSPECTED.dump_json(inspected).decode())
        passes = await self._passes(run, opening)
        return 0 if passes is None else await passes.batches()

    async def ask(self, run: Run, opening: Opening, number: int) -> None:
        """Put one batch to the model. Its answer is kept before anything else happens: it is never bought twice."""
        if not run.job.trigger.asks_model:
            raise RefusedError(NOT_ASKED)
        if passes := await self._passes(run, opening):
            await passes.examine(number)

    async def sift(self, run: Run, opening: Opening) -> Json:
        """How many second questions there are, about what the model found."""
        passes = await self._passes(run, opening)
        return 0 if passes is None else await passes.sift()

    async def verify(self, run: Run, opening: Opening, number: int) -> None:
        """Put one second question to the model."""
        if passes := await self._passes(run, opening):
            await passes.verify(number)

    async def weigh(self, run: Run, opening: Opening, unanswered: Unanswered) -> Json:
        """Check what the model said against the change, and lay down all candidates and the ledger."""
        change, _ = await self.change(run, opening)
        inspected, here = await self._inspected(run), await self.at(run)
        passes = await self._passes(run, opening)
        told = Told() if passes is None else await passes.told(unanswered.batches, unanswered.checks)
        weighed = await weigh(change, inspected, told, self.tools.worker)
        usage = replace(weighed.found.usage, seconds=(*here.seconds.items(), *weighed.found.usage.seconds))
        weighed = replace(weighed, found=replace(weighed.found, usage=usage))
        await self.tools.store.keep(run.identity, "weighed", WEIGHED.dump_json(weighed).decode())
        return None

    async def review(self, run: Run, opening: Opening) -> Review:
        """The review, assembled from what the earlier steps laid down: the same each time it is asked for."""
        (change, plan), here = await self.change(run, opening), await self.at(run)
        kept = await self.tools.store.kept(run.identity, "weighed")
        if kept is None:
            raise TransientError("what was found before is not in the store")
        weighed = WEIGHED.validate_json(kept)
        plan = replace(plan, notes=(*plan.notes, *weighed.notes))
        here = await self.at(run)
        memory = await read_memory(self.tools, here, run, plan, change.author)
        await self.recording.assembled(run, lambda: recorded_inputs(change, plan, weighed, memory))
        return assemble(change, weighed.found, weighed.coverage, plan, memory)

    async def change(self, run: Run, opening: Opening) -> tuple[Change, Plan]:
        """The change at the head that was opened, and the plan for it; read once by each process."""
        here = await self.at(run)
        if here.change is not None and here.plan is not None:
            return here.change, here.plan
        start = time.monotonic()
        change, pull = await self._read(run, here, opening)
        plan = await self.plan(run, pull)
        if here.standstill is None and not run.job.trigger.by_person:
            here.standstill = await self._unwanted(run, pull, plan)
        here.plan = await with_proposals(plan, self.tools.plan, await self.laid(run), self.tools.stock, change)
        here.change = change
        here.seconds["read"] = time.monotonic() - start
        return change, here.plan

    async def _read(self, run: Run, here: InHand, opening: Opening) -> tuple[Change, Pull]:
        """The change and its pull request, which may be one that there is no review of to make: `here.standstill`."""
        if here.unasked:
            here.unasked = False  # a second try asks first
            change, pull = await here.reader.change_at(opening.head)
        else:
            pull, here.pull = here.pull or await here.reader.pull(), None  # a second try asks GitHub again
            if pull.head != opening.head:
                raise RefusedError(NEWER_HEAD)
            change = await here.reader.change(pull)
        here.standstill = standstill(run.job, pull)
        return change, pull

    async def plan(self, run: Run, pull: Pull) -> Plan:
        """What its owners want for a pull request, within what the operator allows."""
        plan = await owners_plan(self.tools.plan, await self.laid(run), self.tools.stock)
        if not pull.is_fork:
            return plan
        consent = Consent(run, (await self.at(run)).repository, self.tools.github, self.tools.store)
        return await fork_plan(plan, pull, consent, self.tools.handle)

    async def laid(self, run: Run) -> Laid:
        """What the owners laid down; read once by each process, with the change where that is read first."""
        here = await self.at(run)
        if here.laid is None:
            own = here.reader.owned or await read_owner_files(here.repository)
            here.laid = await read_owners(own, here.repository.full_name, self._accounts, run.job)
        return here.laid

    async def _unwanted(self, run: Run, pull: Pull, plan: Plan) -> Standstill | None:
        why, reason = unwanted(pull, plan)
        if reason:  # the owner's words: in the store, as the engine keeps what a step returns
            await self.tools.store.keep(run.identity, "reason", reason)
        if why is not None:
            return why
        here, bot = await self.at(run), await self.tools.github.identity()
        return switched_off(await automatic_now(here.repository, bot, pull))

    async def at(self, run: Run) -> InHand:
        """What is in memory of a run, with a client cut to its repository."""
        there = self._open.get(run.identity)
        if there is None:
            job = run.job
            repository = await self.tools.github.repository(
                job.installation, job.repository_id, job.repository, job.delivery
            )
            there = InHand(repository, PullReader(repository, job.pull, self.tools.plan.limits.file_bytes_max))
            self._open[run.identity] = there
        return there

    def clear(self, run: Run) -> None:
        """Drop what is in memory of a run."""
        self._open.pop(run.identity, None)

    async def _inspected(self, run: Run) -> Inspected:
        kept = await self.tools.store.kept(run.identity, "inspected")
        if kept is None:
            raise TransientError("what was found before is not in the store")
        return _INSPECTED.validate_json(kept)

    async def _passes(self, run: Run, opening: Opening) -> Passes | None:
        """The review's questions to the model; None when it is asked nothing."""
        _, plan = await self.change(run, opening)
        here, tools = await self.at(run), self.tools
        if here.passes is None and tools.means is not None and plan.model is not None:
            subject = await self.subject(run, opening)
            here.passes = service_passes(tools, here, run, subject, partial(self.recording.asked, run))
        return here.passes

    async def subject(self, run: Run, opening: Opening) -> Subject:
        """What the model is asked about, after `look`: the change with what rules found and what stands around it."""
        change, plan = await self.change(run, opening)
        known, about = (await self._inspected(run)).findings, leave_out(change, plan.ignored)
        return Subject(about, plan, known, context_kept(await self.tools.store.kept(run.identity, "context")))
