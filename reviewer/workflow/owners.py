"""What the owners of a repository laid down for its reviews: read once for each run, and merged into its plan."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reviewer.core.configuration import NO_DEFAULTS, Defaults, Stock, make_plan
from reviewer.core.in_force import proposals
from reviewer.github.defaults import NAME
from reviewer.github.owner_files import OwnerFiles

if TYPE_CHECKING:
    from reviewer.core.change import Change
    from reviewer.core.job import Job
    from reviewer.core.plan import Plan
    from reviewer.github.defaults import AccountDefaults


@dataclass(frozen=True, slots=True)
class Laid:
    """The repository's files, its organisation's, and how many requests the latter took."""

    own: OwnerFiles
    defaults: Defaults
    requests: int


async def read_owners(own: OwnerFiles, name: str, accounts: AccountDefaults, job: Job) -> Laid:
    """The repository `name`'s own files, with its organisation's: a person's account has no defaults.

    A private organisation's defaults are nothing for a public repository, where everybody reads us.
    """
    owner, _, repository = name.partition("/")
    if not own.of_organisation or repository.lower() == NAME:
        return Laid(own, NO_DEFAULTS, 0)
    theirs = await accounts.read(job, owner)
    if theirs.files is None or (theirs.files.private and not own.private):
        return Laid(own, NO_DEFAULTS, theirs.requests)
    return Laid(own, Defaults(theirs.files.files, theirs.full_name), theirs.requests)


async def owners_plan(operator: Plan, laid: Laid, stock: Stock) -> Plan:
    """The plan of the owners. In a thread: a file made to be slow costs a second, and deliveries are waiting."""
    return await asyncio.to_thread(make_plan, operator, laid.own.files, laid.defaults, stock)


async def with_proposals(plan: Plan, operator: Plan, laid: Laid, stock: Stock, change: Change) -> Plan:
    """The plan with what the change would set, told and not followed."""
    said = await asyncio.to_thread(proposals, operator, laid.own.files, laid.defaults, stock, change)
    return replace(plan, proposals=said) if said else plan
