"""Memory read: what earlier reviews left on the pull request, as it was when this run first looked."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from reviewer.core.memory import Memory
from reviewer.github.standing import standing
from reviewer.rendering.remembered import state_of
from reviewer.rendering.summary import SUMMARY_MARKER
from reviewer.rules import all_rules
from reviewer.workflow.records import MEMORY

if TYPE_CHECKING:
    from reviewer.core.plan import Plan
    from reviewer.engine import Run
    from reviewer.github.client import Repository
    from reviewer.github.standing import Wrote
    from reviewer.workflow.desk import Tools


async def read_memory(tools: Tools, repository: Repository, run: Run, plan: Plan, wrote: Wrote | None) -> Memory:
    """What is remembered. `wrote` is what came with the change, None where it has to be asked for.

    A second try must not take the first one's comments for remembered ones, so it is kept before any is posted.
    """
    kept = await tools.store.kept(run.identity, "memory")
    if kept is not None:
        return MEMORY.validate_json(kept)
    bot = await tools.github.identity()
    ours = wrote.ours(bot) if wrote is not None else None
    if ours is None:
        now = await standing(repository, bot, run.job.pull)
        ours = now.comments, now.threads
    comments, threads = ours
    summary = next((one for one in comments if one.holds(SUMMARY_MARKER)), None)
    state = state_of(summary.body) if summary is not None else None
    memory = Memory(threads, state, ground_of(plan))
    await tools.store.keep(run.identity, "memory", MEMORY.dump_json(memory).decode())
    return memory


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
