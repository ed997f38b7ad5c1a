"""Telling: who is told of a review, each person once on a pull request, and never a stranger or the author."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from pydantic import TypeAdapter

from reviewer.core.notice import Belonging, Notice, TeamNotice, Untold, folded, foreign_team, to_tell
from reviewer.github.reviewers import request_reviews, requested
from reviewer.rendering.told import read_told
from reviewer.rendering.who import people

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reviewer.core.review import Review
    from reviewer.core.team import Member
    from reviewer.engine import Run
    from reviewer.workflow.desk import Desk

_NOTICE = TypeAdapter(Notice)
_KEPT: Final = "notice"
_FOREIGN: Final = "it is a team of another organisation than {}"
_TOLD: Final = "told"
"""The effect noted for a pull request, not for a run: who was told, as handles with blanks between."""


class Telling:
    """Decides once for each run whom its summary calls. What was decided is kept before anything is written."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tools = desk.tools

    async def notice(self, run: Run, review: Review, standing: str | None, *, lead_tagged: bool) -> Notice:
        """Whom the summary of this run calls; the same at a second try, so that it writes the very same text.

        `standing` is our summary as it stands on the pull request: its hidden line says who was told, should the
        database be a new one. `lead_tagged` is what an earlier version noted.
        """
        kept = await self._tools.store.kept(run.identity, _KEPT)
        if kept is not None:
            return _NOTICE.validate_json(kept)
        told = await self._told(run, review, standing, lead_tagged=lead_tagged)
        how, lead = TeamNotice(review.plan.config.team_notice), review.plan.team.lead
        new = to_tell(people(review), review.author, told) if how is not TeamNotice.NONE else ()
        by_request = tuple(one for one in new if how is TeamNotice.REVIEW_REQUEST and one is not lead)
        by_mention = [one for one in new if one not in by_request]
        strangers = await self.strangers(run, by_mention) if by_mention else {}
        live = [name for one in by_mention if (name := folded(one.handle)) not in strangers]
        refused = await self._request(run, [one.handle for one in by_request])
        asked = [folded(one.handle) for one in by_request if one.handle not in refused]
        notice = Notice(
            live=tuple(live),
            requested=tuple(asked),
            told=tuple(dict.fromkeys((*told, *live, *asked))),
            untold=(*strangers.values(), *(Untold(handle, why) for handle, why in refused.items())),
        )
        await self._tools.store.keep(run.identity, _KEPT, _NOTICE.dump_json(notice).decode())
        return notice

    async def written(self, run: Run, notice: Notice) -> None:
        """Note that the summary with this notice stands."""
        await self._tools.store.done(run.job.pull_key, _TOLD, " ".join(notice.told))

    async def strangers(self, run: Run, members: Sequence[Member]) -> Mapping[str, Untold]:
        """Which members of the team may not be called on this repository, by folded handle, and why.

        The Team Lead whom the operator's own team file names is no stranger anywhere: each review is reported to them.
        """
        here, lead = await self._desk.at(run), self._tools.plan.team.lead
        members = [one for one in members if lead is None or folded(one.handle) != folded(lead.handle)]
        if not members:
            return {}
        account = here.repository.full_name.partition("/")[0]
        logins = [member.handle for member in members if "/" not in member.handle]
        key = (run.job.installation, run.job.repository_id)
        private = (await self._desk.laid(run)).own.private
        known = await self._desk.belongings.of(here.repository, key, logins, private=private)
        why = {handle: said for handle, belonging in known.items() if (said := _why(belonging, account))}
        why |= {one.handle: _FOREIGN.format(account) for one in members if foreign_team(one.handle, account)}
        return {folded(handle): Untold(handle, said) for handle, said in why.items()}

    async def _told(self, run: Run, review: Review, standing: str | None, *, lead_tagged: bool) -> tuple[str, ...]:
        """Who was told before: by the store, and by the summary itself."""
        noted = await self._tools.store.reference(run.job.pull_key, _TOLD)
        shown = read_told(standing) if standing is not None else None
        lead = review.plan.team.lead
        if noted is None and shown is None and lead is not None and lead_tagged:
            return (folded(lead.handle),)  # an earlier version's summary, which tagged the lead and noted no name
        return tuple(dict.fromkeys((*(noted or "").split(), *(shown or ()))))

    async def _request(self, run: Run, handles: Sequence[str]) -> dict[str, str]:
        """Ask for reviews; why some were refused, by handle. Noted before, and at a second try looked at first."""
        repository = (await self._desk.at(run)).repository
        account = repository.full_name.partition("/")[0]
        foreign = {
            one: f"it is a team of another organisation than {account}" for one in handles if foreign_team(one, account)
        }
        wanted = [handle for handle in handles if handle not in foreign]
        if wanted and not await self._tools.store.intend(run.identity, "request reviews"):
            there = await requested(repository, run.job.pull)
            wanted = [handle for handle in wanted if folded(handle) not in there]
        refused = await request_reviews(repository, run.job.pull, wanted)
        return foreign | {handle: f"GitHub refused to ask for a review: {why}" for handle, why in refused.items()}


def _why(belonging: Belonging, account: str) -> str:
    """Why somebody may not be called; "" when they may."""
    match belonging:
        case Belonging.INSIDE:
            return ""
        case Belonging.OUTSIDE:
            return "GitHub knows nobody of that name with access to this repository"
        case Belonging.UNKNOWN:
            return f"GitHub does not say whether they belong to {account}"
        case _:
            assert_never(belonging)
