"""Memory carried out: what became of a finding is written into our comment, and no other thread is touched."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from reviewer.core.memory import Mark
from reviewer.github.failures import AbsentError
from reviewer.github.standing import standing
from reviewer.github.threads import edit_comment
from reviewer.rendering.remembered import became, marked, unmarked

if TYPE_CHECKING:
    from reviewer.core.recollect import Recalled
    from reviewer.engine import Json, Run
    from reviewer.workflow.desk import Desk
    from reviewer.workflow.records import Opening

EDITS_MAX: Final = 20
"""Comments edited in one review: GitHub allows 80 writes a minute to all of us. The rest is told, and edited later."""


class Threads:
    """Writes into the threads that our comments began."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tools = desk.tools

    async def settle(self, run: Run, opening: Opening) -> Json:
        """Say in our comments which findings are fixed, withdrawn, or back; the number of comments written.

        The threads are looked at anew, and only those that are still ours alone are touched.
        """
        wanted = _wanted((await self._desk.review(run, opening)).recalled)
        if not wanted:
            return 0
        here, bot = await self._desk.at(run), await self._tools.github.identity()
        seen = here.seen or await standing(here.repository, bot, run.job.pull)
        edits = 0
        for comment, mark in wanted.items():
            said = seen.thread(comment)
            if said is None or not said.is_ours_alone or said.mark is mark or edits == EDITS_MAX:
                continue
            body = unmarked(said.body) if mark is Mark.NONE else marked(said.body, mark, became(mark, opening.head))
            with suppress(AbsentError):  # a maintainer has just deleted it
                await edit_comment(here.repository, comment, body)
                edits += 1
        return edits


def _wanted(recalled: Recalled) -> dict[int, Mark]:
    """What our comments are to say, by their ids; NONE for one whose finding is back."""
    gone = {one.said.comment: one.mark for one in recalled.gone if one.said is not None and not one.is_kept}
    return gone | {one.comment: Mark.NONE for one in recalled.back}
