"""Replies in the threads of our findings: one that explains a finding away has it withdrawn, by the model's verdict.

The model's word takes off what the model alone has said, which fails no check; of what a rule says, people decide.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from reviewer.core.automatic import Automatic
from reviewer.core.concern import Origin
from reviewer.core.errors import RefusedError, ReviewerError
from reviewer.core.job import Trigger
from reviewer.core.verification import Verification
from reviewer.github.automatic import read_automatic
from reviewer.github.line_comments import thread_of
from reviewer.llm.verify import Judged
from reviewer.rendering import replied
from reviewer.rendering.remembered import fingerprint_in
from reviewer.workflow.answering import put_in_place
from reviewer.workflow.answers import Words, weighed_anew
from reviewer.workflow.memory import Memory

if TYPE_CHECKING:
    from reviewer.core.finding import Finding
    from reviewer.engine import Json, Run, Steps
    from reviewer.github.line_comments import Spoke
    from reviewer.workflow.desk import Desk
    from reviewer.workflow.records import Opening

_KEPT: Final = "weighed reply judgement"
_JUDGED: Final = TypeAdapter(Judged)

_LOOK_S: Final = 300.0
"""Seconds for reading what the verdict needs beside the model's own time, as for a review."""

BEFORE_MAX: Final = 6
SPOKEN_CHARS_MAX: Final = 2_000
"""Earlier comments of the thread that are shown with a reply, and characters of each: the newest say the most."""

NAMES_MAX: Final = 4
_NAME_CHARS_MIN: Final = 4
"""Names in a reply that the commit is looked through for: guards and pipes that people speak of."""


class Replies:
    """Weighs one reply. Each method may run twice."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tools = desk.tools

    async def deaf(self, run: Run) -> Json:
        """Whether nobody listens to what people say among themselves: there is no model, or we are to stay away."""
        here, bot = await self._desk.at(run), await self._tools.github.identity()
        plan = await self._desk.plan(run, await here.reader.pull())
        if plan.model is None or self._tools.means is None:
            return True
        return await read_automatic(here.repository, bot, run.job.pull) is Automatic.IGNORED

    async def settle(self, run: Run, steps: Steps, opening: Opening) -> bool:
        """Whether the reply has decided something about the finding of its thread; then that is said there.

        What keeps it from being weighed leaves the finding as it is, and is no answer to anybody's words.
        """
        timeout_s = self._tools.model_timeout_s + _LOOK_S
        try:
            came = await steps.run_model("weigh reply", partial(self.weigh, run, opening), timeout_s=timeout_s)
        except ReviewerError:
            return False
        if came:
            await steps.run("answer reply", partial(self.tell, run, opening))
        return bool(came)

    async def weigh(self, run: Run, opening: Opening) -> Json:
        """Buy the verdict; "" when the thread is of no finding that stands, or the reply decides nothing."""
        spoken = await self._thread(run)
        finding = await self._finding(run, opening, spoken)
        reply = next((one for one in spoken if one.id == run.job.comment), None)
        if finding is None or reply is None:
            return ""
        verdict = await weighed_anew(self._desk, run, opening, finding, _words(spoken[1:], reply))
        await self._tools.store.keep(run.identity, _KEPT, _JUDGED.dump_json(verdict).decode())
        is_withdrawn = verdict.verification is Verification.REFUTED and finding.origin is Origin.MODEL
        is_quiet = run.job.trigger is Trigger.REPLY and not is_withdrawn and _is_talk(spoken[1:])
        return "" if is_quiet or verdict.verification is Verification.UNDECIDED else verdict.verification.value

    async def tell(self, run: Run, opening: Opening) -> Json:
        """Withdraw what was explained away, and say in the thread what came of the reply."""
        finding = await self._finding(run, opening, await self._thread(run))
        kept = await self._tools.store.kept(run.identity, _KEPT)
        if finding is None or kept is None:
            raise RefusedError("the finding is not on the pull request any more")
        verdict, source_id, handle = _JUDGED.validate_json(kept), run.job.source_id, self._tools.handle
        if verdict.verification is not Verification.REFUTED:
            post = replied.held(source_id, finding, verdict.reason, handle)
        elif finding.origin is not Origin.MODEL:
            post = replied.a_rule_s(source_id, finding, verdict.reason, handle)
        else:
            why = f"their reply explains it. {verdict.reason}"
            await Memory(self._desk).dismiss(run, finding.fingerprint, why)
            post = replied.withdrawn(source_id, verdict.reason)
        return await put_in_place(self._desk, run, post)

    async def _thread(self, run: Run) -> tuple[Spoke, ...]:
        repository, bot = (await self._desk.at(run)).repository, await self._tools.github.identity()
        return await thread_of(repository, bot, run.job.pull, run.job.thread)

    async def _finding(self, run: Run, opening: Opening, spoken: tuple[Spoke, ...]) -> Finding | None:
        """The finding that our comment at the thread's beginning tells of, if it still stands."""
        if not spoken or not spoken[0].is_ours:
            return None
        told = fingerprint_in(spoken[0].body)
        review = await self._desk.review(run, opening)
        roots = review.recalled.roots
        named = (one for one in review.findings if roots.get(one.fingerprint, one.fingerprint) == told)
        return next(named, None) if told else None


def _words(earlier: tuple[Spoke, ...], reply: Spoke) -> Words:
    """The thread behind our first comment, up to the reply, each comment quoted."""
    before = [one for one in earlier if one.id < reply.id][-BEFORE_MAX:]
    rows = [f"BEFORE by {_by(one)}: {_quoted(one.body)}\n" for one in before]
    return Words("weigh_reply", "".join(rows) + f"REPLY by {_by(reply)}: {_quoted(reply.body)}\n", _names(reply.body))


def _is_talk(replies: tuple[Spoke, ...]) -> bool:
    """Whether people talk to each other there, or have had our word: then we say nothing that changes nothing."""
    return any(one.is_ours for one in replies) or len({one.by for one in replies}) > 1


def _by(one: Spoke) -> str:
    return '"you"' if one.is_ours else json.dumps(one.by)


def _quoted(text: str) -> str:
    return json.dumps(text[:SPOKEN_CHARS_MAX], ensure_ascii=False)


def _names(text: str) -> tuple[str, ...]:
    """Words of a reply that are written as code is: `AuthGuard`, `checkTenant`, `MAX_PAGE`."""
    bare = "".join(char if char.isalnum() or char in "_$" else " " for char in text[:SPOKEN_CHARS_MAX])
    named = (word for word in bare.split() if len(word) >= _NAME_CHARS_MIN and _is_name(word))
    return tuple(dict.fromkeys(named))[:NAMES_MAX]


def _is_name(word: str) -> bool:
    return "_" in word or (any(char.isupper() for char in word[1:]) and any(char.islower() for char in word))
