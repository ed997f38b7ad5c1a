"""Memory carried out: what became of a finding is written into our comment, and no other thread is touched.

And what people say of findings, which stays on the pull request: in the summary's hidden state, and in the comment.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from reviewer.core.errors import RefusedError, UserError
from reviewer.core.memory import Dismissal, Mark, Said, State
from reviewer.core.memory_state import WHY_CHARS_MAX
from reviewer.core.retelling import EDITS_MAX, retellings
from reviewer.core.wording import counted
from reviewer.github.comments import edit_conversation, edit_on_lines
from reviewer.github.failures import AbsentError
from reviewer.github.resolving import may_resolve, set_resolved
from reviewer.github.standing import Standing, standing
from reviewer.github.thread_lines import ThreadLine, put_thread_lines
from reviewer.rendering.remembered import (
    THREAD_LINE,
    became,
    dismissed_by,
    marked,
    state_of,
    thread_line,
    unmarked,
    with_state,
)
from reviewer.rendering.summary import SUMMARY_MARKER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reviewer.engine import Json, Run
    from reviewer.workflow.desk import Desk
    from reviewer.workflow.records import Opening


class Memory:
    """Writes into the threads that our comments began, and nowhere in anybody else's. Each may run twice."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tools = desk.tools

    async def settle(self, run: Run, opening: Opening) -> Json:
        """Say in our comments which findings are fixed, withdrawn, or back; the number of comments written.

        The threads are looked at anew, and only those that are still ours alone are touched.
        """
        recalled = (await self._desk.review(run, opening)).recalled
        if not recalled.back and not recalled.gone:
            return 0
        seen = (await self._desk.at(run)).seen or await self._standing(run)
        wanted, written = retellings(recalled, seen.threads), 0
        lined = await self._close_threads(run, opening.head, wanted)
        for said, mark in wanted:
            told = "" if said.comment in lined else became(mark, opening.head)
            body = unmarked(said.body) if mark is Mark.NONE else marked(said.body, mark, told)
            written += await self._edit(run, said, mark, body)
        return written

    async def dismiss(self, run: Run, finding: str, reason: str) -> str:
        """Take a finding off the pull request, by its fingerprint; what was done, in sentences for who asked."""
        seen = await self._standing(run)
        root = _root(_state(seen), finding)
        await self._take_off(run, seen, (Dismissal(root, run.job.actor, reason[:WHY_CHARS_MAX]),))
        return (
            "Dismissed: it is off this pull request, on later commits, too. The summary lists it with who dismissed it"
            " and why, and it fails no check, from the next review on."
        )

    async def resolve(self, run: Run, finding: str | None) -> str:
        """Take one finding, or (None) every one that is left, for dealt with; what was done, in sentences."""
        seen = await self._standing(run)
        state = _state(seen)
        roots = [_root(state, finding)] if finding is not None else _left(seen, state)
        if not roots:
            return "There is nothing left to resolve."
        await self._take_off(run, seen, [Dismissal(root, run.job.actor) for root in roots])
        what = "it counts" if finding is not None else f"{counted(len(roots), 'finding')} {_count(len(roots))}"
        return f"Resolved: from the next review on {what} as dealt with on this pull request."

    async def _take_off(self, run: Run, seen: Standing, dismissals: Sequence[Dismissal]) -> None:
        """Write dismissals into the summary's state, then into our comments: the state alone decides."""
        repository, summary, state = (await self._desk.at(run)).repository, seen.comment(SUMMARY_MARKER), _state(seen)
        if summary is None or state is None:
            raise UserError("there is no summary of a review here that could remember it; ask for a review first")
        for one in dismissals:
            state = state.with_dismissal(one)
        body = with_state(summary.body, state)
        if body != summary.body:
            await edit_conversation(repository, summary.id, body)
        threads = {said.fingerprint: said for said in seen.threads}
        written: list[tuple[Said, Mark]] = []
        for one in dismissals[:EDITS_MAX]:
            said = threads.get(one.fingerprint)
            if said is not None and said.is_ours_alone:
                text = marked(said.body, Mark.DISMISSED, dismissed_by(one))
                if await self._edit(run, said, Mark.DISMISSED, text):
                    written.append((said, Mark.DISMISSED))
        await self._resolve(run, written)

    async def _edit(self, run: Run, said: Said, mark: Mark, body: str) -> bool:
        """Whether our comment says it now; a second try finds it said, and a maintainer may have deleted it."""
        if said.mark is mark:
            return True
        try:
            await edit_on_lines((await self._desk.at(run)).repository, said.comment, body)
        except AbsentError:
            return False
        return True

    async def _close_threads(self, run: Run, head: str, wanted: Sequence[tuple[Said, Mark]]) -> frozenset[int]:
        """Where the App may resolve threads: say in each what became of its finding, in the one line that we write
        there, and resolve it, or open it again. The comments whose threads say it; others have to say it themselves.
        """
        ours = [(said, mark) for said, mark in wanted if said.thread]
        if not self._tools.resolves_threads or not ours:
            return frozenset()
        repository, bot = (await self._desk.at(run)).repository, await self._tools.github.identity()
        lines = [ThreadLine(said.comment, thread_line(mark, head), mark is Mark.NONE) for said, mark in ours]
        closing = [said.thread for said, mark in ours if mark is not Mark.NONE and not said.is_resolved]
        opening = [said.thread for said, mark in ours if mark is Mark.NONE and said.is_resolved]
        try:
            threads = await may_resolve(self._tools.github, run.job)
            lined = await put_thread_lines(repository, bot, run.job.pull, THREAD_LINE, lines)
            await threads.set_resolved(closing=closing, opening=opening)
        except RefusedError:
            return frozenset()
        return lined

    async def _resolve(self, run: Run, written: Sequence[tuple[Said, Mark]]) -> None:
        """Resolve the threads of what a person has dealt with, where the App may.

        Where it may not, the comment says it, which is enough: a refusal costs nothing else.
        """
        if not self._tools.resolves_threads:
            return
        closing = [said.thread for said, _ in written if said.is_resolved is False]
        with suppress(RefusedError):
            await set_resolved(self._tools.github, run.job, closing=closing, opening=())

    async def _standing(self, run: Run) -> Standing:
        repository, bot = (await self._desk.at(run)).repository, await self._tools.github.identity()
        return await standing(repository, bot, run.job.pull)


def _state(seen: Standing) -> State | None:
    summary = seen.comment(SUMMARY_MARKER)
    return state_of(summary.body) if summary is not None else None


def _root(state: State | None, finding: str) -> str:
    """The fingerprint under which a finding was first told."""
    known = state.known if state is not None else ()
    return next((one.root for one in known if one.fingerprint == finding), finding)


def _left(seen: Standing, state: State | None) -> list[str]:
    """What is told on the pull request and nobody has dealt with."""
    closed = {one.fingerprint for one in (state.dismissed if state is not None else ())}
    closed |= {one.fingerprint for one in seen.threads if one.mark is not Mark.NONE}
    known = (one.root for one in (state.known if state is not None else ()) if not one.is_gone)
    said = (one.fingerprint for one in seen.threads)
    return [root for root in dict.fromkeys((*known, *said)) if root not in closed]


def _count(number: int) -> str:
    return "counts" if number == 1 else "count"
