"""Memory read: what earlier reviews left on the pull request, as it was when this run first looked."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from reviewer.core.errors import RefusedError
from reviewer.core.memory import Memory, Said
from reviewer.github.comments import may_command
from reviewer.github.standing import standing
from reviewer.rendering.questioned import answers_in
from reviewer.rendering.remembered import state_of
from reviewer.rendering.summary import SUMMARY_MARKER
from reviewer.rules import all_rules
from reviewer.workflow.records import MEMORY

if TYPE_CHECKING:
    from reviewer.core.plan import Plan
    from reviewer.engine import Run
    from reviewer.github.client import Repository
    from reviewer.workflow.tools import InHand, Tools


async def read_memory(tools: Tools, here: InHand, run: Run, plan: Plan, author: str) -> Memory:
    """What is remembered: by what came with the change, or asked for. Where somebody asked for a review from nothing,
    the model's earlier word on unchanged lines does not count. `author` is who opened the pull request.

    A second try must not take the first one's comments for remembered ones, so it is kept before any is posted.
    """
    kept = await tools.store.kept(run.identity, "memory")
    if kept is not None:
        return MEMORY.validate_json(kept)
    bot = await tools.github.identity()
    ours = here.reader.wrote.ours(bot) if here.reader.wrote is not None else None
    if ours is None:
        now = await standing(here.repository, bot, run.job.pull)
        ours = now.comments, now.threads
    comments, threads = ours[0], await _weighed(here.repository, ours[1], author)
    summary = next((one for one in comments if one.holds(SUMMARY_MARKER)), None)
    state = state_of(summary.body) if summary is not None else None
    afresh = run.job.trigger.is_anew and plan.model is not None
    memory = Memory(threads, state, ground_of(plan), afresh, answers_in(one.body for one in comments))
    await tools.store.keep(run.identity, "memory", MEMORY.dump_json(memory).decode())
    return memory


async def _weighed(repository: Repository, threads: tuple[Said, ...], author: str) -> tuple[Said, ...]:
    """The threads with whether who resolved them decides by that, as with a command.

    Only the author has to be asked about: GitHub lets nobody else resolve a thread who may not write.
    """
    theirs = {said.thread for said in threads if said.is_resolved and _is_one(said.resolved_by, author)}
    if not theirs or await _may_decide(repository, author):
        return threads
    return tuple(replace(said, is_binding=said.thread not in theirs) for said in threads)


async def _may_decide(repository: Repository, author: str) -> bool:
    try:
        return await may_command(repository, author)
    except RefusedError:  # nobody says that they may
        return False


def _is_one(login: str, author: str) -> bool:
    return bool(login) and login.casefold() == author.casefold()


def ground_of(plan: Plan) -> str:
    """A digest of what is judged by: our version, the rules, the persona, what the repository's owner configured.

    Where it is another one, new findings may be our doing and not the author's.
    """
    parts = (
        _version(),
        *(rule.slug for rule in all_rules()),
        plan.persona.sha256,
        plan.config.model_dump_json(),
        *map(repr, plan.own_rules),
    )
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _version() -> str:
    try:
        return version("reviewer")
    except PackageNotFoundError:  # run from a tree that is not installed
        return ""
