"""Whether a maintainer has asked for the model on a newcomer's pull request, for the very commit that they saw.

A command names no commit, so it counts for a head only if GitHub wrote it after we had known that head: somebody who
pushes right behind a maintainer's comment gets nothing by it. A button is one of a check run, which has its commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.configuration import for_fork, wants_consent
from reviewer.core.job import Trigger
from reviewer.github.checks import read_check
from reviewer.github.comments import written_at

if TYPE_CHECKING:
    from reviewer.core.plan import Plan
    from reviewer.engine import Run
    from reviewer.github.client import GitHubApp, Repository
    from reviewer.github.pull import Pull
    from reviewer.store import Store

_SEEN: Final = "head of a newcomer"
_CONSENT: Final = "model wanted"
"""Noted for a pull request: the head that we know and since when, and the one that consent was given for."""

_DECIDED: Final = "consent"
"""Kept for a run: what was decided once holds for all its steps."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Where consent is looked for and noted: by a run, in its repository and in the store."""

    run: Run
    repository: Repository
    github: GitHubApp
    store: Store

    async def given(self, pull: Pull) -> bool:
        """Whether the model may be asked about this head."""
        decided = await self.store.kept(self.run.identity, _DECIDED)
        if decided is None:
            key = self.run.job.pull_key
            is_given = await self.store.reference(key, _CONSENT) == pull.head or await self._asked(pull)
            if is_given:
                await self.store.done(key, _CONSENT, pull.head)
            decided = pull.head if is_given else ""
            await self.store.keep(self.run.identity, _DECIDED, decided)
        return decided == pull.head

    async def _asked(self, pull: Pull) -> bool:
        """Whether this run is what a maintainer asked for, about this head. Their permission was looked at before."""
        job, since = self.run.job, await self._known_since(pull)
        if job.trigger is Trigger.REVIEW_BUTTON:
            bot = await self.github.identity()
            return (await read_check(self.repository, bot, job.pressed)).head == pull.head
        if job.trigger in (Trigger.REVIEW_COMMAND, Trigger.FULL_REVIEW_COMMAND) and since:
            return await written_at(self.repository, job.comment, on_line=bool(job.thread)) > since
        return False

    async def _known_since(self, pull: Pull) -> int:
        """When we came to know of this head at the latest; 0 when that is only now."""
        key = self.run.job.pull_key
        head, _, since = (await self.store.reference(key, _SEEN) or "").partition(" ")
        if head == pull.head:
            return int(since)
        await self.store.done(key, _SEEN, f"{pull.head} {self.run.job.changed_at or pull.changed_at}")
        return 0


async def fork_plan(plan: Plan, pull: Pull, consent: Consent, handle: str) -> Plan:
    """The plan for a pull request that comes from a fork."""
    asked = wants_consent(plan, by_newcomer=pull.by_newcomer) and await consent.given(pull)
    return for_fork(plan, by_newcomer=pull.by_newcomer, consented=asked, handle=handle)
