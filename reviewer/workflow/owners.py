"""What the owners of a repository laid down for its reviews: read once for each run, and merged into its plan."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wcmatch import glob

from reviewer.core.configuration import NO_DEFAULTS, OWNER_PATHS, Defaults, Stock, for_fork, make_plan
from reviewer.core.filters import Subject, why_not
from reviewer.core.in_force import proposals
from reviewer.github.defaults import NAME
from reviewer.github.owner_files import OwnerFiles, read_owner_files
from reviewer.workflow.records import Standstill

if TYPE_CHECKING:
    from reviewer.core.change import Change
    from reviewer.core.job import Job
    from reviewer.core.plan import Plan
    from reviewer.github.client import Repository
    from reviewer.github.defaults import AccountDefaults
    from reviewer.github.pulls import Pull

_GLOB = glob.GLOBSTAR | glob.DOTGLOB | glob.FORCEUNIX


@dataclass(frozen=True, slots=True)
class Laid:
    """The repository's files, its organisation's, and how many requests the latter took."""

    own: OwnerFiles
    defaults: Defaults
    requests: int


async def read_owners(repository: Repository, accounts: AccountDefaults, job: Job) -> Laid:
    """Read both. A private organisation's defaults are nothing for a public repository, where everybody reads us."""
    own = await read_owner_files(repository)
    owner, _, name = repository.full_name.partition("/")
    there = None if name.lower() == NAME else await accounts.repository(job.installation, owner, job.delivery)
    if there is None:
        return Laid(own, NO_DEFAULTS, 0)
    theirs = await read_owner_files(there)
    if theirs.private and not own.private:
        return Laid(own, NO_DEFAULTS, there.requests)
    files = {path: text for path, text in theirs.files.items() if path in OWNER_PATHS}
    return Laid(own, Defaults(files, there.full_name), there.requests)


async def owners_plan(operator: Plan, laid: Laid, stock: Stock, pull: Pull) -> Plan:
    """The plan for a pull request. In a thread: a file made to be slow costs a second, and deliveries are waiting."""
    plan = await asyncio.to_thread(make_plan, operator, laid.own.files, laid.defaults, stock)
    return for_fork(plan) if pull.is_fork else plan


async def with_proposals(plan: Plan, operator: Plan, laid: Laid, stock: Stock, change: Change) -> Plan:
    """The plan with what the change would set, told and not followed."""
    said = await asyncio.to_thread(proposals, operator, laid.own.files, laid.defaults, stock, change)
    return replace(plan, proposals=said) if said else plan


def unwanted(pull: Pull, plan: Plan) -> tuple[Standstill | None, str]:
    """Why a pull request is not reviewed by itself, and in which words if they are the owner's; None when it is."""
    filters = plan.config.filters
    if pull.by_bot is not None and not filters.bots:
        return Standstill.BOT, ""
    if pull.is_draft and not filters.drafts:
        return Standstill.DRAFT, ""
    reason = why_not(Subject(pull.title, pull.branch, pull.author, pull.labels, pull.changed_files), plan)
    return (None, "") if reason is None else (Standstill.FILTERED, reason)


def owner_words(plan: Plan, change: Change) -> tuple[str, ...]:
    """What the owner asks the model to heed in the files of this change."""
    paths = [file.path for file in change.files if file.unread is None]
    words = [
        f"In files that match {', '.join(item.paths)}: {' '.join(item.text.split())}"
        for item in plan.config.paths.instructions
        if any(glob.globmatch(path, item.paths, flags=_GLOB) for path in paths)
    ]
    if plan.config.tone == "brief":
        words.append("Write every message in at most two sentences: what fails, and how to mend it.")
    return tuple(words)
